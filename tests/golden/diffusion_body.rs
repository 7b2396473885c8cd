//! A simulated body with known lesions: ADC, total diffusion volume and stations against its truth. The same numbers on a
//! body of full size: `scripts/diffusion_numbers.py`.

use myelomri::diffusion::{AdcParams, Harmonise, SignalRule, TdvInput, TdvParams, adc, compose, harmonise, plan, tdv};
use myelomri::image::Grid;
use myelomri::region::{Connectivity, components};
use ndarray::{Array3, Array4, ArrayView3, ArrayView4, Axis, ShapeBuilder, s};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const B: [f64; 4] = [0.0, 50.0, 400.0, 900.0];
/// Noise at each b: more averages at high b.
const SIGMA: [f64; 4] = [6.0, 6.0, 3.75, 3.75];
const PSEUDO_DIFFUSION: f64 = 20e-3;
const DIMS: [usize; 3] = [72, 56, 64];
/// Centre (voxels) and radius (mm) of each lesion; those at slices 19 and 44 lie where stations meet.
const LESIONS: [([f64; 3], f64); 5] = [
    ([36.0, 36.0, 8.0], 10.0),
    ([35.0, 37.0, 19.0], 9.0),
    ([37.0, 36.0, 30.0], 13.0),
    ([36.0, 35.0, 44.0], 10.0),
    ([36.0, 36.0, 56.0], 12.0),
];

#[derive(Debug, Clone, Copy, PartialEq)]
enum Tissue {
    Air,
    Muscle,
    Marrow,
    Liver,
    Lesion,
}

impl Tissue {
    /// S0, ADC of the tissue (mm2/s), perfusion fraction.
    fn properties(self) -> [f64; 3] {
        match self {
            Tissue::Air => [0.0, 1e-3, 0.0],
            Tissue::Muscle => [180.0, 1.5e-3, 0.02],
            Tissue::Marrow => [60.0, 0.4e-3, 0.02],
            Tissue::Liver => [420.0, 1.1e-3, 0.2],
            Tissue::Lesion => [400.0, 0.8e-3, 0.05],
        }
    }

    fn signal(self, b: f64) -> f64 {
        let [s0, d, f] = self.properties();
        s0 * ((1.0 - f) * (-b * d).exp() + f * (-b * (d + PSEUDO_DIFFUSION)).exp())
    }
}

fn grid() -> Grid {
    Grid::new(DIMS, [[-3.0, 0.0, 0.0, 108.0], [0.0, -3.0, 0.0, 84.0], [0.0, 0.0, 5.0, -160.0]])
}

fn tissue_at([i, j, k]: [usize; 3]) -> Tissue {
    let at = [i, j, k].map(|n| n as f64);
    let in_lesion = |&(centre, radius): &([f64; 3], f64)| {
        let distance: f64 = [3.0, 3.0, 5.0].iter().zip(at).zip(centre).map(|((mm, a), c)| (mm * (a - c)).powi(2)).sum();
        distance < radius * radius
    };
    let ellipse = |centre: [f64; 2], radii: [f64; 2]| {
        ((at[0] - centre[0]) / radii[0]).powi(2) + ((at[1] - centre[1]) / radii[1]).powi(2) < 1.0
    };
    match () {
        () if !ellipse([36.0, 28.0], [32.0, 25.0]) => Tissue::Air,
        () if LESIONS.iter().any(in_lesion) => Tissue::Lesion,
        () if ellipse([36.0, 36.0], [7.0, 6.5]) => Tissue::Marrow,
        () if ellipse([18.0, 20.0], [10.0, 9.0]) && (20..45).contains(&k) => Tissue::Liver,
        () => Tissue::Muscle,
    }
}

fn tissue() -> Array3<Tissue> {
    let [nx, ny, nz] = DIMS;
    Array3::from_shape_fn((nx, ny, nz).f(), |(i, j, k)| tissue_at([i, j, k]))
}

