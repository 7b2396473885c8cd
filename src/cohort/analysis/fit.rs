//! Logistic models of the outcome, filled into the shape that is written.
//!
//! Terms are columns; a number column may be divided (`COL/10`: odds ratio per 10 units), a text column is spread over
//! its levels against a stated reference (`COL@REF`). Separation is decided before fitting and told; nothing switches
//! to another estimator by itself.

mod saved;

use super::super::endpoint::Endpoint;
use super::super::results::{Family, Model, SavedModel, SavedTerm, Term};
use super::super::{CohortError, Frame};
use crate::error::{Exit, Result, Warning};
use crate::stats::design::Design;
use crate::stats::logistic::{Fit, Method};
use crate::stats::{LEVEL, clustered, cutoff, distributions, roc, separation};

/// Events per variable below which a model is warned of: the rule of ten.
const FEW_EVENTS_PER_VARIABLE: f64 = 10.0;

/// Columns of the clinical table that are part of the definition of response.
const PART_OF_THE_LABEL: [&str; 3] = ["m_protein", "flc_", "marrow_plasma"];

/// A term as a user writes it.
#[derive(Debug, Clone, PartialEq)]
pub struct TermSpec {
    /// Column of the frame.
    pub column: String,
    /// Units of the column that one odds ratio speaks of.
    pub per: f64,
    /// Reference level of a text column.
    pub reference: Option<String>,
}

impl TermSpec {
    /// A number column as it is.
    pub fn of_column(column: &str) -> TermSpec {
        TermSpec { column: column.to_owned(), per: 1.0, reference: None }
    }

    /// From `COL`, `COL/10` or `COL@REF`.
    ///
    /// # Errors
    /// [`CohortError::Syntax`].
    pub fn parse(text: &str) -> std::result::Result<TermSpec, CohortError> {
        let syntax = || CohortError::Syntax {
            text: text.to_owned(),
            expected: "a term: COL, COL/10 (odds ratio per 10 units) or COL@REF (levels against REF)",
        };
        if let Some((column, reference)) = text.rsplit_once('@') {
            if column.is_empty() || reference.is_empty() {
                return Err(syntax());
            }
            return Ok(TermSpec { column: column.to_owned(), per: 1.0, reference: Some(reference.to_owned()) });
        }
        match text.rsplit_once('/') {
            None if text.is_empty() => Err(syntax()),
            None => Ok(TermSpec::of_column(text)),
            Some((column, per)) => match per.parse::<f64>() {
                Ok(per) if per > 0.0 && per.is_finite() && !column.is_empty() => {
                    Ok(TermSpec { column: column.to_owned(), per, reference: None })
                }
                _ => Err(syntax()),
            },
        }
    }

    /// The columns of the design that this term makes.
    fn columns(&self, frame: &Frame) -> std::result::Result<Vec<DesignColumn>, CohortError> {
        let Some(reference) = &self.reference else {
            let name = if self.per == 1.0 { self.column.clone() } else { format!("{}/{}", self.column, self.per) };
            let values = frame.numbers(&self.column)?.iter().map(|v| v.map(|x| x / self.per)).collect();
            let column = self.column.clone();
            return Ok(vec![DesignColumn { name, column, level: None, reference: None, per: self.per, values }]);
        };
        let cells = frame.texts(&self.column)?;
        let mut levels: Vec<&String> = cells.iter().flatten().collect();
        levels.sort();
        levels.dedup();
        if !levels.contains(&reference) {
            return Err(CohortError::Value {
                path: frame.source.clone(),
                column: self.column.clone(),
                value: reference.clone(),
                who: "the reference level".to_owned(),
                expected: format!("one of {}", levels.iter().map(|l| l.as_str()).collect::<Vec<_>>().join(", ")),
            });
        }
        let indicator = |level: &&String| DesignColumn {
            name: format!("{} = {level}", self.column),
            column: self.column.clone(),
            level: Some((*level).clone()),
            reference: Some(reference.clone()),
            per: 1.0,
            values: cells.iter().map(|c| c.as_ref().map(|v| if v == *level { 1.0 } else { 0.0 })).collect(),
        };
        Ok(levels.iter().filter(|level| **level != reference).map(indicator).collect())
    }
}

struct DesignColumn {
    name: String,
    column: String,
    level: Option<String>,
    reference: Option<String>,
    per: f64,
    values: Vec<Option<f64>>,
}

