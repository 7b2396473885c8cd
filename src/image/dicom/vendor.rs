//! What each maker writes in its own way: b-values, the part of a complex signal, the scale of Philips.
//!
//! b-values, in this order: the standard attribute (0018,9087); Siemens (0019,100C), then `B_value` of the CSA header
//! (0029,1010); GE, first number of (0043,1039), where some software adds 10^9; Philips (2001,1003); UIH (0065,1009).

use super::element::{Object, Stored, bytes, number, private_numbers};
use super::tags;

/// Maker of the scanner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Vendor {
    /// Siemens Healthineers.
    Siemens,
    /// GE HealthCare.
    Ge,
    /// Philips.
    Philips,
    /// United Imaging.
    Uih,
    /// Canon, formerly Toshiba.
    Canon,
    /// Any other, or none stated.
    Other,
}

impl Vendor {
    pub(super) fn of(manufacturer: &str) -> Vendor {
        let name = manufacturer.to_uppercase();
        let starts = |word: &str| name.starts_with(word);
        match () {
            () if starts("SIEMENS") => Vendor::Siemens,
            () if starts("GE ") || name == "GE" || starts("GENERAL ELECTRIC") => Vendor::Ge,
            () if starts("PHILIPS") => Vendor::Philips,
            () if starts("UIH") || starts("UNITED IMAGING") => Vendor::Uih,
            () if starts("CANON") || starts("TOSHIBA") => Vendor::Canon,
            () => Vendor::Other,
        }
    }

    /// Name in sidecars and messages; `None` where the maker is not one of these.
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Vendor::Siemens => Some("Siemens"),
            Vendor::Ge => Some("GE"),
            Vendor::Philips => Some("Philips"),
            Vendor::Uih => Some("UIH"),
            Vendor::Canon => Some("Canon"),
            Vendor::Other => None,
        }
    }
}

/// A b-value, s/mm2, and the attribute that says it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BValue {
    /// s/mm2.
    pub value: f64,
    /// The attribute, e.g. `(0043,1039)`.
    pub source: &'static str,
}

/// GE adds this to b on some software.
const GE_OFFSET: f64 = 1e9;

/// b-value of an image, or of a frame where `object` is its group of diffusion attributes.
pub(super) fn b_value(object: &Object, vendor: Vendor) -> Option<BValue> {
    let found = |value: f64, source| (value >= 0.0).then_some(BValue { value, source });
    let first = |tag, stored| private_numbers(object, tag, stored).first().copied();
    let standard = number(object, tags::DIFFUSION_B_VALUE).and_then(|b| found(b, "(0018,9087)"));
    match vendor {
        Vendor::Siemens => first(tags::SIEMENS_B_VALUE, Stored::Text)
            .and_then(|b| found(b, "(0019,100C)"))
            .or(standard)
            .or_else(|| {
                let csa = bytes(object, tags::SIEMENS_CSA_IMAGE)?;
                csa_numbers(&csa, "B_value").first().and_then(|b| found(*b, "CSA B_value"))
            }),
        Vendor::Ge => first(tags::GE_B_VALUE, Stored::Text)
            .and_then(|b| found(if b >= GE_OFFSET { b - GE_OFFSET } else { b }, "(0043,1039)"))
            .or(standard),
        Vendor::Philips => standard.or_else(|| found(first(tags::PHILIPS_B_FACTOR, Stored::F32)?, "(2001,1003)")),
        Vendor::Uih => first(tags::UIH_B_VALUE, Stored::F64).and_then(|b| found(b, "(0065,1009)")).or(standard),
        Vendor::Canon | Vendor::Other => standard,
    }
}

/// Part of the complex signal that an image shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Component {
    /// Magnitude.
    Magnitude,
    /// Phase.
    Phase,
    /// Real part.
    Real,
    /// Imaginary part.
    Imaginary,
}

impl Component {
    /// Name in tables and BIDS file names (`part-`).
    pub const fn name(self) -> &'static str {
        match self {
            Component::Magnitude => "mag",
            Component::Phase => "phase",
            Component::Real => "real",
            Component::Imaginary => "imag",
        }
    }
}

/// The component that an image type, the enhanced attribute or GE's number states.
pub(super) fn component(object: &Object, image_type: &[String], vendor: Vendor) -> Option<Component> {
    let stated = |word: &str| match word {
        "M" | "MAGNITUDE" => Some(Component::Magnitude),
        "P" | "PHASE" | "PHASE MAP" => Some(Component::Phase),
        "R" | "REAL" => Some(Component::Real),
        "I" | "IMAGINARY" => Some(Component::Imaginary),
        word if word.starts_with("M_") => Some(Component::Magnitude),
        word if word.starts_with("R_") && !word.starts_with("R2") => Some(Component::Real),
        word if word.starts_with("I_") => Some(Component::Imaginary),
        word if word.starts_with("P_") => Some(Component::Phase),
        _ => None,
    };
    let enhanced = super::element::text(object, tags::COMPLEX_IMAGE_COMPONENT);
    let of_ge = || match *private_numbers(object, tags::GE_COMPLEX_COMPONENT, Stored::I16).first()? as i64 {
        0 => Some(Component::Magnitude),
        1 => Some(Component::Phase),
        2 => Some(Component::Real),
        3 => Some(Component::Imaginary),
        _ => None,
    };
    enhanced
        .and_then(|word| stated(&word))
        .or_else(|| if vendor == Vendor::Ge { of_ge() } else { None })
        .or_else(|| image_type.iter().skip(2).find_map(|word| stated(word)))
}

