//! What is asked of ROC curves beyond the area, in the words of a user.

use super::super::super::CohortError;
use crate::stats::clustered;
use crate::stats::cutoff::Rule;
use crate::stats::cutoff_stability::Tie;
use crate::stats::partial_auc::Focus;
use crate::stats::resample::{Resamples, Scheme};

/// Options of the curves; the default is what a study's own run uses.
#[derive(Debug, Clone)]
pub struct RocOptions {
    /// Rules of the cut-offs, in order.
    pub rules: Vec<Rule>,
    /// Which of several equally good cut-offs is taken.
    pub tie: Tie,
    /// Method of the interval that is printed.
    pub interval: IntervalMethod,
    /// Parts of the curve whose area is given.
    pub parts: Vec<Part>,
    /// Tests of every two curves.
    pub tests: Vec<CurveTest>,
    /// Resampling of areas, cut-offs and comparisons; none leaves them out.
    pub resampling: Option<Resampling>,
    /// Permutations of a permutation test.
    pub permutations: usize,
    /// Column whose levels make independent groups that are compared for each marker.
    pub by: Option<String>,
}

impl Default for RocOptions {
    fn default() -> Self {
        RocOptions {
            rules: vec![Rule::Youden],
            tie: Tie::default(),
            interval: IntervalMethod::LogitDeLong,
            parts: Vec::new(),
            tests: vec![CurveTest::DeLong],
            resampling: None,
            permutations: 2000,
            by: None,
        }
    }
}

/// Where resamples come from.
#[derive(Debug, Clone)]
pub enum Resampling {
    /// Drawn within the classes.
    Drawn {
        /// Resamples.
        n: usize,
        /// Seed of the drawing.
        seed: u64,
    },
    /// Given: rows of the analysed patients, counted from 0, one list a resample.
    Given(Vec<Vec<usize>>),
}

impl Resampling {
    /// The resamples for these patients; whole patients are drawn where several rows are of one.
    ///
    /// # Errors
    /// A given row outside the patients.
    pub fn of(&self, positive: &[bool], clusters: Option<&[usize]>) -> Result<Resamples, crate::stats::StatsError> {
        match (self, clusters) {
            (Resampling::Drawn { n, seed }, Some(cluster)) => clustered::resamples(positive, cluster, *n, *seed),
            (Resampling::Drawn { n, seed }, None) => Ok(Resamples::draw(Scheme::Stratified, positive, *n, *seed)),
            (Resampling::Given(rows), _) => Resamples::given(rows.clone(), positive.len()),
        }
    }

    /// Seed of permutations that go with it.
    pub fn seed(&self) -> u64 {
        match self {
            Resampling::Drawn { seed, .. } => *seed,
            Resampling::Given(_) => super::super::SEED,
        }
    }

    /// From a file with one resample a line, rows counted from 1 and separated by commas.
    ///
    /// # Errors
    /// [`CohortError::UnreadableInput`] for a file that is missing or holds anything else.
    pub fn read(path: &std::path::Path) -> Result<Resampling, CohortError> {
        let bad = |reason: String| CohortError::UnreadableInput {
            what: "rows in",
            path: path.display().to_string(),
            reason,
            remedy: "give numbers counted from 1: rows of a resample in a line, separated by commas, or a fold in each line",
        };
        let text = std::fs::read_to_string(path).map_err(|error| bad(error.to_string()))?;
        let row = |(line, cell): (usize, &str)| match cell.trim().parse::<usize>() {
            Ok(row) if row > 0 => Ok(row - 1),
            _ => Err(bad(format!("line {}: \"{}\" is no row counted from 1", line + 1, cell.trim()))),
        };
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        let rows: Vec<Vec<usize>> = lines
            .iter()
            .enumerate()
            .map(|(n, line)| line.split(',').map(|cell| row((n, cell))).collect())
            .collect::<Result<_, _>>()?;
        if rows.is_empty() {
            return Err(bad("it holds no resample".to_owned()));
        }
        Ok(Resampling::Given(rows))
    }
}

/// How the interval of an area is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntervalMethod {
    /// DeLong's variance on the logit scale; Newcombe's at an area of 0 or 1.
    LogitDeLong,
    /// DeLong's variance as it is, cut at 0 and 1 and flagged where it is.
    DeLong,
    /// Hanley and McNeil's variance.
    HanleyMcNeil,
    /// Newcombe's method 5.
    Newcombe,
    /// Percentiles of resamples.
    Percentile,
    /// Bias-corrected and accelerated percentiles.
    Bca,
}

