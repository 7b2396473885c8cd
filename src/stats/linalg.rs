//! Small dense symmetric matrices, row by row in a slice: what a Newton step on a few coefficients needs.
//!
//! Own code because it runs some ten thousand times on 3 x 3 matrices in a bootstrap, without allocating.

/// Replaces the lower triangle of a k x k matrix by its Cholesky factor; false where it is not positive definite.
pub(crate) fn cholesky(a: &mut [f64], k: usize) -> bool {
    for j in 0..k {
        let mut pivot = a[j * k + j];
        for l in 0..j {
            pivot -= a[j * k + l] * a[j * k + l];
        }
        // the bound is relative to what was there before elimination
        if !pivot.is_finite() || pivot <= 1e-14 * a[j * k + j].abs() {
            return false;
        }
        let diagonal = pivot.sqrt();
        a[j * k + j] = diagonal;
        for i in j + 1..k {
            let mut v = a[i * k + j];
            for l in 0..j {
                v -= a[i * k + l] * a[j * k + l];
            }
            a[i * k + j] = v / diagonal;
        }
    }
    true
}

/// Solves L L' x = b in place, from the factor of [`cholesky`].
pub(crate) fn solve(factor: &[f64], b: &mut [f64]) {
    let k = b.len();
    for i in 0..k {
        for l in 0..i {
            b[i] -= factor[i * k + l] * b[l];
        }
        b[i] /= factor[i * k + i];
    }
    for i in (0..k).rev() {
        for l in i + 1..k {
            b[i] -= factor[l * k + i] * b[l];
        }
        b[i] /= factor[i * k + i];
    }
}

/// Inverse of the factored matrix, written whole into `out`.
pub(crate) fn invert(factor: &[f64], out: &mut [f64], column: &mut [f64]) {
    let k = column.len();
    for j in 0..k {
        column.fill(0.0);
        column[j] = 1.0;
        solve(factor, column);
        for i in 0..k {
            out[i * k + j] = column[i];
        }
    }
}

/// Logarithm of the determinant of the factored matrix.
pub(crate) fn log_determinant(factor: &[f64], k: usize) -> f64 {
    2.0 * (0..k).map(|i| factor[i * k + i].ln()).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_solved_system_gives_its_solution_back() {
        let a = [4.0, 2.0, 1.0, 2.0, 5.0, 3.0, 1.0, 3.0, 6.0];
        let mut l = a;
        assert!(cholesky(&mut l, 3));
        let mut b = [4.0 + 4.0 + 3.0, 2.0 + 10.0 + 9.0, 1.0 + 6.0 + 18.0];
        solve(&l, &mut b);
        for (found, expected) in b.iter().zip([1.0, 2.0, 3.0]) {
            assert!((found - expected).abs() < 1e-14);
        }
        assert!((log_determinant(&l, 3) - 67.0f64.ln()).abs() < 1e-14);
    }

    #[test]
    fn a_singular_matrix_is_seen() {
        assert!(!cholesky(&mut [1.0, 2.0, 2.0, 4.0], 2));
        assert!(!cholesky(&mut [f64::NAN], 1));
    }
}
