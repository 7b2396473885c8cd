//! Global ADC: the ADC of all diseased voxels of the body together.
//!
//! Inputs  as for the total diffusion volume
//! Output  um2/s; empty where there is no diseased voxel
//! Method  Blackledge 2014, doi:10.1371/journal.pone.0091779
//! Limits  inherits the threshold of the tDV rule; after treatment it is measured in what still passes that threshold

use super::Role;
use super::adc::ADC_RANGE;
use super::registry::{BODY, Biomarker, Citation, Place, Yield};
use super::session::SessionWork;
use crate::error::Result;
use crate::units::Unit;

const fn number(statistic: &'static str, what: &'static str) -> Yield {
    Yield { statistic, place: Place::Body, unit: Unit::Um2PerS, plausible: ADC_RANGE, what }
}

/// Registry entry.
pub static BIOMARKER: Biomarker = Biomarker {
    name: "gadc",
    title: "Global ADC",
    needs: &[Role::Dwi, Role::Bone],
    one_of: &[],
    signature: &[Role::Bone],
    yields: &[
        number("median", "median ADC of all voxels of the total diffusion volume"),
        number("mean", "mean ADC of all voxels of the total diffusion volume"),
    ],
    citations: &[Citation { text: "Blackledge MD et al., PLoS ONE 2014", doi: "10.1371/journal.pone.0091779" }],
    doc: include_str!("../docs/gadc.md"),
    measure,
};

fn measure(work: &mut SessionWork) -> Result<()> {
    let tdv = work.tdv()?;
    let (median, mean, n_voxels) = (tdv.gadc_median_um2_s, tdv.gadc_mean_um2_s, tdv.n_adc_voxels);
    work.row(BODY, "median", median, n_voxels, &[]);
    work.row(BODY, "mean", mean, n_voxels, &[]);
    Ok(())
}
