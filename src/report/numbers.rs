//! Numbers as a reader needs them: as many digits as they deserve, never so few that they say something else.

use crate::cohort::results::{Cutoff, Direction};

/// Below and from these on a number is written in powers of ten.
const PLAIN: std::ops::Range<f64> = 1e-4..1e7;

/// This many significant digits; powers of ten where a number is tiny or huge.
pub fn significant(value: f64, digits: usize) -> String {
    let digits = digits.max(1);
    let size = value.abs();
    let text = if size == 0.0 {
        "0".to_owned()
    } else if PLAIN.contains(&size) {
        let decimals = digits as i32 - 1 - size.log10().floor() as i32;
        format!("{value:.0$}", decimals.max(0) as usize)
    } else {
        format!("{value:.0$e}", digits - 1)
    };
    text.replace('-', "−")
}

/// Smaller than this is an error of rounding about zero.
const NOTHING: f64 = 1e-12;

/// These decimals; two digits where they would show nothing of the number, powers of ten where they would show too many.
pub fn with_decimals(value: f64, decimals: usize) -> String {
    let size = value.abs();
    match size {
        size if size < NOTHING => format!("{:.decimals$}", 0.0),
        size if size < 0.5 * 10f64.powi(-(decimals as i32)) => significant(value, 2),
        size if size >= PLAIN.end => significant(value, 3),
        _ => format!("{value:.decimals$}").replace('-', "−"),
    }
}

/// A cut-off so that whoever applies the text calls every patient as the cut-off itself does: three significant digits, more
/// where a patient's value lies between the cut-off and what is written.
pub fn cutoff(cutoff: &Cutoff, direction: Direction) -> String {
    let is_same = |text: &str| {
        let (Some([below, above]), Ok(value)) = (cutoff.between, text.replace('−', "-").parse::<f64>()) else {
            return true;
        };
        match direction {
            Direction::Higher => below < value && value <= above,
            Direction::Lower => below <= value && value < above,
        }
    };
    let texts = (3..=17).map(|digits| significant(cutoff.threshold, digits));
    let shown = texts.into_iter().find(|text| is_same(text));
    shown.unwrap_or_else(|| cutoff.threshold.to_string().replace('-', "−"))
}

/// A coefficient and its standard error: three decimals, more where these would hide the error.
pub fn coefficient(estimate: f64, se: Option<f64>) -> [Option<String>; 2] {
    let scale = se.filter(|se| *se > 0.0).unwrap_or(estimate.abs());
    let decimals = (3..9).find(|d| scale >= 5.0 * 10f64.powi(-d)).unwrap_or(9) as usize;
    [Some(estimate), se].map(|value| value.map(|value| with_decimals(value, decimals)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiny_and_huge_numbers_are_written_in_powers_of_ten() {
        let shown = [41.25, 0.00123, 1018.4, -0.96, 0.0, 8.9e-9, -1.3e12].map(|value| significant(value, 3));
        assert_eq!(shown, ["41.2", "0.00123", "1018", "−0.960", "0", "8.90e−9", "−1.30e12"]);
        let shown = [0.0312, 0.0004, -0.00002, 4.2e8, -1e-17].map(|value| with_decimals(value, 3));
        assert_eq!(shown, ["0.031", "0.00040", "−2.0e−5", "4.20e8", "0.000"]);
    }

    #[test]
    fn a_cutoff_that_is_written_calls_everybody_as_the_cutoff_does() {
        let shown =
            |threshold: f64, between, direction| cutoff(&Cutoff { threshold, between, ..Cutoff::default() }, direction);
        // patients at 31.32 and 31.38: 31.3 would call the first one positive as well
        assert_eq!(shown(31.35, Some([31.32, 31.38]), Direction::Higher), "31.35");
        assert_eq!(shown(31.35, Some([30.3, 32.4]), Direction::Higher), "31.4");
        assert_eq!(shown(102.4, Some([102.1, 102.7]), Direction::Lower), "102.4");
        assert_eq!(shown(-38.77, Some([-39.1, -38.4]), Direction::Lower), "−38.8");
        assert_eq!(shown(1.5e-9, Some([1.0e-9, 2.0e-9]), Direction::Higher), "1.50e−9");
        assert_eq!(shown(31.35, None, Direction::Higher), "31.4");
        // two neighbours among floats
        let (low, high) = (0.1 + 0.2, 0.3);
        assert_eq!(shown(0.3, Some([high, low]), Direction::Lower), "0.300");
        assert_eq!(shown(low, Some([high, low]), Direction::Higher).parse::<f64>(), Ok(low));
    }

    #[test]
    fn a_standard_error_is_never_zero() {
        let shown = |estimate, se| coefficient(estimate, Some(se)).map(Option::unwrap);
        assert_eq!(shown(-0.0207, 0.0091), ["−0.021", "0.009"]);
        assert_eq!(shown(0.00041, 0.00022), ["0.00041", "0.00022"]);
        assert_eq!(shown(419779946.2, 703752562.4), ["4.20e8", "7.04e8"]);
        assert_eq!(coefficient(0.5, None), [Some("0.500".to_owned()), None]);
    }
}