/// The patients and columns of a model, ready to be fitted.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// Standardised columns with an intercept.
    pub design: Design,
    /// Values of the design's columns as they are, column by column.
    pub columns: Vec<Vec<f64>>,
    /// Class of each row.
    pub positive: Vec<bool>,
    /// Rows of the frame.
    pub rows: Vec<usize>,
    /// The patient of each row, where several rows are of one.
    pub clusters: Option<Vec<usize>>,
    /// Subjects left out for a missing value.
    pub missing: Vec<String>,
    saved: Vec<SavedTerm>,
}

impl Prepared {
    /// The patient of each row, every row its own where nothing else is known.
    pub fn patients(&self) -> Vec<usize> {
        self.clusters.clone().unwrap_or_else(|| (0..self.positive.len()).collect())
    }
}

/// Complete cases of the terms.
///
/// # Errors
/// Where a column is missing, holds text without a reference level, is constant or determined by others.
pub fn prepare(frame: &Frame, endpoint: &Endpoint, terms: &[TermSpec]) -> Result<Prepared> {
    let columns: Vec<DesignColumn> = terms
        .iter()
        .map(|term| term.columns(frame))
        .collect::<std::result::Result<Vec<_>, _>>()?
        .into_iter()
        .flatten()
        .collect();
    let values: Vec<Vec<Option<f64>>> = columns.iter().map(|column| column.values.clone()).collect();
    let cases = frame.cases(&values, &endpoint.positive);
    let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    cases.check_two_classes(&names)?;
    let design = Design::new(&names, &cases.columns)?;
    let saved = columns.into_iter().map(|c| SavedTerm {
        column: c.column,
        level: c.level,
        reference: c.reference,
        per: c.per,
        coefficient: 0.0,
    });
    Ok(Prepared {
        design,
        columns: cases.columns,
        clusters: frame.clusters(&cases.rows),
        positive: cases.positive,
        rows: cases.rows,
        missing: cases.missing,
        saved: saved.collect(),
    })
}

/// A model with what is written of it and what predicts.
#[derive(Debug, Clone)]
pub struct Fitted {
    /// As written.
    pub model: Model,
    /// As applied to other patients.
    pub saved: SavedModel,
    /// Linear predictor of each row of `prepared`.
    pub linear_predictors: Vec<f64>,
    /// The patients it was fitted on.
    pub prepared: Prepared,
}

/// Fits one model.
///
/// # Errors
/// Where it cannot be estimated (exit 7) or its columns are not there.
pub fn fit(
    frame: &Frame,
    endpoint: &Endpoint,
    name: &str,
    family: Family,
    terms: &[TermSpec],
    method: Method,
) -> Result<Fitted> {
    endpoint.check_two_classes()?;
    let prepared = prepare(frame, endpoint, terms)?;
    let separated = separation::detect(&prepared.design, &prepared.positive)?;
    let fit = method.fit(&prepared.design, &prepared.positive)?;
    let clusters = &prepared.clusters;
    let by_patients = clusters
        .as_ref()
        .and_then(|cluster| clustered::inference(&fit, &prepared.design, &prepared.positive, cluster, LEVEL));
    let is_robust = by_patients.is_some();
    let coefficients = by_patients.unwrap_or_else(|| fit.inference(&prepared.design, &prepared.positive, LEVEL));
    let terms = coefficients.into_iter().map(|c| Term {
        odds_ratio: c.estimate.exp(),
        name: c.name,
        estimate: c.estimate,
        se: c.se,
        z: c.z,
        p: c.p,
        ci_low: c.ci_low,
        ci_high: c.ci_high,
        wald_ci: None,
        wald_p: None,
    });
    let mut model = blank(name, family, endpoint, fit.method.name());
    model.terms = terms.collect();
    model.n = fit.n;
    model.events = fit.events;
    model.log_likelihood = Some(fit.log_likelihood);
    model.null_log_likelihood = Some(fit.null_log_likelihood);
    model.ci_method = match (is_robust, fit.method.has_inference()) {
        (true, _) => "cluster-robust",
        (false, true) => "profile",
        (false, false) => "none",
    }
    .to_owned();
    model.prediction_intercept = Some(fit.prediction_intercept);
    model.aic = fit.aic.filter(|_| clusters.is_none());
    model.separation = separated.kind.name().to_owned();
    model.separated_by = separated.columns();
    model.lambda = match fit.method {
        Method::Ridge { lambda } | Method::Lasso { lambda } => lambda,
        _ => None,
    };
    if clusters.is_none() {
        model.diagnostics = Some(super::diagnostics::diagnose(&fit, &prepared, frame)?);
    }
    model.missing = prepared.missing.clone();
    model.warnings = warnings(&model, &prepared, &fit);
    let note = "tests and intervals are Wald's with the sandwich by patients; no AIC and no diagnostics of rows";
    model.warnings.extend(super::clustered(frame, note));
    let linear_predictors = fit.linear_predictors(&prepared.design);
    let mut saved = saved::of_fit(&model, &prepared, &fit);
    saved.cutoff = best_cutoff(&linear_predictors, &prepared.positive);
    Ok(Fitted { linear_predictors, saved, model, prepared })
}

