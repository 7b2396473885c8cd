//! Projections, colours of the classes and their volumes, on bodies that differ along every axis.

use super::*;
use crate::image::{Grid, filled};
use crate::region::windows;
use crate::report::Lang;

const DIMS: [usize; 3] = [10, 6, 20];

fn grid(signs: [f64; 3]) -> Grid {
    Grid::new(DIMS, [[4.0 * signs[0], 0.0, 0.0, 0.0], [0.0, 8.0 * signs[1], 0.0, 0.0], [0.0, 0.0, 5.0 * signs[2], 0.0]])
}

/// Signal 10 with one bright voxel; two lesion voxels, of low and of high ADC.
fn images(grid: &Grid) -> (Volume, Volume, Labels) {
    let (mut signal, mut adc) = (filled(DIMS, 10.0_f32), filled(DIMS, 1000.0_f32));
    let mut lesions = filled(DIMS, 0_i32);
    signal[[2, 1, 15]] = 100.0;
    for (at, value) in [([2, 1, 15], 500.0), ([7, 4, 3], 1800.0)] {
        lesions[at] = 1;
        adc[at] = value;
    }
    let lesions = Labels { grid: grid.clone(), data: lesions, source: Default::default() };
    (Volume::new(grid.clone(), signal), Volume::new(grid.clone(), adc), lesions)
}

#[test]
fn a_projection_keeps_the_brightest_and_its_place_whatever_the_axes_point_to() {
    for signs in [[1.0, 1.0, 1.0], [-1.0, 1.0, 1.0], [1.0, -1.0, 1.0], [1.0, 1.0, -1.0], [-1.0, -1.0, -1.0]] {
        let grid = grid(signs);
        let (signal, adc, lesions) = images(&grid);
        let visit = Visit { name: "baseline", facts: &[], high_b: &signal, adc: &adc, lesions: &lesions, classes: &[] };
        for plane in [Plane::Coronal, Plane::Sagittal] {
            let panel = projection(&visit, plane);
            let across = panel.slice.size[0];
            let brightest = panel.values.iter().position(|&value| value == 100.0).unwrap();
            let (x, y) = (brightest % across, brightest / across);
            // patient's right and anterior are on the left of the picture, the head is up
            let (index, n, sign) = if plane == Plane::Coronal { (2, 10, signs[0]) } else { (1, 6, signs[1]) };
            assert_eq!(x, if sign > 0.0 { n - 1 - index } else { index }, "{plane:?} {signs:?}");
            assert_eq!(y, if signs[2] > 0.0 { 19 - 15 } else { 15 }, "{plane:?} {signs:?}");
            let fills: Vec<[u8; 3]> = panel.fills.iter().flatten().copied().collect();
            assert_eq!(fills.len(), 2);
            assert_eq!(panel.fills[brightest], Some(CLASS_COLOURS[0]), "ADC 500 um2/s");
        }
    }
}

#[test]
fn the_key_gives_the_volume_of_each_class_at_each_visit() {
    let grid = grid([1.0; 3]);
    let (signal, adc, lesions) = images(&grid);
    let classes = windows(&[500.0, 1800.0, 1900.0], &ADC_CLASSES_UM2_S, 0.75);
    let visit =
        Visit { name: "baseline", facts: &[], high_b: &signal, adc: &adc, lesions: &lesions, classes: &classes };
    let said = |visits: &[Visit], lang| -> Vec<String> {
        let picture = SubjectPicture { title: "sub-1", b_value: 900.0, visits };
        key(&picture).iter().map(|key| key.line.said(lang)).collect()
    };
    let visits = [visit, Visit { name: "cycle2", ..visit }];
    let [english, japanese] = Lang::ALL.map(|lang| said(&visits, lang));
    assert_eq!(
        english[..3],
        [
            "ADC below 655 µm²/s: baseline 0.8 mL, cycle2 0.8 mL",
            "655 to 1400 µm²/s: baseline 0.0 mL, cycle2 0.0 mL",
            "1400 µm²/s and above: baseline 1.5 mL, cycle2 1.5 mL"
        ]
    );
    assert_eq!(japanese[0], "ADC 655 µm²/s未満：baseline 0.8 mL、cycle2 0.8 mL");
    // volumes that nobody recorded are not said to be nothing
    let unknown = said(&[Visit { classes: &[], ..visit }], Lang::En);
    assert_eq!(unknown[..2], ["ADC below 655 µm²/s", "655 to 1400 µm²/s"]);
}

#[test]
fn a_border_belongs_to_the_class_above_and_no_visit_is_refused() {
    assert_eq!([class(654.5), class(655.0), class(1399.5), class(1400.0)], [0, 1, 1, 2]);
    assert!(whole_body(&SubjectPicture { title: "sub-1", b_value: 900.0, visits: &[] }).is_err());
}
