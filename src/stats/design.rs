//! The design of a logistic model: columns brought to mean 0 and standard deviation 1, an intercept in front.
//!
//! Models are fitted on this scale, where a convergence criterion means the same for a percentage and for a diffusion
//! coefficient, and given back on the scale of the data. A constant column and a column that others determine (the
//! part of its variance that they leave is below 1e-10) are refused by name.

use std::sync::Arc;

use super::StatsError;
use super::error::{all_finite, same_length};

/// Standardised columns with an intercept.
#[derive(Debug, Clone, PartialEq)]
pub struct Design {
    /// Shared by the designs of all resamples.
    names: Arc<[String]>,
    rows: usize,
    /// Row by row, the intercept first: `rows x (columns + 1)`.
    x: Vec<f64>,
    centre: Vec<f64>,
    scale: Vec<f64>,
}

/// Share of a column's variance that others must leave to it.
const COLLINEAR: f64 = 1e-10;

impl Design {
    /// From columns of equal length, without missing values. No column at all leaves the intercept.
    pub fn new(names: &[String], columns: &[Vec<f64>]) -> Result<Design, StatsError> {
        same_length("design", names.len(), columns.len())?;
        let rows = columns.first().map_or(0, Vec::len);
        for (name, column) in names.iter().zip(columns) {
            same_length("design", rows, column.len())?;
            all_finite(&format!("column {name}"), column)?;
        }
        let k = columns.len() + 1;
        let mut x = vec![1.0; rows * k];
        for (j, column) in columns.iter().enumerate() {
            for (i, &value) in column.iter().enumerate() {
                x[i * k + j + 1] = value;
            }
        }
        Design { names: names.into(), rows, x, centre: vec![0.0; k - 1], scale: vec![1.0; k - 1] }.standardised()
    }

    /// The design of the given rows (repeats allowed), standardised anew.
    pub fn of_rows(&self, rows: &[usize]) -> Result<Design, StatsError> {
        let k = self.width();
        let mut x = Vec::with_capacity(rows.len() * k);
        for &row in rows {
            if row >= self.rows {
                return Err(StatsError::RowOutside { index: row, rows: self.rows });
            }
            x.extend_from_slice(self.row(row));
        }
        Design {
            names: Arc::clone(&self.names),
            rows: rows.len(),
            x,
            centre: self.centre.clone(),
            scale: self.scale.clone(),
        }
        .standardised()
    }

