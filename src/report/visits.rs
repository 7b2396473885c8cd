//! The quality-control picture of two visits: does the follow-up lie where the baseline does?
//!
//! Coronal and sagittal slices of the baseline through the middle of what is compared; beside each the follow-up at the same
//! place as its header says, and after the motion that was found. The outline of the baseline's body and of the compared region
//! is drawn on all three: where the follow-up's tissue does not fill it, the visits do not match.

use super::ReportError;
use super::lang::Phrase;
use super::palette::{Palette, Window};
use super::panel::{AMBER, DIM, Panel, WHITE};
use super::sheet::Sheet;
use super::slice::{Plane, Slice};
use super::words::{Line, Words, note};
use crate::error::Warning;
use crate::image::{Mask, Volume};

/// Two visits; all images on the grid of the baseline.
#[derive(Debug, Clone, Copy)]
pub struct VisitsPicture<'a> {
    /// Title.
    pub title: &'a str,
    /// The motion, a line a part.
    pub facts: &'a [String],
    /// What the reader must know.
    pub warnings: &'a [Warning],
    /// The baseline.
    pub baseline: &'a Volume,
    /// The follow-up as its header says.
    pub before: &'a Volume,
    /// The follow-up after the motion.
    pub after: &'a Volume,
    /// What is compared.
    pub region: &'a Mask,
}

const HEIGHT: usize = 420;
const BODY: [u8; 3] = [255, 210, 60];
const REGION: [u8; 3] = [80, 230, 255];
/// Share of the display window's top above which a voxel is drawn as body.
const BODY_SHARE: f32 = 0.15;

/// The picture as a PNG file.
///
/// # Errors
/// [`ReportError::Empty`] where an image has another number of voxels than the baseline.
pub fn visits(picture: &VisitsPicture) -> Result<Vec<u8>, ReportError> {
    let grid = &picture.baseline.grid;
    let images = [picture.baseline, picture.before, picture.after];
    if images.iter().any(|image| image.data.shape() != grid.dims) || picture.region.data.shape() != grid.dims {
        return Err(ReportError::Empty { what: "visits on different grids" });
    }
    let region = picture.region.data.as_slice_memory_order().unwrap_or_default();
    let baseline = picture.baseline.data.as_slice_memory_order().unwrap_or_default();
    let body = BODY_SHARE * Window::of_signal(baseline.iter()).high;
    let inside = || region.iter().enumerate().filter(|(_, inside)| **inside).map(|(voxel, _)| voxel);
    let names =
        || [Phrase::of("baseline scan"), Phrase::of("follow-up as scanned"), Phrase::of("follow-up registered")];
    let row = |plane: Plane| -> Vec<Vec<Panel>> {
        let slice = Slice::through(grid, plane, inside());
        let panel = |(image, name): (&&Volume, Phrase)| {
            let window = Window::of_signal(image.data.iter());
            let slice = Slice::of(grid, plane, slice.index);
            let mut panel = Panel::new(image, slice, name, Palette::Grey, window, None);
            let outline = panel.slice.pixels(|voxel| u16::from(baseline.get(voxel).is_some_and(|v| *v > body)));
            let compared = panel.slice.pixels(|voxel| u16::from(region.get(voxel).is_some_and(|v| *v)));
            panel.contours.extend([(outline, BODY), (compared, REGION)]);
            vec![panel]
        };
        images.iter().zip(names()).map(panel).collect()
    };
    let rows = [row(Plane::Coronal), row(Plane::Sagittal)];
    let key = Phrase::of("Contours, the same in all pictures: yellow, body at baseline; cyan, what is compared.");
    let words = Words { head: heading(picture), captions: Vec::new(), keys: vec![note(key)] };
    Sheet::of_rows(rows.map(|columns| (columns, HEIGHT)), words)?.png()
}

/// Title, the motion and warnings.
fn heading(picture: &VisitsPicture) -> Vec<Line> {
    let mut head = vec![Line::of(Phrase::word(picture.title), 19.0, WHITE)];
    head.extend(picture.facts.iter().map(|fact| Line::of(&**fact, 13.0, DIM)));
    head.extend(picture.warnings.iter().map(|warning| Line::of(Phrase::warning(warning), 12.0, AMBER)));
    head
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{Grid, filled};

    #[test]
    fn the_picture_changes_with_the_motion_and_other_grids_are_refused() {
        let grid = Grid::axis_aligned([20, 12, 30], [4.0; 3], [0.0; 3]);
        let block = |from: usize| {
            let mut data = filled(grid.dims, 0.0_f32);
            data.indexed_iter_mut()
                .filter(|((i, j, k), _)| (from..from + 8).contains(i) && (2..9).contains(j) && (4..26).contains(k))
                .for_each(|(_, v)| *v = 100.0);
            Volume::new(grid.clone(), data)
        };
        let mut inside = filled(grid.dims, false);
        inside[[8, 5, 15]] = true;
        let region = Mask::new(grid.clone(), inside);
        let (baseline, moved) = (block(4), block(9));
        let picture = VisitsPicture {
            title: "two visits",
            facts: &["whole: 20.0 0.0 0.0 mm".to_owned()],
            warnings: &[],
            baseline: &baseline,
            before: &moved,
            after: &baseline,
            region: &region,
        };
        let png = visits(&picture).unwrap();
        assert_eq!(&png[..4], b"\x89PNG");
        assert_ne!(png, visits(&VisitsPicture { after: &moved, ..picture }).unwrap());
        let other = Volume::new(Grid::axis_aligned([2; 3], [1.0; 3], [0.0; 3]), filled([2; 3], 0.0));
        assert!(visits(&VisitsPicture { after: &other, ..picture }).is_err());
    }
}
