//! A digital reference study with known truth, in the layout that `run` reads.
//!
//! For each patient two imaging sessions (lumbar Dixon, diffusion in three stations, labels, masks) and a laboratory
//! table with the response at the end of treatment. The anatomy is continuous ([`shapes`], [`anatomy`], [`lesions`]);
//! voxels are its averages ([`sampling`]); `truth.csv` is computed from it, not from the images. Nothing here shares
//! code with the estimators in `dixon` and `diffusion`. Simulated throughout: no number describes a patient.

mod anatomy;
mod cohort;
mod diffusion_signal;
mod dixon_signal;
mod images;
mod laboratory;
mod lesions;
mod noise;
mod options;
mod sampling;
mod session;
mod shapes;
mod tables;
mod tissue;
mod truth;

pub use options::{Effects, Matrix, SimulateOptions};

use crate::error::{Exit, Failure};
use crate::image::ImageError;
use rayon::prelude::*;
use std::path::{Path, PathBuf};

/// What can go wrong with a simulation.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SimulateError {
    /// Options that contradict each other or leave the possible range.
    #[error("{reason}")]
    Options {
        /// Which, and what is possible.
        reason: String,
    },
    /// The folder for the study is there and not empty.
    #[error("{} exists and is not empty", path.display())]
    Exists {
        /// The folder.
        path: PathBuf,
    },
    /// A folder cannot be made or renamed.
    #[error("cannot write {}: {source}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// An image or table cannot be written.
    #[error(transparent)]
    Image(#[from] ImageError),
}

impl Failure for SimulateError {
    fn slug(&self) -> &'static str {
        match self {
            SimulateError::Options { .. } => "bad-option",
            SimulateError::Exists { .. } => "output-exists",
            SimulateError::Folder { .. } => "unwritable-output",
            SimulateError::Image(e) => e.slug(),
        }
    }

    fn exit(&self) -> Exit {
        match self {
            SimulateError::Options { .. } => Exit::Usage,
            SimulateError::Exists { .. } => Exit::Exists,
            SimulateError::Folder { .. } => Exit::Internal,
            SimulateError::Image(e) => e.exit(),
        }
    }

    fn remedy(&self) -> Option<String> {
        match self {
            SimulateError::Options { .. } => Some("`myelomri simulate --help` lists the options".to_owned()),
            SimulateError::Exists { .. } => Some("choose a folder that does not exist yet".to_owned()),
            SimulateError::Folder { .. } => Some("check that the parent folder is writable and has space".to_owned()),
            SimulateError::Image(e) => e.remedy(),
        }
    }
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Simulated {
    /// Number of patients.
    pub subjects: usize,
    /// Patients who reach CR/VGPR.
    pub responders: usize,
    /// Imaging sessions.
    pub imaging_sessions: usize,
    /// Size of all files, bytes.
    pub bytes: u64,
}

/// Writes a simulated study to `out`, which must not exist or be empty; it appears whole or not at all.
///
/// `on_session` is called after each imaging session with the number finished and the number of all.
///
/// # Errors
/// [`SimulateError`].
pub fn simulate(
    out: &Path,
    options: &SimulateOptions,
    on_session: impl Fn(usize, usize) + Sync,
) -> Result<Simulated, SimulateError> {
    options.check()?;
    let folder = |source| SimulateError::Folder { path: out.to_owned(), source };
    if out.exists() && std::fs::read_dir(out).map_or(true, |mut entries| entries.next().is_some()) {
        return Err(SimulateError::Exists { path: out.to_owned() });
    }
    let parent = out.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(parent).map_err(folder)?;
    let workplace = tempfile::Builder::new().prefix(".simulate-").tempdir_in(parent).map_err(folder)?;
    let study = workplace.path().join("study");

    let patients = cohort::draw_patients(options);
    let sessions: Vec<(&cohort::Patient, usize)> =
        patients.iter().flat_map(|patient| (0..patient.n_imaging()).map(move |session| (patient, session))).collect();
    for (patient, session) in &sessions {
        for kind in ["anat", "dwi"] {
            let name = [format!("sub-{}", patient.id()), format!("ses-{}", session::SESSIONS[*session])];
            std::fs::create_dir_all(study.join(&name[0]).join(&name[1]).join(kind)).map_err(folder)?;
        }
    }
    let finished = std::sync::atomic::AtomicUsize::new(0);
    let truths: Vec<Vec<truth::TruthRow>> = sessions
        .par_iter()
        .map(|(patient, session)| {
            let rows = session::write(&study, options, patient, *session)?;
            let n = 1 + finished.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            on_session(n, sessions.len());
            Ok(rows)
        })
        .collect::<Result<_, SimulateError>>()?;
    tables::write(&study, options, &patients, sessions.iter().map(|(p, n)| (*p, *n)).zip(truths).collect())?;

    let bytes = size_of(&study).map_err(folder)?;
    if out.exists() {
        std::fs::remove_dir(out).map_err(folder)?;
    }
    std::fs::rename(&study, out).map_err(folder)?;
    Ok(Simulated {
        subjects: options.subjects,
        responders: options.responders,
        imaging_sessions: sessions.len(),
        bytes,
    })
}

fn size_of(folder: &Path) -> std::io::Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        bytes += if entry.file_type()?.is_dir() { size_of(&entry.path())? } else { entry.metadata()?.len() };
    }
    Ok(bytes)
}
