//! b-values of a diffusion series, s/mm2.

use super::bids::beside;
use super::{ImageError, applicable, read_sidecar};
use std::path::Path;

/// The numbers of a `.bval` file, in any arrangement of spaces and lines.
///
/// # Errors
/// [`ImageError::Missing`], or [`ImageError::BValues`] where a word is no number, a number is negative or not finite,
/// or the file is empty.
pub fn read_bval(path: &Path) -> Result<Vec<f64>, ImageError> {
    let text = std::fs::read_to_string(path).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => ImageError::Missing { path: path.to_owned() },
        _ => ImageError::BValues { path: path.to_owned(), reason: e.to_string() },
    })?;
    parse_b_values(&text).map_err(|reason| ImageError::BValues { path: path.to_owned(), reason })
}

/// Numbers between spaces, commas or line breaks, each a valid b-value; the reason where that fails.
///
/// # Errors
/// A sentence for the user.
pub fn parse_b_values(text: &str) -> Result<Vec<f64>, String> {
    let words = text.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty());
    let values = words
        .map(|word| match word.parse::<f64>() {
            Ok(value) if value >= 0.0 && value.is_finite() => Ok(value),
            Ok(value) => Err(format!("{value} is no b-value")),
            Err(_) => Err(format!("'{word}' is no number")),
        })
        .collect::<Result<Vec<f64>, String>>()?;
    if values.is_empty() { Err("there is no number in it".to_owned()) } else { Ok(values) }
}

/// b-values of an image of `n_volumes`: the `.bval` beside it or inherited, else `DiffusionBValue` of its sidecar.
///
/// Converters leave a `.bval` of zeros beside many trace-weighted series; zeros alone for more than one volume count
/// as absent.
///
/// # Errors
/// [`ImageError::NoBValues`] where neither says anything, [`ImageError::BValueCount`] where the count is wrong, or the
/// failure to read either file.
pub fn b_values_of(image: &Path, n_volumes: usize) -> Result<Vec<f64>, ImageError> {
    let mut all_zero = false;
    let nearest = applicable(image, ".bval")?.into_iter().next();
    let from_bval = match read_bval(&nearest.unwrap_or_else(|| beside(image, ".bval"))) {
        Ok(values) => {
            all_zero = n_volumes > 1 && values.iter().all(|&b| b == 0.0);
            Some(values).filter(|_| !all_zero)
        }
        Err(ImageError::Missing { .. }) => None,
        Err(other) => return Err(other),
    };
    let values = match from_bval {
        Some(values) => values,
        None => read_sidecar(image)?.map(|sidecar| sidecar.diffusion_b_values).unwrap_or_default(),
    };
    match values.len() {
        0 => Err(ImageError::NoBValues { path: image.to_owned(), all_zero }),
        n if n == n_volumes => Ok(values),
        n_b_values => Err(ImageError::BValueCount { path: image.to_owned(), n_volumes, n_b_values }),
    }
}

/// Text of a `.bval` file.
pub fn format_bval(b_values: &[f64]) -> String {
    let words: Vec<String> = b_values.iter().map(f64::to_string).collect();
    words.join(" ") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_rows_and_columns_and_names_what_is_no_number() {
        assert_eq!(parse_b_values("50 400\n900\n").unwrap(), [50.0, 400.0, 900.0]);
        assert!(parse_b_values("50 b400").unwrap_err().contains("b400"));
        assert!(parse_b_values("-5").is_err());
        assert!(parse_b_values("\n").is_err());
        assert_eq!(format_bval(&[50.0, 400.5]), "50 400.5\n");
    }

    #[test]
    fn the_bval_goes_before_the_sidecar_and_the_count_is_checked() {
        let folder = tempfile::tempdir().unwrap();
        let image = folder.path().join("a.nii.gz");
        let file = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        assert!(matches!(b_values_of(&image, 3), Err(ImageError::NoBValues { .. })));
        file("a.json", r#"{"DiffusionBValue": [0, 800]}"#);
        assert_eq!(b_values_of(&image, 2).unwrap(), [0.0, 800.0]);
        file("a.bval", "0 0");
        assert!(matches!(b_values_of(&folder.path().join("a.nii"), 2), Ok(b) if b == [0.0, 800.0]));
        std::fs::rename(folder.path().join("a.json"), folder.path().join("b.json")).unwrap();
        assert!(matches!(b_values_of(&image, 2), Err(ImageError::NoBValues { all_zero: true, .. })));
        std::fs::rename(folder.path().join("b.json"), folder.path().join("a.json")).unwrap();
        assert_eq!(b_values_of(&image, 2).unwrap(), [0.0, 800.0]);
        file("a.bval", "50 400 900");
        assert_eq!(b_values_of(&image, 3).unwrap(), [50.0, 400.0, 900.0]);
        assert!(matches!(b_values_of(&image, 2), Err(ImageError::BValueCount { .. })));
    }
}
