//! Tests of two and more ROC curves: independent groups, all curves at once, curves as a whole, by resampling.
//!
//! All curves are oriented by their declared direction first; a covariance of curves that point in different directions
//! has the wrong sign otherwise. Global test: L'(L S L')^-1 L with the DeLong covariance S of all areas and contrasts of
//! neighbours, chi-squared with as many degrees of freedom as areas differ independently (DeLong 1988). Curves as a
//! whole: Venkatraman and Begg 1996 (doi:10.1093/biomet/83.4.835), paired, by exchanging the ranks of patients at random.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::delong::DeLong;
use super::distributions::{chi2_sf, normal_half_width, normal_p, t_p};
use super::error::{all_finite, same_length, two_classes};
use super::resample::{Resamples, auc_distribution, percentile_interval};
use super::roc::Direction;
use super::{Interval, StatsError};

/// Two areas measured on different patients.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Unpaired {
    /// First area minus second.
    pub difference: f64,
    /// Its standard error.
    pub se: f64,
    /// Difference over its standard error.
    pub statistic: f64,
    /// Welch-Satterthwaite degrees of freedom, as pROC takes them.
    pub df: f64,
    /// Two-sided p by t with these degrees of freedom.
    pub p: f64,
    /// Two-sided p by the normal law.
    pub p_normal: f64,
    /// Normal interval of the difference.
    pub interval: Interval,
}

/// Compares areas of independent groups of `n_a` and `n_b` patients.
///
/// # Errors
/// Areas without variance.
pub fn unpaired(a: (&DeLong, usize), b: (&DeLong, usize), level: f64) -> Result<Unpaired, StatsError> {
    let ((a, n_a), (b, n_b)) = (a, b);
    let variance = a.variance + b.variance;
    if variance.is_nan() || variance <= 1e-15 {
        return Err(StatsError::NoVariation { what: "the comparison of two areas" });
    }
    let (difference, se) = (a.auc - b.auc, variance.sqrt());
    let df = variance * variance
        / (a.variance * a.variance / (n_a as f64 - 1.0) + b.variance * b.variance / (n_b as f64 - 1.0));
    let statistic = difference / se;
    let half = normal_half_width(level) * se;
    Ok(Unpaired {
        difference,
        se,
        statistic,
        df,
        p: t_p(statistic, df),
        p_normal: normal_p(statistic),
        interval: Interval { low: difference - half, high: difference + half },
    })
}

/// Test that several areas on the same patients are equal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GlobalTest {
    /// Statistic.
    pub chi2: f64,
    /// Independent differences among the areas.
    pub df: usize,
    /// p.
    pub p: f64,
}

/// Compares two or more areas measured on the same patients, in the same order.
///
/// # Errors
/// Fewer than two areas, areas of different patients, areas that never differ.
pub fn global(curves: &[DeLong]) -> Result<GlobalTest, StatsError> {
    const WHAT: &str = "the comparison of several areas";
    if curves.len() < 2 {
        return Err(StatsError::TooFewValues { what: WHAT, needed: 2, found: curves.len() });
    }
    let k = curves.len() - 1;
    let mut s = vec![vec![0.0; k + 1]; k + 1];
    for i in 0..=k {
        for j in 0..=k {
            s[i][j] = curves[i].covariance(&curves[j])?;
        }
    }
    // contrasts of neighbours: covariance of the differences, eliminated row by row; one that others determine is left out
    let mut rows: Vec<(Vec<f64>, f64)> = (0..k)
        .map(|i| {
            let covariance = |j: usize| s[i][j] - s[i][j + 1] - s[i + 1][j] + s[i + 1][j + 1];
            ((0..k).map(covariance).collect(), curves[i].auc - curves[i + 1].auc)
        })
        .collect();
    let scale = rows.iter().enumerate().map(|(i, (row, _))| row[i]).fold(0.0, f64::max);
    let (mut chi2, mut df) = (0.0, 0);
    for i in 0..k {
        let (pivot, difference) = (rows[i].0[i], rows[i].1);
        if pivot.is_nan() || pivot <= 1e-10 * scale.max(1e-15) {
            continue;
        }
        chi2 += difference * difference / pivot;
        df += 1;
        let from = rows[i].0.clone();
        for row in rows.iter_mut().skip(i + 1) {
            let factor = row.0[i] / pivot;
            row.1 -= factor * difference;
            for (value, above) in row.0.iter_mut().zip(&from) {
                *value -= factor * above;
            }
        }
    }
    if df == 0 {
        return Err(StatsError::NoVariation { what: WHAT });
    }
    Ok(GlobalTest { chi2, df, p: chi2_sf(chi2, df as f64) })
}

