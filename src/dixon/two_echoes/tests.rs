//! Bodies of known fat fraction, field and sign of the phase, without noise.

use super::*;
use crate::dixon::FatModel;
use crate::dixon::echo_pair::ASSUMED_R2STAR;
use ndarray::{Array4, ShapeBuilder};
use num_complex::{Complex32, Complex64};

const DIMS: [usize; 3] = [24, 20, 4];

fn field_hz((x, y, z): (usize, usize, usize)) -> f64 {
    60.0 + 8.0 * x as f64 - 5.0 * y as f64 + 10.0 * z as f64
}

/// A block of tissue in air, fat outside and mixtures inside, in a smooth field; R2* 80 1/s, phase growing with `sign`.
fn body(times_ms: [f64; 2], sign: f64) -> (Array4<Complex32>, Array3<f64>) {
    let model = FatModel::default();
    let [nx, ny, nz] = DIMS;
    let truth = Array3::from_shape_fn((nx, ny, nz).f(), |(x, y, _)| match (x, y) {
        (2..22, 2..18) if x < 5 || y < 5 => 0.95,
        (2..22, 2..18) => [0.03, 0.25, 0.40][(x - 5) / 6],
        _ => f64::NAN,
    });
    let data = Array4::from_shape_fn((nx, ny, nz, 2).f(), |(x, y, z, n)| {
        let (p, t) = (truth[[x, y, z]], 1e-3 * times_ms[n]);
        if p.is_nan() {
            return Complex32::default();
        }
        let [re, im] = model.phasor(times_ms[n], 3.0);
        let turn = Complex64::from_polar(100.0 * (-80.0 * t).exp(), 2.0 * PI * field_hz((x, y, z)) * t + 0.4);
        let s = turn * (1.0 - p + p * Complex64::new(re, im));
        Complex32::new(s.re as f32, (sign * s.im) as f32)
    });
    (data, truth)
}

fn separated(times_ms: [f64; 2], data: &Array4<Complex32>) -> TwoEchoSeparation {
    let echoes =
        Echoes { data: data.view(), echo_times_ms: &times_ms, field_t: 3.0, voxel_mm: [2.0, 2.0, 4.0], mask: None };
    separate_two(&echoes, &Params { r2star: Some(80.0), ..Params::default() }).unwrap()
}

#[test]
fn a_body_without_noise_is_recovered_with_its_field_and_the_sign_of_its_phase() {
    let times_ms = [1.3, 2.2];
    for (sign, precession) in [(1.0, Precession::Plus), (-1.0, Precession::Minus)] {
        let (data, truth) = body(times_ms, sign);
        let found = separated(times_ms, &data);
        assert_eq!(found.found.precession, precession, "{:?}", found.found.precession_ratio);
        let mut n = 0;
        for ((at, &got), &want) in found.pdff.indexed_iter().zip(&truth) {
            if want.is_nan() {
                assert!(got.is_nan());
                continue;
            }
            assert!((f64::from(got) - 100.0 * want).abs() < 0.01, "{got} {want}");
            assert!((f64::from(found.field[at]) - field_hz(at)).abs() < 0.1, "{at:?}: {}", found.field[at]);
            n += 1;
        }
        assert_eq!(n, found.found.counts.n_fitted);
    }
}

#[test]
fn an_assumed_r2star_widens_the_standard_deviation() {
    let times_ms = [1.3, 2.2];
    let (data, _) = body(times_ms, 1.0);
    let echoes =
        Echoes { data: data.view(), echo_times_ms: &times_ms, field_t: 3.0, voxel_mm: [2.0, 2.0, 4.0], mask: None };
    let assumed = separate_two(&echoes, &Params { withhold: Withhold::None, ..Params::default() }).unwrap();
    let given = separated(times_ms, &data);
    assert_eq!(assumed.found.r2star, ASSUMED_R2STAR);
    assert!(assumed.pdff_sd[[10, 10, 1]] > 1.0 && given.pdff_sd[[10, 10, 1]] < 1.0);
}

#[test]
fn where_the_sign_of_the_phase_is_open_every_voxel_is_a_suspect() {
    let times_ms = [1.3, 2.2];
    // water alone looks the same with either sign
    let data = Array4::from_shape_fn((10, 8, 2, 2).f(), |(x, _, _, n)| {
        Complex32::new(100.0 * (-(76.0 + x as f32) * 1e-3 * times_ms[n] as f32).exp(), 0.0)
    });
    let found = separated(times_ms, &data);
    assert!(found.warnings.iter().any(|warning| warning.slug == "precession-undecided"));
    assert!(
        found.found.counts.n_fitted > 0 && found.swap.iter().zip(&found.pdff).all(|(swap, p)| *swap == p.is_finite())
    );
}
