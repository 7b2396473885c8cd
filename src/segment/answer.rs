//! From a network's answer to labels on its grid.

use super::settings::{Axes, Output, Settings};
use ndarray::{Array3, Array4};
use rayon::prelude::*;

/// Blended answer of a network: shape `[classes, dims]`, axes in the network's order.
#[derive(Debug)]
pub struct Answer {
    /// The numbers.
    pub data: Array4<f32>,
}

/// Labels on the network's grid.
#[derive(Debug)]
pub struct Labelled {
    /// Label of each voxel, axes i, j, k, in the memory order of images.
    pub data: Array3<i32>,
    /// Voxels that more than one class reached; the class of the largest number has them.
    pub n_contested: usize,
}

impl Answer {
    /// The label of each voxel. Of equal numbers the first class counts.
    pub fn labels(&self, settings: &Settings) -> Labelled {
        let Settings { output, classes, axes, .. } = settings;
        let reached = |value: f32| match output {
            Output::Scores => true,
            Output::Sigmoid { threshold } => 1.0 / (1.0 + (-f64::from(value)).exp()) >= *threshold,
            Output::Probability { threshold } => f64::from(value) >= *threshold,
        };
        let dims = self.dims(*axes);
        let mut data = crate::image::filled(dims, 0);
        let place = places(*axes);
        let n_contested = data
            .axis_iter_mut(ndarray::Axis(2))
            .into_par_iter()
            .enumerate()
            .map(|(k, mut slice)| {
                let mut contested = 0;
                for ((i, j), label) in slice.indexed_iter_mut() {
                    let [a, b, c] = place([i, j, k]);
                    let mut best: Option<(f32, i32)> = None;
                    let mut n_reached = 0;
                    for (class, known) in classes.iter().enumerate() {
                        let value = self.data[[class, a, b, c]];
                        if !reached(value) {
                            continue;
                        }
                        n_reached += 1;
                        if best.is_none_or(|(most, _)| value > most) {
                            best = Some((value, known.label));
                        }
                    }
                    contested += usize::from(n_reached > 1);
                    *label = best.map_or(0, |(_, label)| label);
                }
                contested
            })
            .sum();
        Labelled { data, n_contested: if *output == Output::Scores { 0 } else { n_contested } }
    }

    fn dims(&self, axes: Axes) -> [usize; 3] {
        let mut dims = [0; 3];
        for (n, axis) in axes.order().into_iter().enumerate() {
            dims[axis] = self.data.shape()[n + 1];
        }
        dims
    }
}

/// From image indices to those of the network.
fn places(axes: Axes) -> impl Fn([usize; 3]) -> [usize; 3] + Sync {
    move |at| axes.order().map(|axis| at[axis])
}

#[cfg(test)]
mod tests {
    use super::super::settings::{Class, TEMPLATE};
    use super::*;

    #[test]
    fn scores_compete_and_thresholds_leave_the_rest_out() {
        let mut settings = Settings::parse(&TEMPLATE.replace("\"ijk\"", "\"kji\"")).unwrap();
        // axes of the network: 1 x 2 x 3, so 3 x 2 x 1 in the image
        let first = [0.0, 1.0, 2.0, -1.0, 5.0, 0.2];
        let second = [0.0, 2.0, 1.0, -2.0, 6.0, 0.3];
        let data = Array4::from_shape_vec((2, 1, 2, 3), [first, second].concat()).unwrap();
        let answer = Answer { data };
        let in_order = |labelled: &Labelled| labelled.data.t().iter().copied().collect::<Vec<_>>();
        let scores = answer.labels(&settings);
        assert_eq!(scores.data.shape(), [3, 2, 1]);
        assert_eq!((in_order(&scores), scores.n_contested), (vec![0, 41, 0, 0, 41, 41], 0));
        settings.classes[0] = Class { name: "T12".to_owned(), label: 32 };
        settings.output = Output::Sigmoid { threshold: 0.5 };
        let inside = answer.labels(&settings);
        assert_eq!((in_order(&inside), inside.n_contested), (vec![32, 41, 32, 0, 41, 41], 5));
        settings.output = Output::Probability { threshold: 0.25 };
        assert_eq!(in_order(&answer.labels(&settings)), [0, 41, 32, 0, 41, 41]);
    }
}
