//! The multi-echo separation against the shared reference data: a simulated spine with its truth, and cases of the ISMRM
//! 2012 challenge with the winner's fat fraction. The data are not part of the project; without them nothing is checked.

use crate::shared;
use myelomri::dixon::FatModel;
use myelomri::dixon::magnitude_echoes::{MagnitudeParams, separate_magnitudes};
use myelomri::dixon::multi_echo::{Echoes, Params, Separation, Withhold, separate};
use myelomri::image::echoes::{EchoOptions, read_magnitude, read_magnitude_phase};
use myelomri::image::{Reader, read_volume};
use std::path::{Path, PathBuf};

/// Separates one case with everything at its default but the spectrum, before anything is withheld.
fn solve(name: &str) -> Option<(Separation, PathBuf)> {
    let json = shared(&format!("reference/fatwater/{name}.json"))?;
    let stem = json.with_extension("");
    let part = |what: &str| PathBuf::from(format!("{}_{what}.nii.gz", stem.display()));
    let facts: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&json).unwrap()).unwrap();
    let times = facts["EchoTime"].as_array().unwrap().iter().map(|t| 1e3 * t.as_f64().unwrap());
    let options = EchoOptions {
        echo_times_ms: times.collect(),
        field_t: facts["MagneticFieldStrength"].as_f64(),
        ..EchoOptions::default()
    };
    let series =
        read_magnitude_phase(&[part("part-mag")], &[part("part-phase")], &options, &Reader::default()).unwrap();
    let echoes = Echoes::of(&series, None);
    let fat_model = FatModel::named("hernando-6").unwrap();
    let params = Params { fat_model, withhold: Withhold::None, ..Params::default() };
    Some((separate(&echoes, &params).unwrap(), stem))
}

/// Voxels of 10000 within 10 points of the winner, inside its mask.
fn agreement(name: &str) -> Option<f64> {
    let (found, stem) = solve(name)?;
    let map = |what: &str| read_volume(&PathBuf::from(format!("{}_{what}.nii.gz", stem.display()))).unwrap().data;
    let (reference, mask) = (map("refFF"), map("refmask"));
    let inside = found.pdff.iter().zip(&reference).zip(&mask).filter(|(_, mask)| **mask > 0.0);
    let agree: Vec<bool> = inside.map(|((f, r), _)| (f - r).abs() <= 10.0).collect();
    Some(1e4 * agree.iter().filter(|agree| **agree).count() as f64 / agree.len() as f64)
}

#[test]
fn the_challenge_cases_agree_with_the_winner() {
    let scores: Vec<f64> =
        ["ismrm2012-12", "ismrm2012-13", "ismrm2012-16"].iter().filter_map(|name| agreement(name)).collect();
    println!("agreement of 10000: {scores:.0?}");
    if scores.len() == 3 {
        assert!(scores.iter().all(|score| *score >= 9820.0), "{scores:?}");
        assert!(scores.iter().sum::<f64>() / 3.0 >= 9940.0, "{scores:?}");
    }
}

/// Swaps in tissue and in marrow, and the errors of marrow that is not swapped.
fn against_truth(pdff: &ndarray::Array3<f32>, stem: &Path) -> ([usize; 2], Vec<f64>) {
    let map = |what: &str| read_volume(&PathBuf::from(format!("{}_{what}.nii.gz", stem.display()))).unwrap().data;
    let (truth, tissue, labels) = (map("PDFF"), map("tissue"), map("dseg"));
    let (mut swaps, mut errors) = ([0, 0], Vec::new());
    for ((&f, &t), (&tissue, &label)) in pdff.iter().zip(&truth).zip(tissue.iter().zip(&labels)) {
        if tissue > 0.0 {
            let swapped = (f - t).abs().is_nan() || (f - t).abs() > 30.0;
            let marrow = (20.0..30.0).contains(&label);
            swaps[0] += usize::from(swapped);
            swaps[1] += usize::from(swapped && marrow);
            if marrow && !swapped {
                errors.push(f64::from(f - t));
            }
        }
    }
    (swaps, errors)
}

fn bias_and_rmse(errors: &[f64]) -> (f64, f64) {
    let n = errors.len() as f64;
    (errors.iter().sum::<f64>() / n, (errors.iter().map(|e| e * e).sum::<f64>() / n).sqrt())
}

#[test]
fn the_simulated_spine_is_recovered_without_bias_and_without_swaps() {
    let Some((found, stem)) = solve("sim-spine-small") else { return };
    let (swaps, errors) = against_truth(&found.pdff, &stem);
    let (bias, rmse) = bias_and_rmse(&errors);
    println!("marrow bias {bias:+.3}, RMSE {rmse:.3} points over {} voxels; {swaps:?} swaps", errors.len());
    assert!(bias.abs() <= 0.1 && rmse <= 0.80 && swaps[0] <= 2 && swaps[1] == 0);
}

#[test]
fn its_magnitudes_alone_hardly_exchange_any_marrow() {
    let Some(stem) = shared("reference/fatwater/sim-spine-small.json").map(|json| json.with_extension("")) else {
        return;
    };
    let magnitude = PathBuf::from(format!("{}_part-mag.nii.gz", stem.display()));
    let echo_times_ms = vec![1.2, 2.2, 3.2, 4.2, 5.2, 6.2];
    let options = EchoOptions { echo_times_ms, field_t: Some(3.0), ..EchoOptions::default() };
    let series = read_magnitude(&[magnitude], &options, &Reader::default()).unwrap();
    let echoes = Echoes::of(&series, None);
    let fat_model = FatModel::named("hernando-6").unwrap();
    let params = MagnitudeParams { fat_model, withhold: Withhold::None, ..MagnitudeParams::default() };
    let found = separate_magnitudes(&echoes, &params).unwrap();
    let (swaps, errors) = against_truth(&found.pdff, &stem);
    let (bias, rmse) = bias_and_rmse(&errors);
    let share = 100.0 * swaps[1] as f64 / (swaps[1] + errors.len()) as f64;
    println!("magnitudes: marrow bias {bias:+.3}, RMSE {rmse:.3} points, {share:.3} % swapped");
    assert!(share <= 0.3 && rmse <= 2.3 && bias.abs() <= 0.3);
}
