//! Distribution functions (over statrs) and intervals of a proportion.
//!
//! Upper tails are computed as such: `1 - cdf` is zero where a p of 1e-20 is meant. The normal tail is our own, since
//! the library's error function is good to 3e-12 only and every interval here begins with a normal quantile.
//! Intervals of k of n: Wilson 1927 (doi:10.1080/01621459.1927.10502953) and Clopper and Pearson 1934
//! (doi:10.1093/biomet/26.4.404), compared in Newcombe 1998 (doi:10.1002/(SICI)1097-0258(19980430)17:8<857).

use super::Interval;
use statrs::distribution::{Beta, ChiSquared, ContinuousCDF, FisherSnedecor, StudentsT};
use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI, PI};

/// P(Z > z) of the standard normal distribution.
pub fn normal_sf(z: f64) -> f64 {
    0.5 * erfc(z * FRAC_1_SQRT_2)
}

/// Complementary error function: a series of positive terms near 0, a continued fraction beyond.
fn erfc(x: f64) -> f64 {
    if x < 0.0 {
        return 2.0 - erfc(-x);
    }
    if x < 2.0 {
        let (mut term, mut sum, mut odd) = (x, x, 1.0);
        while term > 1e-18 * sum {
            odd += 2.0;
            term *= 2.0 * x * x / odd;
            sum += term;
        }
        return 1.0 - FRAC_2_SQRT_PI * (-x * x).exp() * sum;
    }
    // erfc(x) = exp(-x^2) / sqrt(pi) / (x + (1/2)/(x + (2/2)/(x + (3/2)/(x + ...)))), from the far end inwards
    let fraction = (1..=120).rev().fold(x, |tail, i| x + 0.5 * f64::from(i) / tail);
    0.5 * FRAC_2_SQRT_PI * (-x * x).exp() / fraction
}

/// Two-sided p of a standard normal statistic.
pub fn normal_p(z: f64) -> f64 {
    (2.0 * normal_sf(z.abs())).min(1.0)
}

/// Quantile of the standard normal distribution, for 0 < p < 1.
pub fn normal_quantile(p: f64) -> f64 {
    if p > 0.5 {
        return -normal_quantile(1.0 - p);
    }
    // a rational start (Abramowitz and Stegun 26.2.23), then Halley's step until it rests
    let t = (-2.0 * p.ln()).sqrt();
    let mut x = -(t
        - (2.515517 + 0.802853 * t + 0.010328 * t * t)
            / (1.0 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t * t * t));
    for _ in 0..6 {
        let density = (-0.5 * x * x).exp() / (2.0 * PI).sqrt();
        if density == 0.0 {
            break;
        }
        let error = (normal_sf(-x) - p) / density;
        let step = error / (1.0 + 0.5 * x * error);
        x -= step;
        if step.abs() <= 1e-16 * (1.0 + x.abs()) {
            break;
        }
    }
    x
}

/// Half width in standard errors of a two-sided normal interval, 1.96 at level 0.95.
pub fn normal_half_width(level: f64) -> f64 {
    normal_quantile(0.5 + level / 2.0)
}

/// Two-sided p of Student's t with `df` degrees of freedom.
pub fn t_p(t: f64, df: f64) -> f64 {
    StudentsT::new(0.0, 1.0, df).map_or(f64::NAN, |d| (2.0 * d.sf(t.abs())).min(1.0))
}

/// Half width in standard errors of a two-sided t interval.
pub fn t_half_width(level: f64, df: f64) -> f64 {
    let Ok(student) = StudentsT::new(0.0, 1.0, df) else { return f64::NAN };
    let upper = (1.0 - level) / 2.0;
    let mut t = student.inverse_cdf(0.5 + level / 2.0);
    // one Newton step on the upper tail sharpens the library's root to the last digits
    for _ in 0..2 {
        let density = statrs::distribution::Continuous::pdf(&student, t);
        t += (student.sf(t) - upper) / density;
    }
    t
}

/// P(X > x) of the chi-squared distribution.
pub fn chi2_sf(x: f64, df: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    ChiSquared::new(df).map_or(f64::NAN, |d| d.sf(x))
}

/// P(X > x) of the F distribution.
pub fn f_sf(x: f64, df1: f64, df2: f64) -> f64 {
    FisherSnedecor::new(df1, df2).map_or(f64::NAN, |d| d.sf(x))
}

/// Quantile of the F distribution.
pub fn f_quantile(p: f64, df1: f64, df2: f64) -> f64 {
    // from the end of the beta law that is not near 1
    let b = beta_quantile(p, df1 / 2.0, df2 / 2.0);
    if b < 0.5 {
        return df2 * b / (df1 * (1.0 - b));
    }
    let c = beta_quantile(1.0 - p, df2 / 2.0, df1 / 2.0);
    df2 * (1.0 - c) / (df1 * c)
}

