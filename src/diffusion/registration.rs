//! Rigid motion of a body, or of a part of it, between two visits.
//!
//! Inputs  an image of each visit of one kind (the same b-value), each on its own grid; a region on the baseline's grid
//! Output  the rotation and shift that take a point of the baseline's world (mm, RAS+) to the same tissue in the follow-up's
//!         world; how well the images agree before and after
//! Method  the follow-up's signal is predicted as `gain x baseline + offset`, so that receiver gains do not matter. Shifts up to
//!         a limit are tried on images of 8 mm; from the best few on rotation, shift, gain and offset are refined together
//!         (Gauss-Newton) on 8, 4 and 2 mm, or on the images themselves where their voxels are larger. Residuals count by
//!         Tukey's biweight, so that lesions that came or went do not pull (Reuter 2010, doi:10.1016/j.neuroimage.2010.07.020).
//! Limits  bodies bend: one rigid motion serves one station or a few vertebrae. Shifts beyond the limit and rotations beyond
//!         about 15 degrees are not found, and a spine may lock in one vertebra too high or low where nothing but vertebrae is
//!         in the region. Nothing is resampled here

mod fit;
mod motion;
mod pyramid;

use super::DiffusionError;
use crate::image::{Affine, Grid, filled};
use crate::region::erode_mm;
use fit::{Pose, Samples};
pub use motion::{Extent, Motion, Piece};
use nalgebra::Vector3;
use ndarray::{Array3, ArrayView3, Zip};
use pyramid::Level;

/// Sizes of the voxels on which the images are compared, mm, coarse to fine.
const LEVELS_MM: [f64; 3] = [8.0, 4.0, 2.0];
/// Fewest samples of the finest level that a motion can rest on.
const LEAST_SAMPLES: usize = 200;
/// Samples that are used at most.
const MOST_SAMPLES: usize = 60_000;
/// Share of the samples that must lie inside the follow-up's field of view.
const LEAST_INSIDE: f64 = 0.3;

/// Parameters of a registration.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct RegistrationParams {
    /// Largest shift tried along each axis, mm.
    pub search_mm: f64,
    /// The region is widened by this much before its voxels are compared, mm.
    pub margin_mm: f64,
}

impl Default for RegistrationParams {
    fn default() -> Self {
        RegistrationParams { search_mm: 40.0, margin_mm: 15.0 }
    }
}

/// Both visits' images of one kind.
#[derive(Debug, Clone, Copy)]
pub struct VisitImages<'a> {
    /// Image of the baseline and where it lies.
    pub baseline: (ArrayView3<'a, f32>, &'a Grid),
    /// Image of the follow-up and where it lies.
    pub followup: (ArrayView3<'a, f32>, &'a Grid),
}

/// A motion that was found.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Rigid {
    /// Baseline world to follow-up world, mm, RAS+.
    pub affine: Affine,
    /// Angle of the rotation, degrees.
    pub rotation_deg: f64,
    /// Middle of the region at baseline, mm, RAS+.
    pub centre_mm: [f64; 3],
    /// How far the tissue of that place is away at follow-up, mm, RAS+.
    pub shift_mm: [f64; 3],
    /// Correlation of the images in the widened region as they lie, and after the motion, lesions that changed included; none
    /// where they do not overlap.
    pub correlation_before: Option<f64>,
    /// See `correlation_before`.
    pub correlation_after: f64,
    /// Signal of the follow-up over that of the baseline where both agree; none where nothing can be said.
    pub gain: Option<f64>,
    /// Places compared.
    pub n_samples: usize,
    /// Share of them inside the follow-up's field of view after the motion.
    pub inside_share: f64,
}

/// Images of both visits at every level; made once for all regions.
#[derive(Debug)]
pub struct Registration {
    levels: Vec<[Level; 2]>,
    grid: Grid,
    params: RegistrationParams,
}

