//! Magnitude and phase to complex numbers, many at a time.

use num_complex::Complex32;
use rayon::prelude::*;

/// Voxels a worker takes at once; results do not depend on it.
const CHUNK: usize = 1 << 14;
/// Phases that the reduction below is exact enough for, radians; larger ones go through the library's functions.
const LARGEST: f32 = 1000.0;

/// `m exp(i p factor)` of every voxel; NaN stays NaN.
pub(super) fn complex(magnitude: &[f32], phase: &[f32], factor: f32, out: &mut [Complex32]) {
    let parts = magnitude.par_chunks(CHUNK).zip(phase.par_chunks(CHUNK));
    out.par_chunks_mut(CHUNK).zip(parts).for_each(|(out, (magnitude, phase))| {
        let largest = phase.iter().fold(0.0_f32, |most, p| most.max((p * factor).abs()));
        let voxels = out.iter_mut().zip(magnitude).zip(phase);
        if largest <= LARGEST {
            voxels.for_each(|((s, m), p)| {
                let [sine, cosine] = sin_cos(p * factor);
                *s = Complex32::new(m * cosine, m * sine);
            });
        } else {
            voxels.for_each(|((s, m), p)| {
                let (sine, cosine) = (p * factor).sin_cos();
                *s = Complex32::new(m * cosine, m * sine);
            });
        }
    });
}

/// Sine and cosine of an angle up to [`LARGEST`], branch-free so that the compiler can vectorise it.
///
/// The angle less its nearest multiple of pi/2 (in three parts, so that nothing is lost) lies within pi/4, where the series
/// up to x^9 and x^8 leave less than half a unit of single precision.
#[inline]
fn sin_cos(x: f32) -> [f32; 2] {
    /// Adding it rounds to an integer, which is then in the lowest bits.
    const ROUND: f32 = 12_582_912.0;
    /// pi/2 in parts of few bits.
    const PARTS: [f32; 3] = [1.570_312_5, 4.837_513e-4, 7.549_79e-8];
    let shifted = x * std::f32::consts::FRAC_2_PI + ROUND;
    let quarter = shifted.to_bits();
    let turns = shifted - ROUND;
    let r = ((x - turns * PARTS[0]) - turns * PARTS[1]) - turns * PARTS[2];
    let r2 = r * r;
    let sine = r + r * r2 * (-1.0 / 6.0 + r2 * (1.0 / 120.0 + r2 * (-1.0 / 5040.0 + r2 * (1.0 / 362_880.0))));
    let cosine = 1.0 - r2 * (0.5 - r2 * (1.0 / 24.0 - r2 * (1.0 / 720.0 - r2 * (1.0 / 40_320.0))));
    // an odd number of quarters exchanges the two; the sign follows from the quadrant
    let odd = (quarter & 1).wrapping_neg();
    let choose = |even: f32, other: f32, negative: u32| {
        f32::from_bits(((even.to_bits() & !odd) | (other.to_bits() & odd)) ^ ((negative & 2) << 30))
    };
    [choose(sine, cosine, quarter), choose(cosine, sine, quarter.wrapping_add(1))]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sine_and_cosine_are_good_to_single_precision() {
        let mut x = -LARGEST;
        while x <= LARGEST {
            let [sine, cosine] = sin_cos(x);
            let (true_sine, true_cosine) = f64::from(x).sin_cos();
            // what single precision leaves of the angle itself grows with it
            let allowed = 1.5e-7 + 1e-10 * f64::from(x.abs());
            assert!((f64::from(sine) - true_sine).abs() < allowed, "sin {x}: {sine} for {true_sine}");
            assert!((f64::from(cosine) - true_cosine).abs() < allowed, "cos {x}: {cosine} for {true_cosine}");
            x += 0.003_17;
        }
    }

    #[test]
    fn what_is_no_number_stays_so_and_large_phases_work() {
        let phase = [0.5, f32::NAN, 1e5, f32::INFINITY];
        for n in 1..=phase.len() {
            let mut out = vec![Complex32::default(); n];
            complex(&[2.0; 4][..n], &phase[..n], 1.0, &mut out);
            assert!((out[0] - Complex32::from_polar(2.0, 0.5)).norm() < 1e-6);
            assert!(out.get(1).is_none_or(|s| s.re.is_nan() && s.im.is_nan()));
            assert!(out.get(2).is_none_or(|s| (s - Complex32::from_polar(2.0, 1e5)).norm() < 1e-6));
            assert!(out.get(3).is_none_or(|s| s.re.is_nan()));
        }
    }
}
