//! Conversion by dcm2niix, checked against the headers.
//!
//! The program sees links with numbers for names in a temporary folder and is asked for no sidecar, so that neither names of
//! folders nor texts of headers reach its output. A run takes one part of each series, so that it cannot join what belongs
//! apart; what a run does not give as announced is tried alone. It is trusted with the pixels; number of volumes, grid and
//! b-values must be those of the headers. Li 2016, doi:10.1016/j.jneumeth.2016.03.001.

use super::DicomError;
use super::convert::{Scaling, Volumes, factors, stored};
use super::header::Header;
use super::mosaic::check_place;
use super::series::{Part, frame};
use super::slice_order::told_by_pixels;
use super::stack::Stack;
use crate::image::gradients::read_bval;
use crate::image::{ImageError, read_series};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use tempfile::TempDir;

/// An installed dcm2niix.
#[derive(Debug, Clone)]
pub struct Dcm2niix {
    program: PathBuf,
    version: OnceLock<String>,
}

/// One part to convert.
#[derive(Debug, Clone, Copy)]
pub struct Job<'a> {
    /// Images.
    pub part: &'a Part,
    /// What the headers announce; `None` for mosaics, whose slices lie inside one picture.
    pub stack: Option<&'a Stack>,
    /// Which values.
    pub scaling: Scaling,
}

/// What runs left in temporary folders, by job.
#[derive(Debug, Default)]
pub struct Runs {
    folders: Vec<TempDir>,
    images: BTreeMap<usize, Vec<PathBuf>>,
}

/// Bytes of files from which on a run is shared between the threads: below, starting the program twice costs more.
const WORTH_SHARING: u64 = 64 << 20;

impl Dcm2niix {
    /// The program at `given`, else the one on PATH.
    ///
    /// # Errors
    /// [`DicomError::NoConverter`].
    pub fn find(given: Option<&Path>) -> Result<Dcm2niix, DicomError> {
        let Some(path) = given else {
            let folders = std::env::var_os("PATH").unwrap_or_default();
            let name = format!("dcm2niix{}", std::env::consts::EXE_SUFFIX);
            let found = std::env::split_paths(&folders).map(|folder| folder.join(&name)).find(|path| path.is_file());
            let program = found.ok_or_else(|| DicomError::NoConverter { reason: "it is not on PATH".to_owned() })?;
            return Ok(Dcm2niix { program, version: OnceLock::new() });
        };
        let program = Dcm2niix { program: path.to_owned(), version: OnceLock::new() };
        program
            .ask_version()
            .map_err(|reason| DicomError::NoConverter { reason: format!("{}: {reason}", path.display()) })?;
        Ok(program)
    }

    /// As it says itself, e.g. `v1.0.20260724`; `unknown` where it does not.
    pub fn version(&self) -> &str {
        if self.version.get().is_none() {
            // what it does not say is said as such
            let _ = self.ask_version();
        }
        self.version.get().map_or("unknown", String::as_str)
    }

    fn ask_version(&self) -> Result<(), String> {
        let output = Command::new(&self.program).arg("--version").stdin(Stdio::null()).output();
        let output = output.map_err(|error| error.to_string())?;
        self.note_version(&output.stdout);
        self.version.get().map(|_| ()).ok_or_else(|| "it does not say its version".to_owned())
    }

    /// The version stands in the first line of whatever it says.
    fn note_version(&self, said: &[u8]) {
        let said = String::from_utf8_lossy(said);
        let is_version =
            |word: &&str| word.starts_with("v1.") && word[1..].chars().all(|c| c.is_ascii_digit() || c == '.');
        if let Some(version) = said.split_whitespace().find(is_version) {
            let _ = self.version.set(version.to_owned());
        }
    }

