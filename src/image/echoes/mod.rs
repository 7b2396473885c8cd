//! Echoes of one acquisition: as magnitude and phase, as real and imaginary part, or as magnitudes alone.
//!
//! Inputs  one 4-D file (echo last) or one file an echo; echo times (ms) and field strength (T) from options or sidecars
//! Output  one array in Fortran order, echo last; NaN stays NaN and is counted; nothing is rescaled
//!
//! The unit of a phase is recognised from its range, said, or asked for ([`phase_unit`]); echo times that a header has
//! rounded are put on their grid only within the rounding ([`echo_times`]).

pub mod echo_times;
mod error;
pub mod phase_unit;
mod polar;

pub use error::EchoError;
pub use phase_unit::PhaseUnit;

use super::{Grid, Reader, Series, read_sidecar};
use crate::error::{Result, Warning};
use ndarray::{Array4, ArrayView4, Axis, ShapeBuilder, Zip};
use num_complex::Complex32;
use rayon::prelude::*;
use std::path::{Path, PathBuf};

/// What is not said by the files, or said otherwise.
#[derive(Debug, Clone, Default)]
pub struct EchoOptions {
    /// Echo times, ms; from the sidecars where empty.
    pub echo_times_ms: Vec<f64>,
    /// Field strength, T; from the sidecars without it.
    pub field_t: Option<f64>,
    /// Unit of the phase.
    pub phase_unit: PhaseUnit,
}

/// Echoes with what is needed to understand them; `T` is complex, or real for magnitudes alone.
#[derive(Debug, Clone)]
pub struct EchoSeries<T> {
    /// Where the voxels lie.
    pub grid: Grid,
    /// Values, `[x, y, z, echo]`, Fortran order.
    pub data: Array4<T>,
    /// Echo times, ms, increasing.
    pub echo_times_ms: Vec<f64>,
    /// Field strength, T.
    pub field_t: f64,
    /// Voxels that are no number in some echo.
    pub n_not_a_number: usize,
    /// Repetition time (ms) and flip angle (degrees), where a sidecar says them.
    pub excitation: Option<[f64; 2]>,
    /// What the phase was taken for; `None` without a phase.
    pub phase: Option<phase_unit::Decision>,
    /// The first file, for messages.
    pub source: PathBuf,
    /// What must be said.
    pub warnings: Vec<Warning>,
}

impl<T> EchoSeries<T> {
    /// What is known of the echoes, without their values: they are the largest thing in memory.
    pub fn without_values(self) -> EchoSeries<()> {
        let EchoSeries { grid, data: _, echo_times_ms, field_t, n_not_a_number, excitation, phase, source, warnings } =
            self;
        let data = Array4::default((0, 0, 0, 0));
        EchoSeries { grid, data, echo_times_ms, field_t, n_not_a_number, excitation, phase, source, warnings }
    }
}

/// Reads magnitude and phase.
///
/// # Errors
/// Where files cannot be read, do not fit together, lack echo times or field strength, hold an empty echo, or a phase in no
/// known unit.
pub fn read_magnitude_phase(
    magnitude: &[PathBuf],
    phase: &[PathBuf],
    options: &EchoOptions,
    reader: &Reader,
) -> Result<EchoSeries<Complex32>> {
    let (magnitudes, phases) =
        rayon::join(|| read_stack(magnitude, "magnitude", reader), || read_stack(phase, "phase", reader));
    let ((magnitudes, mut warnings), (phases, rounded)) = (magnitudes?, phases?);
    warnings.extend(rounded);
    warnings.extend(check_pair([&magnitudes, &phases], [magnitude, phase], ["magnitude", "phase"])?);
    check_filled(magnitudes.data.view(), magnitude, "magnitude")?;
    warnings.extend(check_not_negative(magnitudes.data.view(), magnitude)?);
    check_filled(phases.data.view(), phase, "phase")?;
    let decision = phase_unit::decide(phases.data.view(), phase, options.phase_unit)?;
    warnings.extend(decision.warning());
    let factor = decision.radians_per_unit as f32;
    let mut data = Array4::default(magnitudes.data.raw_dim().f());
    let parts = [&magnitudes, &phases].map(|part| part.data.as_slice_memory_order());
    if let ([Some(magnitudes), Some(phases)], Some(data)) = (parts, data.as_slice_memory_order_mut()) {
        polar::complex(magnitudes, phases, factor, data);
    }
    finish(magnitudes.grid, data, magnitude, options, Some(decision), warnings, |s| {
        s.re.is_finite() && s.im.is_finite()
    })
}

