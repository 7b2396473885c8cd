//! `compose`: stations in any order, gains, interpolation; and each way to be refused.

use crate::images::Folder;
use myelomri::image::Grid;

const B: [f64; 2] = [50.0, 900.0];

/// Twelve axial slices of 4 mm from `z` mm on.
fn station(z: f64) -> Grid {
    Grid::new([14, 14, 12], [[-2.0, 0.0, 0.0, 14.0], [0.0, -2.0, 0.0, 14.0], [0.0, 0.0, 4.0, z]])
}

fn tissue(grid: &Grid, at: [usize; 3], b: f64) -> f64 {
    let [x, _, z] = grid.world_mm(at.map(|v| v as f64));
    (500.0 + x + z) * (-b * 8e-4).exp()
}

fn folder(shift_x: f64) -> Folder {
    let folder = Folder::new();
    for (name, z, gain) in [("top", 32.0, 1.0), ("low", 0.0, 0.8)] {
        let mut grid = station(z);
        grid.affine[0][3] += if name == "low" { shift_x } else { 0.0 };
        folder.series(name, &grid, &B, |at, b| gain * tissue(&grid, at, b));
    }
    folder
}

#[test]
fn the_order_is_irrelevant_and_the_gain_is_found() {
    let folder = folder(0.0);
    let harmonised = ["--harmonise", "overlap", "-q"];
    let json = folder.json(&[&["compose", "top.nii.gz", "low.nii.gz", "-o", "a"][..], &harmonised].concat());
    folder.run(&[&["compose", "low.nii.gz", "top.nii.gz", "-o", "b"][..], &harmonised].concat()).assert().success();
    let bytes = |name: &str| std::fs::read(folder.path(name)).unwrap();
    assert_eq!(bytes("a_dwi.nii.gz"), bytes("b_dwi.nii.gz"));
    assert_eq!(json["dims"], serde_json::json!([14, 14, 20]));
    assert_eq!(json["overlaps"][0]["n_slices"], 4);
    // the second of two stations is the middle one: the first is brought to it
    assert!((json["stations"][0]["gain"].as_f64().unwrap() - 0.8).abs() < 1e-3, "{json}");
    assert_eq!(std::fs::read_to_string(folder.path("a_dwi.bval")).unwrap(), "50 900\n");
    let series = myelomri::image::read_series(&folder.path("a_dwi.nii.gz")).unwrap();
    for at in [[3, 4, 0], [5, 5, 9], [7, 2, 19]] {
        let got = f64::from(series.data[[at[0], at[1], at[2], 1]]);
        assert!((got / (0.8 * tissue(&series.grid, at, 900.0)) - 1.0).abs() < 1e-3);
    }
}

#[test]
fn off_the_lattice_asks_for_interpolation() {
    let folder = folder(0.7);
    folder.refuses(&["compose", "top.nii.gz", "low.nii.gz", "-o", "a"], 4, "station-geometry");
    let json = folder.json(&["compose", "top.nii.gz", "low.nii.gz", "-o", "a", "--interpolate", "-q"]);
    assert_eq!(json["interpolated"], true);
}

#[test]
fn each_bad_input_has_its_exit_code() {
    let folder = folder(0.0);
    folder.run(&["compose", "-o", "a"]).assert().code(2);
    folder.refuses(&["compose", "top.nii.gz"], 2, "usage");
    folder.run(&["compose", "top.nii.gz", "none.nii.gz", "-o", "a"]).assert().code(3);
    let grid = station(-40.0);
    folder.series("other", &grid, &[50.0, 600.0], |at, b| tissue(&grid, at, b));
    folder.refuses(&["compose", "top.nii.gz", "other.nii.gz", "-o", "a"], 4, "b-values-differ");
    folder.series("apart", &station(-160.0), &B, |_, _| 1.0);
    folder.refuses(&["compose", "top.nii.gz", "apart.nii.gz", "-o", "a", "--harmonise", "overlap"], 4, "no-overlap");
    let gap = ["compose", "top.nii.gz", "apart.nii.gz", "-o", "gap"];
    folder.run(&gap).assert().success().stderr(predicates::str::contains("stations-do-not-overlap"));
    folder.refuses(&gap, 5, "output-exists");
}

#[test]
fn adc_is_fitted_in_each_station_and_the_overlap_is_reported() {
    let folder = Folder::new();
    let station =
        |z: f64| Grid::new([12, 12, 12], [[-3.0, 0.0, 0.0, 18.0], [0.0, -3.0, 0.0, 18.0], [0.0, 0.0, 4.0, z]]);
    for (stem, z, shift, gain) in [("top", 24.0, 0, 1.0), ("low", 0.0, 2, 0.5)] {
        folder.series(stem, &station(z), &[50.0, 900.0], |[i, j, _], b| {
            let inside = (3..8).contains(&i) && (2 + shift..7 + shift).contains(&j);
            let s0 = if inside { 400.0 + 10.0 * ((i * 5 + j * 3) % 7) as f64 } else { 20.0 };
            gain * s0 * (-b * 900e-6).exp()
        });
    }
    let stations = ["compose", "top.nii.gz", "low.nii.gz", "--harmonise", "overlap", "--adc", "-o", "a", "-q"];
    let json = folder.json(&stations);
    let overlap = &json["mismatches"][0];
    assert!((overlap["outline_shift_mm"][1].as_f64().unwrap() - 6.0).abs() < 0.3, "{overlap}");
    assert!(overlap["adc_difference_um2_s"].as_f64().unwrap().abs() < 0.1);
    assert_eq!(json["overlaps"][0]["n_dropped"], 1);
    assert!((folder.read("a_ADC.nii.gz")[[5, 5, 9]] - 900.0).abs() < 0.1);
}
