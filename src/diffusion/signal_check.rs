//! Can the volumes be what their b-values say? Looks at the signal, because converters mislabel what they append.
//!
//! Inputs  a series and its b-values, s/mm2; volumes are counted from 0
//! Method  some ten thousand voxels spread over the series; where brightness matters, the brighter quarter of those that
//!         are positive in every volume
//! Refuses a volume without signal, a volume that repeats another one under a different b, a scanner's ADC map under a
//!         b-value, repeats of one b that do not resemble each other, a signal that rises with b, a volume of which a tenth
//!         of the tissue sits at the ceiling of the integer range. With [`BSelection::trust`] each becomes a warning.
//! Limits  a map other than ADC is found only where it breaks one of these rules

use super::b_table::{B_ZERO, BSelection, distinct, same_b};
use super::sample::{is_positive, sample};
use super::{DiffusionError, adc};
use crate::error::{Failure, Warning};
use crate::image::Signals;

/// Correlation with the fitted ADC from which on a volume is taken for an ADC map, and the largest spread (interquartile
/// range over median) of their ratio: they must be proportional, too. For volumes labelled "b = 0", where converters
/// append maps ...
const MAP_AT_B_ZERO: (f64, f64) = (0.9, 0.3);
/// ... and for all others.
const MAP_ELSEWHERE: (f64, f64) = (0.95, 0.15);
/// Ratio of the summed bright signal of two volumes of one b beyond which they are not repeats of each other.
const UNLIKE_REPEATS: f64 = 1.5;
/// Rise of the summed bright signal between two b's that no noise explains.
const ALLOWED_RISE: f64 = 1.02;
/// Share of the bright voxels at the ceiling from which on a volume is refused.
const CLIPPED_SHARE: f64 = 0.1;
/// Voxels needed to judge by.
const FEWEST: usize = 20;

/// Refuses a series that cannot be what its b-values say; returns what a reader must know.
///
/// Looks at all volumes that were not dropped, chosen for the fit or not.
///
/// # Errors
/// [`DiffusionError::EmptyVolume`], [`DiffusionError::SameVolume`], [`DiffusionError::AppendedAdcMap`],
/// [`DiffusionError::UnlikeRepeats`], [`DiffusionError::NotDecaying`], [`DiffusionError::ClippedVolume`].
pub fn check_signal(series: &impl Signals, b: &[f64], selection: &BSelection) -> Result<Vec<Warning>, DiffusionError> {
    check_sample(sample(series, &kept(b, selection)), b, selection)
}

/// The volumes that were not dropped.
fn kept(b: &[f64], selection: &BSelection) -> Vec<usize> {
    (0..b.len()).filter(|volume| !selection.drop_volumes.contains(volume)).collect()
}

/// As [`check_signal`], by the sampled voxels of the volumes that were not dropped, one row a voxel.
pub(super) fn check_sample(
    all: Vec<Vec<f32>>,
    b: &[f64],
    selection: &BSelection,
) -> Result<Vec<Warning>, DiffusionError> {
    let volumes = kept(b, selection);
    let kept_b: Vec<f64> = volumes.iter().map(|&volume| b[volume]).collect();
    let mut warnings = Vec::new();
    let mut settle = |found: Option<DiffusionError>| match found {
        None => Ok(()),
        Some(problem) if selection.trust => {
            warnings.push(Warning::new(problem.slug(), format!("{problem}; used as asked")));
            Ok(())
        }
        Some(problem) => Err(problem),
    };
    if all.len() >= FEWEST {
        settle(empty_volume(&all, &volumes, &kept_b))?;
        settle(same_volume(&all, &volumes, &kept_b))?;
    }
    let bright = brighter_quarter(all);
    if bright.len() < FEWEST {
        let message =
            format!("only {} voxels are positive in every volume: the b-values were not checked", bright.len());
        warnings.push(Warning::new("signal-not-checked", message));
        return Ok(warnings);
    }
    settle(adc_map(&bright, &volumes, &kept_b))?;
    settle(unlike_repeats(&bright, &volumes, &kept_b))?;
    let every: Vec<usize> = (0..volumes.len()).collect();
    settle(rise(&bright, &every, &kept_b))?;
    settle(clipped_volume(&bright, &volumes, &kept_b))?;
    Ok(warnings)
}

/// The brighter quarter of the voxels that are positive in every volume; of small images, as many as there are.
fn brighter_quarter(all: Vec<Vec<f32>>) -> Vec<Vec<f32>> {
    let mut positive: Vec<(f32, Vec<f32>)> = all
        .into_iter()
        .filter(|signal| signal.iter().all(|&s| is_positive(s)))
        .map(|signal| (signal.iter().map(|s| s.ln()).sum(), signal))
        .collect();
    positive.sort_by(|a, b| b.0.total_cmp(&a.0));
    positive.truncate((positive.len() / 4).max(positive.len().min(4 * FEWEST)));
    positive.into_iter().map(|(_, signal)| signal).collect()
}

fn empty_volume(all: &[Vec<f32>], volumes: &[usize], b: &[f64]) -> Option<DiffusionError> {
    let is_empty = |place: &usize| !all.iter().any(|signal| is_positive(signal[*place]));
    let place = (0..volumes.len()).find(is_empty)?;
    Some(DiffusionError::EmptyVolume { volume: volumes[place], b: b[place] })
}

