//! The separation on simulated volumes, and the promises of its parts: bounds, energies, thread counts.

use super::minima::{ABSENT, N_LABELS};
use super::model::EchoModel;
use super::residual::{Residual, Scratch};
use super::*;
use crate::dixon::FatModel;
use ndarray::{Array3, Array4, ShapeBuilder};
use num_complex::{Complex32, Complex64};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Normal};
use std::f64::consts::PI;

/// A simulated volume with known truth.
struct Phantom {
    echoes: Array4<Complex32>,
    pdff: Array3<f64>,
    r2star: Array3<f64>,
    times_ms: Vec<f64>,
}

/// How a phantom differs from a plain one.
#[derive(Default)]
struct Changes {
    sigma: f64,
    odd_even: [f64; 2],
    conjugate: bool,
    nan_at: Option<[usize; 3]>,
}

const DIMS: [usize; 3] = [24, 20, 4];

/// Tissue of all fat fractions in a smooth field; background round it.
fn phantom(times_ms: &[f64], changes: &Changes) -> Phantom {
    let [nx, ny, nz] = DIMS;
    let shape = (nx, ny, nz).f();
    let inside = |x: usize, y: usize| (3..nx - 3).contains(&x) && (2..ny - 2).contains(&y);
    let pdff =
        Array3::from_shape_fn(
            shape,
            |(x, y, _)| if inside(x, y) { 0.05 * (y / 2) as f64 + 0.04 * (x / 4) as f64 } else { 0.0 },
        );
    let r2star = Array3::from_shape_fn((nx, ny, nz).f(), |(x, _, z)| 25.0 + 5.0 * x as f64 + 10.0 * z as f64);
    let model = FatModel::named("hernando-6").unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let noise = Normal::new(0.0, changes.sigma.max(1e-300)).unwrap();
    let echoes = Array4::from_shape_fn((nx, ny, nz, times_ms.len()).f(), |(x, y, z, e)| {
        let t = times_ms[e] * 1e-3;
        let field = 60.0 * (x as f64 / 12.0 - 1.0) + 40.0 * (y as f64 / 10.0 - 1.0).powi(2) + 8.0 * z as f64;
        let [re, im] = model.phasor(times_ms[e], 3.0);
        let fraction = pdff[[x, y, z]];
        let amplitude = if inside(x, y) { 100.0 } else { 0.0 };
        let odd_even = changes.odd_even[0] + changes.odd_even[1] * ((x as f64 - 11.5) / 24.0);
        let sign = if e % 2 == 0 { 1.0 } else { -1.0 };
        let turn = Complex64::from_polar(1.0, 2.0 * PI * field * t + 0.4 + sign * odd_even);
        let mut s =
            ((1.0 - fraction) + fraction * Complex64::new(re, im)) * amplitude * turn * (-r2star[[x, y, z]] * t).exp();
        if changes.sigma > 0.0 {
            s += Complex64::new(noise.sample(&mut rng), noise.sample(&mut rng));
        }
        if changes.nan_at == Some([x, y, z]) {
            s = Complex64::new(f64::NAN, 0.0);
        }
        if changes.conjugate {
            s = s.conj();
        }
        Complex32::new(s.re as f32, s.im as f32)
    });
    Phantom { echoes, pdff, r2star, times_ms: times_ms.to_vec() }
}

fn solve(phantom: &Phantom, params: &Params) -> Separation {
    let echoes = Echoes {
        data: phantom.echoes.view(),
        echo_times_ms: &phantom.times_ms,
        field_t: 3.0,
        voxel_mm: [1.5, 1.5, 4.0],
        mask: None,
    };
    separate(&echoes, params).unwrap()
}

fn params() -> Params {
    Params { fat_model: FatModel::named("hernando-6").unwrap(), ..Params::default() }
}

/// Largest error of PDFF (points) and of R2* (1/s) over the tissue.
fn worst(phantom: &Phantom, found: &Separation) -> [f64; 2] {
    let mut worst = [0.0_f64; 2];
    for (((at, &truth), &pdff), (&r, &r_found)) in
        phantom.pdff.indexed_iter().zip(&found.pdff).zip(phantom.r2star.iter().zip(&found.r2star))
    {
        if phantom.echoes[[at.0, at.1, at.2, 0]].norm() > 1.0 {
            worst[0] = worst[0].max((f64::from(pdff) - 100.0 * truth).abs());
            worst[1] = worst[1].max((f64::from(r_found) - r).abs());
        }
    }
    worst
}

