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
