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

#[test]
fn gains_are_chained_from_neighbour_to_neighbour_in_any_order() {
    let folder = Folder::new();
    let gains = [1.0, 0.8, 1.25, 0.9];
    for (n, gain) in gains.iter().enumerate() {
        let grid = station(96.0 - 32.0 * n as f64);
        folder.series(&format!("s{n}"), &grid, &B, |at, b| gain * tissue(&grid, at, b));
    }
    let mut made = Vec::new();
    for order in [["s0", "s1", "s2", "s3"], ["s2", "s0", "s3", "s1"]] {
        let names = order.map(|name| format!("{name}.nii.gz"));
        let mut arguments = vec!["compose"];
        arguments.extend(names.iter().map(String::as_str));
        arguments.extend(["--harmonise", "overlap", "-o", order[0], "-q"]);
        let json = folder.json(&arguments);
        for row in json["stations"].as_array().unwrap() {
            // all are brought to the third from the top, whatever lies between
            let n: usize = row["file"].as_str().unwrap()[1..2].parse().unwrap();
            let gain = row["gain"].as_f64().unwrap();
            assert!((gain * gains[n] / gains[2] - 1.0).abs() < 1e-3, "{row}");
        }
        made.push(std::fs::read(folder.path(&format!("{}_dwi.nii.gz", order[0]))).unwrap());
    }
    assert_eq!(made[0], made[1]);
}

#[test]
fn b_values_come_from_the_option_or_the_file_name() {
    let folder = folder(0.0);
    for name in ["top.bval", "low.bval"] {
        std::fs::remove_file(folder.path(name)).unwrap();
    }
    folder.run(&["compose", "top.nii.gz", "low.nii.gz", "-o", "none"]).assert().code(3);
    let stations = ["compose", "top.nii.gz", "low.nii.gz", "-q"];
    folder.run(&[&stations[..], &["--b-values", "50,900", "-o", "a"]].concat()).assert().success();
    assert_eq!(std::fs::read_to_string(folder.path("a_dwi.bval")).unwrap(), "50 900\n");
    folder.run(&[&stations[..], &["--b-values", "50,900,1400", "-o", "b"]].concat()).assert().code(4);
    // a volume that is no diffusion image is left out
    folder.run(&[&stations[..], &["--b-values", "-,900", "-o", "c"]].concat()).assert().success();
    let [whole, high] =
        ["a", "c"].map(|name| myelomri::image::read_series(&folder.path(&format!("{name}_dwi.nii.gz"))).unwrap().data);
    assert_eq!(high.shape()[3], 1);
    assert_eq!(whole.index_axis(ndarray::Axis(3), 1), high.index_axis(ndarray::Axis(3), 0));
    folder.run(&[&stations[..], &["--b-values", "-,-", "-o", "d"]].concat()).assert().code(2);
    let single = ["compose", "one.nii.gz:900", "two.nii.gz:900", "-o", "e", "-q"];
    for (name, z) in [("one", 32.0), ("two", 0.0)] {
        folder.volume(&format!("{name}.nii.gz"), &station(z), |at| tissue(&station(z), at, 900.0) as f32);
    }
    folder.run(&single).assert().success();
    assert_eq!(std::fs::read_to_string(folder.path("e_dwi.bval")).unwrap(), "900\n");
}

#[test]
fn integers_stay_integers_unless_a_place_is_not_covered() {
    let folder = Folder::new();
    for (name, z) in [("top", 32.0), ("low", 0.0), ("apart", -160.0)] {
        let grid = station(z);
        let data =
            ndarray::Array3::from_shape_fn((14, 14, 12), |(i, j, k)| tissue(&grid, [i, j, k], 900.0).round() as f32);
        let path = folder.path(&format!("{name}.nii.gz"));
        myelomri::image::write_volume(
            &path,
            &grid,
            data.view(),
            myelomri::image::Stored::I16 { slope: 1.0 },
            myelomri::image::Overwrite::Refuse,
        )
        .unwrap();
    }
    folder.run(&["compose", "top.nii.gz:900", "low.nii.gz:900", "-o", "a", "-q"]).assert().success();
    folder.run(&["compose", "top.nii.gz:900", "apart.nii.gz:900", "-o", "b", "-q"]).assert().success();
    let reader = myelomri::image::Reader::default();
    assert!(reader.holds_short_integers(&folder.path("a_dwi.nii.gz")).unwrap());
    assert!(!reader.holds_short_integers(&folder.path("b_dwi.nii.gz")).unwrap());
    let [whole, gap] = ["a_dwi.nii.gz", "b_dwi.nii.gz"].map(|name| folder.read(name));
    assert!(gap.iter().any(|value| value.is_nan()) && whole.iter().all(|value| value.is_finite()));
    // a step is a 30000th of the largest value
    let most = whole.iter().copied().fold(0.0, f32::max);
    for at in [[3, 4, 0], [5, 5, 9], [7, 2, 19]] {
        let grid = reader.grid(&folder.path("a_dwi.nii.gz")).unwrap();
        let expected = tissue(&grid, at, 900.0).round() as f32;
        assert!((whole[at] - expected).abs() <= 0.51 * most / 30_000.0, "{at:?}: {} for {expected}", whole[at]);
    }
}
