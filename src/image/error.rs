//! What can go wrong with an image: reading, geometry, writing.

use super::{Grid, MaskValues};
use crate::error::{Exit, Failure};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// A failure of reading, comparing or writing images.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImageError {
    /// Two images that must be read together lie on different grids.
    #[error("the {} and the {} are not on the same grid", roles[0], roles[1])]
    GridMismatch {
        /// What the two images are.
        roles: [String; 2],
        /// Their file names.
        files: [String; 2],
        /// Their grids.
        grids: Box<[Grid; 2]>,
        /// Largest displacement of a corner, mm.
        displacement_mm: f64,
        /// What would have been allowed, mm.
        allowed_mm: f64,
    },
    /// There is no such file.
    #[error("{} does not exist", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// A file cannot be opened or read to its end.
    #[error("cannot read {}: {reason}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system or the decoder said.
        reason: String,
    },
    /// A file is something else than a NIfTI image.
    #[error("{} is not a NIfTI image: {found}", path.display())]
    NotNifti {
        /// The file.
        path: PathBuf,
        /// What it seems to be.
        found: String,
    },
    /// A file ends before its last voxel.
    #[error("{} is truncated: its header announces {expected_bytes} bytes of voxels, it holds {found_bytes}", path.display())]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Bytes that the dimensions and the data type ask for.
        expected_bytes: u64,
        /// Bytes that are there.
        found_bytes: u64,
    },
    /// A data type that has no meaning here (complex, RGB, 128-bit, bit-packed).
    #[error("{} stores {found} voxels, which are not read", path.display())]
    UnsupportedType {
        /// The file.
        path: PathBuf,
        /// Name of the data type.
        found: String,
    },
    /// The number of dimensions is not what the role of the image asks for.
    #[error("{} is {found}, expected {expected}", path.display())]
    Dimensions {
        /// The file.
        path: PathBuf,
        /// What was expected, e.g. `one 3-D volume`.
        expected: &'static str,
        /// What the header says, e.g. `4-D, 64x64x20x3`.
        found: String,
    },
    /// The header holds no usable position in space.
    #[error("{} has no usable geometry: {reason}", path.display())]
    Geometry {
        /// The file.
        path: PathBuf,
        /// What is missing or impossible.
        reason: String,
    },
    /// sform and qform of one header put the image in different places.
    #[error("sform and qform of {} disagree", path.display())]
    FormConflict {
        /// The file.
        path: PathBuf,
        /// Grid by the sform, grid by the qform; `None` where that form is unusable.
        forms: Box<[Option<Grid>; 2]>,
        /// Largest displacement of a corner, mm.
        displacement_mm: f64,
        /// What would have been allowed, mm.
        allowed_mm: f64,
    },
    /// A label map holds values that are no integers.
    #[error("{} is no label map: it holds the value {value}", path.display())]
    NotLabels {
        /// The file.
        path: PathBuf,
        /// First value that is no integer.
        value: f64,
    },
    /// A file that should be a mask holds several values, and nothing says which of them count.
    #[error("{} is no mask: it holds {}", path.display(), values.describe())]
    NotMask {
        /// The file.
        path: PathBuf,
        /// What it holds.
        values: MaskValues,
    },
    /// A `.seg.nrrd` that is not read.
    #[error("cannot read the segmentation {}: {reason}", path.display())]
    Nrrd {
        /// The file.
        path: PathBuf,
        /// What is not read.
        reason: String,
    },
    /// A sidecar cannot be understood.
    #[error("cannot read the sidecar {}: {reason}", path.display())]
    Sidecar {
        /// The JSON file.
        path: PathBuf,
        /// What the parser said.
        reason: String,
    },
    /// Two sidecars at one level apply to one image.
    #[error("two sidecars in one folder apply to {}", image.display())]
    AmbiguousSidecars {
        /// The image.
        image: PathBuf,
        /// Two of the sidecars.
        files: [PathBuf; 2],
    },
    /// A file that holds no transform between two scanner spaces.
    #[error("{} holds no transform that can be used: {reason}", path.display())]
    Transform {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A `.bval` file cannot be understood.
    #[error("cannot read the b-values in {}: {reason}", path.display())]
    BValues {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// No b-values anywhere.
    #[error(
        "{} has no b-values: {}", path.display(),
        if *all_zero { "the .bval beside it holds nothing but zeros, and its sidecar has no DiffusionBValue" }
        else { "neither a .bval beside it nor DiffusionBValue in its sidecar" }
    )]
    NoBValues {
        /// The image.
        path: PathBuf,
        /// There is a `.bval`, of zeros alone.
        all_zero: bool,
    },
    /// There are more or fewer b-values than volumes.
    #[error("{} has {n_volumes} volumes but {n_b_values} b-values", path.display())]
    BValueCount {
        /// The image.
        path: PathBuf,
        /// Volumes in the image.
        n_volumes: usize,
        /// b-values given for it.
        n_b_values: usize,
    },
    /// A value does not fit the integer type that was asked for.
    #[error("cannot store the value {value} as {stored} in {}", path.display())]
    Unstorable {
        /// The output.
        path: PathBuf,
        /// First value that does not fit.
        value: f64,
        /// Name of the type.
        stored: &'static str,
    },
    /// An output cannot be written.
    #[error("cannot write {}: {reason}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// An output is there already and `--force` was not given.
    #[error("{} exists", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
}

