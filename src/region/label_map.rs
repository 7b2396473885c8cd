//! A vertebra label map with the scheme that says what its integers mean.
//!
//! The scheme is named, read from a table, or stands in the map itself: TotalSegmentator writes the names of its classes
//! into the header, 3D Slicer those of its segments. A named scheme that contradicts the names in the map is refused.

use super::{Level, RegionError, Scheme};
use crate::error::{Result, Warning};
use crate::image::{LABELS_RESAMPLED, LabelNames, Labels, Mask, Reader, embedded_label_names};
use std::collections::BTreeSet;
use std::path::Path;

/// Slug of regions that were cut to the vertebral body; it also stands in `qc_flags`.
const BODY_ONLY: &str = "vertebral-body";

/// What every number carries that is measured in regions of which these warnings were given.
pub fn flags_of_regions(warnings: &[Warning]) -> Vec<String> {
    let flagged = |warning: &&Warning| [LABELS_RESAMPLED, BODY_ONLY].contains(&warning.slug.as_str());
    warnings.iter().filter(flagged).map(|warning| warning.slug.clone()).collect()
}

/// What stands in the place of a scheme's name where each map says itself what its integers mean.
pub const EMBEDDED: &str = "embedded";

/// Where the meaning of the integers comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum SchemeChoice {
    /// From this scheme.
    Stated(Scheme),
    /// From the map itself.
    Embedded,
}

impl SchemeChoice {
    /// `embedded`, a built-in scheme by its name, else a label table by its path.
    ///
    /// # Errors
    /// As [`Scheme::of`].
    pub fn of(text: &str) -> std::result::Result<SchemeChoice, RegionError> {
        if text == EMBEDDED { Ok(SchemeChoice::Embedded) } else { Scheme::of(text).map(SchemeChoice::Stated) }
    }

    /// The scheme of the map at `path`, and what there is to say about it.
    ///
    /// # Errors
    /// Where the map cannot be read, names nothing although it should, or names other vertebrae than the stated scheme.
    pub fn for_map(&self, path: &Path) -> Result<(Scheme, Option<Warning>)> {
        let names = embedded_label_names(path)?;
        let file = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        match (self, names) {
            (SchemeChoice::Stated(scheme), None) => Ok((scheme.clone(), None)),
            (SchemeChoice::Stated(scheme), Some(names)) => {
                check_names(scheme, &names, &file)?;
                Ok((scheme.clone(), None))
            }
            (SchemeChoice::Embedded, None) => Err(RegionError::NoEmbeddedNames { file }.into()),
            (SchemeChoice::Embedded, Some(LabelNames { rows, place })) => {
                let unusable = |reason: String| RegionError::EmbeddedNames { file: file.clone(), place, reason };
                let scheme = Scheme::from_rows(format!("the names in {file}"), rows).map_err(unusable)?;
                let message = format!("what the labels of {file} mean is read from {place}");
                Ok((scheme, Some(Warning::new("embedded-names", message))))
            }
        }
    }
}

/// Proof that the vertebrae named in a map are those of the scheme.
fn check_names(scheme: &Scheme, names: &LabelNames, file: &str) -> std::result::Result<(), RegionError> {
    let contradicts = |(label, name): &&(i32, String)| {
        Level::parse(name).is_some_and(|level| scheme.level(*label).is_some_and(|stated| stated != level))
    };
    match names.rows.iter().find(contradicts) {
        None => Ok(()),
        Some((label, name)) => Err(RegionError::SchemeContradicted {
            file: file.to_owned(),
            label: *label,
            stated: scheme.level(*label).map_or_else(String::new, |level| level.to_string()),
            named: name.clone(),
            scheme: scheme.name().to_owned(),
            place: names.place,
        }),
    }
}

/// Reads a vertebra label map; of segments that overlap only those that are vertebrae count.
///
/// # Errors
/// As [`SchemeChoice::for_map`] and [`Reader::labels`].
pub fn read_label_map(path: &Path, choice: &SchemeChoice, reader: &Reader) -> Result<(Labels, Scheme, Vec<Warning>)> {
    let (scheme, told) = choice.for_map(path)?;
    let is_embedded = *choice == SchemeChoice::Embedded;
    let labels = reader.labels_named(path, &|name| !is_embedded || Level::parse(name).is_some())?;
    Ok((labels, scheme, told.into_iter().collect()))
}

