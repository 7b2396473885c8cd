//! Dixon and diffusion kernels against NumPy (`scripts/reference/dixon_diffusion_kernels.py`) and against MRtrix3 dwi2adc.

use crate::{golden, shared};
use myelomri::diffusion::{AdcFit, AdcParams, BSelection, SignalRule, adc, signal_rule::threshold_signal};
use myelomri::dixon::dropout::{ThirdEcho, dropout_ratio_corrected};
use myelomri::dixon::{Phase, dropout_ratio, region_ratio, signal_fat_fraction, two_point};
use myelomri::image::gradients::read_bval;
use myelomri::image::read_series;
use ndarray::{Array3, Array4, ShapeBuilder};
use serde_json::Value;

fn expected() -> Value {
    serde_json::from_str(&std::fs::read_to_string(golden("kernels.json")).unwrap()).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

fn line(value: &Value) -> Array3<f32> {
    let values: Vec<f32> = numbers(value).iter().map(|&v| v as f32).collect();
    Array3::from_shape_vec((values.len(), 1, 1).f(), values).unwrap()
}

#[track_caller]
fn close<'a>(got: impl IntoIterator<Item = &'a f32>, want: &Value, tolerance: f64) {
    let want = numbers(want);
    let mut n = 0;
    for (got, want) in got.into_iter().zip(&want) {
        assert!((f64::from(*got) - want).abs() <= tolerance, "voxel {n}: {got} instead of {want}");
        n += 1;
    }
    assert_eq!(n, want.len());
}

#[test]
fn fat_fractions_and_dropout_ratios_agree_with_numpy() {
    let e = expected();
    let (water, fat) = (line(&e["water"]), line(&e["fat"]));
    close(&signal_fat_fraction(water.view(), fat.view(), 0.0), &e["ff_percent"], 1e-4);
    let all: Vec<u32> = (0..water.len() as u32).collect();
    let ratio = region_ratio(water.as_slice_memory_order().unwrap(), fat.as_slice_memory_order().unwrap(), &all, 0.0);
    assert!((ratio.unwrap() - e["ratio_of_sums_percent"].as_f64().unwrap()).abs() < 1e-9);

    let (ip, op, third) = (line(&e["in_phase"]), line(&e["opposed"]), line(&e["third"]));
    close(&two_point(ip.view(), op.view(), 0.0), &e["two_point_percent"], 1e-4);
    close(&dropout_ratio(ip.view(), op.view(), 0.0), &e["dropout_percent"], 1e-4);
    let echoes = ThirdEcho { in_phase_ms: 2.3, opposed_phase_ms: 1.15, third_ms: 4.6, phase: Phase::In };
    let (dr, r2star) = dropout_ratio_corrected(ip.view(), op.view(), third.view(), &echoes, 0.0).unwrap();
    close(&dr, &e["dropout_corrected_percent"], 1e-3);
    close(&r2star, &e["r2star_per_s"], 1e-2);
}

#[test]
fn adc_fits_agree_with_least_squares_in_double_precision() {
    let e = expected();
    let b = numbers(&e["b"]);
    let rows: Vec<Vec<f64>> = e["signals"].as_array().unwrap().iter().map(numbers).collect();
    let series = Array4::from_shape_fn((rows.len(), 1, 1, b.len()).f(), |(i, _, _, v)| rows[i][v] as f32);
    let from = |b_min| BSelection { b_min, ..BSelection::default() };
    let all = adc::fit(series.view(), &b, &AdcParams { selection: from(Some(0.0)), ..AdcParams::default() }).unwrap();
    close(&all.adc, &e["adc_all_b"], 1e-2);
    close(&all.s0, &e["s0_all_b"], 2e-3);
    let default = adc::fit(series.view(), &b, &AdcParams::default()).unwrap();
    assert_eq!(default.chosen.b, [50.0, 400.0, 900.0]);
    close(&default.adc, &e["adc_from_50"], 1e-2);
    close(&default.s0, &e["s0_from_50"], 2e-3);
    let ends = adc::fit(series.view(), &b, &AdcParams { fit: AdcFit::TwoPoint, ..AdcParams::default() }).unwrap();
    close(&ends.adc, &e["adc_two_point"], 1e-2);
}

#[test]
fn relative_thresholds_agree_with_numpy() {
    let e = expected();
    let reference = line(&e["reference"]);
    let inside = reference.mapv(|_| true);
    for (rule, number, key) in
        [(SignalRule::ReferenceRatio, 5.0, "threshold_ratio_5"), (SignalRule::ReferenceSd, 3.0, "threshold_sd_3")]
    {
        let got = threshold_signal(rule, number, reference.view(), Some(inside.view()), Vec::new).unwrap().signal;
        assert!((got - e[key].as_f64().unwrap()).abs() < 1e-6, "{key}: {got}");
    }
}

#[test]
fn adc_agrees_with_mrtrix_dwi2adc() {
    let folder = "reference/diffusion/mrtrix";
    let (Some(input), Some(output), Some(bval)) = (
        shared(&format!("{folder}/dwi2adc_in.nii.gz")),
        shared(&format!("{folder}/dwi2adc_out.nii.gz")),
        shared(&format!("{folder}/dwi2adc_in.bval")),
    ) else {
        return;
    };
    let (series, mrtrix) = (read_series(&input).unwrap(), read_series(&output).unwrap());
    let selection = BSelection { b_min: Some(0.0), ..BSelection::default() };
    let params = AdcParams { selection, ..AdcParams::default() };
    let maps = adc::fit(series.data.view(), &read_bval(&bval).unwrap(), &params).unwrap();
    for (index, &adc) in maps.adc.indexed_iter() {
        let (i, j, k) = index;
        // mm2/s there, um2/s here
        assert!((f64::from(adc) - 1e6 * f64::from(mrtrix.data[[i, j, k, 1]])).abs() < 1e-2, "{index:?}");
    }
}

#[test]
fn a_siemens_series_with_its_adc_map_behind_is_refused_and_right_without_it() {
    let folder = "reference/diffusion/mrbias";
    let (Some(image), Some(vials)) =
        (shared(&format!("{folder}/3001_ep2d_diff_1_TRACEW.nii.gz")), shared(&format!("{folder}/vials_label.nii.gz")))
    else {
        return;
    };
    let series = read_series(&image).unwrap();
    let b = [0.0, 500.0, 1000.0, 1500.0, 2000.0, 0.0];
    let refused = adc::fit(series.data.view(), &b, &AdcParams::default());
    assert!(matches!(refused, Err(myelomri::diffusion::DiffusionError::AppendedAdcMap { volume: 5, .. })));

    let selection = BSelection { b_min: Some(0.0), drop_volumes: vec![5], ..BSelection::default() };
    let maps = adc::fit(series.data.view(), &b, &AdcParams { selection, ..AdcParams::default() }).unwrap();
    let vials = myelomri::image::read_labels(&vials).unwrap();
    for vial in 1..=13 {
        let (mut n, mut own, mut scanner) = (0.0, 0.0, 0.0);
        for (index, _) in vials.data.indexed_iter().filter(|(_, label)| **label == vial) {
            let (i, j, k) = index;
            if maps.flags[[i, j, k]] == 0 {
                n += 1.0;
                own += f64::from(maps.adc[[i, j, k]]);
                scanner += f64::from(series.data[[i, j, k, 5]]);
            }
        }
        assert!(n > 0.0 && ((own - scanner) / n).abs() <= 3.0, "vial {vial}: {} against {}", own / n, scanner / n);
    }
}
