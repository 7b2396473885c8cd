//! Diffusion images with their b-values, however they come: one 4-D file, several files, `FILE:B`, `--b-values`.

use super::region_input::file_name;
use super::{CliError, Context};
use crate::diffusion::{BSelection, DiffusionError};
use crate::error::{Result, Warning};
use crate::image::gradients::{b_values_of, parse_b_values};
use crate::image::{Grid, PackedSeries, Series, Signals};
use clap::Args;
use ndarray::{Array4, Axis, ShapeBuilder};
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// `FILE` or `FILE:B`: an image, with its b-value (s/mm2) where all its volumes have one.
#[derive(Debug, Clone, PartialEq)]
pub struct DwiFile {
    /// The image.
    pub path: PathBuf,
    /// b-value of all its volumes, if given.
    pub b: Option<f64>,
}

impl FromStr for DwiFile {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        match text.rsplit_once(':') {
            Some((path, b)) if !path.is_empty() && b.parse::<f64>().is_ok() => {
                Ok(DwiFile { path: path.into(), b: parse_b_values(b)?.first().copied() })
            }
            _ => Ok(DwiFile { path: text.into(), b: None }),
        }
    }
}

/// `50,400,900`; `-` (NaN here) in the place of a volume that is no diffusion image.
#[derive(Debug, Clone, PartialEq)]
pub struct BValues(pub Vec<f64>);

impl FromStr for BValues {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let words = text.split([',', ' ']).filter(|word| !word.is_empty());
        let value = |word: &str| match word {
            "-" => Ok(f64::NAN),
            _ => parse_b_values(word)?.first().copied().ok_or_else(|| format!("'{word}' is no number")),
        };
        words.map(value).collect::<std::result::Result<_, String>>().map(BValues)
    }
}

/// What the user says about the volumes of a series.
#[derive(Debug, Clone, Args)]
pub struct BArgs {
    /// b-value of each volume, s/mm2, e.g. 50,400,900; `-` for a volume that is no diffusion image [default: the .bval,
    /// then the sidecar beside each file]
    #[arg(long, value_name = "B,B,...", allow_hyphen_values = true)]
    pub b_values: Option<BValues>,
    /// Volumes to leave out, counted from 0, e.g. 0,5
    #[arg(long, value_name = "N,N,...", value_delimiter = ',')]
    pub drop_volumes: Vec<usize>,
    /// Use the b-values even where the signal contradicts them (an ADC map under a b-value, a signal that rises with b):
    /// a warning instead of an error
    #[arg(long, hide_short_help = true)]
    pub trust_b_values: bool,
}

impl BArgs {
    /// The selection for a fit to volumes with these b-values.
    pub fn selection(&self, b: &[f64]) -> BSelection {
        let drop_volumes = dropped(self.drop_volumes.clone(), b);
        BSelection { drop_volumes, trust: self.trust_b_values, ..BSelection::default() }
    }
}

/// The volumes left out: those of `--drop-volumes`, and those with `-` in `--b-values`.
fn dropped(mut drop_volumes: Vec<usize>, b: &[f64]) -> Vec<usize> {
    drop_volumes.extend((0..b.len()).filter(|&volume| b[volume].is_nan()));
    drop_volumes.sort_unstable();
    drop_volumes.dedup();
    drop_volumes
}

/// Proof that two files that are read together lie on one grid; keeps the warning where they nearly do not.
pub fn check_same_grid(a: (&Grid, &Path, &str), b: (&Grid, &Path, &str), warnings: &mut Vec<Warning>) -> Result<()> {
    let files = [file_name(a.1), file_name(b.1)];
    warnings.extend(a.0.check_same(b.0, [a.2, b.2], [&files[0], &files[1]])?);
    Ok(())
}

/// Diffusion images of one or more files, still as stored, with their volumes behind one another.
#[derive(Debug)]
pub struct PackedDwi {
    /// Where the voxels lie.
    pub grid: Grid,
    /// The first file.
    pub source: PathBuf,
    parts: Vec<PackedSeries>,
}

impl PackedDwi {
    /// Proof that everything that was asked for could be read.
    ///
    /// # Errors
    /// Where a file changed, or its disk failed, after it was opened.
    pub fn check_read(&self) -> Result<()> {
        Ok(self.parts.iter().try_for_each(PackedSeries::check_read)?)
    }
}

impl PackedDwi {
    /// The file that holds a volume, and which of that file's it is.
    fn part_of(&self, mut volume: usize) -> Option<(&PackedSeries, usize)> {
        for part in &self.parts {
            match volume.checked_sub(part.len()) {
                Some(beyond) => volume = beyond,
                None => return Some((part, volume)),
            }
        }
        None
    }
}

impl Signals for PackedDwi {
    fn dims(&self) -> [usize; 3] {
        self.grid.dims
    }

    fn n_volumes(&self) -> usize {
        self.parts.iter().map(PackedSeries::len).sum()
    }

