//! Two methods on one scale: Lin's concordance, regression that allows for error in both, kappa of categories.
//!
//! Lin 1989 (doi:10.2307/2532051) with moments over n and the interval on Fisher's scale (Lin 2000 gives its variance);
//! Deming's line with equal errors; Passing and Bablok 1983 (doi:10.1515/cclm.1983.21.11.709), whose slope is a shifted
//! median of the slopes of all pairs; Cohen's kappa 1960 (doi:10.1177/001316446002000104), weighted 1968
//! (doi:10.1037/h0026256), with the large-sample errors of Fleiss, Cohen and Everitt 1969 (doi:10.1037/h0028106).

use super::distributions::{normal_half_width, normal_p};
use super::error::{all_finite, same_length};
use super::summary::{mean, quantile, sum_of_squares};
use super::{Interval, StatsError};

/// Lin's concordance correlation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Concordance {
    /// The coefficient.
    pub value: f64,
    /// Its interval; none where it is -1 or 1 or there are three pairs.
    pub interval: Option<Interval>,
    /// Pearson's correlation: the precision.
    pub precision: f64,
    /// Bias correction: the accuracy, 1 for a cloud around the line of identity.
    pub accuracy: f64,
}

struct Moments {
    mean: [f64; 2],
    /// Sums of squares and of products about the means.
    squares: [f64; 2],
    product: f64,
}

fn moments(what: &'static str, x: &[f64], y: &[f64]) -> Result<Moments, StatsError> {
    same_length(what, x.len(), y.len())?;
    all_finite(what, x)?;
    all_finite(what, y)?;
    if x.len() < 3 {
        return Err(StatsError::TooFewValues { what, needed: 3, found: x.len() });
    }
    let mean = [mean(x), mean(y)];
    let squares = [sum_of_squares(x, mean[0]), sum_of_squares(y, mean[1])];
    if squares[0] <= 0.0 || squares[1] <= 0.0 {
        return Err(StatsError::NoVariation { what });
    }
    let product = x.iter().zip(y).map(|(a, b)| (a - mean[0]) * (b - mean[1])).sum();
    Ok(Moments { mean, squares, product })
}

/// Lin's concordance correlation of paired values.
///
/// # Errors
/// Fewer than three pairs, values that do not vary or are not finite.
pub fn concordance(x: &[f64], y: &[f64], level: f64) -> Result<Concordance, StatsError> {
    let m = moments("the concordance correlation", x, y)?;
    let n = x.len() as f64;
    let (vx, vy, cov) = (m.squares[0] / n, m.squares[1] / n, m.product / n);
    let shift = m.mean[0] - m.mean[1];
    let value = 2.0 * cov / (vx + vy + shift * shift);
    let r = m.product / (m.squares[0] * m.squares[1]).sqrt();
    let u = shift / (vx * vy).sqrt().sqrt();
    let (p2, r2, u2) = (value * value, r * r, u * u);
    let variance = ((1.0 - r2) * p2 * (1.0 - p2) / r2 + 2.0 * value.powi(3) * (1.0 - value) * u2 / r
        - 0.5 * value.powi(4) * u2 * u2 / r2)
        / (n - 2.0);
    let interval = (n > 3.0 && value.abs() < 1.0 && r != 0.0 && variance >= 0.0).then(|| {
        let half = normal_half_width(level) * variance.sqrt() / (1.0 - p2);
        Interval { low: (value.atanh() - half).tanh(), high: (value.atanh() + half).tanh() }
    });
    Ok(Concordance { value, interval, precision: r, accuracy: value / r })
}

/// A line `second = intercept + slope first`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    /// Slope.
    pub slope: f64,
    /// Intercept.
    pub intercept: f64,
    /// Interval of the slope, where the method has one.
    pub slope_interval: Option<Interval>,
    /// Interval of the intercept, where the method has one: the median rests of both ends of the slope.
    pub intercept_interval: Option<Interval>,
}

/// Deming's line: both methods err equally.
///
/// # Errors
/// Fewer than three pairs, values that do not vary, a covariance of zero.
pub fn deming(x: &[f64], y: &[f64]) -> Result<Line, StatsError> {
    const WHAT: &str = "Deming regression";
    let m = moments(WHAT, x, y)?;
    if m.product == 0.0 {
        return Err(StatsError::NoVariation { what: WHAT });
    }
    let gap = m.squares[1] - m.squares[0];
    let slope = (gap + (gap * gap + 4.0 * m.product * m.product).sqrt()) / (2.0 * m.product);
    Ok(Line { slope, intercept: m.mean[1] - slope * m.mean[0], slope_interval: None, intercept_interval: None })
}