/// The same, but a model that cannot be estimated is written with its reason instead of ending the work.
///
/// # Errors
/// All others: missing columns, text where numbers belong.
pub fn fit_or_say_why(
    frame: &Frame,
    endpoint: &Endpoint,
    name: &str,
    family: Family,
    terms: &[TermSpec],
    method: Method,
) -> Result<(Model, Option<Fitted>)> {
    match fit(frame, endpoint, name, family, terms, method) {
        Ok(fitted) => Ok((fitted.model.clone(), Some(fitted))),
        Err(error) if error.exit() == Exit::NotEstimable => {
            let mut model = blank(name, family, endpoint, method.name());
            model.not_estimable = Some(error.failure().to_string());
            Ok((model, None))
        }
        Err(error) => Err(error),
    }
}

fn blank(name: &str, family: Family, endpoint: &Endpoint, method: &str) -> Model {
    Model {
        name: name.to_owned(),
        family,
        outcome: endpoint.outcome.clone(),
        n: 0,
        events: 0,
        method: method.to_owned(),
        terms: Vec::new(),
        log_likelihood: None,
        null_log_likelihood: None,
        aic: None,
        ci_method: String::new(),
        prediction_intercept: None,
        separation: String::new(),
        separated_by: Vec::new(),
        diagnostics: None,
        lambda: None,
        not_estimable: None,
        missing: Vec::new(),
        plan: None,
        warnings: Vec::new(),
    }
}

fn warnings(model: &Model, prepared: &Prepared, fit: &Fit) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let variables = prepared.columns.len();
    let fewer = model.events.min(model.n - model.events);
    let per_variable = fewer as f64 / variables.max(1) as f64;
    if per_variable < FEW_EVENTS_PER_VARIABLE {
        warnings.push(Warning::new(
            "low-epv",
            format!("{}: {per_variable:.1} patients of the smaller class a variable ({fewer} for {variables}); estimates are uncertain", model.name),
        ));
    }
    if model.separation != "none" {
        warnings.push(Warning::new(
            "separation",
            format!(
                "{}: {} separation along {}; the maximum-likelihood estimate does not exist, {} gives a finite one",
                model.name,
                model.separation,
                model.separated_by.join(", "),
                fit.method.name()
            ),
        ));
    }
    let circular = prepared.saved.iter().find(|t| PART_OF_THE_LABEL.iter().any(|part| t.column.starts_with(part)));
    if let Some(term) = circular {
        warnings.push(Warning::new(
            "part-of-the-label",
            format!(
                "{}: {} is part of the definition of response, so part of its prediction is circular",
                model.name, term.column
            ),
        ));
    }
    warnings
}

/// Youden's cut-off of predictions, the most specific of equally good ones.
pub(super) fn best_cutoff(linear_predictors: &[f64], positive: &[bool]) -> Option<f64> {
    let mut joined = linear_predictors.to_vec();
    roc::join_near_ties(&mut joined);
    let curve = roc::curve(&joined, positive, roc::Direction::Higher).ok()?;
    Some(cutoff::youden(&curve)?.cutoff.threshold)
}

impl Model {
    /// Adds Wald's interval and p to every coefficient that has a standard error.
    pub fn add_wald(&mut self) {
        let factor = distributions::normal_half_width(LEVEL);
        for term in &mut self.terms {
            let Some(se) = term.se else { continue };
            term.wald_ci = Some([term.estimate - factor * se, term.estimate + factor * se]);
            term.wald_p = Some(distributions::normal_p(term.estimate / se));
        }
    }
}

#[cfg(test)]
mod tests;
