use super::*;
use ndarray::{Array4, ShapeBuilder};

const B: [f64; 4] = [0.0, 500.0, 1000.0, 0.0];

fn adc_at(i: usize, j: usize, k: usize) -> f64 {
    500.0 + 90.0 * ((i + 5 * j + k) % 13) as f64
}

/// Signal of tissues with their own S0 and ADC, with the volumes at `b`; S0 and ADC do not go together.
fn tissues(b: &[f64]) -> Array4<f32> {
    Array4::from_shape_fn((20, 20, 4, b.len()).f(), |(i, j, k, v)| {
        let s0 = 300.0 + 37.0 * ((i * 7 + j * 3) % 11) as f64;
        (s0 * (-b[v] * adc_at(i, j, k) * 1e-6).exp()) as f32
    })
}

/// The same with one volume replaced.
fn with_volume(b: &[f64], volume: usize, value: impl Fn(usize, usize, usize) -> f64) -> Array4<f32> {
    let mut series = tissues(b);
    for ((i, j, k, v), signal) in series.indexed_iter_mut() {
        if v == volume {
            *signal = value(i, j, k) as f32;
        }
    }
    series
}

fn slug(series: &Array4<f32>, b: &[f64]) -> Option<&'static str> {
    check_signal(&series.view(), b, &BSelection::default()).err().map(|problem| problem.slug())
}

#[test]
fn sound_series_pass_without_a_word() {
    for b in [&B[..], &[50.0, 900.0], &[900.0, 0.0, 902.0, 50.0], &[1.25, 928.3, 928.3]] {
        assert_eq!(check_signal(&tissues(b).view(), b, &BSelection::default()).unwrap(), [], "{b:?}");
    }
}

#[test]
fn an_adc_map_is_named_in_any_unit_and_place_and_can_be_dropped() {
    for unit in [1.0, 1e-3, 1e-6] {
        let series = with_volume(&B, 3, |i, j, k| unit * adc_at(i, j, k));
        let found = check_signal(&series.view(), &B, &BSelection::default());
        assert!(matches!(found, Err(DiffusionError::AppendedAdcMap { volume: 3, .. })), "{found:?}");
        let dropped = BSelection { drop_volumes: vec![3], ..BSelection::default() };
        assert_eq!(check_signal(&series.view(), &B, &dropped).unwrap(), []);
    }
    // between the others, under the b of the image that it follows
    let b = [50.0, 400.0, 400.0, 900.0];
    let found = check_signal(&with_volume(&b, 2, adc_at).view(), &b, &BSelection::default());
    assert!(matches!(found, Err(DiffusionError::AppendedAdcMap { volume: 2, .. })), "{found:?}");
}

#[test]
fn who_trusts_the_table_gets_a_warning_instead() {
    let trust = BSelection { trust: true, ..BSelection::default() };
    let warnings = check_signal(&with_volume(&B, 3, adc_at).view(), &B, &trust).unwrap();
    assert!(warnings.iter().any(|warning| warning.slug == "appended-adc-map"));
}

#[test]
fn b_values_in_the_wrong_order_are_seen() {
    assert_eq!(slug(&tissues(&[50.0, 400.0, 900.0]), &[900.0, 400.0, 50.0]), Some("not-decaying"));
    // two tissues in which signal and ADC run against each other: no volume is taken for an ADC map
    let (labelled, measured) = ([0.0, 50.0, 400.0, 900.0], [900.0, 400.0, 50.0, 0.0]);
    let series = Array4::from_shape_fn((20, 20, 4, 4).f(), |(i, _, _, v)| {
        let (s0, adc): (f64, f64) = if i < 4 { (700.0, 800e-6) } else { (400.0, 1200e-6) };
        (s0 * (-measured[v] * adc).exp()) as f32
    });
    assert_eq!(slug(&series, &labelled), Some("not-decaying"));
}

#[test]
fn volumes_without_signal_are_named() {
    for nothing in [0.0, f64::NAN, -3.0] {
        assert_eq!(slug(&with_volume(&B, 2, |_, _, _| nothing), &B), Some("empty-volume"));
    }
}

#[test]
fn a_volume_under_two_b_values_is_named() {
    let b = [0.0, 400.0, 900.0];
    let series = tissues(&[0.0, 400.0, 400.0]);
    assert_eq!(slug(&series, &b), Some("same-volume"));
}

#[test]
fn repeats_that_are_none_are_named() {
    // a phase image under b = 2, as one maker exports it
    let b = [0.0, 1000.0, 2.0];
    let series = with_volume(&b, 2, |i, j, k| 2000.0 + ((i * 31 + j * 17 + k * 7) % 97) as f64);
    assert_eq!(slug(&series, &b), Some("unlike-repeats"));
}

#[test]
fn a_volume_at_its_ceiling_is_refused_and_few_voxels_are_not() {
    let b = [0.0, 500.0, 1000.0];
    let clipped = |ceiling: f32| tissues(&b).mapv(|s| (8.0 * s).min(ceiling));
    assert_eq!(slug(&clipped(4095.0), &b), Some("clipped-volume"));
    assert_eq!(slug(&clipped(32767.0), &b), None);
}

#[test]
fn too_little_signal_is_said() {
    let series = Array4::from_shape_fn((2, 2, 2, 2).f(), |(i, _, _, v)| (100 + i - 50 * v) as f32);
    let warnings = check_signal(&series.view(), &[0.0, 900.0], &BSelection::default()).unwrap();
    assert_eq!(warnings[0].slug, "signal-not-checked");
}
