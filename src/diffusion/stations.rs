//! Where the stations of a whole-body examination go in one volume.
//!
//! Grid    axes and lattice of the most superior station, extent the union of all; order of the input is irrelevant
//! Lattice a station whose voxel centres all lie within 0.05 voxel of that lattice is copied, never resampled; slices may
//!         be stored in the other direction. Others are refused unless interpolation is allowed (trilinear).
//! Limits  stations with another in-plane matrix or voxel size are refused; distortion between stations is not corrected

use super::DiffusionError;
use super::compose::feather;
use crate::image::Grid;

/// Distance from the lattice, in voxels, up to which a station is copied instead of resampled.
pub const ON_LATTICE: f64 = 0.05;
/// A union this many times larger than its stations means that they do not belong together.
const SPARSEST_UNION: usize = 8;

/// Where the stations go: the composed grid, and each station's place in it, superior first.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The composed grid.
    pub grid: Grid,
    /// One entry a station, from superior to inferior.
    pub placements: Vec<Placement>,
    /// Axis of the composed grid along which the stations follow each other.
    pub slice_axis: usize,
}

/// A station's place in the composed grid.
#[derive(Debug, Clone)]
pub struct Placement {
    /// Which station, in the caller's order, counted from 0.
    pub station: usize,
    /// Largest distance of its voxel centres from the lattice, in voxels; above 0.05 it is resampled.
    pub off_lattice: f64,
    /// First and last position of its voxel centres along the composed slice axis (fractional where resampled).
    pub extent: [f64; 2],
    pub(super) mapping: Mapping,
    pub(super) dims: [usize; 3],
    /// Feathering weight of each of the station's own slices.
    pub(super) weights: Vec<f32>,
}

/// From a voxel of the composed grid to a voxel of the station.
#[derive(Debug, Clone)]
pub(super) enum Mapping {
    /// `station = start + sign * composed` along each axis.
    Lattice { start: [i64; 3], sign: [i64; 3] },
    /// Rows of a 3x4 matrix on fractional indices.
    Resampled([[f64; 4]; 3]),
}

/// Axis of a grid that runs most nearly along the body, superior-inferior.
fn body_axis(grid: &Grid) -> usize {
    grid.world_axes().iter().position(|&world| world == 2).unwrap_or(2)
}

/// World z (mm) of the first and last slice centre along the body axis, at the middle of the field of view.
fn slice_z(grid: &Grid) -> [f64; 2] {
    let axis = body_axis(grid);
    let mut middle: [f64; 3] = std::array::from_fn(|a| (grid.dims[a] as f64 - 1.0) / 2.0);
    [0.0, grid.dims[axis] as f64 - 1.0].map(|end| {
        middle[axis] = end;
        grid.world_mm(middle)[2]
    })
}

/// A 3x4 affine applied to a (fractional) voxel index.
pub(super) fn apply(matrix: &[[f64; 4]; 3], ijk: [f64; 3]) -> [f64; 3] {
    std::array::from_fn(|r| (0..3).map(|c| matrix[r][c] * ijk[c]).sum::<f64>() + matrix[r][3])
}

/// The eight outermost voxel centres of a grid.
fn corners(dims: [usize; 3]) -> impl Iterator<Item = [f64; 3]> {
    (0..8).map(move |n: usize| std::array::from_fn(|a| if n >> a & 1 == 1 { dims[a] as f64 - 1.0 } else { 0.0 }))
}

