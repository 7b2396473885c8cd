//! Small images with known content for the tests of the image commands.

use crate::study::myelomri;
use assert_cmd::Command;
use myelomri::image::{
    Grid, Labels, Mask, Overwrite, Stored, filled, read_volume, write_labels, write_mask, write_series, write_volume,
};
use ndarray::{Array3, Array4, ShapeBuilder};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// 12 x 30 x 8 voxels of 2 x 2 x 4 mm, j running downwards so that vertebrae can be stacked along it.
pub fn grid() -> Grid {
    Grid::new([12, 30, 8], [[-2.0, 0.0, 0.0, 12.0], [0.0, 0.0, 4.0, -16.0], [0.0, -2.0, 0.0, 60.0]])
}

/// A folder that holds what a test writes.
pub struct Folder(pub TempDir);

impl Folder {
    pub fn new() -> Self {
        Folder(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Runs the program in this folder.
    pub fn run(&self, arguments: &[&str]) -> Command {
        let mut command = myelomri();
        command.current_dir(self.0.path()).args(arguments);
        command
    }

    /// What a successful run prints as JSON.
    pub fn json(&self, arguments: &[&str]) -> serde_json::Value {
        let output = self.run(arguments).args(["--format", "json"]).assert().success().get_output().stdout.clone();
        serde_json::from_slice(&output).unwrap()
    }

    /// Fails with this exit code and this slug.
    pub fn refuses(&self, arguments: &[&str], code: i32, slug: &str) {
        self.run(arguments).assert().code(code).stderr(predicates::str::contains(format!("[{slug}]")));
    }

    pub fn volume(&self, name: &str, grid: &Grid, value: impl Fn([usize; 3]) -> f32) {
        write_volume(&self.path(name), grid, map(grid, value).view(), Stored::F32, Overwrite::Refuse).unwrap();
    }

    pub fn mask(&self, name: &str, grid: &Grid, inside: impl Fn([usize; 3]) -> bool) {
        let mut data = filled(grid.dims, false);
        for ((i, j, k), voxel) in data.indexed_iter_mut() {
            *voxel = inside([i, j, k]);
        }
        write_mask(&self.path(name), &Mask::new(grid.clone(), data), Overwrite::Refuse).unwrap();
    }

    /// L1 (41) and L2 (42) as boxes of 8 x 5 x 6 voxels with a disc between them.
    pub fn labels(&self, name: &str, grid: &Grid) {
        let mut data = filled(grid.dims, 0);
        for ((i, j, k), voxel) in data.indexed_iter_mut() {
            if (2..10).contains(&i) && (1..7).contains(&k) {
                *voxel = match j {
                    5..10 => 41,
                    10..12 => 91,
                    12..17 => 42,
                    _ => 0,
                };
            }
        }
        let labels = Labels { grid: grid.clone(), data, source: PathBuf::new() };
        write_labels(&self.path(name), &labels, Overwrite::Refuse).unwrap();
    }

    /// A series and its `.bval`.
    pub fn series(&self, stem: &str, grid: &Grid, b: &[f64], signal: impl Fn([usize; 3], f64) -> f64) {
        let [nx, ny, nz] = grid.dims;
        let data = Array4::from_shape_fn((nx, ny, nz, b.len()).f(), |(i, j, k, v)| signal([i, j, k], b[v]) as f32);
        let image = self.path(&format!("{stem}.nii.gz"));
        write_series(&image, grid, data.view(), Stored::F32, Overwrite::Refuse).unwrap();
        self.text(&format!("{stem}.bval"), &b.iter().map(f64::to_string).collect::<Vec<_>>().join(" "));
    }

    pub fn text(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    pub fn read(&self, name: &str) -> Array3<f32> {
        read_volume(&self.path(name)).unwrap().data
    }

    pub fn sidecar(&self, name: &str) -> serde_json::Value {
        serde_json::from_str(&std::fs::read_to_string(self.path(name)).unwrap()).unwrap()
    }

    pub fn has(&self, name: &str) -> bool {
        Path::new(&self.path(name)).exists()
    }
}

fn map(grid: &Grid, value: impl Fn([usize; 3]) -> f32) -> Array3<f32> {
    let mut data = filled(grid.dims, 0.0);
    for ((i, j, k), voxel) in data.indexed_iter_mut() {
        *voxel = value([i, j, k]);
    }
    data
}

/// Mean of a region in a command's JSON.
pub fn mean_of(json: &serde_json::Value, region: &str) -> f64 {
    let rows = json["regions"].as_array().unwrap();
    rows.iter().find(|row| row["region"] == region).unwrap()["mean"].as_f64().unwrap()
}