    fn read(&self, volume: usize, start: usize, out: &mut [f32]) {
        if let Some((part, volume)) = self.part_of(volume) {
            part.read(volume, start, out);
        }
    }

    fn survey(&self, volume: usize, start: usize, n: usize, first_and_step: [usize; 2]) -> (f32, Vec<f32>) {
        match self.part_of(volume) {
            Some((part, volume)) => part.survey(volume, start, n, first_and_step),
            None => (0.0, Vec::new()),
        }
    }
}

/// Reads the images of one or more files on one grid, and their b-values.
///
/// `--b-values` goes before `FILE:B`, that before the `.bval` and the sidecar beside each file.
pub fn read_packed(
    files: &[DwiFile],
    b_values: Option<&BValues>,
    context: &Context,
    warnings: &mut Vec<Warning>,
) -> Result<(PackedDwi, Vec<f64>)> {
    let mut parts: Vec<PackedSeries> = Vec::new();
    let mut b = Vec::new();
    for file in files {
        let part = context.reader.packed_series(&file.path)?;
        if let Some(first) = parts.first() {
            check_same_grid((&first.grid, &first.source, "image"), (&part.grid, &part.source, "image"), warnings)?;
        }
        if b_values.is_none() {
            b.extend(b_of(file, part.len())?);
        }
        parts.push(part);
    }
    let Some(first) = parts.first() else {
        return Err(CliError::usage("no diffusion image was given", "name at least one file").into());
    };
    let dwi = PackedDwi { grid: first.grid.clone(), source: first.source.clone(), parts };
    if let Some(BValues(given)) = b_values {
        if given.len() != dwi.n_volumes() {
            return Err(DiffusionError::BCount { n_b: given.len(), n_volumes: dwi.n_volumes() }.into());
        }
        b.clone_from(given);
    }
    Ok((dwi, b))
}

pub(super) fn b_of(file: &DwiFile, n_volumes: usize) -> Result<Vec<f64>> {
    match file.b {
        Some(value) => Ok(vec![value; n_volumes]),
        None => Ok(b_values_of(&file.path, n_volumes)?),
    }
}

/// Reads one series from one or more files on one grid, and its b-values.
///
/// `--b-values` goes before `FILE:B`, that before the `.bval` and the sidecar beside each file.
pub fn read(
    files: &[DwiFile],
    b_values: Option<&BValues>,
    context: &Context,
    warnings: &mut Vec<Warning>,
) -> Result<(Series, Vec<f64>)> {
    let mut all: Vec<Series> = Vec::new();
    let mut b = Vec::new();
    for file in files {
        let series = context.reader.series(&file.path)?;
        if let Some(first) = all.first() {
            check_same_grid((&first.grid, &first.source, "image"), (&series.grid, &series.source, "image"), warnings)?;
        }
        if b_values.is_none() {
            b.extend(b_of(file, series.len())?);
        }
        all.push(series);
    }
    let series = joined(all);
    if let Some(BValues(given)) = b_values {
        if given.len() != series.len() {
            return Err(DiffusionError::BCount { n_b: given.len(), n_volumes: series.len() }.into());
        }
        b.clone_from(given);
    }
    Ok((series, b))
}

/// The volumes of several series behind one another; a single series is passed on without a copy.
fn joined(mut all: Vec<Series>) -> Series {
    let first = all.remove(0);
    if all.is_empty() {
        return first;
    }
    let [nx, ny, nz] = first.grid.dims;
    let n = first.len() + all.iter().map(Series::len).sum::<usize>();
    let mut data = Array4::zeros((nx, ny, nz, n).f());
    let mut volume = 0;
    for series in std::iter::once(&first).chain(&all) {
        for source in series.data.axis_iter(Axis(3)) {
            data.index_axis_mut(Axis(3), volume).assign(&source);
            volume += 1;
        }
    }
    Series { grid: first.grid, data, source: first.source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_b_value_may_follow_the_file_name() {
        let parse = |text: &str| text.parse::<DwiFile>().unwrap();
        assert_eq!(parse("a.nii.gz:900"), DwiFile { path: "a.nii.gz".into(), b: Some(900.0) });
        assert_eq!(parse("C:/a.nii"), DwiFile { path: "C:/a.nii".into(), b: None });
        assert_eq!(parse("a.nii"), DwiFile { path: "a.nii".into(), b: None });
        assert!("a.nii:-5".parse::<DwiFile>().is_err());
        assert_eq!("50, 400,900".parse::<BValues>().unwrap().0, [50.0, 400.0, 900.0]);
        let with_map = "0,900,-".parse::<BValues>().unwrap().0;
        assert_eq!((&with_map[..2], dropped(vec![0], &with_map)), (&[0.0, 900.0][..], vec![0, 2]));
        assert!("0,-900".parse::<BValues>().is_err());
    }
}
