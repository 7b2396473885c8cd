//! Axes: from data to figure units, with ticks, grid lines and titles.

use crate::report::drawing::{Anchor, Drawing, fitted, text_width};
use crate::report::style;
use plotters::coord::ranged1d::Ranged;
use plotters::coord::types::RangedCoordf64;

/// One axis: the range of data shown and how it is spaced.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    low: f64,
    high: f64,
    logarithmic: bool,
}

impl Scale {
    /// A linear axis over exactly this range; widened where it is empty.
    pub fn linear(low: f64, high: f64) -> Self {
        let (low, high) = if high > low { (low, high) } else { (low - 0.5, low + 0.5) };
        Scale { low, high, logarithmic: false }
    }

    /// A linear axis over the finite values with 5 % to spare on either side.
    pub fn around(values: impl Iterator<Item = f64>) -> Self {
        let (low, high) = extent(values);
        let spare = 0.05 * (high - low);
        Scale::linear(low - spare, high + spare)
    }

    /// A logarithmic axis over this range (both ends positive).
    pub fn logarithmic(low: f64, high: f64) -> Self {
        Scale { low, high: high.max(low * 1.01), logarithmic: true }
    }

    /// Position of a value along the axis, 0 at its low end, 1 at its high end.
    pub fn share(&self, value: f64) -> f64 {
        if self.logarithmic {
            (value / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        }
    }

    /// Round values to mark, with the text of each; at most about `most`.
    pub fn ticks(&self, most: usize) -> Vec<(f64, String)> {
        let values = if self.logarithmic { self.decades(most) } else { self.round_steps(most) };
        let steps = values.windows(2).map(|pair| pair[1] - pair[0]);
        let (smallest, largest) = (extent(steps.clone()).0, extent(values.iter().map(|v| v.abs())).1);
        let decimals = steps.map(decimals_of).max().unwrap_or(1);
        let text = |value: f64| match self.logarithmic {
            true => format!("{value}"),
            // digits of a mark beside its power of ten, so that neighbours differ
            false if values.len() > 1 && (smallest < SHORTEST || largest >= LONGEST) => {
                let digits = if value == 0.0 { 0.0 } else { (value.abs() / smallest).log10().max(0.0).ceil() };
                if value == 0.0 { "0".to_owned() } else { in_powers(value, digits as usize) }
            }
            false => format!("{:.*}", decimals, value + 0.0),
        };
        values.iter().map(|value| (*value, text(*value).replace('-', "−"))).collect()
    }

    fn round_steps(&self, most: usize) -> Vec<f64> {
        let axis: RangedCoordf64 = (self.low..self.high).into();
        axis.key_points(most)
            .into_iter()
            .map(|v| if v.abs() < 1e-12 * (self.high - self.low) { 0.0 } else { v })
            .collect()
    }

    /// 1, 2, 5 per decade where they fit, else whole decades, thinned to `most`.
    fn decades(&self, most: usize) -> Vec<f64> {
        let exponents = (self.low.log10().floor() as i32)..=(self.high.log10().ceil() as i32);
        let within = |v: &f64| *v >= self.low * (1.0 - 1e-9) && *v <= self.high * (1.0 + 1e-9);
        // a power of ten from its text, because 10^-1 computed is not the nearest number to 0.1
        let power = |mantissa: u8, e: i32| format!("{mantissa}e{e}").parse::<f64>().unwrap_or(f64::NAN);
        let fine: Vec<f64> =
            exponents.clone().flat_map(|e| [power(1, e), power(2, e), power(5, e)]).filter(within).collect();
        if fine.len() <= most {
            return fine;
        }
        let whole: Vec<f64> = exponents.map(|e| power(1, e)).filter(within).collect();
        let every = whole.len().div_ceil(most.max(1)).max(1);
        whole.into_iter().step_by(every).collect()
    }
}

/// Steps and marks from which on the text of a mark is written in powers of ten.
const SHORTEST: f64 = 1e-4;
const LONGEST: f64 = 1e6;

/// `1.5e12`, with at most so many decimals and no zeros at the end.
fn in_powers(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$e}");
    match text.split_once('e') {
        Some((digits, power)) if digits.contains('.') => {
            format!("{}e{power}", digits.trim_end_matches('0').trim_end_matches('.'))
        }
        _ => text,
    }
}

/// Smallest and largest finite value; 0 to 1 where there is none.
pub fn extent(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) = values
        .filter(|v| v.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    if low <= high { (low, high) } else { (0.0, 1.0) }
}

fn decimals_of(step: f64) -> usize {
    (0..6).find(|&d| (step * 10f64.powi(d) - (step * 10f64.powi(d)).round()).abs() < 1e-6).unwrap_or(6) as usize
}

/// The plotting area of a figure with its two axes.
#[derive(Debug, Clone, Copy)]
pub struct Axes {
    /// Left, top, right, bottom of the plotting area in figure units.
    pub frame: [f64; 4],
    /// Horizontal axis.
    pub x: Scale,
    /// Vertical axis.
    pub y: Scale,
}

impl Axes {
    /// Figure position of a data point.
    pub fn at(&self, x: f64, y: f64) -> (f64, f64) {
        (self.x_at(x), self.y_at(y))
    }

    /// Figure position of an x value.
    pub fn x_at(&self, x: f64) -> f64 {
        let [left, _, right, _] = self.frame;
        left + self.x.share(x) * (right - left)
    }

    /// Figure position of a y value.
    pub fn y_at(&self, y: f64) -> f64 {
        let [_, top, _, bottom] = self.frame;
        bottom - self.y.share(y) * (bottom - top)
    }

