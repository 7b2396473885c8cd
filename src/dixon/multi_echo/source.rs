//! The echoes of one voxel, gathered from the volumes that they are stored as, with the odd/even phase taken off.

use ndarray::{ArrayView3, ArrayView4};
use num_complex::Complex32;

/// Phase that echoes of odd and even number carry with opposite signs, along one axis.
#[derive(Debug, Clone)]
pub struct Roll {
    /// Axis of the read-out: 0 or 1.
    pub axis: usize,
    /// exp(-i theta) at each position along it.
    pub rotation: Vec<Complex32>,
}

/// Echoes, voxel by voxel.
#[derive(Debug, Clone)]
pub struct Source<'a> {
    /// One volume an echo, in memory order.
    volumes: Vec<&'a [Complex32]>,
    /// Voxel counts.
    pub dims: [usize; 3],
    /// The odd/even phase to take off.
    pub roll: Option<Roll>,
}

impl<'a> Source<'a> {
    /// Of echoes in Fortran order, echo last; `None` where they lie otherwise.
    pub fn new(data: &ArrayView4<'a, Complex32>) -> Option<Self> {
        let (nx, ny, nz, n_echoes) = data.dim();
        let n = nx * ny * nz;
        // a view in Fortran order is one stretch of memory, echo slowest
        let all = data.reversed_axes().to_slice()?;
        Some(Source {
            volumes: (0..n_echoes).map(|e| &all[e * n..(e + 1) * n]).collect(),
            dims: [nx, ny, nz],
            roll: None,
        })
    }

    /// Number of voxels.
    pub fn n_voxels(&self) -> usize {
        self.dims.iter().product()
    }

    /// Number of echoes.
    pub fn n_echoes(&self) -> usize {
        self.volumes.len()
    }

    /// Position of a voxel along an axis.
    pub fn position(&self, voxel: usize, axis: usize) -> usize {
        match axis {
            0 => voxel % self.dims[0],
            _ => voxel / self.dims[0] % self.dims[1],
        }
    }

    /// The echoes of a voxel.
    #[inline]
    pub fn gather(&self, voxel: usize, signal: &mut Vec<Complex32>) {
        signal.clear();
        signal.extend(self.volumes.iter().map(|volume| volume[voxel]));
        if let Some(roll) = &self.roll {
            turn_odd_and_even(signal, roll.rotation[self.position(voxel, roll.axis)]);
        }
    }

    /// Squared magnitude summed over the echoes, each voxel; NaN where an echo is not finite or it is outside the mask.
    pub fn energies(&self, mask: Option<&ArrayView3<'_, bool>>) -> Vec<f32> {
        use rayon::prelude::*;
        let mut energies = vec![0.0_f32; self.n_voxels()];
        let slice = self.dims[0] * self.dims[1];
        energies.par_chunks_mut(slice.max(1)).enumerate().for_each(|(z, energies)| {
            for volume in &self.volumes {
                for (energy, s) in energies.iter_mut().zip(&volume[z * slice..]) {
                    *energy += s.norm_sqr();
                }
            }
            if let Some(mask) = mask {
                let mut inside = mask.index_axis(ndarray::Axis(2), z).reversed_axes().into_iter();
                for energy in energies {
                    if inside.next() != Some(&true) {
                        *energy = f32::NAN;
                    }
                }
            }
        });
        energies
    }
}

/// Turns echoes 1, 3, ... by `rotation` and echoes 2, 4, ... by its conjugate.
#[inline]
pub fn turn_odd_and_even(signal: &mut [Complex32], rotation: Complex32) {
    for (n, s) in signal.iter_mut().enumerate() {
        *s *= if n % 2 == 0 { rotation } else { rotation.conj() };
    }
}
