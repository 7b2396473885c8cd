//! Forest plot: odds ratios with their intervals on a logarithmic axis.
//!
//! One journal column wide: the words of a row above, its interval and its numbers below them; rows of one model stand under
//! its name. An interval that leaves the axis ends in an arrow.

use super::axes::{Axes, Scale, extent};
use crate::report::drawing::{Anchor, Drawing, fitted};
use crate::report::{Lang, ReportError, labels, style};
use crate::units::show_p;

/// One odds ratio.
#[derive(Debug, Clone, PartialEq)]
pub struct ForestRow {
    /// Term, put in words.
    pub term: String,
    /// What the row belongs to, e.g. `univariable`; empty where there is one model.
    pub model: String,
    /// Odds ratio per stated increment.
    pub odds_ratio: f64,
    /// 95 % interval of the odds ratio.
    pub interval: Option<[f64; 2]>,
    /// Two-sided p.
    pub p: Option<f64>,
}

/// Height of a heading, of a row, and from the words of a row to its interval.
const HEADING: f64 = 17.0;
const ROW: f64 = 27.0;
const BELOW: f64 = 12.0;
const TOP: f64 = 24.0;
/// Left and right end of the intervals; numbers stand on their right.
const ENDS: [f64; 2] = [20.0, 196.0];
/// Half the side of the square at an odds ratio.
const HALF: f64 = 2.2;
/// An axis never reaches further than this factor from one.
const FURTHEST: f64 = 100.0;

/// The figure of these odds ratios. Rows of one model that follow each other stand under its name.
///
/// # Errors
/// [`ReportError::Empty`] where there is no row.
pub fn forest_figure(rows: &[ForestRow], title: &str, lang: Lang) -> Result<Drawing, ReportError> {
    if rows.is_empty() {
        return Err(ReportError::Empty { what: "no odds ratio" });
    }
    let is_first = |n: usize| !rows[n].model.is_empty() && (n == 0 || rows[n - 1].model != rows[n].model);
    let headings = (0..rows.len()).filter(|n| is_first(*n)).count();
    let bottom = TOP + ROW * rows.len() as f64 + HEADING * headings as f64 + 4.0;
    let mut drawing = Drawing::new(style::COLUMN, bottom + 40.0);
    let ends = rows.iter().flat_map(|row| row.interval.into_iter().flatten().chain([row.odds_ratio]));
    let (low, high) = extent(ends.filter(|v| *v > 0.0));
    let x = Scale::logarithmic((low * 0.9).clamp(1.0 / FURTHEST, 0.8), (high * 1.1).clamp(1.25, FURTHEST));
    let axes = Axes { frame: [ENDS[0], TOP, ENDS[1], bottom], x, y: Scale::linear(0.0, 1.0) };
    let (left, right) = (8.0, style::COLUMN - 8.0);
    axes.x_axis(&mut drawing, lang.say("Odds ratio (95 % CI), logarithmic"), 6);
    drawing.line(&[(ENDS[0], bottom), (ENDS[1], bottom)], style::INK, style::HAIR);
    let title = fitted(title, style::SMALL, right - left - 100.0);
    drawing.text((left, 14.0), &title, style::SMALL, style::GREY, Anchor::Start);
    drawing.text((right, 14.0), lang.say("OR (95 % CI), P"), style::SMALL, style::GREY, Anchor::End);
    let mut y = TOP;
    for (n, row) in rows.iter().enumerate() {
        if is_first(n) {
            y += HEADING;
            drawing.bold((left, y - 4.0), &row.model, style::SMALL, style::INK, Anchor::Start);
        }
        let indent = if row.model.is_empty() { 0.0 } else { 6.0 };
        let words = y + 0.4 * ROW;
        let name = fitted(&labels::column(&row.term, lang), style::SMALL, right - left - indent);
        drawing.text((left + indent, words), &name, style::SMALL, style::INK, Anchor::Start);
        drawing.text((right, words + BELOW), &odds_text(row), style::SMALL, style::INK, Anchor::End);
        let at = words + BELOW - 3.5;
        // the line of no effect, interrupted where words stand
        let one = axes.x_at(1.0);
        drawing.line(&[(one, at - 5.0), (one, at + 6.0)], style::GREY, style::HAIR);
        draw_interval(&mut drawing, &axes, row, at);
        y += ROW;
    }
    Ok(drawing)
}

