//! A map in bytes: turned as radiologists look at it, one byte a voxel, deflated.

use crate::image::{Grid, Labels, Volume};
use crate::report::palette::{Palette, Window};
use crate::report::slice::{Plane, Slice};
use crate::units::Unit;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use libdeflater::{CompressionLvl, Compressor};
use serde::Serialize;
use std::collections::BTreeMap;

/// A map that pages show.
pub struct Kind {
    /// Suffix of its file.
    pub name: &'static str,
    unit: Unit,
    palette: Palette,
    /// Values of the first and last step, and of the first and last colour; none where the signal itself decides.
    range: Option<[Window; 2]>,
}

const PERCENT: Option<[Window; 2]> = Some([Window { low: 0.0, high: 100.0 }; 2]);
const ADC: Option<[Window; 2]> = Some([Window { low: 0.0, high: 3000.0 }, Window { low: 0.0, high: 2000.0 }]);

/// All of them, in the order of the choice on the page.
pub const MAPS: [Kind; 5] = [
    Kind { name: "PDFF", unit: Unit::Percent, palette: Palette::Viridis, range: PERCENT },
    Kind { name: "sFF", unit: Unit::Percent, palette: Palette::Viridis, range: PERCENT },
    Kind { name: "DR", unit: Unit::Percent, palette: Palette::Viridis, range: PERCENT },
    Kind { name: "ADC", unit: Unit::Um2PerS, palette: Palette::Magma, range: ADC },
    Kind { name: "dwi", unit: Unit::Arbitrary, palette: Palette::InvertedGrey, range: None },
];

/// One map of one visit. Columns run from the patient's right to the left, rows from anterior to posterior, slices from
/// the head to the feet.
#[derive(Debug, Serialize)]
pub struct Packed {
    name: String,
    unit: &'static str,
    palette: &'static str,
    /// Values of the steps 1 and 255; step 0 is a missing value.
    range: [f32; 2],
    /// Values of the first and last colour at the start.
    window: [f32; 2],
    size: [usize; 3],
    spacing_mm: [f64; 3],
    /// Along each axis: number in file order of the first slice shown, +1 or -1, and slices in the file.
    file: [[i64; 3]; 3],
    /// Voxels of the file that one of these stands for, along each axis.
    block: [usize; 3],
    /// World position (mm, RAS+) of the middle of a voxel from its place in `size`.
    affine: [[f64; 4]; 3],
    /// Deflated (zlib) steps in base64.
    data: String,
    #[serde(skip)]
    steps: Vec<u8>,
}

fn palette_name(palette: Palette) -> &'static str {
    match palette {
        Palette::Grey => "grey",
        Palette::InvertedGrey => "inverted",
        Palette::Viridis => "viridis",
        Palette::Magma => "magma",
    }
}

/// The colours of all palettes in use.
pub fn palettes() -> BTreeMap<&'static str, String> {
    let used = [Palette::Viridis, Palette::Magma, Palette::InvertedGrey];
    used.into_iter().map(|p| (palette_name(p), BASE64_STANDARD.encode(p.table().as_flattened()))).collect()
}

impl Kind {
    /// The map of a visit.
    pub fn of_volume(&self, volume: &Volume) -> Packed {
        let [range, window] = self.range.unwrap_or_else(|| {
            let window = Window::of_volume(volume);
            [Window { high: 2.0 * window.high, ..window }, window]
        });
        let values = volume.data.as_slice_memory_order().unwrap_or_default();
        let per_unit = 254.0 / (range.high - range.low);
        let step = |voxel: usize| match values.get(voxel) {
            Some(value) if value.is_finite() => 1 + ((value - range.low) * per_unit).clamp(0.0, 254.0).round() as u8,
            _ => 0,
        };
        Packed {
            name: self.name.to_owned(),
            unit: self.unit.typeset(),
            palette: palette_name(self.palette),
            range: [range.low, range.high],
            window: [window.low, window.high],
            ..Packed::empty(&volume.grid, step)
        }
    }
}

impl Packed {
    /// Lesions: 1 inside, 0 outside.
    pub fn of_labels(labels: &Labels) -> Packed {
        let values = labels.data.as_slice_memory_order().unwrap_or_default();
        Packed::empty(&labels.grid, |voxel| u8::from(values.get(voxel).is_some_and(|&label| label > 0)))
    }

    fn empty(grid: &Grid, step: impl Fn(usize) -> u8) -> Packed {
        let stacks = [Plane::Sagittal, Plane::Coronal, Plane::Axial].map(|plane| Slice::stack(grid, plane));
        let mut steps = Vec::with_capacity(grid.n_voxels());
        for slice in &stacks[2] {
            steps.append(&mut slice.pixels(&step));
        }
        let file = stacks.each_ref().map(|stack| {
            let numbers: Vec<i64> = stack.iter().map(|slice| slice.index as i64 + 1).collect();
            let direction = numbers.get(1).map_or(1, |second| second - numbers[0]);
            [numbers.first().copied().unwrap_or(1), direction, numbers.len() as i64]
        });
        let axial = stacks[2].first().map_or([1.0; 2], |slice| slice.spacing_mm);
        let coronal = stacks[1].first().map_or([1.0; 2], |slice| slice.spacing_mm);
        Packed {
            name: String::new(),
            unit: "",
            palette: "",
            range: [0.0, 1.0],
            window: [0.0, 1.0],
            size: stacks.each_ref().map(Vec::len),
            spacing_mm: [axial[0], axial[1], coronal[1]],
            file,
            block: [1; 3],
            affine: affine(grid, &stacks[2]),
            data: String::new(),
            steps,
        }
    }

