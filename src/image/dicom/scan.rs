//! Finds DICOM files in folders of any depth, by their content, and reads their headers on all threads.
//!
//! A file is DICOM where `DICM` stands at byte 128. Reading stops before the pixels; whether the pixels are all there is
//! seen from the length of the file.

use super::DicomError;
use super::header::{Frame, Header, Kind};
use super::identity::Secrets;
use super::tags;
use super::vendor::{BValue, Vendor};
use dicom_object::OpenFileOptions;
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// What a search found.
#[derive(Debug, Default)]
pub struct Scan {
    /// Headers of images, segmentations and structure sets, in the order of the paths.
    pub headers: Vec<Header>,
    /// Files that are no DICOM.
    pub n_foreign: usize,
    /// Directories of discs.
    pub n_directories: usize,
    /// Secondary captures, refused.
    pub n_captures: usize,
    /// Reports, presentation states, images of other modalities.
    pub n_others: usize,
    /// Copies of an image that was read already.
    pub n_copies: usize,
    /// Files that cannot be used, with the series they belong to where that is known.
    pub broken: Vec<Broken>,
    /// What messages must not show.
    pub secrets: Secrets,
}

impl Scan {
    /// What was left out, in words with counts.
    pub fn left_out(&self) -> Vec<String> {
        let counts = [
            (self.n_foreign, "that are no DICOM"),
            (self.n_directories, "that are DICOMDIR"),
            (self.n_captures, "that are secondary captures, refused"),
            (self.n_others, "that are no MR image, segmentation or structure set"),
            (self.n_copies, "that repeat an image already read"),
        ];
        counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect()
    }
}

/// A file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Path below the folder that was given, masked.
    pub shown: String,
    /// What is wrong with it.
    pub reason: String,
    /// The series that lacks it.
    pub series_uid: Option<String>,
}

/// One file's fate.
enum Found {
    Foreign,
    Directory,
    Header(Box<Header>),
    Broken { reason: String, header: Option<Box<Header>> },
}

/// Reads the headers of everything below `roots`.
///
/// # Errors
/// [`DicomError::Unreadable`] where a root is missing, [`DicomError::Nothing`] where no DICOM is in them.
pub fn scan(roots: &[PathBuf]) -> Result<Scan, DicomError> {
    let mut files = Vec::new();
    for root in roots {
        collect(root, root, &mut files)
            .map_err(|error| DicomError::Unreadable { place: root.display().to_string(), reason: error.to_string() })?;
    }
    files.sort();
    files.dedup();
    let found: Vec<Found> = files.par_iter().map(|file| read(&file.path)).collect();
    let mut scan = Scan::default();
    let mut broken = Vec::new();
    let mut instances = BTreeSet::new();
    for (file, found) in files.iter().zip(found) {
        match found {
            Found::Foreign => scan.n_foreign += 1,
            Found::Directory => scan.n_directories += 1,
            Found::Broken { reason, header } => {
                if let Some(header) = &header {
                    scan.secrets.remember(&header.identity);
                }
                let series_uid = header.map(|header| header.series_uid).filter(|uid| !uid.is_empty());
                broken.push((file.below.clone(), reason, series_uid));
            }
            Found::Header(header) => {
                scan.secrets.remember(&header.identity);
                match header.kind {
                    Kind::SecondaryCapture => scan.n_captures += 1,
                    Kind::Other => scan.n_others += 1,
                    _ if !header.sop_uid.is_empty() && !instances.insert(header.sop_uid.clone()) => scan.n_copies += 1,
                    _ => scan.headers.push(Header { shown: file.below.clone(), ..*header }),
                }
            }
        }
    }
    let mask = |(below, reason, series_uid): (String, String, Option<String>)| Broken {
        shown: scan.secrets.mask(&below),
        reason,
        series_uid,
    };
    scan.broken = broken.into_iter().map(mask).collect();
    for header in &mut scan.headers {
        header.shown = scan.secrets.mask(&header.shown);
    }
    fill_unweighted(&mut scan.headers);
    if scan.headers.is_empty() && scan.broken.is_empty() {
        let place = roots.iter().map(|root| root.display().to_string()).collect::<Vec<_>>().join(", ");
        let found = match scan.left_out() {
            counts if counts.is_empty() => "it is empty".to_owned(),
            counts => format!("it holds {}", counts.join(", ")),
        };
        return Err(DicomError::Nothing { place, found });
    }
    Ok(scan)
}

/// Canon states a b-value only where a gradient is applied: in a series that has weighted images the others have b 0.
fn fill_unweighted(headers: &mut [Header]) {
    let is_weighted = |header: &&Header| header.frames.iter().any(|frame| frame.b.is_some_and(|b| b.value > 0.0));
    let of_canon = headers.iter().filter(|header| header.vendor == Vendor::Canon);
    let weighted: BTreeSet<String> = of_canon.filter(is_weighted).map(|header| header.series_uid.clone()).collect();
    for header in headers.iter_mut().filter(|header| weighted.contains(&header.series_uid)) {
        let is_map = |frame: &Frame| frame.image_type.iter().any(|word| super::roles::is_map(word));
        for frame in header.frames.iter_mut().filter(|frame| frame.b.is_none() && !is_map(frame)) {
            frame.b = Some(BValue { value: 0.0, source: "(0018,9087) absent: no gradient" });
        }
    }
}

