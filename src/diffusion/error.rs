//! What can go wrong in diffusion work that is no matter of files.

use crate::error::{Exit, Failure};

/// A failure of the diffusion kernels.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DiffusionError {
    /// As many b-values as volumes are needed.
    #[error("{n_b} b-values for {n_volumes} volumes")]
    BCount {
        /// Number of b-values.
        n_b: usize,
        /// Number of volumes.
        n_volumes: usize,
    },
    /// A b-value that is none.
    #[error("b-value {value} of volume {volume} is negative or not a number")]
    BadB {
        /// Volume, counted from 0.
        volume: usize,
        /// The value.
        value: f64,
    },
    /// Fewer than two distinct b-values are left.
    #[error("an ADC needs two distinct b-values, left are: {left}")]
    TooFewB {
        /// b-values that are left after the selection.
        left: String,
    },
    /// A volume to be dropped, or a b-value to be used, does not exist.
    #[error("{problem}")]
    Selection {
        /// What was asked for and what there is.
        problem: String,
    },
    /// A volume without any signal.
    #[error("volume {volume} (b = {b}) holds no positive signal")]
    EmptyVolume {
        /// Volume, counted from 0.
        volume: usize,
        /// Its b-value.
        b: f64,
    },
    /// One image under two b-values.
    #[error("volumes {} and {} hold the same image but are labelled b = {} and b = {}", volumes[0], volumes[1], b[0], b[1])]
    SameVolume {
        /// Both, counted from 0.
        volumes: [usize; 2],
        /// Their b-values.
        b: [f64; 2],
    },
    /// Volumes of one b that are no repeats of each other.
    #[error(
        "volumes {} and {} are both labelled b = {b}, but the bright signal of one is {ratio:.1} times that of the other",
        volumes[1], volumes[0]
    )]
    UnlikeRepeats {
        /// The dimmest and the brightest, counted from 0.
        volumes: [usize; 2],
        /// Their b-value.
        b: f64,
        /// How much brighter.
        ratio: f64,
    },
    /// A volume that ran into the ceiling of its integer range.
    #[error("volume {volume} (b = {b}) is clipped: {percent:.0} % of the bright voxels are exactly {ceiling}")]
    ClippedVolume {
        /// Volume, counted from 0.
        volume: usize,
        /// Its b-value.
        b: f64,
        /// The ceiling.
        ceiling: f32,
        /// Share of the bright voxels in percent.
        percent: f64,
    },
    /// A scanner's ADC map stands among the volumes, labelled as an image.
    #[error(
        "volume {volume} is labelled b = {b} but looks like the scanner's ADC map (correlation with the ADC of the other volumes {correlation:.2})"
    )]
    AppendedAdcMap {
        /// Volume, counted from 0.
        volume: usize,
        /// Its b-value as labelled.
        b: f64,
        /// Correlation with the fitted ADC of the rest.
        correlation: f64,
    },
    /// The signal rises with b.
    #[error("the signal rises from b = {b_low} to b = {b_high} (by {percent:.0} % over the bright voxels)")]
    NotDecaying {
        /// Lower b-value.
        b_low: f64,
        /// Higher b-value.
        b_high: f64,
        /// Rise in percent.
        percent: f64,
    },
    /// Stations that cannot be put on one lattice.
    #[error("station {station} does not fit the most superior station: {problem}")]
    Station {
        /// Which one, as named by the caller's order, counted from 1.
        station: usize,
        /// What does not fit.
        problem: String,
        /// Whether interpolation would do.
        interpolation_helps: bool,
    },
    /// Stations that must overlap do not.
    #[error("stations {} and {} do not overlap in tissue, so no gain between them can be measured", pair[0], pair[1])]
    NoOverlap {
        /// The two, as named by the caller's order, counted from 1.
        pair: [usize; 2],
    },
    /// Examinations that have no image to compare.
    #[error("no b-value is the same in both examinations: {} and {}", b[0], b[1])]
    NoCommonB {
        /// b-values of both.
        b: [String; 2],
    },
    /// A part of the body that could not be found again at follow-up.
    #[error("{what} cannot be registered: {reason}")]
    NotRegistered {
        /// Which part.
        what: String,
        /// Why not.
        reason: String,
    },
    /// A mask that must hold voxels holds none.
    #[error("the {what} holds no usable voxel")]
    EmptyMask {
        /// Which mask.
        what: &'static str,
    },
    /// An ADC map whose values cannot be um2/s.
    #[error("the ADC map cannot be in um2/s: its median in tissue is {median:.4}")]
    AdcUnit {
        /// Median of the positive values inside the mask.
        median: f64,
    },
    /// The marrow has no two classes of signal.
    #[error("the signal of the marrow has no two classes that a mixture could part")]
    OneClass,
    /// A rule needs a reference region.
    #[error("the rule {rule} needs a reference region")]
    NoReference {
        /// The rule.
        rule: &'static str,
    },
    /// A parameter outside its range.
    #[error("{problem}")]
    Parameter {
        /// What is wrong.
        problem: String,
    },
}