const SIX: [f64; 6] = [1.2, 2.2, 3.2, 4.2, 5.2, 6.2];

#[test]
fn a_volume_without_noise_is_recovered_with_uniform_and_other_echoes() {
    for times in [&SIX[..], &[1.15, 2.0, 3.1, 4.05, 5.3], &[1.2, 2.2, 3.2, 4.2]] {
        let phantom = phantom(times, &Changes::default());
        let [pdff, r2star] = worst(&phantom, &solve(&phantom, &params()));
        assert!(pdff < 1e-3 && r2star < 1e-2, "{times:?}: PDFF {pdff} points, R2* {r2star} 1/s");
    }
}

#[test]
fn the_sign_of_the_phase_is_found_and_the_field_keeps_its_own() {
    let plain = phantom(&SIX, &Changes { sigma: 2.0, ..Changes::default() });
    let turned = phantom(&SIX, &Changes { sigma: 2.0, conjugate: true, ..Changes::default() });
    let (a, b) = (solve(&plain, &params()), solve(&turned, &params()));
    assert_eq!((a.found.precession, b.found.precession), (Precession::Plus, Precession::Minus));
    let difference = a.pdff.iter().zip(&b.pdff).filter(|(a, _)| a.is_finite()).map(|(a, b)| (a - b).abs());
    assert!(difference.fold(0.0, f32::max) < 1e-2);
    let (x, y, z) = (12, 10, 2);
    let apart = (a.field[[x, y, z]] - b.field[[x, y, z]]).abs();
    assert!(apart < 0.1, "the field is that of the patient, however it is stored: {apart} Hz apart");
}

#[test]
fn an_odd_even_phase_is_taken_off_where_it_is_and_left_alone_where_it_is_not() {
    let bent = phantom(&SIX, &Changes { sigma: 1.0, odd_even: [0.2, 0.5], ..Changes::default() });
    let found = solve(&bent, &params());
    let phase = found.found.odd_even_phase.clone().unwrap();
    assert!(phase.applied && phase.axis == 0, "{phase:?}");
    assert!((phase.offset_rad - 0.2).abs() < 0.01 && (phase.slope_rad_per_fov - 0.5).abs() < 0.03, "{phase:?}");
    let off = solve(&bent, &Params { bipolar: Bipolar::Off, ..params() });
    let bias = |found: &Separation| {
        let errors: Vec<f64> = found
            .pdff
            .iter()
            .zip(&bent.pdff)
            .filter(|(found, _)| found.is_finite())
            .map(|(found, truth)| f64::from(*found) - 100.0 * truth)
            .collect();
        errors.iter().sum::<f64>() / errors.len() as f64
    };
    assert!(bias(&found).abs() < 0.2, "{}", bias(&found));
    assert!(bias(&off).abs() > 1.0, "uncorrected it must matter: {}", bias(&off));
    let straight = phantom(&SIX, &Changes { sigma: 1.0, ..Changes::default() });
    assert!(!solve(&straight, &params()).found.odd_even_phase.unwrap().applied);
}

#[test]
fn the_stated_deviation_is_the_observed_one() {
    let phantom = phantom(&SIX, &Changes { sigma: 3.0, ..Changes::default() });
    let found = solve(&phantom, &params());
    assert!((found.found.sigma / 3.0 - 1.0).abs() < 0.05, "{}", found.found.sigma);
    let normalised: Vec<f64> = found
        .pdff
        .iter()
        .zip(&phantom.pdff)
        .zip(&found.pdff_sd)
        .filter(|((found, truth), _)| found.is_finite() && **truth > 0.0)
        .map(|((found, truth), sd)| (f64::from(*found) - 100.0 * truth) / f64::from(*sd))
        .collect();
    let square = normalised.iter().map(|z| z * z).sum::<f64>() / normalised.len() as f64;
    assert!((square.sqrt() - 1.0).abs() < 0.1, "{} over {}", square.sqrt(), normalised.len());
}

