//! The tests there are, by the names that a user types and results carry.

use super::super::super::CohortError;

/// What a test compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// A number column between the two classes of the outcome.
    Between,
    /// The same with several rows a patient.
    BetweenRows,
    /// A category column between the two classes.
    Categories,
    /// Two columns of the same patients.
    Paired,
    /// Two columns of the same patients as yes and no.
    PairedCategories,
    /// A column at follow-up between the classes, given its baseline.
    Adjusted,
    /// Association of two number columns.
    Correlation,
    /// A number column between the levels of a column.
    Several,
}

/// Name, question, asked without being named, whether it tests a hypothesis of the study (and is adjusted with others)
/// or only whether another test may be used.
const TESTS: [(&str, Question, bool, bool); 29] = [
    ("mann-whitney", Question::Between, true, true),
    ("student-t", Question::Between, false, true),
    ("welch-t", Question::Between, false, true),
    ("kolmogorov-smirnov", Question::Between, false, true),
    ("shapiro-wilk", Question::Between, false, false),
    ("levene", Question::Between, false, false),
    ("brown-forsythe", Question::Between, false, false),
    ("variance-ratio", Question::Between, false, false),
    ("clustered-rank-sum", Question::BetweenRows, true, true),
    ("clustered-mean", Question::BetweenRows, false, true),
    ("fisher", Question::Categories, true, true),
    ("chi-squared", Question::Categories, false, true),
    ("chi-squared-yates", Question::Categories, false, true),
    ("wilcoxon-signed-rank", Question::Paired, true, true),
    ("pratt-signed-rank", Question::Paired, false, true),
    ("paired-t", Question::Paired, false, true),
    ("sign", Question::Paired, false, true),
    ("shapiro-wilk-differences", Question::Paired, false, false),
    ("mcnemar", Question::PairedCategories, false, true),
    ("mcnemar-exact", Question::PairedCategories, true, true),
    ("ancova", Question::Adjusted, true, true),
    ("firth-given-baseline", Question::Adjusted, false, true),
    ("pearson", Question::Correlation, false, true),
    ("spearman", Question::Correlation, true, true),
    ("kendall", Question::Correlation, false, true),
    ("kruskal-wallis", Question::Several, true, true),
    ("anova", Question::Several, false, true),
    ("welch-anova", Question::Several, false, true),
    ("pairwise-mann-whitney", Question::Several, false, true),
];

/// The tests that were asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chosen(Vec<&'static str>);

impl Chosen {
    /// From names; `all` stands for every test. Questions of which no test is named keep their own.
    ///
    /// # Errors
    /// [`CohortError::Syntax`] for a name that is no test.
    pub fn parse(names: &[String]) -> Result<Chosen, CohortError> {
        let mut chosen = Vec::new();
        for name in names {
            if name == "all" {
                chosen.extend(TESTS.iter().map(|t| t.0));
                continue;
            }
            let found = TESTS.iter().find(|test| test.0 == name);
            chosen.push(found.ok_or_else(|| CohortError::Syntax { text: name.clone(), expected: NAMES })?.0);
        }
        Ok(Chosen(chosen))
    }

    /// The tests that answer a question: the named ones, else its own.
    pub fn of(&self, question: Question) -> Vec<&'static str> {
        let of_question = || TESTS.iter().filter(move |test| test.1 == question);
        let named: Vec<&str> = of_question().map(|t| t.0).filter(|name| self.0.contains(name)).collect();
        if named.is_empty() { of_question().filter(|t| t.2).map(|t| t.0).collect() } else { named }
    }
}

/// Whether a test asks about the patients and not about the use of another test.
pub fn is_hypothesis(test: &str) -> bool {
    TESTS.iter().find(|t| t.0 == test).is_none_or(|t| t.3)
}

/// What an unknown name is answered with.
const NAMES: &str = "a test: all, mann-whitney, student-t, welch-t, kolmogorov-smirnov, shapiro-wilk, levene, \
    brown-forsythe, variance-ratio, clustered-rank-sum, clustered-mean, fisher, chi-squared, chi-squared-yates, wilcoxon-signed-rank, pratt-signed-rank, \
    paired-t, sign, shapiro-wilk-differences, mcnemar, mcnemar-exact, ancova, \
    firth-given-baseline, pearson, spearman, kendall, kruskal-wallis, anova, welch-anova, pairwise-mann-whitney";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_test_is_named_in_the_message_and_every_question_has_one_of_its_own() {
        for (name, question, ..) in TESTS {
            assert!(NAMES.contains(name), "{name}");
            assert!(!Chosen::default().of(question).is_empty(), "{question:?}");
        }
    }

    #[test]
    fn naming_one_test_leaves_the_other_questions_alone() {
        let chosen = Chosen::parse(&["welch-t".to_owned(), "pearson".to_owned()]).unwrap();
        assert_eq!(chosen.of(Question::Between), ["welch-t"]);
        assert_eq!(chosen.of(Question::Correlation), ["pearson"]);
        assert_eq!(chosen.of(Question::Paired), ["wilcoxon-signed-rank"]);
        assert!(Chosen::parse(&["t-test".to_owned()]).is_err());
        assert!(!is_hypothesis("levene") && is_hypothesis("ancova"));
    }
}
