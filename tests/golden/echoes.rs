//! Raw echoes of the simulated lumbar spine against NumPy: complex values, echo times and field strength from the sidecar
//! that magnitude and phase share.

use crate::shared;
use myelomri::image::Reader;
use myelomri::image::echoes::{EchoOptions, read_magnitude_phase};

/// `magnitude * exp(1j * phase)` in double precision by NumPy, at voxel and echo.
const BY_NUMPY: [([usize; 4], [f64; 2]); 3] = [
    ([20, 30, 3, 2], [0.43290877775606684, -0.22318930679867788]),
    ([40, 12, 0, 5], [0.37049971224709105, -0.08731739848316171]),
    ([33, 50, 5, 0], [0.04799014665504799, 0.02945741074059349]),
];
/// Their sum.
const SUM_BY_NUMPY: [f64; 2] = [12439.279376785129, 7073.202867552872];

#[test]
fn echoes_are_what_numpy_makes_of_them() {
    let Some(folder) = shared("reference/fatwater") else {
        return;
    };
    let at = |part: &str| [folder.join(format!("sim-spine-small_part-{part}.nii.gz"))];
    let series = read_magnitude_phase(&at("mag"), &at("phase"), &EchoOptions::default(), &Reader::default()).unwrap();
    assert_eq!(series.data.shape(), [64, 64, 6, 6]);
    assert_eq!((series.field_t, series.n_not_a_number), (3.0, 0));
    assert!(series.warnings.is_empty(), "{:?}", series.warnings);
    for (n, found) in series.echo_times_ms.iter().enumerate() {
        assert!((found - (1.2 + n as f64)).abs() < 1e-9);
    }
    for (at, [re, im]) in BY_NUMPY {
        let found = series.data[at];
        assert!((f64::from(found.re) - re).abs() < 1e-6 && (f64::from(found.im) - im).abs() < 1e-6, "{at:?}: {found}");
    }
    let [re, im] = series.data.iter().fold([0.0; 2], |[re, im], s| [re + f64::from(s.re), im + f64::from(s.im)]);
    assert!((re - SUM_BY_NUMPY[0]).abs() < 0.01 && (im - SUM_BY_NUMPY[1]).abs() < 0.01, "{re} {im}");
    assert_eq!(series.phase.unwrap().unit, "radians");
}