/// Quantile of the chi-squared distribution.
pub fn chi2_quantile(p: f64, df: f64) -> f64 {
    let Ok(law) = ChiSquared::new(df) else { return f64::NAN };
    let mut x = law.inverse_cdf(p);
    for _ in 0..3 {
        let step = (law.cdf(x) - p) / statrs::distribution::Continuous::pdf(&law, x);
        if step.is_finite() && x - step > 0.0 {
            x -= step;
        }
    }
    x
}

/// Exact two-sided p of `k` successes of `n` at a probability of one half.
pub fn binomial_half_p(k: u64, n: u64) -> f64 {
    let fewer = k.min(n - k);
    let choose = |i: u64| statrs::function::factorial::ln_binomial(n, i) - n as f64 * std::f64::consts::LN_2;
    (2.0 * (0..=fewer).map(|i| choose(i).exp()).sum::<f64>()).min(1.0)
}

/// Quantile of the chi-squared distribution with one degree of freedom.
pub fn chi2_1_quantile(level: f64) -> f64 {
    normal_half_width(level).powi(2)
}

/// Quantile of the beta distribution.
pub fn beta_quantile(p: f64, a: f64, b: f64) -> f64 {
    let Ok(beta) = Beta::new(a, b) else { return f64::NAN };
    let mut x = beta.inverse_cdf(p);
    for _ in 0..3 {
        let density = statrs::distribution::Continuous::pdf(&beta, x);
        let step = (beta.cdf(x) - p) / density;
        if step.is_finite() && (x - step) > 0.0 && (x - step) < 1.0 {
            x -= step;
        }
    }
    x
}

/// Wilson's score interval of `k` of `n`.
pub fn wilson(k: u64, n: u64, level: f64) -> Interval {
    wilson_of_share(k as f64 / n as f64, n as f64, level)
}

/// Wilson's score interval of a share `p` of `n`, which need not be whole numbers.
pub fn wilson_of_share(p: f64, n: f64, level: f64) -> Interval {
    let z = normal_half_width(level);
    let z2 = z * z / n;
    let centre = (p + z2 / 2.0) / (1.0 + z2);
    let half = z * (p * (1.0 - p) / n + z2 / (4.0 * n)).sqrt() / (1.0 + z2);
    let low = if p == 0.0 { 0.0 } else { centre - half };
    let high = if p == 1.0 { 1.0 } else { centre + half };
    Interval { low, high }
}

/// Clopper and Pearson's exact interval of `k` of `n`.
pub fn clopper_pearson(k: u64, n: u64, level: f64) -> Interval {
    let tail = (1.0 - level) / 2.0;
    let (kf, nf) = (k as f64, n as f64);
    let low = if k == 0 { 0.0 } else { beta_quantile(tail, kf, nf - kf + 1.0) };
    let high = if k == n { 1.0 } else { beta_quantile(1.0 - tail, kf + 1.0, nf - kf) };
    Interval { low, high }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64, relative: f64) {
        assert!((a - b).abs() <= relative * b.abs().max(1e-300), "{a} is not {b}");
    }

    #[test]
    fn quantiles_and_tails_agree_with_published_values() {
        close(normal_quantile(0.975), 1.959963984540054, 1e-14);
        close(normal_quantile(0.005), -2.5758293035489004, 1e-14);
        // scipy.stats.norm.sf(10), t.ppf(.975, 48), chi2.sf(60, 2), beta.ppf(.025, 3, 13)
        close(normal_sf(10.0), 7.619853024160527e-24, 1e-11);
        close(t_half_width(0.95, 48.0), 2.010634757624228, 1e-12);
        close(chi2_sf(60.0, 2.0), (-30.0f64).exp(), 1e-12);
        close(chi2_1_quantile(0.95), 3.841458820694124, 1e-13);
    }

    #[test]
    fn the_interval_of_13_of_15_agrees_with_r() {
        // Hmisc::binconf(13, 15, method = "wilson"), binom.test(14, 15); for n - 1 of n binconf leaves Wilson's formula
        let w = wilson(13, 15, 0.95);
        close(w.low, 0.6211801716767764, 1e-12);
        close(w.high, 0.9626387408969347, 1e-12);
        let exact = clopper_pearson(14, 15, 0.95);
        close(exact.low, 0.6805154334216967, 1e-12);
        close(exact.high, 0.998_313_7, 1e-6);
    }

    #[test]
    fn the_interval_of_none_starts_at_zero_and_of_all_ends_at_one() {
        assert_eq!(wilson(0, 15, 0.95).low, 0.0);
        assert_eq!(wilson(15, 15, 0.95).high, 1.0);
        // exact bounds in closed form: 1 - (alpha/2)^(1/n)
        close(clopper_pearson(0, 15, 0.95).high, 1.0 - 0.025f64.powf(1.0 / 15.0), 1e-12);
        close(clopper_pearson(15, 15, 0.95).low, 0.025f64.powf(1.0 / 15.0), 1e-12);
    }
}
