//! The multi-echo separation against the shared reference data: a simulated spine with its truth, and cases of the ISMRM
//! 2012 challenge with the winner's fat fraction. The data are not part of the project; without them nothing is checked.

use crate::shared;
use myelomri::dixon::FatModel;
use myelomri::dixon::multi_echo::{Echoes, Params, Separation, Withhold, separate};
use myelomri::image::echoes::{EchoOptions, read_magnitude_phase};
use myelomri::image::{Reader, read_volume};
use std::path::PathBuf;

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
    let echoes = Echoes {
        data: series.data.view(),
        echo_times_ms: &series.echo_times_ms,
        field_t: series.field_t,
        voxel_mm: series.grid.spacing_mm(),
        mask: None,
    };
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
    let agree: Vec<bool> = inside.map(|((f, r), _)| (f.clamp(0.0, 100.0) - r).abs() <= 10.0).collect();
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

#[test]
fn the_simulated_spine_is_recovered_without_bias_and_without_swaps() {
    let Some((found, stem)) = solve("sim-spine-small") else { return };
    let map = |what: &str| read_volume(&PathBuf::from(format!("{}_{what}.nii.gz", stem.display()))).unwrap().data;
    let (truth, tissue, labels) = (map("PDFF"), map("tissue"), map("dseg"));
    let (mut swaps, mut errors) = (0, Vec::new());
    for ((&f, &t), (&tissue, &label)) in found.pdff.iter().zip(&truth).zip(tissue.iter().zip(&labels)) {
        if tissue > 0.0 {
            swaps += usize::from((f - t).abs().is_nan() || (f - t).abs() > 30.0);
            if (20.0..30.0).contains(&label) {
                errors.push(f64::from(f - t));
            }
        }
    }
    let n = errors.len() as f64;
    let (bias, rmse) = (errors.iter().sum::<f64>() / n, (errors.iter().map(|e| e * e).sum::<f64>() / n).sqrt());
    println!("marrow bias {bias:+.3}, RMSE {rmse:.3} points over {n} voxels; {swaps} swaps in tissue");
    assert!(bias.abs() <= 0.1 && rmse <= 0.80 && swaps <= 2);
}
