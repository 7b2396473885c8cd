//! The outcome of each patient: which values of which column count as response.
//!
//! A value that is named neither positive nor negative is refused, never counted as one of them. The published label is
//! the response at the end of chemotherapy; an outcome from the visit whose markers predict it is warned of.

use super::results::{Outcome, ResponseRow};
use super::{CohortError, Frame};
use crate::error::Warning;
use crate::study::{EndpointSource, StudyConfig};

/// IMWG response categories, best first.
pub const IMWG_CATEGORIES: [&str; 7] = ["sCR", "CR", "VGPR", "PR", "MR", "SD", "PD"];

/// The outcome of every row of a frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Endpoint {
    /// Column, positive values, counts, who has none.
    pub outcome: Outcome,
    /// Class of each subject of the frame; `None` where unknown.
    pub positive: Vec<Option<bool>>,
}

impl Endpoint {
    /// From the values of a column. `negative` empty means: any IMWG category that is not positive where the positive
    /// values are such categories.
    ///
    /// # Errors
    /// [`CohortError::UnnamedOutcome`] for a value in neither list.
    pub fn of_values(
        subjects: &[String],
        values: &[Option<String>],
        column: &str,
        positive: &[String],
        negative: &[String],
    ) -> Result<Endpoint, CohortError> {
        let negative: Vec<String> = if negative.is_empty() && positive.iter().all(|v| is_category(v)) {
            IMWG_CATEGORIES.iter().map(|c| (*c).to_owned()).filter(|c| !positive.contains(c)).collect()
        } else {
            negative.to_vec()
        };
        let classify = |(subject, value): (&String, &Option<String>)| match value {
            None => Ok(None),
            Some(value) if positive.contains(value) => Ok(Some(true)),
            Some(value) if negative.contains(value) => Ok(Some(false)),
            Some(value) => Err(CohortError::UnnamedOutcome {
                column: column.to_owned(),
                value: value.clone(),
                who: subject.clone(),
                named: positive.iter().chain(&negative).cloned().collect(),
            }),
        };
        let labels = subjects.iter().zip(values).map(classify).collect::<Result<_, _>>()?;
        Ok(Endpoint::of_labels(subjects, labels, column, positive))
    }

    /// From labels that are known already.
    pub fn of_labels(subjects: &[String], labels: Vec<Option<bool>>, column: &str, positive: &[String]) -> Endpoint {
        let count = |class: bool| labels.iter().filter(|label| **label == Some(class)).count();
        let missing = subjects.iter().zip(&labels).filter(|(_, label)| label.is_none()).map(|(s, _)| s.clone());
        let outcome = Outcome {
            column: column.to_owned(),
            positive: positive.to_vec(),
            n_positive: count(true),
            n_negative: count(false),
            missing: missing.collect(),
        };
        Endpoint { outcome, positive: labels }
    }

    /// The outcome that `study.toml` declares: a physician's column, or the IMWG category computed from the laboratory.
    ///
    /// # Errors
    /// Where the column is not there or holds a value that is not named.
    pub fn of_study(
        frame: &Frame,
        responses: &[ResponseRow],
        config: &StudyConfig,
    ) -> Result<(Endpoint, Vec<Warning>), CohortError> {
        let declared = &config.endpoint;
        let endpoint = match declared.from {
            EndpointSource::Column => {
                let column = format!("{}__{}", declared.column, declared.session);
                let values = frame.texts(&column)?;
                Endpoint::of_values(&frame.subjects, &values, &column, &declared.positive, &declared.negative)?
            }
            EndpointSource::Imwg => {
                let label = |subject: &String| {
                    let row = responses.iter().find(|r| r.subject == *subject && r.session == declared.session)?;
                    row.label.map(|label| label == 1)
                };
                let labels = frame.subjects.iter().map(label).collect();
                let deep = IMWG_CATEGORIES[..3].iter().map(|c| (*c).to_owned()).collect::<Vec<_>>();
                Endpoint::of_labels(&frame.subjects, labels, &format!("imwg__{}", declared.session), &deep)
            }
        };
        let mut warnings = Vec::new();
        if declared.session == config.sessions.followup {
            warnings.push(Warning::new(
                "endpoint-from-predictor-visit",
                format!(
                    "the outcome is assessed at {}, the visit whose changes predict it: part of the prediction is the definition",
                    declared.session
                ),
            ));
        }
        if !endpoint.outcome.missing.is_empty() {
            warnings.push(Warning::new(
                "missing-outcome",
                format!("no outcome for {}", endpoint.outcome.missing.join(", ")),
            ));
        }
        Ok((endpoint, warnings))
    }

    /// Proof that both classes are there.
    ///
    /// # Errors
    /// [`CohortError::OneClass`].
    pub fn check_two_classes(&self) -> Result<(), CohortError> {
        let Outcome { column, n_positive, n_negative, .. } = &self.outcome;
        if *n_positive == 0 || *n_negative == 0 {
            return Err(CohortError::OneClass {
                column: column.clone(),
                n_positive: *n_positive,
                n_negative: *n_negative,
            });
        }
        Ok(())
    }
}

fn is_category(value: &str) -> bool {
    IMWG_CATEGORIES.contains(&value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[&str], positive: &[&str], negative: &[&str]) -> Result<Endpoint, CohortError> {
        let own = |list: &[&str]| list.iter().map(|v| (*v).to_owned()).collect::<Vec<_>>();
        let subjects: Vec<String> = (0..values.len()).map(|n| n.to_string()).collect();
        let cells: Vec<Option<String>> = values.iter().map(|v| (!v.is_empty()).then(|| (*v).to_owned())).collect();
        Endpoint::of_values(&subjects, &cells, "best_response", &own(positive), &own(negative))
    }

    #[test]
    fn the_other_imwg_categories_are_negative_by_themselves() {
        let endpoint = of(&["CR", "PR", "", "PD", "VGPR"], &["sCR", "CR", "VGPR"], &[]).unwrap();
        assert_eq!(endpoint.positive, [Some(true), Some(false), None, Some(false), Some(true)]);
        assert_eq!((endpoint.outcome.n_positive, endpoint.outcome.n_negative), (2, 2));
        assert_eq!(endpoint.outcome.missing, ["2"]);
    }

    #[test]
    fn a_value_that_nobody_named_is_refused() {
        let error = of(&["CR", "nCR"], &["CR"], &[]).unwrap_err();
        assert!(error.to_string().contains("\"nCR\""), "{error}");
        assert!(of(&["yes", "no"], &["yes"], &[]).is_err());
        assert!(of(&["yes", "no"], &["yes"], &["no"]).is_ok());
    }
}
