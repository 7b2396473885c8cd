//! Which of its two answers each voxel takes: the one that fits its echoes and its neighbours.

use super::fit::Answer;
use crate::dixon::multi_echo::graph::Graph;
use crate::dixon::multi_echo::message_passing::MessagePassing;
use crate::dixon::multi_echo::minima::{ABSENT, N_LABELS};
use crate::dixon::multi_echo::moves::{self, Open};
use rayon::prelude::*;

/// Strength of the bond between neighbours, relative to what they know of their fat fractions, mm.
const MU: f64 = 0.6;
/// Most that a bond may weigh, noise variances, mm.
const STRONGEST: f64 = 600.0;
/// The limit T of the squared difference of neighbours' fat fractions.
const CAP: f32 = 0.15 * 0.15;
/// Passes.
const SWEEPS: usize = 5;
/// Fat fractions have no period.
const NO_PERIOD: f32 = 1e9;

/// Fat fractions further apart are water and fat exchanged.
const EXCHANGED: f64 = 0.3;
/// What the other answer of a voxel would cost, noise variances, below which a swap is suspected.
const SUSPECT_MARGIN: f32 = 4.0;

/// Puts the chosen answer of every voxel first. Returns what taking the other one would cost, in noise variances; infinite
/// where there is none.
pub fn choose(
    answers: &mut [[Option<Answer>; 2]],
    dims: [usize; 3],
    voxel_mm: [f64; 3],
    noise_variance: f64,
) -> Vec<f32> {
    let graph = Graph {
        dims,
        phase: answers.iter().map(|of| labels(of, 0.0, |answer| answer.fraction)).collect(),
        cost: answers.iter().map(|of| labels(of, ABSENT, |answer| answer.residual)).collect(),
        curvature: answers.iter().map(curvature).collect(),
        tolerance: vec![noise_variance as f32; answers.len()],
        bond: voxel_mm.map(|mm| (MU / mm) as f32),
        strongest: voxel_mm.map(|mm| (STRONGEST / mm) as f32),
        period: NO_PERIOD,
    };
    let mut passing = MessagePassing::new(&graph, CAP);
    for _ in 0..SWEEPS {
        passing.sweep();
    }
    let mut chosen = passing.labels();
    drop(passing);
    moves::settle(&graph, &mut chosen, &mut Open::all(&graph), CAP, 3);
    let cost = |voxel: usize, answers: &mut [Option<Answer>; 2]| {
        if answers[1].is_none() {
            return f32::INFINITY;
        }
        let (costs, kept) = (graph.costs(&chosen, voxel, CAP), usize::from(chosen[voxel]));
        let change = (costs[1 - kept] - costs[kept]) / noise_variance as f32;
        if chosen[voxel] == 1 {
            answers.swap(0, 1);
        }
        change
    };
    answers.par_iter_mut().enumerate().map(|(voxel, answers)| cost(voxel, answers)).collect()
}

/// True where water and fat may be exchanged: an answer that is far off would cost hardly more.
pub fn is_suspect(answers: &[Option<Answer>; 2], cost: f32) -> bool {
    cost < SUSPECT_MARGIN && apart(answers) > EXCHANGED
}

/// Variance of the fat fraction at a noise variance. Another answer close by counts by how likely it is (a mixture of both,
/// of which a cost of `c` noise variances gives the other the odds `exp(-c/2)`); one far off is a swap, not a spread.
pub fn variance(answers: &[Option<Answer>; 2], cost: f32, noise_variance: f64) -> f64 {
    let of_fit = answers[0].map_or(f64::NAN, |chosen| noise_variance * chosen.variance);
    let apart = apart(answers);
    if !(0.0..EXCHANGED).contains(&apart) {
        return of_fit;
    }
    let odds = f64::from(-0.5 * cost).exp();
    let share = odds / (1.0 + odds);
    of_fit + share * (1.0 - share) * apart.powi(2)
}