fn draw_interval(drawing: &mut Drawing, axes: &Axes, row: &ForestRow, y: f64) {
    let [left, _, right, _] = axes.frame;
    let colour = style::POSITIVE;
    if let Some([low, high]) = row.interval {
        let clip = |value: f64| axes.x_at(value.max(1e-300)).clamp(left, right);
        drawing.line(&[(clip(low), y), (clip(high), y)], colour, 1.4);
        for (value, direction) in [(low, -1.0), (high, 1.0)] {
            let (x, outside) = (clip(value), axes.x.share(value.max(1e-300)));
            if (0.0..=1.0).contains(&outside) {
                drawing.line(&[(x, y - 3.0), (x, y + 3.0)], colour, 1.4);
            } else {
                drawing.polygon(
                    &[(x + 2.0 * direction, y), (x - 4.0 * direction, y - 3.0), (x - 4.0 * direction, y + 3.0)],
                    colour,
                );
            }
        }
    }
    let x = axes.x_at(row.odds_ratio.max(1e-300)).clamp(left, right);
    drawing.rectangle((x - HALF, y - HALF), 2.0 * HALF, 2.0 * HALF, colour);
}

fn odds_text(row: &ForestRow) -> String {
    let [value, low, high] = ratios(row.odds_ratio, row.interval);
    let interval = row.interval.map_or("–".to_owned(), |_| format!("{low}–{high}"));
    format!("{value} ({interval}), {}", row.p.map_or("–".to_owned(), show_p))
}

/// An odds ratio and the ends of its interval with the same decimals: two, three where the ratio is near one or small, more
/// where the interval is so narrow that its ends would look alike.
pub fn ratios(value: f64, interval: Option<[f64; 2]>) -> [String; 3] {
    let usual = if (0.9..1.1).contains(&value) || value < 0.1 { 3 } else { 2 };
    let [low, high] = interval.unwrap_or([f64::NAN; 2]);
    let is_told = |decimals: &usize| (high - low).is_nan() || high - low >= 5.0 * 10f64.powi(-(*decimals as i32));
    let decimals = (usual..=8).find(is_told).unwrap_or(usual);
    [value, low, high].map(|value| ratio(value, decimals))
}

fn ratio(value: f64, decimals: usize) -> String {
    match value {
        v if v.is_nan() => "–".to_owned(),
        v if v >= 1000.0 => ">1000".to_owned(),
        v if v >= 100.0 => format!("{v:.0}"),
        // also where it is so small that it is zero among numbers
        v if v < 0.001 => "<0.001".to_owned(),
        v => format!("{v:.decimals$}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odds_ratios_stand_beside_their_terms() {
        let row = |term: &str, odds_ratio: f64, interval| ForestRow {
            term: term.to_owned(),
            model: "univariable".to_owned(),
            odds_ratio,
            interval,
            p: Some(0.0004),
        };
        let rows = [
            row("sff_mean_L1-L5__pct/10", 2.31, Some([1.4, 4.6])),
            row("m_protein_serum_g_dl__pct", 0.93, Some([1e-9, 2e6])),
            row("hb", 1.5, None),
        ];
        let svg = forest_figure(&rows, "Logistic models", Lang::En).unwrap().svg().unwrap();
        for text in
            ["2.31 (1.40–4.60), &lt;0.001", "0.930 (&lt;0.001–&gt;1000)", "per 10\n", "univariable\n", "1.50 (–)"]
        {
            assert!(svg.contains(text), "{text} is missing in {svg}");
        }
        assert!(forest_figure(&[], "", Lang::En).is_err());
    }
}
