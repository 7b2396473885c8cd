//! The categories of the IMWG and the range of them that known values leave open.

use std::fmt;

/// IMWG category, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Category {
    /// Progressive disease.
    PD,
    /// Stable disease.
    SD,
    /// Minimal response.
    MR,
    /// Partial response.
    PR,
    /// Very good partial response.
    VGPR,
    /// Complete response.
    CR,
    /// Stringent complete response.
    SCR,
}

impl Category {
    /// All, worst first.
    pub const ALL: [Category; 7] =
        [Category::PD, Category::SD, Category::MR, Category::PR, Category::VGPR, Category::CR, Category::SCR];

    /// From `sCR`, `CR`, `VGPR`, `PR`, `MR`, `SD`, `PD`.
    pub fn parse(text: &str) -> Option<Category> {
        Category::ALL.into_iter().find(|category| category.to_string() == text)
    }

    /// VGPR or better.
    pub fn is_deep(self) -> bool {
        self >= Category::VGPR
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Category::SCR => f.write_str("sCR"),
            other => fmt::Debug::fmt(other, f),
        }
    }
}

/// Categories still possible, with what decided.
#[derive(Debug, Clone, PartialEq)]
pub struct Range {
    /// Worst still possible.
    pub worst: Category,
    /// Best still possible.
    pub best: Category,
    /// Which rules decided, which inputs are missing.
    pub reasons: Vec<String>,
}

impl Range {
    /// The category where only one is possible.
    pub fn decided(&self) -> Option<Category> {
        (self.worst == self.best).then_some(self.worst)
    }

    /// Whether a category is possible.
    pub fn holds(&self, category: Category) -> bool {
        (self.worst..=self.best).contains(&category)
    }

    /// 1 for VGPR or better, 0 for worse, none where the range has both.
    pub fn label(&self) -> Option<u8> {
        (self.worst.is_deep() == self.best.is_deep()).then_some(u8::from(self.best.is_deep()))
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.decided() {
            Some(category) => write!(f, "{category}"),
            None => write!(f, "{}..{}", self.worst, self.best),
        }
    }
}
