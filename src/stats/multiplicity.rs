//! p-values that hold for a whole family of tests: Holm, Hochberg, Benjamini and Hochberg.
//!
//! Holm (1979) keeps the chance of any false finding below the level whatever the tests share; Hochberg (1988,
//! doi:10.1093/biomet/75.4.800) needs tests that are independent or positively related; Benjamini and Hochberg (1995,
//! doi:10.1111/j.2517-6161.1995.tb02031.x) bound the expected share of false findings instead.

/// Adjusted p-values in the order given. Absent p-values stay absent and do not count as tests.
pub fn holm(p: &[Option<f64>]) -> Vec<Option<f64>> {
    let mut order: Vec<(usize, f64)> = p.iter().enumerate().filter_map(|(i, p)| p.map(|p| (i, p))).collect();
    order.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut adjusted = vec![None; p.len()];
    let mut floor = 0.0f64;
    for (rank, &(i, p)) in order.iter().enumerate() {
        floor = floor.max(p * (order.len() - rank) as f64).min(1.0);
        adjusted[i] = Some(floor);
    }
    adjusted
}

/// Hochberg's step-up adjustment.
pub fn hochberg(p: &[Option<f64>]) -> Vec<Option<f64>> {
    step_up(p, |rank, n| (n - rank) as f64)
}

/// Benjamini and Hochberg's false discovery rate.
pub fn benjamini_hochberg(p: &[Option<f64>]) -> Vec<Option<f64>> {
    step_up(p, |rank, n| n as f64 / (rank + 1) as f64)
}

/// From the largest p down, each the smallest so far of p times its factor; `rank` counts from 0.
fn step_up(p: &[Option<f64>], factor: impl Fn(usize, usize) -> f64) -> Vec<Option<f64>> {
    let mut order: Vec<(usize, f64)> = p.iter().enumerate().filter_map(|(i, p)| p.map(|p| (i, p))).collect();
    order.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut adjusted = vec![None; p.len()];
    let mut ceiling = 1.0f64;
    for (rank, &(i, p)) in order.iter().enumerate().rev() {
        ceiling = ceiling.min(p * factor(rank, order.len()));
        adjusted[i] = Some(ceiling);
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_p_stays_as_it_is_when_stepping_up() {
        let p = [Some(0.01), Some(0.04), None, Some(0.03)];
        let close = |found: Vec<Option<f64>>, expected: [Option<f64>; 4]| {
            let same = |(f, e): (&Option<f64>, Option<f64>)| {
                f.is_some() == e.is_some() && (f.unwrap_or(0.0) - e.unwrap_or(0.0)).abs() < 1e-15
            };
            assert!(found.iter().zip(expected).all(same), "{found:?}");
        };
        close(hochberg(&p), [Some(0.03), Some(0.04), None, Some(0.04)]);
        close(benjamini_hochberg(&p), [Some(0.03), Some(0.04), None, Some(0.04)]);
    }

    #[test]
    fn a_known_family_is_adjusted_step_by_step() {
        let found = holm(&[Some(0.01), Some(0.04), None, Some(0.03), Some(0.005)]);
        let expected = [Some(0.03), Some(0.06), None, Some(0.06), Some(0.02)];
        for (f, e) in found.iter().zip(expected) {
            assert_eq!(f.is_some(), e.is_some());
            assert!((f.unwrap_or(0.0) - e.unwrap_or(0.0)).abs() < 1e-15);
        }
    }

    #[test]
    fn nothing_exceeds_one() {
        assert_eq!(holm(&[Some(0.9), Some(0.8)]), vec![Some(1.0), Some(1.0)]);
    }
}
