//! Bootstrap resamples of rows, the same whatever the number of threads, and what they say about an area.
//!
//! Each resample has a ChaCha stream of its own, numbered within the seed, so that the tenth resample is the same in
//! whichever thread and order it is drawn. Rows drawn elsewhere can be replayed. Percentile intervals use quantiles of
//! type 7; BCa after Efron 1987 (doi:10.1080/01621459.1987.10478410).

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::distributions::{normal_quantile, normal_sf};
use super::error::{all_finite, same_length, two_classes};
use super::roc::{self, Direction};
use super::summary::quantile;
use super::{Interval, StatsError};

/// How rows are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// From all rows: the number of positive patients varies.
    Plain,
    /// Within each class: the number of positive patients stays.
    Stratified,
}

/// Rows of each resample, counted from 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Resamples {
    rows: Vec<Vec<usize>>,
}

impl Resamples {
    /// Draws `n` resamples of the rows of `positive`.
    pub fn draw(scheme: Scheme, positive: &[bool], n: usize, seed: u64) -> Resamples {
        let all: Vec<usize> = (0..positive.len()).collect();
        let (cases, controls): (Vec<usize>, Vec<usize>) = all.iter().partition(|&&i| positive[i]);
        let strata: Vec<&[usize]> = match scheme {
            Scheme::Plain => vec![&all],
            Scheme::Stratified => vec![&cases, &controls],
        };
        let one = |number: usize| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream(number as u64);
            let mut rows = Vec::with_capacity(positive.len());
            for stratum in strata.iter().filter(|s| !s.is_empty()) {
                rows.extend(stratum.iter().map(|_| stratum[rng.random_range(0..stratum.len())]));
            }
            rows
        };
        Resamples { rows: (0..n).into_par_iter().map(one).collect() }
    }

    /// Takes resamples drawn elsewhere; every row must lie within the `n_rows` of the data.
    pub fn given(rows: Vec<Vec<usize>>, n_rows: usize) -> Result<Resamples, StatsError> {
        match rows.iter().flatten().find(|&&i| i >= n_rows) {
            Some(&index) => Err(StatsError::RowOutside { index, rows: n_rows }),
            None => Ok(Resamples { rows }),
        }
    }

    /// Rows of each resample.
    pub fn rows(&self) -> &[Vec<usize>] {
        &self.rows
    }

    /// Number of resamples.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

/// Area in each resample; NaN where a plain resample has one class only.
pub fn auc_distribution(
    values: &[f64],
    positive: &[bool],
    direction: Direction,
    resamples: &Resamples,
) -> Result<Vec<f64>, StatsError> {
    same_length("bootstrap of an area", values.len(), positive.len())?;
    all_finite("marker", values)?;
    two_classes(positive)?;
    let n = values.len();
    // a level for each distinct value, so that a resample is counted instead of sorted
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&a, &b| direction.orient(values[a]).total_cmp(&direction.orient(values[b])));
    let (mut level, mut levels) = (vec![0usize; n], 0);
    for (k, &i) in order.iter().enumerate() {
        if k > 0 && values[i] != values[order[k - 1]] {
            levels += 1;
        }
        level[i] = levels;
    }
    if let Some(&index) = resamples.rows().iter().flatten().find(|&&i| i >= n) {
        return Err(StatsError::RowOutside { index, rows: n });
    }
    let one = |rows: &Vec<usize>| {
        let mut counts = vec![[0u32; 2]; levels + 1];
        for &row in rows {
            counts[level[row]][usize::from(positive[row])] += 1;
        }
        let (mut below, mut cases, mut twice_u) = (0u64, 0u64, 0u64);
        for [controls_here, cases_here] in counts {
            let (q, p) = (u64::from(controls_here), u64::from(cases_here));
            twice_u += p * (2 * below + q);
            below += q;
            cases += p;
        }
        twice_u as f64 / (2.0 * cases as f64 * below as f64)
    };
    Ok(resamples.rows().par_iter().with_min_len(64).map(one).collect())
}

/// Percentile interval of the finite values; none where there is none.
pub fn percentile_interval(values: &[f64], level: f64) -> Option<Interval> {
    let mut finite: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
    finite.sort_unstable_by(f64::total_cmp);
    let tail = (1.0 - level) / 2.0;
    (!finite.is_empty()).then(|| Interval { low: quantile(&finite, tail), high: quantile(&finite, 1.0 - tail) })
}

