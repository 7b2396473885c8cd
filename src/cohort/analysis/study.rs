//! The whole analysis of a study, in the order in which its report tells it.

use super::compare::{self, Comparisons};
use super::dropout::Dropout;
use super::fit::{self, TermSpec};
use super::{exploratory_columns, flow, roc, validate};
use crate::cohort::results::{
    Change, CompareResults, Family, FitResults, FlowEntry, PatientFlow, ResponseRow, RocResults, SavedModel,
    ValidateResults,
};
use crate::cohort::{CohortError, Endpoint, Frame, Marker, Table};
use crate::error::{Result, Warning};
use crate::stats::logistic::Method;
use crate::study::{self, CLINICAL, Exclusion, StudyConfig, Wide, table_named};

/// Name of the model that holds the primary markers.
pub const MULTIVARIABLE: &str = "multivariable";

/// What an analysis starts from.
#[derive(Debug, Clone, Copy)]
pub struct Inputs<'a> {
    /// Measures, one row a subject.
    pub wide: &'a Wide,
    /// `clinical.csv`.
    pub clinical: Option<&'a Table>,
    /// IMWG categories of the visits.
    pub responses: &'a [ResponseRow],
    /// `study.toml`.
    pub config: &'a StudyConfig,
    /// `exclusions.csv`.
    pub exclusions: &'a [Exclusion],
    /// Sessions that could not be measured.
    pub failed: &'a [FlowEntry],
    /// Seed of the resampling.
    pub seed: u64,
}

/// What comes out; a part that the data do not allow is absent, and a warning says why.
#[derive(Debug, Clone, Default)]
pub struct Analysis {
    /// One row a patient, changes included: `tables/wide.csv`.
    pub frame: Frame,
    /// `tables/changes.csv`.
    pub changes: Vec<Change>,
    /// `results/compare.json`.
    pub compare: Option<CompareResults>,
    /// `results/fit.json`.
    pub fit: Option<FitResults>,
    /// `results/roc.json`.
    pub roc: Option<RocResults>,
    /// `results/validate.json`.
    pub validate: Option<ValidateResults>,
    /// `results/model.json`.
    pub model: Option<SavedModel>,
    /// `results/flow.json`.
    pub flow: PatientFlow,
    /// `results/dropout.json` and its table; made by [`dropout`](super::dropout::dropout), which needs the flags of the
    /// measured numbers.
    pub dropout: Option<Dropout>,
    /// What the reader must know of the analysis as a whole.
    pub warnings: Vec<Warning>,
}

/// Analyses a study as its plan declares.
///
/// # Errors
/// Where tables do not fit together: duplicate keys, an unnamed outcome value, a column without its session.
pub fn analyse(inputs: Inputs) -> Result<Analysis> {
    let Inputs { wide, clinical, responses, config, exclusions, failed, seed } = inputs;
    let (frame, changes) = Frame::of_study(wide, clinical, &config.sessions)?;
    let mut analysis = Analysis { changes, ..Analysis::default() };
    let endpoint = match clinical {
        None => {
            analysis.warnings.push(Warning::new("no-clinical-table", "no clinical.csv: no outcome, no models"));
            None
        }
        Some(_) => {
            let (endpoint, warnings) = Endpoint::of_study(&frame, responses, config)?;
            analysis.warnings.extend(warnings);
            Some(endpoint)
        }
    };
    analysis.flow = flow::flow(&frame, endpoint.as_ref(), wide, &config.sessions, exclusions, failed);
    if let Some(endpoint) = endpoint {
        match endpoint.check_two_classes() {
            Err(error) => analysis.warnings.push(Warning::new("one-class", error.to_string())),
            Ok(()) => analysis.ask(&frame, &endpoint, clinical, config, seed)?,
        }
    }
    analysis.frame = frame;
    Ok(analysis)
}

impl Analysis {
    /// The questions that need an outcome with two classes.
    fn ask(
        &mut self,
        frame: &Frame,
        endpoint: &Endpoint,
        clinical: Option<&Table>,
        config: &StudyConfig,
        seed: u64,
    ) -> Result<()> {
        let planned = Marker::of_plan(&config.plan)?;
        let markers = roc::present(frame, &planned, &mut self.warnings);
        let clinical_columns = clinical.map(clinical_columns).unwrap_or_default();
        self.compare =
            Some(compare::compare(frame, Some(endpoint), &comparisons(frame, &markers, &clinical_columns, config))?);
        self.fit_models(frame, endpoint, &markers, config, seed)?;
        let mut curves = roc::roc_or_say_why(frame, endpoint, &markers)?;
        if let Some(model) = &self.model {
            let options = roc::RocOptions::default();
            let curve = roc::model_curve(frame, endpoint, model, Family::Primary, &options, &mut curves.warnings)?;
            curves.curves.push(curve);
        }
        curves.plan = Some(Marker::stamp(&config.plan));
        self.roc = Some(curves);
        Ok(())
    }

