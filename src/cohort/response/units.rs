//! The laboratory quantities, the units they come in, and the columns of a clinical table that hold them.
//!
//! A unit is stated by the ending of the column's name (`m_protein_serum_g_l`) or by the user ([`Source`]); a column
//! without either is refused, and so is a value that no patient has in the unit stated, for it is then the wrong unit.

use super::super::{CohortError, Table};
use super::Labs;
use crate::error::Warning;

/// A unit: the ending of a column's name, how people write it, and what one of ours is of it (numerator, denominator).
type Unit = (&'static str, &'static str, [f64; 2]);

/// A laboratory quantity, with the unit of [`Labs`] first.
#[derive(Debug, Clone, Copy)]
pub struct Quantity {
    /// Name of the column without its unit.
    pub stem: &'static str,
    /// What it is.
    pub what: &'static str,
    units: &'static [Unit],
    /// Lowest and highest value that a patient can have, in the first unit.
    plausible: [f64; 2],
    field: fn(&mut Labs) -> &mut Option<f64>,
}

const IN_SERUM: &[Unit] = &[
    ("g_dl", "g/dL", [1.0, 1.0]),
    ("g_l", "g/L", [1.0, 10.0]),
    ("mg_dl", "mg/dL", [1.0, 1e3]),
    ("mg_l", "mg/L", [1.0, 1e4]),
];
const IN_TRACES: &[Unit] = &[("mg_l", "mg/L", [1.0, 1.0]), ("mg_dl", "mg/dL", [10.0, 1.0]), ("g_l", "g/L", [1e3, 1.0])];
const A_DAY: &[Unit] = &[("mg_24h", "mg/24h", [1.0, 1.0]), ("g_24h", "g/24h", [1e3, 1.0])];
const PER_CENT: &[Unit] = &[("pct", "%", [1.0, 1.0])];
const AREA: &[Unit] = &[("mm2", "mm2", [1.0, 1.0]), ("cm2", "cm2", [100.0, 1.0])];
const LENGTH: &[Unit] = &[("mm", "mm", [1.0, 1.0]), ("cm", "cm", [10.0, 1.0])];
const CELLS: &[Unit] = &[("per_ul", "/uL", [1.0, 1.0]), ("1e9_l", "1e9/L", [1e3, 1.0])];
const ENZYME: &[Unit] = &[("u_l", "U/L", [1.0, 1.0])];
/// Quantities that stand under their bare name.
const NONE: &[Unit] = &[("", "", [1.0, 1.0])];

/// All that is read as a number. All are optional.
pub const QUANTITIES: [Quantity; 14] = [
    quantity("m_protein_serum", "serum M protein", IN_SERUM, [0.0, 20.0], |l| &mut l.serum_m_g_dl),
    quantity("m_protein_urine", "urine M protein", A_DAY, [0.0, 100_000.0], |l| &mut l.urine_m_mg_24h),
    quantity("flc_kappa", "free kappa light chains", IN_TRACES, [0.0, 200_000.0], |l| &mut l.kappa_mg_l),
    quantity("flc_lambda", "free lambda light chains", IN_TRACES, [0.0, 200_000.0], |l| &mut l.lambda_mg_l),
    quantity("b2m", "beta-2 microglobulin", IN_TRACES, [0.4, 200.0], |l| &mut l.b2m_mg_l),
    quantity("albumin", "albumin", IN_SERUM, [0.5, 8.0], |l| &mut l.albumin_g_dl),
    quantity("ldh", "lactate dehydrogenase", ENZYME, [20.0, 50_000.0], |l| &mut l.ldh_u_l),
    quantity("ldh_uln", "the laboratory's limit of LDH, U/L", NONE, [50.0, 1000.0], |l| &mut l.ldh_uln),
    quantity("marrow_plasma", "plasma cells of the marrow", PER_CENT, [0.0, 100.0], |l| &mut l.marrow_plasma_pct),
    quantity("plasmacytoma_spd", "plasmacytomas, sum of products of diameters", AREA, [0.0, 1e6], |l| {
        &mut l.plasmacytoma_spd_mm2
    }),
    quantity("lesion_longest", "longest diameter of the lesion followed", LENGTH, [0.0, 1e3], |l| {
        &mut l.lesion_longest_mm
    }),
    quantity("circulating_plasma_cells", "circulating plasma cells", CELLS, [0.0, 1e6], |l| &mut l.circulating_per_ul),
    quantity("clonal_cells", "clonal plasma cells, 1 or 0", NONE, [0.0, 1.0], |l| &mut l.clonal_cells),
    quantity("new_lesion", "a new lesion, 1 or 0", NONE, [0.0, 1.0], |l| &mut l.new_lesion),
];

const fn quantity(
    stem: &'static str,
    what: &'static str,
    units: &'static [Unit],
    plausible: [f64; 2],
    field: fn(&mut Labs) -> &mut Option<f64>,
) -> Quantity {
    Quantity { stem, what, units, plausible, field }
}

/// Where the user says a quantity stands, and in which unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    stem: String,
    column: String,
    unit: String,
}