#[test]
fn three_echoes_need_what_is_known_of_r2star() {
    let phantom = phantom(&[1.2, 2.2, 3.2], &Changes { sigma: 1.0, ..Changes::default() });
    let found = solve(&phantom, &params());
    assert!(found.residual.is_none() && found.found.sigma_from == "background");
    assert!(worst(&phantom, &found)[0] < 20.0, "{:?}", worst(&phantom, &found));
    let given = solve(&phantom, &Params { r2star: Some(80.0), ..params() });
    assert!(given.r2star.iter().filter(|r| r.is_finite()).all(|&r| r == 80.0));
}

#[test]
fn a_voxel_that_is_not_a_number_stays_so() {
    let phantom = phantom(&SIX, &Changes { sigma: 1.0, nan_at: Some([12, 10, 2]), ..Changes::default() });
    let found = solve(&phantom, &Params { withhold: Withhold::None, ..params() });
    assert!(found.pdff[[12, 10, 2]].is_nan() && found.pdff[[13, 10, 2]].is_finite());
}

#[test]
fn one_and_two_threads_give_the_same_bytes() {
    let phantom = phantom(&SIX, &Changes { sigma: 4.0, ..Changes::default() });
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| solve(&phantom, &params()))
    };
    let (one, two) = (with(1), with(2));
    let bits = |map: &Array3<f32>| map.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&one.pdff), bits(&two.pdff));
    assert_eq!(bits(&one.r2star), bits(&two.r2star));
    assert_eq!(one.swap, two.swap);
}

#[test]
fn echo_times_that_cannot_tell_water_from_fat_are_refused_or_warned_of() {
    let spacing_of = |turns: f64| 1e3 * turns / FatModel::named("single").unwrap().main_shift_hz(3.0).abs();
    let times = |turns: f64| (0..6).map(|e| 1.2 + spacing_of(turns) * f64::from(e)).collect::<Vec<_>>();
    let volume = phantom(&SIX, &Changes { sigma: 1.0, ..Changes::default() });
    let with = |times: &[f64]| {
        let echoes =
            Echoes { data: volume.echoes.view(), echo_times_ms: times, field_t: 3.0, voxel_mm: [1.0; 3], mask: None };
        separate(&echoes, &params())
    };
    assert!(with(&times(1.03)).is_err() && with(&times(0.95)).is_err());
    assert!(with(&times(0.5)).unwrap().warnings.iter().any(|warning| warning.slug == "half-turn-spacing"));
    assert!(with(&SIX[..5]).is_err(), "five times for six echoes");
}

#[test]
fn where_the_sign_of_the_phase_is_open_every_voxel_is_a_suspect() {
    // water alone looks the same with either sign
    let data = Array4::from_shape_fn((10, 8, 2, 6).f(), |(x, _, _, e)| {
        Complex32::new(100.0 * (-(31.0 + x as f32) * 1e-3 * SIX[e] as f32).exp(), 0.0)
    });
    let with = |precession| {
        let echoes = Echoes { data: data.view(), echo_times_ms: &SIX, field_t: 3.0, voxel_mm: [1.0; 3], mask: None };
        separate(&echoes, &Params { precession, withhold: Withhold::None, ..params() }).unwrap()
    };
    let (open, stated) = (with(PrecessionChoice::Auto), with(PrecessionChoice::Given(Precession::Plus)));
    assert!(open.warnings.iter().any(|warning| warning.slug == "precession-undecided"));
    assert!(open.swap.iter().all(|&suspected| suspected) && open.found.counts.n_swap_suspected == 160);
    assert!(!stated.swap.iter().all(|&suspected| suspected));
}

/// The residual by brute force: projection of the demodulated echoes, in f64.
fn projected_residual(model: &EchoModel, signal: &[Complex32], phase: f64, r2star: f64) -> f64 {
    let projection = model.projection(r2star).unwrap();
    let n = signal.len();
    let z: Vec<Complex64> = (0..n)
        .map(|e| {
            let turn = phase / model.spacing_s * model.times_s[e];
            Complex64::new(f64::from(signal[e].re), f64::from(signal[e].im)) * Complex64::from_polar(1.0, -turn)
        })
        .collect();
    let explained: Complex64 = (0..n * n).map(|k| z[k / n].conj() * projection[k] * z[k % n]).sum();
    z.iter().map(|z| z.norm_sqr()).sum::<f64>() - explained.re
}

