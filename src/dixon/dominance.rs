//! What an in-/opposed-phase magnitude pair says of the proton-density fat fraction: two answers, and how far apart.
//!
//! Inputs  in- and opposed-phase magnitudes of equal scaling, their echo times (ms), field strength (T), a spectrum of fat,
//!         an assumed R2* (1/s)
//! Output  the fat fraction if water dominates and if fat does, percent
//! Method  `rho(p) = |1 - p + p a_op| / |1 - p + p a_ip| exp(-R2* (t_op - t_ip))` falls from p = 0 to its minimum near one
//!         half and rises to p = 1; either branch is inverted by bisection
//! Limits  the magnitudes cannot tell which branch holds, and R2* is assumed: the interval between both, over the R2* that
//!         marrow may have, is what is known. Without knowledge of the dominance there is no single number.

use super::FatModel;
use num_complex::Complex64;

/// R2* that is assumed where none is given, 1/s: marrow.
pub const ASSUMED_R2STAR: f64 = 80.0;
/// R2* over which the answers are shown, 1/s.
pub const R2STAR_RANGE: [f64; 2] = [40.0, 150.0];

/// The pair of echoes as a function of the fat fraction.
#[derive(Debug, Clone, Copy)]
pub struct PhasePair {
    in_phase: Complex64,
    opposed: Complex64,
    /// Opposed minus in-phase echo time, s.
    delay_s: f64,
    /// Fraction at which the ratio is lowest.
    turning: f64,
}

impl PhasePair {
    /// At echo times (ms) in phase and opposed, and a field strength (T).
    pub fn new(fat_model: &FatModel, echo_times_ms: [f64; 2], field_t: f64) -> Self {
        let phasor = |ms: f64| {
            let [re, im] = fat_model.phasor(ms, field_t);
            Complex64::new(re, im)
        };
        let delay_s = (echo_times_ms[1] - echo_times_ms[0]) * 1e-3;
        let mut pair =
            PhasePair { in_phase: phasor(echo_times_ms[0]), opposed: phasor(echo_times_ms[1]), delay_s, turning: 0.5 };
        // golden section: the ratio has one minimum between water and fat
        let (mut low, mut high) = (0.0, 1.0);
        let golden = 0.5 * (5.0_f64.sqrt() - 1.0);
        while high - low > 1e-10 {
            let (a, b) = (high - golden * (high - low), low + golden * (high - low));
            if pair.ratio(a, 0.0) < pair.ratio(b, 0.0) {
                high = b;
            } else {
                low = a;
            }
        }
        pair.turning = 0.5 * (low + high);
        pair
    }

    /// Opposed over in-phase magnitude at a fat fraction (0-1) and an R2* (1/s).
    pub fn ratio(&self, fraction: f64, r2star: f64) -> f64 {
        let of = |phasor: Complex64| (1.0 - fraction + fraction * phasor).norm();
        of(self.opposed) / of(self.in_phase) * (-r2star * self.delay_s).exp()
    }

    /// Fat fractions (percent) if water dominates and if fat does, for a measured ratio and an R2* (1/s). A ratio below
    /// the lowest possible gives the turning point twice; one above a branch's end leaves the branch by a straight line,
    /// so that noise about 0 and 100 % is not cut off.
    pub fn fat_fractions(&self, ratio: f64, r2star: f64) -> [f64; 2] {
        [0.0, 1.0].map(|end| {
            let (top, bottom) = (self.ratio(end, r2star), self.ratio(self.turning, r2star));
            if ratio <= bottom {
                return 100.0 * self.turning;
            }
            if ratio >= top {
                let inward = end + 0.01 * (self.turning - end).signum();
                let slope = (self.ratio(inward, r2star) - top) / (inward - end);
                return 100.0 * (end + (ratio - top) / slope);
            }
            let (mut above, mut below) = (end, self.turning);
            for _ in 0..60 {
                let middle = 0.5 * (above + below);
                if self.ratio(middle, r2star) > ratio { above = middle } else { below = middle }
            }
            50.0 * (above + below)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_answers_contain_the_truth_at_its_r2star() {
        let pair = PhasePair::new(&FatModel::named("hernando-6").unwrap(), [2.46, 1.23], 3.0);
        for percent in [0.0, 5.0, 20.0, 40.0, 60.0, 80.0, 100.0] {
            for r2star in [0.0, 60.0, 120.0] {
                let [water, fat] = pair.fat_fractions(pair.ratio(percent / 100.0, r2star), r2star);
                let found = if percent < 55.0 { water } else { fat };
                assert!((found - percent).abs() < 1e-6, "{percent} {r2star}: {water} {fat}");
                assert!(water <= fat + 1e-9);
            }
        }
    }

    #[test]
    fn noise_about_the_ends_is_not_cut_off() {
        let pair = PhasePair::new(&FatModel::default(), [2.3, 1.15], 3.0);
        let top = pair.ratio(0.0, 80.0);
        let [above, below] = [1.01, 0.99].map(|factor| pair.fat_fractions(top * factor, 80.0)[0]);
        assert!(above < 0.0 && below > 0.0 && (above + below).abs() < 0.1, "{above} {below}");
    }

    #[test]
    fn the_naive_number_is_off_by_what_an_independent_calculation_says() {
        // simulated pair at 3 T, 1.23/2.46 ms, hernando-6: bias of (IP-OP)/(2 IP) in points at R2* = 60 1/s
        let pair = PhasePair::new(&FatModel::named("hernando-6").unwrap(), [2.46, 1.23], 3.0);
        for (fraction, bias) in [(0.10, -5.3), (0.20, -6.4), (0.30, -7.1), (0.40, -7.3)] {
            let naive = 50.0 * (1.0 - pair.ratio(fraction, 60.0));
            assert!((naive - 100.0 * fraction - bias).abs() < 0.1, "{fraction}: {naive}");
        }
    }
}