/// A comparison by resampling.
#[derive(Debug, Clone, PartialEq)]
pub struct Resampled {
    /// First area minus second.
    pub difference: f64,
    /// SD of the difference over the resamples.
    pub se: f64,
    /// Percentile interval of the difference.
    pub interval: Interval,
    /// Two-sided p of difference over SD by the normal law, as pROC's bootstrap test.
    pub p: f64,
    /// Resamples in which both areas exist.
    pub n_used: usize,
}

/// Bootstrap comparison of two markers of the same patients; both are drawn together.
///
/// # Errors
/// Markers of different length or not finite, one class, a difference that does not vary.
pub fn bootstrap_difference(
    a: (&[f64], Direction),
    b: (&[f64], Direction),
    positive: &[bool],
    resamples: &Resamples,
    level: f64,
) -> Result<Resampled, StatsError> {
    const WHAT: &str = "the bootstrap comparison of two areas";
    let seen = super::roc::auc(a.0, positive, a.1)? - super::roc::auc(b.0, positive, b.1)?;
    let (x, y) = (auc_distribution(a.0, positive, a.1, resamples)?, auc_distribution(b.0, positive, b.1, resamples)?);
    let drawn: Vec<f64> = x.iter().zip(&y).map(|(x, y)| x - y).filter(|d| d.is_finite()).collect();
    if drawn.len() < 2 {
        return Err(StatsError::TooFewValues { what: WHAT, needed: 2, found: drawn.len() });
    }
    let centre = super::summary::mean(&drawn);
    let se = (super::summary::sum_of_squares(&drawn, centre) / (drawn.len() as f64 - 1.0)).sqrt();
    let interval = percentile_interval(&drawn, level).ok_or(StatsError::NoVariation { what: WHAT })?;
    if se <= 1e-15 {
        return Err(StatsError::NoVariation { what: WHAT });
    }
    Ok(Resampled { difference: seen, se, interval, p: normal_p(seen / se), n_used: drawn.len() })
}

/// A permutation test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Permuted {
    /// Statistic.
    pub statistic: f64,
    /// Share of permutations at least as extreme, the data themselves counted as one of them.
    pub p: f64,
    /// Permutations drawn.
    pub n: usize,
}

/// Venkatraman and Begg's paired test that two curves are one, at every operating point.
///
/// # Errors
/// Markers of different length or not finite, one class.
pub fn venkatraman(
    a: (&[f64], Direction),
    b: (&[f64], Direction),
    positive: &[bool],
    permutations: usize,
    seed: u64,
) -> Result<Permuted, StatsError> {
    let (r, s) = oriented_ranks("Venkatraman's test", a, b, positive)?;
    let statistic = area_between(&r, &s, positive);
    permuted(statistic as f64, permutations, seed, |rng| {
        let mut exchanged = (Vec::with_capacity(r.len()), Vec::with_capacity(r.len()));
        for (&r, &s) in r.iter().zip(&s) {
            // ties are broken at random after the exchange
            let (r, s) = if rng.random::<bool>() { (s, r) } else { (r, s) };
            exchanged.0.push(r as f64 + rng.random::<f64>() - 0.5);
            exchanged.1.push(s as f64 + rng.random::<f64>() - 0.5);
        }
        Ok(area_between(&first_ranks(&exchanged.0), &first_ranks(&exchanged.1), positive) >= statistic)
    })
}