#[test]
fn the_trigonometric_polynomial_is_the_projected_residual_at_its_minima() {
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    for times in [&SIX[..], &[1.1, 2.3, 3.2, 4.6], &[1.0, 2.0, 3.0]] {
        let model = EchoModel::new(times, 3.0, &FatModel::default(), Precession::Plus).unwrap();
        let residual = Residual::new(&model, &[60.0]).unwrap();
        for _ in 0..50 {
            let signal: Vec<Complex32> = times
                .iter()
                .map(|_| Complex32::new(rng.random_range(-1.0..1.0), rng.random_range(-1.0..1.0)))
                .collect();
            let found = residual.minima(&signal, &mut Scratch::default());
            for label in 0..N_LABELS {
                if found.cost[label] < ABSENT {
                    let phase = f64::from(found.phase[label]);
                    let at = |phase| projected_residual(&model, &signal, phase, 60.0);
                    let cost = f64::from(found.cost[label]);
                    assert!((at(phase) - cost).abs() < 1e-4, "{times:?} {phase}: {} {cost}", at(phase));
                    // a grid step to either side; within it the polish may have stopped on flat ground
                    let beside = [at(phase - 0.1), at(phase + 0.1)];
                    assert!(
                        beside.iter().all(|&j| j >= at(phase) - 1e-4),
                        "{times:?} {phase} {beside:?} {}",
                        at(phase)
                    );
                }
            }
        }
    }
}

#[test]
fn with_sixteen_echoes_the_true_minimum_is_kept_wherever_it_lies() {
    let times: Vec<f64> = (0..16).map(|e| 1.2 + 1.1 * f64::from(e)).collect();
    let model = EchoModel::new(&times, 3.0, &FatModel::default(), Precession::Plus).unwrap();
    let residual = Residual::new(&model, &[30.0, 110.0]).unwrap();
    for k in 0..16 {
        let hz = (f64::from(k) - 7.5) / 16.0 / model.spacing_s;
        let signal: Vec<Complex32> = (0..16)
            .map(|e| {
                let s = (0.8 + 0.2 * model.fat[e]) * (Complex64::new(-30.0, 2.0 * PI * hz) * model.times_s[e]).exp();
                Complex32::new(s.re as f32, s.im as f32)
            })
            .collect();
        let found = residual.minima(&signal, &mut Scratch::default());
        let apart = (model.phase_of_hz(hz) - f64::from(found.phase[0])).rem_euclid(2.0 * PI);
        assert!(apart.min(2.0 * PI - apart) < 1e-2, "field {hz} Hz");
    }
}

#[test]
fn tissue_full_of_iron_is_not_exchanged() {
    let model = FatModel::named("hernando-6").unwrap();
    for (fraction, r2star) in [(0.0, 300.0), (0.1, 300.0), (0.1, 400.0), (0.4, 250.0)] {
        let data = Array4::from_shape_fn((12, 10, 2, 6).f(), |(x, y, _, e)| {
            let t = 1e-3 * SIX[e];
            let [re, im] = model.phasor(SIX[e], 3.0);
            let angle = 2.0 * std::f64::consts::PI * (30.0 + 4.0 * x as f64 - 3.0 * y as f64) * t + 0.3;
            let s =
                Complex64::new(1.0 - fraction + fraction * re, fraction * im) * Complex64::from_polar(1000.0, angle);
            let s = s * (-r2star * t).exp();
            Complex32::new(s.re as f32, s.im as f32)
        });
        let echoes = Echoes { data: data.view(), echo_times_ms: &SIX, field_t: 3.0, voxel_mm: [1.0; 3], mask: None };
        let precession = PrecessionChoice::Given(Precession::Plus);
        let stated = Params { precession, bipolar: Bipolar::Off, withhold: Withhold::None, ..params() };
        let found = separate(&echoes, &stated).unwrap();
        let worst = found.pdff.iter().map(|p| (f64::from(*p) - 100.0 * fraction).abs()).fold(0.0, f64::max);
        assert!(worst < 0.05, "{fraction} at R2* {r2star}: off by {worst} points");
    }
}
