//! What the magnitudes of two echoes say of the proton-density fat fraction: two answers, and how far apart.
//!
//! Inputs  magnitudes of equal scaling, their echo times (ms), field strength (T), a spectrum of fat, an assumed R2* (1/s)
//! Output  the fat fraction if water dominates and if fat does, as a fraction, not clipped
//! Method  with `q_n(p) = |1 - p + p a_n|^2 = 1 + 2 p b_n + p^2 c_n`, the squared ratio of the magnitudes, R2* taken off, is
//!         `rho = q_2(p)/q_1(p)`: a quadratic equation in p (Eggers 2011, doi:10.1002/mrm.22578)
//! Limits  the magnitudes cannot tell which root holds, and R2* is assumed: the interval between both, over the R2* that
//!         marrow may have, is what is known. Without the phase there is no single number.

use super::FatModel;

/// R2* that is assumed where none is given, 1/s: marrow.
pub const ASSUMED_R2STAR: f64 = 80.0;
/// R2* over which answers and biases are shown, 1/s.
pub const R2STAR_RANGE: [f64; 2] = [40.0, 150.0];
/// True fat fractions at which the bias is shown.
pub const SHOWN_AT: [f64; 4] = [0.05, 0.20, 0.40, 0.60];

/// Two echoes as functions of the fat fraction.
#[derive(Debug, Clone, Copy)]
pub struct EchoPair {
    /// b and c of each echo.
    squared: [[f64; 2]; 2],
    /// Second minus first echo time, s.
    pub delay_s: f64,
}

/// Bias of the fat fraction where R2* is another than the assumed one.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct R2StarBias {
    /// R2* of the tissue, 1/s.
    pub true_r2star: f64,
    /// Found minus true fat fraction at a true one of 5, 20, 40 and 60 %, percentage points.
    pub bias_points: [f64; 4],
}

impl EchoPair {
    /// At two echo times (ms) and a field strength (T).
    pub fn new(fat_model: &FatModel, echo_times_ms: [f64; 2], field_t: f64) -> Self {
        let squared = echo_times_ms.map(|ms| fat_model.squared_shape(ms, field_t));
        EchoPair { squared, delay_s: (echo_times_ms[1] - echo_times_ms[0]) * 1e-3 }
    }

    /// `q_n(p)` of echo 0 or 1.
    pub fn squared(&self, echo: usize, fraction: f64) -> f64 {
        let [b, c] = self.squared[echo];
        1.0 + fraction * (2.0 * b + fraction * c)
    }

    /// Second over first magnitude at a fat fraction and an R2* (1/s).
    pub fn ratio(&self, fraction: f64, r2star: f64) -> f64 {
        (self.squared(1, fraction) / self.squared(0, fraction)).sqrt() * (-r2star * self.delay_s).exp()
    }

    /// The fat fractions that a ratio of the magnitudes (second over first) allows at an R2* (1/s), the lower first. A
    /// ratio that noise has carried beyond what any mixture gives yields the nearest mixture twice; one at which only a
    /// single mixture is finite yields that twice.
    pub fn fractions(&self, ratio: f64, r2star: f64) -> [f64; 2] {
        let rho = ratio * ratio * (2.0 * r2star * self.delay_s).exp();
        let [[b1, c1], [b2, c2]] = self.squared;
        let (a, half_b, c) = (c2 - rho * c1, b2 - rho * b1, 1.0 - rho);
        let discriminant = half_b * half_b - a * c;
        if discriminant <= 0.0 {
            return [-half_b / a; 2];
        }
        // the root without cancellation first, the other by their product
        let q = -(half_b + discriminant.sqrt().copysign(half_b));
        let (large, small) = (q / a, c / q);
        if large.abs() > 10.0 {
            return [small; 2];
        }
        [small.min(large), small.max(large)]
    }

    /// Change of the fat fraction with the logarithm of the ratio, at a fraction.
    pub fn slope(&self, fraction: f64) -> f64 {
        let of_log = |echo: usize| {
            let [b, c] = self.squared[echo];
            (b + fraction * c) / self.squared(echo, fraction)
        };
        1.0 / (of_log(1) - of_log(0))
    }

    /// Bias over the R2* that marrow may have, for an assumed one (1/s).
    pub fn bias_table(&self, assumed: f64) -> Vec<R2StarBias> {
        let bias = |true_r2star: f64| {
            SHOWN_AT.map(|fraction| {
                let found = self.fractions(self.ratio(fraction, true_r2star), assumed);
                let nearest = found.into_iter().min_by(|a, b| (a - fraction).abs().total_cmp(&(b - fraction).abs()));
                100.0 * (nearest.unwrap_or(f64::NAN) - fraction)
            })
        };
        R2STAR_RANGE.map(|true_r2star| R2StarBias { true_r2star, bias_points: bias(true_r2star) }).to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_the_answers_is_the_truth_at_its_r2star() {
        let model = FatModel::named("hernando-6").unwrap();
        for times in [[2.46, 1.23], [1.23, 2.46], [1.3, 2.2], [1.6, 2.9]] {
            let pair = EchoPair::new(&model, times, 3.0);
            for percent in [0.0, 5.0, 20.0, 40.0, 60.0, 80.0, 100.0] {
                for r2star in [0.0, 60.0, 120.0] {
                    let found = pair.fractions(pair.ratio(percent / 100.0, r2star), r2star);
                    let nearest = found.map(|p| (100.0 * p - percent).abs()).into_iter().fold(f64::INFINITY, f64::min);
                    assert!(nearest < 1e-6 && found[0] <= found[1], "{times:?} {percent} {r2star}: {found:?}");
                }
            }
        }
    }

    #[test]
    fn noise_about_the_ends_is_not_cut_off_and_the_slope_says_how_far_it_carries() {
        let pair = EchoPair::new(&FatModel::default(), [2.3, 1.15], 3.0);
        let top = pair.ratio(0.0, 80.0);
        let [above, below] = [0.01_f64, -0.01].map(|step| pair.fractions(top * step.exp(), 80.0)[0]);
        assert!(above < 0.0 && below > 0.0, "{above} {below}");
        assert!((0.5 * (above - below) / (0.01 * pair.slope(0.0)) - 1.0).abs() < 1e-3);
    }

    #[test]
    fn the_naive_number_is_off_by_what_an_independent_calculation_says() {
        // pair at 3 T, 1.23/2.46 ms, hernando-6: bias of (IP-OP)/(2 IP) in points at R2* = 60 1/s
        let pair = EchoPair::new(&FatModel::named("hernando-6").unwrap(), [2.46, 1.23], 3.0);
        for (fraction, bias) in [(0.10, -5.3), (0.20, -6.4), (0.30, -7.1), (0.40, -7.3)] {
            let naive = 50.0 * (1.0 - pair.ratio(fraction, 60.0));
            assert!((naive - 100.0 * fraction - bias).abs() < 0.1, "{fraction}: {naive}");
        }
    }

    #[test]
    fn the_bias_vanishes_where_r2star_is_as_assumed() {
        let pair = EchoPair::new(&FatModel::default(), [1.23, 2.46], 3.0);
        let at_40 = pair.bias_table(40.0);
        assert!(at_40[0].bias_points.iter().all(|bias| bias.abs() < 1e-6), "{at_40:?}");
        assert!(at_40[1].bias_points[..3].iter().all(|bias| bias.abs() > 1.0), "{at_40:?}");
    }
}
