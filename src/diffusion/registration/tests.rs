//! Known motions of a body that is a function of space, so that no resampling enters its truth.

use super::*;
use nalgebra::{Rotation3, Vector3};

/// Ellipsoids: centre (mm), half axes (mm), signal.
type Shape = ([f64; 3], [f64; 3], f64);

const BODY: [Shape; 9] = [
    ([0.0, 0.0, 0.0], [150.0, 95.0, 260.0], 90.0),
    ([0.0, -55.0, 40.0], [18.0, 17.0, 180.0], 60.0),
    ([0.0, -80.0, 40.0], [7.0, 6.0, 180.0], 170.0),
    ([60.0, 10.0, 60.0], [65.0, 60.0, 55.0], 140.0),
    ([-85.0, -15.0, 75.0], [25.0, 30.0, 40.0], 240.0),
    ([50.0, -40.0, -15.0], [20.0, 22.0, 45.0], 220.0),
    ([-52.0, -42.0, -5.0], [20.0, 22.0, 45.0], 220.0),
    ([-70.0, -35.0, -160.0], [35.0, 30.0, 60.0], 55.0),
    ([75.0, -35.0, -150.0], [32.0, 34.0, 60.0], 55.0),
];

/// A body whose organs have soft edges of about 4 mm.
fn signal(shapes: &[Shape], at: [f64; 3]) -> f64 {
    shapes.iter().fold(0.0, |below, (centre, axes, signal)| {
        let radius = (0..3).map(|r| ((at[r] - centre[r]) / axes[r]).powi(2)).sum::<f64>().sqrt();
        let least = axes.iter().copied().fold(f64::INFINITY, f64::min);
        let inside = 1.0 / (1.0 + ((radius - 1.0) * least / 1.0).clamp(-40.0, 40.0).exp());
        below + inside * (signal - below)
    })
}

/// Uniform numbers of mean 0 and standard deviation 1.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (((self.0 >> 11) as f64 / (1_u64 << 53) as f64) - 0.5) * 12.0_f64.sqrt()
    }
}

fn image(grid: &Grid, noise: f64, seed: u64, value: impl Fn([f64; 3]) -> f64) -> Array3<f32> {
    let mut noise_of = Noise(seed);
    let mut data = filled(grid.dims, 0.0);
    for k in 0..grid.dims[2] {
        for j in 0..grid.dims[1] {
            for i in 0..grid.dims[0] {
                let clean = value(grid.world_mm([i as f64, j as f64, k as f64]));
                data[[i, j, k]] = (clean + noise * noise_of.next()) as f32;
            }
        }
    }
    data
}

/// 4.4 x 4.4 x 6 mm, LPS; the second in another place and orientation.
fn grids() -> [Grid; 2] {
    let first = Grid::new([76, 48, 80], [[-4.4, 0.0, 0.0, 165.0], [0.0, -4.4, 0.0, 100.0], [0.0, 0.0, 6.0, -210.0]]);
    let second = Grid::new([80, 52, 84], [[4.2, 0.0, 0.0, -160.0], [0.0, -4.2, 0.0, 110.0], [0.0, 0.0, 6.0, -200.0]]);
    [first, second]
}

fn rigid(turn_deg: [f64; 3], centre: [f64; 3], shift: [f64; 3]) -> Affine {
    let turn = Rotation3::new(Vector3::from(turn_deg.map(f64::to_radians))).into_inner();
    let (centre, shift) = (Vector3::from(centre), Vector3::from(shift));
    Affine::of(&turn, &(centre + shift - turn * centre))
}

fn inverse(affine: &Affine) -> Affine {
    let turn = affine.linear().transpose();
    let offset = -turn * Vector3::from_fn(|r, _| affine.rows[r][3]);
    Affine::of(&turn, &offset)
}

/// Largest distance between where two motions take places of the spine, mm.
fn largest_error(a: &Affine, b: &Affine, z: std::ops::Range<i32>) -> f64 {
    let error = |z: i32, y: f64| {
        let at = [0.0, y, f64::from(z)];
        let (a, b) = (a.apply(at), b.apply(at));
        (0..3).map(|r| (a[r] - b[r]).powi(2)).sum::<f64>().sqrt()
    };
    z.step_by(20).flat_map(|z| [error(z, -75.0), error(z, -35.0)]).fold(0.0, f64::max)
}

fn spine(grid: &Grid, z: [f64; 2]) -> Array3<bool> {
    let mut region = filled(grid.dims, false);
    region.indexed_iter_mut().for_each(|((i, j, k), inside)| {
        let [x, y, at] = grid.world_mm([i as f64, j as f64, k as f64]);
        *inside = x.hypot(y + 55.0) < 18.0 && (z[0]..z[1]).contains(&at);
    });
    region
}

