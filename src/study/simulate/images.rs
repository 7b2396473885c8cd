//! From shares of tissues to the voxels of one session's images.

use super::anatomy::{Anatomy, Role};
use super::diffusion_signal as diffusion;
use super::dixon_signal::{DixonSignal, ECHOES, Field, sensitivity};
use super::noise::{Purpose, StreamName, normal, rician};
use super::options::{STATIONS, SimulateOptions};
use super::sampling::{Shares, Site};
use super::tissue;
use crate::image::{Grid, Labels, Mask, filled};
use ndarray::{Array3, Array4, ShapeBuilder};
use rayon::prelude::*;
use std::path::PathBuf;

/// Noise of one channel in stored units: two steps of the 16-bit storage, so that the files pack well.
pub(crate) const SIGMA_STORED: f64 = 2.0;
/// Signal-to-noise ratio whose scale noise-free images have.
const NOISE_FREE_SCALE: f64 = 40.0;
/// Number of the fat-fraction map in the names of the random streams: after every image of the set.
const FAT_FRACTION_IMAGE: usize = 50;
/// First image number of the diffusion stations in the names of the random streams.
const DIFFUSION_IMAGES: usize = 100;

/// Where a patient's session stands in the random streams, and how strong its noise is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Acquisition {
    pub patient: usize,
    pub session: usize,
    pub seed: u64,
    /// Standard deviation of noise per channel, stored units.
    sigma: f64,
    /// Stored units of the reference signal.
    reference: f64,
}

impl Acquisition {
    pub(crate) fn new(options: &SimulateOptions, patient: usize, session: usize) -> Self {
        Acquisition {
            patient,
            session,
            seed: options.seed,
            sigma: if options.snr.is_some() { SIGMA_STORED } else { 0.0 },
            reference: SIGMA_STORED * options.snr.unwrap_or(NOISE_FREE_SCALE),
        }
    }

    fn rng(&self, image: usize, slice: usize) -> rand_chacha::ChaCha8Rng {
        StreamName { purpose: Purpose::Noise, patient: self.patient, session: self.session, image, slice }
            .rng(self.seed)
    }
}

/// Images of the lumbar Dixon set.
pub(crate) struct DixonImages {
    pub water: Array3<f32>,
    pub fat: Array3<f32>,
    pub in_phase: Array3<f32>,
    pub opposed: Array3<f32>,
    /// The scanner's proton density fat fraction, percent; `None` where it is not asked for.
    pub fat_fraction: Option<Array3<f32>>,
    /// Magnitude and phase (radians) of each echo; empty where there are none.
    pub echoes: Vec<[Array3<f32>; 2]>,
}

/// What a Dixon set holds beside water, fat, in- and opposed-phase images.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extras {
    /// Six complex echoes.
    pub echoes: bool,
    /// A fat-fraction map.
    pub fat_fraction: bool,
}