impl Registration {
    /// Prepares two images.
    ///
    /// # Errors
    /// [`DiffusionError::Parameter`] for a search or a margin that is no distance.
    pub fn new(images: &VisitImages<'_>, params: RegistrationParams) -> Result<Registration, DiffusionError> {
        for (what, mm) in [("search", params.search_mm), ("margin", params.margin_mm)] {
            if !(0.0..=500.0).contains(&mm) {
                let problem = format!("a {what} of {mm} mm is not between 0 and 500");
                return Err(DiffusionError::Parameter { problem });
            }
        }
        let of = |(data, grid): (ArrayView3<'_, f32>, &Grid), mm: f64| Level::of(data, grid, mm);
        let levels = LEVELS_MM.iter().map(|&mm| [of(images.baseline, mm), of(images.followup, mm)]).collect();
        Ok(Registration { levels, grid: images.baseline.1.clone(), params })
    }

    /// The motion of a region, from nothing or from a motion that is already known roughly (then only a third of the search
    /// is made around it).
    ///
    /// # Errors
    /// [`DiffusionError::EmptyMask`] for an empty region; [`DiffusionError::NotRegistered`] where the region is too small, lies
    /// outside of the follow-up, or holds nothing that the two images have in common.
    pub fn of(
        &self,
        region: ArrayView3<'_, bool>,
        what: &str,
        start: Option<&Affine>,
    ) -> Result<Rigid, DiffusionError> {
        let wide = widened(region, &self.grid, self.params.margin_mm);
        let fraction = wide.mapv(|inside| if inside { 1.0 } else { 0.0 });
        let samples: Vec<Samples> = self
            .levels
            .iter()
            .zip(LEVELS_MM)
            .map(|([fixed, _], mm)| Samples::of(fixed, &Level::shares(fraction.view(), &self.grid, mm), MOST_SAMPLES))
            .collect();
        let refused = |reason: String| DiffusionError::NotRegistered { what: what.to_owned(), reason };
        let (Some(finest), Some([_, moving])) = (samples.last(), self.levels.last()) else {
            return Err(refused("there is no image".to_owned()));
        };
        let Some(centre) = finest.centre() else {
            return Err(DiffusionError::EmptyMask { what: "region to register" });
        };
        if finest.len() < LEAST_SAMPLES {
            let found = finest.len();
            return Err(refused(format!("it has {found} voxels to compare, {LEAST_SAMPLES} are needed")));
        }
        let is_known = start.is_some();
        let start = Pose::from_affine(start.unwrap_or(&Affine::IDENTITY), centre);
        let mut pose = self
            .search(&samples, &start, is_known)
            .ok_or_else(|| refused("at no shift that was tried do the two images share enough signal".to_owned()))?;
        for (samples, [_, moving]) in samples.iter().zip(&self.levels) {
            pose = fit::refined(samples, moving, &pose);
        }
        let before = fit::agreement(finest, moving, &Pose::from_affine(&Affine::IDENTITY, centre));
        let after = fit::agreement(finest, moving, &pose);
        let Some(after) = after.filter(|after| after.inside_share >= LEAST_INSIDE && after.correlation.is_finite())
        else {
            return Err(refused("it lies outside of the follow-up's field of view".to_owned()));
        };
        let (affine, centre) = (pose.affine(), <[f64; 3]>::from(centre));
        let there = affine.apply(centre);
        Ok(Rigid {
            affine,
            rotation_deg: pose.angle().to_degrees(),
            centre_mm: centre,
            shift_mm: std::array::from_fn(|r| there[r] - centre[r]),
            correlation_before: before.map(|before| before.correlation),
            correlation_after: after.correlation,
            gain: fit::signal_ratio(finest, moving, &pose),
            n_samples: finest.len(),
            inside_share: after.inside_share,
        })
    }

    /// The best of all shifts at the coarsest level, each of the best few refined there.
    fn search(&self, samples: &[Samples], start: &Pose, is_known: bool) -> Option<Pose> {
        let (samples, [_, moving]) = samples.first().zip(self.levels.first())?;
        let (reach, step) = (self.params.search_mm, LEVELS_MM[0]);
        let (reach, step) = if is_known { (reach / 3.0, 0.5 * step) } else { (reach, step) };
        let n = (reach / step).floor() as i32;
        let along = move || (-n..=n).map(move |place| f64::from(place) * step);
        let shifts: Vec<Vector3<f64>> =
            along().flat_map(|x| along().flat_map(move |y| along().map(move |z| Vector3::new(x, y, z)))).collect();
        let best = fit::best_shifts(samples, moving, start, &shifts, 6, 1.5 * step);
        let mut found: Option<(f64, Pose)> = None;
        for pose in best {
            let pose = fit::refined(samples, moving, &pose);
            let Some(agreement) = fit::agreement(samples, moving, &pose) else { continue };
            if agreement.inside_share >= LEAST_INSIDE && found.as_ref().is_none_or(|(c, _)| agreement.correlation > *c)
            {
                found = Some((agreement.correlation, pose));
            }
        }
        found.map(|(_, pose)| pose)
    }
}

/// The region and all that lies within `mm` of it.
fn widened(region: ArrayView3<'_, bool>, grid: &Grid, mm: f64) -> Array3<bool> {
    let mut outside = filled(grid.dims, true);
    Zip::from(&mut outside).and(region).for_each(|outside, &inside| *outside = !inside);
    let mut wide = erode_mm(outside.view(), grid.spacing_mm(), mm);
    wide.par_mapv_inplace(|outside| !outside);
    wide
}

#[cfg(test)]
mod tests;
