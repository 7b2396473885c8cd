//! What can go wrong with DICOM: the words for it, each with what to do.

use crate::error::{Exit, Failure};
use crate::image::ImageError;

/// A failure of reading or converting DICOM. Carries no identity: paths are masked, values of free text are not shown.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DicomError {
    /// Nothing to import.
    #[error("no DICOM image in {place}: {found}")]
    Nothing {
        /// What was searched.
        place: String,
        /// What is there instead.
        found: String,
    },
    /// A folder or file that was given cannot be read.
    #[error("cannot read {place}: {reason}")]
    Unreadable {
        /// As the user gave it.
        place: String,
        /// What the system said.
        reason: String,
    },
    /// Images of one series do not make volumes, or segments no label map.
    #[error("{reason}")]
    Stack {
        /// Stable identifier.
        slug: &'static str,
        /// What is wrong.
        reason: String,
        /// What to do.
        remedy: &'static str,
    },
    /// A converter was asked for and is not there.
    #[error("dcm2niix cannot be run: {reason}")]
    NoConverter {
        /// What the system said.
        reason: String,
    },
    /// dcm2niix ran and did not give the one image that the headers announce.
    #[error("dcm2niix did not give the image that the headers announce: {reason}")]
    Converter {
        /// What differs.
        reason: String,
    },
    /// dcm2niix failed, and this program does not know this kind of file.
    #[error("neither dcm2niix ({reason}) nor the built-in converter reads {what}")]
    Neither {
        /// What differs in dcm2niix's image.
        reason: String,
        /// What it is.
        what: String,
    },
    /// The program's own conversion does not know this kind of file.
    #[error("the built-in converter does not read {what}")]
    Unknown {
        /// What it is.
        what: String,
    },
    /// Pixels that cannot be decoded.
    #[error("the pixels cannot be decoded: {reason}")]
    Pixels {
        /// Which file, masked, and why.
        reason: String,
    },
    /// A segmentation or structure set that does not lie on its images.
    #[error("{reason}")]
    Drawing {
        /// What is wrong.
        reason: String,
    },
    /// A file that was written or read as NIfTI.
    #[error(transparent)]
    Image(#[from] ImageError),
}

impl DicomError {
    /// Images that do not make volumes.
    pub(super) fn stack(slug: &'static str, reason: impl Into<String>, remedy: &'static str) -> DicomError {
        DicomError::Stack { slug, reason: reason.into(), remedy }
    }
}

impl Failure for DicomError {
    fn slug(&self) -> &'static str {
        match self {
            DicomError::Nothing { .. } => "no-dicom",
            DicomError::Unreadable { .. } => "unreadable-dicom",
            DicomError::Stack { slug, .. } => slug,
            DicomError::NoConverter { .. } => "no-dcm2niix",
            DicomError::Converter { .. } | DicomError::Neither { .. } => "conversion-failed",
            DicomError::Unknown { .. } => "unknown-dicom",
            DicomError::Pixels { .. } => "unreadable-pixels",
            DicomError::Drawing { .. } => "mask-off-image",
            DicomError::Image(e) => e.slug(),
        }
    }

    fn exit(&self) -> Exit {
        match self {
            DicomError::NoConverter { .. } => Exit::Usage,
            DicomError::Stack { .. } | DicomError::Drawing { .. } => Exit::Mismatch,
            DicomError::Image(e) => e.exit(),
            _ => Exit::Unreadable,
        }
    }

    fn remedy(&self) -> Option<String> {
        Some(match self {
            DicomError::Nothing { .. } => "give the folder that the scanner or the archive exported".to_owned(),
            DicomError::Unreadable { .. } => "check the path and its permissions".to_owned(),
            DicomError::Stack { remedy, .. } => (*remedy).to_owned(),
            DicomError::NoConverter { .. } => {
                "install dcm2niix (Debian, conda, PyPI), give its place with --dcm2niix, or pass --converter builtin"
                    .to_owned()
            }
            DicomError::Converter { .. } => {
                "pass --converter builtin for simple series, or export the series again".to_owned()
            }
            DicomError::Unknown { .. } => {
                "convert it with dcm2niix (--converter dcm2niix), or export the series again, uncompressed".to_owned()
            }
            DicomError::Neither { .. } | DicomError::Pixels { .. } => {
                "export the series again, uncompressed (Explicit VR Little Endian) and unencrypted".to_owned()
            }
            DicomError::Drawing { .. } => "export it again together with the series that it is drawn on".to_owned(),
            DicomError::Image(e) => return e.remedy(),
        })
    }
}
