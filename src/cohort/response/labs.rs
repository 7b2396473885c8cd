//! The laboratory values that response and stage are made of, and the columns of the clinical table that hold them.

use super::super::{CohortError, Table};
use super::{Assay, Category, Source, Visit, units};
use crate::error::Warning;

/// Columns of words, with what may stand in them. All are optional.
pub const WORDS: [(&str, [&str; 2]); 4] = [
    ("ife_serum", ["positive", "negative"]),
    ("ife_urine", ["positive", "negative"]),
    ("fish_high_risk", ["yes", "no"]),
    ("confirmed", ["yes", "no"]),
];

/// Column that names the assay of the light chains.
pub const ASSAY_COLUMN: &str = "flc_assay";
/// Column of the physician's category.
pub const CATEGORY_COLUMN: &str = "best_response";

/// What is known of a patient at one visit.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Labs {
    /// Serum M protein, g/dL.
    pub serum_m_g_dl: Option<f64>,
    /// Urine M protein, mg/24 h.
    pub urine_m_mg_24h: Option<f64>,
    /// Free kappa light chains, mg/L.
    pub kappa_mg_l: Option<f64>,
    /// Free lambda light chains, mg/L.
    pub lambda_mg_l: Option<f64>,
    /// Beta-2 microglobulin, mg/L.
    pub b2m_mg_l: Option<f64>,
    /// Albumin, g/dL.
    pub albumin_g_dl: Option<f64>,
    /// Lactate dehydrogenase, U/L.
    pub ldh_u_l: Option<f64>,
    /// Upper limit of the laboratory for it, U/L.
    pub ldh_uln: Option<f64>,
    /// Plasma cells in the marrow, per cent.
    pub marrow_plasma_pct: Option<f64>,
    /// Sum of products of diameters of soft-tissue plasmacytomas, mm2.
    pub plasmacytoma_spd_mm2: Option<f64>,
    /// Longest diameter of the lesion followed, mm.
    pub lesion_longest_mm: Option<f64>,
    /// Circulating plasma cells per uL of blood.
    pub circulating_per_ul: Option<f64>,
    /// Clonal plasma cells in the marrow by immunohistochemistry or flow: 1 seen, 0 not.
    pub clonal_cells: Option<f64>,
    /// A new bone lesion or plasmacytoma since the visit before: 1 yes, 0 no.
    pub new_lesion: Option<f64>,
    /// By which assay the free light chains were measured.
    pub flc_assay: Option<Assay>,
    /// Immunofixation of serum shows the M protein.
    pub ife_serum: Option<bool>,
    /// Immunofixation of urine shows the M protein.
    pub ife_urine: Option<bool>,
    /// del(17p), t(4;14) or t(14;16).
    pub fish_high_risk: Option<bool>,
    /// Two consecutive assessments agree.
    pub confirmed: Option<bool>,
    /// The physician's category.
    pub best_response: Option<Category>,
}

/// How the columns of a table are to be read, where their names do not say it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reading {
    /// Where quantities stand, and in which unit.
    pub sources: Vec<Source>,
    /// The assay of the light chains of rows that name none.
    pub flc_assay: Option<Assay>,
}

/// The visits of a clinical table in order of subject and of `sessions`; other sessions are not read.
///
/// # Errors
/// Duplicate keys, text in number columns, a quantity without its unit, a word or category that is not known.
pub fn visits(table: &Table, sessions: &[&str], reading: &Reading) -> Result<(Vec<Visit>, Vec<Warning>), CohortError> {
    table.check_key(&["subject", "session"])?;
    let (who, when) = (table.labels("subject")?, table.labels("session")?);
    let mut labs = vec![Labs { flc_assay: reading.flc_assay, ..Labs::default() }; who.len()];
    let mut warnings = units::read(table, &reading.sources, &mut labs)?;
    let mut visits: Vec<Visit> = (labs.into_iter().enumerate())
        .map(|(n, labs)| Visit { subject: who[n].clone(), session: when[n].clone(), labs })
        .collect();
    if table.has(ASSAY_COLUMN) {
        for (visit, word) in visits.iter_mut().zip(table.text(ASSAY_COLUMN)?) {
            if let Some(word) = word {
                let known = Assay::parse(&word);
                let assay =
                    known.ok_or_else(|| unexpected(table, ASSAY_COLUMN, &word, visit, Assay::EXPECTED.to_owned()))?;
                visit.labs.flc_assay = Some(assay);
            }
        }
    }
    if visits.iter().any(|v| v.labs.kappa_mg_l.is_some() && v.labs.flc_assay.is_none()) {
        let message = "no assay of the free light chains is named: their ratio is judged by the limits of Freelite, \
            0.26-1.65; name it in the column flc_assay";
        warnings.push(Warning::new("flc-assay-unnamed", message));
    }
    for (column, [yes, no]) in WORDS.iter().filter(|(column, _)| table.has(column)) {
        for (visit, word) in visits.iter_mut().zip(table.text(column)?) {
            let value = match word.as_deref() {
                None => None,
                Some(word) if word == *yes => Some(true),
                Some(word) if word == *no => Some(false),
                Some(word) => return Err(unexpected(table, column, word, visit, format!("{yes} or {no}"))),
            };
            *visit.labs.word(column) = value;
        }
    }
    if table.has(CATEGORY_COLUMN) {
        for (visit, word) in visits.iter_mut().zip(table.text(CATEGORY_COLUMN)?) {
            if let Some(word) = word {
                let known = || Category::ALL.map(|c| c.to_string()).join(", ");
                let unknown = || unexpected(table, CATEGORY_COLUMN, &word, visit, format!("one of {}", known()));
                let category = Category::parse(&word).ok_or_else(unknown)?;
                visit.labs.best_response = Some(category);
            }
        }
    }
    let rank = |visit: &Visit| sessions.iter().position(|session| *session == visit.session);
    visits.retain(|visit| rank(visit).is_some());
    visits.sort_by(|a, b| (&a.subject, rank(a)).cmp(&(&b.subject, rank(b))));
    Ok((visits, warnings))
}

fn unexpected(table: &Table, column: &str, word: &str, visit: &Visit, expected: String) -> CohortError {
    CohortError::Value {
        path: table.source().to_owned(),
        column: column.to_owned(),
        value: word.to_owned(),
        who: format!("subject {}, session {}", visit.subject, visit.session),
        expected,
    }
}

impl Labs {
    fn word(&mut self, column: &str) -> &mut Option<bool> {
        match column {
            "ife_serum" => &mut self.ife_serum,
            "ife_urine" => &mut self.ife_urine,
            "fish_high_risk" => &mut self.fish_high_risk,
            _ => &mut self.confirmed,
        }
    }

    /// Free light chain ratio kappa / lambda within the limits of its assay.
    pub fn flc_ratio_is_normal(&self) -> Option<bool> {
        let (kappa, lambda) = (self.kappa_mg_l?, self.lambda_mg_l?);
        let [low, high] = self.flc_assay.unwrap_or(Assay::Freelite).normal_ratio();
        Some((low..=high).contains(&(kappa / lambda)))
    }
}
