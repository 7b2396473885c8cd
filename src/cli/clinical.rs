//! `clinical`: the clinical table of a study from a REDCap export, or the data dictionary for such a project.

use super::args::OutArgs;
use super::{CliError, Context, output};
use crate::cohort::Table;
use crate::cohort::redcap::{Clinical, DICTIONARY_COLUMNS, Mapping, clinical_of, dictionary_rows};
use crate::error::Result;
use crate::image::write_text_atomically;
use clap::Args;
use std::path::{Path, PathBuf};

/// Flags of `clinical`.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Example:\n  myelomri clinical export.csv --mapping redcap.toml -o STUDY/clinical\n  myelomri \
    clinical --data-dictionary -o project\n\nThe export is REDCap's CSV with raw data (or any CSV, TSV or Excel table with a \
    column of subjects and one of visits). The mapping, TOML:\n\n  subject = \"record_id\"\n  event = \
    \"redcap_event_name\"          # without events: session = \"baseline\"\n  subject_prefix = \"MM-\"               # taken off \
    the record ids\n  missing = [\"-99\"]\n  [sessions]                           # event = session; others stay out\n  \
    baseline_arm_1 = \"baseline\"\n  cycle_2_arm_1 = \"cycle2\"\n  [[column]]\n  field = \"m_spike\"\n  name = \
    \"m_protein_serum\"\n  unit = \"g/L\"                         # column m_protein_serum_g_l\n  [[column]]\n  field = \"ife\"\n  \
    name = \"ife_serum\"\n  values = { 1 = \"positive\", 0 = \"negative\" }\n  [[column]]\n  checkbox = \"support\"                 # \
    field support___2\n  choice = \"2\"\n  name = \"g_csf\"                       # 1 ticked, 0 not\n  [[column]]\n  field = \
    \"mri_date\"\n  name = \"days_from_baseline\"\n  days_from = \"baseline\"               # no date is written\n\nFurther keys of \
    a column: factor = 0.1, carry = true (asked once, holds for every visit), repeat = \"first\" or \"last\" (of a repeated \
    instrument; without it two values are refused). A checkbox with values = { 1 = \"V\", 2 = \"R\" } instead of choice gives \
    the words of what is ticked, V+R. Fields that are not named stay out, names among them."
)]
pub struct ClinicalArgs {
    /// Raw export of the project
    #[arg(value_name = "EXPORT", required_unless_present = "data_dictionary", requires = "mapping")]
    export: Option<PathBuf>,
    /// What the fields of the export are, as TOML
    #[arg(long, value_name = "TOML", requires = "export")]
    mapping: Option<PathBuf>,
    /// Instead of a table write PREFIX_data_dictionary.csv, to import into REDCap: all columns that `response` and `run` read,
    /// and all measures
    #[arg(long, conflicts_with_all = ["export", "mapping"])]
    data_dictionary: bool,
    /// Pooled vertebrae of the measures in the data dictionary
    #[arg(long, value_name = "REGION", default_value = "L1-L5", requires = "data_dictionary", hide_short_help = true)]
    levels: String,
    #[command(flatten)]
    out: OutArgs,
}

/// Runs `clinical`.
///
/// # Errors
/// A table or mapping that cannot be read, fields that are not there, values that fit nowhere, an output that exists.
pub fn run(args: ClinicalArgs, context: &Context) -> Result<()> {
    let ClinicalArgs { export, mapping, data_dictionary, levels, out } = args;
    out.required()?;
    if data_dictionary {
        return write(&out, "_data_dictionary.csv", &DICTIONARY_COLUMNS, &dictionary_rows(&levels));
    }
    let (Some(export), Some(mapping)) = (export, mapping) else {
        return Err(CliError::usage("an export and its mapping are needed", "see --help for an example").into());
    };
    out.check_absent(&[".csv"])?;
    let Clinical { columns, rows, warnings } = clinical_of(&Table::read(&export)?, &Mapping::read(&mapping)?)?;
    context.warn(&warnings);
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    write(&out, ".csv", &columns, &rows)
}

fn write(out: &OutArgs, suffix: &str, columns: &[&str], rows: &[Vec<String>]) -> Result<()> {
    let path = out.path(suffix).unwrap_or_default();
    write_text_atomically(&path, &(output::csv(columns, rows) + "\n"), out.overwrite())?;
    let shown: &Path = &path;
    output::print(&format!("{}: {} rows, {} columns", shown.display(), rows.len(), columns.len()))
}
