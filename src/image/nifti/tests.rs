//! Writing and reading back; headers as other programs leave them, built byte by byte.

use super::*;
use crate::error::Failure;
use crate::image::{Overwrite, filled};
use std::fs;

fn oblique() -> Grid {
    let (s, c) = 0.3_f64.sin_cos();
    Grid::new([5, 4, 3], [[-1.5 * c, 1.5 * s, 0.0, 90.0], [-1.5 * s, -1.5 * c, 0.0, 80.0], [0.0, 0.0, 4.0, -70.0]])
}

fn ramp(dims: [usize; 3]) -> Array3<f32> {
    let mut data = filled(dims, 0.0);
    for ((i, j, k), value) in data.indexed_iter_mut() {
        *value = (i + 10 * j + 100 * k) as f32;
    }
    data
}

/// A NIfTI-1 file of 2x2x1x`n` voxels in the given byte order.
struct File1 {
    big: bool,
    dim: [i16; 8],
    datatype: i16,
    slope: f32,
    intercept: f32,
    offset: f32,
    qfac: f32,
    codes: [i16; 2],
    voxels: Vec<u8>,
}

impl File1 {
    fn int16(values: [i16; 4]) -> File1 {
        let voxels = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        let dim = [3, 2, 2, 1, 1, 1, 1, 1];
        let (slope, intercept, offset) = (1.0, 0.0, 352.0);
        File1 { big: false, dim, datatype: 4, slope, intercept, offset, qfac: 1.0, codes: [0, 1], voxels }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut out = vec![0_u8; self.offset.max(352.0) as usize];
        let mut put = |at: usize, le: &[u8]| {
            let mut bytes = le.to_vec();
            if self.big {
                bytes.reverse();
            }
            out[at..at + bytes.len()].copy_from_slice(&bytes);
        };
        put(0, &348_i32.to_le_bytes());
        for (n, d) in self.dim.iter().enumerate() {
            put(40 + 2 * n, &d.to_le_bytes());
        }
        put(70, &self.datatype.to_le_bytes());
        for (n, side) in [self.qfac, 2.0, 2.0, 5.0].iter().enumerate() {
            put(76 + 4 * n, &side.to_le_bytes());
        }
        put(108, &self.offset.to_le_bytes());
        put(112, &self.slope.to_le_bytes());
        put(116, &self.intercept.to_le_bytes());
        put(252, &self.codes[0].to_le_bytes());
        put(254, &self.codes[1].to_le_bytes());
        for (n, side) in [2.0_f32, 2.0, 5.0].iter().enumerate() {
            put(280 + 20 * n, &side.to_le_bytes());
        }
        out[344..348].copy_from_slice(b"n+1\0");
        out.extend(&self.voxels);
        out
    }

    fn read(&self) -> Result<Vec<f32>, ImageError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.nii");
        fs::write(&path, self.bytes()).unwrap();
        Ok(read_series(&path)?.data.t().iter().copied().collect())
    }
}

#[test]
fn a_volume_comes_back_as_it_was_in_every_packing() {
    let folder = tempfile::tempdir().unwrap();
    let (grid, data) = (oblique(), ramp([5, 4, 3]));
    for name in ["a.nii", "a.v1.2.nii", "a.nii.gz"] {
        let path = folder.path().join(name);
        write_volume(&path, &grid, data.view(), Stored::F32, Overwrite::Refuse).unwrap();
        let back = read_volume(&path).unwrap();
        assert_eq!(back.data, data);
        assert!(back.data.t().is_standard_layout());
        assert!(back.grid.corner_displacement_mm(&grid) < 1e-4);
        assert_eq!(Reader { form: Some(Form::Qform) }.grid(&path).unwrap().orientation(), grid.orientation());
        let again = write_volume(&path, &grid, data.view(), Stored::F32, Overwrite::Refuse);
        assert!(matches!(again, Err(ImageError::Exists { .. })));
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
}

#[test]
fn writing_twice_gives_the_same_bytes_whatever_the_memory_order() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (folder.path().join("a.nii.gz"), folder.path().join("b.nii.gz"));
    let data = ramp([5, 4, 3]);
    write_volume(&a, &oblique(), data.view(), Stored::F32, Overwrite::Refuse).unwrap();
    let row_major = data.as_standard_layout().to_owned();
    write_volume(&b, &oblique(), row_major.view(), Stored::F32, Overwrite::Refuse).unwrap();
    assert_eq!(fs::read(a).unwrap(), fs::read(b).unwrap());
}

