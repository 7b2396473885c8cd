//! The maps that `adc` writes, each with its sidecar.

use super::adc::AdcResults;
use super::args::OutArgs;
use crate::diffusion::{AdcFit, AdcImages, AdcParams, Ivim, Wanted};
use crate::error::{Result, Warning};
use crate::image::{Grid, ImageError, MapSidecar, Voxels, write_bits, write_voxels};
use crate::units::Unit;
use ndarray::Array3;
use rayon::prelude::*;
use serde_json::json;
use std::path::PathBuf;

/// What a fit is called in the sidecar.
fn method_of(fit: AdcFit) -> &'static str {
    match fit {
        AdcFit::Loglinear => "log-linear least squares",
        AdcFit::Weighted => "log-linear least squares, weights S^2",
        AdcFit::Iterative => "log-linear least squares, weights of the fitted signal, iterated",
        AdcFit::Nlls => "nonlinear least squares",
        AdcFit::TwoPoint => "log-linear, lowest and highest b",
    }
}

/// What stands behind the prefix for each map, in the order of [`MapWriter::write_all`].
pub fn suffixes(wanted: &Wanted) -> Vec<String> {
    let mut all: Vec<String> = ["_ADC", "_S0", "_flags"].map(str::to_owned).to_vec();
    all.extend(wanted.standard_error.then(|| "_ADCse".to_owned()));
    all.extend(wanted.residual.then(|| "_residual".to_owned()));
    match wanted.computed_b.as_slice() {
        [_] => all.push("_cDWI".to_owned()),
        several => all.extend(several.iter().map(|b| format!("_cDWI-b{b}"))),
    }
    all
}

/// What stands behind the prefix for the maps of `--ivim`.
pub const IVIM: [&str; 3] = ["_IVIMd", "_IVIMf", "_IVIMdstar"];

/// Everything that the maps of one fit share.
pub struct MapWriter<'a> {
    pub out: &'a OutArgs,
    pub grid: &'a Grid,
    pub params: &'a AdcParams,
    pub results: &'a AdcResults,
    pub sources: &'a [PathBuf],
    pub warnings: &'a [Warning],
    pub extension: &'static str,
}

/// One map: what it is called, its unit, how it was made, its values.
struct Map {
    measure: &'static str,
    unit: Unit,
    method: String,
    values: Values,
}

enum Values {
    Numbers(Voxels),
    Bits(Array3<u8>),
}

impl MapWriter<'_> {
    /// Writes all maps, several at a time.
    pub fn write_all(&self, images: AdcImages, wanted: &Wanted) -> Result<()> {
        let AdcImages { adc, s0, flags, standard_error, residual, computed, chosen: _, sigma, warnings: _ } = images;
        let excluded = if wanted.steps { "excluded voxels 0, see the flags" } else { "excluded voxels NaN" };
        let map = |measure, unit, method: &str, values| Map {
            measure,
            unit,
            method: method.to_owned(),
            values: Values::Numbers(values),
        };
        let method = format!("{}; {excluded}", method_of(self.params.fit));
        let mut maps = vec![
            map("ADC", Unit::Um2PerS, &method, adc),
            map("S0", Unit::Arbitrary, "signal at b = 0 that the fit gives", s0),
        ];
        let method =
            "bits: 1 non-positive, 2 below floor, 4 clipped, 8 not decaying, 16 out of window, 32 highest b left out";
        let (measure, unit) = ("ADC flags", Unit::Count);
        maps.push(Map { measure, unit, method: method.to_owned(), values: Values::Bits(flags) });
        let method = match sigma {
            Some(_) => "standard error of ADC from the noise of each signal",
            None => "standard error of ADC from the residual of the fit",
        };
        maps.extend(standard_error.map(|values| map("ADC standard error", Unit::Um2PerS, method, values)));
        let method = "root mean square of ln S minus the fit";
        maps.extend(residual.map(|values| map("ADC residual", Unit::Fraction, method, values)));
        for (values, b) in computed.into_iter().zip(&wanted.computed_b) {
            let method = format!("computed DWI at b = {b} s/mm2 from S0 and ADC");
            maps.push(map("computed DWI", Unit::Arbitrary, &method, values));
        }
        let all: Vec<(Map, String)> = maps.into_iter().zip(suffixes(wanted)).collect();
        all.into_par_iter().map(|(map, suffix)| self.write(map, &suffix)).collect::<std::result::Result<(), _>>()?;
        Ok(())
    }

    /// Writes the maps of `--ivim`, as f32.
    pub fn write_ivim(&self, perfusion: Ivim) -> Result<()> {
        let Ivim { d, fraction, d_star, rule, warnings: _ } = perfusion;
        let maps = [
            Some(("IVIM diffusion", Unit::Um2PerS, d)),
            Some(("IVIM perfusion fraction", Unit::Fraction, fraction)),
            d_star.map(|d_star| ("IVIM pseudo-diffusion", Unit::Um2PerS, d_star)),
        ];
        for (map, suffix) in maps.into_iter().zip(IVIM) {
            if let Some((measure, unit, values)) = map {
                let values = Values::Numbers(Voxels::F32(values));
                self.write(Map { measure, unit, method: rule.clone(), values }, suffix)?;
            }
        }
        Ok(())
    }

    fn write(&self, map: Map, suffix: &str) -> std::result::Result<(), ImageError> {
        let Some(path) = self.out.path(&format!("{suffix}{}", self.extension)) else { return Ok(()) };
        let Map { measure, unit, method, values } = map;
        match values {
            Values::Numbers(values) => write_voxels(&path, self.grid, &values, self.out.overwrite())?,
            Values::Bits(bits) => write_bits(&path, self.grid, bits.view(), self.out.overwrite())?,
        }
        let parameters = json!({
            "fit": self.params,
            "b_values_s_mm2": self.results.b_values,
            "b_groups": self.results.b_groups,
            "b_tolerance": "max(5 s/mm2, 2 %); every volume is fitted with its actual b",
            "b_used_s_mm2": self.results.b_used,
            "b_rule": self.results.b_rule,
            "sigma": self.results.sigma,
            "n_measured": self.results.n_measured,
            "flags": self.results.flags,
        });
        let sidecar = MapSidecar::new(measure, unit.ascii(), &method, parameters, self.sources);
        sidecar.with_warnings(self.warnings).write_beside(&path, self.out.overwrite())
    }
}