/// Bias-corrected and accelerated interval of an area.
pub fn auc_bca(
    values: &[f64],
    positive: &[bool],
    direction: Direction,
    resamples: &Resamples,
    level: f64,
) -> Result<Interval, StatsError> {
    const WHAT: &str = "the BCa interval";
    let seen = roc::auc(values, positive, direction)?;
    let mut drawn = auc_distribution(values, positive, direction, resamples)?;
    drawn.retain(|a| a.is_finite());
    drawn.sort_unstable_by(f64::total_cmp);
    let count = |wanted: &dyn Fn(f64) -> bool| drawn.iter().filter(|&&a| wanted(a)).count() as f64;
    let below = count(&|a| a < seen - 1e-12) + 0.5 * count(&|a| (a - seen).abs() <= 1e-12);
    let share = below / drawn.len() as f64;
    if drawn.is_empty() || share <= 0.0 || share >= 1.0 {
        return Err(StatsError::NoVariation { what: WHAT });
    }
    let bias = normal_quantile(share);
    let left_out: Vec<f64> = (0..values.len())
        .map(|i| {
            let keep = |j: &usize| *j != i;
            let v: Vec<f64> = (0..values.len()).filter(keep).map(|j| values[j]).collect();
            let p: Vec<bool> = (0..values.len()).filter(keep).map(|j| positive[j]).collect();
            roc::auc(&v, &p, direction)
        })
        .collect::<Result<_, _>>()?;
    let centre = left_out.iter().sum::<f64>() / left_out.len() as f64;
    let moment = |power: i32| left_out.iter().map(|v| (centre - v).powi(power)).sum::<f64>();
    let acceleration = moment(3) / (6.0 * moment(2).powf(1.5));
    let at = |p: f64| {
        let shifted = bias + normal_quantile(p);
        let z = bias + shifted / (1.0 - acceleration * shifted);
        quantile(&drawn, normal_sf(-z))
    };
    let tail = (1.0 - level) / 2.0;
    Ok(Interval { low: at(tail), high: at(1.0 - tail) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome() -> Vec<bool> {
        (0..50).map(|i| i % 10 < 3).collect()
    }

    #[test]
    fn one_thread_and_many_draw_the_same_rows() {
        let draw = || Resamples::draw(Scheme::Stratified, &outcome(), 100, 7);
        let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap().install(draw);
        let four = rayon::ThreadPoolBuilder::new().num_threads(4).build().unwrap().install(draw);
        assert_eq!(one, four);
        assert_ne!(one, Resamples::draw(Scheme::Stratified, &outcome(), 100, 8));
        assert_eq!(one.rows()[..10], Resamples::draw(Scheme::Stratified, &outcome(), 10, 7).rows()[..]);
    }

    #[test]
    fn stratified_resamples_keep_the_classes_and_plain_ones_do_not() {
        let y = outcome();
        let cases = |r: &Vec<usize>| r.iter().filter(|&&i| y[i]).count();
        assert!(Resamples::draw(Scheme::Stratified, &y, 50, 1).rows().iter().all(|r| cases(r) == 15));
        assert!(Resamples::draw(Scheme::Plain, &y, 50, 1).rows().iter().any(|r| cases(r) != 15));
    }

    #[test]
    fn counted_areas_are_those_of_the_resampled_values() {
        let y = outcome();
        let v: Vec<f64> = (0..50).map(|i| f64::from((i * 13) % 11 + if y[i as usize] { 3 } else { 0 })).collect();
        let resamples = Resamples::draw(Scheme::Stratified, &y, 40, 3);
        for direction in [Direction::Higher, Direction::Lower] {
            let areas = auc_distribution(&v, &y, direction, &resamples).unwrap();
            for (rows, area) in resamples.rows().iter().zip(areas) {
                let w: Vec<f64> = rows.iter().map(|&i| v[i]).collect();
                let z: Vec<bool> = rows.iter().map(|&i| y[i]).collect();
                assert_eq!(area, roc::auc(&w, &z, direction).unwrap());
            }
        }
    }

    #[test]
    fn a_given_row_outside_the_data_is_refused() {
        let e = Resamples::given(vec![vec![0, 50]], 50);
        assert_eq!(e, Err(StatsError::RowOutside { index: 50, rows: 50 }));
    }
}
