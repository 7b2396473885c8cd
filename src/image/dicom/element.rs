//! Values of DICOM attributes in the forms that the import wants, whatever their representation in the file.
//!
//! Private attributes stand as bytes of unknown representation where a file is implicit or went through a system that does not
//! know them; [`Stored`] then says what the vendor writes.

use dicom_object::{InMemDicomObject, Tag};

/// A dataset or an item of a sequence.
pub(super) type Object = InMemDicomObject;

/// What a private number is where its representation was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stored {
    /// Decimal text, several separated by backslashes.
    Text,
    /// Little-endian 16-bit integers.
    I16,
    /// Little-endian 32-bit floats.
    F32,
    /// Little-endian 64-bit floats.
    F64,
}

/// Text without padding; `None` where it is absent or empty.
pub(super) fn text(object: &Object, tag: Tag) -> Option<String> {
    let value = object.get(tag)?.value().to_str().ok()?;
    let value = value.trim_matches(|c: char| c.is_whitespace() || c == '\0');
    (!value.is_empty()).then(|| value.to_owned())
}

/// The values of a text of several; none where it is absent.
pub(super) fn words(object: &Object, tag: Tag) -> Vec<String> {
    let Some(all) = object.get(tag).and_then(|element| element.value().to_multi_str().ok().map(|all| all.into_owned()))
    else {
        return Vec::new();
    };
    let split = all.iter().flat_map(|word| word.split('\\'));
    split.map(|word| word.trim_matches(|c: char| c.is_whitespace() || c == '\0').to_owned()).collect()
}

/// All numbers of an attribute, finite or not at all.
pub(super) fn numbers(object: &Object, tag: Tag) -> Vec<f64> {
    private_numbers(object, tag, Stored::Text)
}

/// The first number of an attribute.
pub(super) fn number(object: &Object, tag: Tag) -> Option<f64> {
    numbers(object, tag).first().copied()
}

/// All numbers of a private attribute.
pub(super) fn private_numbers(object: &Object, tag: Tag, stored: Stored) -> Vec<f64> {
    let Some(element) = object.get(tag) else { return Vec::new() };
    let is_raw = matches!(element.vr().to_string(), "UN" | "OB" | "OW");
    let raw = || element.value().to_bytes().map(|bytes| bytes.into_owned()).unwrap_or_default();
    let found: Vec<f64> = match (is_raw, stored) {
        (true, Stored::I16) => raw().as_chunks::<2>().0.iter().map(|two| f64::from(i16::from_le_bytes(*two))).collect(),
        (true, Stored::F32) => {
            raw().as_chunks::<4>().0.iter().map(|four| f64::from(f32::from_le_bytes(*four))).collect()
        }
        (true, Stored::F64) => raw().as_chunks::<8>().0.iter().map(|eight| f64::from_le_bytes(*eight)).collect(),
        (true, Stored::Text) => parse(&String::from_utf8_lossy(&raw())),
        (false, _) => match element.value().to_multi_float64() {
            Ok(values) => values,
            Err(_) => element.value().to_str().map(|text| parse(&text)).unwrap_or_default(),
        },
    };
    if found.iter().all(|value| value.is_finite()) { found } else { Vec::new() }
}

/// Bytes of an attribute.
pub(super) fn bytes(object: &Object, tag: Tag) -> Option<Vec<u8>> {
    Some(object.get(tag)?.value().to_bytes().ok()?.into_owned())
}

/// Items of a sequence; none where it is absent.
pub(super) fn items(object: &Object, tag: Tag) -> &[Object] {
    object.get(tag).and_then(|element| element.value().items()).unwrap_or_default()
}

/// First item of a sequence.
pub(super) fn item(object: &Object, tag: Tag) -> Option<&Object> {
    items(object, tag).first()
}

/// Exactly `N` numbers.
pub(super) fn array<const N: usize>(object: &Object, tag: Tag) -> Option<[f64; N]> {
    numbers(object, tag).try_into().ok()
}

fn parse(text: &str) -> Vec<f64> {
    let words = text.split('\\').map(|word| word.trim_matches(|c: char| c.is_whitespace() || c == '\0'));
    words.map(str::parse).collect::<Result<_, _>>().unwrap_or_default()
}