#[test]
fn integers_are_rounded_and_what_does_not_fit_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.nii.gz");
    let mut data = ramp([5, 4, 3]);
    data[[1, 0, 0]] = 1.26;
    write_volume(&path, &oblique(), data.view(), Stored::I16 { slope: 0.5 }, Overwrite::Force).unwrap();
    assert_eq!(read_volume(&path).unwrap().data[[1, 0, 0]], 1.5);
    data[[0, 0, 0]] = -1.0;
    let refused = write_volume(&path, &oblique(), data.view(), Stored::U8, Overwrite::Force);
    assert_eq!(refused.unwrap_err().slug(), "value-out-of-range");
    data[[0, 0, 0]] = f32::NAN;
    let refused = write_volume(&path, &oblique(), data.view(), Stored::I16 { slope: 1.0 }, Overwrite::Force);
    assert!(matches!(refused, Err(ImageError::Unstorable { .. })));
    assert_eq!(read_volume(&path).unwrap().data[[1, 0, 0]], 1.5, "the old file is still there");
}

#[test]
fn labels_and_masks_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("l.nii.gz");
    let mut data = filled([5, 4, 3], 0);
    data[[4, 3, 2]] = 70_000;
    data[[0, 1, 0]] = -1;
    let labels = Labels { grid: oblique(), data, source: PathBuf::new() };
    write_labels(&path, &labels, Overwrite::Refuse).unwrap();
    assert_eq!(read_labels(&path).unwrap().data, labels.data);
    let mask = read_mask(&path).unwrap();
    assert_eq!(mask.n_inside(), 2);
    write_mask(&path, &mask, Overwrite::Force).unwrap();
    assert_eq!(read_mask(&path).unwrap().data, mask.data);
}

#[test]
fn interpolated_labels_are_no_labels() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("l.nii");
    let mut data = ramp([5, 4, 3]);
    data[[2, 2, 2]] = 41.5;
    write_volume(&path, &oblique(), data.view(), Stored::F32, Overwrite::Refuse).unwrap();
    assert!(matches!(read_labels(&path), Err(ImageError::NotLabels { value: 41.5, .. })));
}

#[test]
fn series_keep_the_order_of_their_volumes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.nii.gz");
    let mut data = Array4::<f32>::zeros((5, 4, 3, 2).f());
    data[[4, 0, 1, 1]] = 7.0;
    write_series(&path, &oblique(), data.view(), Stored::F32, Overwrite::Refuse).unwrap();
    let back = read_series(&path).unwrap();
    assert_eq!((back.len(), back.data), (2, data));
    assert!(matches!(read_volume(&path), Err(ImageError::Dimensions { .. })));
    assert_eq!(Reader::default().n_volumes(&path).unwrap(), 2);
}

#[test]
fn a_slope_of_zero_or_nan_means_unscaled() {
    for slope in [0.0, f32::NAN, f32::INFINITY] {
        let file = File1 { slope, intercept: f32::NAN, ..File1::int16([1, -2, 3, 4]) };
        assert_eq!(file.read().unwrap(), [1.0, -2.0, 3.0, 4.0]);
    }
    let scaled = File1 { slope: 0.5, intercept: -1.0, ..File1::int16([1, -2, 3, 4]) };
    assert_eq!(scaled.read().unwrap(), [-0.5, -2.0, 0.5, 1.0]);
}

#[test]
fn padding_before_the_voxels_is_honoured() {
    for offset in [368.0, 1024.0] {
        assert_eq!(File1 { offset, ..File1::int16([5, 6, 7, 8]) }.read().unwrap(), [5.0, 6.0, 7.0, 8.0]);
    }
    // an offset of 0 in a single file: right behind the header, if the length says so
    let mut bytes = File1::int16([5, 6, 7, 8]).bytes();
    bytes[108..112].copy_from_slice(&0_f32.to_le_bytes());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.nii");
    fs::write(&path, &bytes).unwrap();
    assert_eq!(read_volume(&path).unwrap().data[[1, 1, 0]], 8.0);
    bytes.extend([0; 7]);
    fs::write(&path, &bytes).unwrap();
    assert!(matches!(read_volume(&path), Err(ImageError::Read { .. })));
}