impl Failure for DiffusionError {
    fn slug(&self) -> &'static str {
        match self {
            DiffusionError::BCount { .. } => "b-count",
            DiffusionError::BadB { .. } => "bad-b-value",
            DiffusionError::TooFewB { .. } => "too-few-b-values",
            DiffusionError::Selection { .. } => "volume-selection",
            DiffusionError::EmptyVolume { .. } => "empty-volume",
            DiffusionError::SameVolume { .. } => "same-volume",
            DiffusionError::UnlikeRepeats { .. } => "unlike-repeats",
            DiffusionError::ClippedVolume { .. } => "clipped-volume",
            DiffusionError::AppendedAdcMap { .. } => "appended-adc-map",
            DiffusionError::NotDecaying { .. } => "not-decaying",
            DiffusionError::Station { .. } => "station-geometry",
            DiffusionError::NoOverlap { .. } => "no-overlap",
            DiffusionError::NoCommonB { .. } => "no-common-b",
            DiffusionError::NotRegistered { .. } => "not-registered",
            DiffusionError::EmptyMask { .. } => "empty-region",
            DiffusionError::AdcUnit { .. } => "implausible-adc-unit",
            DiffusionError::OneClass => "one-class",
            DiffusionError::NoReference { .. } => "no-reference",
            DiffusionError::Parameter { .. } => "bad-parameter",
        }
    }

    fn exit(&self) -> Exit {
        match self {
            DiffusionError::NoReference { .. } | DiffusionError::Parameter { .. } => Exit::Usage,
            _ => Exit::Mismatch,
        }
    }

    fn remedy(&self) -> Option<String> {
        Some(match self {
            DiffusionError::BCount { .. } => "give one b-value a volume with --b-values or a .bval file".to_owned(),
            DiffusionError::BadB { .. } => "correct it, or leave the volume out with --drop-volumes".to_owned(),
            DiffusionError::TooFewB { .. } => "widen --b-min/--b-max, or keep more volumes".to_owned(),
            DiffusionError::Selection { .. } => "volumes are counted from 0".to_owned(),
            DiffusionError::AppendedAdcMap { volume, .. }
            | DiffusionError::EmptyVolume { volume, .. }
            | DiffusionError::ClippedVolume { volume, .. } => {
                format!("leave it out with --drop-volumes {volume}, or with `-` in its place in --b-values")
            }
            DiffusionError::SameVolume { volumes: [a, b], .. }
            | DiffusionError::UnlikeRepeats { volumes: [a, b], .. } => {
                format!(
                    "find out which is right; leave the other out with --drop-volumes {a} or {b}, or correct --b-values"
                )
            }
            DiffusionError::NotDecaying { .. } => {
                "check the order of the b-values; leave volumes that are no DWI out with --drop-volumes".to_owned()
            }
            DiffusionError::Station { interpolation_helps: true, .. } => {
                "pass --interpolate to resample it onto the lattice of the most superior station".to_owned()
            }
            DiffusionError::Station { .. } => "export all stations with the same field of view and matrix".to_owned(),
            DiffusionError::NoOverlap { .. } => "compose with --harmonise none".to_owned(),
            DiffusionError::NoCommonB { .. } => "name a series of the other visit with one of these b-values".to_owned(),
            DiffusionError::NotRegistered { .. } => {
                "check that both images show this part; widen --search-mm or --margin-mm, or register elsewhere and pass \
                 --transform"
                    .to_owned()
            }
            DiffusionError::EmptyMask { .. } => "check that the mask belongs to this image".to_owned(),
            DiffusionError::AdcUnit { .. } => {
                "convert it to um2/s (1e-6 mm2/s), or leave --adc out to have it fitted".to_owned()
            }
            DiffusionError::OneClass => "use --rule half-way or --rule robust".to_owned(),
            DiffusionError::NoReference { .. } => "give one with --reference, or use --rule absolute".to_owned(),
            DiffusionError::Parameter { .. } => "see --help for the range".to_owned(),
        })
    }
}
