//! Flags that several subcommands share: one spelling, one metavar, one unit, one help text each.

use super::CliError;
use crate::error::Result;
use crate::image::{Form, OffGrid, Overwrite, check_absent, with_suffix};
use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};

/// Flags of every subcommand.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Common options")]
pub struct GlobalArgs {
    /// Worker threads; results do not depend on it [default: MYELOMRI_THREADS, SLURM_CPUS_PER_TASK, else all cores]
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub threads: Option<u16>,
    /// Print errors only
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say more on stderr (-v: files written, -vv: also files read, with their grids)
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Which geometry of a NIfTI header to believe where sform and qform disagree; without it that is an error
    #[arg(long = "use", global = true, value_name = "FORM", hide_short_help = true)]
    pub use_form: Option<FormChoice>,
}

/// `--use`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FormChoice {
    /// The affine rows
    Sform,
    /// The quaternion
    Qform,
}

impl From<FormChoice> for Form {
    fn from(choice: FormChoice) -> Form {
        match choice {
            FormChoice::Sform => Form::Sform,
            FormChoice::Qform => Form::Qform,
        }
    }
}

/// Where results go.
#[derive(Debug, Clone, Args)]
pub struct OutArgs {
    /// Prefix of the files to write: `-o out/sub-01` writes `out/sub-01_...`
    #[arg(short, long, value_name = "PREFIX")]
    pub out: Option<PathBuf>,
    /// Replace outputs that exist
    #[arg(long)]
    pub force: bool,
}

impl OutArgs {
    /// `PREFIX` + `suffix`, e.g. `_PDFF.nii.gz`; `None` where no prefix was given.
    pub fn path(&self, suffix: &str) -> Option<PathBuf> {
        self.out.as_ref().map(|prefix| with_suffix(prefix, suffix))
    }

    /// The prefix of a subcommand that cannot do without one.
    ///
    /// # Errors
    /// [`CliError::Usage`] where `-o` was not given.
    pub fn required(&self) -> Result<&Path> {
        let missing = || CliError::usage("this subcommand writes files: -o/--out is required", "pass -o PREFIX");
        Ok(self.out.as_deref().ok_or_else(missing)?)
    }

    /// What to do where an output exists.
    pub fn overwrite(&self) -> Overwrite {
        Overwrite::from_force(self.force)
    }

    /// Proof, before any work, that none of the outputs exists or that `--force` was given.
    ///
    /// # Errors
    /// [`crate::image::ImageError::Exists`] for the first that does.
    pub fn check_absent(&self, suffixes: &[&str]) -> Result<()> {
        Ok(check_absent(suffixes.iter().filter_map(|suffix| self.path(suffix)), self.overwrite())?)
    }

    /// The same for maps by their suffixes (`_ADC`), each with its sidecar.
    ///
    /// # Errors
    /// Where one exists and may not be replaced.
    pub fn check_maps_absent(&self, suffixes: &[&str]) -> Result<()> {
        let files: Vec<String> =
            suffixes.iter().flat_map(|suffix| [format!("{suffix}.nii.gz"), format!("{suffix}.json")]).collect();
        self.check_absent(&files.iter().map(String::as_str).collect::<Vec<_>>())
    }
}

/// How results are printed on stdout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A short table for a person
    Table,
    /// JSON with every number
    Json,
    /// Tidy CSV
    Csv,
}

/// How results are printed on stdout.
#[derive(Debug, Clone, Args)]
pub struct FormatArgs {
    /// Form of the results on stdout
    #[arg(long, value_name = "FORM", default_value = "table")]
    pub format: Format,
}

/// Where to measure.
#[derive(Debug, Clone, Args)]
pub struct RegionArgs {
    /// Vertebra label map on the grid of the image (NIfTI, or a 3D Slicer .seg.nrrd drawn on it)
    #[arg(long, value_name = "FILE")]
    pub labels: Option<PathBuf>,
    /// What the integers of the label map mean: totalspineseg, totalseg-v2, totalseg-v1, totalseg-vertebrae-mr, spineps,
    /// or a BIDS dseg.tsv / ITK-SNAP label file [default: the names in the map itself, as TotalSegmentator and Slicer
    /// write them]
    #[arg(long, value_name = "SCHEME", requires = "labels")]
    pub scheme: Option<String>,
    /// Mask of the vertebral bodies on the same grid: what is outside of it (posterior elements) is taken out of the labels
    #[arg(long, value_name = "FILE", requires = "labels", hide_short_help = true)]
    pub body: Option<PathBuf>,
    /// Class of --body that is the vertebral body, where it holds several (49 in a SPINEPS semantic mask)
    #[arg(long, value_name = "N", requires = "body", hide_short_help = true)]
    pub body_class: Option<i32>,
    /// Vertebrae: `L1-L5` pools a range (and lists its levels), `L1,L3` lists levels, `lumbar`, `spine`
    #[arg(long, value_name = "REGION", default_value = "L1-L5")]
    pub region: String,
    /// Erode each region by this much (mm) before measuring; the border of the image does not erode
    #[arg(long, value_name = "MM", default_value_t = 0.0)]
    pub erode_mm: f64,
    /// What to do where the label map and the image lie on different grids
    #[arg(long, value_name = "WHAT", default_value = "refuse", hide_short_help = true)]
    pub on_grid_mismatch: OnGridMismatch,
}

impl From<OnGridMismatch> for OffGrid {
    fn from(choice: OnGridMismatch) -> OffGrid {
        match choice {
            OnGridMismatch::Refuse => OffGrid::Refuse,
            OnGridMismatch::ResampleLabels => OffGrid::ResampleLabels,
        }
    }
}

/// `--on-grid-mismatch`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OnGridMismatch {
    /// Stop with an error that shows both grids
    Refuse,
    /// Take for each voxel of the image the nearest label
    ResampleLabels,
}