#[test]
fn every_real_type_is_read_in_either_byte_order() {
    macro_rules! check {
        ($($code:literal $type:ty),*) => {$(
            for big in [false, true] {
                let values = [1 as $type, 2 as $type, 3 as $type, 100 as $type];
                let voxels = values.iter().flat_map(|v| if big { v.to_be_bytes() } else { v.to_le_bytes() }).collect();
                let file = File1 { big, datatype: $code, voxels, ..File1::int16([0; 4]) };
                assert_eq!(file.read().unwrap(), [1.0, 2.0, 3.0, 100.0], "type {} big {big}", $code);
            }
        )*};
    }
    check!(2 u8, 256 i8, 512 u16, 4 i16, 768 u32, 8 i32, 1280 u64, 1024 i64, 16 f32, 64 f64);
}

#[test]
fn complex_colour_and_unknown_types_are_refused_by_name() {
    for (datatype, word) in [(32, "complex"), (1792, "complex"), (128, "colour"), (1, "bit-packed"), (999, "999")] {
        let error = File1 { datatype, voxels: vec![0; 64], ..File1::int16([0; 4]) }.read().unwrap_err();
        assert!(matches!(error, ImageError::UnsupportedType { .. }) && error.to_string().contains(word), "{error}");
    }
}

#[test]
fn five_dimensions_are_a_longer_series_and_two_are_refused() {
    let voxels: Vec<u8> = (0..24_i16).flat_map(i16::to_le_bytes).collect();
    let five = File1 { dim: [5, 2, 2, 1, 3, 2, 1, 1], voxels, ..File1::int16([0; 4]) };
    assert_eq!(five.read().unwrap(), (0..24).map(|v| v as f32).collect::<Vec<_>>());
    for dim in [[2, 2, 2, 1, 1, 1, 1, 1], [0; 8], [3, 2, -2, 1, 1, 1, 1, 1], [6, 2, 2, 1, 1, 1, 2, 1]] {
        assert!(matches!(File1 { dim, ..File1::int16([0; 4]) }.read(), Err(ImageError::Dimensions { .. })), "{dim:?}");
    }
}

#[test]
fn a_qfac_of_zero_and_a_header_without_codes() {
    let zero_qfac = File1 { qfac: 0.0, codes: [1, 0], ..File1::int16([1, 2, 3, 4]) };
    assert_eq!(zero_qfac.read().unwrap(), [1.0, 2.0, 3.0, 4.0]);
    let none = File1 { codes: [0, 0], ..File1::int16([1, 2, 3, 4]) };
    assert!(matches!(none.read(), Err(ImageError::Geometry { .. })));
}

#[test]
fn a_file_cut_anywhere_is_an_error_and_never_a_panic() {
    let folder = tempfile::tempdir().unwrap();
    let plain = File1::int16([1, 2, 3, 4]).bytes();
    let packed = gzipped(&plain);
    let path = folder.path().join("cut");
    for whole in [plain, packed] {
        for n in 0..whole.len() {
            fs::write(&path, &whole[..n]).unwrap();
            assert_eq!(read_volume(&path).unwrap_err().exit(), crate::error::Exit::Unreadable, "{n} bytes");
        }
        fs::write(&path, &whole).unwrap();
        assert_eq!(read_volume(&path).unwrap().data[[1, 1, 0]], 4.0);
    }
}

fn gzipped(content: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn several_gzip_members_are_one_file_and_the_name_does_not_matter() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scan.nii"); // packed all the same
    let content = File1::int16([1, 2, 3, 4]).bytes();
    let mut packed = gzipped(&content[..200]);
    packed.extend(gzipped(&content[200..]));
    packed.extend(gzipped(&[])); // bgzip ends in an empty member
    fs::write(&path, packed).unwrap();
    assert_eq!(read_volume(&path).unwrap().data[[0, 1, 0]], 3.0);
}

