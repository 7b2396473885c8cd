//! A network run over an image piece by piece, its answers blended where pieces overlap.
//!
//! Pieces of one size start at equal steps of at most `size (1 - overlap)`, the first and the last at the borders; an image
//! smaller than a piece lies in its middle, surrounded by zeros (after normalising). An answer counts with a weight by its
//! place in the piece, because a network knows least at the borders of what it sees: 1 everywhere, or a Gaussian with a
//! standard deviation of an eighth of the side, as in nnU-Net (Isensee 2021, doi:10.1038/s41592-020-01008-z). Pieces run in
//! parallel; their answers are added in the order of the pieces, so that results do not depend on the number of threads.

use super::SegmentError;
use ndarray::{Array3, Array4, ArrayView4, Axis, s};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Weight of an answer by its place in the piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Blend {
    /// Falls from the middle of the piece.
    #[default]
    Gaussian,
    /// The same everywhere.
    Uniform,
}

/// Where the pieces lie, in the order of the network's axes.
#[derive(Debug, Clone)]
pub struct Pieces {
    size: [usize; 3],
    starts: [Vec<isize>; 3],
    weights: [Vec<f32>; 3],
}

impl Pieces {
    /// Pieces of `size` voxels over an image of `dims`.
    pub fn over(dims: [usize; 3], size: [usize; 3], overlap: f64, blend: Blend) -> Pieces {
        let starts = std::array::from_fn(|axis| starts(dims[axis], size[axis], overlap));
        let weights = std::array::from_fn(|axis| match blend {
            Blend::Uniform => vec![1.0; size[axis]],
            Blend::Gaussian => gaussian(size[axis]),
        });
        Pieces { size, starts, weights }
    }

    /// Number of pieces.
    pub fn n(&self) -> usize {
        self.starts.iter().map(Vec::len).product()
    }

    /// Voxels of a piece.
    pub fn size(&self) -> [usize; 3] {
        self.size
    }

    /// First voxels of the pieces.
    fn all(&self) -> Vec<[isize; 3]> {
        let [a, b, c] = &self.starts;
        a.iter().flat_map(|&a| b.iter().flat_map(move |&b| c.iter().map(move |&c| [a, b, c]))).collect()
    }
}

fn starts(dim: usize, size: usize, overlap: f64) -> Vec<isize> {
    if dim <= size {
        return vec![-(((size - dim) / 2) as isize)];
    }
    let step = ((size as f64 * (1.0 - overlap)).floor() as usize).max(1);
    let last = dim - size;
    let n = last.div_ceil(step);
    (0..=n).map(|k| ((k * last) as f64 / n as f64).round() as isize).collect()
}

fn gaussian(size: usize) -> Vec<f32> {
    let (middle, deviation) = ((size as f64 - 1.0) / 2.0, size as f64 / 8.0);
    (0..size).map(|n| (-0.5 * ((n as f64 - middle) / deviation).powi(2)).exp() as f32).collect()
}

/// Part of an axis that a piece and the image have in common: in the image, in the piece.
fn common(start: isize, size: usize, dim: usize) -> [std::ops::Range<usize>; 2] {
    let from = start.max(0) as usize;
    let to = (start + size as isize).clamp(0, dim as isize) as usize;
    let inside = (from as isize - start) as usize;
    [from..to, inside..inside + to.saturating_sub(from)]
}

