//! What goes into a separation and what comes out.

use super::bipolar::{Bipolar, OddEvenPhase};
use super::model::Precession;
use super::withhold::Counts;
use crate::dixon::{DixonError, FatModel};
use crate::error::Warning;
use crate::image::Mask;
use crate::image::echoes::EchoSeries;
use ndarray::{Array3, ArrayView3, ArrayView4};
use num_complex::Complex32;

/// Echoes of one acquisition: complex, or magnitudes (`f32`).
#[derive(Debug, Clone, Copy)]
pub struct Echoes<'a, T = Complex32> {
    /// `[x, y, z, echo]`, Fortran order; NaN where not measured.
    pub data: ArrayView4<'a, T>,
    /// Echo times, ms, increasing.
    pub echo_times_ms: &'a [f64],
    /// Field strength, T.
    pub field_t: f64,
    /// Distance between neighbouring voxels along each axis, mm.
    pub voxel_mm: [f64; 3],
    /// Where to look; everywhere with signal without it.
    pub mask: Option<ArrayView3<'a, bool>>,
}

impl<'a, T> Echoes<'a, T> {
    /// Those of a series, inside a mask on its grid.
    pub fn of(series: &'a EchoSeries<T>, mask: Option<&'a Mask>) -> Self {
        Echoes {
            data: series.data.view(),
            echo_times_ms: &series.echo_times_ms,
            field_t: series.field_t,
            voxel_mm: series.grid.spacing_mm(),
            mask: mask.map(|mask| mask.data.view()),
        }
    }

    /// The failure where no voxel carries signal.
    pub(in crate::dixon) fn no_signal(&self) -> DixonError {
        let what = if self.mask.is_some() { "the echo series, inside the mask," } else { "the echo series" };
        DixonError::NoSignal { what }
    }
}

/// How the sign of the phase is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PrecessionChoice {
    /// By trying both.
    #[default]
    Auto,
    /// Stated.
    Given(Precession),
}

/// What to withhold from the maps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Withhold {
    /// Voxels of noise, those whose PDFF is known to no better than 6 points, and those by metal, where the model does
    /// not hold.
    #[default]
    Default,
    /// Nothing that could be fitted.
    None,
}

/// Parameters of the separation.
#[derive(Debug, Clone, Default)]
pub struct Params {
    /// Spectrum of fat.
    pub fat_model: FatModel,
    /// Sign of the phase.
    pub precession: PrecessionChoice,
    /// Odd/even phase.
    pub bipolar: Bipolar,
    /// What to withhold.
    pub withhold: Withhold,
    /// R2* (1/s) where it is given instead of fitted.
    pub r2star: Option<f64>,
}

/// What was found of the acquisition.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Found {
    /// Sign of the phase.
    pub precession: Precession,
    /// Residual with the other sign over that with this one, where both were tried.
    pub precession_ratio: Option<f64>,
    /// Odd/even phase, where it could be estimated.
    pub odd_even_phase: Option<OddEvenPhase>,
    /// Standard deviation of the noise in a real or imaginary part, signal units.
    pub sigma: f64,
    /// Where that comes from: `residual` or `background`.
    pub sigma_from: &'static str,
    /// Period of the field map, Hz; `None` for unequal echo spacings.
    pub field_period_hz: Option<f64>,
    /// Voxels, and what speaks against them.
    #[serde(flatten)]
    pub counts: Counts,
}

/// Maps in the memory order of the echoes; NaN where not measured or withheld.
#[derive(Debug, Clone)]
pub struct Separation {
    /// Proton-density fat fraction, percent.
    pub pdff: Array3<f32>,
    /// Magnitude of water, signal units.
    pub water: Array3<f32>,
    /// Magnitude of fat, signal units.
    pub fat: Array3<f32>,
    /// R2*, 1/s.
    pub r2star: Array3<f32>,
    /// Field, Hz.
    pub field: Array3<f32>,
    /// Cramer-Rao standard deviation of `pdff`, percentage points.
    pub pdff_sd: Array3<f32>,
    /// Root of the squared residual a degree of freedom, over sigma; `None` for three echoes, which leave none.
    pub residual: Option<Array3<f32>>,
    /// True where water and fat may be exchanged.
    pub swap: Array3<bool>,
    /// What was found.
    pub found: Found,
    /// What must be said.
    pub warnings: Vec<Warning>,
}
