//! Holm's step-down adjustment (1979): p-values that hold for a whole family of tests.

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

#[cfg(test)]
mod tests {
    use super::*;

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
