//! What the names of files say in the folder layout of a study: BIDS where the standard has a name, ours where it has none.
//!
//! `anat` MEGRE (echo, part), `dwi` dwi and ADC (chunk = station), dseg and mask (seg) are BIDS; `rec-water_dixon` and its
//! sisters are not (the standard has no suffix for a scanner's Dixon images), and `seg-` of a mask in raw data is not either.
//! Specification: <https://bids-specification.readthedocs.io>.

use crate::measure::{ON_DIXON, ON_DWI, Role};

/// Folder of a study whose subfolders are data sets made from it, e.g. label maps of another program.
pub const DERIVATIVES: &str = "derivatives";

/// Role and index that a file name in `anat` or `dwi` states; `None` for a file that is no image of ours.
pub fn role_of_name(folder: &str, name: &str) -> Option<(Role, String)> {
    let nifti = name.strip_suffix(".nii.gz").or_else(|| name.strip_suffix(".nii"));
    // a segmentation of 3D Slicer is read where labels or a mask are meant
    let stem = nifti.or_else(|| name.strip_suffix(".seg.nrrd")).or_else(|| name.strip_suffix(".nrrd"))?;
    let mut parts: Vec<&str> = stem.split('_').collect();
    let suffix = parts.pop()?;
    let entity = |key: &str| parts.iter().find_map(|part| part.strip_prefix(key)?.strip_prefix('-'));
    let plain = |role: Role| Some((role, String::new()));
    let numbered = |role: Role, key: &str| Some((role, entity(key).unwrap_or("1").to_owned()));
    match (folder, suffix) {
        (_, suffix) if nifti.is_none() && !["dseg", "mask"].contains(&suffix) => None,
        ("anat", "mask" | "dseg") if entity("seg") == Some("body") => Some((Role::Body, ON_DIXON.to_owned())),
        ("anat", "dseg") if entity("seg") == Some("vertebrae") => Some((Role::Labels, ON_DIXON.to_owned())),
        ("anat", "MEGRE") => match entity("part") {
            Some("mag") => numbered(Role::EchoMag, "echo"),
            Some("phase") => numbered(Role::EchoPhase, "echo"),
            Some("real") => numbered(Role::EchoReal, "echo"),
            Some("imag") => numbered(Role::EchoImag, "echo"),
            _ => None,
        },
        ("anat", _) => match entity("rec")? {
            "water" => plain(Role::Water),
            "fat" => plain(Role::Fat),
            "inphase" => plain(Role::InPhase),
            "opposed" => plain(Role::OpposedPhase),
            "fatfraction" => plain(Role::FatFraction),
            _ => None,
        },
        ("dwi", "dwi") => numbered(Role::Dwi, "chunk"),
        ("dwi", "ADC") => numbered(Role::Adc, "chunk"),
        ("dwi", "mask" | "dseg") => match entity("seg")? {
            "body" => Some((Role::Body, ON_DWI.to_owned())),
            "bone" => plain(Role::Bone),
            "muscle" => plain(Role::Reference),
            "vertebrae" => Some((Role::Labels, ON_DWI.to_owned())),
            exclude if exclude.starts_with("exclude") => Some((Role::Exclude, exclude.to_owned())),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_read_from_the_names_of_the_layout() {
        let role = |folder: &str, name: &str| role_of_name(folder, name).map(|(role, index)| (role.name(), index));
        let found = |name: &'static str, index: &str| Some((name, index.to_owned()));
        assert_eq!(role("anat", "sub-1_ses-a_rec-water_dixon.nii.gz"), found("water", ""));
        assert_eq!(role("anat", "sub-1_ses-a_echo-3_part-phase_MEGRE.nii.gz"), found("echo-phase", "3"));
        assert_eq!(role("anat", "sub-1_ses-a_seg-vertebrae_dseg.nii.gz"), found("labels", "dixon"));
        assert_eq!(role("dwi", "sub-1_ses-a_seg-vertebrae_dseg.nii"), found("labels", "dwi"));
        assert_eq!(role("dwi", "sub-1_ses-a_chunk-2_dwi.nii.gz"), found("dwi", "2"));
        assert_eq!(role("dwi", "sub-1_ses-a_seg-muscle_mask.nii.gz"), found("reference", ""));
        assert_eq!(role("dwi", "sub-1_ses-a_chunk-2_dwi.bval"), None);
        assert_eq!(role("anat", "sub-1_ses-a_T1w.nii.gz"), None);
        assert_eq!(role("anat", "sub-1_ses-a_seg-vertebrae_dseg.seg.nrrd"), found("labels", "dixon"));
        assert_eq!(role("anat", "sub-1_ses-a_seg-body_mask.nii.gz"), found("body", "dixon"));
        assert_eq!(role("dwi", "sub-1_ses-a_dwi.nrrd"), None);
    }
}
