//! How much there is to compute in a session, from headers alone: for the memory that sessions may take together, and for
//! what `doctor` says beforehand.

use super::raw_echoes::RawEchoes;
use super::{Role, SessionInputs};
use crate::image::Reader;
use std::path::Path;

/// Voxels of a session's images by what is done with them.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Load {
    /// Voxels of water and of in-phase images; fat and opposed-phase are as large.
    pub pair_voxels: u64,
    /// Voxels of raw echoes, each magnitude and phase (real and imaginary part) counted.
    pub echo_voxels: u64,
    /// Voxels of the diffusion stations.
    pub dwi_voxels: u64,
    /// Voxels of diffusion volumes, each counted.
    pub dwi_volume_voxels: u64,
}

/// Bytes held per voxel of the composed field of view or of a pair: signal, ADC, weights, masks, labels, lesions.
const BYTES_PER_VOXEL: u64 = 48;
/// Bytes held per voxel of an echo: stored, complex, and its share of what is fitted.
const BYTES_PER_ECHO_VOXEL: u64 = 16;
/// Seconds of one core for a million voxels, after the times in the README (release build): pairs with their statistics and
/// maps; echoes with graph cuts; diffusion volumes read, fitted, composed, segmented and written.
const S_PER_MILLION: [f64; 3] = [0.6, 0.25, 0.045];
/// Seconds of one core for the picture and the tables of a session.
const S_PER_SESSION: f64 = 0.15;

impl Load {
    /// Of a session; an image whose header cannot be read counts nothing, since such a session fails at once.
    pub fn of(inputs: &SessionInputs) -> Load {
        let reader = Reader::default();
        let voxels = |path: &Path| reader.grid(path).map_or(0, |grid| grid.n_voxels() as u64);
        let with_volumes = |path: &Path| voxels(path) * reader.n_volumes(path).unwrap_or(0) as u64;
        let sum = |roles: &[Role], of: &dyn Fn(&Path) -> u64| -> u64 {
            roles.iter().flat_map(|role| inputs.files_of(*role)).map(of).sum()
        };
        Load {
            pair_voxels: sum(&[Role::Water, Role::InPhase], &voxels),
            echo_voxels: RawEchoes::of(inputs).map_or(0, |echoes| echoes.files().map(|path| with_volumes(path)).sum()),
            dwi_voxels: sum(&[Role::Dwi], &voxels),
            dwi_volume_voxels: sum(&[Role::Dwi], &with_volumes),
        }
    }

    /// Bytes that measuring is expected to hold at its peak.
    pub fn memory_bytes(&self) -> u64 {
        BYTES_PER_VOXEL * (self.dwi_voxels + self.pair_voxels) + BYTES_PER_ECHO_VOXEL * self.echo_voxels
    }

    /// Seconds of one core that measuring is expected to take: a guide for planning, not a measurement.
    pub fn cpu_seconds(&self) -> f64 {
        let voxels = [self.pair_voxels, self.echo_voxels, self.dwi_volume_voxels];
        let each = voxels.iter().zip(S_PER_MILLION).map(|(n, seconds)| *n as f64 / 1e6 * seconds);
        S_PER_SESSION + each.sum::<f64>()
    }
}
