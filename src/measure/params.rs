//! With what a session is measured: where, and what counts as disease.

use crate::diffusion::{Edges, Harmonise, SignalRule};
use crate::dixon::FatModel;
use crate::error::Result;
use crate::image::{OffGrid, sha256_file};
use crate::region::{Connectivity, EMBEDDED, Scheme, SchemeChoice, Selection};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Where the markers are measured; the section `[regions]` of `study.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegionSettings {
    /// Label scheme, which integer is which vertebra: a name, a file in the study, or `embedded` (each map says it itself).
    pub scheme: String,
    /// Levels, e.g. `L1-L5`.
    pub levels: String,
    /// Distance by which each label is shrunk before it is measured, mm.
    #[serde(default)]
    pub erode_mm: f64,
    /// Class that is the vertebral body, where the files of that role hold several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_class: Option<i32>,
    /// What to do with labels on another grid than the images.
    #[serde(default, skip_serializing_if = "OffGrid::is_refuse")]
    pub on_grid_mismatch: OffGrid,
}

/// A vertebra that is not measured, and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LeftOut {
    /// Vertebra, e.g. `L3`.
    pub level: String,
    /// What was said of it, or that it lacks in the label map of another visit.
    pub reason: String,
}

/// How raw echoes become a fat fraction; the section `[fat_fraction]` of `study.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FatFractionSettings {
    /// Spectrum of fat, by its name.
    pub fat_model: String,
}

impl Default for FatFractionSettings {
    fn default() -> Self {
        FatFractionSettings { fat_model: FatModel::default().name }
    }
}

/// What counts as diseased volume; the section `[tdv]` of `study.toml`. There is no default rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TdvSettings {
    /// How the signal threshold is set.
    pub rule: SignalRule,
    /// A signal, a multiple of the reference's mean or of its standard deviation, as the rule says.
    pub threshold: f64,
    /// b-value of the signal, s/mm2.
    pub signal_b: f64,
    /// Lowest ADC that counts, um2/s.
    pub adc_low: f64,
    /// Highest ADC that counts, um2/s.
    pub adc_high: f64,
    /// Smallest lesion that counts, mL.
    pub min_volume_ml: f64,
    /// What is done about different intensities of the stations: `none` or `overlap`.
    #[serde(default)]
    pub harmonise: Harmonise,
    /// Neighbourhood of a lesion: 6, 18 or 26.
    #[serde(default = "default_connectivity")]
    pub connectivity: u8,
    /// How voxels at the edge of a lesion count: `whole` or `shared`.
    #[serde(default)]
    pub edges: Edges,
}

fn default_connectivity() -> u8 {
    26
}

impl RegionSettings {
    /// Refuses what cannot be meant.
    ///
    /// # Errors
    /// A sentence for the user.
    pub fn check(&self) -> std::result::Result<(), String> {
        match self.erode_mm >= 0.0 && self.erode_mm.is_finite() {
            true => Ok(()),
            false => Err(format!("[regions] erode_mm = {}: a distance in mm, 0 or more", self.erode_mm)),
        }
    }
}

impl TdvSettings {
    /// Neighbours that make a lesion; [`TdvSettings::check`] has refused other numbers.
    pub fn connectivity(&self) -> Connectivity {
        match self.connectivity {
            6 => Connectivity::Six,
            18 => Connectivity::Eighteen,
            _ => Connectivity::TwentySix,
        }
    }

    /// Refuses what cannot be meant.
    ///
    /// # Errors
    /// A sentence for the user.
    pub fn check(&self) -> std::result::Result<(), String> {
        if self.adc_low.is_nan() || self.adc_low >= self.adc_high {
            return Err(format!("[tdv] adc_low = {} is not below adc_high = {}", self.adc_low, self.adc_high));
        }
        if !(self.min_volume_ml >= 0.0 && self.signal_b > 0.0) {
            return Err("[tdv] min_volume_ml must be 0 or more, signal_b more than 0".to_owned());
        }
        if ![6, 18, 26].contains(&self.connectivity) {
            return Err(format!("[tdv] connectivity = {}: 6, 18 or 26", self.connectivity));
        }
        Ok(())
    }
}

/// Parameters of one session; serialised, they are part of its manifest.
#[derive(Debug, Clone, Serialize)]
pub struct MeasureParams {
    /// Where.
    pub regions: RegionSettings,
    /// SHA-256 of the scheme, where it is a file.
    pub scheme_sha256: Option<String>,
    /// Vertebrae that are left out at every visit of this subject.
    pub left_out: Vec<LeftOut>,
    /// What counts as diseased volume.
    pub tdv: TdvSettings,
    /// Spectrum of fat for raw echoes.
    pub fat_model: FatModel,
    /// The scheme itself.
    #[serde(skip)]
    pub scheme: SchemeChoice,
    /// The levels, parsed.
    #[serde(skip)]
    pub selection: Selection,
}

impl MeasureParams {
    /// Checked parameters; a scheme that is no built-in name is a file in the study.
    ///
    /// # Errors
    /// Where there is no such scheme, level or fat model.
    pub fn new(
        study: &Path,
        regions: &RegionSettings,
        tdv: &TdvSettings,
        fat_fraction: &FatFractionSettings,
    ) -> Result<MeasureParams> {
        let file = study.join(&regions.scheme);
        let (scheme, scheme_sha256) = match file.is_file() {
            true => (SchemeChoice::Stated(Scheme::from_file(&file)?), Some(sha256_file(&file)?)),
            false if regions.scheme == EMBEDDED => (SchemeChoice::Embedded, None),
            false => (SchemeChoice::Stated(Scheme::named(&regions.scheme)?), None),
        };
        let selection = Selection::parse(&regions.levels)?;
        let fat_model = FatModel::named(&fat_fraction.fat_model)?;
        let (regions, tdv) = (regions.clone(), tdv.clone());
        Ok(MeasureParams { regions, scheme_sha256, left_out: Vec::new(), tdv, fat_model, scheme, selection })
    }
}