    /// Univariable models, the multivariable one with its validation, the baseline-adjusted twins.
    fn fit_models(
        &mut self,
        frame: &Frame,
        endpoint: &Endpoint,
        markers: &[Marker],
        config: &StudyConfig,
        seed: u64,
    ) -> Result<()> {
        let method = method_of(config);
        let stamp = || Some(Marker::stamp(&config.plan));
        let mut results = FitResults { plan: stamp(), ..FitResults::default() };
        for marker in markers {
            let name = format!("univariable:{}", marker.column);
            let terms = [TermSpec::of_column(&marker.column)];
            results.models.push(fit::fit_or_say_why(frame, endpoint, &name, marker.family, &terms, method)?.0);
        }
        let primary: Vec<TermSpec> = markers
            .iter()
            .filter(|marker| marker.family == Family::Primary)
            .map(|marker| TermSpec::of_column(&marker.column))
            .collect();
        if !primary.is_empty() {
            let (model, fitted) =
                fit::fit_or_say_why(frame, endpoint, MULTIVARIABLE, Family::Primary, &primary, method)?;
            results.models.push(model);
            if let Some(fitted) = fitted {
                let bootstrap = config.validate.bootstrap;
                let options = validate::ValidateOptions { bootstrap, seed, ..Default::default() };
                match validate::validate(&fitted.prepared, method, &options) {
                    Ok(validation) => self.validate = Some(ValidateResults { plan: stamp(), ..validation }),
                    Err(error) => {
                        self.warnings.push(Warning::new("validation-not-possible", error.failure().to_string()));
                    }
                }
                self.model = Some(SavedModel { plan: stamp(), ..fitted.saved });
            }
        }
        for marker in markers {
            let Some((column, _)) = marker.change() else { continue };
            let pair = [&config.sessions.followup, &config.sessions.baseline].map(|s| format!("{column}__{s}"));
            let terms = pair.map(|column| TermSpec::of_column(&column));
            let name = format!("baseline-adjusted:{column}");
            results.models.push(fit::fit_or_say_why(frame, endpoint, &name, marker.family, &terms, method)?.0);
        }
        self.fit = Some(results);
        Ok(())
    }
}

/// The estimator that `study.toml` names.
pub fn method_of(config: &StudyConfig) -> Method {
    match config.models.method {
        study::Method::Firth => Method::Firth,
        study::Method::Ml => Method::MaximumLikelihood,
        study::Method::Ridge => Method::Ridge { lambda: None },
    }
}

fn clinical_columns(table: &Table) -> Vec<String> {
    table.columns().into_iter().filter(|column| !["subject", "session"].contains(&column.as_str())).collect()
}

/// Whether a column tells patients apart; one that does not is no row of Table 1.
fn varies(cells: &[Option<String>]) -> bool {
    let mut known = cells.iter().flatten();
    known.next().is_some_and(|first| known.any(|cell| cell != first))
}

/// Planned and exploratory markers between the classes; each planned change also between the sessions.
fn comparisons<'a>(frame: &Frame, markers: &[Marker], clinical: &[String], config: &'a StudyConfig) -> Comparisons<'a> {
    let exploratory = exploratory_columns(frame, markers, clinical);
    let mut between: Vec<(String, Family)> =
        markers.iter().map(|marker| (marker.column.clone(), marker.family)).collect();
    between.extend(exploratory.into_iter().map(|column| (column, Family::Exploratory)));
    let changes = markers.iter().filter_map(|marker| Some((marker.change()?.0.to_owned(), marker.family))).collect();
    let baseline = |column: &str| format!("{column}__{}", config.sessions.baseline);
    let there = |column: &String| frame.texts(column).is_ok_and(|cells| varies(&cells));
    let outcome = &config.endpoint.column;
    let mut table_one: Vec<String> =
        clinical.iter().filter(|column| *column != outcome).map(|column| baseline(column)).filter(there).collect();
    for marker in markers {
        let Some((column, _)) = marker.change() else { continue };
        for column in [baseline(column), marker.column.clone()] {
            if there(&column) && !table_one.contains(&column) {
                table_one.push(column);
            }
        }
    }
    let plan = Some(Marker::stamp(&config.plan));
    Comparisons { between, changes, sessions: Some(&config.sessions), table_one, plan, ..Comparisons::default() }
}

/// Reads the clinical table of a study (`clinical.csv`, `.tsv`, `.xlsx` ...) if it is there.
///
/// # Errors
/// Where it cannot be read, or there are two.
pub fn clinical_table(study: &std::path::Path) -> std::result::Result<Option<Table>, CohortError> {
    let two = |reason: String| CohortError::Unreadable { path: study.display().to_string(), reason };
    let path = table_named(study, CLINICAL).map_err(two)?;
    path.map(|path| Table::read(&path)).transpose()
}
