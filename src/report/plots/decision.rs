//! Decision curve: net benefit of treating by the model, of treating all, of treating none.

use super::axes::{Axes, Scale, extent};
use crate::cohort::results::NetBenefit;
use crate::report::drawing::{Anchor, Drawing};
use crate::report::{Lang, ReportError, style};

const HEIGHT: f64 = 220.0;
const LEFT: f64 = 58.0;

/// The figure of one decision curve.
///
/// # Errors
/// [`ReportError::Empty`] where there are fewer than two thresholds.
pub fn decision_figure(curve: &[NetBenefit], lang: Lang) -> Result<Drawing, ReportError> {
    let (Some(first), Some(last)) = (curve.first(), curve.last().filter(|_| curve.len() > 1)) else {
        return Err(ReportError::Empty { what: "no decision curve" });
    };
    let top = extent(curve.iter().flat_map(|p| [p.net_benefit, p.treat_all])).1.max(0.05);
    // far below zero "treat all" says nothing more
    let low = -0.35 * top;
    let bottom = 14.0 + HEIGHT;
    let mut drawing = Drawing::new(style::COLUMN, bottom + 64.0);
    let axes = Axes {
        frame: [LEFT, 14.0, style::COLUMN - 14.0, bottom],
        x: Scale::linear(first.threshold, last.threshold),
        y: Scale::linear(low, 1.08 * top),
    };
    axes.y_axis(&mut drawing, lang.say("Net benefit"), 6, 42.0);
    axes.x_axis(&mut drawing, lang.say("Threshold probability"), 6);
    let visible = |value: f64| value.max(low);
    let model: Vec<_> = curve.iter().map(|p| axes.at(p.threshold, visible(p.net_benefit))).collect();
    let all: Vec<_> = curve.iter().filter(|p| p.treat_all >= low).map(|p| axes.at(p.threshold, p.treat_all)).collect();
    let none = [axes.at(first.threshold, 0.0), axes.at(last.threshold, 0.0)];
    drawing.line(&none, style::GREY, 1.2);
    drawing.dashed(&all, style::series(1), style::CURVE, style::dash(1));
    drawing.line(&model, style::series(0), style::CURVE);
    axes.spines(&mut drawing);
    let entries = [
        (lang.say("model"), style::series(0), 0),
        (lang.say("treat all"), style::series(1), 1),
        (lang.say("treat none"), style::GREY, 0),
    ];
    for (n, (name, colour, dash)) in entries.into_iter().enumerate() {
        let (x, y) = (LEFT + 95.0 * n as f64, bottom + 50.0);
        drawing.dashed(&[(x, y - 3.5), (x + 22.0, y - 3.5)], colour, style::CURVE, style::dash(dash));
        drawing.text((x + 28.0, y), name, style::SMALL, style::INK, Anchor::Start);
    }
    Ok(drawing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_strategies_are_named() {
        let curve: Vec<NetBenefit> = (1..20)
            .map(|i| {
                let threshold = f64::from(i) * 0.05;
                let treat_all = 0.3 - 0.7 * threshold / (1.0 - threshold);
                NetBenefit { threshold, net_benefit: 0.27 - 0.2 * threshold, treat_all }
            })
            .collect();
        let svg = decision_figure(&curve, Lang::En).unwrap().svg().unwrap();
        for text in ["Net benefit", "model", "treat all", "treat none"] {
            assert!(svg.contains(text), "{text} is missing");
        }
        assert!(decision_figure(&curve[..1], Lang::En).is_err());
    }
}
