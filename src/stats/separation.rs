//! Separation: whether the maximum-likelihood estimate of a logistic model exists, decided before fitting.
//!
//! With z_i = +x_i for positive and -x_i for negative patients, the likelihood never falls along a direction b with
//! z_i'b >= 0 for every patient (Albert and Anderson 1984, doi:10.1093/biomet/71.1.1). Such directions are searched by
//! linear programming within the box |b| <= 1 (Konis 2007): none but zero, the estimate exists; one with z_i'b > 0
//! throughout, separation is complete; else quasi-complete. For each coefficient a further program in either sense
//! says whether it can diverge. The programs have the origin as a feasible start, so a plain tableau simplex does.

use super::StatsError;
use super::design::Design;

/// How far the classes are separated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The classes overlap: the estimate exists.
    None,
    /// A hyperplane separates the classes but for patients that lie on it.
    Quasi,
    /// A hyperplane separates the classes.
    Complete,
}

impl Kind {
    /// `none`, `quasi` or `complete`.
    pub fn name(self) -> &'static str {
        match self {
            Kind::None => "none",
            Kind::Quasi => "quasi",
            Kind::Complete => "complete",
        }
    }
}

/// The verdict and, for each coefficient, where it can go.
#[derive(Debug, Clone, PartialEq)]
pub struct Separation {
    /// Verdict.
    pub kind: Kind,
    /// Coefficients with the intercept first; empty without separation.
    pub coefficients: Vec<Divergence>,
}

/// Where one coefficient can go without loss of likelihood.
#[derive(Debug, Clone, PartialEq)]
pub struct Divergence {
    /// `(intercept)` or the column.
    pub name: String,
    /// It can grow without bound.
    pub to_plus_infinity: bool,
    /// It can fall without bound.
    pub to_minus_infinity: bool,
}

impl Separation {
    /// Columns that separate: those that diverge in one sense only, or, where there is none, all that diverge.
    pub fn columns(&self) -> Vec<String> {
        let pick = |wanted: fn(&Divergence) -> bool| -> Vec<String> {
            self.coefficients.iter().skip(1).filter(|d| wanted(d)).map(|d| d.name.clone()).collect()
        };
        let certain = pick(|d| d.to_plus_infinity != d.to_minus_infinity);
        if certain.is_empty() { pick(|d| d.to_plus_infinity || d.to_minus_infinity) } else { certain }
    }
}

/// Objective above which a direction counts, where every z has largest element 1.
const POSITIVE: f64 = 1e-8;

/// The verdict with the divergence of every coefficient.
pub fn detect(design: &Design, positive: &[bool]) -> Result<Separation, StatsError> {
    super::error::same_length("separation check", design.rows(), positive.len())?;
    let z = signed_rows(design, positive);
    let k = design.width();
    if maximise(&z, k, &column_sums(&z, k), false)? <= POSITIVE {
        return Ok(Separation { kind: Kind::None, coefficients: Vec::new() });
    }
    let margin = maximise(&z, k, &vec![0.0; k], true)?;
    let kind = if margin > POSITIVE { Kind::Complete } else { Kind::Quasi };
    let mut coefficients = Vec::with_capacity(k);
    for j in 0..k {
        let mut objective = vec![0.0; k];
        objective[j] = 1.0;
        if j == 0 {
            // the intercept of the data, not of the centred columns
            for (o, (c, s)) in objective[1..].iter_mut().zip(design.centre().iter().zip(design.scale())) {
                *o = -c / s;
            }
        }
        let size = objective.iter().fold(0.0f64, |m, v| m.max(v.abs()));
        objective.iter_mut().for_each(|v| *v /= size);
        let to_plus_infinity = maximise(&z, k, &objective, false)? > POSITIVE;
        objective.iter_mut().for_each(|v| *v = -*v);
        let to_minus_infinity = maximise(&z, k, &objective, false)? > POSITIVE;
        let name = if j == 0 { "(intercept)".to_owned() } else { design.names()[j - 1].clone() };
        coefficients.push(Divergence { name, to_plus_infinity, to_minus_infinity });
    }
    Ok(Separation { kind, coefficients })
}

/// Whether the data are separated at all; one program instead of many.
pub fn is_separated(design: &Design, positive: &[bool]) -> Result<bool, StatsError> {
    super::error::same_length("separation check", design.rows(), positive.len())?;
    let z = signed_rows(design, positive);
    Ok(maximise(&z, design.width(), &column_sums(&z, design.width()), false)? > POSITIVE)
}

/// Rows with the sign of their class, each scaled to largest element 1.
fn signed_rows(design: &Design, positive: &[bool]) -> Vec<f64> {
    let k = design.width();
    let mut z = design.matrix().to_vec();
    for (row, &p) in z.chunks_exact_mut(k).zip(positive) {
        let size = row.iter().fold(0.0f64, |m, v| m.max(v.abs()));
        let factor = if p { 1.0 / size } else { -1.0 / size };
        row.iter_mut().for_each(|v| *v *= factor);
    }
    z
}

fn column_sums(z: &[f64], k: usize) -> Vec<f64> {
    let mut sums = vec![0.0; k];
    for row in z.chunks_exact(k) {
        sums.iter_mut().zip(row).for_each(|(s, v)| *s += v);
    }
    sums
}

