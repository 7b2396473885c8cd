//! Files that appear whole or not at all, and never over an older one unasked.
//!
//! A file is written beside its place under a temporary name and then renamed, so that a full disk or a killed
//! program leaves neither half a file nor a lost old one.

use super::ImageError;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

/// What to do where an output exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overwrite {
    /// Refuse.
    Refuse,
    /// Replace it (`--force`).
    Force,
}

impl Overwrite {
    /// From the flag `--force`.
    pub fn from_force(force: bool) -> Self {
        if force { Overwrite::Force } else { Overwrite::Refuse }
    }
}

/// Proof, before any work, that no output exists yet or that it may be replaced.
///
/// # Errors
/// [`ImageError::Exists`] for the first that does.
pub fn check_absent<P: AsRef<Path>>(
    paths: impl IntoIterator<Item = P>,
    overwrite: Overwrite,
) -> Result<(), ImageError> {
    if overwrite == Overwrite::Force {
        return Ok(());
    }
    match paths.into_iter().find(|path| path.as_ref().exists()) {
        Some(path) => Err(ImageError::Exists { path: path.as_ref().to_owned() }),
        None => Ok(()),
    }
}

/// Writes a whole file; missing folders are made.
///
/// # Errors
/// [`ImageError::Exists`] or [`ImageError::Write`].
pub fn write_bytes_atomically(path: &Path, content: &[u8], overwrite: Overwrite) -> Result<(), ImageError> {
    write_atomically(path, overwrite, |file| file.write_all(content).map_err(|error| failed(path, &error)))
}

/// Writes a file with `fill`; missing folders are made.
///
/// # Errors
/// [`ImageError::Exists`], [`ImageError::Write`], or what `fill` returns.
pub(super) fn write_atomically(
    path: &Path,
    overwrite: Overwrite,
    fill: impl FnOnce(&mut File) -> Result<(), ImageError>,
) -> Result<(), ImageError> {
    check_absent([path], overwrite)?;
    let failed = |error: std::io::Error| failed(path, &error);
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    fs::create_dir_all(&folder).map_err(failed)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".myelomri-").suffix(".part");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // as for any new file; the user's umask takes its part away
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut part = builder.tempfile_in(&folder).map_err(failed)?;
    fill(part.as_file_mut())?;
    let renamed = match overwrite {
        Overwrite::Refuse => part.persist_noclobber(path),
        Overwrite::Force => part.persist(path),
    };
    match renamed {
        Ok(_) => {
            tracing::info!("wrote {}", path.display());
            Ok(())
        }
        Err(e) if e.error.kind() == std::io::ErrorKind::AlreadyExists => {
            Err(ImageError::Exists { path: path.to_owned() })
        }
        Err(e) => Err(failed(e.error)),
    }
}

/// A write that failed.
pub(super) fn failed(path: &Path, error: &std::io::Error) -> ImageError {
    ImageError::Write { path: path.to_owned(), reason: error.to_string() }
}

/// Writes a whole text file; missing folders are made.
///
/// # Errors
/// [`ImageError::Exists`] or [`ImageError::Write`].
pub fn write_text_atomically(path: &Path, text: &str, overwrite: Overwrite) -> Result<(), ImageError> {
    write_bytes_atomically(path, text.as_bytes(), overwrite)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_to_replace_and_leaves_no_rubbish() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new").join("a.txt");
        write_text_atomically(&path, "one", Overwrite::Refuse).unwrap();
        let again = write_text_atomically(&path, "two", Overwrite::Refuse);
        assert!(matches!(again, Err(ImageError::Exists { .. })));
        assert_eq!(fs::read_to_string(&path).unwrap(), "one");
        write_text_atomically(&path, "two", Overwrite::Force).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }
}
