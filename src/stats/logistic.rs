//! Logistic regression: what a fitted model is, its inference, and the maximum-likelihood fit.
//!
//! Tests are likelihood-ratio tests and intervals are profile intervals; Wald's z is given beside them, for near
//! separation it misleads (Hauck and Donner 1977, doi:10.1080/01621459.1977.10479969). Maximum likelihood is refused on
//! separated data, where its estimate does not exist; nothing switches to another estimator by itself.

use super::StatsError;
use super::delong::inverse_logit;
use super::design::Design;
use super::error::{same_length, two_classes};
use super::likelihood::{Likelihood, Maximum};
use super::profile;
use super::separation::{self, Separation};

/// Estimator of a logistic model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Method {
    /// Firth's penalised likelihood with the intercept corrected for prediction (FLIC).
    Firth,
    /// Firth's estimate without its bias towards one half in slopes and predictions (FLAC); no standard errors.
    Flac,
    /// Maximum likelihood.
    MaximumLikelihood,
    /// Ridge penalty on standardised columns.
    Ridge {
        /// Penalty against the mean log-likelihood, as glmnet's lambda; none chooses it by cross-validation.
        lambda: Option<f64>,
    },
    /// Lasso penalty on standardised columns: slopes may be zero.
    Lasso {
        /// Penalty against the mean log-likelihood, as glmnet's lambda; none chooses it by cross-validation.
        lambda: Option<f64>,
    },
}

impl Method {
    /// Whether the estimator shrinks by a penalty of its own choice.
    pub fn is_penalised_by_choice(self) -> bool {
        matches!(self, Method::Ridge { .. } | Method::Lasso { .. })
    }

    /// Whether it has standard errors, tests and degrees of freedom of its own.
    pub fn has_inference(self) -> bool {
        matches!(self, Method::Firth | Method::MaximumLikelihood)
    }

    /// `firth`, `flac`, `ml`, `ridge` or `lasso`.
    pub fn name(self) -> &'static str {
        match self {
            Method::Firth => "firth",
            Method::Flac => "flac",
            Method::MaximumLikelihood => "ml",
            Method::Ridge { .. } => "ridge",
            Method::Lasso { .. } => "lasso",
        }
    }
}

/// A fitted model.
#[derive(Debug, Clone)]
pub struct Fit {
    /// Estimator.
    pub method: Method,
    /// Patients.
    pub n: usize,
    /// Patients of the positive class.
    pub events: usize,
    /// Estimates in the units of the data, intercept first.
    pub coefficients: Vec<f64>,
    /// Intercept for prediction: the mean prediction is the observed share (FLIC); the estimate itself but for Firth.
    pub prediction_intercept: f64,
    /// Unpenalised log-likelihood at the estimate.
    pub log_likelihood: f64,
    /// Penalised log-likelihood at Firth's estimate, l + 1/2 log |X'WX| with X in the units of the data.
    pub penalised_log_likelihood: Option<f64>,
    /// Log-likelihood of the intercept alone.
    pub null_log_likelihood: f64,
    /// -2 log-likelihood + 2 coefficients; none where the method has no degrees of freedom of its own.
    pub aic: Option<f64>,
    /// Largest element of the (penalised) score at the estimate, on the standardised scale.
    pub max_score: f64,
    maximum: Option<Maximum>,
}

/// One coefficient with its inference; fields are none where the estimator has no such thing.
#[derive(Debug, Clone, PartialEq)]
pub struct Coefficient {
    /// `(intercept)` or the column.
    pub name: String,
    /// Log odds ratio per unit of the column.
    pub estimate: f64,
    /// Standard error from the Fisher information.
    pub se: Option<f64>,
    /// Estimate over standard error (Wald).
    pub z: Option<f64>,
    /// p of the (penalised) likelihood-ratio test.
    pub p: Option<f64>,
    /// Statistic of that test.
    pub chi2: Option<f64>,
    /// Lower end of the profile interval.
    pub ci_low: Option<f64>,
    /// Upper end of the profile interval.
    pub ci_high: Option<f64>,
}

/// Test of all slopes together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GlobalTest {
    /// (Penalised) likelihood-ratio statistic.
    pub chi2: f64,
    /// Degrees of freedom: the number of slopes.
    pub df: usize,
    /// p.
    pub p: f64,
}

impl Fit {
    /// Linear predictor of one row in the units of the data, without the intercept's 1; the prediction intercept holds.
    pub fn linear_predictor(&self, row: &[f64]) -> f64 {
        self.prediction_intercept + row.iter().zip(&self.coefficients[1..]).map(|(x, b)| x * b).sum::<f64>()
    }

    /// Predicted probability of the positive class.
    pub fn probability(&self, row: &[f64]) -> f64 {
        inverse_logit(self.linear_predictor(row))
    }