/// Puts stations on the lattice of the most superior one.
///
/// # Errors
/// [`DiffusionError::Station`] for a station with another in-plane matrix or voxel size, one off the lattice where
/// `interpolate` is false, and one so far away that it cannot belong to the others.
pub fn plan(grids: &[Grid], interpolate: bool) -> Result<Plan, DiffusionError> {
    let mut order: Vec<usize> = (0..grids.len()).collect();
    let top_and_bottom = |n: &usize| {
        let [a, b] = slice_z(&grids[*n]);
        (a.max(b), a.min(b))
    };
    order.sort_by(|a, b| {
        let ((top_a, bottom_a), (top_b, bottom_b)) = (top_and_bottom(a), top_and_bottom(b));
        top_b.total_cmp(&top_a).then(bottom_b.total_cmp(&bottom_a))
    });
    let Some(&first) = order.first() else {
        return Err(DiffusionError::Parameter { problem: "no station was given".to_owned() });
    };
    let lattice = &grids[first];
    let slice_axis = body_axis(lattice);

    let mut found = Vec::new();
    for &station in &order {
        found.push(locate(&grids[station], lattice, slice_axis, station, interpolate)?);
    }
    let low: [i64; 3] = std::array::from_fn(|a| found.iter().map(|f| f.low[a]).min().unwrap_or(0));
    let high: [i64; 3] = std::array::from_fn(|a| found.iter().map(|f| f.high[a]).max().unwrap_or(0));
    let grid = extended(lattice, low, high);
    let measured: usize = grids.iter().map(Grid::n_voxels).sum();
    if grid.n_voxels() > SPARSEST_UNION * measured {
        let problem = format!("together they would span {}", grid.describe());
        return Err(DiffusionError::Station {
            station: order[order.len() - 1] + 1,
            problem,
            interpolation_helps: false,
        });
    }
    let mut placements: Vec<Placement> =
        found.into_iter().map(|f| f.placed(grids, low, slice_axis)).collect::<Option<_>>().ok_or_else(|| {
            DiffusionError::Station {
                station: first + 1,
                problem: "its affine is singular".to_owned(),
                interpolation_helps: false,
            }
        })?;
    feather(&mut placements, slice_axis);
    Ok(Plan { grid, placements, slice_axis })
}

/// A station relative to the lattice of the most superior one, before the union is known.
struct Located {
    station: usize,
    off_lattice: f64,
    /// Station voxel to lattice voxel.
    matrix: [[f64; 4]; 3],
    on_lattice: bool,
    low: [i64; 3],
    high: [i64; 3],
}

fn locate(
    grid: &Grid,
    lattice: &Grid,
    slice_axis: usize,
    station: usize,
    interpolate: bool,
) -> Result<Located, DiffusionError> {
    let refuse = |problem: String, interpolation_helps: bool| {
        Err(DiffusionError::Station { station: station + 1, problem, interpolation_helps })
    };
    let in_plane_differs = (0..3).filter(|&axis| axis != slice_axis).any(|axis| {
        let (a, b) = (grid.spacing_mm()[axis], lattice.spacing_mm()[axis]);
        grid.dims[axis] != lattice.dims[axis] || (a - b).abs() > 0.01 * b
    });
    if in_plane_differs || body_axis(grid) != slice_axis {
        return refuse(format!("in-plane grids differ: {} against {}", grid.describe(), lattice.describe()), false);
    }
    let Some(matrix) = grid.index_in(lattice) else {
        return refuse("the affine of the most superior station is singular".to_owned(), false);
    };
    // how far the voxel centres would lie from whole indices if axes were equal up to their direction
    let rounded = rounded_to_lattice(&matrix);
    let off_lattice = corners(grid.dims)
        .map(|corner| {
            let (exact, whole) = (apply(&matrix, corner), apply(&rounded, corner));
            (0..3).map(|a| (exact[a] - whole[a]).abs()).fold(0.0, f64::max)
        })
        .fold(0.0, f64::max);
    let on_lattice = off_lattice <= ON_LATTICE;
    if !on_lattice && !interpolate {
        return refuse(format!("its voxels lie up to {off_lattice:.2} voxel off that station's lattice"), true);
    }
    let used = if on_lattice { rounded } else { matrix };
    let at: Vec<[f64; 3]> = corners(grid.dims).map(|corner| apply(&used, corner)).collect();
    let least = |a: usize| at.iter().map(|p| p[a]).fold(f64::INFINITY, f64::min);
    let most = |a: usize| at.iter().map(|p| p[a]).fold(f64::NEG_INFINITY, f64::max);
    // composed voxels whose centre lies inside the station's outermost voxels
    Ok(Located {
        station,
        off_lattice,
        matrix: used,
        on_lattice,
        low: std::array::from_fn(|a| (least(a) - 0.5 + 1e-6).ceil() as i64),
        high: std::array::from_fn(|a| (most(a) + 0.5 - 1e-6).floor() as i64),
    })
}