/// A file with its path below the root it was found in.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    path: PathBuf,
    below: String,
}

fn collect(root: &Path, at: &Path, into: &mut Vec<Candidate>) -> io::Result<()> {
    if !std::fs::metadata(at)?.is_dir() {
        let below = at.strip_prefix(root).ok().filter(|below| !below.as_os_str().is_empty());
        let below = below.or_else(|| at.file_name().map(Path::new)).unwrap_or(at);
        into.push(Candidate { path: at.to_owned(), below: below.to_string_lossy().into_owned() });
        return Ok(());
    }
    for entry in std::fs::read_dir(at)? {
        let entry = entry?;
        // a link to a folder may lead in circles; links to files are followed
        if !(entry.file_type()?.is_symlink() && entry.path().is_dir()) {
            match collect(root, &entry.path(), into) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {} // a link to nowhere
                other => other?,
            }
        }
    }
    Ok(())
}

/// Most bytes that the DICOM reader takes ahead of what it has parsed.
const READ_AHEAD: u64 = 8192;

/// Counts what is read, to find where the header ends.
struct Counting<'a> {
    file: File,
    n: &'a AtomicU64,
}

impl Read for Counting<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read(into)?;
        self.n.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

fn read(path: &Path) -> Found {
    let broken = |reason: &str| Found::Broken { reason: reason.to_owned(), header: None };
    let Ok(mut file) = File::open(path) else { return broken("it cannot be opened") };
    let mut start = [0; 132];
    if file.read_exact(&mut start).is_err() || &start[128..] != b"DICM" {
        return Found::Foreign;
    }
    let n_bytes = file.metadata().map_or(0, |metadata| metadata.len());
    if file.seek(SeekFrom::Start(0)).is_err() {
        return broken("it cannot be read");
    }
    let n = AtomicU64::new(0);
    let reader = Counting { file, n: &n };
    // the reader's own words may quote values of the header, so they are not passed on
    let Ok(object) = OpenFileOptions::new().read_until(tags::PIXEL_DATA).from_reader(reader) else {
        return broken("its header is damaged, cut off or in a transfer syntax that is not read");
    };
    if object.meta().media_storage_sop_class_uid().trim_end_matches('\0') == tags::MEDIA_DIRECTORY {
        return Found::Directory;
    }
    let header = Header::of(&object, path.to_owned(), n_bytes);
    if matches!(header.kind, Kind::Image | Kind::Segmentation) {
        let n_read = n.into_inner();
        if let Some(reason) = missing_pixels(path, &header, n_read) {
            return Found::Broken { reason, header: Some(Box::new(header)) };
        }
    }
    Found::Header(Box::new(header))
}

/// Why a file does not hold all of its pixels; `None` where it does, or where they are compressed.
fn missing_pixels(path: &Path, header: &Header, n_read: u64) -> Option<String> {
    let expected = header.pixel_bytes();
    let truncated =
        |found: u64| Some(format!("it is truncated: {expected} bytes of pixels are announced, {found} are there"));
    if !is_native(&header.transfer_syntax) {
        // compressed pixels start after the header, whatever their length
        return (header.n_bytes <= n_read.saturating_sub(READ_AHEAD))
            .then(|| "it is cut off before its pixels".to_owned());
    }
    let from = n_read.saturating_sub(READ_AHEAD + 64);
    let mut window = Vec::new();
    let mut file = File::open(path).ok()?;
    file.seek(SeekFrom::Start(from)).ok()?;
    file.take(n_read - from).read_to_end(&mut window).ok()?;
    let tag: [u8; 4] =
        if is_big_endian(&header.transfer_syntax) { [0x7f, 0xe0, 0, 0x10] } else { [0xe0, 0x7f, 0x10, 0] };
    let Some(at) = window.windows(4).rposition(|four| four == tag) else {
        return Some("it is cut off before its pixels".to_owned());
    };
    let head = if header.transfer_syntax == IMPLICIT { 8 } else { 12 };
    let start = from + at as u64 + head;
    let found = header.n_bytes.saturating_sub(start);
    if found < expected { truncated(found) } else { None }
}

const IMPLICIT: &str = "1.2.840.10008.1.2";
const EXPLICIT: &str = "1.2.840.10008.1.2.1";
const EXPLICIT_BIG: &str = "1.2.840.10008.1.2.2";

/// Pixels stand in the file as they are.
pub(super) fn is_native(transfer_syntax: &str) -> bool {
    [IMPLICIT, EXPLICIT, EXPLICIT_BIG].contains(&transfer_syntax)
}

fn is_big_endian(transfer_syntax: &str) -> bool {
    transfer_syntax == EXPLICIT_BIG
}