    /// Linear predictors of every row of a design, which need not be the one of the fit.
    pub fn linear_predictors(&self, design: &Design) -> Vec<f64> {
        let beta = self.predicting(design);
        (0..design.rows()).map(|i| dot(&beta, design.row(i))).collect()
    }

    /// Linear predictor of one row of a design.
    pub fn linear_predictor_at(&self, design: &Design, row: usize) -> f64 {
        dot(&self.predicting(design), design.row(row))
    }

    fn predicting(&self, design: &Design) -> Vec<f64> {
        let mut beta = self.coefficients.clone();
        beta[0] = self.prediction_intercept;
        design.standardise(&beta)
    }

    /// Standard errors, tests and profile intervals of all coefficients, intercept first. `design` and `positive` are
    /// those of the fit. The intercept is Firth's own, not the one corrected for prediction.
    pub fn inference(&self, design: &Design, positive: &[bool], level: f64) -> Vec<Coefficient> {
        let names = std::iter::once("(intercept)").chain(design.names().iter().map(String::as_str));
        let bare = names.zip(&self.coefficients).map(|(name, &estimate)| Coefficient {
            name: name.to_owned(),
            estimate,
            se: None,
            z: None,
            p: None,
            chi2: None,
            ci_low: None,
            ci_high: None,
        });
        let mut out: Vec<Coefficient> = bare.collect();
        let Some(maximum) = &self.maximum else { return out };
        let k = design.width();
        let likelihood = self.likelihood(design.matrix(), k, positive);
        for (j, (coefficient, &scale)) in out[1..].iter_mut().zip(design.scale()).enumerate() {
            fill(coefficient, &likelihood, maximum, j + 1, scale, level);
        }
        // the intercept of the data is a coefficient of its own only on the uncentred matrix
        let uncentred = design.uncentred();
        let likelihood = self.likelihood(&uncentred, k, positive);
        let mut start = maximum.beta.clone();
        start[0] -= design.intercept_shift(&start);
        let maximum = likelihood.maximise(&start, &[]);
        if maximum.converged {
            fill(&mut out[0], &likelihood, &maximum, 0, 1.0, level);
        }
        out
    }

    /// Test that all slopes are zero; none without slopes, for ridge, or where it did not converge.
    pub fn global_test(&self, design: &Design, positive: &[bool]) -> Option<GlobalTest> {
        let maximum = self.maximum.as_ref()?;
        let df = design.names().len();
        if df == 0 {
            return None;
        }
        let slopes: Vec<usize> = (1..=df).collect();
        let likelihood = self.likelihood(design.matrix(), design.width(), positive);
        let (chi2, p) = profile::ratio_test(&likelihood, maximum, &slopes)?;
        Some(GlobalTest { chi2, df, p })
    }

    /// Covariance of the coefficients in the units of the data, column by column, intercept first; none for ridge and
    /// lasso.
    pub fn covariance(&self, design: &Design) -> Option<Vec<f64>> {
        Some(self.on_data_scale(design, self.standardised_covariance()?))
    }

    /// The same on the standardised scale of the design.
    pub(super) fn standardised_covariance(&self) -> Option<&[f64]> {
        Some(&self.maximum.as_ref()?.covariance)
    }

    /// A covariance of the standardised coefficients as that of the coefficients in the units of the data.
    pub(super) fn on_data_scale(&self, design: &Design, standardised: &[f64]) -> Vec<f64> {
        let k = design.width();
        // each coefficient of the data as a combination of the standardised ones
        let part = |j: usize, l: usize| match (j, l) {
            (0, 0) => 1.0,
            (0, l) => -design.centre()[l - 1] / design.scale()[l - 1],
            (j, l) if j == l => 1.0 / design.scale()[j - 1],
            _ => 0.0,
        };
        let entry = |i: usize, j: usize| -> f64 {
            (0..k).map(|a| part(i, a) * (0..k).map(|b| standardised[a * k + b] * part(j, b)).sum::<f64>()).sum()
        };
        (0..k * k).map(|at| entry(at / k, at % k)).collect()
    }

    fn likelihood<'a>(&self, x: &'a [f64], k: usize, positive: &'a [bool]) -> Likelihood<'a> {
        Likelihood { x, k, positive, penalised: self.method == Method::Firth }
    }