impl Failure for ImageError {
    fn slug(&self) -> &'static str {
        match self {
            ImageError::GridMismatch { .. } => "grid-mismatch",
            ImageError::Missing { .. } => "file-not-found",
            ImageError::Read { .. } => "unreadable-image",
            ImageError::NotNifti { .. } => "not-nifti",
            ImageError::Truncated { .. } => "truncated-image",
            ImageError::UnsupportedType { .. } => "unsupported-data-type",
            ImageError::Dimensions { .. } => "wrong-dimensions",
            ImageError::Geometry { .. } => "no-geometry",
            ImageError::FormConflict { .. } => "sform-qform-conflict",
            ImageError::NotLabels { .. } => "labels-not-integer",
            ImageError::NotMask { values: MaskValues::Probability { .. }, .. } => "probability-mask",
            ImageError::NotMask { values: MaskValues::Labels { .. }, .. } => "label-mask",
            ImageError::NotMask { .. } => "not-a-mask",
            ImageError::Nrrd { .. } => "unreadable-segmentation",
            ImageError::Sidecar { .. } => "unreadable-sidecar",
            ImageError::AmbiguousSidecars { .. } => "ambiguous-sidecars",
            ImageError::Transform { .. } => "unreadable-transform",
            ImageError::BValues { .. } => "unreadable-b-values",
            ImageError::NoBValues { .. } => "no-b-values",
            ImageError::BValueCount { .. } => "b-value-count",
            ImageError::Unstorable { .. } => "value-out-of-range",
            ImageError::Write { .. } => "unwritable-output",
            ImageError::Exists { .. } => "output-exists",
        }
    }

    fn exit(&self) -> Exit {
        match self {
            ImageError::GridMismatch { .. }
            | ImageError::FormConflict { .. }
            | ImageError::NotLabels { .. }
            | ImageError::NotMask { .. }
            | ImageError::AmbiguousSidecars { .. }
            | ImageError::BValueCount { .. }
            | ImageError::Unstorable { .. } => Exit::Mismatch,
            ImageError::Missing { .. }
            | ImageError::Read { .. }
            | ImageError::NotNifti { .. }
            | ImageError::Truncated { .. }
            | ImageError::UnsupportedType { .. }
            | ImageError::Dimensions { .. }
            | ImageError::Geometry { .. }
            | ImageError::Nrrd { .. }
            | ImageError::Sidecar { .. }
            | ImageError::Transform { .. }
            | ImageError::BValues { .. }
            | ImageError::NoBValues { .. } => Exit::Unreadable,
            ImageError::Write { .. } => Exit::Internal,
            ImageError::Exists { .. } => Exit::Exists,
        }
    }

    fn details(&self) -> Vec<String> {
        match self {
            ImageError::GridMismatch { roles, files, grids, displacement_mm, allowed_mm } => {
                let widest = |of: &[String; 2]| of.iter().map(String::len).max().unwrap_or(0);
                let (role_width, file_width) = (widest(roles), widest(files));
                let mut lines: Vec<String> = (0..2)
                    .map(|n| format!("{:role_width$}  {:file_width$}  {}", roles[n], files[n], grids[n].describe()))
                    .collect();
                lines.push(displacement_line(*displacement_mm, *allowed_mm));
                lines
            }
            ImageError::FormConflict { forms, displacement_mm, allowed_mm, .. } => {
                let mut lines: Vec<String> = ["sform", "qform"]
                    .iter()
                    .zip(forms.iter())
                    .map(|(name, grid)| match grid {
                        Some(grid) => {
                            let [x, y, z] = grid.world_mm([0.0; 3]);
                            format!("{name}  {}  first voxel at {x:.1} {y:.1} {z:.1} mm", grid.describe())
                        }
                        None => format!("{name}  not usable"),
                    })
                    .collect();
                if displacement_mm.is_finite() {
                    lines.push(displacement_line(*displacement_mm, *allowed_mm));
                }
                lines
            }
            ImageError::AmbiguousSidecars { files, .. } => {
                files.iter().map(|file| file.display().to_string()).collect()
            }
            _ => Vec::new(),
        }
    }

    fn remedy(&self) -> Option<String> {
        Some(match self {
            ImageError::GridMismatch { roles, .. } if roles[1].contains("label") => {
                format!(
                    "export the {} on the grid of the {}, or pass --on-grid-mismatch resample-labels (of a study: [regions] \
                     on_grid_mismatch = \"resample-labels\" in study.toml)",
                    roles[1], roles[0]
                )
            }
            ImageError::GridMismatch { roles, .. } => {
                format!("export the {} on the grid of the {}", roles[1], roles[0])
            }
            ImageError::Missing { .. } => "check the path".to_owned(),
            ImageError::Read { .. } => "check that the file is a complete NIfTI image".to_owned(),
            ImageError::NotNifti { .. } => "convert it to NIfTI first (.nii, .nii.gz or .hdr/.img)".to_owned(),
            ImageError::Truncated { .. } => "copy or convert the file again".to_owned(),
            ImageError::UnsupportedType { .. } => {
                "store it as integers or floats; complex images as two files, magnitude and phase".to_owned()
            }
            ImageError::Dimensions { .. } => {
                "give the image that this place asks for, or split the file into volumes".to_owned()
            }
            ImageError::Geometry { .. } => {
                "convert the image again so that its header holds an sform or a qform".to_owned()
            }
            ImageError::FormConflict { .. } => {
                "say which one is right with --use sform or --use qform, and mend the file".to_owned()
            }
            ImageError::NotLabels { .. } => "export the labels as integers, without interpolation".to_owned(),
            ImageError::NotMask { values: MaskValues::Probability { .. }, .. } => {
                "write a mask of 0 and 1; for bone, tdv takes probabilities with --bone-cut P, from where on a voxel counts"
                    .to_owned()
            }
            ImageError::NotMask { values: MaskValues::Labels { .. }, .. } => {
                "write a mask of 0 and 1; for bone, tdv takes labels with --bone-names NAME,... (or all)".to_owned()
            }
            ImageError::NotMask { .. } => "give the mask in its place".to_owned(),
            ImageError::Nrrd { .. } => {
                "in 3D Slicer export the segments to a label map (reference volume: the image) and save it as .nii.gz".to_owned()
            }
            ImageError::Sidecar { .. } => "mend the JSON file, or remove it and give the values as options".to_owned(),
            ImageError::AmbiguousSidecars { .. } => {
                "BIDS lets one file apply at each level: put them into one, or move the general one a folder up".to_owned()
            }
            ImageError::Transform { .. } => {
                "give 4 rows of 4 numbers (mm, RAS+, baseline to follow-up) or an ITK text transform with the baseline as the \
                 fixed image"
                    .to_owned()
            }
            ImageError::BValues { .. } => "write the b-values as plain numbers in s/mm2, one a volume".to_owned(),
            ImageError::NoBValues { .. } => "pass --b-values, one a volume, e.g. --b-values 50,400,900".to_owned(),
            ImageError::BValueCount { .. } => {
                "give one b-value a volume; an appended trace or ADC volume must go".to_owned()
            }
            ImageError::Unstorable { .. } => "store the map as f32".to_owned(),
            ImageError::Write { .. } => "check that the folder exists, is writable and has space".to_owned(),
            ImageError::Exists { .. } => "pass --force to replace it, or choose another --out".to_owned(),
        })
    }
}

impl ImageError {
    /// What the system said about a file that cannot be read.
    pub(super) fn from_io(path: &Path, error: &std::io::Error) -> ImageError {
        let path = path.to_owned();
        match error.kind() {
            ErrorKind::NotFound => ImageError::Missing { path },
            ErrorKind::UnexpectedEof => {
                ImageError::Read { path, reason: "the compressed file ends too early".to_owned() }
            }
            _ => ImageError::Read { path, reason: error.to_string() },
        }
    }
}

fn displacement_line(displacement_mm: f64, allowed_mm: f64) -> String {
    format!(
        "largest corner displacement {displacement_mm:.2} mm (allowed {allowed_mm:.2} mm: 10 % of the smallest voxel side)"
    )
}
