//! What can be asked of the simulation, and the grids that follow from it.

use super::SimulateError;
use crate::image::Grid;
use std::str::FromStr;

/// Everything that determines a simulated study; the same options give the same bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct SimulateOptions {
    /// Number of patients.
    pub subjects: usize,
    /// How many of them reach CR/VGPR.
    pub responders: usize,
    /// Image sizes.
    pub matrix: Matrix,
    /// Signal of lumbar marrow over the noise of one channel, in water + fat and at the lowest b; `None` = noise-free.
    pub snr: Option<f64>,
    /// Sizes of the group effects.
    pub effects: Effects,
    /// Also write the scanner's fat-fraction map (PDFF).
    pub fat_fraction_map: bool,
    /// Proton density fat fraction of every patient's marrow at baseline, percent; `None` = drawn, median 18.
    pub marrow_fat_pct: Option<f64>,
    /// Seed of every random number.
    pub seed: u64,
}

impl Default for SimulateOptions {
    fn default() -> Self {
        SimulateOptions {
            subjects: 50,
            responders: 15,
            matrix: Matrix::Small,
            snr: Some(40.0),
            effects: Effects::default(),
            fat_fraction_map: false,
            marrow_fat_pct: None,
            // groups that overlap as intended: FF change 0.85 < AUC < 0.97, nothing separated
            seed: 113,
        }
    }
}

impl SimulateOptions {
    /// Patients with six complex echoes: the first four.
    pub const ECHO_SUBJECTS: usize = 4;
    /// Largest signal-to-noise ratio that the 16-bit storage of noisy images allows.
    pub const MAX_SNR: f64 = 500.0;

    /// Refuses what cannot be simulated.
    ///
    /// # Errors
    /// [`SimulateError::Options`] with the reason.
    pub fn check(&self) -> Result<(), SimulateError> {
        let refuse = |reason: String| Err(SimulateError::Options { reason });
        if self.subjects == 0 || self.subjects > 999 {
            return refuse(format!("--subjects is {}, must lie between 1 and 999", self.subjects));
        }
        if self.responders > self.subjects {
            return refuse(format!("--responders is {}, more than the {} subjects", self.responders, self.subjects));
        }
        if let Some(percent) = self.marrow_fat_pct
            && !(0.0..=60.0).contains(&percent)
        {
            return refuse(format!("--marrow-fat-pct is {percent}, must lie between 0 and 60"));
        }
        match self.snr {
            Some(snr) if !(1.0..=Self::MAX_SNR).contains(&snr) => {
                refuse(format!("--snr is {snr}, must lie between 1 and {}", Self::MAX_SNR))
            }
            _ => Ok(()),
        }
    }
}

/// Image sizes of a simulated study.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matrix {
    /// Dixon 64x96x8 (2.5x2.5x5 mm), trunk diffusion 48x32x80 (8x8x10 mm).
    Small,
    /// Dixon 256x256x24 (1x1x2.8 mm), whole-body diffusion 256x256x240 (1.68x1.68x5 mm).
    Full,
    /// Composed diffusion grid over the whole body; the Dixon grid has the same in-plane count and a tenth of the
    /// slices (at least 8).
    Custom([usize; 3]),
}

impl FromStr for Matrix {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "small" => Ok(Matrix::Small),
            "full" => Ok(Matrix::Full),
            other => {
                let counts: Vec<usize> = other.split('x').filter_map(|part| part.parse().ok()).collect();
                match counts[..] {
                    [a, b, c] if other.split('x').count() == 3 => {
                        if [a, b].iter().any(|n| !(32..=512).contains(n)) || !(48..=480).contains(&c) {
                            return Err("a matrix has 32 to 512 voxels in plane and 48 to 480 slices".to_owned());
                        }
                        Ok(Matrix::Custom([a, b, c]))
                    }
                    _ => Err("expected small, full or NxNxN, e.g. 128x128x120".to_owned()),
                }
            }
        }
    }
}

/// Number of diffusion stations.
pub(crate) const STATIONS: usize = 3;

impl Matrix {
    /// Lumbar Dixon grid: sagittal, i runs to posterior, j to inferior, k from right to left.
    pub(crate) fn dixon_grid(self) -> Grid {
        let (dims, field_of_view, centre_y): ([usize; 3], [f64; 3], f64) = match self {
            Matrix::Small => ([64, 96, 8], [160.0, 240.0, 40.0], -45.0),
            Matrix::Full => ([256, 256, 24], [256.0, 256.0, 67.2], 0.0),
            Matrix::Custom([a, b, c]) => ([a, b, (c / 10).max(8)], [256.0, 256.0, 67.2], 0.0),
        };
        let [si, sj, sk]: [f64; 3] = std::array::from_fn(|axis| field_of_view[axis] / dims[axis] as f64);
        let first = |axis: usize, spacing: f64, centre: f64| centre + 0.5 * (dims[axis] - 1) as f64 * spacing;
        Grid::new(
            dims,
            [
                [0.0, 0.0, -sk, first(2, sk, 0.0)],
                [-si, 0.0, 0.0, first(0, si, centre_y)],
                [0.0, -sj, 0.0, first(1, sj, 0.0)],
            ],
        )
    }

