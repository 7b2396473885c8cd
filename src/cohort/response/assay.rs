//! Assays of serum free light chains and the normal limits of their ratio.
//!
//! The criteria were made with Freelite. Assays give different amounts for one sample, so a change is not told across two.

/// By which assay free light chains were measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Assay {
    /// Freelite, polyclonal antibodies; ratio 0.26-1.65 (Katzmann 2002, Clin Chem 48:1437).
    Freelite,
    /// N Latex FLC, monoclonal antibodies; ratio 0.31-1.56 (te Velthuis 2011, Clin Chem Lab Med 49:1323).
    NLatex,
    /// Another one with the limits that its laboratory states.
    Other {
        /// Lower limit of the ratio.
        low: f64,
        /// Upper limit of the ratio.
        high: f64,
    },
}

impl Assay {
    /// What may be written.
    pub const EXPECTED: &str = "freelite, n-latex, or another name with its limits of the ratio, e.g. sebia:0.37-1.44";

    /// From `freelite`, `n-latex` or `NAME:LOW-HIGH`.
    pub fn parse(text: &str) -> Option<Assay> {
        match text.to_lowercase().as_str() {
            "freelite" => Some(Assay::Freelite),
            "n-latex" => Some(Assay::NLatex),
            other => {
                let (low, high) = other.split_once(':')?.1.split_once('-')?;
                let (low, high): (f64, f64) = (low.parse().ok()?, high.parse().ok()?);
                (low > 0.0 && low < high && high.is_finite()).then_some(Assay::Other { low, high })
            }
        }
    }

    /// Limits of the ratio kappa / lambda of people without a clone.
    pub fn normal_ratio(self) -> [f64; 2] {
        match self {
            Assay::Freelite => [0.26, 1.65],
            Assay::NLatex => [0.31, 1.56],
            Assay::Other { low, high } => [low, high],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_assay_is_known_by_name_or_brings_its_limits() {
        assert_eq!(Assay::parse("Freelite"), Some(Assay::Freelite));
        assert_eq!(Assay::parse("n-latex").map(Assay::normal_ratio), Some([0.31, 1.56]));
        assert_eq!(Assay::parse("sebia:0.37-1.44").map(Assay::normal_ratio), Some([0.37, 1.44]));
        for wrong in ["sebia", "x:1.5-0.3", "x:0-1", "x:a-b", ""] {
            assert_eq!(Assay::parse(wrong), None, "{wrong}");
        }
    }
}