/// Reads the mask of the vertebral bodies: where the map holds `class`, or where it holds anything.
///
/// # Errors
/// Where it cannot be read, holds several classes of which none was chosen, or not the one that was.
pub fn read_body(path: &Path, class: Option<i32>, reader: &Reader) -> Result<Mask> {
    let labels = reader.labels(path)?;
    let classes: BTreeSet<i32> = labels.data.iter().copied().filter(|&label| label != 0).collect();
    let file = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    let listed = || classes.iter().take(30).map(i32::to_string).collect::<Vec<_>>().join(", ");
    let wanted = match class {
        Some(class) if classes.contains(&class) => class,
        Some(class) => return Err(RegionError::BodyClass { file, class: Some(class), there: listed() }.into()),
        None if classes.len() == 1 => classes.first().copied().unwrap_or(1),
        None => return Err(RegionError::BodyClass { file, class: None, there: listed() }.into()),
    };
    let data = labels.data.mapv(|label| label == wanted);
    Ok(Mask { grid: labels.grid, data, source: labels.source })
}

/// Takes everything that is no vertebral body out of a label map on the same grid; says how much is left.
pub fn keep_body(labels: &mut Labels, body: &Mask) -> Warning {
    let (mut before, mut after) = (0_usize, 0_usize);
    ndarray::Zip::from(&mut labels.data).and(&body.data).for_each(|label, &inside| {
        before += usize::from(*label != 0);
        if !inside {
            *label = 0;
        }
        after += usize::from(*label != 0);
    });
    let share = 100.0 * after as f64 / before.max(1) as f64;
    let message =
        format!("labels cut to the vertebral bodies: {share:.0} % of their voxels ({after} of {before}) are left");
    Warning::new(BODY_ONLY, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{Grid, Overwrite, filled, write_labels};

    fn map(labels: &[i32]) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("map.nii.gz");
        let mut data = filled([4, 2, 2], 0);
        data.iter_mut().zip(labels).for_each(|(voxel, label)| *voxel = *label);
        let grid = Grid::axis_aligned([4, 2, 2], [1.0; 3], [0.0; 3]);
        write_labels(&path, &Labels { grid, data, source: Default::default() }, Overwrite::Refuse).unwrap();
        (folder, path)
    }

    #[test]
    fn a_class_of_several_must_be_chosen_and_be_there() {
        let (_folder, path) = map(&[49, 50, 0, 49]);
        let reader = Reader::default();
        assert_eq!(read_body(&path, Some(49), &reader).unwrap().n_inside(), 2);
        for class in [None, Some(1)] {
            let error = read_body(&path, class, &reader).unwrap_err().to_string();
            assert!(error.contains("body-class") && error.contains("49, 50"), "{error}");
        }
        let (_folder, one) = map(&[1, 0, 1]);
        assert_eq!(read_body(&one, None, &reader).unwrap().n_inside(), 2);
    }

    #[test]
    fn a_map_without_names_is_no_scheme_of_its_own() {
        let (_folder, path) = map(&[41]);
        let error = SchemeChoice::Embedded.for_map(&path).unwrap_err().to_string();
        assert!(error.contains("--scheme"), "{error}");
        let stated = SchemeChoice::of("totalspineseg").unwrap();
        assert_eq!(stated.for_map(&path).unwrap().0.name(), "totalspineseg");
    }

    #[test]
    fn names_that_contradict_the_scheme_are_refused() {
        let names = |name: &str| LabelNames { rows: vec![(32, name.to_owned())], place: "its header extension" };
        let scheme = Scheme::named("totalseg-v2").unwrap();
        assert!(check_names(&scheme, &names("vertebrae_T12"), "x").is_ok());
        assert!(check_names(&scheme, &names("kidney"), "x").is_ok());
        let error = check_names(&scheme, &names("vertebrae_L1"), "x").unwrap_err();
        assert!(error.to_string().contains("T12"), "{error}");
    }
}
