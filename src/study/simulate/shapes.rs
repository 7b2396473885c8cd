//! Continuous shapes in scanner space (mm, RAS+): what the simulated anatomy is made of.
//!
//! Each shape has a *depth*: positive inside, negative outside, and never changing faster than the position does
//! (Lipschitz constant 1). So `depth > r` proves that a ball of radius r lies inside, and `depth < -r` that it lies
//! outside; only voxels between the two need to be sampled. For blocks and balls the depth is the true distance to the
//! surface, which makes erosion by a distance exact.

/// A point or extent in mm, RAS+.
pub(crate) type Point = [f64; 3];

/// A solid with an analytic surface.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Form {
    /// Axis-aligned ellipsoid.
    Ellipsoid {
        /// Centre.
        centre: Point,
        /// Semi-axes.
        radii: Point,
    },
    /// Box with rounded edges, tilted about the left-right axis: a vertebral body, a disc.
    Block {
        /// Centre.
        centre: Point,
        /// Half sides, rounding included.
        half: Point,
        /// Radius of edges and corners.
        rounding: f64,
        /// Cosine and sine of the tilt in the sagittal plane.
        tilt: [f64; 2],
    },
    /// Elliptic column between two heights: trunk, limbs, muscles.
    Column {
        /// Centre in the axial plane (x, y).
        centre: [f64; 2],
        /// Semi-axes in the axial plane.
        radii: [f64; 2],
        /// Lower and upper end (z).
        ends: [f64; 2],
    },
}

impl Form {
    /// Ball of one radius.
    pub(crate) fn ball(centre: Point, radius: f64) -> Form {
        Form::Ellipsoid { centre, radii: [radius; 3] }
    }

    /// Depth below the surface, mm: positive inside; a lower bound of the distance, exact for blocks and balls.
    pub(crate) fn depth(&self, p: Point) -> f64 {
        match self {
            Form::Ellipsoid { centre, radii } => {
                let scaled: f64 = (0..3).map(|a| ((p[a] - centre[a]) / radii[a]).powi(2)).sum();
                let least = radii.iter().copied().fold(f64::INFINITY, f64::min);
                (1.0 - scaled.sqrt()) * least
            }
            Form::Block { centre, half, rounding, tilt: [cos, sin] } => {
                let d = [p[0] - centre[0], p[1] - centre[1], p[2] - centre[2]];
                let local = [d[0], cos * d[1] + sin * d[2], -sin * d[1] + cos * d[2]];
                let q: Point = std::array::from_fn(|a| local[a].abs() - (half[a] - rounding));
                let outside = q.iter().map(|v| v.max(0.0).powi(2)).sum::<f64>().sqrt();
                let inside = q[0].max(q[1]).max(q[2]).min(0.0);
                rounding - outside - inside
            }
            Form::Column { centre, radii, ends } => {
                let scaled = ((p[0] - centre[0]) / radii[0]).powi(2) + ((p[1] - centre[1]) / radii[1]).powi(2);
                let radial = (1.0 - scaled.sqrt()) * radii[0].min(radii[1]);
                radial.min(p[2] - ends[0]).min(ends[1] - p[2])
            }
        }
    }

    /// Smallest and largest corner of a box around the shape.
    pub(crate) fn bounds(&self) -> [Point; 2] {
        match self {
            Form::Ellipsoid { centre, radii } => {
                [std::array::from_fn(|a| centre[a] - radii[a]), std::array::from_fn(|a| centre[a] + radii[a])]
            }
            Form::Block { centre, half, tilt: [cos, sin], .. } => {
                let reach =
                    [half[0], cos.abs() * half[1] + sin.abs() * half[2], sin.abs() * half[1] + cos.abs() * half[2]];
                [std::array::from_fn(|a| centre[a] - reach[a]), std::array::from_fn(|a| centre[a] + reach[a])]
            }
            Form::Column { centre, radii, ends } => [
                [centre[0] - radii[0], centre[1] - radii[1], ends[0]],
                [centre[0] + radii[0], centre[1] + radii[1], ends[1]],
            ],
        }
    }

