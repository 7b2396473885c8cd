//! The rows of the Dixon images: fat fraction, and the in- and opposed-phase pair.

use super::{SessionPicture, is_swap};
use crate::image::{Grid, Volume};
use crate::report::lang::Phrase;
use crate::report::palette::{Palette, Window};
use crate::report::panel::Panel;
use crate::report::slice::{Plane, Slice};
use crate::units::Unit;

const PERCENT_WINDOW: Window = Window { low: 0.0, high: 100.0 };
const ON_GREY: [u8; 3] = [255, 210, 60];
const ON_COLOUR: [u8; 3] = [255, 255, 255];

/// The two slices that hold most of the measured vertebrae, of all images that lie on one grid.
struct Cut<'a> {
    session: &'a SessionPicture<'a>,
    grid: &'a Grid,
}

impl<'a> Cut<'a> {
    fn slice(&self, plane: Plane) -> Slice {
        let regions = self.session.dixon_regions.iter();
        Slice::through(self.grid, plane, regions.flat_map(|region| region.voxels.iter().map(|&voxel| voxel as usize)))
    }

    /// One picture; regions are drawn on images of the grid that they were measured on.
    fn panel(&self, volume: &Volume, slice: &Slice, name: Phrase, look: (Palette, Window, Option<Unit>)) -> Panel {
        let (palette, window, bar) = look;
        let slice = Slice::of(&volume.grid, slice.plane, slice.index);
        let mut panel = Panel::new(volume, slice, name, palette, window, bar);
        if volume.grid.dims == self.grid.dims {
            panel.outline(self.session.dixon_regions, if palette == Palette::Grey { ON_GREY } else { ON_COLOUR });
        }
        panel
    }

    /// A grey picture, without names.
    fn grey(&self, volume: &Volume, slice: &Slice, name: Phrase, window: Window) -> Panel {
        let mut grey = self.panel(volume, slice, name, (Palette::Grey, window, None));
        grey.names.clear();
        grey
    }
}

/// Water, fat and fat fraction on one sagittal slice, then the fat fraction on a coronal one. Where an exchange of water
/// and fat is suspected, the three have a red frame.
pub(super) fn fat_fraction<'a>(session: &'a SessionPicture<'a>) -> Vec<Vec<Panel>> {
    let Some(reference) = session.fat_fraction.or(session.water).or(session.fat) else { return Vec::new() };
    let cut = Cut { session, grid: &reference.grid };
    let (sagittal, coronal) = (cut.slice(Plane::Sagittal), cut.slice(Plane::Coronal));
    let grey = |volume, name| cut.grey(volume, &sagittal, name, Window::of_volume(volume));
    let mut panels: Vec<Panel> = Vec::new();
    panels.extend(session.water.map(|volume| grey(volume, Phrase::of("water"))));
    panels.extend(session.fat.map(|volume| grey(volume, Phrase::of("fat"))));
    let name = Phrase::from(session.fat_fraction_name);
    let colour = |volume, slice, bar| cut.panel(volume, slice, name.clone(), (Palette::Viridis, PERCENT_WINDOW, bar));
    panels.extend(session.fat_fraction.map(|volume| colour(volume, &sagittal, None)));
    let is_alarmed = session.warnings.iter().any(is_swap);
    panels.iter_mut().for_each(|panel| panel.is_alarmed = is_alarmed);
    panels.extend(session.fat_fraction.map(|volume| colour(volume, &coronal, Some(Unit::Percent))));
    panels.into_iter().map(|panel| vec![panel]).collect()
}

/// The in- and the opposed-phase image in one window, so that a loss of signal is seen as such, and the dropout ratio.
pub(super) fn phases<'a>(session: &'a SessionPicture<'a>) -> Vec<Vec<Panel>> {
    let Some(reference) = session.in_phase.or(session.opposed_phase).or(session.dropout) else { return Vec::new() };
    let cut = Cut { session, grid: &reference.grid };
    let sagittal = cut.slice(Plane::Sagittal);
    let window = Window::of_volume(reference);
    let mut panels: Vec<Panel> = Vec::new();
    panels.extend(session.in_phase.map(|volume| cut.grey(volume, &sagittal, Phrase::of("in phase"), window)));
    panels.extend(session.opposed_phase.map(|volume| cut.grey(volume, &sagittal, Phrase::of("opposed phase"), window)));
    let look = (Palette::Viridis, PERCENT_WINDOW, Some(Unit::Percent));
    panels.extend(session.dropout.map(|volume| cut.panel(volume, &sagittal, Phrase::of("Dropout ratio"), look)));
    panels.into_iter().map(|panel| vec![panel]).collect()
}

/// Any other map on the sagittal and the coronal slice.
pub(super) fn other<'a>(session: &'a SessionPicture<'a>) -> Vec<Vec<Panel>> {
    let Some((name, volume, unit)) = session.other else { return Vec::new() };
    let cut = Cut { session, grid: &volume.grid };
    let look = |bar| (Palette::Grey, Window::of_volume(volume), bar);
    let panel = |plane, bar| cut.panel(volume, &cut.slice(plane), name.into(), look(bar));
    vec![vec![panel(Plane::Sagittal, None)], vec![panel(Plane::Coronal, Some(unit))]]
}
