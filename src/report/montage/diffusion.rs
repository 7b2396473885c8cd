//! The row of the diffusion images: the highest b-value and ADC, with what was counted in tDV.

use super::SessionPicture;
use crate::image::Volume;
use crate::report::lang::Phrase;
use crate::report::palette::{Palette, Window};
use crate::report::panel::Panel;
use crate::report::slice::{Plane, Slice};
use crate::units::Unit;

const ADC_WINDOW: Window = Window { low: 0.0, high: 2000.0 };
const VERTEBRA: [u8; 3] = [255, 255, 255];
const LESION_ON_GREY: [u8; 3] = [255, 70, 60];
const LESION_ON_COLOUR: [u8; 3] = [80, 230, 255];
const BONE: [u8; 3] = [70, 110, 165];

/// High b and ADC: two coronal columns, then the axial pair.
pub(super) fn panels<'a>(session: &SessionPicture<'a>) -> Vec<Vec<Panel>> {
    let Some(reference) = session.high_b.or(session.adc) else { return Vec::new() };
    let grid = &reference.grid;
    let lesions = session.lesions.filter(|map| map.grid.dims == grid.dims);
    let lesion_values = lesions.and_then(|map| map.data.as_slice_memory_order());
    let bone = session.bone.filter(|mask| mask.grid.dims == grid.dims);
    let bone_values = bone.and_then(|mask| mask.data.as_slice_memory_order());
    let in_lesions =
        || lesion_values.into_iter().flatten().enumerate().filter(|(_, v)| **v > 0).map(|(voxel, _)| voxel);
    let in_bone = || bone_values.into_iter().flatten().enumerate().filter(|(_, v)| **v).map(|(voxel, _)| voxel);
    let in_regions =
        || session.diffusion_regions.iter().flat_map(|region| region.voxels.iter().map(|&voxel| voxel as usize));
    let through = |plane| match (in_lesions().next(), bone) {
        (Some(_), _) => Slice::through(grid, plane, in_lesions()),
        (None, Some(_)) => Slice::through(grid, plane, in_bone()),
        (None, None) => Slice::through(grid, plane, in_regions()),
    };
    let panel = |volume: &'a Volume, slice: &Slice, name: Phrase, palette, window, bar| {
        let same_grid = volume.grid.dims == grid.dims;
        let slice = Slice::of(&volume.grid, slice.plane, slice.index);
        let mut panel = Panel::new(volume, slice, name, palette, window, bar);
        if same_grid {
            let label = |voxel: usize| lesion_values.map_or(0, |v| v[voxel].clamp(0, i32::from(u16::MAX)) as u16);
            let on_grey = palette != Palette::Magma;
            if on_grey {
                let inside = |voxel: usize| bone_values.map_or(0, |v| u16::from(v[voxel]));
                panel.contours.push((panel.slice.pixels(inside), BONE));
            } else {
                panel.outline(session.diffusion_regions, VERTEBRA);
                // a whole body leaves no room for names
                if lesions.is_some() || bone.is_some() {
                    panel.names.clear();
                }
            }
            let colour = if on_grey { LESION_ON_GREY } else { LESION_ON_COLOUR };
            panel.contours.push((panel.slice.pixels(label), colour));
        }
        panel
    };
    let (coronal, axial) = (through(Plane::Coronal), through(Plane::Axial));
    let signal = session.high_b.map(|volume| {
        let window = Window::of_volume(volume);
        let name = Phrase::from(format!("b = {} {}", session.b_value, Unit::SPerMm2.typeset()));
        move |slice: &Slice| panel(volume, slice, name.clone(), Palette::InvertedGrey, window, None)
    });
    let adc = session.adc.map(|volume| {
        move |slice: &Slice, bar| panel(volume, slice, Phrase::of("ADC"), Palette::Magma, ADC_WINDOW, bar)
    });
    let columns = [
        signal.iter().map(|draw| draw(&coronal)).collect::<Vec<_>>(),
        adc.iter().map(|draw| draw(&coronal, None)).collect(),
        signal
            .iter()
            .map(|draw| draw(&axial))
            .chain(adc.iter().map(|draw| draw(&axial, Some(Unit::Um2PerS))))
            .collect(),
    ];
    columns.into_iter().filter(|column| !column.is_empty()).collect()
}