/// How many of `n` permutations reach the statistic; each has a ChaCha stream of its own.
fn permuted(
    statistic: f64,
    n: usize,
    seed: u64,
    reaches: impl Fn(&mut ChaCha8Rng) -> Result<bool, StatsError> + Sync,
) -> Result<Permuted, StatsError> {
    let one = |number: usize| {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(number as u64);
        reaches(&mut rng)
    };
    let reached: Vec<bool> = (0..n).into_par_iter().map(one).collect::<Result<_, _>>()?;
    let extreme = reached.into_iter().filter(|reached| *reached).count();
    Ok(Permuted { statistic, p: (extreme as f64 + 1.0) / (n as f64 + 1.0), n })
}

/// Permutation test that two areas are equal: the markers of a patient, as ranks, are exchanged at random.
///
/// # Errors
/// Markers of different length or not finite, one class.
pub fn permutation_difference(
    a: (&[f64], Direction),
    b: (&[f64], Direction),
    positive: &[bool],
    permutations: usize,
    seed: u64,
) -> Result<Permuted, StatsError> {
    const WHAT: &str = "the permutation test of two areas";
    checked(WHAT, a.0, b.0, positive)?;
    let ranks = |(values, direction): (&[f64], Direction)| {
        super::delong::midranks(&values.iter().map(|&v| direction.orient(v)).collect::<Vec<_>>())
    };
    let (r, s) = (ranks(a), ranks(b));
    let gap = |r: &[f64], s: &[f64]| -> Result<f64, StatsError> {
        let area = |v: &[f64]| super::roc::auc(v, positive, Direction::Higher);
        Ok(area(r)? - area(s)?)
    };
    let statistic = gap(&r, &s)?;
    permuted(statistic, permutations, seed, |rng| {
        let exchange = |(&r, &s): (&f64, &f64)| if rng.random::<bool>() { (s, r) } else { (r, s) };
        let (x, y): (Vec<f64>, Vec<f64>) = r.iter().zip(&s).map(exchange).unzip();
        Ok(gap(&x, &y)?.abs() >= statistic.abs() - 1e-12)
    })
}

fn checked(what: &'static str, a: &[f64], b: &[f64], positive: &[bool]) -> Result<(), StatsError> {
    same_length(what, a.len(), positive.len())?;
    same_length(what, b.len(), positive.len())?;
    all_finite("first marker", a)?;
    all_finite("second marker", b)?;
    two_classes(positive).map(|_| ())
}

type Ranks = (Vec<usize>, Vec<usize>);

fn oriented_ranks(
    what: &'static str,
    a: (&[f64], Direction),
    b: (&[f64], Direction),
    positive: &[bool],
) -> Result<Ranks, StatsError> {
    checked(what, a.0, b.0, positive)?;
    let ranks = |(values, direction): (&[f64], Direction)| {
        first_ranks(&values.iter().map(|&v| direction.orient(v)).collect::<Vec<_>>())
    };
    Ok((ranks(a), ranks(b)))
}

/// Ranks from 1; of equal values the one that stands first is lower.
fn first_ranks(values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0; values.len()];
    for (place, &i) in order.iter().enumerate() {
        ranks[i] = place + 1;
    }
    ranks
}

