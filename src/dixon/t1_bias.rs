//! How far T1 weighting moves a fat fraction: predicted over a range of T1, corrected only on request.
//!
//! A spoiled gradient echo weighs a tissue by `f = sin a (1 - E)/(1 - E cos a)`, `E = exp(-TR/T1)`, flip angle a. Fat, whose
//! T1 is short, is weighed more than water, so the apparent fat fraction lies above the true one:
//! `apparent = p f_F / (p f_F + (1 - p) f_W)` (Liu 2007, doi:10.1002/mrm.21301).
//!
//! Units   TR and T1 in ms, angles in degrees, fractions 0-1
//! Limits  ideal spoiling and steady state; the T1 of the water of marrow changes with infiltration, which is why a range
//!         is shown and nothing is corrected unless asked

/// T1 of fat (ms) at 1.5 and 3 T: subcutaneous fat, de Bazelaire 2004 (doi:10.1148/radiol.2303021331).
const FAT_T1_MS: [(f64, f64); 2] = [(1.5, 343.0), (3.0, 382.0)];
/// T1 of water (ms) over which the bias is shown: from marrow as a whole (549 ms at 1.5 T, 586 ms at 3 T, the same source)
/// to muscle and cellular tissue (about 1400 ms at 3 T).
pub const WATER_T1_MS: [f64; 5] = [500.0, 700.0, 900.0, 1100.0, 1400.0];

/// An excitation and the T1 of fat under it.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Excitation {
    /// Repetition time, ms.
    pub tr_ms: f64,
    /// Flip angle, degrees.
    pub flip_angle_deg: f64,
    /// T1 of fat, ms.
    pub fat_t1_ms: f64,
}

/// Bias at one T1 of water.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Bias {
    /// T1 of water, ms.
    pub water_t1_ms: f64,
    /// Apparent minus true fat fraction at a true one of 5, 20, 40 and 60 %, percentage points.
    pub bias_points: [f64; 4],
}

/// True fat fractions at which the bias is shown.
pub const SHOWN_AT: [f64; 4] = [0.05, 0.20, 0.40, 0.60];

/// T1 of fat (ms) at the nearer of 1.5 and 3 T.
pub fn fat_t1_ms(field_t: f64) -> f64 {
    if field_t < 2.25 { FAT_T1_MS[0].1 } else { FAT_T1_MS[1].1 }
}

impl Excitation {
    /// Relative signal of a tissue.
    pub fn weight(&self, t1_ms: f64) -> f64 {
        let decay = (-self.tr_ms / t1_ms).exp();
        let (sine, cosine) = self.flip_angle_deg.to_radians().sin_cos();
        sine * (1.0 - decay) / (1.0 - decay * cosine)
    }

    /// Apparent fat fraction of a true one.
    pub fn apparent(&self, fraction: f64, water_t1_ms: f64) -> f64 {
        let (fat, water) = (fraction * self.weight(self.fat_t1_ms), (1.0 - fraction) * self.weight(water_t1_ms));
        fat / (fat + water)
    }

    /// True fat fraction of an apparent one: the inverse of [`Excitation::apparent`], not clipped.
    pub fn corrected(&self, apparent: f64, water_t1_ms: f64) -> f64 {
        let (fat, water) = (self.weight(self.fat_t1_ms), self.weight(water_t1_ms));
        apparent * water / (apparent * water + (1.0 - apparent) * fat)
    }

    /// The bias over the range of T1 of water.
    pub fn bias_table(&self) -> Vec<Bias> {
        let bias = |t1: f64| SHOWN_AT.map(|fraction| 100.0 * (self.apparent(fraction, t1) - fraction));
        WATER_T1_MS.iter().map(|&water_t1_ms| Bias { water_t1_ms, bias_points: bias(water_t1_ms) }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_flip_angle_weighs_nothing_and_a_large_one_lifts_fat() {
        let at = |flip_angle_deg| Excitation { tr_ms: 10.0, flip_angle_deg, fat_t1_ms: 382.0 };
        // proton density: alpha -> 0
        assert!((at(0.01).apparent(0.4, 1100.0) - 0.4).abs() < 1e-4);
        // full saturation: weights go as TR/T1, 0.4/382 against 0.6/1100
        let saturated = (0.4 / 382.0) / (0.4 / 382.0 + 0.6 / 1100.0);
        assert!((at(90.0).apparent(0.4, 1100.0) - saturated).abs() < 5e-3);
    }

    #[test]
    fn the_correction_undoes_the_weighting() {
        let excitation = Excitation { tr_ms: 7.8, flip_angle_deg: 8.0, fat_t1_ms: fat_t1_ms(3.0) };
        for fraction in [-0.02, 0.0, 0.02, 0.35, 0.9, 1.01] {
            let back = excitation.corrected(excitation.apparent(fraction, 900.0), 900.0);
            assert!((back - fraction).abs() < 1e-12);
        }
        let table = excitation.bias_table();
        assert!(table.windows(2).all(|pair| pair[0].bias_points[1] < pair[1].bias_points[1]), "longer T1, more bias");
    }
}
