//! Every setting of `study.toml` that changes a measurement is named in the methods paragraph.

use crate::cohort::Table;
use crate::cohort::results::{CompareResults, Outcome, TableOneRow};
use crate::report::Lang;
use crate::report::docs::BIOMARKERS;
use crate::report::methods::methods;
use crate::report::outputs::Outputs;
use crate::study::{StudyConfig, template};
use serde_json::{Value, json};

/// A study whose settings are these, with every biomarker measured.
fn outputs(parameters: &Value) -> Outputs {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.csv");
    let rows: Vec<String> = BIOMARKERS.iter().map(|(name, _)| format!("001,{name}")).collect();
    std::fs::write(&path, format!("subject,measure\n{}\n", rows.join("\n"))).unwrap();
    let outcome = Outcome {
        column: "best_response__end".to_owned(),
        positive: vec!["CR".to_owned()],
        n_positive: 15,
        n_negative: 35,
        missing: Vec::new(),
    };
    let row = TableOneRow {
        variable: "sex".to_owned(),
        summary: "n (%)".to_owned(),
        n: [15, 35],
        positive: String::new(),
        negative: String::new(),
        p: Some(0.3),
        test: "fisher".to_owned(),
    };
    Outputs {
        manifest: json!({"version": "1", "parameters": parameters}),
        long: Some(Table::read(&path).unwrap()),
        compare: Some(CompareResults { outcome: Some(outcome), table_one: vec![row], ..CompareResults::default() }),
        ..Outputs::default()
    }
}

fn said(parameters: &Value) -> String {
    methods(&outputs(parameters), Lang::En).paragraphs.join("\n")
}

/// Places of all settings in a tree of them.
fn places(tree: &Value, place: &str, into: &mut Vec<String>) {
    match tree {
        Value::Object(parts) => parts.iter().for_each(|(name, part)| places(part, &format!("{place}/{name}"), into)),
        _ => into.push(place.to_owned()),
    }
}

#[test]
fn whatever_setting_of_the_measurement_changes_the_paragraph_changes() {
    let parameters = serde_json::to_value(StudyConfig::parse(&template(&[])).unwrap()).unwrap();
    let before = said(&parameters);
    let mut settings = Vec::new();
    for part in ["sessions", "regions", "tdv", "fat_fraction"] {
        places(&parameters[part], &format!("/{part}"), &mut settings);
    }
    assert!(settings.len() >= 14, "{settings:?}");
    for setting in settings {
        let mut changed = parameters.clone();
        let value = changed.pointer_mut(&setting).unwrap();
        *value = match &*value {
            Value::Number(number) if setting.ends_with("connectivity") => json!(number.as_u64().unwrap() - 8),
            Value::Number(number) => json!(number.as_f64().unwrap() + 1.0),
            _ => json!("another"),
        };
        assert_ne!(said(&changed), before, "{setting} is not in the methods");
    }
    for (setting, value) in [
        ("/regions/body_class", json!(3)),
        ("/regions/on_grid_mismatch", json!("resample-labels")),
        ("/files", json!({"run": "last"})),
        ("/endpoint/from", json!("imwg")),
    ] {
        let mut changed = parameters.clone();
        let (part, name) = setting.rsplit_once('/').unwrap();
        changed.pointer_mut(part).unwrap()[name] = value;
        assert_ne!(said(&changed), before, "{setting} is not in the methods");
    }
    let mut unknown = outputs(&parameters);
    let noise = crate::error::Warning::new("noise-unknown", "no air");
    unknown.flow = Some(crate::cohort::results::PatientFlow {
        session_warnings: [("sub-1_ses-a".to_owned(), vec![noise])].into(),
        ..Default::default()
    });
    let text = methods(&unknown, Lang::En).paragraphs.join("\n");
    assert!(text.contains("Sessions whose noise is not known, so that no noise floor was applied: 1."), "{text}");
    assert!(before.contains("Fisher exact") && before.contains("quartiles"), "{before}");
}