/// Philips: factor SS of the floating-point value FP = (SV RS + RI) / (RS SS).
pub(super) fn philips_scale_slope(object: &Object) -> Option<f64> {
    private_numbers(object, tags::PHILIPS_SCALE_SLOPE, Stored::F32).first().copied().filter(|slope| *slope > 0.0)
}

/// What private attributes say of a Siemens mosaic: many slices in one picture.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Mosaic {
    /// Number of slices.
    pub slices: Option<usize>,
    /// Direction from a slice to the next, LPS+.
    pub normal: Option<[f64; 3]>,
}

/// `None` where nothing says that the image is a mosaic.
pub(super) fn mosaic(object: &Object, is_named: bool) -> Option<Mosaic> {
    let csa = bytes(object, tags::SIEMENS_CSA_IMAGE);
    let of_csa = |name| csa.as_deref().map_or(Vec::new(), |csa| csa_numbers(csa, name));
    let stated = private_numbers(object, tags::SIEMENS_MOSAIC_COUNT, Stored::I16).first().copied();
    let slices = stated.or_else(|| of_csa("NumberOfImagesInMosaic").first().copied());
    if !is_named && slices.is_none_or(|n| n <= 1.0) {
        return None;
    }
    Some(Mosaic {
        slices: slices.filter(|n| *n >= 1.0).map(|n| n as usize),
        normal: of_csa("SliceNormalVector").first_chunk::<3>().copied(),
    })
}

/// The numbers of a named element of a Siemens CSA header (format `SV10`); empty where it is not there.
///
/// The header holds `SV10`, four unused bytes, the number of elements and a check word; each element has a name of 64
/// bytes, three words, a type of four bytes, the number of items and a check word; each item four words, the first or
/// second of which is its length, and text padded to four bytes.
fn csa_numbers(bytes: &[u8], wanted: &str) -> Vec<f64> {
    let mut numbers = Vec::new();
    // what is cut off ends the search
    let _ = read_csa(bytes, wanted, &mut numbers);
    numbers
}

fn read_csa(bytes: &[u8], wanted: &str, numbers: &mut Vec<f64>) -> Option<()> {
    let word = |at: usize| bytes.get(at..at + 4)?.first_chunk::<4>().map(|four| u32::from_le_bytes(*four) as usize);
    if !bytes.starts_with(b"SV10") {
        return None;
    }
    let n_elements = word(8)?.min(4096);
    let mut at = 16;
    for _ in 0..n_elements {
        let name = bytes.get(at..at + 64)?;
        let name = &name[..name.iter().position(|&byte| byte == 0).unwrap_or(64)];
        let n_items = word(at + 76)?;
        at += 84;
        for _ in 0..n_items.min(4096) {
            let length = word(at + 4)?;
            at += 16;
            let content = bytes.get(at..at.checked_add(length)?)?;
            if name == wanted.as_bytes() && length > 0 {
                let text = String::from_utf8_lossy(content);
                numbers.push(text.trim_matches(|c: char| c == '\0' || c.is_whitespace()).parse().ok()?);
            }
            at += length.next_multiple_of(4);
        }
        if name == wanted.as_bytes() {
            return Some(());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn csa(elements: &[(&str, &[&str])]) -> Vec<u8> {
        let mut bytes = b"SV10\x04\x03\x02\x01".to_vec();
        bytes.extend((elements.len() as u32).to_le_bytes());
        bytes.extend(77_u32.to_le_bytes());
        for (name, items) in elements {
            let mut padded = name.as_bytes().to_vec();
            padded.resize(64, 0);
            bytes.extend(padded);
            bytes.extend(1_u32.to_le_bytes());
            bytes.extend(*b"IS\0\0");
            bytes.extend(6_u32.to_le_bytes());
            bytes.extend((items.len() as u32).to_le_bytes());
            bytes.extend(77_u32.to_le_bytes());
            for item in *items {
                let length = item.len() as u32;
                for word in [length, length, 77, length] {
                    bytes.extend(word.to_le_bytes());
                }
                bytes.extend(item.as_bytes());
                bytes.resize(bytes.len().next_multiple_of(4), 0);
            }
        }
        bytes
    }

    #[test]
    fn a_csa_header_gives_its_b_value() {
        let header = csa(&[("NumberOfImagesInMosaic", &["36"]), ("B_value", &["800 ", ""]), ("Other", &[])]);
        assert_eq!(csa_numbers(&header, "B_value"), [800.0]);
        assert!(csa_numbers(&header, "Other").is_empty() && csa_numbers(&header[..100], "B_value").is_empty());
        let normal = csa(&[("B_value", &["0"]), ("SliceNormalVector", &["0.1 ", "-0.2", "0.97", "", ""])]);
        assert_eq!(csa_numbers(&normal, "SliceNormalVector"), [0.1, -0.2, 0.97]);
    }

    #[test]
    fn makers_are_known_by_their_names() {
        assert_eq!(Vendor::of("Siemens Healthineers"), Vendor::Siemens);
        assert_eq!(Vendor::of("GE MEDICAL SYSTEMS"), Vendor::Ge);
        assert_eq!(Vendor::of("Philips Medical Systems"), Vendor::Philips);
        assert_eq!(Vendor::of("simulated"), Vendor::Other);
    }
}
