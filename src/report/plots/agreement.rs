//! Bland and Altman's plot: difference against mean, with the bias, the limits of agreement and their exact intervals.

use super::axes::{Axes, Scale};
use crate::cohort::results::AgreementResults;
use crate::report::drawing::{Anchor, Drawing};
use crate::report::{Lang, ReportError, labels, style};

const HEIGHT: f64 = 270.0;
const FRAME: [f64; 4] = [62.0, 14.0, 304.0, 218.0];

/// The figure of the first two columns.
///
/// # Errors
/// [`ReportError::Empty`] where there are no pairs.
pub fn bland_altman_figure(results: &AgreementResults, lang: Lang) -> Result<Drawing, ReportError> {
    let empty = ReportError::Empty { what: "no pairs to compare" };
    let Some(b) = results.bland_altman.as_ref().filter(|b| !b.means.is_empty()) else { return Err(empty) };
    let lines = [("bias", b.bias, b.bias_ci), ("upper", b.loa_high, b.loa_high_ci), ("lower", b.loa_low, b.loa_low_ci)];
    let ends = lines.iter().flat_map(|(_, at, ci)| ci.unwrap_or([*at, *at]));
    let mut drawing = Drawing::new(style::COLUMN, HEIGHT);
    let y = Scale::around(b.differences.iter().copied().chain(ends));
    let axes = Axes { frame: FRAME, x: Scale::around(b.means.iter().copied()), y };
    let (first, second) = (labels::column(&results.columns[0], lang), labels::column(&results.columns[1], lang));
    axes.y_axis(&mut drawing, &format!("{first} − {second}"), 6, 36.0);
    axes.x_axis(&mut drawing, lang.say("Mean of both"), 5);
    for (name, at, ci) in lines {
        let from = |value: f64| (FRAME[0], axes.y_at(value));
        let to = |value: f64| (FRAME[2], axes.y_at(value));
        if let Some(ends) = ci {
            for end in ends {
                drawing.dashed(&[from(end), to(end)], style::GREY, style::HAIR, &[1.0, 3.0]);
            }
        }
        let dash: &[f64] = if name == "bias" { &[] } else { &[5.0, 3.0] };
        drawing.dashed(&[from(at), to(at)], style::INK, style::HAIR + 0.4, dash);
        let text = format!("{at:.2}").replace('-', "−");
        drawing.text((FRAME[2] + 4.0, to(at).1 + 3.0), &text, style::SMALL, style::INK, Anchor::Start);
    }
    for (&x, &difference) in b.means.iter().zip(&b.differences) {
        drawing.ring(axes.at(x, difference), 2.6, style::series(0), 1.2);
    }
    axes.spines(&mut drawing);
    let pairs = match b.subjects {
        Some(subjects) => {
            let gaps = [("pairs", &*b.n.to_string()), ("subjects", &subjects.to_string())];
            lang.fill("{pairs} pairs of {subjects} subjects", &gaps)
        }
        None => lang.fill("{pairs} pairs", &[("pairs", &b.n.to_string())]),
    };
    let note = lang.fill("{pairs}; line: bias, dashes: bias ± 1.96 SD, dots: 95 % intervals", &[("pairs", &pairs)]);
    drawing.text((8.0, HEIGHT - 6.0), &note, style::SMALL, style::GREY, Anchor::Start);
    Ok(drawing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cohort::results::BlandAltman;

    #[test]
    fn the_limits_are_written_beside_their_lines() {
        let bland_altman = BlandAltman {
            n: 3,
            bias: 0.5,
            sd: 1.0,
            loa_low: -1.46,
            loa_high: 2.46,
            means: vec![1.0, 2.0, 3.0],
            differences: vec![0.0, 0.5, 1.0],
            ..BlandAltman::default()
        };
        let results = AgreementResults {
            columns: vec!["a".into(), "b".into()],
            bland_altman: Some(bland_altman),
            ..AgreementResults::default()
        };
        let svg = bland_altman_figure(&results, Lang::En).unwrap().svg().unwrap();
        for text in ["0.50", "2.46", "−1.46", "3 pairs"] {
            assert!(svg.contains(text), "{text}");
        }
        assert!(bland_altman_figure(&AgreementResults::default(), Lang::En).is_err());
    }
}
