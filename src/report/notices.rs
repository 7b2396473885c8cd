//! What must be known of the results: warnings of the analysis by kind, flags of the sessions.

use super::outputs::{self, Outputs};
use super::tables::{MISSING, ReportTable};
use super::{Lang, font};
use crate::error::Warning;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// All warnings of one kind.
#[derive(Debug, Serialize)]
pub(super) struct Notice {
    slug: String,
    /// What the slug means, where the report is not in the language of the messages and they do not say it themselves.
    meaning: Option<&'static str>,
    messages: Vec<String>,
    /// The messages as they were recorded, where those above are in another language.
    recorded: Vec<String>,
}

impl Notice {
    fn new(slug: &str, recorded: Vec<String>, lang: Lang) -> Self {
        let said: Vec<Option<String>> = recorded.iter().map(|message| lang.message(slug, message)).collect();
        let is_said = said.iter().any(Option::is_some);
        let says_all = said.len() == 1 && is_said;
        let messages = said.into_iter().zip(&recorded).map(|(said, message)| said.unwrap_or_else(|| message.clone()));
        Notice {
            slug: slug.to_owned(),
            meaning: lang.meaning(slug).filter(|_| !says_all),
            messages: messages.collect(),
            recorded: if is_said { recorded } else { Vec::new() },
        }
    }
}

/// What the analysis warns of, by kind, each sentence once.
pub(super) fn notices(outputs: &Outputs, lang: Lang) -> Vec<Notice> {
    let mut all: Vec<&Warning> = Vec::new();
    all.extend(outputs.flow.iter().flat_map(|flow| &flow.warnings));
    all.extend(outputs.compare.iter().flat_map(|results| &results.warnings));
    all.extend(outputs.fit.iter().flat_map(|results| &results.warnings));
    all.extend(outputs.fit.iter().flat_map(|results| &results.models).flat_map(|model| &model.warnings));
    all.extend(outputs.roc.iter().flat_map(|results| &results.warnings));
    all.extend(outputs.validate.iter().flat_map(|results| &results.warnings));
    all.extend(outputs.dropout.iter().flat_map(|(results, _)| &results.compare.warnings));
    all.extend(outputs.agreements.values().flat_map(|results| &results.warnings));
    let of_figures = font::language_of_figures(lang).1;
    all.extend(&of_figures);
    let mut kinds: Vec<(&str, Vec<String>)> = Vec::new();
    for Warning { slug, message } in all {
        match kinds.iter_mut().find(|(known, _)| known == slug) {
            Some((_, messages)) if messages.contains(message) => {}
            Some((_, messages)) => messages.push(message.clone()),
            None => kinds.push((slug, vec![message.clone()])),
        }
    }
    kinds.into_iter().map(|(slug, recorded)| Notice::new(slug, recorded, lang)).collect()
}

/// Flags of the long table and of the sessions as a whole, by session name `sub-X_ses-Y`.
pub(super) fn flags_by_session(outputs: &Outputs) -> BTreeMap<String, BTreeSet<String>> {
    let mut flags: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (session, warnings) in outputs.flow.iter().flat_map(|flow| &flow.session_warnings) {
        flags.entry(session.clone()).or_default().extend(warnings.iter().map(|warning| warning.slug.to_string()));
    }
    let Some(long) = &outputs.long else { return flags };
    let (Ok(subjects), Ok(sessions), Ok(cells)) =
        (long.labels("subject"), long.labels("session"), long.text("qc_flags"))
    else {
        return flags;
    };
    for ((subject, session), cell) in subjects.iter().zip(&sessions).zip(&cells) {
        let entry = flags.entry(format!("sub-{subject}_ses-{session}")).or_default();
        // the regime of a dropout ratio is recorded there too; it is no fault
        entry.extend(outputs::list(cell.as_deref()).into_iter().filter(|flag| !flag.starts_with("regime-")));
    }
    flags
}

