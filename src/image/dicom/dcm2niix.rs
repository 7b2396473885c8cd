//! Conversion by dcm2niix, one part at a time, checked against the headers.
//!
//! The program sees links with numbers for names in a temporary folder and is asked for no sidecar, so that neither names of
//! folders nor texts of headers reach its output. It is trusted with the pixels; number of volumes, grid and b-values must be
//! those that the headers announce. Rorden's dcm2niix: Li 2016, doi:10.1016/j.jneumeth.2016.03.001.

use super::DicomError;
use super::convert::{Scaling, Volumes, factors, stored};
use super::header::Header;
use super::series::Part;
use super::stack::Stack;
use crate::image::gradients::read_bval;
use crate::image::{ImageError, read_series};
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// An installed dcm2niix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dcm2niix {
    program: PathBuf,
    /// As it says itself, e.g. `v1.0.20260724`.
    pub version: String,
}

impl Dcm2niix {
    /// The program at `given`, else the one on PATH.
    ///
    /// # Errors
    /// [`DicomError::NoConverter`].
    pub fn find(given: Option<&Path>) -> Result<Dcm2niix, DicomError> {
        let program = given.unwrap_or(Path::new("dcm2niix")).to_owned();
        let none = |reason: String| DicomError::NoConverter { reason };
        let output = Command::new(&program).arg("--version").stdin(Stdio::null()).output();
        let output = output.map_err(|error| match (error.kind(), given) {
            (io::ErrorKind::NotFound, None) => none("it is not on PATH".to_owned()),
            (_, Some(path)) => none(format!("{}: {error}", path.display())),
            _ => none(error.to_string()),
        })?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let is_version =
            |word: &&str| word.starts_with("v1.") && word[1..].chars().all(|c| c.is_ascii_digit() || c == '.');
        match said.split_whitespace().rfind(is_version) {
            Some(version) => Ok(Dcm2niix { program, version: version.to_owned() }),
            None => Err(none("it does not say its version".to_owned())),
        }
    }

    /// Converts one part. `stack` is what the headers announce; `None` for mosaics, whose slices lie inside one picture.
    ///
    /// # Errors
    /// [`DicomError::Converter`] where it gives something else than one image with the announced grid and volumes.
    pub fn convert(
        &self,
        part: &Part,
        stack: Option<&Stack>,
        headers: &[Header],
        scaling: Scaling,
    ) -> Result<Volumes, DicomError> {
        let failed = |reason: String| DicomError::Converter { reason };
        if part.is_share_of_files(headers) {
            return Err(failed("its files hold images of other roles too, which it does not tell apart".to_owned()));
        }
        let trouble = |error: io::Error| failed(format!("temporary folder: {error}"));
        let folder = tempfile::Builder::new().prefix("myelomri-import-").tempdir().map_err(trouble)?;
        let (inside, outside) = (folder.path().join("in"), folder.path().join("out"));
        std::fs::create_dir(&inside).map_err(trouble)?;
        std::fs::create_dir(&outside).map_err(trouble)?;
        let files: BTreeSet<usize> = part.frames.iter().map(|at| at.header).collect();
        for (n, &file) in files.iter().enumerate() {
            link(&headers[file].path, &inside.join(format!("{n:06}.dcm"))).map_err(trouble)?;
        }
        let philips = if scaling == Scaling::Signal { "y" } else { "n" };
        let output = Command::new(&self.program)
            .args(["-b", "n", "-z", "n", "-m", "y", "-f", "image", "-p", philips, "-d", "1", "-o"])
            .arg(&outside)
            .arg(&inside)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| failed(error.to_string()))?;
        let mut images = Vec::new();
        for entry in std::fs::read_dir(&outside).map_err(trouble)? {
            let path = entry.map_err(trouble)?.path();
            if path.extension().is_some_and(|extension| extension == "nii") {
                images.push(path);
            }
        }
        let [image] = &images[..] else {
            let code = output.status.code().map_or("no exit code".to_owned(), |code| format!("exit code {code}"));
            return Err(failed(format!("{} images instead of one ({code})", images.len())));
        };
        let read = read_series(image).map_err(|error| failed(without_path(&error)))?;
        let n_volumes = read.len();
        if let Some(stack) = stack {
            let same = stack.grid.check_same(&read.grid, ["headers", "image"], ["DICOM", "dcm2niix"]);
            if same.is_err() {
                return Err(failed(format!("grid {} instead of {}", read.grid.describe(), stack.grid.describe())));
            }
            if n_volumes != stack.volumes.len() {
                return Err(failed(format!("{n_volumes} volumes instead of {}", stack.volumes.len())));
            }
        }
        let own = read_bval(&image.with_extension("bval")).ok().filter(|own| own.len() == n_volumes);
        let (b_values, note) = settle_b_values(own, part, stack, headers, n_volumes)?;
        let slope = part.frames.first().map(|at| factors(&headers[at.header], at.frame, scaling)[0]);
        let stored = stored(&read.data, slope);
        Ok(Volumes { grid: read.grid, data: read.data, stored, b_values, note })
    }
}

/// b-value of each volume: those of the headers, in the order in which dcm2niix put the volumes.
fn settle_b_values(
    own: Option<Vec<f64>>,
    part: &Part,
    stack: Option<&Stack>,
    headers: &[Header],
    n_volumes: usize,
) -> Result<(Option<Vec<f64>>, Option<String>), DicomError> {
    let announced = part.b_values(headers);
    let expected = match (stack, &announced[..]) {
        (Some(stack), _) => stack.b_values.clone(),
        // one mosaic a volume, in the order of acquisition
        (None, []) => None,
        (None, _) => {
            let mut order: Vec<_> = part.frames.clone();
            order.sort_by_key(|at| (headers[at.header].instance, at.frame));
            let all = order.iter().map(|&at| super::series::frame(headers, at).b.map(|b| b.value));
            all.collect::<Option<Vec<f64>>>().filter(|all| all.len() == n_volumes)
        }
    };
    let Some(expected) = expected else { return Ok((own.filter(|own| own.iter().any(|&b| b > 0.0)), None)) };
    let sorted = |values: &[f64]| {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        sorted
    };
    match own {
        // its order is that of its volumes
        Some(own) if sorted(&own) == sorted(&expected) => Ok((Some(own), None)),
        own if announced.len() <= 1 => {
            let wrote = if own.is_some() { "wrong b-values" } else { "no b-values" };
            let is_weighted = expected.iter().any(|&b| b > 0.0);
            let note =
                format!("dcm2niix wrote {wrote}; b {} is taken from the headers", announced.first().unwrap_or(&0.0));
            Ok((Some(expected), (own.is_some() || is_weighted).then_some(note)))
        }
        _ => Err(DicomError::Converter {
            reason: "its b-values are not those of the headers, so the order of its volumes is unknown".to_owned(),
        }),
    }
}

fn without_path(error: &ImageError) -> String {
    use crate::error::Failure;
    format!("an image that cannot be read ({})", error.slug())
}

#[cfg(unix)]
fn link(file: &Path, to: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(std::fs::canonicalize(file)?, to)
}

#[cfg(not(unix))]
fn link(file: &Path, to: &Path) -> io::Result<()> {
    std::fs::copy(file, to).map(|_| ())
}
