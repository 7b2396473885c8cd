//! The pictures of `change`: a bar a patient, a box a group, a line a patient.

use super::super::args::OutArgs;
use super::super::table_args::file_part;
use super::KindChoice;
use crate::cohort::Endpoint;
use crate::cohort::results::Change;
use crate::error::Result;
use crate::report::Lang;
use crate::report::plots::{
    ChangePlot, Group, PairedPlot, WaterfallPlot, change_figure, paired_figure, waterfall_figure,
};
use crate::study::Sessions;

/// Which pictures are asked for.
pub(super) struct Asked {
    pub(super) waterfall: Option<KindChoice>,
    pub(super) boxes: Option<KindChoice>,
    pub(super) visits: bool,
}

impl Asked {
    /// Names of the pictures.
    fn names(&self) -> impl Iterator<Item = &'static str> {
        let given = [("waterfall", self.waterfall.is_some()), ("boxes", self.boxes.is_some()), ("visits", self.visits)];
        given.into_iter().filter(|(_, is_asked)| *is_asked).map(|(name, _)| name)
    }

    /// Refuses pictures of a column that are there already.
    pub(super) fn check_absent(&self, column: &str, out: &OutArgs) -> Result<()> {
        for name in self.names() {
            out.check_absent(&endings(column, name).each_ref().map(String::as_str))?;
        }
        Ok(())
    }

    /// Draws a column.
    pub(super) fn draw(
        &self,
        column: &str,
        sessions: &Sessions,
        rows: &[Change],
        endpoint: Option<&Endpoint>,
        out: &OutArgs,
    ) -> Result<()> {
        for name in self.names() {
            let [Some(svg), Some(png)] = endings(column, name).map(|ending| out.path(&ending)) else { continue };
            let kind = if name == "boxes" { self.boxes } else { self.waterfall };
            let drawing = match kind.filter(|_| name != "visits") {
                None => {
                    let pair = |row: &Change| Some([row.baseline?, row.followup?]);
                    let sessions = [sessions.baseline.clone(), sessions.followup.clone()];
                    let groups = grouped(rows, endpoint, pair);
                    paired_figure(
                        &PairedPlot { column: column.to_owned(), sessions, groups, exploratory: false },
                        Lang::En,
                    )?
                }
                Some(kind) => {
                    let (ending, of) = change_of(kind);
                    let groups = grouped(rows, endpoint, of);
                    let groups = groups.into_iter().map(|(name, values)| Group { name, values }).collect();
                    let (column, note, exploratory) = (format!("{column}__{ending}"), String::new(), false);
                    if name == "boxes" {
                        change_figure(&ChangePlot { column, groups, note, exploratory }, Lang::En)?
                    } else {
                        waterfall_figure(&WaterfallPlot { column, groups, note, exploratory }, Lang::En)?
                    }
                }
            };
            drawing.save(&svg, &png)?;
        }
        Ok(())
    }
}

fn endings(column: &str, name: &str) -> [String; 2] {
    ["svg", "png"].map(|kind| format!("_{}_{name}.{kind}", file_part(column)))
}

/// Ending of a kind's column, and its value.
fn change_of(kind: KindChoice) -> (&'static str, fn(&Change) -> Option<f64>) {
    match kind {
        KindChoice::Abs => ("abs", |row| row.abs),
        KindChoice::Pct => ("pct", |row| row.pct),
        KindChoice::Log => ("log", |row| row.log),
        KindChoice::Sym => ("sym", |row| row.sym),
    }
}

/// What each group's patients have, by the outcome where there is one; a patient without an outcome is in no group.
fn grouped<T>(
    rows: &[Change],
    endpoint: Option<&Endpoint>,
    of: impl Fn(&Change) -> Option<T> + Copy,
) -> Vec<(String, Vec<T>)> {
    let Some(endpoint) = endpoint else { return vec![(String::new(), rows.iter().filter_map(of).collect())] };
    [(true, endpoint.outcome.positive.join("/")), (false, "others".to_owned())]
        .map(|(class, name)| {
            let of_class = rows.iter().zip(&endpoint.positive).filter(|(_, p)| **p == Some(class));
            (name, of_class.filter_map(|(row, _)| of(row)).collect())
        })
        .into()
}
