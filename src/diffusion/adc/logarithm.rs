//! The natural logarithm that the fits use, and the weights of plain least squares on it.

/// Natural logarithm of a positive normal number, branch-free so that the compiler can vectorise it.
///
/// `x = 2^e m` with m in [sqrt(1/2), sqrt(2)); `ln m = 2 atanh(t)`, `t = (m-1)/(m+1)`, |t| < 0.1716, by its series up to
/// t^9, whose remainder is below 1e-9. Zero, negative and non-finite input gives a number without meaning: such voxels
/// are flagged.
#[inline]
pub(super) fn ln(x: f32) -> f32 {
    const SQRT_HALF_BITS: i32 = 0x3f35_04f3;
    let offset = (x.to_bits() as i32).wrapping_sub(SQRT_HALF_BITS);
    let exponent = offset >> 23;
    let mantissa = f32::from_bits(((offset & 0x007f_ffff) + SQRT_HALF_BITS) as u32);
    let t = (mantissa - 1.0) / (mantissa + 1.0);
    let t2 = t * t;
    let series = t2 * (1.0 / 3.0 + t2 * (1.0 / 5.0 + t2 * (1.0 / 7.0 + t2 * (1.0 / 9.0))));
    let ln_mantissa = 2.0 * (t + t * series);
    exponent as f32 * std::f32::consts::LN_2 + ln_mantissa
}

/// Error of a logarithm and of its part of a sum, with a margin.
const LN_ERROR: f32 = 4e-6;

/// One row of the pseudo-inverse a volume: what its logarithm adds to ADC (um2/s) and to ln S0.
#[derive(Debug, Clone)]
pub(super) struct Weights {
    pub adc: Vec<f32>,
    pub ln_s0: Vec<f32>,
    /// As `adc`, in double precision.
    pub exact: Vec<f64>,
    /// What single precision may make ADC wrong by, um2/s, with a margin.
    pub error: f32,
}

impl Weights {
    /// Plain least squares over these b-values (s/mm2).
    pub fn of(b: &[f64]) -> Self {
        let n = b.len() as f64;
        let mean = b.iter().sum::<f64>() / n;
        let spread: f64 = b.iter().map(|b| (b - mean).powi(2)).sum();
        let slope = |b: f64| -(b - mean) / spread;
        Weights {
            adc: b.iter().map(|&b| (1e6 * slope(b)) as f32).collect(),
            ln_s0: b.iter().map(|&b| (1.0 / n + mean * slope(b)) as f32).collect(),
            exact: b.iter().map(|&b| 1e6 * slope(b)).collect(),
            error: LN_ERROR * b.iter().map(|&b| (1e6 * slope(b)).abs() as f32).sum::<f32>(),
        }
    }
}

/// Exponential, to 1e-9 of its value; branch-free so that the compiler can vectorise it.
///
/// `x = n ln 2 + r` with |r| < 0.35; `e^r` by its series up to r^8. Beyond 700 it is that of 700.
#[inline]
pub(super) fn exp(x: f64) -> f64 {
    /// Adding it rounds to an integer, which is then in the lowest bits.
    const ROUND: f64 = 6_755_399_441_055_744.0;
    let x = x.clamp(-700.0, 700.0);
    let shifted = x * std::f64::consts::LOG2_E + ROUND;
    let r = x - (shifted - ROUND) * std::f64::consts::LN_2;
    let low = 1.0 + r * (1.0 + r * (1.0 / 2.0 + r * (1.0 / 6.0)));
    let r4 = (r * r) * (r * r);
    let high = 1.0 / 24.0 + r * (1.0 / 120.0 + r * (1.0 / 720.0 + r * (1.0 / 5040.0 + r * (1.0 / 40_320.0))));
    // 2^n: n, whatever its sign, added to the bits of the exponent of 1
    let power = f64::from_bits((shifted.to_bits() << 52).wrapping_add(1.0_f64.to_bits()));
    (low + r4 * high) * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponential_is_good_to_a_billionth() {
        for n in -70_000..70_000 {
            let x = 0.01 * f64::from(n);
            assert!((exp(x) / x.exp() - 1.0).abs() < 1e-9, "{x}");
        }
        assert_eq!(exp(0.0), 1.0);
        assert!(exp(f64::NEG_INFINITY) < 1e-300 && exp(f64::NAN).is_nan());
    }

    #[test]
    fn the_logarithm_is_good_to_single_precision() {
        let mut x = 1e-3_f32;
        while x < 1e6 {
            assert!((f64::from(ln(x)) - f64::from(x).ln()).abs() < 1.2e-6, "{x}");
            x *= 1.000_37;
        }
        assert_eq!(ln(1.0), 0.0);
    }
}
