//! What a viewer shows lies where it lies in the body, keeps its values, and stays small.

use super::packed::{MAPS, Packed};
use super::*;
use crate::image::{Grid, Labels, Stored, Volume, filled, write_labels, write_volume};

const DIMS: [usize; 3] = [4, 6, 5];

/// RAS+ signs of the voxel axes.
fn grid(signs: [f64; 3]) -> Grid {
    Grid::new(DIMS, [[2.0 * signs[0], 0.0, 0.0, 0.0], [0.0, 3.0 * signs[1], 0.0, 0.0], [0.0, 0.0, 5.0 * signs[2], 0.0]])
}

fn kind(name: &str) -> &'static Kind {
    MAPS.iter().find(|kind| kind.name == name).unwrap()
}

#[test]
fn steps_run_from_right_to_left_from_anterior_to_posterior_and_downwards_whatever_the_file_does() {
    for signs in [[1.0, 1.0, 1.0], [-1.0, 1.0, 1.0], [1.0, -1.0, 1.0], [1.0, 1.0, -1.0], [-1.0, -1.0, -1.0]] {
        let mut data = filled(DIMS, f32::NAN);
        data[[1, 4, 3]] = 100.0;
        data[[0, 0, 0]] = 0.0;
        let mut packed = kind("PDFF").of_volume(&Volume::new(grid(signs), data));
        packed.pack();
        let (size, spacing_mm, file) = packed.shape();
        assert_eq!((size, spacing_mm), (DIMS, [2.0, 3.0, 5.0]));
        let place = |voxel: [usize; 3]| -> usize {
            let along = |axis: usize| if signs[axis] > 0.0 { DIMS[axis] - 1 - voxel[axis] } else { voxel[axis] };
            along(0) + DIMS[0] * (along(1) + DIMS[1] * along(2))
        };
        let steps = packed.unpacked();
        assert_eq!((steps[place([1, 4, 3])], steps[place([0, 0, 0])]), (255, 1), "{signs:?}");
        assert_eq!(steps.iter().filter(|&&step| step == 0).count(), 4 * 6 * 5 - 2, "missing values are step 0");
        for axis in 0..3 {
            let n = DIMS[axis] as i64;
            assert_eq!(file[axis], if signs[axis] > 0.0 { [n, -1, n] } else { [1, 1, n] }, "{signs:?}");
        }
    }
}

#[test]
fn a_voxel_of_a_packed_map_lies_in_the_body_where_it_was_measured() {
    let turned = Grid::new(DIMS, [[0.0, 0.0, 5.0, -7.0], [-2.0, 0.0, 0.0, 11.0], [0.3, -3.0, 0.0, 40.0]]);
    for grid in [grid([1.0, -1.0, 1.0]), grid([-1.0, -1.0, -1.0]), turned] {
        let mut data = filled(DIMS, 10.0_f32);
        data[[1, 4, 3]] = 100.0;
        let expected = grid.world_mm([1.0, 4.0, 3.0]);
        let mut packed = kind("PDFF").of_volume(&Volume::new(grid, data));
        packed.pack();
        let (size, ..) = packed.shape();
        let at = packed.unpacked().iter().position(|&step| step == 255).unwrap();
        let place = [at % size[0], at / size[0] % size[1], at / size[0] / size[1]].map(|n| n as f64);
        let before = packed.affine();
        for row in 0..3 {
            let found = (0..3).map(|axis| before[row][axis] * place[axis]).sum::<f64>() + before[row][3];
            assert!((found - expected[row]).abs() < 1e-9, "{found} for {}", expected[row]);
        }
        // the middle of a pair of voxels lies between them
        packed.coarsen();
        let after = packed.affine();
        for row in 0..3 {
            let moved: f64 = (0..3).map(|axis| 0.5 * (after[row][axis] - before[row][axis])).sum();
            assert!((after[row][3] - before[row][3] - moved).abs() < 1e-9);
        }
    }
}

#[test]
fn a_step_is_within_half_a_step_of_its_value() {
    let mut data = filled(DIMS, 0.0_f32);
    data.iter_mut().enumerate().for_each(|(n, value)| *value = n as f32 * 25.0 - 10.0);
    let mut packed = kind("ADC").of_volume(&Volume::new(grid([-1.0; 3]), data.clone()));
    packed.pack();
    for (step, value) in packed.unpacked().into_iter().zip(data.as_slice_memory_order().unwrap()) {
        let back = 3000.0 * (f32::from(step) - 1.0) / 254.0;
        assert!((back - value.clamp(0.0, 3000.0)).abs() <= 0.51 * 3000.0 / 254.0, "{value} became {back}");
    }
}

