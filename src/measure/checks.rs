//! Is a number plausible? Flags for the rows, and the test for exchanged water and fat images.
//!
//! Nothing is changed here: a flag stands beside the number, and the analysis decides.
//! Water-fat exchange: subcutaneous fat is the outermost tissue everywhere, so the outer rim of the body must be mostly
//! fat. Where less than half of the rim's voxels are fat-dominant, water and fat are suspected to be exchanged. Limits: a
//! field of view without any air border has no rim, and then the test is silent.

use super::MeasureRow;
use super::registry::yielded;
use crate::error::Warning;
use crate::region::erode_mm;
use ndarray::{Array3, ArrayView3, ShapeBuilder, Zip};

/// Flag of a number outside the registry's plausible range.
pub const OUT_OF_RANGE: &str = "out-of-range";
/// Flag of a number that rests on fewer than [`SMALL_REGION_VOXELS`].
pub const SMALL_REGION: &str = "small-region";
/// Flag of a number that rests on no voxel.
pub const EMPTY_REGION: &str = "empty-region";
/// Flag of a region of which most voxels carry no number: what is left does not stand for it, and no number is given.
pub const MOSTLY_WITHHELD: &str = "mostly-withheld";
/// Flag of numbers from a pair whose water and fat are suspected to be exchanged.
pub const SWAP_SUSPECTED: &str = "swap-suspected";

/// Below this many voxels a region's statistics are noted as uncertain.
pub const SMALL_REGION_VOXELS: usize = 30;
/// Depth of the rim, mm: within the thinnest common subcutaneous layer.
const RIM_MM: f64 = 4.0;
/// A rim of fewer voxels proves nothing.
const MIN_RIM_VOXELS: usize = 100;
/// Share of the brightest signal above which a voxel is body rather than air.
const BODY_SHARE: f32 = 0.10;

/// Flags one row from the registry's range and its number of voxels.
pub fn flag(row: &mut MeasureRow) {
    let mut add = |slug: &str| {
        if !row.qc_flags.iter().any(|flag| flag == slug) {
            row.qc_flags.push(slug.to_owned());
        }
    };
    let number = yielded(&row.measure, &row.statistic);
    if row.region != super::BODY {
        match row.n_voxels {
            0 => add(EMPTY_REGION),
            n if n < SMALL_REGION_VOXELS => add(SMALL_REGION),
            _ => {}
        }
    }
    if let (Some(value), Some(number)) = (row.value, number) {
        let [low, high] = number.plausible;
        if !(low..=high).contains(&value) {
            add(OUT_OF_RANGE);
        }
    }
}

/// A warning where the rim of the body is not fat in a fat-fraction map (percent) of that signal (water + fat).
pub fn water_fat_swap(fat_fraction: ArrayView3<f32>, signal: ArrayView3<f32>, spacing_mm: [f64; 3]) -> Option<Warning> {
    let share = rim_fat_share(fat_fraction, signal, spacing_mm)?;
    (share < 0.5).then(|| {
        let message = format!(
            "only {:.0} % of the outer rim of the body is fat-dominant: water and fat look exchanged; their fat fraction is kept out of the analysis",
            100.0 * share
        );
        Warning::new(SWAP_SUSPECTED, message)
    })
}

/// Share of fat-dominant voxels in the outer rim of the body; `None` where there is no rim to speak of.
fn rim_fat_share(fat_fraction: ArrayView3<f32>, signal: ArrayView3<f32>, spacing_mm: [f64; 3]) -> Option<f64> {
    let body = filled_body(signal)?;
    // Along coarse axes a rim of a few millimetres would be a voxel full of partial volume, so it is at least one voxel.
    let finest = spacing_mm.iter().copied().fold(f64::INFINITY, f64::min);
    let inner = erode_mm(body.view(), spacing_mm, RIM_MM.max(1.5 * finest));
    let (mut n, mut n_fat) = (0_usize, 0_usize);
    Zip::from(&body).and(&inner).and(&fat_fraction).for_each(|&body, &inner, &ff| {
        if body && !inner && ff.is_finite() {
            n += 1;
            n_fat += usize::from(ff > 50.0);
        }
    });
    (n >= MIN_RIM_VOXELS).then(|| n_fat as f64 / n as f64)
}