/// How far the answers lie apart; 0 where there is one.
fn apart(answers: &[Option<Answer>; 2]) -> f64 {
    match answers {
        [Some(a), Some(b)] => (a.fraction - b.fraction).abs(),
        _ => 0.0,
    }
}

/// One number of each answer, in the places of the labels.
fn labels(answers: &[Option<Answer>; 2], absent: f32, of: impl Fn(&Answer) -> f64) -> [f32; N_LABELS] {
    std::array::from_fn(|label| answers.get(label).and_then(Option::as_ref).map_or(absent, |answer| of(answer) as f32))
}

/// What a voxel knows of its fat fraction: the inverse of the variance of its best answer.
fn curvature(answers: &[Option<Answer>; 2]) -> f32 {
    let variance = answers[0].map_or(f64::NAN, |answer| answer.variance);
    if variance > 0.0 { (1.0 / variance) as f32 } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use crate::dixon::FatModel;
    use crate::dixon::magnitude_echoes::{MagnitudeParams, fit::MagnitudeModel, separate_magnitudes};
    use crate::dixon::multi_echo::Echoes;
    use ndarray::{Array4, ShapeBuilder};
    use rand::SeedableRng;
    use rand_distr::{Distribution, Normal};

    const TIMES_MS: [f64; 6] = [1.2, 2.2, 3.2, 4.2, 5.2, 6.2];

    #[test]
    fn neighbours_undo_the_swaps_of_voxels_that_decide_alone() {
        let model = FatModel::default();
        let (fraction, r2star, sigma) = (0.33, 180.0, 1.2);
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(3);
        let normal = Normal::new(0.0, sigma).unwrap();
        let [nx, ny, nz] = [30, 30, 6];
        let mut data = Array4::<f32>::zeros((nx, ny, nz, 6).f());
        for ((x, _, _, n), value) in data.indexed_iter_mut() {
            let [re, im] = model.phasor(TIMES_MS[n], 3.0);
            // a third of the volume is air
            let decay = if x < 10 { 0.0 } else { 40.0 * (-r2star * 1e-3 * TIMES_MS[n]).exp() };
            let (real, imaginary) = (1.0 - fraction + fraction * re, fraction * im);
            let (a, b) = (decay * real + normal.sample(&mut rng), decay * imaginary + normal.sample(&mut rng));
            *value = f64::hypot(a, b) as f32;
        }
        let swapped = |percent: f64| (percent - 100.0 * fraction).abs() > 30.0;
        let alone = MagnitudeModel::new(&model, &TIMES_MS, 3.0, None).with_noise(sigma * sigma);
        let mut n_alone = 0;
        for lane in data.lanes(ndarray::Axis(3)).into_iter() {
            let signal: Vec<f32> = lane.to_vec();
            let best = alone.answers(&signal)[0].unwrap();
            n_alone += usize::from(signal[0] > 15.0 && swapped(100.0 * best.fraction));
        }
        let echoes =
            Echoes { data: data.view(), echo_times_ms: &TIMES_MS, field_t: 3.0, voxel_mm: [1.0, 1.0, 4.0], mask: None };
        let found = separate_magnitudes(&echoes, &MagnitudeParams::default()).unwrap();
        let tissue: Vec<f64> =
            found.pdff.indexed_iter().filter(|((x, ..), _)| *x >= 10).map(|(_, &p)| p.into()).collect();
        let together = tissue.iter().filter(|&&percent| swapped(percent)).count();
        assert!(n_alone > 40 && 10 * together < n_alone, "{together} of {n_alone}");
        let mean = tissue.iter().filter(|p| p.is_finite()).sum::<f64>()
            / tissue.iter().filter(|p| p.is_finite()).count() as f64;
        assert!((mean - 33.0).abs() < 0.3, "{mean}");
        assert!((found.found.sigma / sigma - 1.0).abs() < 0.03 && found.found.sigma_from == "background");
    }
}