/// Makes the Dixon images of one session.
pub(crate) fn dixon(
    anatomy: &Anatomy,
    shares: &Shares,
    grid: &Grid,
    acquisition: &Acquisition,
    extras: Extras,
) -> DixonImages {
    let table = table_of(anatomy, DixonSignal::of);
    let field = Field::draw(acquisition.patient, acquisition.session, acquisition.seed);
    let typical = DixonSignal::of(&tissue::marrow(0.25, 3.2, 600.0));
    let scale = acquisition.reference / (typical.water + typical.fat);
    let echo_scale = acquisition.reference / typical.echoes[0][0].hypot(typical.echoes[0][1]);
    let with_echoes = extras.echoes;
    let n_echo_images = if with_echoes { 2 * ECHOES } else { 0 };
    let n_images = 4 + n_echo_images + usize::from(extras.fat_fraction);
    let [ni, nj, nk] = grid.dims;
    let slices: Vec<Vec<Vec<f32>>> = (0..nk)
        .into_par_iter()
        .map(|k| {
            let mut images = vec![vec![0.0_f32; ni * nj]; n_images];
            let mut rngs: Vec<_> = (0..4 + n_echo_images).map(|image| acquisition.rng(image, k)).collect();
            let mut map_rng = acquisition.rng(FAT_FRACTION_IMAGE, k);
            let voxels = 0..ni * nj;
            for voxel in voxels {
                let Some(signal) = mixed(shares, k, voxel, &table, DixonSignal::add) else { continue };
                if signal.water + signal.fat <= 0.0 {
                    continue;
                }
                let p = grid.world_mm([(voxel % ni) as f64, (voxel / ni) as f64, k as f64]);
                let gain = scale * sensitivity(p);
                let modulus = |s: [f64; 2]| s[0].hypot(s[1]);
                let magnitudes = [signal.water, signal.fat, modulus(signal.in_phase), modulus(signal.opposed)];
                for (image, magnitude) in magnitudes.into_iter().enumerate() {
                    images[image][voxel] = rician(&mut rngs[image], gain * magnitude, acquisition.sigma) as f32;
                }
                if extras.fat_fraction {
                    // a scanner's map of phase-corrected, real water and fat: its noise has no floor
                    let gain = echo_scale * sensitivity(p);
                    let noisy = signal.protons.map(|s| gain * s + normal(&mut map_rng, 0.0, acquisition.sigma));
                    // beyond this range there is no signal; the 16-bit storage holds it
                    let percent = 100.0 * noisy[1] / (noisy[0] + noisy[1]);
                    images[n_images - 1][voxel] = percent.clamp(-100.0, 200.0) as f32;
                }
                if with_echoes {
                    let (hertz, offset) = (field.hertz(p), field.radians(p));
                    for (n, te_ms) in super::dixon_signal::TE_ECHOES_MS.into_iter().enumerate() {
                        let (sin, cos) = (std::f64::consts::TAU * hertz * te_ms / 1000.0 + offset).sin_cos();
                        let [re, im] = signal.echoes[n];
                        let gain = echo_scale * sensitivity(p);
                        let rng = &mut rngs[4 + 2 * n];
                        let re_noisy = gain * (re * cos - im * sin) + normal(rng, 0.0, acquisition.sigma);
                        let im_noisy = gain * (re * sin + im * cos) + normal(rng, 0.0, acquisition.sigma);
                        images[4 + 2 * n][voxel] = re_noisy.hypot(im_noisy) as f32;
                        images[5 + 2 * n][voxel] = im_noisy.atan2(re_noisy) as f32;
                    }
                }
            }
            images
        })
        .collect();
    let volume = |image: usize| {
        let mut volume = filled(grid.dims, 0.0_f32);
        copy_slices(&mut volume, slices.iter().map(|images| images[image].as_slice()));
        volume
    };
    DixonImages {
        water: volume(0),
        fat: volume(1),
        in_phase: volume(2),
        opposed: volume(3),
        fat_fraction: extras.fat_fraction.then(|| volume(n_images - 1)),
        echoes: (0..if with_echoes { ECHOES } else { 0 }).map(|n| [volume(4 + 2 * n), volume(5 + 2 * n)]).collect(),
    }
}

/// Makes the diffusion images of one station: `[i, j, slice, b]`.
pub(crate) fn station(
    anatomy: &Anatomy,
    shares: &Shares,
    body: &Grid,
    acquisition: &Acquisition,
    number: usize,
    (first, count): (usize, usize),
) -> Array4<f32> {
    debug_assert!(number < STATIONS);
    let table = table_of(anatomy, diffusion::signals);
    let scale = acquisition.reference / diffusion::reference_signal() * diffusion::STATION_GAIN[number];
    let [ni, nj, _] = body.dims;
    let slices: Vec<[Vec<f32>; 3]> = (0..count)
        .into_par_iter()
        .map(|slice| {
            let mut images: [Vec<f32>; 3] = std::array::from_fn(|_| vec![0.0; ni * nj]);
            let mut rng = acquisition.rng(DIFFUSION_IMAGES + number, slice);
            for voxel in 0..ni * nj {
                let add = |to: &mut [f64; 3], share: f64, from: &[f64; 3]| {
                    for (t, f) in to.iter_mut().zip(from) {
                        *t += share * f;
                    }
                };
                let Some(signal) = mixed(shares, first + slice, voxel, &table, add) else { continue };
                if signal[0] <= 0.0 {
                    continue;
                }
                for (image, s) in images.iter_mut().zip(signal) {
                    image[voxel] = rician(&mut rng, scale * s, acquisition.sigma) as f32;
                }
            }
            images
        })
        .collect();
    let mut series = Array4::zeros((ni, nj, count, 3).f());
    for b in 0..3 {
        for (slice, images) in slices.iter().enumerate() {
            for (voxel, value) in images[b].iter().enumerate() {
                series[[voxel % ni, voxel / ni, slice, b]] = *value;
            }
        }
    }
    series
}

