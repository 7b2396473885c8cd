//! What all voxels of a fit share: the order of the volumes, floors, ceilings, weights of each number of b-levels.

use super::logarithm::Weights;
use super::{AdcFit, AdcParams, CEILINGS};
use crate::diffusion::b_table::{Chosen, distinct, same_b};
use crate::diffusion::noise::sigma_of_sample;
use crate::diffusion::sample::Survey;
use crate::error::Warning;

/// Headroom of a 16-bit map over the largest signal that is expected.
const HEADROOM: f64 = 1.5;

/// What all voxels share. Everything "of each volume" is in ascending order of b.
#[derive(Debug, Clone)]
pub(super) struct Setup {
    pub fit: AdcFit,
    /// Volumes in the series, by ascending b.
    pub volumes: Vec<usize>,
    /// b of each, s/mm2.
    pub b: Vec<f64>,
    /// b-level of each, from 0.
    pub level: Vec<usize>,
    pub n_levels: usize,
    /// Volumes of the first n levels; index n.
    pub n_volumes_of: Vec<usize>,
    /// Weights of plain least squares over the first n levels; index n, of which 0 and 1 are never used.
    pub weights: Vec<Weights>,
    /// Sigma of each volume, where known.
    pub sigma: Option<Vec<f64>>,
    /// Noise floor of each level, signal units; 0 = none.
    pub floor: Vec<f32>,
    /// Value from which on each volume is clipped.
    pub ceiling: Vec<f32>,
    /// Largest finite value of each volume.
    pub highest: Vec<f32>,
    /// Take the noise out of each signal before the fit.
    pub rician: bool,
    pub window: [f32; 2],
    /// ADC of a plain fit is kept in whole um2/s: it must be exact enough to be rounded to the nearest.
    pub whole_steps: bool,
}

impl Setup {
    pub fn of(survey: &Survey, chosen: &Chosen, params: &AdcParams, steps: bool) -> (Setup, Vec<Warning>) {
        let mut order: Vec<usize> = (0..chosen.b.len()).collect();
        order.sort_by(|&x, &y| chosen.b[x].total_cmp(&chosen.b[y]));
        let volumes: Vec<usize> = order.iter().map(|&place| chosen.volumes[place]).collect();
        let b: Vec<f64> = order.iter().map(|&place| chosen.b[place]).collect();
        let lowest = distinct(&b);
        let level: Vec<usize> = b.iter().map(|&b| lowest.partition_point(|&low| low <= b) - 1).collect();
        let n_levels = lowest.len();
        let n_volumes_of: Vec<usize> = (0..=n_levels).map(|n| level.partition_point(|&level| level < n)).collect();
        let mut warnings = Vec::new();
        let sigma = match params.sigma {
            Some(sigma) => Some(vec![sigma; b.len()]).filter(|_| sigma > 0.0),
            None => sigma_of_sample(&survey.rows(&volumes), &b),
        };
        if params.sigma.is_none() && sigma.is_none() {
            let message = "no air with plain noise around the body: sigma is unknown and no noise floor is applied";
            warnings.push(Warning::new("noise-unknown", message));
        }
        let floor = (0..n_levels)
            .map(|n| sigma.as_ref().map_or(0.0, |sigma| (params.floor_sigmas * sigma[n_volumes_of[n]]) as f32))
            .collect();
        let highest: Vec<f32> = volumes.iter().map(|&volume| survey.highest(volume)).collect();
        let setup = Setup {
            fit: params.fit,
            weights: n_volumes_of.iter().map(|&n| Weights::of(&b[..n])).collect(),
            ceiling: highest.iter().map(|h| if CEILINGS.contains(h) { *h } else { f32::INFINITY }).collect(),
            highest,
            level,
            n_levels,
            n_volumes_of,
            sigma,
            floor,
            rician: params.rician,
            window: params.window_um2_s,
            whole_steps: steps && matches!(params.fit, AdcFit::Loglinear | AdcFit::TwoPoint),
            volumes,
            b,
        };
        (setup, warnings)
    }

    /// Value of one 16-bit step of an image at `b`, so that no signal expected there is cut off.
    pub fn slope_at(&self, b: f64) -> f64 {
        let below = self.b.iter().rposition(|&measured| measured <= b || same_b(measured, b));
        let level = below.map_or(0, |place| self.level[place]);
        let brightest = |level: usize| {
            let of_level = self.level.iter().zip(&self.highest).filter(|(l, _)| **l == level);
            of_level.map(|(_, &highest)| f64::from(highest)).fold(0.0, f64::max)
        };
        let growth = if below.is_none() { 1e-6 * (self.b[0] - b) * f64::from(self.window[1]) } else { 0.0 };
        let expected = brightest(level) * growth.clamp(0.0, 3.0).exp();
        let slope = HEADROOM * expected / f64::from(i16::MAX);
        if slope > 0.0 && slope.is_finite() { slope } else { 1.0 }
    }
}
