//! Apparent diffusion coefficient of the vertebrae.
//!
//! Inputs  diffusion-weighted stations with their b-values, vertebra labels on the composed grid
//! Output  um2/s, over the voxels that the fit did not exclude
//! Limits  not monotone with disease: low in fatty marrow, higher in active disease, highest in necrosis after treatment

use super::registry::{Biomarker, Citation, Place, Yield};
use super::session::SessionWork;
use super::{ON_DWI, Role};
use crate::error::{Result, Warning};
use crate::units::Unit;

const fn number(statistic: &'static str, plausible: [f64; 2], what: &'static str) -> Yield {
    Yield { statistic, place: Place::Levels, unit: Unit::Um2PerS, plausible, what }
}

/// From the lowest marrow ADC in print, with room for noise, to free water at body temperature.
pub(super) const ADC_RANGE: [f64; 2] = [50.0, 3200.0];

/// Registry entry.
pub static BIOMARKER: Biomarker = Biomarker {
    name: "adc",
    title: "Apparent diffusion coefficient",
    needs: &[Role::Dwi],
    one_of: &[],
    signature: &[Role::Dwi],
    yields: &[
        number("mean", ADC_RANGE, "mean of the voxels' ADC"),
        number("median", ADC_RANGE, "median of the voxels' ADC"),
        number("sd", [0.0, 1500.0], "standard deviation of the voxels' ADC (n - 1)"),
        number("p10", [0.0, 3200.0], "10th percentile of the voxels' ADC"),
        number("p90", ADC_RANGE, "90th percentile of the voxels' ADC"),
    ],
    citations: &[
        Citation { text: "Messiou C et al., Eur Radiol 2011", doi: "10.1007/s00330-011-2116-4" },
        Citation { text: "Takasu M et al., PLoS ONE 2020", doi: "10.1371/journal.pone.0229607" },
    ],
    doc: include_str!("../docs/adc.md"),
    measure,
};

fn measure(work: &mut SessionWork) -> Result<()> {
    let stations = work.stations()?;
    if work.inputs.labels_on(ON_DWI).is_some() {
        let regions = work.dwi_regions(&stations.adc.grid)?;
        work.region_rows(&stations.adc.data, &regions, |_, _| Vec::new());
    } else {
        let message = "no vertebra labels on the diffusion grid: ADC is mapped, and measured in no vertebra";
        work.warn([Warning::new("no-dwi-labels", message)]);
    }
    Ok(())
}