    /// Whether it holds values, not lesions.
    pub fn is_scalar(&self) -> bool {
        !self.name.is_empty()
    }

    /// Number of steps, before packing.
    pub fn n_steps(&self) -> usize {
        self.steps.len()
    }

    /// Bytes that it takes when packed, before base64.
    pub fn packed_bytes(&self) -> usize {
        self.data.len() / 4 * 3
    }

    /// Deflates the steps.
    pub fn pack(&mut self) {
        let mut compressor = Compressor::new(CompressionLvl::default());
        let mut packed = vec![0; compressor.zlib_compress_bound(self.steps.len())];
        // into a buffer of the bound's length deflate always fits
        let length = compressor.zlib_compress(&self.steps, &mut packed).unwrap_or_default();
        self.data = BASE64_STANDARD.encode(&packed[..length]);
    }

    /// Averages pairs of voxels along the finest axes; of lesions, what either voxel has remains.
    pub fn coarsen(&mut self) {
        let finest = (0..3).filter(|&axis| self.size[axis] > 1).map(|axis| self.spacing_mm[axis]);
        let finest = finest.fold(f64::INFINITY, f64::min);
        for axis in 0..3 {
            if self.size[axis] > 1 && self.spacing_mm[axis] < 1.5 * finest {
                self.halve(axis);
            }
        }
    }

    fn halve(&mut self, axis: usize) {
        let is_scalar = self.is_scalar();
        let before = self.size;
        let stride: usize = before[..axis].iter().product();
        self.size[axis] = before[axis].div_ceil(2);
        let mut halved = Vec::with_capacity(self.size.iter().product());
        for z in 0..self.size[2] {
            for y in 0..self.size[1] {
                for x in 0..self.size[0] {
                    let mut at = [x, y, z];
                    at[axis] *= 2;
                    let first = at[0] + before[0] * (at[1] + before[1] * at[2]);
                    let second = if at[axis] + 1 < before[axis] { first + stride } else { first };
                    let (a, b) = (self.steps[first], self.steps[second]);
                    halved.push(match (a, b) {
                        (a, b) if !is_scalar => a.max(b),
                        (0, other) | (other, 0) => other,
                        (a, b) => ((u16::from(a) + u16::from(b)).div_ceil(2)) as u8,
                    });
                }
            }
        }
        self.steps = halved;
        for row in &mut self.affine {
            // the middle of a pair lies between the two
            row[3] += 0.5 * row[axis];
            row[axis] *= 2.0;
        }
        self.spacing_mm[axis] *= 2.0;
        self.block[axis] *= 2;
    }
}

/// From a place among the columns, rows and slices shown to the world.
fn affine(grid: &Grid, stack: &[Slice]) -> [[f64; 4]; 3] {
    let [nx, ny, _] = grid.dims;
    let world = |[x, y, z]: [usize; 3]| {
        let voxel = stack.get(z)?.voxel(x, y);
        Some(grid.world_mm([(voxel % nx) as f64, (voxel / nx % ny) as f64, (voxel / nx / ny) as f64]))
    };
    let size = stack.first().map_or([0; 3], |slice| [slice.size[0], slice.size[1], stack.len()]);
    let origin = world([0; 3]).unwrap_or_default();
    let mut affine = [[0.0; 4]; 3];
    let axes = grid.world_axes();
    for (axis, &n) in size.iter().enumerate() {
        let mut next = [0; 3];
        next[axis] = 1;
        // a single slice has no neighbour: its own axis, towards left, posterior or the feet
        let voxel_axis = axes.iter().position(|&along| along == axis).unwrap_or(axis);
        let sign = -grid.affine[axis][voxel_axis].signum();
        let own = || std::array::from_fn(|row| sign * grid.affine[row][voxel_axis]);
        let step: [f64; 3] = match world(next).filter(|_| n > 1) {
            Some(next) => std::array::from_fn(|row| next[row] - origin[row]),
            None => own(),
        };
        (0..3).for_each(|row| affine[row][axis] = step[row]);
    }
    (0..3).for_each(|row| affine[row][3] = origin[row]);
    affine
}

#[cfg(test)]
impl Packed {
    /// What the page would unpack.
    pub fn unpacked(&self) -> Vec<u8> {
        let packed = BASE64_STANDARD.decode(&self.data).unwrap();
        let mut steps = vec![0; self.steps.len()];
        libdeflater::Decompressor::new().zlib_decompress(&packed, &mut steps).unwrap();
        steps
    }

    /// Where the middle of a voxel lies in the body.
    pub fn affine(&self) -> [[f64; 4]; 3] {
        self.affine
    }

    /// Size, spacing in mm, and file numbers.
    pub fn shape(&self) -> ([usize; 3], [f64; 3], [[i64; 3]; 3]) {
        (self.size, self.spacing_mm, self.file)
    }
}