    /// A fit from the coefficients on the standardised scale.
    pub(crate) fn assemble(method: Method, design: &Design, positive: &[bool], maximum: Maximum, flic: bool) -> Fit {
        let coefficients = design.to_data_scale(&maximum.beta);
        let events = positive.iter().filter(|&&p| p).count();
        let mut prediction_intercept = coefficients[0];
        if flic {
            let slopes_only: Vec<f64> = (0..design.rows())
                .map(|i| design.row(i)[1..].iter().zip(&maximum.beta[1..]).map(|(x, b)| x * b).sum())
                .collect();
            let intercept = balancing_intercept(&slopes_only, events);
            prediction_intercept = coefficients[0] + intercept - maximum.beta[0];
        }
        // the determinant of the information knows the units, the estimate does not
        let log_scales: f64 = design.scale().iter().map(|s| s.ln()).sum();
        let has_inference = method.has_inference();
        Fit {
            method,
            n: positive.len(),
            events,
            prediction_intercept,
            log_likelihood: maximum.log_likelihood,
            penalised_log_likelihood: (method == Method::Firth).then_some(maximum.objective + log_scales),
            null_log_likelihood: null_log_likelihood(events, positive.len()),
            aic: has_inference.then_some(2.0 * coefficients.len() as f64 - 2.0 * maximum.log_likelihood),
            max_score: maximum.max_score,
            coefficients,
            maximum: has_inference.then_some(maximum),
        }
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

fn fill(out: &mut Coefficient, likelihood: &Likelihood, maximum: &Maximum, j: usize, scale: f64, level: f64) {
    let se = maximum.covariance[j * likelihood.k + j].sqrt();
    out.se = Some(se / scale);
    out.z = Some(maximum.beta[j] / se);
    if let Some((chi2, p)) = profile::ratio_test(likelihood, maximum, &[j]) {
        (out.chi2, out.p) = (Some(chi2), Some(p));
    }
    let (low, high) = profile::interval(likelihood, maximum, j, level);
    (out.ci_low, out.ci_high) = (low.map(|v| v / scale), high.map(|v| v / scale));
}

/// Maximum-likelihood fit; separated data are refused with the columns along which the estimate diverges.
pub fn maximum_likelihood(design: &Design, positive: &[bool]) -> Result<Fit, StatsError> {
    check(design, positive)?;
    match separation::detect(design, positive)? {
        Separation { kind: separation::Kind::None, .. } => {}
        found => return Err(StatsError::Separated { kind: found.kind.name(), columns: found.columns() }),
    }
    let likelihood = Likelihood { x: design.matrix(), k: design.width(), positive, penalised: false };
    let maximum = likelihood.maximise(&start(design, positive), &[]);
    if !maximum.converged {
        return Err(StatsError::NotConverged { what: "maximum likelihood", score: maximum.max_score });
    }
    Ok(Fit::assemble(Method::MaximumLikelihood, design, positive, maximum, false))
}

/// Refuses designs that do not belong to the outcome and outcomes with fewer than two patients in a class.
pub(crate) fn check(design: &Design, positive: &[bool]) -> Result<(), StatsError> {
    if design.names().is_empty() {
        return Err(StatsError::TooFewValues { what: "a logistic model", needed: 1, found: 0 });
    }
    same_length("logistic model", design.rows(), positive.len())?;
    let (events, non_events) = two_classes(positive)?;
    if events < 2 || non_events < 2 {
        return Err(StatsError::TooFewEvents { positive: events, negative: non_events });
    }
    Ok(())
}

/// No effects and the observed share: where every search starts.
pub(crate) fn start(design: &Design, positive: &[bool]) -> Vec<f64> {
    let events = positive.iter().filter(|&&p| p).count() as f64;
    let mut beta = vec![0.0; design.width()];
    beta[0] = (events / (positive.len() as f64 - events)).ln();
    beta
}

/// Log-likelihood of the observed share.
fn null_log_likelihood(events: usize, n: usize) -> f64 {
    let (e, n) = (events as f64, n as f64);
    e * (e / n).ln() + (n - e) * ((n - e) / n).ln()
}

/// The intercept at which predictions with the given offsets add up to the events; events lie strictly inside 0..n.
pub(crate) fn balancing_intercept(offsets: &[f64], events: usize) -> f64 {
    let target = events as f64;
    let (mut low, mut high) = (-1.0, 1.0);
    let expected = |a: f64| offsets.iter().map(|o| inverse_logit(a + o)).sum::<f64>();
    while expected(low) > target && low > -1e6 {
        low *= 2.0;
    }
    while expected(high) < target && high < 1e6 {
        high *= 2.0;
    }
    let mut a = 0.0;
    for _ in 0..200 {
        let excess = expected(a) - target;
        if excess > 0.0 {
            high = a
        } else {
            low = a
        }
        let slope: f64 = offsets.iter().map(|o| inverse_logit(a + o)).map(|p| p * (1.0 - p)).sum();
        let newton = a - excess / slope;
        let next = if newton > low && newton < high { newton } else { low / 2.0 + high / 2.0 };
        if (next - a).abs() <= 1e-15 * (1.0 + a.abs()) {
            return next;
        }
        a = next;
    }
    a
}