#[test]
fn a_known_motion_is_found_in_spite_of_gain_noise_and_lesions() {
    let [fixed, moving] = grids();
    let truth = rigid([2.0, -1.5, 3.0], [0.0, -50.0, 20.0], [12.0, -9.0, 31.0]);
    let back = inverse(&truth);
    let baseline = image(&fixed, 6.0, 1, |at| signal(&BODY, at));
    let mut treated = BODY.to_vec();
    // lesions that came, and one that went would look the same from the other side
    treated.extend([([0.0, -55.0, 90.0], [14.0, 14.0, 20.0], 400.0), ([-70.0, -35.0, -170.0], [16.0; 3], 400.0)]);
    let followup = image(&moving, 9.0, 2, |at| 1.7 * signal(&treated, back.apply(at)));
    let region = spine(&fixed, [-140.0, 220.0]);
    let images = VisitImages { baseline: (baseline.view(), &fixed), followup: (followup.view(), &moving) };
    let registration = Registration::new(&images, RegistrationParams::default()).unwrap();
    let found = registration.of(region.view(), "the spine", None).unwrap();
    let error = largest_error(&found.affine, &truth, -120..220);
    assert!(error < 0.5, "{error} mm, {found:?}");
    let turn = found.affine.linear() * truth.linear().transpose();
    let degrees = Rotation3::from_matrix_unchecked(turn).angle().to_degrees();
    assert!(degrees < 0.3, "{degrees} degrees");
    // the new lesions alone keep the correlation low
    assert!(found.correlation_after > found.correlation_before.unwrap() + 0.2, "{found:?}");
    assert!((found.gain.unwrap() / 1.7 - 1.0).abs() < 0.1, "{found:?}");
}

#[test]
fn parts_that_moved_apart_are_found_one_by_one() {
    let [fixed, moving] = grids();
    // the lower half is shifted by 7 mm and turned against the upper
    let parts = [rigid([0.0, 0.0, 0.0], [0.0; 3], [3.0, 2.0, 5.0]), rigid([3.0, 0.0, 0.0], [0.0; 3], [-3.0, 5.0, 5.0])];
    let back = parts.map(|part| inverse(&part));
    let baseline = image(&fixed, 4.0, 3, |at| signal(&BODY, at));
    let followup = image(&moving, 4.0, 4, |at| signal(&BODY, back[usize::from(at[2] < 45.0)].apply(at)));
    let images = VisitImages { baseline: (baseline.view(), &fixed), followup: (followup.view(), &moving) };
    let registration = Registration::new(&images, RegistrationParams::default()).unwrap();
    let whole = registration.of(spine(&fixed, [-140.0, 220.0]).view(), "all", None).unwrap();
    let mut pieces = Vec::new();
    for (part, z) in parts.iter().zip([[60.0, 200.0], [-120.0, 20.0]]) {
        let found = registration.of(spine(&fixed, z).view(), "part", Some(&whole.affine)).unwrap();
        let error = largest_error(&found.affine, part, z[0] as i32..z[1] as i32);
        assert!(error < 1.0, "{error} mm {found:?}");
        pieces.push(Piece { extent: Extent { low_mm: z[0], high_mm: z[1] }, affine: found.affine });
    }
    assert!(Motion::of(pieces).unwrap().largest_step_mm(0.0, -55.0) > 5.0);
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let [fixed, moving] = grids();
    let truth = rigid([1.0, 1.0, 1.0], [0.0; 3], [4.0, 4.0, 4.0]);
    let back = inverse(&truth);
    let baseline = image(&fixed, 5.0, 5, |at| signal(&BODY, at));
    let followup = image(&moving, 5.0, 6, |at| signal(&BODY, back.apply(at)));
    let region = spine(&fixed, [-60.0, 100.0]);
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let images = VisitImages { baseline: (baseline.view(), &fixed), followup: (followup.view(), &moving) };
            let params = RegistrationParams { search_mm: 16.0, ..RegistrationParams::default() };
            Registration::new(&images, params).unwrap().of(region.view(), "spine", None).unwrap()
        })
    };
    assert_eq!(run(1), run(4));
}

#[test]
fn what_cannot_be_found_is_refused() {
    let [fixed, moving] = grids();
    let baseline = image(&fixed, 5.0, 7, |at| signal(&BODY, at));
    let flat = filled(moving.dims, 3.0_f32);
    let images = VisitImages { baseline: (baseline.view(), &fixed), followup: (flat.view(), &moving) };
    let registration = Registration::new(&images, RegistrationParams::default()).unwrap();
    let region = spine(&fixed, [0.0, 100.0]);
    let error = registration.of(region.view(), "the spine", None).unwrap_err();
    assert!(matches!(error, DiffusionError::NotRegistered { .. }), "{error}");
    let empty = filled(fixed.dims, false);
    assert!(matches!(registration.of(empty.view(), "", None), Err(DiffusionError::EmptyMask { .. })));
    let params = RegistrationParams { search_mm: f64::NAN, ..RegistrationParams::default() };
    assert!(Registration::new(&images, params).is_err());
}