/// Sum over all cut-offs of the difference in patients that are called wrongly.
fn area_between(r: &[usize], s: &[usize], positive: &[bool]) -> u64 {
    let n = positive.len();
    let wrong = |ranks: &[usize]| -> Vec<i64> {
        let mut change = vec![0i64; n + 1];
        // at cut-off x: positives at or below it, negatives above it
        for (&rank, &p) in ranks.iter().zip(positive) {
            change[rank] += if p { 1 } else { -1 };
        }
        let mut errors = positive.iter().filter(|p| !**p).count() as i64;
        (1..=n)
            .map(|x| {
                errors += change[x];
                errors
            })
            .collect()
    };
    wrong(r).iter().zip(wrong(s)).map(|(a, b)| (a - b).unsigned_abs()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::delong::{compare, delong};
    use crate::stats::resample::Scheme;

    fn data() -> (Vec<bool>, Vec<f64>, Vec<f64>) {
        let y: Vec<bool> = (0..30).map(|i| i % 3 == 0).collect();
        let a = (0..30).map(|i| f64::from(i * 7 % 13) + if i % 3 == 0 { 5.0 } else { 0.0 }).collect();
        let b = (0..30).map(|i| f64::from(i * 5 % 17)).collect();
        (y, a, b)
    }

    #[test]
    fn two_areas_at_once_are_delongs_z_squared_and_a_copy_adds_nothing() {
        let (y, a, b) = data();
        let (x, z) = (delong(&a, &y, Direction::Higher).unwrap(), delong(&b, &y, Direction::Lower).unwrap());
        let pair = compare(&x, &z, 0.95).unwrap();
        let all = global(&[x.clone(), z.clone()]).unwrap();
        assert!((all.chi2 - pair.z.unwrap().powi(2)).abs() < 1e-10 && all.df == 1);
        let copied = global(&[x.clone(), z.clone(), x.clone()]).unwrap();
        assert!((copied.chi2 - all.chi2).abs() < 1e-8 && copied.df == 1, "{copied:?}");
        assert!(global(&[x.clone(), x]).is_err());
    }

    #[test]
    fn the_order_of_three_curves_does_not_matter() {
        let (y, a, b) = data();
        let c: Vec<f64> = (0..30).map(|i| f64::from(i * 11 % 19)).collect();
        let of = |v: &[f64]| delong(v, &y, Direction::Higher).unwrap();
        let (p, q) = (global(&[of(&a), of(&b), of(&c)]).unwrap(), global(&[of(&c), of(&a), of(&b)]).unwrap());
        assert!((p.chi2 - q.chi2).abs() < 1e-9 && p.df == 2);
    }

    #[test]
    fn a_curve_against_itself_is_no_different() {
        let (y, a, b) = data();
        let higher = Direction::Higher;
        let same = venkatraman((&a, higher), (&a, higher), &y, 99, 1).unwrap();
        assert_eq!((same.statistic, same.p), (0.0, 1.0));
        let apart = permutation_difference((&a, higher), (&b, higher), &y, 199, 1).unwrap();
        assert!(apart.p < 0.2 && apart.p >= 1.0 / 200.0);
        let again = permutation_difference((&a, higher), (&b, higher), &y, 199, 1).unwrap();
        assert_eq!(apart, again);
    }

    #[test]
    fn the_bootstrap_error_is_near_delongs() {
        let (y, a, b) = data();
        let resamples = Resamples::draw(Scheme::Stratified, &y, 2000, 3);
        let got = bootstrap_difference((&a, Direction::Higher), (&b, Direction::Higher), &y, &resamples, 0.95).unwrap();
        let (x, z) = (delong(&a, &y, Direction::Higher).unwrap(), delong(&b, &y, Direction::Higher).unwrap());
        let pair = compare(&x, &z, 0.95).unwrap();
        assert!((got.difference - pair.difference).abs() < 1e-14);
        assert!((got.se / pair.se - 1.0).abs() < 0.15, "{} {}", got.se, pair.se);
        let apart = unpaired((&x, 30), (&z, 30), 0.95).unwrap();
        assert!((apart.se * apart.se - x.variance - z.variance).abs() < 1e-14 && apart.df > 29.0 && apart.df < 58.0);
    }
}
