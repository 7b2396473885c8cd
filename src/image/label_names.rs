//! Names that a label map carries in itself, so that nobody has to say what its integers mean.
//!
//! TotalSegmentator writes the classes of a multilabel NIfTI into a header extension (`LabelTable` of Connectome
//! Workbench's XML), 3D Slicer the names of the segments into the header of a `.seg.nrrd`.

use super::nifti::header_texts;
use super::{ImageError, nrrd};
use std::path::Path;

/// Labels with their names, and where they stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelNames {
    /// `(label, name)`, in the order of the file.
    pub rows: Vec<(i32, String)>,
    /// Where they stand, for messages: `the header extension`, `the segments`.
    pub place: &'static str,
}

/// The names in a label map itself; `None` where it holds none.
///
/// # Errors
/// [`ImageError`] where the file cannot be read.
pub fn embedded_label_names(path: &Path) -> Result<Option<LabelNames>, ImageError> {
    if nrrd::is_nrrd(path) {
        let rows = nrrd::segment_names(path)?;
        return Ok((!rows.is_empty()).then_some(LabelNames { rows, place: "its segments" }));
    }
    let tables = header_texts(path)?.into_iter().filter(|text| text.extension.is_some());
    let mut rows: Vec<(i32, String)> = Vec::new();
    for table in tables {
        rows.extend(rows_of_label_table(&table.text));
    }
    Ok((!rows.is_empty()).then_some(LabelNames { rows, place: "its header extension" }))
}

/// `<Label Key="31" ...><![CDATA[vertebrae_L1]]></Label>` within `<LabelTable>`.
fn rows_of_label_table(text: &str) -> Vec<(i32, String)> {
    let Some((_, table)) = text.split_once("<LabelTable>") else { return Vec::new() };
    let table = table.split("</LabelTable>").next().unwrap_or_default();
    let row = |element: &str| {
        let (attributes, rest) = element.split_once('>')?;
        let (_, key) = attributes.split_once("Key=\"")?;
        let label = key.split('"').next()?.trim().parse().ok()?;
        let content = rest.split("</Label>").next()?.trim();
        let name = match content.strip_prefix("<![CDATA[").and_then(|inner| inner.strip_suffix("]]>")) {
            Some(inner) => inner.to_owned(),
            None => unescaped(content),
        };
        Some((label, name.trim().to_owned()))
    };
    table.split("<Label ").skip(1).filter_map(row).collect()
}

fn unescaped(text: &str) -> String {
    let pairs = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];
    pairs.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_of_a_label_table_are_read_in_both_spellings() {
        let text = "<?xml version=\"1.0\"?> <CaretExtension><LabelTable>\n<Label Key=\"31\" Red=\"1.0\" Alpha=\"1\">\
                    <![CDATA[vertebrae_L1]]></Label>\n<Label Key=\"5\">liver &amp; more</Label></LabelTable>\
                    <Label Key=\"9\">outside</Label></CaretExtension>";
        let rows = rows_of_label_table(text);
        assert_eq!(rows, [(31, "vertebrae_L1".to_owned()), (5, "liver & more".to_owned())]);
        assert!(rows_of_label_table("TE=1.2").is_empty());
    }
}
