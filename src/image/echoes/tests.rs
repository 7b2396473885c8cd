use super::*;
use crate::image::{Overwrite, Stored, write_series, write_volume};
use ndarray::Array3;

const N: usize = 4;

fn grid() -> Grid {
    Grid::axis_aligned([N, N, 2], [2.0, 2.0, 5.0], [0.0; 3])
}

/// Three echoes of magnitude 10, 9, 8 whose phase fills the circle.
fn parts() -> [Array4<f32>; 2] {
    let shape = (N, N, 2, 3).f();
    let magnitude = Array4::from_shape_fn(shape, |(_, _, _, e)| 10.0 - e as f32);
    let turn = 2.0 * std::f32::consts::PI / 31.0;
    let phase = Array4::from_shape_fn((N, N, 2, 3).f(), |(x, y, z, _)| {
        (x + N * (y + N * z)) as f32 * turn - std::f32::consts::PI
    });
    [magnitude, phase]
}

fn options() -> EchoOptions {
    EchoOptions { echo_times_ms: vec![1.2, 2.2, 3.2], field_t: Some(3.0), ..EchoOptions::default() }
}

#[test]
fn one_file_and_one_file_an_echo_are_the_same_and_so_are_real_and_imaginary() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let [magnitude, phase] = parts();
    let (real, imaginary) = (&magnitude * &phase.mapv(f32::cos), &magnitude * &phase.mapv(f32::sin));
    for (name, data) in [("m.nii", &magnitude), ("p.nii", &phase), ("r.nii", &real), ("i.nii", &imaginary)] {
        write_series(&at(name), &grid(), data.view(), Stored::F32, Overwrite::Refuse).unwrap();
    }
    let mut split = [Vec::new(), Vec::new()];
    for e in 0..3 {
        for (part, (data, files)) in [&magnitude, &phase].into_iter().zip(&mut split).enumerate() {
            let path = at(&format!("{part}{e}.nii"));
            write_volume(&path, &grid(), data.index_axis(Axis(3), e), Stored::F32, Overwrite::Refuse).unwrap();
            files.push(path);
        }
    }
    let reader = Reader::default();
    let one = read_magnitude_phase(&[at("m.nii")], &[at("p.nii")], &options(), &reader).unwrap();
    let several = read_magnitude_phase(&split[0], &split[1], &options(), &reader).unwrap();
    let parts = read_real_imaginary(&[at("r.nii")], &[at("i.nii")], &options(), &reader).unwrap();
    assert_eq!(one.data, several.data);
    let apart = one.data.iter().zip(&parts.data).map(|(a, b)| (a - b).norm()).fold(0.0, f32::max);
    assert!(apart < 1e-5);
    assert!((one.data[[1, 2, 1, 1]].norm() - 9.0).abs() < 1e-5);
    assert_eq!(read_magnitude(&[at("m.nii")], &options(), &reader).unwrap().data, magnitude);
}

#[test]
fn parts_that_do_not_fit_and_empty_echoes_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let [magnitude, phase] = parts();
    let mut hollow = magnitude.clone();
    hollow.index_axis_mut(Axis(3), 1).fill(0.0);
    let mut torn = magnitude.clone();
    torn[[1, 1, 1, 2]] = f32::NAN;
    let two = phase.slice(ndarray::s![.., .., .., ..2]).to_owned();
    let mut two_echoes = Array4::zeros((N, N, 2, 2).f());
    two_echoes.assign(&two);
    for (name, data) in [
        ("m.nii", &magnitude),
        ("p.nii", &phase),
        ("two.nii", &two_echoes),
        ("hollow.nii", &hollow),
        ("torn.nii", &torn),
    ] {
        write_series(&at(name), &grid(), data.view(), Stored::F32, Overwrite::Refuse).unwrap();
    }
    let small = Grid::axis_aligned([N, N, 1], [2.0, 2.0, 5.0], [0.0; 3]);
    let flat: Array3<f32> = Array3::zeros((N, N, 1).f());
    write_volume(&at("flat.nii"), &small, flat.view(), Stored::F32, Overwrite::Refuse).unwrap();
    let reader = Reader::default();
    let read = |m: &str, p: &str| read_magnitude_phase(&[at(m)], &[at(p)], &options(), &reader);
    assert!(read("m.nii", "two.nii").unwrap_err().to_string().contains("echo-count"));
    assert!(read("hollow.nii", "p.nii").unwrap_err().to_string().contains("echo 2 of the magnitude"));
    assert!(read("m.nii", "flat.nii").is_err());
    assert!(read("m.nii", "m.nii").unwrap_err().to_string().contains("phase-unit"));
    assert_eq!(read("torn.nii", "p.nii").unwrap().n_not_a_number, 1);
}

