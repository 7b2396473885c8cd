//! Plots in characters, for a terminal: ROC curves, and the shape of a distribution on one line.
//!
//! Input: results as they are printed. Output: lines that are no wider than asked for, plain text, the same for the same input.

use super::numbers;
use crate::cohort::results::{Curve, Direction};

/// Narrowest and widest plotting area, in columns.
const COLUMNS: [usize; 2] = [20, 48];
/// What stands left of the plotting area: `1.0 |`.
const MARGIN: usize = 5;
/// Lines for each column: a character is about twice as high as wide.
const LINES_PER_COLUMN: f64 = 0.42;
/// Steps of a bar, lowest first.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// ROC curves in one frame, each drawn with its letter, and below for each its area with the interval, the patients of either
/// class and the first cut-off. Curves of the front of the list lie on top. `width` in columns of the terminal.
pub fn roc_in_characters(curves: &[Curve], width: usize) -> String {
    if curves.is_empty() {
        return String::new();
    }
    let columns = width.saturating_sub(MARGIN + 1).clamp(COLUMNS[0], COLUMNS[1]);
    let lines = ((columns as f64 * LINES_PER_COLUMN).round() as usize).max(8);
    let mut cells = vec![vec![' '; columns]; lines];
    let mut put = |x: f64, y: f64, mark: char| {
        let place = |share: f64, n: usize| (share.clamp(0.0, 1.0) * (n - 1) as f64).round() as usize;
        cells[lines - 1 - place(y, lines)][place(x, columns)] = mark;
    };
    for n in 0..=4 * columns {
        let share = n as f64 / (4 * columns) as f64;
        put(share, share, '.');
    }
    for (n, curve) in curves.iter().enumerate().rev() {
        let points: Vec<(f64, f64)> = curve.fpr.iter().copied().zip(curve.tpr.iter().copied()).collect();
        for pair in points.windows(2) {
            for step in 0..=4 * columns {
                let share = step as f64 / (4 * columns) as f64;
                let between = |from: f64, to: f64| from + share * (to - from);
                put(between(pair[0].0, pair[1].0), between(pair[0].1, pair[1].1), letter(n));
            }
        }
    }
    for cutoff in curves.iter().filter_map(|curve| curve.cutoffs.first()) {
        put(1.0 - cutoff.specificity, cutoff.sensitivity, 'o');
    }
    let mut out = String::from("sensitivity\n");
    for (n, row) in cells.iter().enumerate() {
        let label = match n {
            0 => "1.0 |",
            n if n == lines - 1 => "0.0 |",
            n if 2 * n == lines - 1 || 2 * n == lines => "0.5 |",
            _ => "    |",
        };
        out += format!("{label}{}", row.iter().collect::<String>()).trim_end();
        out.push('\n');
    }
    out += &format!("    +{}\n", "-".repeat(columns));
    let half = columns / 2;
    out += &format!("     0.0{}0.5{}1.0\n", " ".repeat(half.saturating_sub(5)), " ".repeat(columns - half - 4));
    out += &format!("{:>1$}\n", "1 - specificity", MARGIN + columns);
    for (n, curve) in curves.iter().enumerate() {
        let is_hidden = cells.iter().flatten().all(|cell| *cell != letter(n));
        out += &key(letter(n), curve, is_hidden, width);
    }
    out + "o cut-off, . chance\n"
}

/// The letter that a curve is drawn with.
fn letter(n: usize) -> char {
    char::from(b'A' + (n % 26) as u8)
}

