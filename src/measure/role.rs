//! What an image is for: the roles of the files of one session, and the session's files by role.
//!
//! Declared once: the folder layout, the manifest table, the needs of each biomarker and the help all speak of these.

use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What one file of a session is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Water image of a Dixon reconstruction.
    Water,
    /// Fat image of a Dixon reconstruction.
    Fat,
    /// Gradient echo with water and fat in phase.
    InPhase,
    /// Gradient echo with water and fat in opposed phase.
    OpposedPhase,
    /// Magnitude of one echo; index = echo number.
    EchoMag,
    /// Phase of one echo; index = echo number.
    EchoPhase,
    /// Real part of one echo; index = echo number.
    EchoReal,
    /// Imaginary part of one echo; index = echo number.
    EchoImag,
    /// Fat-fraction map of the scanner.
    FatFraction,
    /// Diffusion-weighted series of one station; index = station, 1 the most superior.
    Dwi,
    /// ADC map of the scanner; index = station.
    Adc,
    /// Vertebra label map; index = `dixon` or `dwi`, the grid it is drawn on.
    Labels,
    /// Mask of the vertebral bodies, to which the labels are cut; index = `dixon` or `dwi`, as of the labels.
    Body,
    /// Bone mask on the composed DWI grid.
    Bone,
    /// Reference tissue (muscle) on the composed DWI grid.
    Reference,
    /// What must not count as disease, on the composed DWI grid; may repeat.
    Exclude,
}

impl Role {
    /// All roles in their stable order.
    pub const ALL: [Role; 16] = [
        Role::Water,
        Role::Fat,
        Role::InPhase,
        Role::OpposedPhase,
        Role::EchoMag,
        Role::EchoPhase,
        Role::EchoReal,
        Role::EchoImag,
        Role::FatFraction,
        Role::Dwi,
        Role::Adc,
        Role::Labels,
        Role::Body,
        Role::Bone,
        Role::Reference,
        Role::Exclude,
    ];

    /// Spelling in `manifest.csv`, messages and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Role::Water => "water",
            Role::Fat => "fat",
            Role::InPhase => "in-phase",
            Role::OpposedPhase => "opposed-phase",
            Role::EchoMag => "echo-mag",
            Role::EchoPhase => "echo-phase",
            Role::EchoReal => "echo-real",
            Role::EchoImag => "echo-imag",
            Role::FatFraction => "fat-fraction",
            Role::Dwi => "dwi",
            Role::Adc => "adc",
            Role::Labels => "labels",
            Role::Body => "body",
            Role::Bone => "bone",
            Role::Reference => "reference",
            Role::Exclude => "exclude",
        }
    }

    /// The role of that name.
    pub fn named(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Where the role's file stands in the folder layout, for messages.
    pub const fn expected_file(self) -> &'static str {
        match self {
            Role::Water => "anat/*_rec-water_dixon.nii.gz",
            Role::Fat => "anat/*_rec-fat_dixon.nii.gz",
            Role::InPhase => "anat/*_rec-inphase_dixon.nii.gz",
            Role::OpposedPhase => "anat/*_rec-opposed_dixon.nii.gz",
            Role::EchoMag => "anat/*_echo-N_part-mag_MEGRE.nii.gz",
            Role::EchoPhase => "anat/*_echo-N_part-phase_MEGRE.nii.gz",
            Role::EchoReal => "anat/*_echo-N_part-real_MEGRE.nii.gz",
            Role::EchoImag => "anat/*_echo-N_part-imag_MEGRE.nii.gz",
            Role::FatFraction => "anat/*_rec-fatfraction_dixon.nii.gz",
            Role::Dwi => "dwi/*_chunk-N_dwi.nii.gz",
            Role::Adc => "dwi/*_chunk-N_ADC.nii.gz",
            Role::Labels => "{anat,dwi}/*_seg-vertebrae_dseg.nii.gz",
            Role::Body => "{anat,dwi}/*_seg-body_mask.nii.gz",
            Role::Bone => "dwi/*_seg-bone_mask.nii.gz",
            Role::Reference => "dwi/*_seg-muscle_mask.nii.gz",
            Role::Exclude => "dwi/*_seg-exclude_mask.nii.gz",
        }
    }
}

/// One file of a session.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RoleFile {
    /// What it is for.
    pub role: Role,
    /// Which one of several: station, echo, or the grid of a label map. Empty where the role has one file.
    pub index: String,
    /// Where it is.
    pub path: PathBuf,
}

/// Index of a label map that is drawn on the grid of the Dixon images.
pub const ON_DIXON: &str = "dixon";
/// Index of a label map that is drawn on the composed grid of the diffusion stations.
pub const ON_DWI: &str = "dwi";

/// One imaging session and its files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionInputs {
    /// Subject label without `sub-`.
    pub subject: String,
    /// Session label without `ses-`.
    pub session: String,
    /// Files, by role and then by index (numbers by value).
    pub files: Vec<RoleFile>,
}

impl SessionInputs {
    /// `sub-X_ses-Y`: how the session is called in messages and file names.
    pub fn name(&self) -> String {
        format!("sub-{}_ses-{}", self.subject, self.session)
    }

    /// The file of a role that has one.
    pub fn file(&self, role: Role) -> Option<&Path> {
        self.files.iter().find(|file| file.role == role).map(|file| file.path.as_path())
    }

    /// All files of a role, in the order of their index.
    pub fn files_of(&self, role: Role) -> Vec<&Path> {
        self.files.iter().filter(|file| file.role == role).map(|file| file.path.as_path()).collect()
    }

    /// The vertebra labels drawn on that grid ([`ON_DIXON`] or [`ON_DWI`]).
    pub fn labels_on(&self, grid: &str) -> Option<&Path> {
        self.drawn_on(Role::Labels, grid)
    }

    /// The file of a role ([`Role::Labels`], [`Role::Body`]) drawn on that grid.
    pub fn drawn_on(&self, role: Role, grid: &str) -> Option<&Path> {
        self.files.iter().find(|file| file.role == role && file.index == grid).map(|file| file.path.as_path())
    }

    /// True where a file of the role was found.
    pub fn has(&self, role: Role) -> bool {
        self.file(role).is_some()
    }

    /// Brings the files into their stable order.
    pub fn sort_files(&mut self) {
        let key = |file: &RoleFile| (file.role, file.index.parse::<u64>().unwrap_or(u64::MAX));
        self.files
            .sort_by(|a, b| key(a).cmp(&key(b)).then_with(|| a.index.cmp(&b.index)).then_with(|| a.path.cmp(&b.path)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_found_by_its_own_name() {
        for role in Role::ALL {
            assert_eq!(Role::named(role.name()), Some(role));
            assert_eq!(serde_json::to_value(role).unwrap(), serde_json::json!(role.name()));
        }
    }

    #[test]
    fn stations_are_ordered_by_number_not_by_letter() {
        let file = |index: &str| RoleFile { role: Role::Dwi, index: index.into(), path: format!("{index}.nii").into() };
        let mut inputs =
            SessionInputs { subject: "1".into(), session: "a".into(), files: vec![file("10"), file("2"), file("1")] };
        inputs.sort_files();
        let order: Vec<&str> = inputs.files.iter().map(|file| file.index.as_str()).collect();
        assert_eq!(order, ["1", "2", "10"]);
    }
}
