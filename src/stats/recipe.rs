//! What is done again in every resample: standardising, choosing a penalty, fitting.
//!
//! The estimator is fixed before resampling begins and is the same in the original and in every resample, so that
//! nothing decided on the whole data leaks into a part of them.

use super::design::Design;
use super::logistic::{Fit, Method, maximum_likelihood};
use super::{StatsError, elastic_net, firth, flac, ridge};

impl Method {
    /// Fits this estimator.
    pub fn fit(self, design: &Design, positive: &[bool]) -> Result<Fit, StatsError> {
        match self {
            Method::Firth => firth::fit(design, positive),
            Method::Flac => flac::fit(design, positive),
            Method::MaximumLikelihood => maximum_likelihood(design, positive),
            Method::Ridge { lambda } => ridge::fit(design, positive, lambda),
            Method::Lasso { lambda } => elastic_net::lasso(design, positive, lambda),
        }
    }

    /// Fits this estimator to some rows of a design, repeats allowed, standardising them anew.
    pub fn fit_rows(self, design: &Design, positive: &[bool], rows: &[usize]) -> Result<Fit, StatsError> {
        let part = design.of_rows(rows)?;
        let outcome: Vec<bool> = rows.iter().map(|&i| positive[i]).collect();
        self.fit(&part, &outcome)
    }
}