/// The nearest mapping that keeps axes up to their direction and moves by whole voxels.
fn rounded_to_lattice(matrix: &[[f64; 4]; 3]) -> [[f64; 4]; 3] {
    std::array::from_fn(|r| {
        let mut row = [0.0; 4];
        row[r] = if matrix[r][r] < 0.0 { -1.0 } else { 1.0 };
        row[3] = matrix[r][3].round();
        row
    })
}

/// The lattice with another extent: indices `low..=high` of `lattice` become 0 and up.
fn extended(lattice: &Grid, low: [i64; 3], high: [i64; 3]) -> Grid {
    let dims = std::array::from_fn(|a| (high[a] - low[a] + 1).max(1) as usize);
    let origin = lattice.world_mm(low.map(|v| v as f64));
    let mut affine = lattice.affine;
    for row in 0..3 {
        affine[row][3] = origin[row];
    }
    Grid::new(dims, affine)
}

impl Located {
    /// The placement in the composed grid whose first voxel is lattice voxel `low`; `None` for a singular affine.
    fn placed(self, grids: &[Grid], low: [i64; 3], slice_axis: usize) -> Option<Placement> {
        let dims = grids[self.station].dims;
        let mut to_composed = self.matrix;
        for axis in 0..3 {
            to_composed[axis][3] -= low[axis] as f64;
        }
        let mapping = if self.on_lattice {
            // sign is its own inverse: composed = sign station + shift, station = sign (composed - shift)
            let sign: [i64; 3] = std::array::from_fn(|a| to_composed[a][a] as i64);
            Mapping::Lattice { start: std::array::from_fn(|a| -sign[a] * to_composed[a][3] as i64), sign }
        } else {
            let as_grid = Grid::new(dims, to_composed);
            Mapping::Resampled(Grid::axis_aligned([1; 3], [1.0; 3], [0.0; 3]).index_in(&as_grid)?)
        };
        let mut middle: [f64; 3] = std::array::from_fn(|a| (dims[a] as f64 - 1.0) / 2.0);
        let ends = [0.0, dims[slice_axis] as f64 - 1.0].map(|end| {
            middle[slice_axis] = end;
            apply(&to_composed, middle)[slice_axis]
        });
        Some(Placement {
            station: self.station,
            off_lattice: self.off_lattice,
            extent: [ends[0].min(ends[1]), ends[0].max(ends[1])],
            mapping,
            dims,
            weights: Vec::new(),
        })
    }
}

impl Plan {
    /// True where at least one station is resampled.
    pub fn interpolates(&self) -> bool {
        self.placements.iter().any(|placement| matches!(placement.mapping, Mapping::Resampled(_)))
    }

    /// Pairs of neighbouring placements (superior, inferior) with the composed slices they share, first and last.
    pub fn shared_slices(&self) -> Vec<([usize; 2], Option<[usize; 2]>)> {
        (1..self.placements.len())
            .map(|n| {
                let (a, b) = (self.placements[n - 1].extent, self.placements[n].extent);
                let (low, high) = (a[0].max(b[0]).ceil().max(0.0), a[1].min(b[1]).floor());
                ([n - 1, n], (high >= low).then_some([low as usize, high as usize]))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An axial LPS station of `nz` slices of 4 mm whose first slice lies at `z` mm.
    fn station(nz: usize, z: f64) -> Grid {
        Grid::new([6, 5, nz], [[-2.0, 0.0, 0.0, 10.0], [0.0, -2.0, 0.0, 8.0], [0.0, 0.0, 4.0, z]])
    }

    #[test]
    fn another_matrix_or_another_patient_is_refused() {
        let mut wider = station(8, -20.0);
        wider.dims[0] = 7;
        assert!(matches!(
            plan(&[station(8, 8.0), wider], true),
            Err(DiffusionError::Station { interpolation_helps: false, .. })
        ));
        assert!(plan(&[station(8, 8.0), station(8, -4000.0)], true).is_err());
        assert!(plan(&[], true).is_err());
    }

    #[test]
    fn a_hundredth_of_a_voxel_is_rounding() {
        let mut nearly = station(8, -16.0);
        nearly.affine[1][3] += 0.02;
        let plan = plan(&[station(8, 8.0), nearly], false).unwrap();
        assert!(!plan.interpolates() && plan.placements[1].off_lattice > 0.005);
    }
}