impl Source {
    /// From `QUANTITY=COLUMN:UNIT`, e.g. `albumin=Alb:g/L`.
    ///
    /// # Errors
    /// [`CohortError::Syntax`] for other text, [`CohortError::Unit`] for a unit that the quantity does not come in.
    pub fn parse(text: &str) -> Result<Source, CohortError> {
        let wrong = || CohortError::Syntax {
            text: text.to_owned(),
            expected: "QUANTITY=COLUMN:UNIT with a quantity of `response --help`, e.g. albumin=Alb:g/L",
        };
        let (stem, rest) = text.split_once('=').ok_or_else(wrong)?;
        let (column, unit) = rest.rsplit_once(':').unwrap_or((rest, ""));
        let quantity = QUANTITIES.iter().find(|quantity| quantity.stem == stem).ok_or_else(wrong)?;
        if column.is_empty() {
            return Err(wrong());
        }
        quantity.unit(unit).ok_or_else(|| quantity.refused(text, column))?;
        Ok(Source { stem: stem.to_owned(), column: column.to_owned(), unit: unit.to_owned() })
    }
}

impl Quantity {
    /// Units it is read in, e.g. `g/dL or g/L`.
    pub fn units(&self) -> String {
        self.units.iter().map(|unit| unit.1).collect::<Vec<_>>().join(" or ")
    }

    /// Lowest and highest value that a patient can have, in the first unit.
    pub fn plausible(&self) -> [f64; 2] {
        self.plausible
    }

    /// Columns it is read from.
    pub fn columns(&self) -> Vec<String> {
        self.units.iter().map(|unit| self.column(unit)).collect()
    }

    fn column(&self, unit: &Unit) -> String {
        if unit.0.is_empty() { self.stem.to_owned() } else { format!("{}_{}", self.stem, unit.0) }
    }

    fn unit(&self, written: &str) -> Option<&'static Unit> {
        let plain = |text: &str| text.to_lowercase().replace(' ', "").replace("µ", "u");
        self.units.iter().find(|unit| plain(unit.1) == plain(written) || unit.0 == written)
    }

    fn refused(&self, path: &str, column: &str) -> CohortError {
        CohortError::Unit {
            path: path.to_owned(),
            column: column.to_owned(),
            expected: self.units(),
            example: format!("{}={column}:{}", self.stem, self.units[0].1),
        }
    }

    /// The column and unit of this quantity in a table; none where it is not there.
    fn find(&self, table: &Table, sources: &[Source]) -> Result<Option<(String, &'static Unit)>, CohortError> {
        let mut found: Vec<(String, &'static Unit)> = Vec::new();
        for source in sources.iter().filter(|source| source.stem == self.stem) {
            let unit = self.unit(&source.unit).ok_or_else(|| self.refused(table.source(), &source.column))?;
            found.push((source.column.clone(), unit));
        }
        if found.is_empty() {
            let named = self.units.iter().map(|unit| (self.column(unit), unit));
            found.extend(named.filter(|(column, _)| table.has(column)));
        }
        match found.len() {
            0 if table.has(self.stem) => Err(self.refused(table.source(), self.stem)),
            0 => Ok(None),
            1 => Ok(found.pop()),
            _ => Err(CohortError::TwoColumns {
                path: table.source().to_owned(),
                what: self.what.to_owned(),
                columns: found.into_iter().map(|(column, _)| column).collect(),
            }),
        }
    }

    /// Its values in the unit of [`Labs`], a row each; empty where the table does not have it.
    fn read(&self, table: &Table, sources: &[Source]) -> Result<Vec<Option<f64>>, CohortError> {
        let Some((column, (_, unit, [numerator, denominator]))) = self.find(table, sources)? else {
            return Ok(Vec::new());
        };
        let mut values = table.numbers(&column)?;
        for (row, value) in values.iter_mut().enumerate() {
            let Some(given) = *value else { continue };
            // divided where the unit is a tenth, so that 15 g/L is 1.5 g/dL to the last digit
            let ours = given * numerator / denominator;
            if !(self.plausible[0]..=self.plausible[1]).contains(&ours) {
                let [low, high] = self.plausible.map(|limit| limit * denominator / numerator);
                return Err(CohortError::Value {
                    path: table.source().to_owned(),
                    column,
                    value: given.to_string(),
                    who: format!("row {}", row + 2),
                    expected: format!("{low} to {high} {unit}; check the unit").replace("  ", " "),
                });
            }
            *value = Some(ours);
        }
        Ok(values)
    }
}

/// Puts every quantity of a table into `labs`, a row each.
///
/// # Errors
/// A quantity without a unit or in two columns, text in number columns, values that no patient has.
pub fn read(table: &Table, sources: &[Source], labs: &mut [Labs]) -> Result<Vec<Warning>, CohortError> {
    let mut warnings = Vec::new();
    for quantity in QUANTITIES {
        let values = quantity.read(table, sources)?;
        if values.is_empty() {
            warnings.extend(quantity.overlooked(table));
        }
        for (labs, value) in labs.iter_mut().zip(values) {
            *(quantity.field)(labs) = value;
        }
    }
    Ok(warnings)
}

