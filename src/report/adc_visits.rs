//! The quality-control picture of a change in ADC: both maps at one place, and the voxels that changed.
//!
//! Coronal and sagittal slices through what changed, else through what is compared: ADC at baseline and, on the same grid, at
//! follow-up, both in one window, and the baseline in grey with the voxels whose ADC fell or rose beyond repeatability. The
//! contour of the compared region is drawn on all three.

use super::ReportError;
use super::lang::Phrase;
use super::palette::{Palette, Window};
use super::panel::{AMBER, DIM, Panel, WHITE};
use super::sheet::Sheet;
use super::slice::{Plane, Slice};
use super::words::{Key, Line, Words, note};
use crate::error::Warning;
use crate::image::{Mask, Volume};
use crate::units::Unit;
use ndarray::ArrayView3;

/// Two visits on the grid of the baseline.
#[derive(Debug, Clone, Copy)]
pub struct AdcVisitsPicture<'a> {
    /// Title.
    pub title: &'a str,
    /// The change in numbers.
    pub facts: &'a [Phrase],
    /// What the reader must know.
    pub warnings: &'a [Warning],
    /// ADC at baseline and follow-up, um2/s.
    pub adc: [&'a Volume; 2],
    /// What is compared.
    pub region: &'a Mask,
    /// -1 fell, +1 rose, 0 neither.
    pub change: ArrayView3<'a, i32>,
}

const HEIGHT: usize = 420;
const ADC_WINDOW: Window = Window { low: 0.0, high: 2000.0 };
const REGION_ON_COLOUR: [u8; 3] = [80, 230, 255];
const REGION_ON_GREY: [u8; 3] = [225, 228, 235];
/// Told apart by the colour-blind (Okabe and Ito).
const FELL: [u8; 3] = [86, 180, 233];
const ROSE: [u8; 3] = [230, 159, 0];

/// The picture as a PNG file.
///
/// # Errors
/// [`ReportError::Empty`] where something lies on another number of voxels than the baseline.
pub fn adc_visits(picture: &AdcVisitsPicture) -> Result<Vec<u8>, ReportError> {
    let grid = &picture.adc[0].grid;
    let shapes = [picture.adc[1].data.shape(), picture.region.data.shape(), picture.change.shape()];
    if shapes.iter().any(|shape| *shape != grid.dims) {
        return Err(ReportError::Empty { what: "visits on different grids" });
    }
    let region = picture.region.data.as_slice_memory_order().unwrap_or_default();
    let is_inside = |voxel: usize| region.get(voxel).is_some_and(|inside| *inside);
    let moved = |voxel: usize| {
        let [nx, ny, _] = grid.dims;
        picture.change[[voxel % nx, voxel / nx % ny, voxel / nx / ny]]
    };
    let colour = |voxel: usize| match moved(voxel) {
        0 => None,
        change => Some(if change < 0 { FELL } else { ROSE }),
    };
    let row = |plane: Plane| -> Vec<Vec<Panel>> {
        // where most has changed, else where most is compared
        let n_changed = (0..region.len()).filter(|&voxel| moved(voxel) != 0).count();
        let is_shown = |voxel: &usize| if n_changed > 0 { moved(*voxel) != 0 } else { is_inside(*voxel) };
        let slice = Slice::through(grid, plane, (0..region.len()).filter(is_shown));
        let panel = |volume: &Volume, name: Phrase, palette, window, bar, contour| {
            let slice = Slice::of(grid, plane, slice.index);
            let mut panel = Panel::new(volume, slice, name, palette, window, bar);
            let outline = panel.slice.pixels(|voxel| u16::from(is_inside(voxel)));
            panel.contours.push((outline, contour));
            panel
        };
        let map = |n: usize, name, bar| panel(picture.adc[n], name, Palette::Magma, ADC_WINDOW, bar, REGION_ON_COLOUR);
        let mut change =
            panel(picture.adc[0], Phrase::of("change of ADC"), Palette::Grey, ADC_WINDOW, None, REGION_ON_GREY);
        change.fills = change.slice.pixels(colour);
        let unit = Some(Unit::Um2PerS);
        let panels = [map(0, Phrase::of("ADC, baseline"), None), map(1, Phrase::of("ADC, follow-up"), unit), change];
        panels.into_iter().map(|panel| vec![panel]).collect()
    };
    let rows = [row(Plane::Coronal), row(Plane::Sagittal)];
    let key = |swatch, phrase| Key { swatch: Some(swatch), line: Line::of(phrase, 12.5, DIM) };
    let mut head = vec![Line::of(picture.title, 19.0, WHITE), Line::new(picture.facts.to_vec(), 13.0, DIM)];
    head.extend(picture.warnings.iter().map(|warning| Line::of(Phrase::warning(warning), 12.0, AMBER)));
    let keys = vec![
        key(FELL, Phrase::of("ADC fell beyond repeatability")),
        key(ROSE, Phrase::of("ADC rose beyond repeatability")),
        note(Phrase::of("Contour: what is compared.")),
    ];
    let words = Words { head, captions: Vec::new(), keys };
    Sheet::of_rows(rows.map(|columns| (columns, HEIGHT)), words)?.png()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{Grid, filled};
    use crate::report::raster::decode_rgb;

    #[test]
    fn voxels_that_fell_or_rose_have_their_colours_where_they_are() {
        let grid = Grid::axis_aligned([20, 12, 30], [4.0; 3], [0.0; 3]);
        let adc = Volume::new(grid.clone(), filled(grid.dims, 700.0_f32));
        let mut inside = filled(grid.dims, false);
        let mut change = filled(grid.dims, 0_i32);
        for i in 4..16 {
            for k in 6..24 {
                inside[[i, 6, k]] = true;
                // the patient's right half fell (low indices are the left), the head end rose
                change[[i, 6, k]] = if i >= 10 { -1 } else { i32::from(k >= 15) };
            }
        }
        let region = Mask::new(grid.clone(), inside);
        let picture = AdcVisitsPicture {
            title: "two visits",
            facts: &[],
            warnings: &[],
            adc: [&adc, &adc],
            region: &region,
            change: change.view(),
        };
        let (drawn, words) = decode_rgb(&adc_visits(&picture).unwrap()).unwrap();
        let places = |colour: [u8; 3]| -> Vec<[usize; 2]> {
            let pixels = drawn.rgb.chunks_exact(3).enumerate().filter(|(_, pixel)| *pixel == colour);
            // the coronal row, without the swatches of the key
            pixels.map(|(n, _)| [n % drawn.width, n / drawn.width]).filter(|at| at[1] < 460).collect()
        };
        let (fell, rose) = (places(FELL), places(ROSE));
        let mean = |at: &[[usize; 2]], axis: usize| at.iter().map(|p| p[axis]).sum::<usize>() / at.len();
        assert!(fell.len() > 2 * rose.len() * 4 / 5 && rose.len() > 500, "{} {}", fell.len(), rose.len());
        assert!(mean(&fell, 0) < mean(&rose, 0), "patient's right on the left");
        assert!(mean(&rose, 1) < mean(&fell, 1), "the head is up");
        assert!(words.unwrap().contains("ADC, follow-up"));
        let other = Volume::new(Grid::axis_aligned([2; 3], [1.0; 3], [0.0; 3]), filled([2; 3], 0.0));
        assert!(adc_visits(&AdcVisitsPicture { adc: [&adc, &other], ..picture }).is_err());
    }
}
