use super::*;

fn cohort() -> (Frame, Endpoint) {
    let subjects: Vec<String> = (0..8).map(|n| n.to_string()).collect();
    let x = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0].map(Some).to_vec();
    let sex = ["f", "m", "f", "m", "f", "m", "f", "m"].map(|s| Some(s.to_owned())).to_vec();
    let frame = Frame {
        source: "t".into(),
        subjects: subjects.clone(),
        numbers: vec![("x".into(), x)],
        texts: vec![("sex".into(), sex)],
    };
    let labels = [false, false, true, false, true, false, true, true].map(Some).to_vec();
    (frame, Endpoint::of_labels(&subjects, labels, "r", &[]))
}

#[test]
fn an_odds_ratio_per_ten_units_is_the_tenth_power() {
    let (frame, endpoint) = cohort();
    let of = |text: &str| {
        let term = TermSpec::parse(text).unwrap();
        fit(&frame, &endpoint, "m", Family::Primary, &[term], Method::Firth).unwrap()
    };
    let (one, ten) = (of("x"), of("x/10"));
    assert!((one.model.terms[1].odds_ratio.powi(10) / ten.model.terms[1].odds_ratio - 1.0).abs() < 1e-8);
    assert_eq!(ten.model.terms[1].name, "x/10");
    for (a, b) in one.linear_predictors.iter().zip(&ten.linear_predictors) {
        assert!((a - b).abs() < 1e-8);
    }
}

#[test]
fn a_saved_model_gives_back_its_own_predictions_levels_included() {
    let (frame, endpoint) = cohort();
    let terms = [TermSpec::parse("x").unwrap(), TermSpec::parse("sex@f").unwrap()];
    let fitted = fit(&frame, &endpoint, "m", Family::Primary, &terms, Method::Firth).unwrap();
    let again = fitted.saved.linear_predictors(&frame).unwrap();
    for (a, b) in fitted.linear_predictors.iter().zip(again) {
        assert!((a - b.unwrap()).abs() < 1e-9);
    }
    assert_eq!(fitted.model.terms[2].name, "sex = m");
    // a level that the model never saw is no reference level
    let mut other = frame.clone();
    other.texts[0].1[3] = Some("x".to_owned());
    let error = fitted.saved.linear_predictors(&other).unwrap_err().to_string();
    assert!(error.contains("\"x\" for subject 3") && error.contains("m, f"), "{error}");
    other.texts[0].1[3] = None;
    assert_eq!(fitted.saved.linear_predictors(&other).unwrap()[3], None);
}

#[test]
fn separated_data_under_maximum_likelihood_are_written_with_the_reason() {
    let (frame, mut endpoint) = cohort();
    endpoint.positive = (0..8).map(|n| Some(n >= 4)).collect();
    let term = [TermSpec::of_column("x")];
    let (model, none) =
        fit_or_say_why(&frame, &endpoint, "m", Family::Primary, &term, Method::MaximumLikelihood).unwrap();
    assert!(none.is_none() && model.not_estimable.unwrap().contains("separation"));
    let firth = fit(&frame, &endpoint, "m", Family::Primary, &term, Method::Firth).unwrap();
    assert_eq!(
        (firth.model.separation.as_str(), firth.model.separated_by.as_slice()),
        ("complete", &["x".to_owned()][..])
    );
}

#[test]
fn terms_that_cannot_be_read_are_refused() {
    for wrong in ["", "x/0", "x/ten", "@a", "x@"] {
        assert!(TermSpec::parse(wrong).is_err(), "{wrong}");
    }
}
