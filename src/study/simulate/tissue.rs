//! What a tissue is to the two sequences: spins, fat, relaxation, diffusion.
//!
//! Values are plausible literature orders, not a measurement: normal marrow ADC 360-420 um2/s and diffuse disease ~770
//! (Koutoulidis 2017, PMID 27610934), marrow signal about 3.2 times muscle at b = 900 (Colombo 2021,
//! doi:10.3390/diagnostics11050913), R2* of fatty marrow at 3 T 60-180 1/s. Diffusion is mono-exponential everywhere.

/// Properties of one tissue of one patient at one session.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Tissue {
    /// Spins (water and fat) relative to pure fat; 0 = air.
    pub spins: f64,
    /// Proton density fat fraction, 0-1.
    pub fat: f64,
    /// R2* of water and fat, 1/s.
    pub r2star: f64,
    /// T1 of water, ms.
    pub t1_water: f64,
    /// Signal at b = 900 s/mm2 over that of muscle.
    pub ratio_b900: f64,
    /// ADC, um2/s.
    pub adc: f64,
}

/// T1 of fat, ms; the same in every tissue.
pub(crate) const T1_FAT_MS: f64 = 365.0;

const fn tissue(spins: f64, fat: f64, r2star: f64, t1_water: f64, ratio_b900: f64, adc: f64) -> Tissue {
    Tissue { spins, fat, r2star, t1_water, ratio_b900, adc }
}

/// Lung, bowel gas: no signal.
pub(crate) const AIR: Tissue = tissue(0.0, 0.0, 0.0, 1000.0, 0.0, 1000.0);
/// Subcutaneous fat; suppressed on diffusion images.
pub(crate) const FAT: Tissue = tissue(1.0, 0.93, 35.0, 900.0, 0.30, 300.0);
/// Bowel, mesentery and vessels in one.
pub(crate) const VISCERA: Tissue = tissue(0.85, 0.45, 35.0, 1100.0, 0.80, 1400.0);
/// Muscle: the reference of the diffusion signal.
pub(crate) const MUSCLE: Tissue = tissue(0.85, 0.06, 30.0, 1300.0, 1.0, 1500.0);
/// Intervertebral disc.
pub(crate) const DISC: Tissue = tissue(0.90, 0.01, 25.0, 1400.0, 0.9, 1700.0);
/// Spinal canal: mostly fluid.
pub(crate) const CANAL: Tissue = tissue(1.0, 0.02, 15.0, 2500.0, 0.7, 2600.0);
/// Spinal cord.
pub(crate) const CORD: Tissue = tissue(0.90, 0.0, 25.0, 1100.0, 5.0, 950.0);
/// Cortical bone.
pub(crate) const CORTEX: Tissue = tissue(0.12, 0.20, 300.0, 1000.0, 0.3, 900.0);
/// Brain.
pub(crate) const BRAIN: Tissue = tissue(0.90, 0.0, 20.0, 1300.0, 8.0, 800.0);
/// Liver.
pub(crate) const LIVER: Tissue = tissue(0.85, 0.05, 45.0, 850.0, 2.0, 1100.0);
/// Spleen.
pub(crate) const SPLEEN: Tissue = tissue(0.90, 0.01, 30.0, 1300.0, 8.0, 850.0);
/// Kidney.
pub(crate) const KIDNEY: Tissue = tissue(0.95, 0.01, 25.0, 1500.0, 5.0, 1900.0);
/// Bladder.
pub(crate) const BLADDER: Tissue = tissue(1.0, 0.0, 5.0, 3000.0, 2.5, 2900.0);

/// How much of the fat of healthy adult marrow (about 45 %) is displaced, 0-1.
fn infiltration(fat: f64) -> f64 {
    (1.0 - fat / 0.45).clamp(0.0, 1.0)
}

/// Marrow with a given fat fraction; T1 of its water grows and R2* falls as cells displace fat and trabeculae.
pub(crate) fn marrow(fat: f64, ratio_b900: f64, adc: f64) -> Tissue {
    let displaced = infiltration(fat);
    tissue(0.80, fat, 130.0 - 60.0 * displaced, 1000.0 + 250.0 * displaced, ratio_b900, adc)
}

/// A focal lesion or a zone of dense infiltration.
pub(crate) fn lesion(ratio_b900: f64, adc: f64) -> Tissue {
    tissue(0.88, 0.03, 60.0, 1300.0, ratio_b900, adc)
}

/// Marrow of the femora, which stays mostly yellow.
pub(crate) fn yellow_marrow() -> Tissue {
    tissue(0.90, 0.80, 70.0, 1000.0, 0.8, 350.0)
}
