//! Units of every number that leaves the program. Nowhere else is a unit spelled or a value formatted with one.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A physical or derived unit. `Display` gives the ASCII spelling used in columns and sidecars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Unit {
    /// Fraction 0-1.
    #[serde(rename = "1")]
    Fraction,
    /// Per cent.
    #[serde(rename = "%")]
    Percent,
    /// Diffusion coefficient, 1e-6 mm2/s.
    #[serde(rename = "um2/s")]
    Um2PerS,
    /// b-value.
    #[serde(rename = "s/mm2")]
    SPerMm2,
    /// Volume in millilitres.
    #[serde(rename = "mL")]
    Millilitre,
    /// Length in millimetres.
    #[serde(rename = "mm")]
    Millimetre,
    /// Frequency.
    #[serde(rename = "Hz")]
    Hertz,
    /// Rate, e.g. R2*.
    #[serde(rename = "1/s")]
    PerSecond,
    /// Time in milliseconds.
    #[serde(rename = "ms")]
    Millisecond,
    /// Scanner signal, arbitrary scale.
    #[serde(rename = "a.u.")]
    Arbitrary,
    /// A number of things.
    #[serde(rename = "count")]
    Count,
}

impl Unit {
    /// Spelling in columns, sidecars and JSON: plain ASCII.
    pub const fn ascii(self) -> &'static str {
        match self {
            Unit::Fraction => "1",
            Unit::Percent => "%",
            Unit::Um2PerS => "um2/s",
            Unit::SPerMm2 => "s/mm2",
            Unit::Millilitre => "mL",
            Unit::Millimetre => "mm",
            Unit::Hertz => "Hz",
            Unit::PerSecond => "1/s",
            Unit::Millisecond => "ms",
            Unit::Arbitrary => "a.u.",
            Unit::Count => "count",
        }
    }

    /// Spelling in figures and the report.
    pub const fn typeset(self) -> &'static str {
        match self {
            Unit::Fraction | Unit::Count => "",
            Unit::Um2PerS => "µm²/s",
            Unit::SPerMm2 => "s/mm²",
            Unit::PerSecond => "s⁻¹",
            other => other.ascii(),
        }
    }

    /// Decimals that a value in this unit deserves when shown to a person.
    pub const fn decimals(self) -> usize {
        match self {
            Unit::Fraction => 3,
            Unit::Percent | Unit::Millilitre | Unit::Millimetre | Unit::Hertz | Unit::PerSecond => 1,
            Unit::Millisecond => 2,
            Unit::Um2PerS | Unit::SPerMm2 | Unit::Arbitrary | Unit::Count => 0,
        }
    }

    /// `12.3 %`, `871 µm²/s`: value and unit for a person. A missing value is an en dash.
    pub fn show(self, value: f64) -> String {
        if !value.is_finite() {
            return "–".to_owned();
        }
        let number = format!("{value:.*}", self.decimals());
        match self.typeset() {
            "" => number,
            unit => format!("{number} {unit}"),
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.ascii())
    }
}

/// A p-value for a person: three decimals, never `0.000`.
pub fn show_p(p: f64) -> String {
    match p {
        p if !p.is_finite() => "–".to_owned(),
        p if p < 0.001 => "<0.001".to_owned(),
        p => format!("{p:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tiny_p_is_never_printed_as_zero() {
        assert_eq!(show_p(1e-9), "<0.001");
        assert_eq!(show_p(0.0512), "0.051");
        assert_eq!(show_p(f64::NAN), "–");
    }

    #[test]
    fn the_sidecar_spelling_is_what_serde_writes() {
        for unit in [Unit::Fraction, Unit::Percent, Unit::Um2PerS, Unit::SPerMm2, Unit::Millilitre, Unit::Count] {
            assert_eq!(serde_json::to_value(unit).unwrap(), serde_json::json!(unit.ascii()));
        }
    }
}
