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
use super::levels::Levels;
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

/// Rows over all resamples up to which they are kept; beyond, each is drawn anew whenever it is asked for.
const MOST_KEPT: usize = 20_000_000;

/// Rows of each resample, counted from 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Resamples(Rows);

#[derive(Debug, Clone, PartialEq)]
enum Rows {
    Kept(Vec<Vec<usize>>),
    Drawn { strata: Vec<Vec<usize>>, n: usize, seed: u64 },
}

impl Resamples {
    /// Draws `n` resamples of the rows of `positive`.
    pub fn draw(scheme: Scheme, positive: &[bool], n: usize, seed: u64) -> Resamples {
        let all: Vec<usize> = (0..positive.len()).collect();
        let mut strata = match scheme {
            Scheme::Plain => vec![all],
            Scheme::Stratified => <[Vec<usize>; 2]>::from(all.iter().partition(|&&i| positive[i])).to_vec(),
        };
        strata.retain(|stratum| !stratum.is_empty());
        let drawn = Resamples(Rows::Drawn { strata, n, seed });
        if drawn.n_rows() > MOST_KEPT { drawn } else { Resamples(Rows::Kept(drawn.map(<[usize]>::to_vec))) }
    }

    /// Takes resamples drawn elsewhere; every row must lie within the `n_rows` of the data.
    pub fn given(rows: Vec<Vec<usize>>, n_rows: usize) -> Result<Resamples, StatsError> {
        let given = Resamples(Rows::Kept(rows));
        given.check_within(n_rows).map(|()| given)
    }

    /// What each resample gives, in their order whatever the number of threads.
    pub fn map<T: Send>(&self, of: impl Fn(&[usize]) -> T + Sync + Send) -> Vec<T> {
        // a few thousand rows for a thread at least
        let at_least = (4096 * self.len().max(1) / self.n_rows().max(1)).max(1);
        match &self.0 {
            Rows::Kept(rows) => rows.par_iter().with_min_len(at_least).map(|rows| of(rows)).collect(),
            Rows::Drawn { strata, n, seed } => {
                let one = |number: usize| of(&rows_of(strata, *seed, number));
                (0..*n).into_par_iter().with_min_len(at_least).map(one).collect()
            }
        }
    }

    /// Refuses rows that the data do not have.
    ///
    /// # Errors
    /// [`StatsError::RowOutside`] with the first of them.
    pub fn check_within(&self, n_rows: usize) -> Result<(), StatsError> {
        let rows = match &self.0 {
            Rows::Kept(rows) => rows,
            Rows::Drawn { strata, .. } => strata,
        };
        match rows.iter().flatten().find(|&&i| i >= n_rows) {
            Some(&index) => Err(StatsError::RowOutside { index, rows: n_rows }),
            None => Ok(()),
        }
    }

    /// Rows of all resamples together.
    pub fn n_rows(&self) -> usize {
        match &self.0 {
            Rows::Kept(rows) => rows.iter().map(Vec::len).sum(),
            Rows::Drawn { strata, n, .. } => n * strata.iter().map(Vec::len).sum::<usize>(),
        }
    }

