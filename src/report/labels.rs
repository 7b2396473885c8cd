//! Column names in words, for axes, legends and tables.
//!
//! `sff_mean_L1-L5__pct` becomes `sFF mean L1–L5, change (%)`; a column that nobody knows stays as it is written, so
//! that a reader can always find it in the table.

use crate::units::Unit;

/// Measures: column prefix, name in text, unit.
const MEASURES: [(&str, &str, Unit); 6] = [
    ("sff", "sFF", Unit::Percent),
    ("pdff", "PDFF", Unit::Percent),
    ("adc", "ADC", Unit::Um2PerS),
    ("gadc", "gADC", Unit::Um2PerS),
    ("tdv", "tDV", Unit::Millilitre),
    ("dropout", "Dropout ratio", Unit::Percent),
];

/// Clinical columns: name, name in text, unit in text.
const CLINICAL: [(&str, &str, &str); 26] = [
    ("m_protein_serum_g_dl", "Serum M protein", "g/dL"),
    ("m_protein_urine_mg_24h", "Urine M protein", "mg/24 h"),
    ("flc_kappa_mg_l", "Free κ light chain", "mg/L"),
    ("flc_lambda_mg_l", "Free λ light chain", "mg/L"),
    ("b2m_mg_l", "β2-microglobulin", "mg/L"),
    ("albumin_g_dl", "Albumin", "g/dL"),
    ("ldh_u_l", "LDH", "U/L"),
    ("ldh_uln", "LDH, upper limit", "U/L"),
    ("hb_g_dl", "Haemoglobin", "g/dL"),
    ("marrow_plasma_pct", "Marrow plasma cells", "%"),
    ("plasmacytoma_spd_mm2", "Plasmacytomas, SPD", "mm²"),
    ("creatinine_mg_dl", "Creatinine", "mg/dL"),
    ("calcium_mg_dl", "Calcium", "mg/dL"),
    ("age_years", "Age", "years"),
    ("age", "Age", "years"),
    ("sex", "Sex", ""),
    ("iss", "ISS stage", ""),
    ("r_iss", "R-ISS stage", ""),
    ("best_response", "Best response", ""),
    ("isotype", "Isotype", ""),
    ("fish_high_risk", "High-risk FISH", ""),
    ("ife_serum", "Serum immunofixation", ""),
    ("ife_urine", "Urine immunofixation", ""),
    ("regimen", "Regimen", ""),
    ("transfusion", "Transfusion", ""),
    ("scanner", "Scanner", ""),
];

/// A column in words, with its unit.
pub fn column(name: &str) -> String {
    if let Some((inner, level)) = name.split_once(" = ") {
        return format!("{} = {level}", column(inner));
    }
    if name == "multivariable" {
        return "Multivariable model (apparent)".to_owned();
    }
    // an odds ratio per so many units
    if let Some((inner, per)) = name.rsplit_once('/').filter(|(_, per)| per.parse::<f64>().is_ok()) {
        return format!("{}, per {per}", column(inner));
    }
    let (stem, suffix) = name.split_once("__").map_or((name, None), |(stem, suffix)| (stem, Some(suffix)));
    let Some((text, unit)) = stem_in_words(stem) else { return name.to_owned() };
    let with_unit = |what: &str| match unit {
        "" => what.to_owned(),
        unit => format!("{what} ({unit})"),
    };
    match suffix {
        None => with_unit(&text),
        Some("pct") => format!("{text}, change (%)"),
        Some("abs") if unit == "%" => format!("{text}, change (points)"),
        Some("abs") => with_unit(&format!("{text}, change")),
        Some("log") => format!("{text}, log ratio"),
        Some("sym") => format!("{text}, symmetrised change"),
        Some(session) => with_unit(&format!("{text}, {session}")),
    }
}

/// A region in words: `L1-L5` with an en dash.
pub fn region(name: &str) -> String {
    name.replace('-', "–")
}

fn stem_in_words(stem: &str) -> Option<(String, &'static str)> {
    if let Some((_, text, unit)) = CLINICAL.iter().find(|(column, ..)| *column == stem) {
        return Some(((*text).to_owned(), unit));
    }
    let mut parts = stem.splitn(3, '_');
    let (measure, statistic, place) = (parts.next()?, parts.next()?, parts.next()?);
    // `n_lesions` holds the separator itself
    let (statistic, place) = match (statistic, place.strip_prefix("lesions_")) {
        ("n", Some(place)) => ("n_lesions", place),
        _ => (statistic, place),
    };
    let (_, text, unit) = MEASURES.iter().find(|(prefix, ..)| *prefix == measure)?;
    Some(match (statistic, place) {
        ("n_lesions", _) => (format!("{text}, number of lesions"), ""),
        ("total", "body") => ((*text).to_owned(), unit.typeset()),
        (_, "body") => (format!("{text} {statistic}"), unit.typeset()),
        _ => (format!("{text} {statistic} {}", region(place)), unit.typeset()),
    })
}

#[cfg(test)]
mod tests {
    use super::column;

    #[test]
    fn columns_are_put_in_words_and_strangers_left_alone() {
        assert_eq!(column("sff_mean_L1-L5__pct"), "sFF mean L1–L5, change (%)");
        assert_eq!(column("sff_mean_L1-L5__abs"), "sFF mean L1–L5, change (points)");
        assert_eq!(column("adc_median_L3__baseline"), "ADC median L3, baseline (µm²/s)");
        assert_eq!(column("tdv_total_body__pct"), "tDV, change (%)");
        assert_eq!(column("tdv_n_lesions_body__baseline"), "tDV, number of lesions, baseline");
        assert_eq!(column("m_protein_serum_g_dl__pct"), "Serum M protein, change (%)");
        assert_eq!(column("sff_mean_L1-L5__pct/10"), "sFF mean L1–L5, change (%), per 10");
        assert_eq!(column("sex = f"), "Sex = f");
        assert_eq!(column("kappa/lambda"), "kappa/lambda");
        assert_eq!(column("my_column__pct"), "my_column__pct");
    }
}