/// Largest `objective'b` over z_i'b >= 0 and |b_j| <= 1; with `margin` the largest t with z_i'b >= t instead.
///
/// b is split in u - v with 0 <= u, v <= 1. The tableau keeps the non-basic columns only.
fn maximise(z: &[f64], k: usize, objective: &[f64], margin: bool) -> Result<f64, StatsError> {
    let rows = z.len() / k;
    let columns = 2 * k + usize::from(margin);
    let width = columns + 1;
    let height = rows + 2 * k + 1;
    let mut t = vec![0.0; height * width];
    for (i, row) in z.chunks_exact(k).enumerate() {
        for (j, &v) in row.iter().enumerate() {
            t[i * width + j] = -v;
            t[i * width + k + j] = v;
        }
        if margin {
            t[i * width + 2 * k] = 1.0;
        }
    }
    for j in 0..2 * k {
        t[(rows + j) * width + j] = 1.0;
        t[(rows + j) * width + columns] = 1.0;
    }
    let last = (height - 1) * width;
    if margin {
        t[last + 2 * k] = -1.0;
    } else {
        for j in 0..k {
            t[last + j] = -objective[j];
            t[last + k + j] = objective[j];
        }
    }
    simplex(&mut t, height, width)
}

/// Runs the simplex on a feasible condensed tableau (objective row last, right-hand side in the last column).
fn simplex(t: &mut [f64], height: usize, width: usize) -> Result<f64, StatsError> {
    const EPS: f64 = 1e-11;
    let (m, n) = (height - 1, width - 1);
    let mut basic: Vec<usize> = (n..n + m).collect();
    let mut free: Vec<usize> = (0..n).collect();
    let patience = 4 * n;
    for pivots in 0..100 * (m + n) {
        // the steepest column first; Bland's order once degeneracy has used up the patience, so that no cycle remains
        let negative = (0..n).filter(|&j| t[m * width + j] < -EPS);
        let entering = if pivots < patience {
            negative.min_by(|&a, &b| t[m * width + a].total_cmp(&t[m * width + b]))
        } else {
            negative.min_by_key(|&j| free[j])
        };
        let Some(column) = entering else { return Ok(t[m * width + n]) };
        let mut leaving: Option<(usize, f64)> = None;
        for i in 0..m {
            let a = t[i * width + column];
            if a > 1e-9 {
                let ratio = t[i * width + n].max(0.0) / a;
                let better = leaving
                    .is_none_or(|(r, best)| ratio < best - 1e-13 || (ratio <= best + 1e-13 && basic[i] < basic[r]));
                if better {
                    leaving = Some((i, ratio));
                }
            }
        }
        // the box bounds every column; a column without a limit is one of rounding errors
        let Some((row, _)) = leaving else {
            t[m * width + column] = 0.0;
            continue;
        };
        pivot(t, height, width, row, column);
        std::mem::swap(&mut basic[row], &mut free[column]);
    }
    Err(StatsError::NotConverged { what: "the separation check", score: f64::NAN })
}

/// Exchanges a basic and a non-basic variable.
fn pivot(t: &mut [f64], height: usize, width: usize, row: usize, column: usize) {
    let inverse = 1.0 / t[row * width + column];
    for j in 0..width {
        if j != column {
            t[row * width + j] *= inverse;
        }
    }
    t[row * width + column] = inverse;
    let (above, rest) = t.split_at_mut(row * width);
    let (pivot_row, below) = rest.split_at_mut(width);
    for other in above.chunks_exact_mut(width).chain(below.chunks_exact_mut(width)) {
        let factor = other[column];
        if factor == 0.0 {
            continue;
        }
        for (j, (o, p)) in other.iter_mut().zip(pivot_row.iter()).enumerate() {
            if j == column { *o = -factor * inverse } else { *o -= factor * p }
        }
    }
    debug_assert_eq!(height * width, above.len() + width + below.len());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn design(columns: &[Vec<f64>]) -> Design {
        let names: Vec<String> = (0..columns.len()).map(|i| format!("c{i}")).collect();
        Design::new(&names, columns).unwrap()
    }

    const Y: [bool; 6] = [false, false, false, true, true, true];

    #[test]
    fn overlap_quasi_and_complete_are_told_apart() {
        let kind = |x: [f64; 6]| detect(&design(&[x.to_vec()]), &Y).unwrap().kind;
        assert_eq!(kind([1.0, 2.0, 4.0, 3.0, 5.0, 6.0]), Kind::None);
        assert_eq!(kind([1.0, 2.0, 3.0, 3.0, 5.0, 6.0]), Kind::Quasi);
        assert_eq!(kind([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), Kind::Complete);
    }

    #[test]
    fn the_column_and_the_sense_of_divergence_are_named() {
        let found = detect(&design(&[vec![6.0, 5.0, 4.0, 3.0, 2.0, 1.0]]), &Y).unwrap();
        let slope = &found.coefficients[1];
        assert_eq!((slope.to_plus_infinity, slope.to_minus_infinity), (false, true));
        let intercept = &found.coefficients[0];
        assert_eq!((intercept.to_plus_infinity, intercept.to_minus_infinity), (true, false));
        assert_eq!(found.columns(), vec!["c0"]);
    }

    #[test]
    fn a_binary_column_with_an_empty_cell_separates_quasi_completely() {
        let binary = vec![0.0, 0.0, 0.0, 0.0, 1.0, 1.0];
        let overlapping = vec![1.0, 5.0, 3.0, 2.0, 4.0, 1.5];
        let found = detect(&design(&[overlapping, binary]), &Y).unwrap();
        assert_eq!(found.kind, Kind::Quasi);
        assert_eq!(found.columns(), vec!["c1"]);
        assert!(!found.coefficients[1].to_plus_infinity && !found.coefficients[1].to_minus_infinity);
    }
}
