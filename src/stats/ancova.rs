//! Baseline-adjusted difference of two groups at follow-up: the twin of every change analysis.
//!
//! Ordinary least squares of follow-up on group and baseline with a common slope, in closed form: with within-group
//! sums S, slope b = S_xy / S_xx, difference = (mean y1 - mean y0) - b (mean x1 - mean x0), n - 3 degrees of freedom.
//! Why not the change alone: Vickers and Altman 2001 (doi:10.1136/bmj.323.7321.1123).

use super::StatsError;
use super::error::{all_finite, same_length, two_classes};
use super::group_tests::{TTest, t_test};
use super::summary::{mean, sum_of_squares};

/// Positive minus negative group at follow-up, given the baseline.
pub fn adjusted_difference(
    baseline: &[f64],
    followup: &[f64],
    positive: &[bool],
    level: f64,
) -> Result<TTest, StatsError> {
    const WHAT: &str = "the baseline-adjusted difference";
    same_length(WHAT, baseline.len(), followup.len())?;
    same_length(WHAT, baseline.len(), positive.len())?;
    all_finite("baseline", baseline)?;
    all_finite("follow-up", followup)?;
    let (n1, n0) = two_classes(positive)?;
    if n1 + n0 < 4 {
        return Err(StatsError::TooFewValues { what: WHAT, needed: 4, found: n1 + n0 });
    }
    let pick = |values: &[f64], class: bool| -> Vec<f64> {
        values.iter().zip(positive).filter(|&(_, &p)| p == class).map(|(&v, _)| v).collect()
    };
    let (mut sxx, mut sxy, mut syy) = (0.0, 0.0, 0.0);
    let mut means = [(0.0, 0.0); 2];
    for class in [false, true] {
        let (x, y) = (pick(baseline, class), pick(followup, class));
        let (mx, my) = (mean(&x), mean(&y));
        sxx += sum_of_squares(&x, mx);
        syy += sum_of_squares(&y, my);
        sxy += x.iter().zip(&y).map(|(a, b)| (a - mx) * (b - my)).sum::<f64>();
        means[usize::from(class)] = (mx, my);
    }
    if sxx <= 0.0 {
        return Err(StatsError::ConstantColumn { column: "baseline".to_owned() });
    }
    let slope = sxy / sxx;
    let (dx, dy) = (means[1].0 - means[0].0, means[1].1 - means[0].1);
    let df = (n1 + n0) as f64 - 3.0;
    let residual = (syy - slope * sxy).max(0.0) / df;
    let se = (residual * (1.0 / n1 as f64 + 1.0 / n0 as f64 + dx * dx / sxx)).sqrt();
    t_test(WHAT, dy - slope * dx, se, df, level)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_difference_at_equal_baseline_is_found() {
        // y = 2 + 0.5 x + 3 group, with residuals that cancel within groups and are orthogonal to x
        let x = [1.0, 2.0, 3.0, 4.0, 11.0, 12.0, 13.0, 14.0];
        let e = [0.1, -0.1, -0.1, 0.1, 0.1, -0.1, -0.1, 0.1];
        let g = [false, false, false, false, true, true, true, true];
        let y: Vec<f64> = (0..8).map(|i| 2.0 + 0.5 * x[i] + 3.0 * f64::from(u8::from(g[i])) + e[i]).collect();
        let t = adjusted_difference(&x, &y, &g, 0.95).unwrap();
        assert!((t.difference - 3.0).abs() < 1e-12);
        assert_eq!(t.df, 5.0);
        // s2 = 0.08 / 5; se2 = s2 (1/4 + 1/4 + 100/10)
        assert!((t.difference / t.t - (0.016f64 * 10.5).sqrt()).abs() < 1e-12);
    }

    #[test]
    fn a_constant_baseline_is_refused() {
        let e = adjusted_difference(&[1.0; 4], &[1.0, 2.0, 3.0, 4.0], &[true, true, false, false], 0.95);
        assert!(matches!(e, Err(StatsError::ConstantColumn { .. })));
    }
}
