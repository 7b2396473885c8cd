//! The quality-control picture of one session: what was measured, where, and whether the images can be believed.
//!
//! First row the Dixon images on the sagittal slice that holds most of the measured vertebrae: water, fat, fat fraction
//! in colour with a bar in percent, and the fat fraction once more on a coronal slice; contours of what was measured (not
//! fills) and the names of the vertebrae. Second row the in- and opposed-phase pair with the dropout ratio. Third row the
//! highest b-value and ADC, coronal and axial through the largest lesion area, with the outlines of tDV. Letters at the
//! borders come from the affine, bars give the scale, captions the slice number in file order; pixels have the true
//! aspect. Parts that a session lacks are left out.

use super::ReportError;
use super::lang::Phrase;
use super::panel::{AMBER, DIM, Outline, WHITE};
use super::sheet::Sheet;
use super::words::{Line, Words, note};
use crate::error::Warning;
use crate::image::{Labels, Mask, Volume};
use crate::units::Unit;
use plotters::style::RGBAColor;

mod diffusion;
mod dixon;

/// What there is to show of one session; every part may be missing.
#[derive(Debug, Clone, Copy, Default)]
pub struct SessionPicture<'a> {
    /// Title, e.g. `sub-001 baseline`.
    pub title: &'a str,
    /// Results under the title, e.g. `sFF L1–L5 12.3 %`.
    pub facts: &'a [Phrase],
    /// What the reader must know; a water-fat swap is shown in red on top.
    pub warnings: &'a [Warning],
    /// Water image.
    pub water: Option<&'a Volume>,
    /// Fat image.
    pub fat: Option<&'a Volume>,
    /// Fat fraction in percent.
    pub fat_fraction: Option<&'a Volume>,
    /// `sFF` or `PDFF`.
    pub fat_fraction_name: &'a str,
    /// In-phase image.
    pub in_phase: Option<&'a Volume>,
    /// Opposed-phase image.
    pub opposed_phase: Option<&'a Volume>,
    /// Dropout ratio in percent.
    pub dropout: Option<&'a Volume>,
    /// Another map with its name and unit, shown in grey; the regions of the Dixon grid are drawn on it.
    pub other: Option<(&'a str, &'a Volume, Unit)>,
    /// Regions measured on the Dixon grid, without pooled ones.
    pub dixon_regions: &'a [Outline<'a>],
    /// Image of the highest b-value.
    pub high_b: Option<&'a Volume>,
    /// That b-value in s/mm2.
    pub b_value: f64,
    /// ADC in um2/s.
    pub adc: Option<&'a Volume>,
    /// Lesions of tDV.
    pub lesions: Option<&'a Labels>,
    /// Bone in which tDV may lie.
    pub bone: Option<&'a Mask>,
    /// Regions measured on the grid of the diffusion images, without pooled ones.
    pub diffusion_regions: &'a [Outline<'a>],
}

/// Heights of the rows in pixels: fat fraction, phases, another map, diffusion.
const HEIGHTS: [usize; 4] = [380, 300, 380, 420];

const RED: RGBAColor = RGBAColor(255, 95, 85, 1.0);

/// The picture of one session as a PNG file.
///
/// # Errors
/// [`ReportError::Empty`] where the session has no image at all.
pub fn montage(session: &SessionPicture) -> Result<Vec<u8>, ReportError> {
    let rows =
        [dixon::fat_fraction(session), dixon::phases(session), dixon::other(session), diffusion::panels(session)];
    if rows.iter().all(Vec::is_empty) {
        return Err(ReportError::Empty { what: "a session without images" });
    }
    let key = note(Phrase::of(
        "Contours: yellow or white, what was measured; red or cyan, lesions counted in tDV; blue, bone mask.",
    ));
    let words = Words { head: heading(session), captions: Vec::new(), keys: vec![key] };
    Sheet::of_rows(rows.into_iter().zip(HEIGHTS), words)?.png()
}

/// Whether a warning says that water and fat may be exchanged.
fn is_swap(warning: &Warning) -> bool {
    warning.slug.contains("swap")
}

/// Title, alarms, facts and warnings.
fn heading(session: &SessionPicture) -> Vec<Line> {
    let (swaps, others): (Vec<&Warning>, _) = session.warnings.iter().partition(|warning| is_swap(warning));
    let alarm = |warning: &&Warning| {
        Line::of(Phrase::of("⚠ {message}").with("message", Phrase::Message((*warning).clone())), 15.0, RED)
    };
    let mut lines = vec![Line::of(session.title, 19.0, WHITE)];
    lines.extend(swaps.iter().map(alarm));
    lines.push(Line::new(session.facts.to_vec(), 13.0, DIM));
    lines.extend(others.iter().map(|warning| Line::of(Phrase::warning(warning), 12.0, AMBER)));
    lines
}

#[cfg(test)]
mod orientation;
#[cfg(test)]
mod tests;
