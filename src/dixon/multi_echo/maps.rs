//! The fit of every voxel as maps, finished with the noise: standard deviations, residuals, what is withheld.

use super::acquisition::Acquisition;
use super::refine::{Fit, R2Star};
use super::source::Source;
use super::types::{Found, Params, Separation, Withhold};
use super::withhold::Counts;
use super::{noise, withhold};
use crate::error::Warning;
use ndarray::{Array3, ShapeBuilder};
use num_complex::Complex32;
use rayon::prelude::*;
use std::f64::consts::PI;

/// The fit of every voxel, in planes of one quantity each.
pub struct Maps {
    pdff: Vec<f32>,
    water: Vec<f32>,
    fat: Vec<f32>,
    r2star: Vec<f32>,
    field: Vec<f32>,
    /// PDFF standard deviation at sigma = 1, percentage points.
    sd: Vec<f32>,
    residual: Vec<f32>,
}

impl Maps {
    /// Fits every voxel; `fit` has no answer for those that do not take part. `period_hz` is that of the field, infinite
    /// where it has none.
    pub fn fitted(
        source: &Source<'_>,
        fit: &(impl Fn(usize, &[Complex32]) -> Option<Fit> + Sync),
        sigma: f64,
        period_hz: f64,
    ) -> Self {
        let plane = || vec![f32::NAN; source.n_voxels()];
        let (mut pdff, mut water, mut fat, mut r2star) = (plane(), plane(), plane(), plane());
        let (mut field, mut sd, mut residual) = (plane(), plane(), plane());
        let row = source.dims[0].max(1);
        let planes = (
            pdff.par_chunks_mut(row),
            water.par_chunks_mut(row),
            fat.par_chunks_mut(row),
            r2star.par_chunks_mut(row),
            field.par_chunks_mut(row),
            sd.par_chunks_mut(row),
            residual.par_chunks_mut(row),
        );
        let rows = planes.into_par_iter().enumerate();
        rows.for_each_init(Vec::new, |signal, (r, (pdff, water, fat, r2star, field, sd, residual))| {
            for x in 0..pdff.len() {
                source.gather(r * row + x, signal);
                let Some(fit) = fit(r * row + x, signal) else { continue };
                let hz = fit.omega / (2.0 * PI);
                pdff[x] = (100.0 * fit.fat_fraction(fit.coherent(sigma))) as f32;
                water[x] = fit.water.norm() as f32;
                fat[x] = fit.fat.norm() as f32;
                r2star[x] = fit.r2star as f32;
                field[x] = if period_hz.is_finite() { hz - period_hz * (hz / period_hz).round() } else { hz } as f32;
                sd[x] = (100.0 * fit.fat_fraction_sd(1.0)) as f32;
                residual[x] = fit.residual as f32;
            }
        });
        Maps { pdff, water, fat, r2star, field, sd, residual }
    }

    /// Noise (standard deviation) and where it is known from, with the degrees of freedom that the fit leaves.
    fn noise(&self, of: &Acquisition<'_>, known: R2Star) -> (f64, &'static str, usize) {
        let fitted = if matches!(known, R2Star::Given(_)) { 5 } else { 6 };
        let degrees = (2 * of.source.n_echoes()).saturating_sub(fitted);
        let before = (of.variance.sqrt(), if of.has_background { "background" } else { "residual" }, degrees);
        if degrees == 0 {
            return before;
        }
        let with_signal = self.residual.iter().zip(&of.energies).filter(|&(r, &e)| *r >= 0.0 && e > of.noise_limit);
        let mut residuals: Vec<f32> = with_signal.map(|(r, _)| *r).collect();
        match noise::variance_of_residuals(&mut residuals, degrees) {
            Some(variance) => (variance.sqrt(), "residual", degrees),
            None => before,
        }
    }

    /// Scales by the noise, withholds, and gives the maps their shape.
    pub fn finish(
        mut self,
        of: Acquisition<'_>,
        known: R2Star,
        params: &Params,
        mut swap: Vec<bool>,
        mut warnings: Vec<Warning>,
    ) -> Separation {
        let (sigma, sigma_from, degrees) = self.noise(&of, known);
        if of.has_background {
            warnings.extend(withhold::poor_fit(sigma, of.variance.sqrt()));
        }
        let mut found = Found {
            precession: of.precession,
            precession_ratio: of.precession_ratio,
            odd_even_phase: of.odd_even_phase.clone(),
            sigma,
            sigma_from,
            field_period_hz: of.model.uniform.then(|| 1.0 / of.model.spacing_s),
            counts: Counts::default(),
        };
        for (voxel, swap) in swap.iter_mut().enumerate() {
            if self.pdff[voxel].is_nan() {
                *swap = false;
                continue;
            }
            self.sd[voxel] *= sigma as f32;
            let chi = if degrees > 0 { (self.residual[voxel] / degrees as f32).sqrt() / sigma as f32 } else { 0.0 };
            self.residual[voxel] = chi;
            self.field[voxel] *= of.precession.sign() as f32;
            let noise = of.energies[voxel] <= of.noise_limit;
            let signal = (of.energies[voxel] / of.source.n_echoes() as f32).sqrt();
            let metal = withhold::is_metal(self.r2star[voxel], chi, sigma, signal);
            if withhold::is_uncertain(self.sd[voxel]) {
                // the noise leaves the phases open: the complex sum of water and fat is no total
                self.pdff[voxel] = 100.0 * self.fat[voxel] / (self.fat[voxel] + self.water[voxel]);
            }
            if found.counts.speaks_against(noise, metal, self.sd[voxel]) && params.withhold == Withhold::Default {
                self.clear(voxel);
                *swap = false;
            }
            found.counts.n_swap_suspected += usize::from(*swap);
        }
        warnings.extend(found.counts.warning());
        let dims = of.source.dims;
        let shaped = |plane: Vec<f32>| volume(dims, plane);
        Separation {
            pdff: shaped(self.pdff),
            water: shaped(self.water),
            fat: shaped(self.fat),
            r2star: shaped(self.r2star),
            field: shaped(self.field),
            pdff_sd: shaped(self.sd),
            residual: (degrees > 0).then(|| shaped(self.residual)),
            swap: volume(dims, swap),
            found,
            warnings,
        }
    }

    /// Withholds a voxel. The residual stays: it says why.
    fn clear(&mut self, voxel: usize) {
        let Maps { pdff, water, fat, r2star, field, sd, residual: _ } = self;
        for plane in [pdff, water, fat, r2star, field, sd] {
            plane[voxel] = f32::NAN;
        }
    }
}

/// A volume in the memory order of the images.
pub fn volume<T: Clone + Default>(dims: [usize; 3], values: Vec<T>) -> Array3<T> {
    // the length is that of the echoes, by construction
    Array3::from_shape_vec((dims[0], dims[1], dims[2]).f(), values).unwrap_or_default()
}
