//! Column names in words, for axes, legends and tables.
//!
//! `sff_mean_L1-L5__pct` becomes `sFF mean L1–L5, change (%)`; a column that nobody knows stays as it is written, so
//! that a reader can always find it in the table.

use super::Lang;
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

/// Statistics of a region as they stand in column names; others stay as they are.
const STATISTICS: [&str; 6] = ["mean", "median", "sd", "p10", "p90", "ratio"];

/// Every name above, for the test that each has a Japanese twin.
pub fn words() -> impl Iterator<Item = &'static str> {
    let measures = MEASURES.iter().map(|(_, text, _)| *text);
    measures.chain(CLINICAL.iter().map(|(_, text, _)| *text)).chain(STATISTICS).chain(["years"])
}

/// A column in words, with its unit.
pub fn column(name: &str, lang: Lang) -> String {
    if let Some((inner, level)) = name.split_once(" = ") {
        return format!("{} = {level}", column(inner, lang));
    }
    match name {
        "multivariable (apparent)" => return lang.say("Multivariable model (apparent)").to_owned(),
        "univariable (apparent)" => return lang.say("Univariable model (apparent)").to_owned(),
        "multivariable" | "univariable" => return lang.word(name),
        _ => {}
    }
    // an odds ratio per so many units
    if let Some((inner, per)) = name.rsplit_once('/').filter(|(_, per)| per.parse::<f64>().is_ok()) {
        return lang.fill("{column}, per {increment}", &[("column", &column(inner, lang)), ("increment", per)]);
    }
    let (stem, suffix) = name.split_once("__").map_or((name, None), |(stem, suffix)| (stem, Some(suffix)));
    let Some((text, unit)) = stem_in_words(stem, lang) else { return name.to_owned() };
    let with_unit = |what: &str| match &*lang.word(unit) {
        "" => what.to_owned(),
        unit => format!("{what} ({unit})"),
    };
    let gap = [("column", &*text)];
    match suffix {
        None => with_unit(&text),
        Some("pct") => lang.fill("{column}, change (%)", &gap),
        Some("abs") if unit == "%" => lang.fill("{column}, change (points)", &gap),
        Some("abs") => with_unit(&lang.fill("{column}, change", &gap)),
        Some("log") => lang.fill("{column}, log ratio", &gap),
        Some("sym") => lang.fill("{column}, symmetrised change", &gap),
        Some(session) => with_unit(&lang.fill("{column}, {session}", &[("column", &*text), ("session", session)])),
    }
}

/// A model by its name in the results: `univariable:COLUMN` as `univariable, sFF mean L1–L5, change (%)`.
pub fn model(name: &str, lang: Lang) -> String {
    match name.split_once(':') {
        Some((kind, of)) => {
            lang.fill("{column}, {session}", &[("column", &*lang.word(kind)), ("session", &column(of, lang))])
        }
        None => lang.word(name),
    }
}

/// A column without its unit, and the unit; a stranger stays as it is written.
pub fn parts(stem: &str, lang: Lang) -> (String, &'static str) {
    stem_in_words(stem, lang).unwrap_or((stem.to_owned(), ""))
}

/// A measure in words, e.g. `pdff`; a stranger stays as it is written.
pub fn measure(prefix: &str, lang: Lang) -> String {
    lang.word(name_of_measure(prefix))
}

/// The name of a measure; a stranger keeps its own.
pub fn name_of_measure(prefix: &str) -> &str {
    MEASURES.iter().find(|(name, ..)| *name == prefix).map_or(prefix, |(_, text, _)| text)
}

/// A region in words: `L1-L5` with an en dash.
pub fn region(name: &str) -> String {
    name.replace('-', "–")
}

fn stem_in_words(stem: &str, lang: Lang) -> Option<(String, &'static str)> {
    if let Some((_, text, unit)) = CLINICAL.iter().find(|(column, ..)| *column == stem) {
        return Some((lang.word(text), unit));
    }
    let mut parts = stem.splitn(3, '_');
    let (measure, statistic, place) = (parts.next()?, parts.next()?, parts.next()?);
    // `n_lesions` holds the separator itself
    let (statistic, place) = match (statistic, place.strip_prefix("lesions_")) {
        ("n", Some(place)) => ("n_lesions", place),
        _ => (statistic, place),
    };
    let (_, text, unit) = MEASURES.iter().find(|(prefix, ..)| *prefix == measure)?;
    let (text, word) = (lang.word(text), lang.word(statistic));
    Some(match (statistic, place) {
        ("n_lesions", _) => (lang.fill("{column}, number of lesions", &[("column", &text)]), ""),
        ("total", "body") => (text, unit.typeset()),
        (_, "body") => (format!("{text} {word}"), unit.typeset()),
        _ => (format!("{text} {word} {}", region(place)), unit.typeset()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_put_in_words_and_strangers_left_alone() {
        assert_eq!(column("sff_mean_L1-L5__pct", Lang::En), "sFF mean L1–L5, change (%)");
        assert_eq!(column("sff_mean_L1-L5__abs", Lang::En), "sFF mean L1–L5, change (points)");
        assert_eq!(column("adc_median_L3__baseline", Lang::En), "ADC median L3, baseline (µm²/s)");
        assert_eq!(column("tdv_total_body__pct", Lang::En), "tDV, change (%)");
        assert_eq!(column("tdv_n_lesions_body__baseline", Lang::En), "tDV, number of lesions, baseline");
        assert_eq!(column("m_protein_serum_g_dl__pct", Lang::En), "Serum M protein, change (%)");
        assert_eq!(column("sff_mean_L1-L5__pct/10", Lang::En), "sFF mean L1–L5, change (%), per 10");
        assert_eq!(column("sex = f", Lang::En), "Sex = f");
        assert_eq!(column("kappa/lambda", Lang::En), "kappa/lambda");
        assert_eq!(column("my_column__pct", Lang::En), "my_column__pct");
    }
}