#[test]
fn coarser_maps_are_averages_and_coarser_lesions_keep_every_voxel() {
    let mut data = filled(DIMS, f32::NAN);
    (data[[0, 0, 0]], data[[1, 0, 0]], data[[2, 0, 0]]) = (20.0, 40.0, 60.0);
    let mut packed = kind("sFF").of_volume(&Volume::new(grid([-1.0; 3]), data));
    packed.coarsen();
    packed.pack();
    let (size, spacing_mm, _) = packed.shape();
    // 2 mm is the finest side, 3 mm not far above it, 5 mm is
    assert_eq!((size, spacing_mm), ([2, 6, 5], [4.0, 3.0, 5.0]));
    let steps = packed.unpacked();
    let value = |step: u8| 100.0 * (f64::from(step) - 1.0) / 254.0;
    assert!((value(steps[0]) - 30.0).abs() < 0.5 && (value(steps[1]) - 60.0).abs() < 0.5);
    let mut lesions = filled(DIMS, 0);
    lesions[[3, 2, 1]] = 7;
    let mut packed = Packed::of_labels(&Labels { grid: grid([-1.0; 3]), data: lesions, source: PathBuf::new() });
    packed.coarsen();
    packed.pack();
    assert_eq!(
        packed.unpacked().iter().enumerate().filter(|(_, s)| **s == 1).map(|(n, _)| n).collect::<Vec<_>>(),
        [17]
    );
}

#[test]
fn a_page_is_written_for_each_patient_and_stays_small_however_large_the_maps() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path();
    let dims = [200, 200, 70];
    let grid = Grid::axis_aligned(dims, [1.5, 1.5, 5.0], [0.0; 3]);
    let mut data = filled(dims, 0.0_f32);
    // numbers that do not pack: a linear congruential sequence
    let mut state = 7_u64;
    for value in data.iter_mut() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        *value = 2500.0 * (state >> 40) as f32 / (1 << 24) as f32;
    }
    let maps = out.join("maps/sub-<b>/ses-baseline");
    std::fs::create_dir_all(&maps).unwrap();
    let file = |name: &str| maps.join(format!("sub-<b>_ses-baseline_{name}.nii.gz"));
    for name in ["ADC", "dwi"] {
        write_volume(&file(name), &grid, data.view(), Stored::F32, Overwrite::Refuse).unwrap();
    }
    let lesions = Labels { grid: grid.clone(), data: filled(dims, 1), source: PathBuf::new() };
    write_labels(&file("tDV"), &lesions, Overwrite::Refuse).unwrap();
    let pages = write_viewers(out, &Outputs::default(), None, Lang::En).unwrap();
    assert_eq!(pages.plain.into_iter().collect::<Vec<_>>(), [("<b>".to_owned(), "viewer/sub-<b>.html".to_owned())]);
    let path = out.join("viewer/sub-<b>.html");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.len() <= MOST_BYTES && text.len() > MOST_BYTES / 10, "{} bytes", text.len());
    assert!(text.contains("<title>sub-&lt;b&gt;</title>") && !text.contains("sub-<b>"), "text of a study stays text");
    assert!(!text.contains(&out.display().to_string()) && !text.contains("://"), "nothing leads out of the page");
    assert!(text.contains(&generator("")));
    // unchanged maps leave the page; it would come out the same
    let made = path.metadata().unwrap().modified().unwrap();
    write_viewers(out, &Outputs::default(), None, Lang::En).unwrap();
    assert_eq!(path.metadata().unwrap().modified().unwrap(), made);
    std::fs::remove_file(&path).unwrap();
    write_viewers(out, &Outputs::default(), None, Lang::En).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    // the library of the user stands beside a second page, which holds the same maps
    let niivue = NiiVue { script: "library".to_owned(), name: "NiiVue 1.2.3".to_owned() };
    let pages = write_viewers(out, &Outputs::default(), Some(&niivue), Lang::En).unwrap();
    assert_eq!(pages.niivue.into_values().collect::<Vec<_>>(), ["viewer/sub-<b>_niivue.html"]);
    assert_eq!(std::fs::read_to_string(out.join("viewer/niivue.umd.js")).unwrap(), "library");
    let second = std::fs::read_to_string(out.join("viewer/sub-<b>_niivue.html")).unwrap();
    assert!(second.len() <= MOST_BYTES && second.contains(&generator("NiiVue 1.2.3")) && !second.contains("://"));
    let maps = |text: &str| text.split("id=\"data\">").nth(1).unwrap().split("</script>").next().unwrap().to_owned();
    assert!(maps(&second) == maps(&text));
    // another language is another page
    write_viewers(out, &Outputs::default(), None, Lang::Ja).unwrap();
    assert!(std::fs::read_to_string(&path).unwrap().contains("<html lang=\"ja\">"));
}
