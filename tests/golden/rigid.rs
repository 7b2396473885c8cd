//! A known motion of a simulated body that numpy made (`scripts/reference/rigid_motion.py`), found again.

use crate::golden;
use myelomri::diffusion::registration::{Registration, RegistrationParams, VisitImages};
use myelomri::image::{Affine, filled, read_volume};

#[test]
fn the_motion_that_numpy_made_is_found() {
    let truth: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(golden("rigid/truth.json")).unwrap()).unwrap();
    let number = |value: &serde_json::Value| value.as_f64().unwrap();
    let rows = &truth["baseline_to_followup"];
    let want = Affine { rows: std::array::from_fn(|r| std::array::from_fn(|c| number(&rows[r][c]))) };
    let [baseline, followup] =
        ["rigid/baseline.nii.gz", "rigid/followup.nii.gz"].map(|p| read_volume(&golden(p)).unwrap());
    let mut spine = filled(baseline.grid.dims, false);
    for ((i, j, k), inside) in spine.indexed_iter_mut() {
        let [x, y, z] = baseline.grid.world_mm([i as f64, j as f64, k as f64]);
        *inside = x.hypot(y + 55.0) < 19.0 && z.abs() < 100.0;
    }
    let images = VisitImages {
        baseline: (baseline.data.view(), &baseline.grid),
        followup: (followup.data.view(), &followup.grid),
    };
    let registration = Registration::new(&images, RegistrationParams::default()).unwrap();
    let found = registration.of(spine.view(), "the spine", None).unwrap();
    let mut largest: f64 = 0.0;
    for ((i, j, k), _) in spine.indexed_iter().filter(|(_, inside)| **inside) {
        let at = baseline.grid.world_mm([i as f64, j as f64, k as f64]);
        let (got, want) = (found.affine.apply(at), want.apply(at));
        largest = largest.max((0..3).map(|r| (got[r] - want[r]).powi(2)).sum::<f64>().sqrt());
    }
    println!("largest error in the spine {largest:.2} mm, {found:?}");
    assert!(largest < 0.6, "a tenth of a voxel of 6 mm: {largest} mm");
    assert!((found.rotation_deg - number(&truth["rotation_deg"])).abs() < 0.3, "{}", found.rotation_deg);
    assert!((found.gain.unwrap() / number(&truth["gain"]) - 1.0).abs() < 0.05);
}