/// Flag, number of sessions, which, and what was recorded of the first.
pub(super) fn session_flags(
    outputs: &Outputs,
    flags: &BTreeMap<String, BTreeSet<String>>,
    lang: Lang,
) -> Option<ReportTable> {
    let recorded = outputs.flow.iter().flat_map(|flow| flow.session_warnings.values().flatten());
    let mut messages: BTreeMap<&str, &str> = BTreeMap::new();
    recorded.for_each(|warning| {
        messages.entry(&warning.slug).or_insert(&warning.message);
    });
    let mut by_flag: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (session, flags) in flags {
        flags.iter().for_each(|flag| by_flag.entry(flag.clone()).or_default().push(session.clone()));
    }
    let row = |(flag, sessions): (String, Vec<String>)| {
        let shown = 8;
        let more = sessions.len().saturating_sub(shown);
        let tail = if more > 0 { lang.fill(" and {n} more", &[("n", &more.to_string())]) } else { String::new() };
        let mut cells = vec![
            lang.flag(&flag),
            sessions.len().to_string(),
            format!("{}{tail}", sessions[..sessions.len() - more].join(", ")),
        ];
        let message = messages.get(flag.as_str()).and_then(|message| match lang {
            Lang::En => Some((*message).to_owned()),
            Lang::Ja => lang.message(&flag, message),
        });
        cells.push(message.unwrap_or_else(|| MISSING.to_owned()));
        cells
    };
    let header =
        [lang.say("flag"), lang.say("sessions"), lang.say("which"), lang.say("what was recorded of the first")];
    let table = ReportTable {
        rows: by_flag.into_iter().map(row).collect(),
        ..ReportTable::new(lang.say("Flags of the measured sessions"), &header)
    };
    (!table.rows.is_empty()).then_some(table)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cohort::results::{FlowEntry, PatientFlow};
    use crate::report::{PatientSettings, render};

    #[test]
    fn a_japanese_report_says_what_a_slug_means_before_the_recorded_message() {
        let entry = |session: &str, reason: &str| FlowEntry {
            subject: "001".to_owned(),
            session: session.to_owned(),
            reason: reason.to_owned(),
        };
        let flow = PatientFlow {
            not_analysed: vec![entry("", "no outcome")],
            excluded_levels: vec![entry("baseline", "L4: fracture")],
            failed_sessions: vec![entry("cycle2", "not-nifti: x.nii is not a NIfTI image")],
            warnings: vec![
                Warning::new("one-class", "best_response has 0 positive and 9 negative patients; both are needed"),
                Warning::new("low-epv", "a message of an earlier version with 7.5"),
            ],
            session_warnings: BTreeMap::from([(
                "sub-001_ses-baseline".to_owned(),
                vec![Warning::new("swap-suspected", "only 3 % of the rim")],
            )]),
            ..PatientFlow::default()
        };
        let outputs = Outputs { flow: Some(flow), ..Outputs::default() };
        let page = |lang| render(&outputs, &[], &PatientSettings::default(), lang).unwrap();
        let japanese = page(Lang::Ja);
        for text in [
            "<code>one-class</code> 最良効果：陽性0名、陰性9名。両群の患者が必要である。<details class=\"english\">",
            "<li>best_response has 0 positive and 9 negative patients; both are needed</li>",
            "<code>low-epv</code> 説明変数の数に対してイベント数が少なく、推定は不確かである。 a message of an earlier version with 7.5</li>",
            "<td>治療効果の判定なし</td>",
            "<td>L4：骨折</td>",
            "<td>NIfTI画像ではない。not-nifti: x.nii is not a NIfTI image</td>",
            "<td>水と脂肪の入れ替わりが疑われる。脂肪分画は解析から除いた (swap-suspected)</td>",
            "計測失敗 (cycle2): NIfTI画像ではない。not-nifti",
        ] {
            assert!(japanese.contains(text), "{text}");
        }
        let english = page(Lang::En);
        assert!(english.contains("<code>one-class</code> best_response has 0 positive and 9 negative patients"));
        assert!(!english.contains("class=\"english\""));
        assert!(english.contains("<td>no outcome</td>") && english.contains("<td>swap-suspected</td>"));
        assert!(english.contains("<td>only 3 % of the rim</td>"), "what a flag means is not said");
    }
}