/// Signal of every site, at `2 * part + shell`.
fn table_of<T>(anatomy: &Anatomy, signal: impl Fn(&tissue::Tissue) -> T) -> Vec<T> {
    (0..2 * anatomy.parts.len())
        .map(|n| signal(anatomy.tissue(Site { part: (n / 2) as u16, shell: n % 2 == 1 })))
        .collect()
}

/// Sum of the signals in one voxel, weighted by their shares; `None` outside the body.
fn mixed<T: Default>(shares: &Shares, k: usize, voxel: usize, table: &[T], add: impl Fn(&mut T, f64, &T)) -> Option<T> {
    let entries = shares.of(k, voxel);
    if entries.is_empty() {
        return None;
    }
    let mut sum = T::default();
    for (site, count) in entries {
        let share = f64::from(*count) / f64::from(shares.whole);
        add(&mut sum, share, &table[2 * site.part as usize + usize::from(site.shell)]);
    }
    Some(sum)
}

fn copy_slices<'a, T: Copy + 'a>(volume: &mut Array3<T>, slices: impl Iterator<Item = &'a [T]>) {
    let ni = volume.shape()[0];
    for (k, slice) in slices.enumerate() {
        for (voxel, value) in slice.iter().enumerate() {
            volume[[voxel % ni, voxel / ni, k]] = *value;
        }
    }
}

/// The label that fills more than half of each voxel, 0 where none does.
pub(crate) fn labels(anatomy: &Anatomy, shares: &Shares, grid: &Grid) -> Labels {
    let mut data = filled(grid.dims, 0_i32);
    let mut votes: Vec<(i32, u16)> = Vec::new();
    for_each_voxel(grid, |index, k, voxel| {
        votes.clear();
        for (site, count) in shares.of(k, voxel) {
            let label = anatomy.parts[site.part as usize].label;
            match votes.iter_mut().find(|(of, _)| *of == label) {
                Some((_, n)) => *n += count,
                None => votes.push((label, *count)),
            }
        }
        if let Some((label, _)) = votes.iter().find(|(_, n)| 2 * n > shares.whole) {
            data[index] = *label;
        }
    });
    Labels { grid: grid.clone(), data, source: PathBuf::new() }
}

/// Voxels filled by more than half with parts of one role; for the muscle reference, entirely.
pub(crate) fn mask(anatomy: &Anatomy, shares: &Shares, grid: &Grid, role: Role) -> Mask {
    let mut data = filled(grid.dims, false);
    for_each_voxel(grid, |index, k, voxel| {
        let of_role = |site: &Site| anatomy.parts[site.part as usize].role == role;
        let n: u16 = shares.of(k, voxel).iter().filter(|(site, _)| of_role(site)).map(|(_, count)| count).sum();
        data[index] = if role == Role::Reference { n == shares.whole } else { 2 * n > shares.whole };
    });
    Mask::new(grid.clone(), data)
}

fn for_each_voxel(grid: &Grid, mut visit: impl FnMut([usize; 3], usize, usize)) {
    let [ni, nj, nk] = grid.dims;
    for k in 0..nk {
        for voxel in 0..ni * nj {
            visit([voxel % ni, voxel / ni, k], k, voxel);
        }
    }
}

/// The grid of a station: the slices `first .. first + count` of the composed grid.
pub(crate) fn station_grid(body: &Grid, (first, count): (usize, usize)) -> Grid {
    let mut grid = body.clone();
    let origin = body.world_mm([0.0, 0.0, first as f64]);
    for (row, at) in grid.affine.iter_mut().zip(origin) {
        row[3] = at;
    }
    grid.dims[2] = count;
    grid
}
