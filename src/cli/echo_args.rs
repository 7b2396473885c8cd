//! Flags of the forms of `ff` that start from raw echoes, and what they are read into.

use super::{CliError, Context};
use crate::dixon::FatModel;
use crate::dixon::multi_echo::{Bipolar, Precession, PrecessionChoice, Withhold};
use crate::error::Result;
use crate::image::echoes::{
    EchoOptions, EchoSeries, PhaseUnit, read_magnitude, read_magnitude_phase, read_real_imaginary,
};
use clap::{Args, ValueEnum};
use num_complex::Complex32;
use std::path::{Path, PathBuf};

/// Raw echoes and how to understand them.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Raw echoes")]
pub struct EchoArgs {
    /// Magnitude of the echoes: one 4-D file (echo last) or one file an echo; alone or with --phase
    #[arg(long, value_name = "NIFTI", num_args = 1.., group = "form")]
    pub magnitude: Vec<PathBuf>,
    /// Phase of the echoes, like --magnitude
    #[arg(long, value_name = "NIFTI", num_args = 1.., requires = "magnitude")]
    pub phase: Vec<PathBuf>,
    /// Real part of the echoes
    #[arg(long, value_name = "NIFTI", num_args = 1.., group = "form", requires = "imag")]
    pub real: Vec<PathBuf>,
    /// Imaginary part of the echoes
    #[arg(long, value_name = "NIFTI", num_args = 1.., requires = "real")]
    pub imag: Vec<PathBuf>,
    /// Echo times in ms [default: from the sidecars]
    #[arg(long, value_name = "MS", value_delimiter = ',')]
    pub echo_times_ms: Vec<f64>,
    /// Field strength in T [default: from the sidecars]
    #[arg(long, value_name = "T")]
    pub field_strength: Option<f64>,
    /// Unit of the phase: recognised by its range, radians, or the scanner's integers
    #[arg(long, value_name = "UNIT", default_value = "auto")]
    pub phase_unit: PhaseUnitChoice,
    /// Spectrum of fat: ren-marrow-9, hamilton-liver-9, hernando-6, zhong-7, single, or a JSON file with `shifts_ppm` (from
    /// water) and `amplitudes` [default: ren-marrow-9]
    #[arg(long, value_name = "MODEL")]
    pub fat_model: Option<String>,
    /// Sign of the phase: both are tried, or exp(+i 2 pi f t), or its conjugate
    #[arg(long, value_name = "SIGN", default_value = "auto", allow_hyphen_values = true)]
    pub precession: PrecessionFlag,
    /// Phase of bipolar read-outs on odd and even echoes: corrected where found, always, never
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub bipolar: BipolarFlag,
    /// Given R2* in 1/s [default: fitted; 80 for two echoes]
    #[arg(long, value_name = "PER_S")]
    pub r2star: Option<f64>,
    /// What to leave out of the maps: noise, uncertain voxels (PDFF standard deviation above 6 points) and metal; or nothing
    #[arg(long, value_name = "WHAT", default_value = "default")]
    pub withhold: WithholdFlag,
    /// Fit inside this mask [default: wherever there is signal]
    #[arg(long, value_name = "NIFTI")]
    pub mask: Option<PathBuf>,
}

/// `--phase-unit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PhaseUnitChoice {
    /// By its range
    Auto,
    /// Radians
    Rad,
    /// Integers 0..4095 or -4096..4094, or milliradians
    Scanner,
}

/// `--precession`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PrecessionFlag {
    /// Try both
    Auto,
    /// exp(+i 2 pi f t)
    #[value(name = "+1", alias = "1")]
    Plus,
    /// Its conjugate
    #[value(name = "-1")]
    Minus,
}

/// `--bipolar`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum BipolarFlag {
    /// Where it is found
    Auto,
    /// Always
    On,
    /// Never
    Off,
}

/// `--withhold`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum WithholdFlag {
    /// Noise, uncertain voxels and metal
    Default,
    /// Nothing
    None,
}

/// What was given, by which flags mean something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Raw echoes with their phase.
    Complex,
    /// Raw magnitudes alone.
    Magnitude,
    /// An in- and an opposed-phase magnitude.
    Pair,
    /// Water and fat, or a map.
    Images,
}

/// What a given R2* may be, 1/s.
const GIVEN_R2STAR: std::ops::RangeInclusive<f64> = 0.0..=1000.0;

/// Raw echoes as they were given.
pub enum RawEchoes {
    /// With their phase.
    Complex(EchoSeries<Complex32>),
    /// Magnitudes alone.
    Magnitude(EchoSeries<f32>),
}

impl EchoArgs {
    /// How raw echoes were given, where they were.
    pub fn form(&self) -> Option<Form> {
        match (self.magnitude.is_empty(), self.phase.is_empty(), self.real.is_empty()) {
            (_, _, false) | (_, false, _) => Some(Form::Complex),
            (false, true, true) => Some(Form::Magnitude),
            (true, true, true) => None,
        }
    }

    /// All files, for the sidecars.
    pub fn sources(&self) -> Vec<&Path> {
        [&self.magnitude, &self.phase, &self.real, &self.imag].into_iter().flatten().map(PathBuf::as_path).collect()
    }

