//! The true values behind the images, from the continuous anatomy.
//!
//! Region values are means and medians over points 0.7 mm apart in the vertebral body less 3 mm on every side
//! (`region` as in the tables of the program); volumes are those of the analytic shapes.

use super::anatomy::{Anatomy, Build};
use super::cohort::Patient;
use super::dixon_signal::DixonSignal;
use super::lesions::Lesion;
use super::shapes::{Form, Point};
use super::tissue::Tissue;
use crate::units::Unit;

/// Erosion of the vertebral bodies, mm: that of the written `study.toml`.
pub(crate) const ERODE_MM: f64 = 3.0;

/// One row of `truth.csv`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TruthRow {
    pub measure: &'static str,
    pub region: String,
    pub statistic: &'static str,
    pub value: f64,
    pub unit: &'static str,
}

fn row(measure: &'static str, region: &str, statistic: &'static str, value: f64, unit: Unit) -> TruthRow {
    TruthRow { measure, region: region.to_owned(), statistic, value, unit: unit.ascii() }
}

/// Truth of one session.
pub(crate) fn of_session(
    patient: &Patient,
    build: &Build,
    anatomy: &Anatomy,
    lesions: &[Lesion],
    session: usize,
) -> Vec<TruthRow> {
    let mut rows = vec![
        row("group", "patient", "cr_or_vgpr", f64::from(u8::from(patient.responder)), Unit::Count),
        row("swapped", "dixon", "flag", f64::from(u8::from(patient.swapped_at == Some(session))), Unit::Count),
        row("marrow_ratio", "body", "b900", patient.markers[session].marrow_ratio, Unit::Fraction),
    ];
    let mut pooled: Vec<(Tissue, f64)> = Vec::new();
    for level in 1..=5 {
        let name = format!("L{level}");
        let tissues = eroded_tissues(build, anatomy, &name);
        region_rows(&mut rows, &name, &tissues);
        if patient.fractured != Some(level - 1) {
            pooled.extend(tissues);
        }
    }
    // levels on the exclusion list do not enter the pooled region, as in an analysis that heeds the list
    region_rows(&mut rows, "L1-L5", &pooled);
    lesion_rows(&mut rows, lesions, session);
    rows
}

/// Tissues of a vertebral body less the erosion, with their numbers of points.
fn eroded_tissues(build: &Build, anatomy: &Anatomy, name: &str) -> Vec<(Tissue, f64)> {
    let mut found: Vec<(Tissue, f64)> = Vec::new();
    let Some(bone) = build.bone(name) else { return found };
    let near: Vec<usize> = {
        let [low, high] = bone.form.bounds();
        let overlaps = |part: &super::anatomy::Part| {
            let [l, h] = part.form.bounds();
            (0..3).all(|a| l[a] <= high[a] && h[a] >= low[a])
        };
        (0..anatomy.parts.len()).rev().filter(|&n| overlaps(&anatomy.parts[n])).collect()
    };
    let [low, high] = bone.form.bounds();
    let step = 0.7;
    let n: [usize; 3] = std::array::from_fn(|a| ((high[a] - low[a]) / step).ceil() as usize);
    for k in 0..n[2] {
        for j in 0..n[1] {
            for i in 0..n[0] {
                let at = [i, j, k].map(|v| (v as f64 + 0.5) * step);
                let p: Point = std::array::from_fn(|a| low[a] + at[a]);
                if bone.form.depth(p) <= ERODE_MM {
                    continue;
                }
                let Some(site) = near.iter().find_map(|&part| anatomy.site_in_part(part, p)) else { continue };
                let tissue = anatomy.tissue(site);
                match found.iter_mut().find(|(t, _)| t == tissue) {
                    Some((_, weight)) => *weight += 1.0,
                    None => found.push((*tissue, 1.0)),
                }
            }
        }
    }
    found
}

fn region_rows(rows: &mut Vec<TruthRow>, region: &str, tissues: &[(Tissue, f64)]) {
    type Value = fn(&Tissue) -> f64;
    let columns: [(&'static str, Unit, Value); 5] = [
        ("pdff", Unit::Percent, |t| DixonSignal::of(t).proton_fat_fraction()),
        ("sff", Unit::Percent, |t| DixonSignal::of(t).signal_fat_fraction()),
        ("dropout", Unit::Percent, |t| DixonSignal::of(t).dropout_ratio()),
        ("r2star", Unit::PerSecond, |t| t.r2star),
        ("adc", Unit::Um2PerS, |t| t.adc),
    ];
    for (measure, unit, value) in columns {
        let values: Vec<(f64, f64)> = tissues.iter().map(|(t, weight)| (value(t), *weight)).collect();
        rows.push(row(measure, region, "mean", mean(&values), unit));
        rows.push(row(measure, region, "median", median(&values), unit));
    }
}

fn lesion_rows(rows: &mut Vec<TruthRow>, lesions: &[Lesion], session: usize) {
    let (mut all, mut below, mut counted) = (0.0, 0.0, Vec::new());
    for (n, lesion) in lesions.iter().enumerate() {
        let Some((form, state)) = lesion.at(session) else { continue };
        let volume = form.volume_ml();
        let region = format!("{}-{:02}-{}", if lesion.is_zone { "zone" } else { "lesion" }, n + 1, lesion.bone);
        rows.push(row("lesion", &region, "volume", volume, Unit::Millilitre));
        rows.push(row("lesion", &region, "ratio_b900", state.ratio, Unit::Fraction));
        rows.push(row("lesion", &region, "adc", state.adc, Unit::Um2PerS));
        if let Form::Ellipsoid { centre, .. } = &form {
            for (axis, place) in ["centre_x", "centre_y", "centre_z"].into_iter().zip(centre) {
                rows.push(row("lesion", &region, axis, *place, Unit::Millimetre));
            }
        }
        all += volume;
        if lesion.counts(session) {
            counted.push((state.adc, volume));
        } else {
            below += volume;
        }
    }
    let total = counted.iter().map(|(_, volume)| volume).sum();
    rows.push(row("lesion_volume", "body", "total", all, Unit::Millilitre));
    rows.push(row("lesion_volume", "body", "below_rule", below, Unit::Millilitre));
    rows.push(row("tdv", "body", "total", total, Unit::Millilitre));
    rows.push(row("tdv", "body", "n_lesions", counted.len() as f64, Unit::Count));
    if !counted.is_empty() {
        rows.push(row("gadc", "body", "mean", mean(&counted), Unit::Um2PerS));
        rows.push(row("gadc", "body", "median", median(&counted), Unit::Um2PerS));
    }
}

/// Weighted mean of (value, weight).
fn mean(values: &[(f64, f64)]) -> f64 {
    values.iter().map(|(v, w)| v * w).sum::<f64>() / values.iter().map(|(_, w)| w).sum::<f64>()
}

/// Weighted median of (value, weight).
fn median(values: &[(f64, f64)]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let half = 0.5 * sorted.iter().map(|(_, w)| w).sum::<f64>();
    let mut reached = 0.0;
    for (value, weight) in &sorted {
        reached += weight;
        if reached >= half {
            return *value;
        }
    }
    f64::NAN
}