#[test]
fn files_in_another_order_and_times_that_the_sidecars_contradict_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: String| folder.path().join(name);
    let [magnitude, phase] = parts();
    let mut files = [Vec::new(), Vec::new()];
    for e in 0..3 {
        for (part, (data, files)) in [&magnitude, &phase].into_iter().zip(&mut files).enumerate() {
            let path = at(format!("{part}{e}.nii"));
            write_volume(&path, &grid(), data.index_axis(Axis(3), e), Stored::F32, Overwrite::Refuse).unwrap();
            let text = format!(r#"{{"EchoTime": {}, "MagneticFieldStrength": 3}}"#, 0.0012 + 0.001 * e as f64);
            std::fs::write(at(format!("{part}{e}.json")), text).unwrap();
            files.push(path);
        }
    }
    let [magnitudes, phases] = files;
    let reader = Reader::default();
    let from_sidecars = read_magnitude_phase(&magnitudes, &phases, &EchoOptions::default(), &reader).unwrap();
    assert_eq!(from_sidecars.field_t, 3.0);
    for (found, stated) in from_sidecars.echo_times_ms.iter().zip([1.2, 2.2, 3.2]) {
        assert!((found - stated).abs() < 1e-9);
    }
    assert!(from_sidecars.warnings.is_empty());
    let swapped = [phases[0].clone(), phases[2].clone(), phases[1].clone()];
    let error = read_magnitude_phase(&magnitudes, &swapped, &EchoOptions::default(), &reader).unwrap_err().to_string();
    assert!(error.contains("echo-order") && error.contains("1.2, 3.2, 2.2 ms"), "{error}");
    let backwards: Vec<PathBuf> = magnitudes.iter().rev().cloned().collect();
    let error = read_magnitude(&backwards, &EchoOptions::default(), &reader).unwrap_err().to_string();
    assert!(error.contains("3.2, 2.2, 1.2 ms do not increase"), "{error}");
    let said = EchoOptions { echo_times_ms: vec![1.3, 2.6, 3.9], ..EchoOptions::default() };
    let overruled = read_magnitude(&magnitudes, &said, &reader).unwrap();
    assert_eq!(overruled.warnings[0].slug, "echo-times-differ");
    assert_eq!(overruled.echo_times_ms, [1.3, 2.6, 3.9]);
}

#[test]
fn a_phase_without_values_and_a_shifted_echo_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let [magnitude, mut phase] = parts();
    write_series(&at("m.nii"), &grid(), magnitude.view(), Stored::F32, Overwrite::Refuse).unwrap();
    for (name, value) in [("zero.nii", 0.0), ("nan.nii", f32::NAN)] {
        phase.index_axis_mut(Axis(3), 2).fill(value);
        write_series(&at(name), &grid(), phase.view(), Stored::F32, Overwrite::Refuse).unwrap();
        let error = read_magnitude_phase(&[at("m.nii")], &[at(name)], &options(), &Reader::default()).unwrap_err();
        assert!(error.to_string().contains("echo 3 of the phase is empty"), "{error}");
    }
    let mut shifted = grid();
    shifted.affine[0][3] += 0.1;
    for (name, grid) in [("e0.nii", grid()), ("e1.nii", shifted)] {
        write_volume(&at(name), &grid, magnitude.index_axis(Axis(3), 0), Stored::F32, Overwrite::Refuse).unwrap();
    }
    let two = EchoOptions { echo_times_ms: vec![1.2, 2.2], ..options() };
    let read = read_magnitude(&[at("e0.nii"), at("e1.nii")], &two, &Reader::default()).unwrap();
    assert_eq!(read.warnings[0].slug, "grid-rounding");
}