impl IntervalMethod {
    /// The name that results carry.
    pub fn name(self) -> &'static str {
        match self {
            IntervalMethod::LogitDeLong => "logit-delong",
            IntervalMethod::DeLong => "delong",
            IntervalMethod::HanleyMcNeil => "hanley-mcneil",
            IntervalMethod::Newcombe => "newcombe",
            IntervalMethod::Percentile => "bootstrap-percentile",
            IntervalMethod::Bca => "bootstrap-bca",
        }
    }
}

/// A part of the curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Part {
    /// Which axis the range belongs to.
    pub focus: Focus,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Part {
    /// From `specificity:0.8-1` or `sensitivity:0.8-1`.
    ///
    /// # Errors
    /// [`CohortError::Syntax`].
    pub fn parse(text: &str) -> Result<Part, CohortError> {
        let read = || {
            let (focus, range) = text.split_once(':')?;
            let focus = match focus {
                "specificity" => Focus::Specificity,
                "sensitivity" => Focus::Sensitivity,
                _ => return None,
            };
            let (low, high) = range.split_once('-')?;
            let (low, high) = (low.parse::<f64>().ok()?, high.parse::<f64>().ok()?);
            (0.0 <= low && low < high && high <= 1.0).then_some(Part { focus, low, high })
        };
        read().ok_or_else(|| CohortError::Syntax {
            text: text.to_owned(),
            expected: "a part of the curve, specificity:0.8-1 or sensitivity:0.8-1",
        })
    }

    /// `specificity` or `sensitivity`.
    pub fn focus_name(&self) -> &'static str {
        match self.focus {
            Focus::Specificity => "specificity",
            Focus::Sensitivity => "sensitivity",
        }
    }
}

/// A rule from `youden`, `closest-top-left`, `cost:COST,PREVALENCE`, `specificity:X` or `sensitivity:X`.
///
/// # Errors
/// [`CohortError::Syntax`].
pub fn parse_rule(text: &str) -> Result<Rule, CohortError> {
    let share = |text: &str| text.parse::<f64>().ok().filter(|x| *x > 0.0 && *x <= 1.0);
    let rule = match text.split_once(':') {
        None if text == "youden" => Some(Rule::Youden),
        None if text == "closest-top-left" => Some(Rule::ClosestTopLeft),
        Some(("specificity", least)) => share(least).map(Rule::Specificity),
        Some(("sensitivity", least)) => share(least).map(Rule::Sensitivity),
        Some(("cost", both)) => both.split_once(',').and_then(|(cost, prevalence)| {
            let cost = cost.parse::<f64>().ok().filter(|c| *c > 0.0 && c.is_finite())?;
            let prevalence = share(prevalence).filter(|p| *p < 1.0)?;
            Some(Rule::Cost { cost, prevalence })
        }),
        _ => None,
    };
    rule.ok_or_else(|| CohortError::Syntax {
        text: text.to_owned(),
        expected: "a rule: youden, closest-top-left, cost:COST,PREVALENCE, specificity:0.9 or sensitivity:0.9",
    })
}

/// A test of two curves on the same patients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CurveTest {
    /// DeLong's test of the areas.
    DeLong,
    /// Bootstrap test of the areas.
    Bootstrap,
    /// Permutation test of the areas.
    Permutation,
    /// Venkatraman and Begg's test of the whole curves.
    Venkatraman,
}

impl CurveTest {
    /// The name that results carry.
    pub fn name(self) -> &'static str {
        match self {
            CurveTest::DeLong => "delong",
            CurveTest::Bootstrap => "bootstrap",
            CurveTest::Permutation => "permutation",
            CurveTest::Venkatraman => "venkatraman",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_and_parts_are_read_or_refused() {
        assert_eq!(parse_rule("cost:2,0.3").unwrap(), Rule::Cost { cost: 2.0, prevalence: 0.3 });
        assert_eq!(parse_rule("sensitivity:0.9").unwrap(), Rule::Sensitivity(0.9));
        for wrong in ["Youden", "cost:2", "cost:0,0.3", "cost:1,1", "specificity:90", "youden:1"] {
            assert!(parse_rule(wrong).is_err(), "{wrong}");
        }
        let part = Part::parse("specificity:0.8-1").unwrap();
        assert_eq!((part.low, part.high, part.focus_name()), (0.8, 1.0, "specificity"));
        for wrong in ["0.8-1", "specificity:1-0.8", "auc:0-1", "specificity:0.8"] {
            assert!(Part::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn given_resamples_count_rows_from_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.csv");
        std::fs::write(&path, "1,2,2\n3,1,1\n").unwrap();
        let Resampling::Given(rows) = Resampling::read(&path).unwrap() else { panic!("drawn") };
        assert_eq!(rows, [vec![0, 1, 1], vec![2, 0, 0]]);
        for wrong in ["0,1\n", "1,x\n", ""] {
            std::fs::write(&path, wrong).unwrap();
            assert!(Resampling::read(&path).is_err(), "{wrong}");
        }
    }
}
