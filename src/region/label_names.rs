//! Labels by their names in a label table, whatever they name.

use super::RegionError;
use super::scheme::rows_of_text;
use std::path::Path;

/// The labels that each name stands for: itself where it is a number, else every row of the table (a BIDS `dseg.tsv` or an
/// ITK-SNAP label file) of that name, in any case.
///
/// # Errors
/// [`RegionError::LabelTable`] where the table cannot be read or does not hold a name, or there is a name and no table.
pub fn labels_named(table: Option<&Path>, names: &[String]) -> Result<Vec<Vec<i32>>, RegionError> {
    let path = table.unwrap_or(Path::new("(none given)"));
    let failed = |reason: String| RegionError::LabelTable { path: path.to_owned(), reason };
    let rows = match table {
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|e| failed(e.to_string()))?;
            rows_of_text(&text).map_err(failed)?
        }
        None => Vec::new(),
    };
    let of = |name: &String| -> Result<Vec<i32>, RegionError> {
        let wanted = name.trim();
        if let Ok(label) = wanted.parse::<i32>() {
            return Ok(vec![label]);
        }
        let found: Vec<i32> = rows
            .iter()
            .filter(|(_, known)| known.trim().eq_ignore_ascii_case(wanted))
            .map(|(label, _)| *label)
            .collect();
        if found.is_empty() { Err(failed(format!("it does not name {wanted}"))) } else { Ok(found) }
    };
    names.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_numbers_and_what_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dseg.tsv");
        std::fs::write(&path, "index\tname\n1\tspleen\n5\tliver\n").unwrap();
        let named =
            |names: &[&str]| labels_named(Some(&path), &names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>());
        assert_eq!(named(&["Liver", "7", "spleen"]).unwrap(), [vec![5], vec![7], vec![1]]);
        assert!(named(&["heart"]).unwrap_err().to_string().contains("heart"));
        assert!(labels_named(None, &["liver".to_owned()]).is_err());
        assert_eq!(labels_named(None, &["3".to_owned()]).unwrap(), [vec![3]]);
    }
}