/// Passing and Bablok's line: robust, no law of the errors assumed.
///
/// # Errors
/// Fewer than three pairs, values that do not vary.
pub fn passing_bablok(x: &[f64], y: &[f64], level: f64) -> Result<Line, StatsError> {
    const WHAT: &str = "Passing-Bablok regression";
    moments(WHAT, x, y)?;
    let n = x.len();
    let mut slopes = Vec::with_capacity(n * (n - 1) / 2);
    for i in 0..n {
        for j in i + 1..n {
            let (dx, dy) = (x[j] - x[i], y[j] - y[i]);
            // pairs that are equal in both say nothing, a slope of -1 has no side
            if (dx == 0.0 && dy == 0.0) || dy == -dx {
                continue;
            }
            slopes.push(if dx == 0.0 { f64::INFINITY.copysign(dy) } else { dy / dx });
        }
    }
    if slopes.is_empty() {
        return Err(StatsError::NoVariation { what: WHAT });
    }
    slopes.sort_unstable_by(f64::total_cmp);
    let shift = slopes.iter().filter(|s| **s < -1.0).count();
    let at = |place: usize| slopes[(place + shift).clamp(1, slopes.len()) - 1];
    let count = slopes.len();
    let slope = if count % 2 == 1 { at(count.div_ceil(2)) } else { at(count / 2) / 2.0 + at(count / 2 + 1) / 2.0 };
    let size = n as f64;
    let spread = normal_half_width(level) * (size * (size - 1.0) * (2.0 * size + 5.0) / 18.0).sqrt();
    let low = ((count as f64 - spread) / 2.0).round().max(1.0) as usize;
    let interval = Interval { low: at(low), high: at(count + 1 - low.min(count)) };
    let rest = |slope: f64| {
        let mut rests: Vec<f64> = x.iter().zip(y).map(|(a, b)| b - slope * a).collect();
        rests.sort_unstable_by(f64::total_cmp);
        quantile(&rests, 0.5)
    };
    // a steeper line begins lower where values are positive, higher where they are negative
    let ends = [rest(interval.low), rest(interval.high)];
    let of_intercept = ends
        .iter()
        .all(|end| end.is_finite())
        .then(|| Interval { low: ends[0].min(ends[1]), high: ends[0].max(ends[1]) });
    Ok(Line { slope, intercept: rest(slope), slope_interval: Some(interval), intercept_interval: of_intercept })
}

/// How disagreement counts for kappa.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weights {
    /// Every disagreement alike.
    Unweighted,
    /// By the distance of the levels.
    Linear,
    /// By its square.
    Quadratic,
}

/// Kappa of two raters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Kappa {
    /// Subjects.
    pub n: u64,
    /// The coefficient.
    pub value: f64,
    /// Standard error for the interval.
    pub se: f64,
    /// Interval, cut at 1.
    pub interval: Interval,
    /// Whether the interval was cut.
    pub is_clipped: bool,
    /// Two-sided p against no agreement beyond chance.
    pub p: f64,
    /// Share of subjects on which they agree.
    pub agreement: f64,
}

