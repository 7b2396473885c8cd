//! Flags that bring the intensity of an examination to that of another one of the patient.

use super::dwi_input::{self, DwiFile, check_same_grid};
use super::{CliError, Context};
use crate::diffusion::normalise::{Examination, Normalisation, Normalise, normalisation};
use crate::error::{Result, Warning};
use crate::image::{Grid, Series};
use clap::{Args, ValueEnum};
use ndarray::Array4;
use std::path::{Path, PathBuf};

/// Normalisation between visits; without the flags there is none.
#[derive(Debug, Args)]
#[command(next_help_heading = "Intensity between visits")]
pub struct NormaliseArgs {
    /// Multiply all signals by one gain that brings them to the level of --normalise-to; ADC stays as it is [default: not done]
    #[arg(long, value_name = "HOW", requires = "normalise_to")]
    normalise: Option<NormaliseChoice>,
    /// Composed series of the other visit, with b-values of which at least one is the same
    #[arg(long, value_name = "DWI", requires = "normalise")]
    normalise_to: Option<DwiFile>,
    /// The tissue to compare: a mask on the composed grid, and one on the grid of the other visit
    #[arg(long, value_names = ["THIS", "OTHER"], num_args = 2, requires = "normalise")]
    normalise_masks: Vec<PathBuf>,
}

/// `--normalise`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum NormaliseChoice {
    /// By the median of a reference tissue (--normalise-masks)
    Reference,
    /// By the quantiles of the body, or of --normalise-masks
    Histogram,
}

impl From<NormaliseChoice> for Normalise {
    fn from(choice: NormaliseChoice) -> Self {
        match choice {
            NormaliseChoice::Reference => Normalise::Reference,
            NormaliseChoice::Histogram => Normalise::Histogram,
        }
    }
}

impl NormaliseArgs {
    /// The files that were named.
    pub fn sources(&self) -> impl Iterator<Item = PathBuf> + '_ {
        self.normalise_to.iter().map(|file| file.path.clone()).chain(self.normalise_masks.iter().cloned())
    }

    /// Proves that the flags fit together, before anything is read.
    ///
    /// # Errors
    /// Exit code 2 for a reference without masks.
    pub fn check(&self) -> Result<()> {
        if self.normalise == Some(NormaliseChoice::Reference) && self.normalise_masks.len() != 2 {
            let message = "--normalise reference needs the tissue in both visits";
            return Err(CliError::usage(message, "give two masks with --normalise-masks THIS OTHER").into());
        }
        Ok(())
    }

    /// Scales the composed series; none where that was not asked for.
    pub fn apply(
        &self,
        composed: &mut Array4<f32>,
        (grid, b): (&Grid, &[f64]),
        context: &Context,
        warnings: &mut Vec<Warning>,
    ) -> Result<Option<Normalisation>> {
        let (Some(how), Some(other)) = (self.normalise, &self.normalise_to) else { return Ok(None) };
        let (Series { grid: other_grid, data, source }, other_b) =
            dwi_input::read(std::slice::from_ref(other), None, context, warnings)?;
        let mut masks = Vec::new();
        let composed_grid = (grid, Path::new("the composed series"), "composed series");
        for (path, grid) in self.normalise_masks.iter().zip([composed_grid, (&other_grid, &source, "other visit")]) {
            let mask = context.reader.mask(path)?;
            check_same_grid(grid, (&mask.grid, path, "mask"), warnings)?;
            masks.push(mask);
        }
        let mask = |n: usize| masks.get(n).map(|mask| mask.data.view());
        let own = Examination { series: composed.view(), b, mask: mask(0) };
        let other = Examination { series: data.view(), b: &other_b, mask: mask(1) };
        let found = normalisation(&own, &other, how.into())?;
        warnings.extend(found.warnings());
        let gain = found.gain as f32;
        composed.par_mapv_inplace(|signal| gain * signal);
        Ok(Some(found))
    }
}