/// Magnitude images in integers with the noise of two channels.
fn series(tissue: &Array3<Tissue>, seed: u64) -> Array4<f32> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut normal = || {
        let radius = (-2.0 * (1.0 - random.random::<f64>()).ln()).sqrt();
        let (sine, cosine) = (std::f64::consts::TAU * random.random::<f64>()).sin_cos();
        [radius * cosine, radius * sine]
    };
    let [nx, ny, nz] = DIMS;
    let mut data = Array4::zeros((nx, ny, nz, B.len()).f());
    for (v, mut volume) in data.axis_iter_mut(Axis(3)).enumerate() {
        ndarray::Zip::from(&mut volume).and(tissue).for_each(|value, tissue| {
            let [real, imaginary] = normal().map(|n| SIGMA[v] * n);
            *value = (tissue.signal(B[v]) + real).hypot(imaginary).round() as f32;
        });
    }
    data
}

fn is(tissue: &Array3<Tissue>, wanted: &[Tissue]) -> Array3<bool> {
    let mut mask = myelomri::image::filled(DIMS, false);
    ndarray::Zip::from(&mut mask).and(tissue).for_each(|inside, tissue| *inside = wanted.contains(tissue));
    mask
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Noise-free log-linear slope, um2/s.
fn least_squares(signal: impl Fn(f64) -> f64, b: &[f64]) -> f64 {
    let mean = b.iter().sum::<f64>() / b.len() as f64;
    let spread: f64 = b.iter().map(|b| (b - mean).powi(2)).sum();
    -1e6 * b.iter().map(|&b| (b - mean) / spread * signal(b).ln()).sum::<f64>()
}

#[test]
fn volume_and_adc_of_lesions_are_those_of_the_truth() {
    let tissue = tissue();
    let series = series(&tissue, 3);
    let maps = adc::fit(series.view(), &B, &AdcParams::default()).unwrap();
    let lesion = is(&tissue, &[Tissue::Lesion]);

    // marrow at b = 900 is 42, lesions 187, both with a noise of 3.75
    let expected = least_squares(|b| Tissue::Lesion.signal(b), &B[1..]);
    let errors = maps.adc.iter().zip(&lesion).filter(|(adc, inside)| **inside && adc.is_finite());
    let error = median(errors.map(|(adc, _)| f64::from(*adc) - expected).collect());
    assert!(error.abs() <= 5.0, "median error of ADC in lesions {error:.1} um2/s");

    let [organs, bone] = [&[Tissue::Liver][..], &[Tissue::Marrow, Tissue::Lesion]].map(|wanted| is(&tissue, wanted));
    let input = TdvInput {
        grid: &grid(),
        signal: series.index_axis(Axis(3), 3),
        adc: maps.adc.view(),
        bone: bone.view(),
        exclude: &[organs.view()],
        reference: None,
    };
    let rule =
        TdvParams { adc_low: Some(300.0), adc_high: Some(1500.0), ..TdvParams::new(SignalRule::Absolute, 100.0) };
    let found = tdv::segment(&input, &rule).unwrap();
    let truth_ml = lesion.iter().filter(|&&inside| inside).count() as f64 * 0.045;
    assert!((found.total_ml / truth_ml - 1.0).abs() <= 0.02, "{} mL of {truth_ml}", found.total_ml);
    let both = found.labels.iter().zip(&lesion).filter(|(label, inside)| **label > 0 && **inside).count() as f64;
    let dice = 2.0 * both * 0.045 / (found.total_ml + truth_ml);
    assert!(dice >= 0.98, "Dice {dice:.3}");
    assert_eq!(found.n_lesions, LESIONS.len());
}

#[test]
fn perfusion_moves_adc_as_its_closed_form_says_and_less_from_50_on() {
    let fractions = [0.0, 0.05, 0.1, 0.2];
    let signal = |f: f64, b: f64| 1e4 * ((1.0 - f) * (-b * 8e-4).exp() + f * (-b * (8e-4 + PSEUDO_DIFFUSION)).exp());
    let data = Array4::from_shape_fn((4, 1, 1, 4).f(), |(i, _, _, v)| signal(fractions[i], B[v]) as f32);
    let deviations = |least: f64| -> Vec<f64> {
        let mut params = AdcParams { sigma: Some(0.0), ..AdcParams::default() };
        params.selection.b_min = Some(least);
        let maps = adc::fit(data.view(), &B, &params).unwrap();
        let used: Vec<f64> = B.into_iter().filter(|&b| b >= least).collect();
        for (n, &f) in fractions.iter().enumerate() {
            assert!((f64::from(maps.adc[[n, 0, 0]]) - least_squares(|b| signal(f, b), &used)).abs() < 1e-2);
        }
        maps.adc.iter().map(|&adc| f64::from(adc) - 800.0).collect()
    };
    let (all, from_50) = (deviations(0.0), deviations(50.0));
    assert!(all[0].abs() < 1e-2 && from_50[0].abs() < 1e-2);
    for n in 1..4 {
        assert!(from_50[n] > 0.0 && from_50[n] < 0.55 * all[n], "{all:?} {from_50:?}");
    }
}

/// First and last slice of four stations, their gains, and by how many voxels they are shifted where they are.
const STATIONS: [([usize; 2], f64, usize); 4] =
    [([0, 21], 1.0, 0), ([13, 37], 0.8, 1), ([29, 48], 1.25, 0), ([40, 63], 0.9, 1)];

#[test]
fn stations_get_their_gains_and_no_lesion_is_lost_or_doubled() {
    let tissue = tissue();
    for (is_shifted, allowed) in [(false, 0.01), (true, 0.03)] {
        let whole = grid();
        let (mut grids, mut images) = (Vec::new(), Vec::new());
        for (n, ([first, last], gain, shift)) in STATIONS.into_iter().enumerate() {
            let mut grid = whole.clone();
            grid.dims[2] = last - first + 1;
            grid.affine[2][3] += 5.0 * first as f64;
            // every station has noise of its own
            let mut image = series(&tissue, 10 + n as u64).slice(s![.., .., first..=last, ..]).to_owned();
            for (slice, mut values) in image.axis_iter_mut(Axis(2)).enumerate() {
                let from_edge = slice.min(last - first - slice);
                let roll_off = [0.7, 0.9].get(from_edge).copied().unwrap_or(1.0);
                values.mapv_inplace(|value| (value * (gain * roll_off) as f32).round());
            }
            if is_shifted {
                let source = image.clone();
                for (j, mut row) in image.axis_iter_mut(Axis(1)).enumerate() {
                    row.assign(&source.index_axis(Axis(1), j.saturating_sub(shift)));
                }
            }
            grids.push(grid);
            images.push(image);
        }
        let plan = plan(&grids, false).unwrap();
        assert_eq!(plan.grid.dims, DIMS);
        let views: Vec<ArrayView4<'_, f32>> = images.iter().map(|image| image.view()).collect();
        let overlaps = harmonise::overlaps(&plan, &views);
        let gains = harmonise::gains(&plan, &overlaps, Harmonise::Overlap).unwrap();
        let levels: Vec<f64> = gains.iter().zip(STATIONS).map(|(gain, station)| gain * station.1).collect();
        for level in &levels {
            assert!((level / levels[0] - 1.0).abs() <= allowed, "{is_shifted}: {levels:?}");
        }
        let high: Vec<ArrayView3<'_, f32>> = views.iter().map(|view| view.index_axis(Axis(3), 3)).collect();
        let composed = compose(&plan, &high, &gains);
        // bright near the spine, at the level of the first station
        let mut bright = myelomri::image::filled(DIMS, false);
        for ((i, j, k), value) in composed.indexed_iter() {
            let near_spine = (28..45).contains(&i) && (28..46).contains(&j);
            bright[[i, j, k]] = near_spine && f64::from(*value) > 100.0 * levels[0];
        }
        let (numbers, n) = components(bright.view(), Connectivity::TwentySix);
        assert_eq!(n, LESIONS.len(), "shifted: {is_shifted}");
        for (centre, _) in LESIONS {
            assert!(numbers[centre.map(|c| c as usize)] > 0);
        }
    }
}