/// The blended answer of `network` on an image of several channels: shape `[n_classes, dims]` of `[channels, dims]`.
///
/// `network` takes `[channels, size]` and gives `[n_classes, size]`; `on_piece` is told of each piece that is through.
///
/// # Errors
/// What the network returns; [`SegmentError::Shape`] where its answer has another shape, [`SegmentError::NotFinite`]
/// where it is no number.
pub fn in_pieces(
    image: ArrayView4<'_, f32>,
    pieces: &Pieces,
    n_classes: usize,
    network: &(dyn Fn(Array4<f32>) -> Result<Array4<f32>, SegmentError> + Sync),
    on_piece: &(dyn Fn() + Sync),
) -> Result<Array4<f32>, SegmentError> {
    let (n_channels, dims) = (image.shape()[0], [1, 2, 3].map(|axis| image.shape()[axis]));
    let size = pieces.size;
    let mut sum = Array4::<f32>::zeros((n_classes, dims[0], dims[1], dims[2]));
    let mut weight = Array3::<f32>::zeros(dims);
    let run = |start: &[isize; 3]| -> Result<Array4<f32>, SegmentError> {
        let [x, y, z] = std::array::from_fn(|axis| common(start[axis], size[axis], dims[axis]));
        let mut piece = Array4::zeros((n_channels, size[0], size[1], size[2]));
        let part = image.slice(s![.., x[0].clone(), y[0].clone(), z[0].clone()]);
        piece.slice_mut(s![.., x[1].clone(), y[1].clone(), z[1].clone()]).assign(&part);
        let answer = network(piece)?;
        on_piece();
        check(&answer, n_classes, size)?;
        Ok(answer)
    };
    let place =
        Array3::from_shape_fn(size, |(a, b, c)| pieces.weights[0][a] * pieces.weights[1][b] * pieces.weights[2][c]);
    for together in pieces.all().chunks(rayon::current_num_threads()) {
        let answers: Vec<Array4<f32>> = together.par_iter().map(run).collect::<Result<_, _>>()?;
        for (start, answer) in together.iter().zip(answers) {
            let [x, y, z] = std::array::from_fn(|axis| common(start[axis], size[axis], dims[axis]));
            let inside = place.slice(s![x[1].clone(), y[1].clone(), z[1].clone()]);
            let mut there = weight.slice_mut(s![x[0].clone(), y[0].clone(), z[0].clone()]);
            there += &inside;
            for (mut target, part) in sum.outer_iter_mut().zip(answer.outer_iter()) {
                let mut target = target.slice_mut(s![x[0].clone(), y[0].clone(), z[0].clone()]);
                let part = part.slice_move(s![x[1].clone(), y[1].clone(), z[1].clone()]);
                ndarray::Zip::from(&mut target).and(&part).and(&inside).for_each(|sum, &value, &weight| {
                    *sum += value * weight;
                });
            }
        }
    }
    for mut class in sum.axis_iter_mut(Axis(0)) {
        class /= &weight;
    }
    Ok(sum)
}