    /// Runs over all jobs; what came out is taken by [`Dcm2niix::take`].
    ///
    /// # Errors
    /// [`DicomError::Converter`] where a temporary folder cannot be made or the program not be started.
    pub fn run(&self, jobs: &[Option<Job<'_>>], headers: &[Header]) -> Result<Runs, DicomError> {
        let mut groups: BTreeMap<(bool, usize), Vec<usize>> = BTreeMap::new();
        let mut seen: BTreeMap<(bool, &str), usize> = BTreeMap::new();
        for (n, job) in jobs.iter().enumerate() {
            let Some(job) = job.filter(|job| !job.part.is_share_of_files(headers)) else { continue };
            let is_signal = uses_scale(&job, headers);
            let count = seen.entry((is_signal, &job.part.series_uid)).or_default();
            groups.entry((is_signal, *count)).or_default().push(n);
            *count += 1;
        }
        let n_bytes = |n: usize| -> u64 {
            let files: BTreeSet<usize> = jobs[n].iter().flat_map(|job| &job.part.frames).map(|at| at.header).collect();
            files.into_iter().map(|file| headers[file].n_bytes).sum()
        };
        let mut runs: Vec<(bool, Vec<usize>)> = Vec::new();
        for ((is_signal, _), group) in groups {
            let total: u64 = group.iter().map(|&n| n_bytes(n)).sum();
            let shares = if total > WORTH_SHARING { rayon::current_num_threads().min(group.len()) } else { 1 };
            for share in 0..shares {
                runs.push((is_signal, group.iter().copied().skip(share).step_by(shares).collect()));
            }
        }
        let done: Vec<(TempDir, BTreeMap<usize, Vec<PathBuf>>)> = runs
            .par_iter()
            .map(|(is_signal, group)| self.run_once(jobs, group, headers, *is_signal, "2"))
            .collect::<Result<_, DicomError>>()?;
        let mut all = Runs::default();
        for (folder, images) in done {
            all.folders.push(folder);
            all.images.extend(images);
        }
        Ok(all)
    }

    /// The volumes of a job, from the runs, or from a run of its own where those did not give what was announced.
    ///
    /// # Errors
    /// [`DicomError::Converter`] where that does not either.
    pub fn take(&self, runs: &Runs, n: usize, job: &Job<'_>, headers: &[Header]) -> Result<Volumes, DicomError> {
        if job.part.is_share_of_files(headers) {
            return Err(failed("its files hold images of other roles too, which it does not tell apart".to_owned()));
        }
        if let Some([image]) = runs.images.get(&n).map(Vec::as_slice) {
            match read(image, job, headers) {
                Ok(volumes) => return Ok(volumes),
                // the same images in the same order would come again
                Err(Fault::Order(error)) => return Err(error),
                Err(Fault::Image(_)) => {}
            }
        }
        let alone = [Some(*job)];
        let (_folder, images) = self.run_once(&alone, &[0], headers, uses_scale(job, headers), "y")?;
        match images.get(&0).map(Vec::as_slice) {
            Some([image]) => read(image, job, headers).map_err(Fault::into_error),
            other => Err(failed(format!("{} images instead of one", other.map_or(0, <[PathBuf]>::len)))),
        }
    }

    /// One run; returns its folder and the images in it by job.
    fn run_once(
        &self,
        jobs: &[Option<Job<'_>>],
        group: &[usize],
        headers: &[Header],
        is_signal: bool,
        merge: &str,
    ) -> Result<(TempDir, BTreeMap<usize, Vec<PathBuf>>), DicomError> {
        let trouble = |error: io::Error| failed(format!("temporary folder: {error}"));
        let folder = tempfile::Builder::new().prefix("myelomri-import-").tempdir().map_err(trouble)?;
        let (inside, outside) = (folder.path().join("in"), folder.path().join("out"));
        std::fs::create_dir(&inside).map_err(trouble)?;
        std::fs::create_dir(&outside).map_err(trouble)?;
        for &n in group {
            let files: BTreeSet<usize> = jobs[n].iter().flat_map(|job| &job.part.frames).map(|at| at.header).collect();
            for (k, file) in files.into_iter().enumerate() {
                link(&headers[file].path, &inside.join(format!("j{n}x{k:06}.dcm"))).map_err(trouble)?;
            }
        }
        // an image is called after one of its files
        let output = Command::new(&self.program)
            .args([
                "-b",
                "n",
                "-z",
                "n",
                "-m",
                merge,
                "-f",
                "%b",
                "-d",
                "1",
                "-p",
                if is_signal { "y" } else { "n" },
                "-o",
            ])
            .arg(&outside)
            .arg(&inside)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| failed(error.to_string()))?;
        self.note_version(&output.stdout);
        let mut images: BTreeMap<usize, Vec<PathBuf>> = BTreeMap::new();
        for entry in std::fs::read_dir(&outside).map_err(trouble)? {
            let path = entry.map_err(trouble)?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let job = name.strip_prefix('j').and_then(|rest| rest.split_once('x')?.0.parse().ok());
            if let Some(job) = job.filter(|_| name.ends_with(".nii")) {
                images.entry(job).or_default().push(path);
            }
        }
        Ok((folder, images))
    }
}

fn failed(reason: String) -> DicomError {
    DicomError::Converter { reason }
}

/// Philips' floating-point values are asked for.
fn uses_scale(job: &Job<'_>, headers: &[Header]) -> bool {
    let has_scale = job.part.frames.iter().any(|&at| frame(headers, at).scale_slope.is_some());
    job.scaling == Scaling::Signal || !has_scale
}

/// Why an image is not taken.
enum Fault {
    /// It is not what the headers announce.
    Image(DicomError),
    /// It is, but nothing tells its volumes apart.
    Order(DicomError),
}

impl Fault {
    fn into_error(self) -> DicomError {
        match self {
            Fault::Image(error) | Fault::Order(error) => error,
        }
    }
}

/// An image that dcm2niix wrote, where it is what the headers announce.
fn read(image: &Path, job: &Job<'_>, headers: &[Header]) -> Result<Volumes, Fault> {
    let Job { part, stack, scaling } = *job;
    let other = |reason: String| Err(Fault::Image(failed(reason)));
    let read = match read_series(image) {
        Ok(read) => read,
        Err(error) => return other(without_path(&error)),
    };
    let n_volumes = read.len();
    if let Some(stack) = stack {
        if stack.grid.check_same(&read.grid, ["headers", "image"], ["DICOM", "dcm2niix"]).is_err() {
            return other(format!("grid {} instead of {}", read.grid.describe(), stack.grid.describe()));
        }
        if n_volumes != stack.volumes.len() {
            return other(format!("{n_volumes} volumes instead of {}", stack.volumes.len()));
        }
    } else if let Err(reason) = check_place(&read.grid, part, headers) {
        return other(reason);
    }
    let own = read_bval(&image.with_extension("bval")).ok().filter(|own| own.len() == n_volumes);
    let by_pixels = || told_by_pixels(read.data.view(), stack?, headers, scaling);
    let (b_values, note) = settle_b_values(own, part, stack, headers, n_volumes, by_pixels).map_err(Fault::Order)?;
    let slope = part.frames.first().map(|at| factors(&headers[at.header], at.frame, scaling)[0]);
    let stored = stored(&read.data, slope);
    // the grid of the headers is the same in more digits
    let grid = stack.map_or(read.grid, |stack| stack.grid.clone());
    Ok(Volumes { grid, data: read.data, stored, b_values, note })
}

/// b-values nearer than this are one where two programs write them, s/mm2.
const SAME_B: f64 = 1.0;
/// GE adds this to b on some software, and dcm2niix may keep it.
const GE_OFFSET: f64 = 1e9;

/// b-value of each volume: those of the headers, in the order in which dcm2niix put the volumes, by its own b-values or else
/// by the pixels.
fn settle_b_values(
    own: Option<Vec<f64>>,
    part: &Part,
    stack: Option<&Stack>,
    headers: &[Header],
    n_volumes: usize,
    by_pixels: impl FnOnce() -> Option<Vec<usize>>,
) -> Result<(Option<Vec<f64>>, Option<String>), DicomError> {
    let announced = part.b_values(headers);
    let expected = match (stack, &announced[..]) {
        (Some(stack), _) => stack.b_values.clone(),
        (None, []) => None,
        // one mosaic a volume, in the order of acquisition
        (None, _) => {
            let mut order = part.frames.clone();
            order.sort_by_key(|at| (headers[at.header].instance, at.frame));
            let all = order.iter().map(|&at| frame(headers, at).b.map(|b| b.value));
            all.collect::<Option<Vec<f64>>>().filter(|all| all.len() == n_volumes)
        }
    };
    let Some(expected) = expected else { return Ok((own.filter(|own| own.iter().any(|&b| b > 0.0)), None)) };
    if let Some(values) = own.as_deref().and_then(|own| in_order_of(own, &expected)) {
        return Ok((Some(values), None));
    }
    let wrote = if own.is_some() { "wrong b-values" } else { "no b-values" };
    if announced.len() > 1 {
        if let Some(order) = by_pixels() {
            let values = order.into_iter().map(|n| expected[n]).collect();
            let note = format!("dcm2niix wrote {wrote}; those of the headers are taken, volumes told by their pixels");
            return Ok((Some(values), Some(note)));
        }
        return Err(failed(
            "its b-values are not those of the headers, so the order of its volumes is unknown".to_owned(),
        ));
    }
    let is_weighted = expected.iter().any(|&b| b > 0.0);
    let note = format!("dcm2niix wrote {wrote}; b {} is taken from the headers", announced.first().unwrap_or(&0.0));
    Ok((Some(expected), (own.is_some() || is_weighted).then_some(note)))
}

/// The expected values in the order of the found ones; `None` where they are not the same set.
fn in_order_of(found: &[f64], expected: &[f64]) -> Option<Vec<f64>> {
    let mut left = expected.to_vec();
    let ordered: Option<Vec<f64>> = found
        .iter()
        .map(|&b| {
            let b = if b >= GE_OFFSET { b - GE_OFFSET } else { b };
            let n = left.iter().position(|&one| (one - b).abs() <= SAME_B)?;
            Some(left.remove(n))
        })
        .collect();
    ordered.filter(|_| left.is_empty())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b_values_follow_the_order_of_the_volumes() {
        assert_eq!(in_order_of(&[1_000_000_800.0, 0.0, 50.4], &[0.0, 50.0, 800.0]), Some(vec![800.0, 0.0, 50.0]));
        assert_eq!(in_order_of(&[0.0, 0.0], &[0.0, 800.0]), None);
        assert_eq!(in_order_of(&[0.0], &[0.0, 800.0]), None);
    }

    #[test]
    fn a_version_is_found_in_what_is_said() {
        let program = Dcm2niix { program: PathBuf::new(), version: OnceLock::new() };
        program.note_version(b"Chris Rorden's dcm2niiX version v1.0.20260724  (JP2:OpenJPEG)\nFound 3\n");
        assert_eq!(program.version(), "v1.0.20260724");
        let nobody = Dcm2niix::find(Some(Path::new("/nonexistent/dcm2niix"))).unwrap_err();
        assert!(matches!(nobody, DicomError::NoConverter { .. }));
    }
}
