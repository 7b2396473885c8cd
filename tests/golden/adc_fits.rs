//! The fits of ADC against NumPy and SciPy on noisy voxels; see `scripts/reference/adc_fits.py`.

use crate::golden;
use myelomri::diffusion::{AdcFit, AdcParams, BSelection, adc};
use ndarray::{Array4, ShapeBuilder};
use serde_json::Value;

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

#[test]
fn every_fit_agrees_with_an_independent_program() {
    let file: Value = serde_json::from_str(&std::fs::read_to_string(golden("adc_fits.json")).unwrap()).unwrap();
    let b = numbers(&file["b"]);
    let voxels = file["voxels"].as_array().unwrap();
    assert_eq!(voxels.len(), 60);
    let signals: Vec<Vec<f64>> = voxels.iter().map(|voxel| numbers(&voxel["signal"])).collect();
    let series = Array4::from_shape_fn((voxels.len(), 1, 1, b.len()).f(), |(i, _, _, v)| signals[i][v] as f32);
    // the plain fit takes f32 logarithms, the others f64; the iteration stops at a step of 2e-3
    for (fit, name, tolerance) in [
        (AdcFit::Loglinear, "plain", 1e-2),
        (AdcFit::Weighted, "weighted", 1e-3),
        (AdcFit::Iterative, "iterative", 1e-2),
        (AdcFit::Nlls, "nlls", 1e-3),
    ] {
        let selection = BSelection { b_min: Some(0.0), ..BSelection::default() };
        let params = AdcParams { fit, selection, floor_sigmas: 0.0, ..AdcParams::default() };
        let maps = adc::fit(series.view(), &b, &params).unwrap();
        for (i, voxel) in voxels.iter().enumerate() {
            let [adc, s0] = numbers(&voxel[name])[..] else { panic!("two numbers") };
            let (own, own_s0) = (f64::from(maps.adc[[i, 0, 0]]), f64::from(maps.s0[[i, 0, 0]]));
            assert!((own - adc).abs() <= tolerance, "{name}, voxel {i}: {own}, expected {adc}");
            assert!((own_s0 / s0 - 1.0).abs() < 1e-5, "{name}, voxel {i}: S0 {own_s0}, expected {s0}");
        }
    }
}