/// Voxels that are tissue or lie between tissue along every in-plane axis, so that dark organs are no rim.
fn filled_body(signal: ArrayView3<f32>) -> Option<Array3<bool>> {
    let mut values: Vec<f32> = signal.iter().copied().filter(|value| value.is_finite() && *value > 0.0).collect();
    if values.is_empty() {
        return None;
    }
    let rank = (values.len() - 1) * 99 / 100;
    let bright = *values.select_nth_unstable_by(rank, f32::total_cmp).1;
    let (ni, nj, nk) = signal.dim();
    let mut body = Array3::from_elem((ni, nj, nk).f(), false);
    Zip::from(&mut body).and(&signal).for_each(|body, &value| *body = value > BODY_SHARE * bright);
    // A gap between the first and the last tissue voxel of a line along i or along j is inside the body.
    let mut between = body.clone();
    for axis in [0, 1] {
        for (mut filled, line) in
            between.lanes_mut(ndarray::Axis(axis)).into_iter().zip(body.lanes(ndarray::Axis(axis)))
        {
            let first = line.iter().position(|&inside| inside);
            let last = line.iter().rposition(|&inside| inside);
            if let (Some(first), Some(last)) = (first, last) {
                filled.iter_mut().take(last).skip(first).for_each(|inside| *inside = true);
            }
        }
    }
    Some(between)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Unit;

    /// A round body with a 6 mm layer of fat in air, 2 mm voxels.
    fn body_with_fat_layer() -> (Array3<f32>, Array3<f32>) {
        let shape = (40, 40, 6).f();
        let radius = |i: usize, j: usize| ((i as f64 - 19.5).powi(2) + (j as f64 - 19.5).powi(2)).sqrt();
        let fat =
            Array3::from_shape_fn(shape, |(i, j, _)| if (13.0..16.0).contains(&radius(i, j)) { 95.0 } else { 5.0 });
        let signal = Array3::from_shape_fn((40, 40, 6).f(), |(i, j, _)| if radius(i, j) < 16.0 { 100.0 } else { 1.0 });
        (fat, signal)
    }

    #[test]
    fn an_exchanged_pair_is_suspected_and_the_right_one_is_not() {
        let (fat_fraction, signal) = body_with_fat_layer();
        let spacing = [2.0, 2.0, 4.0];
        assert_eq!(water_fat_swap(fat_fraction.view(), signal.view(), spacing), None);
        let exchanged = fat_fraction.mapv(|ff| 100.0 - ff);
        let warning = water_fat_swap(exchanged.view(), signal.view(), spacing).unwrap();
        assert_eq!(warning.slug, SWAP_SUSPECTED);
    }

    #[test]
    fn a_body_that_fills_the_image_says_nothing() {
        let tissue = Array3::from_elem((20, 20, 4).f(), 100.0);
        let water = Array3::from_elem((20, 20, 4).f(), 5.0);
        assert_eq!(water_fat_swap(water.view(), tissue.view(), [2.0; 3]), None);
    }

    #[test]
    fn numbers_out_of_range_and_small_regions_are_flagged_once() {
        let mut row = MeasureRow {
            subject: "1".into(),
            session: "a".into(),
            measure: "sff".into(),
            region: "L1".into(),
            statistic: "mean".into(),
            value: Some(180.0),
            unit: Unit::Percent,
            n_voxels: 3,
            qc_flags: vec![],
        };
        flag(&mut row);
        flag(&mut row);
        assert_eq!(row.qc_flags, [SMALL_REGION, OUT_OF_RANGE]);
    }
}