    /// Brings the columns to mean 0 and SD 1, remembering centre and scale of the data.
    fn standardised(mut self) -> Result<Design, StatsError> {
        let (k, n) = (self.width(), self.rows as f64);
        for j in 1..k {
            let column = || self.x.iter().skip(j).step_by(k);
            let largest = column().fold(0.0f64, |m, v| m.max(v.abs()));
            // squares of larger ones overflow, of smaller ones vanish
            if largest > 0.0 && !(1e-100..1e100).contains(&largest) {
                return Err(StatsError::Scale { column: self.names[j - 1].clone(), largest });
            }
            let mean = column().sum::<f64>() / n;
            let sd = (column().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
            if sd.is_nan() || sd <= 1e-12 * largest {
                return Err(StatsError::ConstantColumn { column: self.names[j - 1].clone() });
            }
            for v in self.x.iter_mut().skip(j).step_by(k) {
                *v = (*v - mean) / sd;
            }
            self.centre[j - 1] += self.scale[j - 1] * mean;
            self.scale[j - 1] *= sd;
        }
        self.refuse_collinear()?;
        Ok(self)
    }

    /// Cholesky of the correlation matrix: a pivot is what the columns before leave of this one's variance.
    fn refuse_collinear(&self) -> Result<(), StatsError> {
        let k = self.width();
        let p = k - 1;
        let mut factor = vec![0.0; p * p];
        for j in 0..p {
            for l in 0..=j {
                let dot: f64 = (0..self.rows).map(|i| self.x[i * k + j + 1] * self.x[i * k + l + 1]).sum();
                let known: f64 = (0..l).map(|m| factor[j * p + m] * factor[l * p + m]).sum();
                let rest = dot / self.rows as f64 - known;
                if l < j {
                    factor[j * p + l] = rest / factor[l * p + l];
                } else if rest < COLLINEAR {
                    let involved = (0..j).filter(|&m| factor[j * p + m].abs() > 1e-6);
                    let others = involved.map(|m| self.names[m].clone()).collect();
                    return Err(StatsError::Collinear { column: self.names[j].clone(), others });
                } else {
                    factor[j * p + j] = rest.sqrt();
                }
            }
        }
        Ok(())
    }

    /// Names of the columns, without the intercept.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Columns with the intercept.
    pub fn width(&self) -> usize {
        self.names.len() + 1
    }

    /// Standardised values, row by row, the intercept first.
    pub fn matrix(&self) -> &[f64] {
        &self.x
    }

    /// One standardised row, the intercept first.
    pub fn row(&self, i: usize) -> &[f64] {
        let k = self.width();
        &self.x[i * k..(i + 1) * k]
    }

    /// Standard deviations of the columns, in their units.
    pub fn scale(&self) -> &[f64] {
        &self.scale
    }

    /// Means of the columns, in their units.
    pub fn centre(&self) -> &[f64] {
        &self.centre
    }

    /// The matrix scaled but not centred, on which the intercept is that of the data.
    pub(crate) fn uncentred(&self) -> Vec<f64> {
        let k = self.width();
        let mut x = self.x.clone();
        for row in x.chunks_exact_mut(k) {
            for (v, (centre, scale)) in row[1..].iter_mut().zip(self.centre.iter().zip(&self.scale)) {
                *v += centre / scale;
            }
        }
        x
    }

    /// Coefficients on the scale of the data from those on the standardised scale, intercept first.
    pub fn to_data_scale(&self, standardised: &[f64]) -> Vec<f64> {
        let mut out = standardised.to_vec();
        for j in 1..out.len() {
            out[j] /= self.scale[j - 1];
            out[0] -= out[j] * self.centre[j - 1];
        }
        out
    }

    /// Coefficients on the standardised scale from those on the scale of the data, intercept first.
    pub(crate) fn standardise(&self, coefficients: &[f64]) -> Vec<f64> {
        let mut out = coefficients.to_vec();
        for j in 1..out.len() {
            out[0] += coefficients[j] * self.centre[j - 1];
            out[j] *= self.scale[j - 1];
        }
        out
    }

    /// Intercept shift of the uncentred matrix: `sum_j beta_j centre_j / scale_j`.
    pub(crate) fn intercept_shift(&self, standardised: &[f64]) -> f64 {
        (1..standardised.len()).map(|j| standardised[j] * self.centre[j - 1] / self.scale[j - 1]).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(n: usize) -> Vec<String> {
        (0..n).map(|i| format!("c{i}")).collect()
    }

    #[test]
    fn rows_drawn_again_remember_the_scale_of_the_data() {
        let column = vec![1.0, 2.0, 4.0, 8.0];
        let d = Design::new(&names(1), &[column]).unwrap();
        let r = d.of_rows(&[3, 3, 0, 1]).unwrap();
        let direct = Design::new(&names(1), &[vec![8.0, 8.0, 1.0, 2.0]]).unwrap();
        assert!((r.centre()[0] - direct.centre()[0]).abs() < 1e-13);
        assert!((r.scale()[0] - direct.scale()[0]).abs() < 1e-13);
        assert!(matches!(d.of_rows(&[4]), Err(StatsError::RowOutside { index: 4, rows: 4 })));
    }

    #[test]
    fn numbers_whose_squares_are_none_are_refused() {
        for size in [1e300, 1e-300] {
            let e = Design::new(&names(1), &[vec![size, -2.0 * size, 3.0 * size]]);
            assert_eq!(e, Err(StatsError::Scale { column: "c0".into(), largest: 3.0 * size }));
        }
    }

    #[test]
    fn a_constant_column_is_named() {
        let e = Design::new(&names(2), &[vec![1.0, 2.0, 3.0], vec![0.1; 3]]);
        assert_eq!(e, Err(StatsError::ConstantColumn { column: "c1".into() }));
    }

    #[test]
    fn a_sum_of_columns_is_named_with_its_parts() {
        let (a, b) = (vec![1.0, 2.0, 3.0, 5.0], vec![2.0, 1.0, 0.0, 7.0]);
        let sum = a.iter().zip(&b).map(|(x, y)| x + y).collect();
        let e = Design::new(&names(3), &[a, b, sum]);
        assert_eq!(e, Err(StatsError::Collinear { column: "c2".into(), others: vec!["c0".into(), "c1".into()] }));
    }
}