    /// Composed diffusion grid: axial, i runs to the left, j to posterior, k to superior.
    pub(crate) fn body_grid(self) -> Grid {
        let (dims, field_of_view, centre_z): ([usize; 3], [f64; 3], f64) = match self {
            Matrix::Small => ([48, 32, 80], [384.0, 256.0, 800.0], 70.0),
            Matrix::Full => ([256, 256, 240], [430.0, 430.0, 1200.0], 95.0),
            Matrix::Custom(dims) => (dims, [430.0, 430.0, 1200.0], 95.0),
        };
        let [si, sj, sk]: [f64; 3] = std::array::from_fn(|axis| field_of_view[axis] / dims[axis] as f64);
        let half = |axis: usize, spacing: f64| 0.5 * (dims[axis] - 1) as f64 * spacing;
        Grid::new(
            dims,
            [[-si, 0.0, 0.0, half(0, si)], [0.0, -sj, 0.0, half(1, sj)], [0.0, 0.0, sk, centre_z - half(2, sk)]],
        )
    }

    /// First slice (in the composed grid) and number of slices of each station, most superior first. Neighbours share
    /// about one eighteenth of the whole.
    pub(crate) fn stations(self) -> [(usize, usize); STATIONS] {
        let total = self.body_grid().dims[2];
        let mut overlap = (total / 18).max(2);
        while !(total + (STATIONS - 1) * overlap).is_multiple_of(STATIONS) {
            overlap += 1;
        }
        let each = (total + (STATIONS - 1) * overlap) / STATIONS;
        std::array::from_fn(|n| ((STATIONS - 1 - n) * (each - overlap), each))
    }
}

/// Sizes of the group effects: the difference of the mean change between CR/VGPR and the others, in standard deviations
/// of that change, positive in the published direction. Simulated; not an estimate from any patient.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effects {
    /// Fat fraction rises.
    pub ff: f64,
    /// Serum M protein falls.
    pub m_protein: f64,
    /// Total diffusion volume falls.
    pub tdv: f64,
    /// ADC rises.
    pub adc: f64,
    /// Beta2-microglobulin falls.
    pub b2m: f64,
    /// Haemoglobin rises.
    pub hb: f64,
}

impl Default for Effects {
    fn default() -> Self {
        Effects { ff: 2.0, m_protein: 1.4, tdv: 1.0, adc: 0.8, b2m: 0.7, hb: 0.7 }
    }
}

impl Effects {
    /// Names accepted by [`Effects::set`].
    pub const MARKERS: [&'static str; 6] = ["ff", "m-protein", "tdv", "adc", "b2m", "hb"];

    /// Sets one effect from `MARKER=SIZE`.
    ///
    /// # Errors
    /// A sentence that says what was expected.
    pub fn set(&mut self, assignment: &str) -> Result<(), String> {
        let expected = || format!("expected MARKER=SIZE with MARKER one of {}", Self::MARKERS.join(", "));
        let (marker, size) = assignment.split_once('=').ok_or_else(expected)?;
        let size: f64 = size.parse().map_err(|_| expected())?;
        if !(-5.0..=5.0).contains(&size) {
            return Err("an effect lies between -5 and 5 standard deviations".to_owned());
        }
        *match marker {
            "ff" => &mut self.ff,
            "m-protein" => &mut self.m_protein,
            "tdv" => &mut self.tdv,
            "adc" => &mut self.adc,
            "b2m" => &mut self.b2m,
            "hb" => &mut self.hb,
            _ => return Err(expected()),
        } = size;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stations_cover_the_body_and_overlap() {
        for matrix in [Matrix::Small, Matrix::Full, Matrix::Custom([64, 64, 101])] {
            let total = matrix.body_grid().dims[2];
            let [top, middle, bottom] = matrix.stations();
            assert_eq!(bottom.0, 0);
            assert_eq!(top.0 + top.1, total);
            assert!(bottom.0 + bottom.1 > middle.0 + 1 && middle.0 + middle.1 > top.0 + 1);
        }
    }

    #[test]
    fn neither_grid_is_ras() {
        assert_eq!(Matrix::Small.dixon_grid().orientation(), "PIL");
        assert_eq!(Matrix::Full.body_grid().orientation(), "LPS");
    }

    #[test]
    fn matrices_and_effects_are_parsed_or_refused() {
        assert_eq!("128x96x120".parse(), Ok(Matrix::Custom([128, 96, 120])));
        assert!("128x96".parse::<Matrix>().is_err());
        assert!("8x8x8".parse::<Matrix>().is_err());
        let mut effects = Effects::default();
        assert!(effects.set("tdv=0").is_ok() && effects.tdv == 0.0);
        assert!(effects.set("weight=1").is_err());
        assert!(effects.set("ff=nan").is_err());
    }
}
