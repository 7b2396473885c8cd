//! The command line: thin subcommands over the library. The only module that knows clap.
//!
//! stdout carries results only; progress, warnings and logs go to stderr. A failure is printed once, in one form, and
//! decides the exit code ([`crate::error::Exit`]).

mod adc;
mod adc_change;
mod adc_maps;
mod agreement;
pub mod args;
mod bone_args;
mod change;
mod clinical;
mod collect;
mod compare;
mod compose;
mod context;
mod doctor;
mod dropout;
mod dwi_input;
mod echo_args;
mod echoes;
mod error;
mod explain;
mod export_args;
mod fact_args;
mod ff;
mod ff_echoes;
mod ff_pair;
mod fit;
mod histogram;
mod import;
mod lesion_rows;
mod lesion_visits;
mod measure;
mod normalise_args;
pub mod output;
mod plan;
mod qc;
pub mod region_input;
pub mod region_rows;
mod report;
mod response;
mod roc;
mod run;
mod segment;
mod shell;
mod simulate;
mod station_visits;
mod t1_args;
mod table_args;
mod tdv;
mod validate;
mod visit_motion;

use crate::error::{Exit, Result};
use clap::{Parser, Subcommand};
pub use context::Context;
pub use error::CliError;
use std::ffi::OsString;
use std::io::ErrorKind;
use std::process::ExitCode;

/// From the MRI of multiple myeloma to fat fraction, ADC, tumour burden and a response prediction with honest error bars.
#[derive(Debug, Parser)]
#[command(name = "myelomri", version, about, max_term_width = 110, arg_required_else_help = true)]
pub struct Cli {
    #[command(flatten)]
    global: args::GlobalArgs,
    #[command(subcommand)]
    command: Command,
}

/// One variant a subcommand, in the order of the work: images, study, statistics, help.
#[derive(Debug, Subcommand)]
enum Command {
    /// Fat fraction from a map, from water and fat, from an in-/opposed-phase pair, or from raw echoes
    Ff(Box<ff::FfArgs>),
    /// Apparent diffusion coefficient from two or more b-values
    Adc(adc::AdcArgs),
    /// Change of ADC and of lesions between two visits, judged against repeatability and noise
    AdcChange(Box<adc_change::AdcChangeArgs>),
    /// Compose stations of a whole-body examination into one series
    Compose(compose::ComposeArgs),
    /// Statistics and histogram of a map in named vertebrae or in a mask
    Histogram(histogram::HistogramArgs),
    /// Total diffusion volume: bright, restricted bone in mL, with a lesion table
    Tdv(Box<tdv::TdvArgs>),
    /// Dropout ratio of an in-/opposed-phase pair
    Dropout(dropout::DropoutArgs),
    /// Absolute, percent and log change of columns between two sessions
    Change(change::ChangeArgs),
    /// IMWG response category or range, CR/VGPR label, ISS, R-ISS
    Response(response::ResponseArgs),
    /// The clinical table of a study from a REDCap export, or the data dictionary for such a project
    Clinical(clinical::ClinicalArgs),
    /// Group and paired tests, Table 1, correction for multiple tests
    Compare(compare::CompareArgs),
    /// Logistic model of the outcome: Firth, maximum likelihood, ridge or lasso
    Fit(fit::FitArgs),
    /// ROC curves: areas with intervals, cut-offs, comparisons, plot
    Roc(roc::RocArgs),
    /// Internal validation of a logistic model, or a saved model on other patients
    Validate(validate::ValidateArgs),
    /// Agreement of repeats, scanners or readers: ICC, Bland-Altman, repeatability, concordance, kappa
    Agreement(agreement::AgreementArgs),
    /// Before data: power and size of a ROC study, patients for a model, and whether a printed AUC is possible
    Plan(plan::PlanArgs),
    /// Make a study of DICOM: roles with their evidence, NIfTI, masks, no patient identity
    Import(import::ImportArgs),
    /// Label map of an image by a network of yours (ONNX), for vertebrae or bone
    Segment(segment::SegmentArgs),
    /// Write a digital reference study with known truth (simulated, no patient data)
    Simulate(simulate::SimulateArgs),
    /// The main job: from the images of a study to tables, ROC curves and a report
    Run(run::RunArgs),
    /// What a study holds, what blocks it and how to mend that, before anything is measured
    Doctor(doctor::DoctorArgs),
    /// Measure all biomarkers of all sessions of a study
    Measure(measure::MeasureArgs),
    /// Gather measured sessions into tables: one row a number, one row a subject
    Collect(collect::CollectArgs),
    /// Write the HTML report and the figures from what `run` left
    Report(report::ReportArgs),
    /// What a biomarker or a statistical method is, how it is computed, where it misleads
    Explain(explain::ExplainArgs),
    /// Print a completion script for a shell
    Completions(shell::CompletionsArgs),
    /// Print the manual page (roff), of the program or of one subcommand
    Man(shell::ManArgs),
}

impl Command {
    fn run(self, context: &Context) -> Result<()> {
        match self {
            Command::Ff(args) => ff::run(*args, context),
            Command::Adc(args) => adc::run(args, context),
            Command::AdcChange(args) => adc_change::run(*args, context),
            Command::Compose(args) => compose::run(args, context),
            Command::Histogram(args) => histogram::run(args, context),
            Command::Tdv(args) => tdv::run(*args, context),
            Command::Dropout(args) => dropout::run(args, context),
            Command::Change(args) => change::run(args, context),
            Command::Response(args) => response::run(args, context),
            Command::Clinical(args) => clinical::run(args, context),
            Command::Compare(args) => compare::run(args, context),
            Command::Fit(args) => fit::run(args, context),
            Command::Roc(args) => roc::run(args, context),
            Command::Validate(args) => validate::run(args, context),
            Command::Agreement(args) => agreement::run(args, context),
            Command::Plan(args) => plan::run(args, context),
            Command::Import(args) => import::run(args, context),
            Command::Segment(args) => segment::run(args, context),
            Command::Simulate(args) => simulate::run(args, context),
            Command::Run(args) => run::run(args, context),
            Command::Doctor(args) => doctor::run(args, context),
            Command::Measure(args) => measure::measure(args, context),
            Command::Collect(args) => collect::collect(args, context),
            Command::Report(args) => report::run(args, context),
            Command::Explain(args) => explain::run(args, context),
            Command::Completions(args) => shell::completions(args, context),
            Command::Man(args) => shell::man(args, context),
        }
    }
}

/// Parse `arguments`, run the subcommand, report what went wrong.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            let code = if error.use_stderr() { Exit::Usage as u8 } else { 0 };
            // a closed pipe is no failure of `--help | head`
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    let Cli { global, command } = cli;
    std::panic::set_hook(Box::new(|panic| {
        eprintln!("error[internal]: {panic}");
        eprintln!("  help: this is a fault of myelomri {}; please report it", env!("CARGO_PKG_VERSION"));
    }));
    let outcome = std::panic::catch_unwind(|| Context::new(global).and_then(|context| command.run(&context)));
    let Ok(result) = outcome else {
        return ExitCode::from(Exit::Internal as u8);
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if let Some(io) =
                std::error::Error::source(error.failure()).and_then(|e| e.downcast_ref::<std::io::Error>())
                && io.kind() == ErrorKind::BrokenPipe
            {
                return ExitCode::SUCCESS;
            }
            eprintln!("{error}");
            ExitCode::from(error.exit() as u8)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_declarations_of_all_subcommands_are_consistent() {
        Cli::command().debug_assert();
    }
}
