//! The noncentral t law: exact limits of agreement and intervals of a standardised difference need it.
//!
//! The distribution function is the Poisson-weighted sum of incomplete beta functions (Guenther 1978; Lenth 1989,
//! AS 243, doi:10.2307/2347693), summed around its largest weight so that it holds for large noncentralities too.

use super::Interval;
use super::distributions::normal_sf;
use statrs::function::beta::beta_reg;
use statrs::function::gamma::ln_gamma;

/// P(T <= t) with `df` degrees of freedom and noncentrality `delta`.
pub fn noncentral_t_cdf(t: f64, df: f64, delta: f64) -> f64 {
    if t < 0.0 {
        return 1.0 - noncentral_t_cdf(-t, df, -delta);
    }
    let base = normal_sf(delta);
    if t == 0.0 {
        return base;
    }
    let x = (t * t / (t * t + df)).min(1.0);
    let lambda = delta * delta / 2.0;
    if lambda == 0.0 {
        return (base + 0.5 * beta_reg(0.5, df / 2.0, x)).clamp(0.0, 1.0);
    }
    let reach = 12.0 * lambda.sqrt() + 40.0;
    let (from, to) = ((lambda - reach).max(0.0).floor() as u64, (lambda + reach).ceil() as u64);
    let mut sum = 0.0;
    for j in from..=to {
        let j = j as f64;
        let log_weight = -lambda + j * lambda.ln();
        let even = (log_weight - ln_gamma(j + 1.0)).exp();
        let odd = (log_weight - ln_gamma(j + 1.5)).exp() * delta / std::f64::consts::SQRT_2;
        sum += even * beta_reg(j + 0.5, df / 2.0, x) + odd * beta_reg(j + 1.0, df / 2.0, x);
    }
    (base + 0.5 * sum).clamp(0.0, 1.0)
}

/// Quantile of the noncentral t law, for 0 < p < 1.
pub fn noncentral_t_quantile(p: f64, df: f64, delta: f64) -> f64 {
    let spread = 1.0 + delta.abs();
    rising_root(|t| noncentral_t_cdf(t, df, delta) - p, delta, spread)
}

/// Noncentralities at which the observed t lies at both ends of its central law.
pub(crate) fn noncentrality_interval(t: f64, df: f64, level: f64) -> Interval {
    let tail = (1.0 - level) / 2.0;
    // P(T <= t) falls as the noncentrality rises
    let at = |p: f64| rising_root(|delta| p - noncentral_t_cdf(t, df, delta), t, 1.0 + t.abs());
    Interval { low: at(1.0 - tail), high: at(tail) }
}

/// Root of a rising function, looked for around a start.
fn rising_root(f: impl Fn(f64) -> f64, start: f64, stride: f64) -> f64 {
    let (mut low, mut high, mut step) = (start - stride, start + stride, stride);
    for _ in 0..60 {
        if f(low) <= 0.0 {
            break;
        }
        low -= step;
        step *= 2.0;
    }
    step = stride;
    for _ in 0..60 {
        if f(high) >= 0.0 {
            break;
        }
        high += step;
        step *= 2.0;
    }
    for _ in 0..200 {
        let middle = low / 2.0 + high / 2.0;
        if middle == low || middle == high {
            break;
        }
        if f(middle) < 0.0 { low = middle } else { high = middle }
    }
    low / 2.0 + high / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_noncentrality_it_is_students_law() {
        // scipy.stats.t.ppf(.975, 5)
        assert!((noncentral_t_quantile(0.975, 5.0, 0.0) - 2.570_581_835_636_197).abs() < 1e-9);
        assert!((noncentral_t_cdf(0.0, 3.0, 0.0) - 0.5).abs() < 1e-15);
    }

    #[test]
    fn it_is_the_mixture_of_normal_laws_that_defines_it() {
        // P(T <= t) = E Phi(t sqrt(V / 4) - delta), V = u^2 chi-squared with 4 degrees of freedom: Simpson's rule in u
        let (t, delta) = (2.0f64, 1.3);
        let f = |u: f64| normal_sf(delta - t * u / 2.0) * u.powi(3) / 2.0 * (-u * u / 2.0).exp();
        let width = 16.0 / 4000.0;
        let pair = |i: i32| 4.0 * f(f64::from(2 * i - 1) * width) + 2.0 * f(f64::from(2 * i) * width);
        let sum = (1..=2000).map(pair).sum::<f64>() * width / 3.0;
        assert!((noncentral_t_cdf(t, 4.0, delta) - sum).abs() < 1e-10);
        let t = noncentral_t_quantile(0.95, 20.0, 1.5);
        assert!((noncentral_t_cdf(t, 20.0, 1.5) - 0.95).abs() < 1e-12);
    }

    #[test]
    fn a_large_noncentrality_keeps_its_mass() {
        // with many degrees of freedom T is nearly normal around delta
        assert!((noncentral_t_cdf(60.0, 1e6, 60.0) - 0.5).abs() < 2e-3);
        assert!(noncentral_t_cdf(40.0, 1e5, 60.0) < 1e-12);
    }
}