/// Reads real and imaginary part.
///
/// # Errors
/// As [`read_magnitude_phase`].
pub fn read_real_imaginary(
    real: &[PathBuf],
    imaginary: &[PathBuf],
    options: &EchoOptions,
    reader: &Reader,
) -> Result<EchoSeries<Complex32>> {
    let (reals, imaginaries) =
        rayon::join(|| read_stack(real, "real part", reader), || read_stack(imaginary, "imaginary part", reader));
    let ((reals, mut warnings), (imaginaries, rounded)) = (reals?, imaginaries?);
    warnings.extend(rounded);
    warnings.extend(check_pair([&reals, &imaginaries], [real, imaginary], ["real part", "imaginary part"])?);
    check_filled(reals.data.view(), real, "real part")?;
    check_filled(imaginaries.data.view(), imaginary, "imaginary part")?;
    let mut data = Array4::default(reals.data.raw_dim().f());
    Zip::from(&mut data)
        .and(&reals.data)
        .and(&imaginaries.data)
        .par_for_each(|s, &re, &im| *s = Complex32::new(re, im));
    finish(reals.grid, data, real, options, None, warnings, |s| s.re.is_finite() && s.im.is_finite())
}

/// Reads magnitudes alone.
///
/// # Errors
/// As [`read_magnitude_phase`].
pub fn read_magnitude(magnitude: &[PathBuf], options: &EchoOptions, reader: &Reader) -> Result<EchoSeries<f32>> {
    let (stack, mut warnings) = read_stack(magnitude, "magnitude", reader)?;
    check_filled(stack.data.view(), magnitude, "magnitude")?;
    warnings.extend(check_not_negative(stack.data.view(), magnitude)?);
    finish(stack.grid, stack.data, magnitude, options, None, warnings, |m| m.is_finite())
}

/// One 4-D file, or one file an echo, all on one grid.
fn read_stack(paths: &[PathBuf], what: &'static str, reader: &Reader) -> Result<(Series, Vec<Warning>)> {
    let [first, rest @ ..] = paths else { return Err(EchoError::NoFiles { what }.into()) };
    if rest.is_empty() {
        return Ok((reader.series(first)?, Vec::new()));
    }
    let mut warnings = Vec::new();
    let grids: Vec<Grid> = paths.par_iter().map(|path| reader.grid(path)).collect::<std::result::Result<_, _>>()?;
    let grid = grids[0].clone();
    for (other, path) in grids.iter().zip(paths).skip(1) {
        warnings.extend(grid.check_same(other, [what, what], [&name(first), &name(path)])?);
    }
    let [nx, ny, nz] = grid.dims;
    let mut data = Array4::zeros((nx, ny, nz, paths.len()).f());
    if let Some(values) = data.as_slice_memory_order_mut() {
        let echoes = values.par_chunks_mut(grid.n_voxels().max(1)).zip(paths);
        echoes.try_for_each(|(echo, path)| reader.volume_into(path, echo))?;
    }
    Ok((Series { grid, data, source: first.clone() }, warnings))
}

/// The file that holds echo `n` (from 0).
fn file_of(n: usize, paths: &[PathBuf]) -> PathBuf {
    paths.get(n).or(paths.first()).cloned().unwrap_or_default()
}