/// Kappa from a square table of counts, rows by the first rater; levels in their order.
///
/// # Errors
/// A table that is not square or has fewer than two levels, no subject, a rater who used one level only while the
/// other did the same.
pub fn kappa(table: &[Vec<u64>], weights: Weights, level: f64) -> Result<Kappa, StatsError> {
    const WHAT: &str = "kappa";
    let k = table.len();
    for row in table {
        same_length(WHAT, k, row.len())?;
    }
    let n: u64 = table.iter().flatten().sum();
    if k < 2 || n == 0 {
        return Err(StatsError::TooFewValues { what: WHAT, needed: 2, found: k.min(n as usize) });
    }
    let total = n as f64;
    let share = |i: usize, j: usize| table[i][j] as f64 / total;
    let rows: Vec<f64> = (0..k).map(|i| (0..k).map(|j| share(i, j)).sum()).collect();
    let columns: Vec<f64> = (0..k).map(|j| (0..k).map(|i| share(i, j)).sum()).collect();
    let weight = |i: usize, j: usize| {
        let distance = (i as f64 - j as f64).abs() / (k as f64 - 1.0);
        match weights {
            Weights::Unweighted => f64::from(u8::from(i == j)),
            Weights::Linear => 1.0 - distance,
            Weights::Quadratic => 1.0 - distance * distance,
        }
    };
    let over = |f: &dyn Fn(usize, usize) -> f64| -> f64 {
        (0..k).flat_map(|i| (0..k).map(move |j| (i, j))).map(|(i, j)| f(i, j)).sum()
    };
    let observed = over(&|i, j| weight(i, j) * share(i, j));
    let expected = over(&|i, j| weight(i, j) * rows[i] * columns[j]);
    if 1.0 - expected <= 1e-15 {
        return Err(StatsError::NoVariation { what: WHAT });
    }
    let value = (observed - expected) / (1.0 - expected);
    let row_weight: Vec<f64> = (0..k).map(|i| (0..k).map(|j| columns[j] * weight(i, j)).sum()).collect();
    let column_weight: Vec<f64> = (0..k).map(|j| (0..k).map(|i| rows[i] * weight(i, j)).sum()).collect();
    let mean_weight = |i: usize, j: usize| row_weight[i] + column_weight[j];
    let spread = over(&|i, j| share(i, j) * (weight(i, j) - mean_weight(i, j) * (1.0 - value)).powi(2));
    let se = ((spread - (value - expected * (1.0 - value)).powi(2)).max(0.0) / total).sqrt() / (1.0 - expected);
    let null = over(&|i, j| rows[i] * columns[j] * (weight(i, j) - mean_weight(i, j)).powi(2)) - expected * expected;
    let null_se = (null.max(0.0) / total).sqrt() / (1.0 - expected);
    let half = normal_half_width(level) * se;
    Ok(Kappa {
        n,
        value,
        se,
        interval: Interval { low: value - half, high: (value + half).min(1.0) },
        is_clipped: value < 1.0 && value + half > 1.0,
        p: if null_se > 0.0 { normal_p(value / null_se) } else { f64::NAN },
        agreement: (0..k).map(|i| share(i, i)).sum(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shifted_copy_is_precise_and_not_accurate() {
        let x = [1.0, 2.0, 3.0, 4.0, 5.0];
        let y = x.map(|v| v + 2.0);
        let c = concordance(&x, &y, 0.95).unwrap();
        // 2 cov / (2 var + 4) with var = cov = 2
        assert!((c.value - 0.5).abs() < 1e-14 && (c.precision - 1.0).abs() < 1e-14 && (c.accuracy - 0.5).abs() < 1e-14);
        for line in [deming(&x, &y).unwrap(), passing_bablok(&x, &y, 0.95).unwrap()] {
            assert!((line.slope - 1.0).abs() < 1e-12 && (line.intercept - 2.0).abs() < 1e-12);
        }
    }

    #[test]
    fn exchanging_the_methods_inverts_the_slope() {
        // six points have fifteen slopes, whose median is one of them
        let (x, y) = ([1.0, 2.5, 3.0, 4.2, 6.0, 7.5], [2.2, 4.0, 7.0, 8.1, 13.0, 14.0]);
        for f in [deming, |x: &[f64], y: &[f64]| passing_bablok(x, y, 0.95)] {
            assert!((f(&x, &y).unwrap().slope * f(&y, &x).unwrap().slope - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn a_passing_bablok_line_has_the_ends_of_scripts_reference_passing_bablok() {
        let x = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0];
        let y = [1.3, 1.8, 3.4, 4.1, 4.7, 6.6, 6.9, 8.4, 8.8, 10.9];
        let line = passing_bablok(&x, &y, 0.95).unwrap();
        let (slope, intercept) = (line.slope_interval.unwrap(), line.intercept_interval.unwrap());
        let found = [line.slope, slope.low, slope.high, line.intercept, intercept.low, intercept.high];
        let expected = [1.025, 0.933333333333, 1.1375, 0.1, -0.475, 0.383333333333];
        found.iter().zip(expected).for_each(|(found, expected)| assert!((found - expected).abs() < 1e-11, "{found}"));
    }

    #[test]
    fn kappa_of_a_small_table_is_worked_by_hand() {
        // 20 5 / 10 15: agreement 0.7, by chance 0.5
        let table = [vec![20, 5], vec![10, 15]];
        let k = kappa(&table, Weights::Unweighted, 0.95).unwrap();
        assert!((k.value - 0.4).abs() < 1e-14 && (k.agreement - 0.7).abs() < 1e-14);
        // with two levels all weights are the same
        assert!((kappa(&table, Weights::Quadratic, 0.95).unwrap().value - 0.4).abs() < 1e-14);
        // three levels, one step off: linear counts it half
        let table = [vec![1, 1, 0], vec![0, 1, 0], vec![0, 0, 1]];
        let (plain, linear) =
            (kappa(&table, Weights::Unweighted, 0.95).unwrap(), kappa(&table, Weights::Linear, 0.95).unwrap());
        assert!(linear.value > plain.value);
        assert!(kappa(&[vec![3, 0], vec![0, 0]], Weights::Unweighted, 0.95).is_err());
    }
}