#[test]
fn a_pair_is_found_from_either_name() {
    let folder = tempfile::tempdir().unwrap();
    let (hdr, img) = (folder.path().join("a.b.hdr"), folder.path().join("a.b.img"));
    let mut bytes = File1::int16([1, 2, 3, 4]).bytes();
    bytes[344..348].copy_from_slice(b"ni1\0");
    bytes[108..112].copy_from_slice(&0_f32.to_le_bytes());
    fs::write(&hdr, &bytes[..348]).unwrap();
    fs::write(&img, &bytes[352..]).unwrap();
    for path in [&hdr, &img] {
        assert_eq!(read_volume(path).unwrap().data[[1, 1, 0]], 4.0);
    }
    fs::remove_file(&img).unwrap();
    assert!(matches!(read_volume(&hdr), Err(ImageError::Missing { .. })));
    fs::write(folder.path().join("a.b.img.gz"), gzipped(&bytes[352..])).unwrap();
    assert_eq!(read_volume(&hdr).unwrap().data[[1, 1, 0]], 4.0);
}

#[test]
fn nifti_2_is_read_in_either_byte_order() {
    for big in [false, true] {
        let mut bytes = vec![0_u8; 544];
        let mut put = |at: usize, le: &[u8]| {
            let ordered: Vec<u8> = if big { le.iter().rev().copied().collect() } else { le.to_vec() };
            bytes[at..at + le.len()].copy_from_slice(&ordered);
        };
        put(0, &540_i32.to_le_bytes());
        put(12, &16_i16.to_le_bytes());
        for (n, d) in [3_i64, 2, 2, 1, 1, 1, 1, 1].iter().enumerate() {
            put(16 + 8 * n, &d.to_le_bytes());
        }
        for (n, side) in [1.0_f64, 2.0, 2.0, 5.0].iter().enumerate() {
            put(104 + 8 * n, &side.to_le_bytes());
        }
        put(168, &544_i64.to_le_bytes());
        put(176, &2.0_f64.to_le_bytes());
        put(348, &1_i32.to_le_bytes());
        for (n, value) in [-2.0_f64, 2.0, 5.0].iter().enumerate() {
            put(400 + 40 * n, &value.to_le_bytes());
        }
        for (n, value) in [1.0_f32, 2.0, 3.0, 4.0].iter().enumerate() {
            bytes.extend(if big { value.to_be_bytes() } else { value.to_le_bytes() });
            assert!(n < 4);
        }
        bytes[4..12].copy_from_slice(b"n+2\0\r\n\x1a\n");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.nii");
        fs::write(&path, bytes).unwrap();
        let volume = read_volume(&path).unwrap();
        assert_eq!((volume.data[[1, 1, 0]], volume.grid.orientation().as_str()), (8.0, "LAS"));
    }
}

#[test]
fn foreign_files_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.nii.gz");
    let mut dicom = vec![0; 200];
    dicom[128..132].copy_from_slice(b"DICM");
    for (content, word) in
        [(dicom, "DICOM"), (b"NRRD0004".to_vec(), "NRRD"), (Vec::new(), "empty"), (vec![7; 400], "348")]
    {
        fs::write(&path, content).unwrap();
        let error = read_volume(&path).unwrap_err();
        assert!(error.slug() == "not-nifti" && error.to_string().contains(word), "{error}");
    }
    assert_eq!(read_grid(&folder.path().join("none.nii")).unwrap_err().slug(), "file-not-found");
    assert_eq!(read_grid(folder.path()).unwrap_err().exit(), crate::error::Exit::Unreadable);
}

#[test]
fn a_sheared_grid_is_written_without_a_contradicting_quaternion() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.nii");
    let mut grid = oblique();
    grid.affine[0][2] = 1.0;
    write_volume(&path, &grid, ramp([5, 4, 3]).view(), Stored::F32, Overwrite::Refuse).unwrap();
    assert!(read_grid(&path).unwrap().corner_displacement_mm(&grid) < 1e-4);
    grid.affine[0] = grid.affine[1];
    let singular = write_volume(&path, &grid, ramp([5, 4, 3]).view(), Stored::F32, Overwrite::Force);
    assert!(matches!(singular, Err(ImageError::Geometry { .. })));
}
