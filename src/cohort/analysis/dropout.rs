//! Dropout ratio against M protein and marrow plasma cells before treatment, in the patients whose marrow water dominates.
//!
//! In- and opposed-phase signals part the more, the nearer the two fractions are to one half. Where water dominates, less
//! fat therefore lowers the ratio; where fat dominates, less fat raises it. A coefficient over both mixes two signs, so only
//! the first group is correlated, and who is not in it is named.

use super::compare::{Comparisons, compare};
use crate::cohort::Frame;
use crate::cohort::results::{DropoutResults, FlowEntry};
use crate::error::Warning;
use crate::measure::MeasureRow;
use std::collections::BTreeMap;

/// What the ratio is held against, where the clinical table has it.
const BURDEN: [&str; 3] = ["m_protein_serum_g_dl", "m_protein_urine_mg_24h", "marrow_plasma_pct"];
/// A correlation of fewer patients is none.
const FEWEST: usize = 4;

/// The water-dominant patients and their correlations.
#[derive(Debug, Clone, Default)]
pub struct Dropout {
    /// One row a patient, only the columns that are correlated: `tables/water_dominant.csv`.
    pub frame: Frame,
    /// `results/dropout.json`.
    pub results: DropoutResults,
}

/// Correlates; `None` where nobody has a dropout ratio or nothing to hold it against.
///
/// `rows` are the measured numbers with their flags, `level` the pooled region, `session` the visit before treatment.
/// Warnings: `few-water-dominant` where there are too few patients.
pub fn dropout(frame: &Frame, rows: &[MeasureRow], level: &str, session: &str) -> (Option<Dropout>, Vec<Warning>) {
    let regimes: BTreeMap<&str, &str> = rows
        .iter()
        .filter(|row| {
            (row.measure.as_str(), row.statistic.as_str()) == ("dropout", "mean")
                && row.region == level
                && row.session == session
        })
        .filter_map(|row| Some((row.subject.as_str(), row.qc_flags.iter().find_map(|f| f.strip_prefix("regime-"))?)))
        .collect();
    let column = format!("dropout_mean_{level}__{session}");
    let Ok(ratios) = frame.numbers(&column) else { return (None, Vec::new()) };
    let with_ratio = |row: &usize| ratios[*row].is_some();
    let regime = |row: usize| regimes.get(frame.subjects[row].as_str()).copied().unwrap_or("unknown");
    let of_water: Vec<usize> =
        (0..frame.subjects.len()).filter(with_ratio).filter(|row| regime(*row) == "water").collect();
    let left_out = (0..frame.subjects.len()).filter(with_ratio).filter(|row| regime(*row) != "water").map(|row| {
        let reason = match regime(row) {
            "fat" => "fat dominates the marrow".to_owned(),
            other => format!("which of water and fat dominates is {other}"),
        };
        FlowEntry { subject: frame.subjects[row].clone(), session: session.to_owned(), reason }
    });
    let part = |values: &[Option<f64>]| -> Vec<Option<f64>> { of_water.iter().map(|row| values[*row]).collect() };
    let mut water = Frame {
        source: "tables/water_dominant.csv".to_owned(),
        subjects: of_water.iter().map(|row| frame.subjects[*row].clone()).collect(),
        numbers: vec![(column.clone(), part(ratios))],
        texts: Vec::new(),
    };
    let mut found = false;
    for burden in BURDEN.map(|name| format!("{name}__{session}")) {
        let Ok(values) = frame.numbers(&burden) else { continue };
        let values = part(values);
        found |= values.iter().any(Option::is_some);
        if values.iter().flatten().count() >= FEWEST {
            water.numbers.push((burden, values));
        }
    }
    let pairs: Vec<[String; 2]> =
        water.numbers[1..].iter().map(|(burden, _)| [column.clone(), burden.clone()]).collect();
    if pairs.is_empty() {
        let n = of_water.len();
        let message = format!(
            "{n} patients with water-dominant marrow at {session}: too few to correlate the dropout ratio with M protein \
             or plasma cells"
        );
        let warning = Warning::new("few-water-dominant", message);
        return (None, if found { vec![warning] } else { Vec::new() });
    }
    let what = Comparisons { correlations: pairs.clone(), ..Comparisons::default() };
    match compare(&water, None, &what) {
        Ok(compare) => {
            let results =
                DropoutResults { column, session: session.to_owned(), pairs, compare, left_out: left_out.collect() };
            (Some(Dropout { frame: water, results }), Vec::new())
        }
        Err(error) => (None, vec![Warning::new("no-dropout-correlation", error.to_string())]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Unit;

    fn row(subject: usize, regime: &str, session: &str) -> MeasureRow {
        MeasureRow {
            subject: subject.to_string(),
            session: session.to_owned(),
            measure: "dropout".to_owned(),
            region: "L1-L5".to_owned(),
            statistic: "mean".to_owned(),
            value: Some(1.0),
            unit: Unit::Percent,
            n_voxels: 100,
            qc_flags: vec![format!("regime-{regime}"), "small-region".to_owned()],
        }
    }

    fn frame() -> Frame {
        // in the five water-dominant patients the ratio falls as the protein rises; the sixth would break that
        let ratios = [50.0, 40.0, 30.0, 20.0, 10.0, 60.0, 70.0];
        let protein = [1.0, 2.0, 3.0, 4.0, 5.0, 9.0, 9.5];
        Frame {
            subjects: (1..=7).map(|n| n.to_string()).collect(),
            numbers: vec![
                ("dropout_mean_L1-L5__baseline".to_owned(), ratios.map(Some).to_vec()),
                ("m_protein_serum_g_dl__baseline".to_owned(), protein.map(Some).to_vec()),
                ("marrow_plasma_pct__baseline".to_owned(), vec![Some(10.0), None, None, None, None, None, None]),
            ],
            ..Frame::default()
        }
    }

    #[test]
    fn only_water_dominant_marrow_counts_and_the_others_are_named() {
        let mut rows: Vec<MeasureRow> = (1..=5).map(|n| row(n, "water", "baseline")).collect();
        rows.extend([row(6, "fat", "baseline"), row(6, "water", "cycle2")]);
        let (found, warnings) = dropout(&frame(), &rows, "L1-L5", "baseline");
        let Dropout { frame: water, results } = found.unwrap();
        assert!(warnings.is_empty());
        assert_eq!(water.subjects, ["1", "2", "3", "4", "5"]);
        // one patient alone has plasma cells: no pair
        assert_eq!(results.pairs.len(), 1);
        let [test] = &results.compare.tests[..] else { panic!("{:?}", results.compare.tests) };
        assert_eq!((test.test.as_str(), test.n), ("spearman", 5));
        assert!((test.estimate.unwrap() + 1.0).abs() < 1e-12);
        let reasons: Vec<(&str, &str)> =
            results.left_out.iter().map(|entry| (entry.subject.as_str(), entry.reason.as_str())).collect();
        assert_eq!(reasons, [("6", "fat dominates the marrow"), ("7", "which of water and fat dominates is unknown")]);
    }

    #[test]
    fn too_few_patients_are_said_and_no_ratio_is_no_question() {
        let rows: Vec<MeasureRow> = (1..=3).map(|n| row(n, "water", "baseline")).collect();
        let (found, warnings) = dropout(&frame(), &rows, "L1-L5", "baseline");
        assert!(found.is_none() && warnings[0].slug == "few-water-dominant", "{warnings:?}");
        let (found, warnings) = dropout(&Frame::default(), &rows, "L1-L5", "baseline");
        assert!(found.is_none() && warnings.is_empty());
    }
}
