//! `myelomri report`: the HTML report and the figures from what `run` wrote.

use super::{Context, output};
use crate::cohort::measurement_error::Limits;
use crate::error::Result;
use crate::image::Overwrite;
use crate::report::figures::write_some;
use crate::report::{Lang, NiiVue, Normative, PatientSettings, write_report};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Flags of `report`.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Reads OUT/tables/*.csv, OUT/results/*.json, OUT/qc/*.png and OUT/manifest.json; what is missing is named \
        as a gap in the report. Writes OUT/report.html (one self-contained file) and OUT/figures/*.svg and *.png; in \
        Japanese also OUT/qc/ja/*.png, the quality pictures with Japanese words.\n\nJapanese figures and pictures need a font \
        of the system with Japanese letters, or one named in MYELOMRI_JAPANESE_FONT; without one they are \
        in English, and the text is Japanese all the same.\n\nExample:\n  myelomri report results --force --lang ja"
)]
pub struct ReportArgs {
    /// Folder that `run` or `measure` wrote
    #[arg(value_name = "OUT")]
    out: PathBuf,
    #[command(flatten)]
    wording: WordingArgs,
    /// Draw this figure of OUT/figures alone, by its name without ending (repeatable); the report stays as it is
    #[arg(long = "figure", value_name = "NAME")]
    figures: Vec<String>,
    /// Replace a report or figure that exists
    #[arg(long)]
    force: bool,
}

/// How the report speaks and what it judges a patient's values by, for `report` and `run`.
#[derive(Debug, Clone, Args)]
pub struct WordingArgs {
    /// Language of the report
    #[arg(long, value_enum, value_name = "LANG", default_value_t = Language::En)]
    lang: Language,
    /// Limits of repeatability: a table with column,kind,value,source; kind is `absolute` (unit of the column) or `wcv_pct`
    ///
    /// `column` is a column without its session (adc_median_L1-L5) or the beginning of one (adc). One limit is built in: that of
    /// the mean and median ADC of marrow.
    #[arg(long, value_name = "FILE")]
    repeatability: Option<PathBuf>,
    /// Normal values for the band behind a patient's profile: measure,region,sex,age_low,age_high,low,high,source
    #[arg(long, value_name = "FILE")]
    normative: Option<PathBuf>,
    /// NiiVue as npm installed it (node_modules/@niivue/niivue, or its dist/niivue.umd.js): a second viewer of each patient,
    /// OUT/viewer/sub-X_niivue.html, with a copy of the library beside it
    #[arg(long, value_name = "PATH")]
    niivue: Option<PathBuf>,
}

/// Languages that the report and `explain` speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Language {
    /// English
    En,
    /// Japanese
    Ja,
}

impl Language {
    pub(super) const fn lang(self) -> Lang {
        match self {
            Language::En => Lang::En,
            Language::Ja => Lang::Ja,
        }
    }
}

impl WordingArgs {
    /// Reads the tables that these flags name.
    ///
    /// # Errors
    /// Where a table cannot be read or a row of it has no source.
    pub fn read(&self) -> Result<(PatientSettings, Lang)> {
        let WordingArgs { lang, repeatability, normative, niivue } = self;
        let limits = repeatability.as_deref().map_or(Ok(Limits::default()), Limits::read)?;
        let normative = normative.as_deref().map(Normative::read).transpose()?;
        let niivue = niivue.as_deref().map(NiiVue::read).transpose()?;
        Ok((PatientSettings { limits, normative, niivue }, lang.lang()))
    }
}

/// Runs `report`.
///
/// # Errors
/// Where the folder holds no results, one of them is broken, or the report exists.
pub fn run(args: ReportArgs, context: &Context) -> Result<()> {
    let ReportArgs { out, wording, figures, force } = args;
    let (settings, lang) = wording.read()?;
    if !figures.is_empty() {
        let written = write_some(&out, &figures, lang, Overwrite::from_force(force))?;
        let lines: Vec<String> = written.iter().map(|path| path.display().to_string()).collect();
        return output::print(&lines.join("\n"));
    }
    let (path, warnings) = write_report(&out, &settings, lang, Overwrite::from_force(force))?;
    context.warn(&warnings);
    output::print(&path.display().to_string())
}
