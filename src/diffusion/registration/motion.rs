//! Motions of several parts of a body put together: each part moves rigidly, between two parts the places are blended.

use crate::image::Affine;

/// How far a part reaches along the superior axis of the baseline's world.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Extent {
    /// Lowest z, mm, RAS+.
    pub low_mm: f64,
    /// Highest z, mm, RAS+.
    pub high_mm: f64,
}

/// One part and its motion.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Piece {
    /// Where it lies.
    pub extent: Extent,
    /// Baseline world to follow-up world, mm, RAS+.
    pub affine: Affine,
}

/// Where each place of the baseline is at follow-up.
#[derive(Debug, Clone, PartialEq)]
pub struct Motion {
    /// From the lowest to the highest.
    pieces: Vec<Piece>,
}

impl Motion {
    /// One motion for the whole body.
    pub fn whole(affine: Affine) -> Motion {
        let extent = Extent { low_mm: f64::NEG_INFINITY, high_mm: f64::INFINITY };
        Motion { pieces: vec![Piece { extent, affine }] }
    }

    /// Of parts in any order; none of nothing.
    pub fn of(mut pieces: Vec<Piece>) -> Option<Motion> {
        let middle = |piece: &Piece| piece.extent.low_mm + piece.extent.high_mm;
        pieces.sort_by(|a, b| middle(a).total_cmp(&middle(b)));
        (!pieces.is_empty()).then_some(Motion { pieces })
    }

    /// Where the tissue of a place (mm, RAS+) is at follow-up. Where neighbouring parts overlap, or leave a gap, both
    /// motions count in proportion; beyond the first and the last part theirs holds.
    pub fn at(&self, place_mm: [f64; 3]) -> [f64; 3] {
        let z = place_mm[2];
        let mut here = self.pieces.first().map_or(Affine::IDENTITY, |piece| piece.affine);
        for pair in self.pieces.windows(2) {
            let [low, high] = [pair[0].extent.high_mm, pair[1].extent.low_mm];
            let (from, to) = (low.min(high), low.max(high));
            if z < from {
                break;
            }
            if z >= to {
                here = pair[1].affine;
                continue;
            }
            let share = (z - from) / (to - from);
            let (below, above) = (pair[0].affine.apply(place_mm), pair[1].affine.apply(place_mm));
            return std::array::from_fn(|r| (1.0 - share) * below[r] + share * above[r]);
        }
        here.apply(place_mm)
    }

    /// Largest distance (mm) by which two neighbouring parts disagree about the place midway between them, at `x`, `y` of the
    /// world.
    pub fn largest_step_mm(&self, x: f64, y: f64) -> f64 {
        let step = |pair: &[Piece]| {
            let at = [x, y, 0.5 * (pair[0].extent.high_mm + pair[1].extent.low_mm)];
            let (below, above) = (pair[0].affine.apply(at), pair[1].affine.apply(at));
            (0..3).map(|r| (below[r] - above[r]).powi(2)).sum::<f64>().sqrt()
        };
        self.pieces.windows(2).map(step).fold(0.0, f64::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(low_mm: f64, high_mm: f64, shift: f64) -> Piece {
        let mut affine = Affine::IDENTITY;
        affine.rows[0][3] = shift;
        Piece { extent: Extent { low_mm, high_mm }, affine }
    }

    #[test]
    fn parts_move_alone_and_blend_in_overlaps_and_gaps() {
        // overlap from 90 to 110 mm, gap from 200 to 210 mm
        let motion =
            Motion::of(vec![piece(210.0, 300.0, 6.0), piece(0.0, 110.0, 0.0), piece(90.0, 200.0, 4.0)]).unwrap();
        let x = |z: f64| motion.at([1.0, 0.0, z])[0];
        for (z, want) in
            [(-50.0, 1.0), (50.0, 1.0), (95.0, 2.0), (100.0, 3.0), (150.0, 5.0), (205.0, 6.0), (400.0, 7.0)]
        {
            assert!((x(z) - want).abs() < 1e-12, "{z}: {}", x(z));
        }
        assert!((motion.largest_step_mm(0.0, 0.0) - 4.0).abs() < 1e-12);
        assert!(Motion::of(Vec::new()).is_none());
    }
}
