//! What a run leaves in `OUT/tables` and `OUT/results`.

use super::tables::write_frame;
use crate::cohort::analysis::Analysis;
use crate::cohort::results::ResponseRow;
use crate::cohort::{change, response};
use crate::error::Result;
use crate::image::{Overwrite, write_json};
use crate::study::{Collected, StudyError, number, write_csv};
use serde::Serialize;
use std::path::Path;

/// Writes tables and results; a result that this analysis does not have does not stay from an earlier one.
///
/// # Errors
/// Where a file cannot be written.
pub(super) fn write_results(
    out: &Path,
    collected: &Collected,
    analysis: &Analysis,
    responses: &[ResponseRow],
) -> Result<()> {
    for folder in ["tables", "results"] {
        let folder = out.join(folder);
        std::fs::create_dir_all(&folder)
            .map_err(|source| StudyError::Write { path: folder.display().to_string(), reason: source.to_string() })?;
    }
    collected.write_long(&out.join("tables/long.csv"))?;
    write_frame(&out.join("tables/wide.csv"), &analysis.frame)?;
    let changes = analysis.changes.iter().map(|row| change::cells(row, number));
    write_csv(&out.join("tables/changes.csv"), &change::COLUMNS, changes)?;
    write_csv(&out.join("tables/response.csv"), &response::COLUMNS, responses.iter().map(response::cells))?;
    let results = out.join("results");
    write_or_remove(&results.join("compare.json"), analysis.compare.as_ref())?;
    write_or_remove(&results.join("fit.json"), analysis.fit.as_ref())?;
    write_or_remove(&results.join("roc.json"), analysis.roc.as_ref())?;
    write_or_remove(&results.join("validate.json"), analysis.validate.as_ref())?;
    write_or_remove(&results.join("model.json"), analysis.model.as_ref())?;
    write_or_remove(&results.join("dropout.json"), analysis.dropout.as_ref().map(|dropout| &dropout.results))?;
    let water = out.join("tables/water_dominant.csv");
    match &analysis.dropout {
        Some(dropout) => write_frame(&water, &dropout.frame)?,
        None => remove(&water)?,
    }
    write_or_remove(&results.join("flow.json"), Some(&analysis.flow))
}

fn write_or_remove(path: &Path, result: Option<&impl Serialize>) -> Result<()> {
    match result {
        Some(result) => Ok(write_json(path, result, Overwrite::Force)?),
        None => remove(path),
    }
}

fn remove(path: &Path) -> Result<()> {
    if !path.is_file() {
        return Ok(());
    }
    std::fs::remove_file(path)
        .map_err(|source| StudyError::Write { path: path.display().to_string(), reason: source.to_string() }.into())
}