/// File name for messages.
fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Proof that two parts of one signal belong together: grids, numbers of echoes, order of the files.
fn check_pair([a, b]: [&Series; 2], paths: [&[PathBuf]; 2], what: [&'static str; 2]) -> Result<Option<Warning>> {
    let warning = a.grid.check_same(&b.grid, what, [&name(&a.source), &name(&b.source)])?;
    if a.len() != b.len() {
        let first = [a.source.clone(), b.source.clone()];
        return Err(EchoError::Counts { what, first, counts: [a.len(), b.len()] }.into());
    }
    echo_times::check_order(what, paths)?;
    Ok(warning)
}

/// Proof that no echo is empty: all zero, or no number anywhere.
fn check_filled(data: ArrayView4<'_, f32>, paths: &[PathBuf], what: &'static str) -> Result<()> {
    for (n, echo) in data.axis_iter(Axis(3)).enumerate() {
        // a signal is found within the first rows of a body, so this hardly ever goes over the whole echo
        if !echo.iter().any(|value| value.is_finite() && *value != 0.0) {
            let path = file_of(n, paths);
            return Err(EchoError::Empty { path, what, echo: n + 1 }.into());
        }
    }
    Ok(())
}

/// Share of the energy of an echo that negative values may hold: interpolation leaves less, a real part half.
const NEGATIVE_ENERGY: f64 = 0.01;

/// Proof that a magnitude is one; a warning where single values lie below zero.
fn check_not_negative(data: ArrayView4<'_, f32>, paths: &[PathBuf]) -> Result<Option<Warning>> {
    let mut n_negative = 0;
    for (n, echo) in data.axis_iter(Axis(3)).enumerate() {
        // sums over fixed blocks, so that they do not depend on the number of threads
        let blocks: Vec<(usize, f64, f64)> = echo
            .to_slice_memory_order()
            .unwrap_or_default()
            .par_chunks(1 << 16)
            .map(|block| {
                block.iter().filter(|m| m.is_finite()).fold((0, 0.0, 0.0), |(n, below, all), &m| {
                    let energy = f64::from(m).powi(2);
                    if m < 0.0 { (n + 1, below + energy, all + energy) } else { (n, below, all + energy) }
                })
            })
            .collect();
        let (below, all) = blocks.iter().fold((0.0, 0.0), |(below, all), block| (below + block.1, all + block.2));
        if below > NEGATIVE_ENERGY * all {
            let percent = 100.0 * below / all;
            return Err(EchoError::NegativeMagnitude { path: file_of(n, paths), echo: n + 1, percent }.into());
        }
        n_negative += blocks.iter().map(|block| block.0).sum::<usize>();
    }
    Ok((n_negative > 0).then(|| {
        let message =
            format!("{n_negative} values of the magnitude are negative, as interpolation leaves them, and stay so");
        Warning::new("negative-magnitude", message)
    }))
}

/// Adds echo times and field strength, and counts what is no number.
fn finish<T: Copy + Sync>(
    grid: Grid,
    data: Array4<T>,
    paths: &[PathBuf],
    options: &EchoOptions,
    phase: Option<phase_unit::Decision>,
    mut warnings: Vec<Warning>,
    is_number: impl Fn(T) -> bool + Sync,
) -> Result<EchoSeries<T>> {
    let times = echo_times::find(paths, &options.echo_times_ms, data.dim().3)?;
    warnings.extend(times.warnings());
    let (field_t, overruled) = echo_times::field_strength_t(paths, options.field_t)?;
    warnings.extend(overruled);
    let n = grid.n_voxels();
    let all = data.as_slice_memory_order().unwrap_or_default();
    let echoes: Vec<&[T]> = all.chunks(n.max(1)).collect();
    let n_not_a_number =
        (0..n).into_par_iter().filter(|&voxel| echoes.iter().any(|echo| !is_number(echo[voxel]))).count();
    if n_not_a_number > 0 {
        let message = format!("{n_not_a_number} voxels are no number in some echo and stay so");
        warnings.push(Warning::new("not-a-number", message));
    }
    let sidecar = paths.first().map(|path| read_sidecar(path)).transpose()?.flatten().unwrap_or_default();
    Ok(EchoSeries {
        excitation: sidecar.excitation(),
        source: paths.first().cloned().unwrap_or_default(),
        echo_times_ms: times.ms,
        grid,
        data,
        field_t,
        n_not_a_number,
        phase,
        warnings,
    })
}

#[cfg(test)]
mod tests;