    /// Volume in mL.
    pub(crate) fn volume_ml(&self) -> f64 {
        use std::f64::consts::PI;
        let mm3 = match self {
            Form::Ellipsoid { radii, .. } => 4.0 / 3.0 * PI * radii.iter().product::<f64>(),
            Form::Block { half, rounding: r, .. } => {
                let [a, b, c]: Point = std::array::from_fn(|axis| 2.0 * (half[axis] - r));
                a * b * c + 2.0 * r * (a * b + b * c + c * a) + PI * r * r * (a + b + c) + 4.0 / 3.0 * PI * r.powi(3)
            }
            Form::Column { radii, ends, .. } => PI * radii[0] * radii[1] * (ends[1] - ends[0]),
        };
        mm3 / 1000.0
    }

    /// The shape drawn in by `inset` mm on every side and then scaled about its centre; `None` where nothing is left.
    pub(crate) fn inset_scaled(&self, inset: f64, scale: f64) -> Option<Form> {
        let shrink = |side: f64| (side - inset) * scale;
        match self {
            Form::Ellipsoid { centre, radii } => {
                let radii = radii.map(shrink);
                radii.iter().all(|&r| r > 1.0).then_some(Form::Ellipsoid { centre: *centre, radii })
            }
            Form::Block { centre, half, rounding, tilt } => {
                let half = half.map(shrink);
                let rounding = (rounding * scale).min(half.iter().copied().fold(f64::INFINITY, f64::min));
                half.iter().all(|&h| h > 1.0).then_some(Form::Block { centre: *centre, half, rounding, tilt: *tilt })
            }
            Form::Column { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body() -> Form {
        let (sin, cos) = 0.1_f64.sin_cos();
        Form::Block { centre: [3.0, -40.0, 10.0], half: [24.0, 17.0, 13.5], rounding: 5.0, tilt: [cos, sin] }
    }

    /// Share of fine lattice points inside a box that lie deeper than `depth`, as a volume.
    fn counted_ml(form: &Form, depth: f64) -> f64 {
        let [low, high] = form.bounds();
        let step = 0.5;
        let count = |a: usize| ((high[a] - low[a]) / step).ceil() as usize;
        let mut n = 0_usize;
        for i in 0..count(0) {
            for j in 0..count(1) {
                for k in 0..count(2) {
                    let p = [i, j, k].map(|v| (v as f64 + 0.5) * step);
                    n += usize::from(form.depth([low[0] + p[0], low[1] + p[1], low[2] + p[2]]) > depth);
                }
            }
        }
        n as f64 * step.powi(3) / 1000.0
    }

    #[test]
    fn volumes_agree_with_counting_points() {
        let forms = [
            body(),
            Form::ball([0.0; 3], 9.0),
            Form::Ellipsoid { centre: [1.0, 2.0, 3.0], radii: [20.0, 9.0, 14.0] },
            Form::Column { centre: [0.0, 5.0], radii: [12.0, 8.0], ends: [-10.0, 15.0] },
        ];
        for form in forms {
            let (counted, exact) = (counted_ml(&form, 0.0), form.volume_ml());
            assert!((counted / exact - 1.0).abs() < 0.005, "{form:?}: {counted} against {exact}");
        }
    }

    #[test]
    fn a_block_eroded_by_its_depth_is_the_smaller_block() {
        let eroded =
            Form::Block { centre: [3.0, -40.0, 10.0], half: [21.0, 14.0, 10.5], rounding: 2.0, tilt: [1.0, 0.0] };
        assert!((counted_ml(&body(), 3.0) / eroded.volume_ml() - 1.0).abs() < 0.005);
    }

    #[test]
    fn depth_never_changes_faster_than_the_position() {
        let forms = [body(), Form::Ellipsoid { centre: [0.0; 3], radii: [30.0, 10.0, 20.0] }];
        for form in forms {
            for n in 0..2000 {
                let t = n as f64;
                let p = [30.0 * (t * 0.7).sin(), -30.0 + 30.0 * (t * 1.3).cos(), 25.0 * (t * 0.37).sin()];
                let q = [p[0] + 0.3, p[1] - 0.2, p[2] + 0.1];
                assert!((form.depth(p) - form.depth(q)).abs() <= 0.14_f64.sqrt() + 1e-12);
            }
        }
    }
}
