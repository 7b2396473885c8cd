//! Diffusion stations of one session: ADC is fitted in each station, then ADC and the signal image are composed.
//!
//! ADC does not depend on a station's intensity gain, a fit across a seam does; so the fit comes first. Only one station's
//! series is in memory at a time.

use super::session::SessionWork;
use super::{MeasureError, Role};
use crate::diffusion::adc::{AdcParams, fit};
use crate::diffusion::b_table::{list, same_b};
use crate::diffusion::harmonise::{gains, overlaps};
use crate::diffusion::{AdcMaps, compose, plan};
use crate::error::Result;
use crate::image::gradients::b_values_of;
use crate::image::{MapSidecar, Series, Volume, filled, read_series};
use crate::units::Unit;
use ndarray::{Array3, Axis, Zip};
use std::path::Path;
use std::sync::Arc;

/// The whole examination in one volume each.
#[derive(Debug, Clone)]
pub struct Stations {
    /// ADC, um2/s; NaN where excluded or not covered.
    pub adc: Arc<Volume>,
    /// Signal at the b-value of the tDV rule, after the stations' gains.
    pub signal: Arc<Volume>,
}

/// What is kept of one station.
struct Station {
    adc: Array3<f32>,
    signal: Array3<f32>,
}

impl Stations {
    /// Reads, fits and composes all stations and keeps both maps.
    pub(super) fn compose(work: &mut SessionWork) -> Result<Stations> {
        let paths = work.inputs.files_of(Role::Dwi);
        let params = AdcParams::default();
        let signal_b = work.params.tdv.signal_b;
        let (mut grids, mut kept, mut fitted, mut flagged) = (Vec::new(), Vec::new(), Vec::new(), [0_usize; 6]);
        for path in &paths {
            let series = read_series(path)?;
            let b = b_values_of(path, series.len())?;
            let signal = signal_at(&series, &b, signal_b, path)?;
            let mut maps = fit(series.data.view(), &b, &params)?;
            work.warn(std::mem::take(&mut maps.warnings));
            flagged.iter_mut().zip(maps.flag_counts()).for_each(|(sum, n)| *sum += n);
            let AdcMaps { adc, chosen, .. } = maps;
            fitted.push(serde_json::json!({ "b": chosen.b, "reason": chosen.reason }));
            grids.push(series.grid);
            kept.push(Station { adc, signal });
        }
        let plan = plan(&grids, false)?;
        let harmonise = work.params.tdv.harmonise;
        let one_volume: Vec<_> = kept.iter().map(|station| station.signal.view().insert_axis(Axis(3))).collect();
        let gains = gains(&plan, &overlaps(&plan, &one_volume), harmonise)?;
        let no_gain = vec![1.0; kept.len()];
        let views: Vec<_> = kept.iter().map(|station| station.adc.view()).collect();
        let adc = Arc::new(Volume::new(plan.grid.clone(), compose(&plan, &views, &no_gain)));
        let views: Vec<_> = kept.iter().map(|station| station.signal.view()).collect();
        let signal = Arc::new(Volume::new(plan.grid.clone(), compose(&plan, &views, &gains)));
        drop(kept);

        let bits = ["non_positive", "below_floor", "clipped", "not_decaying", "out_of_window", "shortened"];
        let excluded: serde_json::Map<String, serde_json::Value> =
            bits.iter().zip(flagged).map(|(name, n)| ((*name).to_owned(), n.into())).collect();
        let adc_parameters = serde_json::json!({ "fit": params, "stations": fitted, "n_flagged": excluded });
        let method = "log-linear least squares in each station, then composed with linear feathering";
        let sidecar = MapSidecar::new("adc", Unit::Um2PerS.ascii(), method, adc_parameters, &paths);
        work.keep_scalar("ADC", &adc, sidecar);
        let dwi_parameters = serde_json::json!({ "b": signal_b, "harmonise": harmonise, "gains": gains });
        let method = "stations composed with linear feathering";
        let sidecar = MapSidecar::new("dwi", Unit::Arbitrary.ascii(), method, dwi_parameters, &paths);
        work.keep_scalar("dwi", &signal, sidecar);
        Ok(Stations { adc, signal })
    }
}

/// Mean of the volumes at that b-value.
fn signal_at(series: &Series, b: &[f64], signal_b: f64, path: &Path) -> Result<Array3<f32>> {
    let volumes: Vec<usize> = (0..b.len()).filter(|&n| same_b(b[n], signal_b)).collect();
    if volumes.is_empty() {
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        return Err(MeasureError::NoSignalB { file, signal_b, found: list(b) }.into());
    }
    let mut mean = filled(series.grid.dims, 0.0_f32);
    let share = 1.0 / volumes.len() as f32;
    for volume in volumes {
        let signal = series.data.index_axis(Axis(3), volume);
        Zip::from(&mut mean).and(&signal).for_each(|mean, &signal| *mean += share * signal);
    }
    Ok(mean)
}