    /// Number of resamples.
    pub fn len(&self) -> usize {
        match &self.0 {
            Rows::Kept(rows) => rows.len(),
            Rows::Drawn { n, .. } => *n,
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// One resample: as many rows of each stratum as it has, from the stream of this number.
fn rows_of(strata: &[Vec<usize>], seed: u64, number: usize) -> Vec<usize> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(number as u64);
    let mut rows = Vec::with_capacity(strata.iter().map(Vec::len).sum());
    for stratum in strata {
        rows.extend(stratum.iter().map(|_| stratum[rng.random_range(0..stratum.len())]));
    }
    rows
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
    resamples.check_within(values.len())?;
    let levels = Levels::of(values, direction);
    Ok(resamples.map(|rows| area(&levels.counts(rows.iter().copied(), positive))))
}

/// Area of counted rows.
fn area(counts: &[[u32; 2]]) -> f64 {
    let (mut hits, mut alarms, mut twice_u) = (0u64, 0u64, 0u64);
    for &[q, p] in counts {
        twice_u += u64::from(q) * (2 * hits + u64::from(p));
        hits += u64::from(p);
        alarms += u64::from(q);
    }
    twice_u as f64 / (2.0 * hits as f64 * alarms as f64)
}

/// Area without each of the rows in turn.
fn jackknife(values: &[f64], positive: &[bool], direction: Direction) -> Vec<f64> {
    let levels = Levels::of(values, direction);
    let counts = levels.counts(0..values.len(), positive);
    let (mut hits, mut alarms, mut twice_u) = (0u64, 0u64, 0u64);
    // twice the pairs that one negative and one positive patient of a level win, positive ones by all alarms so far
    let mut won = Vec::with_capacity(counts.len());
    for &[q, p] in &counts {
        let [q, p] = [q, p].map(u64::from);
        won.push([2 * hits + p, 2 * alarms + q]);
        twice_u += q * (2 * hits + p);
        hits += p;
        alarms += q;
    }
    let without = |row: usize| {
        let [of_negative, lost_to] = won[levels.of_rows()[row]];
        let (won, m, n) = match positive[row] {
            true => (2 * alarms - lost_to, hits - 1, alarms),
            false => (of_negative, hits, alarms - 1),
        };
        (twice_u - won) as f64 / (2.0 * m as f64 * n as f64)
    };
    (0..values.len()).map(without).collect()
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
    let (m, n) = two_classes(positive)?;
    if m.min(n) < 2 {
        return Err(StatsError::TooFewValues { what: WHAT, needed: 2, found: m.min(n) });
    }
    drawn.retain(|a| a.is_finite());
    drawn.sort_unstable_by(f64::total_cmp);
    let count = |wanted: &dyn Fn(f64) -> bool| drawn.iter().filter(|&&a| wanted(a)).count() as f64;
    let below = count(&|a| a < seen - 1e-12) + 0.5 * count(&|a| (a - seen).abs() <= 1e-12);
    let share = below / drawn.len() as f64;
    if drawn.is_empty() || share <= 0.0 || share >= 1.0 {
        return Err(StatsError::NoVariation { what: WHAT });
    }
    let bias = normal_quantile(share);
    let left_out = jackknife(values, positive, direction);
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
        let rows = |resamples: &Resamples| resamples.map(<[usize]>::to_vec);
        assert_eq!(rows(&one)[..10], rows(&Resamples::draw(Scheme::Stratified, &outcome(), 10, 7)));
    }

    #[test]
    fn stratified_resamples_keep_the_classes_and_plain_ones_do_not() {
        let y = outcome();
        let cases = |scheme| Resamples::draw(scheme, &y, 50, 1).map(|rows| rows.iter().filter(|&&i| y[i]).count());
        assert_eq!(cases(Scheme::Stratified), [15; 50]);
        assert!(cases(Scheme::Plain).iter().any(|&n| n != 15));
    }

    #[test]
    fn too_many_rows_to_keep_are_the_same_drawn_anew() {
        let y: Vec<bool> = (0..MOST_KEPT / 10 + 1).map(|i| i % 4 == 0).collect();
        let (many, few) =
            (Resamples::draw(Scheme::Stratified, &y, 10, 7), Resamples::draw(Scheme::Stratified, &y, 2, 7));
        assert!(matches!((&many.0, &few.0), (Rows::Drawn { .. }, Rows::Kept(_))));
        let sums = |resamples: &Resamples| resamples.map(|rows| rows.iter().sum::<usize>());
        assert_eq!((many.len(), &sums(&many)[..2]), (10, &sums(&few)[..]));
        assert!(many.check_within(5).is_err() && many.check_within(y.len()).is_ok());
    }

    #[test]
    fn the_jackknife_is_the_area_without_each_row() {
        let y = outcome();
        let v: Vec<f64> = (0..50).map(|i| f64::from((i * 13) % 11 + if y[i as usize] { 3 } else { 0 })).collect();
        for direction in [Direction::Higher, Direction::Lower] {
            for (i, area) in jackknife(&v, &y, direction).into_iter().enumerate() {
                let keep = |j: &usize| *j != i;
                let (w, z): (Vec<f64>, Vec<bool>) = (0..50).filter(keep).map(|j| (v[j], y[j])).unzip();
                assert_eq!(area, roc::auc(&w, &z, direction).unwrap());
            }
        }
    }

    #[test]
    fn counted_areas_are_those_of_the_resampled_values() {
        let y = outcome();
        let v: Vec<f64> = (0..50).map(|i| f64::from((i * 13) % 11 + if y[i as usize] { 3 } else { 0 })).collect();
        let resamples = Resamples::draw(Scheme::Stratified, &y, 40, 3);
        for direction in [Direction::Higher, Direction::Lower] {
            let areas = auc_distribution(&v, &y, direction, &resamples).unwrap();
            for (rows, area) in resamples.map(<[usize]>::to_vec).iter().zip(areas) {
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