/// Area, interval, patients and cut-off of a curve, over as many lines as the width asks for.
fn key(letter: char, curve: &Curve, is_hidden: bool, width: usize) -> String {
    let interval = match (curve.ci_low, curve.ci_high) {
        (Some(low), Some(high)) => format!("({low:.3} to {high:.3})"),
        _ => "(no interval)".to_owned(),
    };
    let mut parts = vec![
        format!("{letter}  {}{}", curve.predictor, if is_hidden { " (behind the others)" } else { "" }),
        format!("AUC {:.3} {interval}", curve.auc),
        format!("{} positive, {} negative", curve.n_positive, curve.n_negative),
    ];
    if let Some(cutoff) = curve.cutoffs.first() {
        let sign = if curve.direction == Direction::Higher { ">=" } else { "<=" };
        let [sensitivity, specificity] = [cutoff.sensitivity, cutoff.specificity].map(|share| format!("{share:.2}"));
        let threshold = numbers::cutoff(cutoff, curve.direction).replace('−', "-");
        parts.push(format!("{sign} {threshold}: sensitivity {sensitivity}, specificity {specificity}"));
    }
    let mut lines = vec![parts.remove(0)];
    for part in parts {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 2 + part.len() <= width => *line += &format!("  {part}"),
            _ => lines.push(format!("   {part}")),
        }
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// The shape of a distribution: a bar a bin, the fullest one full. An empty bin is a space, so that a tail is told from a gap;
/// no counts at all give no text.
pub fn sparkline(counts: &[usize]) -> String {
    let most = counts.iter().copied().max().unwrap_or(0);
    if most == 0 {
        return String::new();
    }
    let bar = |&count: &usize| match count {
        0 => ' ',
        count => BARS[((count * BARS.len()).div_ceil(most)).clamp(1, BARS.len()) - 1],
    };
    counts.iter().map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cohort::results::{Cutoff, Family};

    fn curve(predictor: &str, fpr: &[f64], tpr: &[f64]) -> Curve {
        let mut curve: Curve = serde_json::from_value(serde_json::json!({
            "predictor": predictor, "family": "primary", "direction": "higher", "n_positive": 15, "n_negative": 35,
            "auc": 0.9641, "se": 0.02, "ci_low": 0.87, "ci_high": 0.99, "ci_method": "logit-delong", "fpr": fpr, "tpr": tpr,
            "thresholds": vec![Option::<f64>::None; fpr.len()], "cutoffs": [], "missing": []}))
        .unwrap();
        assert_eq!(curve.family, Family::Primary);
        curve.cutoffs.push(Cutoff { threshold: 41.25, sensitivity: 1.0, specificity: 0.5, ..Cutoff::default() });
        curve
    }

    #[test]
    fn a_curve_runs_where_its_points_are_and_has_its_numbers_below() {
        let text = roc_in_characters(&[curve("ff", &[0.0, 0.0, 0.5, 1.0], &[0.0, 0.5, 1.0, 1.0])], 80);
        let lines: Vec<&str> = text.lines().collect();
        let plot: Vec<&str> = lines[1..].iter().copied().take_while(|line| !line.contains('+')).collect();
        assert_eq!(plot.len(), 20);
        // up the left side to one half, then slanting to the cut-off in the middle of the top, then along it
        assert!(plot[10..].iter().all(|line| line.as_bytes()[5] == b'A'), "{text}");
        assert!(plot[..9].iter().all(|line| line.as_bytes()[5] != b'A'), "{text}");
        assert!(
            plot[0].starts_with("1.0 |") && plot[0].ends_with(" AAoAAAAAAAAAAAAAAAAAAAAAAA") && plot[0].len() == 53
        );
        assert!(plot[15].contains('.'), "chance lies below");
        for number in
            ["AUC 0.964 (0.870 to 0.990)", "15 positive, 35 negative", ">= 41.2: sensitivity 1.00, specificity 0.50"]
        {
            assert!(text.contains(number), "{number} is missing:\n{text}");
        }
        assert!(lines.iter().all(|line| line.chars().count() <= 80));
        assert_eq!(roc_in_characters(&[], 80), "");
    }

    #[test]
    fn a_narrow_terminal_gets_a_narrow_plot_and_two_curves_two_letters() {
        let both =
            [curve("first", &[0.0, 0.0, 1.0], &[0.0, 1.0, 1.0]), curve("second", &[0.0, 1.0, 1.0], &[0.0, 0.0, 1.0])];
        let text = roc_in_characters(&both, 40);
        assert!(text.lines().all(|line| line.chars().count() <= 56), "{text}");
        let plot: Vec<&str> = text.lines().skip(1).take_while(|line| !line.contains('+')).collect();
        assert!(plot[0].contains("AAAA") && plot.last().unwrap().contains("BBBB"), "{text}");
        assert!(text.contains("\nA  first") && text.contains("\nB  second"));
    }

    #[test]
    fn a_sparkline_has_a_bar_a_bin_and_tells_few_from_none() {
        assert_eq!(sparkline(&[0, 1, 500, 1000, 125, 126]), " ▁▄█▁▂");
        assert_eq!(sparkline(&[3]), "█");
        assert_eq!((sparkline(&[]), sparkline(&[0, 0])), (String::new(), String::new()));
    }
}
