//! `--qc-dir`: the quality picture of an image command, drawn by the code that draws those of a study.

use super::args::OutArgs;
use super::region_input::file_name;
use super::region_rows::RegionRow;
use crate::error::Result;
use crate::image::{Overwrite, check_absent, image_stem, write_bytes_atomically};
use crate::region::Region;
use crate::report::{Outline, Phrase, ReportError, SessionPicture, montage};
use clap::Args;
use std::path::{Path, PathBuf};

/// Where quality pictures go.
#[derive(Debug, Clone, Args)]
pub struct QcArgs {
    /// Also draw what was made and where it was measured, with orientation, scale and warnings: DIR/NAME_COMMAND.png, NAME
    /// from the prefix, else from the image
    #[arg(long, value_name = "DIR")]
    qc_dir: Option<PathBuf>,
}

/// The picture that was asked for.
#[derive(Debug)]
pub struct QcPicture {
    path: PathBuf,
    title: String,
    overwrite: Overwrite,
}

impl QcArgs {
    /// The picture that `command` has to draw, if any; proved not to exist before any work.
    ///
    /// # Errors
    /// [`crate::image::ImageError::Exists`] where it exists and `--force` was not given.
    pub fn picture(&self, out: &OutArgs, image: &Path, command: &str) -> Result<Option<QcPicture>> {
        let Some(folder) = &self.qc_dir else { return Ok(None) };
        let name = out.out.as_deref().map_or_else(|| file_name(&image_stem(image)), file_name);
        let path = folder.join(format!("{name}_{command}.png"));
        check_absent([&path], out.overwrite())?;
        Ok(Some(QcPicture { path, title: format!("{name} {command}"), overwrite: out.overwrite() }))
    }
}

impl QcPicture {
    /// Its title: the images and the command.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Draws and writes it; the title is that of the command.
    ///
    /// # Errors
    /// Where there is nothing to draw or the file cannot be written.
    pub fn write(&self, session: SessionPicture<'_>) -> Result<()> {
        self.save(&montage(&SessionPicture { title: &self.title, ..session })?)
    }

    /// Writes a picture that was drawn.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn save(&self, png: &[u8]) -> Result<()> {
        let folder = self.path.parent().unwrap_or(Path::new(""));
        std::fs::create_dir_all(folder).map_err(|source| ReportError::Write { path: folder.to_owned(), source })?;
        Ok(write_bytes_atomically(&self.path, png, self.overwrite)?)
    }
}

/// Regions to draw: single vertebrae, not what pools them; a mask is drawn as it is.
pub fn outlines(regions: &[Region]) -> Vec<Outline<'_>> {
    let single: Vec<&Region> = regions.iter().filter(|region| !region.is_pooled).collect();
    let shown = if single.is_empty() { regions.iter().collect() } else { single };
    shown.into_iter().map(|region| Outline { name: &region.name, voxels: &region.voxels }).collect()
}

/// The mean of a measure in the first region, which is the pooled one where there is one.
pub fn fact(measure: &str, rows: &[RegionRow]) -> Vec<Phrase> {
    let phrase = |row: &RegionRow| Phrase::fact(measure, Some(&row.region), row.unit.show(row.statistics.mean));
    rows.first().filter(|row| row.statistics.mean.is_finite()).map(phrase).into_iter().collect()
}