impl Quantity {
    /// Columns that begin like a quantity that is not there, and so may be meant for it.
    fn overlooked(&self, table: &Table) -> Option<Warning> {
        let other = |column: &str| QUANTITIES.iter().any(|q| q.stem != self.stem && column.starts_with(q.stem));
        let like = |column: &String| column.starts_with(&format!("{}_", self.stem)) && !other(column);
        let columns: Vec<String> = table.columns().into_iter().filter(like).collect();
        if columns.is_empty() {
            return None;
        }
        let expected = self.columns().join(" or ");
        Some(Warning::new(
            "column-not-read",
            format!("{} is read from {expected}, not from {}", self.what, columns.join(", ")),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labs(column: &str, value: &str, sources: &[Source]) -> Result<Labs, CohortError> {
        let table = Table::from_columns("t.csv", vec![(column.to_owned(), vec![Some(value.to_owned())])])?;
        let mut labs = [Labs::default()];
        read(&table, sources, &mut labs)?;
        Ok(labs[0])
    }

    #[test]
    fn one_amount_in_each_unit_is_one_value() {
        for (column, value) in
            [("m_protein_serum_g_dl", "1.5"), ("m_protein_serum_g_l", "15"), ("m_protein_serum_mg_dl", "1500")]
        {
            assert_eq!(labs(column, value, &[]).unwrap().serum_m_g_dl, Some(1.5), "{column}");
        }
        for (column, value) in [("m_protein_urine_mg_24h", "200"), ("m_protein_urine_g_24h", "0.2")] {
            assert_eq!(labs(column, value, &[]).unwrap().urine_m_mg_24h, Some(200.0), "{column}");
        }
        for (column, value) in [("flc_kappa_mg_l", "165"), ("flc_kappa_mg_dl", "16.5")] {
            assert_eq!(labs(column, value, &[]).unwrap().kappa_mg_l, Some(165.0), "{column}");
        }
        assert_eq!(labs("b2m_mg_dl", "0.55", &[]).unwrap().b2m_mg_l, Some(5.5));
        assert_eq!(labs("albumin_g_l", "35", &[]).unwrap().albumin_g_dl, Some(3.5));
        assert_eq!(labs("plasmacytoma_spd_cm2", "4", &[]).unwrap().plasmacytoma_spd_mm2, Some(400.0));
        assert_eq!(labs("circulating_plasma_cells_1e9_l", "0.2", &[]).unwrap().circulating_per_ul, Some(200.0));
    }

    #[test]
    fn a_column_of_any_name_is_read_in_the_unit_that_is_said() {
        let said = [Source::parse("albumin=Alb:g/L").unwrap()];
        assert_eq!(labs("Alb", "35", &said).unwrap().albumin_g_dl, Some(3.5));
        let said = [Source::parse("m_protein_urine=U-M:1:g/24h").unwrap()];
        assert_eq!(labs("U-M:1", "0.5", &said).unwrap().urine_m_mg_24h, Some(500.0));
        for wrong in ["albumin", "alb=Alb:g/L", "albumin=:g/L"] {
            assert!(matches!(Source::parse(wrong), Err(CohortError::Syntax { .. })), "{wrong}");
        }
        assert!(matches!(Source::parse("albumin=Alb:mmol/L"), Err(CohortError::Unit { .. })));
    }

    #[test]
    fn what_has_no_unit_or_cannot_be_in_it_is_refused() {
        assert!(matches!(labs("albumin", "3.5", &[]), Err(CohortError::Unit { .. })));
        // 38 is albumin in g/L
        let error = labs("albumin_g_dl", "38", &[]).unwrap_err().to_string();
        assert!(error.contains("0.5 to 8 g/dL; check the unit"), "{error}");
        assert!(labs("m_protein_serum_g_dl", "-1", &[]).is_err());
        assert!(labs("b2m_mg_l", "0.25", &[]).is_err());
        let table = Table::from_columns(
            "t.csv",
            vec![
                ("albumin_g_dl".to_owned(), vec![Some("3.5".to_owned())]),
                ("albumin_g_l".to_owned(), vec![Some("35".to_owned())]),
            ],
        );
        let mut labs = [Labs::default()];
        assert!(matches!(read(&table.unwrap(), &[], &mut labs), Err(CohortError::TwoColumns { .. })));
    }

    #[test]
    fn a_column_that_looks_like_a_quantity_and_is_not_read_is_said() {
        let table = |column: &str| Table::from_columns("t.csv", vec![(column.to_owned(), vec![Some("3".to_owned())])]);
        let said = |column: &str| read(&table(column).unwrap(), &[], &mut [Labs::default()]).unwrap();
        assert!(said("albumin_mmol").iter().any(|warning| warning.to_string().contains("albumin_mmol")));
        // the limit of LDH is no LDH
        let table =
            |column: &str| Table::from_columns("t.csv", vec![(column.to_owned(), vec![Some("240".to_owned())])]);
        assert!(read(&table("ldh_uln").unwrap(), &[], &mut [Labs::default()]).unwrap().is_empty());
    }
}
