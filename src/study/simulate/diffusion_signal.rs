//! Signals of the diffusion stations: `S_b = S_900 exp((900 - b) ADC)`, mono-exponential in every tissue.
//!
//! Written here on purpose without a line of `diffusion`: an estimator must not be tested against its own model.

use super::options::STATIONS;
use super::tissue::Tissue;

/// b-values of each station, s/mm2.
pub(crate) const B_VALUES: [f64; 3] = [50.0, 400.0, 900.0];
/// Receive gain of each station, most superior first: stations of one examination do not share their scale.
pub(crate) const STATION_GAIN: [f64; STATIONS] = [1.00, 0.93, 1.06];

/// Signals of a pure tissue at [`B_VALUES`], muscle at b = 900 being 1.
pub(crate) fn signals(tissue: &Tissue) -> [f64; 3] {
    // 1 um2/s = 1e-6 mm2/s
    B_VALUES.map(|b| tissue.ratio_b900 * ((900.0 - b) * tissue.adc * 1e-6).exp())
}

/// Signal of typical marrow (3.2 times muscle, ADC 600 um2/s) at the lowest b: what the signal-to-noise ratio refers to.
pub(crate) fn reference_signal() -> f64 {
    signals(&super::tissue::marrow(0.2, 3.2, 600.0))[0]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::simulate::tissue;

    #[test]
    fn the_logarithm_falls_by_the_adc() {
        let s = signals(&tissue::lesion(7.0, 800.0));
        assert!((s[2] - 7.0).abs() < 1e-12);
        assert!(((s[0] / s[2]).ln() / 850.0 * 1e6 - 800.0).abs() < 1e-9);
        assert!(((s[0] / s[1]).ln() / 350.0 * 1e6 - 800.0).abs() < 1e-9);
    }
}
