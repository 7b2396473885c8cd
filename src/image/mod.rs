//! What an image is, and how it is read and written. Knows no biomarker.
//!
//! [`Grid`] says where voxels lie, [`Volume`], [`Series`], [`Mask`] and [`Labels`] hold them. [`Reader`] (or the free
//! functions `read_*`) takes them from NIfTI files, `write_*` puts them back; [`read_sidecar`] and [`gradients`] read what
//! lies beside an image. A segmentation of 3D Slicer is read where labels or a mask are meant; [`place_labels`] puts it onto the
//! grid of an image. [`identity_in_image`] and its sisters find traces of a person.

mod affine;
mod atomic;
mod bids;
pub mod dicom;
mod digest;
pub mod echoes;
mod error;
pub mod gradients;
mod grid;
mod identity;
mod inheritance;
mod label_names;
mod mask_values;
mod nifti;
mod nrrd;
mod placing;
mod resample;
mod sidecar;
mod signals;
mod volume;
mod voxels;

use crate::error::Warning;
pub use affine::Affine;
pub use atomic::{Overwrite, check_absent, write_bytes_atomically, write_text_atomically};
pub use bids::{BidsName, beside, image_stem, with_suffix};
pub use digest::{sha256_bytes, sha256_file};
pub use error::ImageError;
pub use grid::Grid;
pub use identity::{
    Identity, Trace, identity_in_image, identity_in_json, identity_in_name, identity_of_column, identity_of_value,
};
pub use inheritance::applicable;
pub use label_names::{LabelNames, embedded_label_names};
pub use mask_values::MaskValues;
pub use nifti::{
    Form, PackedSeries, Reader, Stored, check_complete, read_grid, read_labels, read_mask, read_series, read_volume,
    write_bits, write_labels, write_mask, write_series, write_volume, write_voxels,
};
pub use nrrd::is_nrrd;
pub use placing::{LABELS_RESAMPLED, OffGrid, place_labels, place_mask};
pub use resample::{Interpolation, VoxelOf, resample_labels, resample_labels_through, resample_volume};
pub use sidecar::{MapSidecar, Sidecar, generated_by, read_sidecar, sidecar_path, write_json};
pub use signals::Signals;
pub use volume::{Labels, Mask, Series, Volume, filled};
pub use voxels::{Stretch, Voxels};