    /// Left and bottom axis lines.
    pub fn spines(&self, drawing: &mut Drawing) {
        let [left, top, right, bottom] = self.frame;
        drawing.line(&[(left, top), (left, bottom), (right, bottom)], style::INK, style::HAIR);
    }

    /// Ticks and labels of the horizontal axis, with its title below.
    pub fn x_axis(&self, drawing: &mut Drawing, title: &str, most: usize) {
        let [left, _, right, bottom] = self.frame;
        for (value, text) in self.x.ticks(most) {
            let x = self.x_at(value);
            drawing.line(&[(x, bottom), (x, bottom + 4.0)], style::INK, style::HAIR);
            drawing.text((x, bottom + 14.5), &text, style::SMALL, style::INK, Anchor::Middle);
        }
        let middle = (left + right) / 2.0;
        let room = 2.0 * middle.min(drawing.size().0 - middle) - 8.0;
        let em = title_size(title, room);
        let title = fitted(title, em, room);
        drawing.text((middle, bottom + 30.0), &title, em, style::INK, Anchor::Middle);
    }

    /// Ticks and labels of the vertical axis, with its title `title_gap` to the left, and faint grid lines.
    pub fn y_axis(&self, drawing: &mut Drawing, title: &str, most: usize, title_gap: f64) {
        let [left, top, right, bottom] = self.frame;
        for (value, text) in self.y.ticks(most) {
            let y = self.y_at(value);
            if y < bottom - 0.5 {
                drawing.line(&[(left, y), (right, y)], style::FAINT, 0.6);
            }
            drawing.line(&[(left - 4.0, y), (left, y)], style::INK, style::HAIR);
            drawing.text((left - 6.5, y + 0.35 * style::SMALL), &text, style::SMALL, style::INK, Anchor::End);
        }
        // a title longer than its axis becomes smaller, then two lines
        let (x, middle) = (left - title_gap, (top + bottom) / 2.0);
        let room = bottom - top + top.min(10.0);
        let em = title_size(title, room);
        let lines = if text_width(title, em) > room { in_two(title) } else { vec![title] };
        for (n, line) in lines.iter().rev().enumerate() {
            let at = (x - n as f64 * (em + 1.5), middle);
            drawing.text_upwards(at, &fitted(line, em, room), em, style::INK, Anchor::Middle);
        }
    }
}

/// Usual size of a title, smaller where it is longer than its room.
fn title_size(title: &str, room: f64) -> f64 {
    if text_width(title, style::TEXT) > room { style::SMALL } else { style::TEXT }
}

/// A text in two lines: after a minus sign, else at the space next to its middle.
fn in_two(text: &str) -> Vec<&str> {
    let middle = text.len() / 2;
    let space = text.match_indices(' ').map(|(at, _)| at + 1).min_by_key(|at| at.abs_diff(middle));
    let cut = text.find(" − ").map(|at| at + " − ".len()).or(space).unwrap_or(0);
    let (first, second) = text.split_at(cut);
    [first.trim_end(), second].into_iter().filter(|line| !line.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_that_is_longer_than_its_axis_gets_smaller_and_then_two_lines() {
        assert_eq!(in_two("sFF mean L1 (%) − PDFF mean L1 (%)"), ["sFF mean L1 (%) −", "PDFF mean L1 (%)"]);
        assert_eq!(in_two("one two three four"), ["one two", "three four"]);
        assert_eq!(in_two("unbroken"), ["unbroken"]);
        let y_title = |title: &str| {
            let mut drawing = Drawing::new(300.0, 150.0);
            let scale = Scale::linear(0.0, 1.0);
            Axes { frame: [60.0, 10.0, 290.0, 110.0], x: scale, y: scale }.y_axis(&mut drawing, title, 5, 40.0);
            let svg = drawing.svg().unwrap();
            svg.lines().filter(|line| line.contains("rotate(")).count()
        };
        assert_eq!([y_title("Sensitivity"), y_title("Difference of the first − and of the second one")], [1, 2]);
    }

    #[test]
    fn ticks_are_round_and_inside() {
        let texts: Vec<String> = Scale::linear(0.0, 1.0).ticks(6).into_iter().map(|(_, text)| text).collect();
        assert_eq!(texts, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        let logs: Vec<String> = Scale::logarithmic(0.1, 20.0).ticks(10).into_iter().map(|(_, text)| text).collect();
        assert_eq!(logs, ["0.1", "0.2", "0.5", "1", "2", "5", "10", "20"]);
        let wide: Vec<f64> = Scale::logarithmic(1e-3, 1e6).ticks(5).into_iter().map(|(value, _)| value).collect();
        assert!(wide.len() <= 5 && wide.contains(&0.001));
    }

    #[test]
    fn tiny_and_huge_values_have_marks_that_differ() {
        let texts =
            |low, high| -> Vec<String> { Scale::linear(low, high).ticks(5).into_iter().map(|(_, t)| t).collect() };
        assert_eq!(texts(0.0, 4e-9), ["0", "1e−9", "2e−9", "3e−9", "4e−9"]);
        assert_eq!(texts(-1e12, 2.2e12), ["−1e12", "0", "1e12", "2e12"]);
        let far = texts(1.0e12, 1.0000004e12);
        assert!(far.windows(2).all(|pair| pair[0] != pair[1]), "{far:?}");
    }

    #[test]
    fn an_empty_range_still_has_an_axis() {
        let scale = Scale::around(std::iter::repeat_n(3.0, 4));
        assert!((scale.share(3.0) - 0.5).abs() < 1e-9);
        assert_eq!(extent([f64::NAN].into_iter()), (0.0, 1.0));
    }
}
