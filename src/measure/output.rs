//! What one measured session holds: rows, maps with their provenance, lesions, warnings, and what a picture needs.

use super::MeasureRow;
use crate::diffusion::Lesion;
use crate::error::Warning;
use crate::image::{Labels, MapSidecar, Mask, Stored, Volume};
use crate::region::Region;
use std::sync::Arc;

/// Everything measured in one session.
#[derive(Debug)]
pub struct MeasuredSession {
    /// Subject label without `sub-`.
    pub subject: String,
    /// Session label without `ses-`.
    pub session: String,
    /// Rows in the stable order of the registry.
    pub rows: Vec<MeasureRow>,
    /// Maps to keep, in the order of their making.
    pub maps: Vec<MapOut>,
    /// Lesions of the total diffusion volume, largest first.
    pub lesions: Vec<Lesion>,
    /// ADC that gADC is of, um2/s; none where lesions were not sought.
    pub lesion_adc: Option<Vec<f32>>,
    /// What was noticed on the way, each once.
    pub warnings: Vec<Warning>,
    /// b-value of the map `dwi`, s/mm2.
    pub signal_b: f64,
    /// What to draw the maps on.
    pub backgrounds: Backgrounds,
}

impl MeasuredSession {
    /// The map of that name, e.g. `sFF`.
    pub fn map(&self, name: &str) -> Option<&MapOut> {
        self.maps.iter().find(|map| map.name == name)
    }

    /// `sub-X_ses-Y`.
    pub fn name(&self) -> String {
        format!("sub-{}_ses-{}", self.subject, self.session)
    }
}

/// What a quality picture draws on and around; absent where the session has none.
#[derive(Debug, Default)]
pub struct Backgrounds {
    /// Water image.
    pub water: Option<Arc<Volume>>,
    /// Fat image.
    pub fat: Option<Arc<Volume>>,
    /// In-phase image.
    pub in_phase: Option<Arc<Volume>>,
    /// Opposed-phase image.
    pub opposed_phase: Option<Arc<Volume>>,
    /// Regions measured on the Dixon grid.
    pub dixon_regions: Vec<Region>,
    /// Bone mask on the composed grid.
    pub bone: Option<Mask>,
    /// Regions measured on the composed diffusion grid.
    pub diffusion_regions: Vec<Region>,
}

/// A map to write.
#[derive(Debug)]
pub struct MapOut {
    /// Suffix of its file, e.g. `sFF`.
    pub name: &'static str,
    /// Its voxels and how they are stored.
    pub data: MapData,
    /// What it is and where it comes from.
    pub sidecar: MapSidecar,
}

/// Voxels of a map.
#[derive(Debug)]
pub enum MapData {
    /// A quantity.
    Scalar(Arc<Volume>, Stored),
    /// Numbers of things.
    Labels(Labels),
}

impl MapOut {
    /// The quantity, where the map holds one.
    pub fn scalar(&self) -> Option<&Volume> {
        match &self.data {
            MapData::Scalar(data, _) => Some(data),
            MapData::Labels(_) => None,
        }
    }

    /// The numbers, where the map holds them.
    pub fn labels(&self) -> Option<&Labels> {
        match &self.data {
            MapData::Labels(data) => Some(data),
            MapData::Scalar(..) => None,
        }
    }
}