fn check(answer: &Array4<f32>, n_classes: usize, size: [usize; 3]) -> Result<(), SegmentError> {
    let found = answer.shape();
    if found[0] != n_classes {
        return Err(SegmentError::Shape {
            what: "classes",
            network: format!("{} in its answer", found[0]),
            other: format!("the settings name {n_classes}"),
        });
    }
    if found[1..] != size {
        return Err(SegmentError::Shape {
            what: "size of the answer",
            network: format!("{:?}", &found[1..]),
            other: format!("a piece has {size:?}: a network that gives one number a voxel is needed"),
        });
    }
    let n = answer.iter().filter(|value| !value.is_finite()).count();
    if n > 0 {
        return Err(SegmentError::NotFinite { what: "the network's answer".to_owned(), n, answer: true });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image() -> Array4<f32> {
        Array4::from_shape_fn((2, 13, 7, 5), |(c, i, j, k)| ((i * 31 + j * 17 + k * 7 + c * 3) % 23) as f32 - 11.0)
    }

    /// Mean of 3x3x3 voxels of the first channel, zeros outside, as a convolution with padding has it; and its negative.
    fn mean_filter(piece: Array4<f32>) -> Result<Array4<f32>, SegmentError> {
        let [_, a, b, c] = [0, 1, 2, 3].map(|axis| piece.shape()[axis] as isize);
        Ok(Array4::from_shape_fn((2, a as usize, b as usize, c as usize), |(class, i, j, k)| {
            let mut sum = 0.0;
            for (di, dj, dk) in itertools() {
                let at = [i as isize + di, j as isize + dj, k as isize + dk];
                if at[0] >= 0 && at[1] >= 0 && at[2] >= 0 && at[0] < a && at[1] < b && at[2] < c {
                    sum += piece[[0, at[0] as usize, at[1] as usize, at[2] as usize]];
                }
            }
            if class == 0 { sum / 27.0 } else { -sum / 27.0 }
        }))
    }

    fn itertools() -> impl Iterator<Item = (isize, isize, isize)> {
        (-1..=1).flat_map(|a| (-1..=1).flat_map(move |b| (-1..=1).map(move |c| (a, b, c))))
    }

    fn run(pieces: &Pieces, threads: usize) -> Array4<f32> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| in_pieces(image().view(), pieces, 2, &mean_filter, &|| ()).unwrap())
    }

    #[test]
    fn pieces_cover_the_image_from_border_to_border() {
        assert_eq!(starts(13, 6, 0.5), [0, 2, 5, 7]);
        assert_eq!(starts(13, 6, 0.0), [0, 4, 7]);
        assert_eq!(starts(4, 6, 0.5), [-1]);
        assert_eq!(starts(6, 6, 0.9), [0]);
        assert_eq!(starts(8, 6, 0.99), [0, 1, 2]);
        let weights = gaussian(8);
        assert!(weights[3] == weights[4] && (weights[3] / weights[2] - (1.0_f32).exp()).abs() < 1e-5);
    }

    #[test]
    fn a_filter_in_pieces_is_the_filter_of_the_whole_where_no_piece_ends() {
        let whole = mean_filter(image()).unwrap();
        let one = Pieces::over([13, 7, 5], [13, 7, 5], 0.5, Blend::Uniform);
        assert_eq!(run(&one, 1), whole);
        // padding with zeros is what the filter does itself
        let padded = Pieces::over([13, 7, 5], [16, 9, 6], 0.5, Blend::Uniform);
        assert_eq!(run(&padded, 1), whole);
        for blend in [Blend::Uniform, Blend::Gaussian] {
            let several = Pieces::over([13, 7, 5], [6, 7, 5], 0.5, blend);
            let got = run(&several, 1);
            let (mut n_same, mut n_ends) = (0, 0);
            for ((class, i, j, k), &value) in got.indexed_iter() {
                // pieces at 0, 2, 5, 7 of 6 voxels: an end cuts the neighbourhood of these
                if [2, 5, 7, 8, 10].contains(&i) || [5, 7, 10, 2].contains(&(i + 1)) && i != 0 {
                    n_ends += 1;
                } else {
                    n_same += 1;
                    assert!((value - whole[[class, i, j, k]]).abs() < 1e-5, "{i} {j} {k}");
                }
            }
            assert!(n_same > 0 && n_ends > 0);
        }
    }

    #[test]
    fn the_answer_is_the_same_bytes_at_any_number_of_threads() {
        let pieces = Pieces::over([13, 7, 5], [4, 4, 3], 0.6, Blend::Gaussian);
        let one = run(&pieces, 1);
        for threads in [2, 3, 7] {
            let other = run(&pieces, threads);
            assert!(one.iter().zip(&other).all(|(a, b)| a.to_bits() == b.to_bits()));
        }
    }

    #[test]
    fn answers_of_another_shape_and_without_numbers_are_refused() {
        let pieces = Pieces::over([13, 7, 5], [13, 7, 5], 0.5, Blend::Uniform);
        let refused = |n, network: &(dyn Fn(Array4<f32>) -> Result<Array4<f32>, SegmentError> + Sync)| {
            in_pieces(image().view(), &pieces, n, network, &|| ()).unwrap_err().to_string()
        };
        assert!(refused(3, &mean_filter).contains("the settings name 3"));
        assert!(refused(2, &|piece| Ok(piece.slice_move(s![.., ..1, .., ..]))).contains("a piece has [13, 7, 5]"));
        assert!(refused(2, &|piece| Ok(piece.mapv(|v| (v - 50.0).ln()))).contains("not finite"));
    }
}
