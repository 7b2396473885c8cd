//! Laws that hold for any input.

mod images;
mod kernels;
mod regions;
mod stats;
mod stitching;