fn same_volume(all: &[Vec<f32>], volumes: &[usize], b: &[f64]) -> Option<DiffusionError> {
    let pairs = (0..volumes.len()).flat_map(|second| (0..second).map(move |first| [first, second]));
    let [first, second] = pairs
        .filter(|&[first, second]| !same_b(b[first], b[second]))
        .find(|&[first, second]| all.iter().all(|signal| signal[first].to_bits() == signal[second].to_bits()))?;
    let [one, other] = [volumes[first], volumes[second]];
    Some(DiffusionError::SameVolume { volumes: [one, other], b: [b[first], b[second]] })
}

fn adc_map(bright: &[Vec<f32>], volumes: &[usize], b: &[f64]) -> Option<DiffusionError> {
    let likeness = |place: usize| {
        let others: Vec<usize> = (0..volumes.len()).filter(|&p| p != place).collect();
        let others_b: Vec<f64> = others.iter().map(|&p| b[p]).collect();
        // where the others rise with b, what is fitted to them is no ADC and the table is to blame
        if distinct(&others_b).len() < 2 || rise(bright, &others, &others_b).is_some() {
            return None;
        }
        let (correlation, spread) = likeness_to_adc(bright, place, &others, &others_b);
        let (least, most) = if b[place] < B_ZERO { MAP_AT_B_ZERO } else { MAP_ELSEWHERE };
        (correlation >= least && spread <= most).then_some((place, correlation))
    };
    let (place, correlation) = (0..volumes.len()).filter_map(likeness).max_by(|x, y| x.1.total_cmp(&y.1))?;
    Some(DiffusionError::AppendedAdcMap { volume: volumes[place], b: b[place], correlation })
}

/// Sum of one volume over the sample.
fn total(bright: &[Vec<f32>], place: usize) -> f64 {
    bright.iter().map(|signal| f64::from(signal[place])).sum()
}

fn unlike_repeats(bright: &[Vec<f32>], volumes: &[usize], b: &[f64]) -> Option<DiffusionError> {
    distinct(b).into_iter().find_map(|low| {
        let mut repeats: Vec<(f64, usize)> =
            (0..b.len()).filter(|&p| same_b(low, b[p])).map(|p| (total(bright, p), volumes[p])).collect();
        repeats.sort_by(|x, y| x.0.total_cmp(&y.0));
        let ((least, dim), (most, bright)) = (*repeats.first()?, *repeats.last()?);
        let ratio = most / least;
        (ratio > UNLIKE_REPEATS).then_some(DiffusionError::UnlikeRepeats { volumes: [dim, bright], b: low, ratio })
    })
}

/// A rise with b among the volumes at these places, which have these b-values.
fn rise(bright: &[Vec<f32>], places: &[usize], b: &[f64]) -> Option<DiffusionError> {
    let mean_at = |low: f64| -> f64 {
        let repeats: Vec<usize> = (0..b.len()).filter(|&p| same_b(low, b[p])).collect();
        repeats.iter().map(|&p| total(bright, places[p])).sum::<f64>() / repeats.len().max(1) as f64
    };
    let levels: Vec<(f64, f64)> = distinct(b).into_iter().map(|low| (low, mean_at(low))).collect();
    levels.windows(2).find_map(|pair| {
        let ((b_low, before), (b_high, after)) = (pair[0], pair[1]);
        let percent = 100.0 * (after / before - 1.0);
        (after > ALLOWED_RISE * before).then_some(DiffusionError::NotDecaying { b_low, b_high, percent })
    })
}

fn clipped_volume(bright: &[Vec<f32>], volumes: &[usize], b: &[f64]) -> Option<DiffusionError> {
    (0..volumes.len()).find_map(|place| {
        let highest = bright.iter().map(|signal| signal[place]).fold(0.0, f32::max);
        let n = bright.iter().filter(|signal| signal[place] == highest).count();
        let share = n as f64 / bright.len() as f64;
        let is_clipped = adc::CEILINGS.contains(&highest) && share >= CLIPPED_SHARE;
        let percent = 100.0 * share;
        let (volume, b) = (volumes[place], b[place]);
        is_clipped.then_some(DiffusionError::ClippedVolume { volume, b, ceiling: highest, percent })
    })
}

/// How alike one volume and the log-linear ADC of the others are over the sample: Pearson correlation, and the spread
/// (interquartile range over median) of their ratio.
fn likeness_to_adc(sample: &[Vec<f32>], place: usize, others: &[usize], others_b: &[f64]) -> (f64, f64) {
    let mean_b = others_b.iter().sum::<f64>() / others_b.len() as f64;
    let pairs: Vec<(f64, f64)> = sample
        .iter()
        .map(|voxel| {
            let adc: f64 = others.iter().zip(others_b).map(|(&p, b)| -(b - mean_b) * f64::from(voxel[p]).ln()).sum();
            (f64::from(voxel[place]), adc)
        })
        .collect();
    let n = pairs.len() as f64;
    let (mx, my) = pairs.iter().fold((0.0, 0.0), |(sx, sy), (x, y)| (sx + x / n, sy + y / n));
    let (mut sxx, mut syy, mut sxy) = (0.0, 0.0, 0.0);
    for (x, y) in &pairs {
        sxx += (x - mx).powi(2);
        syy += (y - my).powi(2);
        sxy += (x - mx) * (y - my);
    }
    let correlation = if sxx > 0.0 && syy > 0.0 { sxy / (sxx * syy).sqrt() } else { 0.0 };
    let mut ratios: Vec<f64> = pairs.iter().map(|(x, y)| y / x).collect();
    ratios.sort_by(f64::total_cmp);
    let quartile = |q: usize| ratios[(ratios.len() - 1) * q / 4];
    (correlation, (quartile(3) - quartile(1)) / quartile(2).abs())
}

#[cfg(test)]
mod tests;