    /// Reads the echoes.
    ///
    /// # Errors
    /// As the readers of [`crate::image::echoes`].
    pub fn read(&self, context: &Context) -> Result<RawEchoes> {
        let phase_unit = match self.phase_unit {
            PhaseUnitChoice::Auto => PhaseUnit::Auto,
            PhaseUnitChoice::Rad => PhaseUnit::Rad,
            PhaseUnitChoice::Scanner => PhaseUnit::Scanner,
        };
        let options =
            EchoOptions { echo_times_ms: self.echo_times_ms.clone(), field_t: self.field_strength, phase_unit };
        Ok(match (self.real.is_empty(), self.phase.is_empty()) {
            (false, _) => RawEchoes::Complex(read_real_imaginary(&self.real, &self.imag, &options, &context.reader)?),
            (_, false) => {
                RawEchoes::Complex(read_magnitude_phase(&self.magnitude, &self.phase, &options, &context.reader)?)
            }
            _ => RawEchoes::Magnitude(read_magnitude(&self.magnitude, &options, &context.reader)?),
        })
    }

    /// Refuses what the form that was given does not use, and an R2* that is none.
    ///
    /// # Errors
    /// Usage where such a flag was given.
    pub fn check(&self, form: Form) -> Result<()> {
        if let Some(r2star) = self.r2star.filter(|r2star| !GIVEN_R2STAR.contains(r2star)) {
            let message = format!("--r2star is {r2star}, which is no R2* in 1/s");
            return Err(CliError::usage(message, "give it in 1/s between 0 and 1000; marrow has 40 to 200").into());
        }
        let of_phase = [
            ("--phase-unit", self.phase_unit != PhaseUnitChoice::Auto),
            ("--precession", self.precession != PrecessionFlag::Auto),
            ("--bipolar", self.bipolar != BipolarFlag::Auto),
        ];
        let of_fit = [("--mask", self.mask.is_some()), ("--withhold", self.withhold != WithholdFlag::Default)];
        let of_pair = [
            ("--fat-model", self.fat_model.is_some()),
            ("--r2star", self.r2star.is_some()),
            ("--echo-times-ms", !self.echo_times_ms.is_empty()),
        ];
        let (given, unused) = match form {
            Form::Complex => ("echoes with their phase", vec![]),
            Form::Magnitude => ("magnitudes alone", of_phase.to_vec()),
            Form::Pair => ("an in-/opposed-phase pair", [&of_phase[..], &of_fit].concat()),
            Form::Images => ("water and fat, or a map of their fraction,", [&of_phase[..], &of_fit, &of_pair].concat()),
        };
        match unused.into_iter().find(|(_, asked)| *asked) {
            None => Ok(()),
            Some((flag, _)) => {
                let message = format!("{given} were given, for which {flag} means nothing");
                Err(CliError::usage(message, format!("leave {flag} out, or give raw echoes that it speaks of")).into())
            }
        }
    }

    /// The spectrum of fat: a built-in one, or that of a JSON file.
    ///
    /// # Errors
    /// Where there is neither, or the file holds no usable model.
    pub fn fat_model(&self) -> Result<FatModel> {
        let Some(name) = &self.fat_model else { return Ok(FatModel::default()) };
        if FatModel::names().contains(&name.as_str()) || !name.contains(['.', '/']) {
            return Ok(FatModel::named(name)?);
        }
        #[derive(serde::Deserialize)]
        struct File {
            name: Option<String>,
            shifts_ppm: Vec<f64>,
            amplitudes: Vec<f64>,
            #[serde(default)]
            source: String,
        }
        let unreadable = |reason: String| {
            let remedy = "give {\"shifts_ppm\": [...], \"amplitudes\": [...], \"source\": \"...\"}, ppm from water";
            CliError::unreadable("unreadable-fat-model", format!("cannot read the fat model {name}: {reason}"), remedy)
        };
        let text = std::fs::read_to_string(name).map_err(|error| unreadable(error.to_string()))?;
        let file: File = serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))?;
        let stem = Path::new(name).file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let called = file.name.unwrap_or(stem);
        Ok(FatModel::custom(&called, &file.shifts_ppm, &file.amplitudes, &file.source)?)
    }

    /// Sign of the phase as asked.
    pub fn precession(&self) -> PrecessionChoice {
        match self.precession {
            PrecessionFlag::Auto => PrecessionChoice::Auto,
            PrecessionFlag::Plus => PrecessionChoice::Given(Precession::Plus),
            PrecessionFlag::Minus => PrecessionChoice::Given(Precession::Minus),
        }
    }

    /// Odd/even phase as asked.
    pub fn bipolar(&self) -> Bipolar {
        match self.bipolar {
            BipolarFlag::Auto => Bipolar::Auto,
            BipolarFlag::On => Bipolar::On,
            BipolarFlag::Off => Bipolar::Off,
        }
    }

    /// What to withhold, as asked.
    pub fn withhold(&self) -> Withhold {
        match self.withhold {
            WithholdFlag::Default => Withhold::Default,
            WithholdFlag::None => Withhold::None,
        }
    }
}
