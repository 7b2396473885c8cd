//! Flags that say how a follow-up is brought to the baseline, and the motion that they lead to.

use super::dwi_input::{b_of, check_same_grid};
use super::lesion_rows::Stations;
use super::region_input::file_name;
use super::{CliError, Context};
use crate::diffusion::DiffusionError;
use crate::diffusion::registration::{Extent, Motion, Piece, Registration, RegistrationParams, Rigid, VisitImages};
use crate::error::{Result, Warning};
use crate::image::{Affine, Mask, Volume, filled};
use crate::region::Scheme;
use clap::{Args, ValueEnum};
use ndarray::{Array3, Axis, ShapeBuilder};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Neighbouring parts that differ by more than this are a warning, mm.
const LARGE_STEP_MM: f64 = 10.0;
/// A correlation after registration below this is a warning.
const LOW_CORRELATION: f64 = 0.5;

/// How a follow-up is brought to the baseline.
#[derive(Debug, Args)]
#[command(next_help_heading = "Motion between the visits")]
pub struct MotionArgs {
    /// Take the follow-up through this transform: 4 x 4 numbers or an ITK text file, from the baseline's world to the
    /// follow-up's (mm, RAS+); `identity` where the headers are right and only the grids differ
    #[arg(long, value_name = "FILE", conflicts_with = "register")]
    transform: Option<PathBuf>,
    /// Find the rigid motion between two images of one kind, baseline first (of a series the lowest b is taken)
    #[arg(long, value_name = "DWI", num_args = 2)]
    register: Vec<PathBuf>,
    /// What moves on its own
    #[arg(long, value_name = "PART", default_value = "whole", requires = "register")]
    register_by: RegisterBy,
    /// Largest shift looked for, mm
    #[arg(long, value_name = "MM", default_value_t = RegistrationParams::default().search_mm, requires = "register")]
    search_mm: f64,
    /// Tissue around the mask (or the vertebrae) that is compared too, mm
    #[arg(long, value_name = "MM", default_value_t = RegistrationParams::default().margin_mm, requires = "register")]
    margin_mm: f64,
    /// Vertebra label map on the grid of the baseline
    #[arg(long, value_name = "NIFTI", requires = "scheme")]
    labels: Option<PathBuf>,
    /// What the integers of --labels mean: totalspineseg, totalseg-v2, totalseg-v1, totalseg-vertebrae-mr, spineps, or a file
    #[arg(long, value_name = "SCHEME", requires = "labels")]
    scheme: Option<String>,
}

/// `--register-by`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
enum RegisterBy {
    /// All that the mask holds
    Whole,
    /// Each station of the baseline, as the sidecar of `compose` beside the baseline's image tells them
    Station,
    /// Neck, upper and lower chest, loin with sacrum (--labels)
    Segment,
    /// Each vertebra (--labels)
    Vertebra,
}

/// One part and what was found of it.
#[derive(Debug, Serialize)]
struct Part {
    part: String,
    /// How far it reaches, mm; the whole reaches everywhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    extent: Option<Extent>,
    #[serde(flatten)]
    rigid: Rigid,
}

/// How the follow-up moved, and how that is known.
#[derive(Debug, Serialize)]
pub struct VisitMotion {
    /// `transform` or `registration`.
    from: &'static str,
    /// From a point's coordinates to a point's coordinates.
    convention: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    transform: Option<Affine>,
    #[serde(skip_serializing_if = "Option::is_none")]
    register_by: Option<RegisterBy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters: Option<RegistrationParams>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parts: Vec<Part>,
    /// Where a place of the baseline is at follow-up.
    #[serde(skip)]
    pub motion: Motion,
    /// The images that were compared, baseline first.
    #[serde(skip)]
    pub images: Option<[Volume; 2]>,
}

const CONVENTION: &str = "baseline world to follow-up world, mm, RAS+";

impl VisitMotion {
    /// The one motion of the whole body as text for `--transform`; none of several parts.
    pub fn text(&self) -> Option<String> {
        match self.parts.as_slice() {
            [part] => Some(part.rigid.affine.to_text()),
            _ => None,
        }
    }

    /// One line a part, for a picture.
    pub fn facts(&self) -> Vec<String> {
        let fact = |part: &Part| {
            // no minus before what rounds to nothing
            let [x, y, z] = part.rigid.shift_mm.map(|mm| (10.0 * mm).round() / 10.0 + 0.0);
            let turn = part.rigid.rotation_deg;
            let after = part.rigid.correlation_after;
            format!("{}: {x:.1} {y:.1} {z:.1} mm, {turn:.1}°, r {after:.2}", part.part)
        };
        self.parts.iter().map(fact).collect()
    }

    /// Header and rows of a table of the parts.
    pub fn rows(&self) -> ([&'static str; 8], Vec<Vec<String>>) {
        let header = ["part", "x_mm", "y_mm", "z_mm", "rotation_deg", "r_before", "r_after", "inside_share"];
        let row = |part: &Part| {
            let mut row = vec![part.part.clone()];
            row.extend(part.rigid.shift_mm.map(|mm| format!("{mm:.2}")));
            row.push(format!("{:.2}", part.rigid.rotation_deg));
            row.push(part.rigid.correlation_before.map(|r| format!("{r:.3}")).unwrap_or_default());
            row.push(format!("{:.3}", part.rigid.correlation_after));
            row.push(format!("{:.2}", part.rigid.inside_share));
            row
        };
        (header, self.parts.iter().map(row).collect())
    }
}

impl MotionArgs {
    /// The files that were named.
    pub fn sources(&self) -> Vec<PathBuf> {
        let named = self.transform.iter().filter(|path| path.as_path() != Path::new("identity"));
        named.chain(&self.register).chain(&self.labels).cloned().collect()
    }

    /// Whether a motion is looked for.
    pub fn registers(&self) -> bool {
        !self.register.is_empty()
    }

    /// The motion that was asked for; none where both visits must lie on one grid.
    pub fn motion(&self, mask: &Mask, context: &Context, warnings: &mut Vec<Warning>) -> Result<Option<VisitMotion>> {
        let given = |affine: Affine| VisitMotion {
            from: "transform",
            convention: CONVENTION,
            transform: Some(affine),
            register_by: None,
            parameters: None,
            parts: Vec::new(),
            motion: Motion::whole(affine),
            images: None,
        };
        match (&self.transform, self.register.as_slice()) {
            (Some(path), _) if path.as_path() == Path::new("identity") => Ok(Some(given(Affine::IDENTITY))),
            (Some(path), _) => Ok(Some(given(Affine::read(path)?))),
            (None, [baseline, followup]) => self.registered(baseline, followup, mask, context, warnings).map(Some),
            _ => Ok(None),
        }
    }

    fn registered(
        &self,
        baseline: &Path,
        followup: &Path,
        mask: &Mask,
        context: &Context,
        warnings: &mut Vec<Warning>,
    ) -> Result<VisitMotion> {
        let images = [lowest_b(baseline, context)?, lowest_b(followup, context)?];
        let [fixed, moving] = &images;
        check_same_grid((&mask.grid, &mask.source, "mask"), (&fixed.grid, baseline, "baseline image"), warnings)?;
        let params = RegistrationParams { search_mm: self.search_mm, margin_mm: self.margin_mm };
        let visit =
            VisitImages { baseline: (fixed.data.view(), &fixed.grid), followup: (moving.data.view(), &moving.grid) };
        let registration = Registration::new(&visit, params)?;
        let whole = registration.of(mask.data.view(), "the mask", None)?;
        let mut parts = Vec::new();
        for (part, region, extent) in self.regions(baseline, mask, context, warnings)? {
            match registration.of(region.view(), &part, Some(&whole.affine)) {
                Ok(rigid) => parts.push(Part { part, extent: Some(extent), rigid }),
                Err(problem @ (DiffusionError::NotRegistered { .. } | DiffusionError::EmptyMask { .. })) => {
                    let message = format!("{part} takes the motion of the whole mask: {problem}");
                    warnings.push(Warning::new("part-not-registered", message));
                    parts.push(Part { part, extent: Some(extent), rigid: whole.clone() });
                }
                Err(other) => return Err(other.into()),
            }
        }
        let piece = |part: &Part| Some(Piece { extent: part.extent?, affine: part.rigid.affine });
        let motion = Motion::of(parts.iter().filter_map(piece).collect());
        let motion = motion.unwrap_or_else(|| Motion::whole(whole.affine));
        let step = motion.largest_step_mm(whole.centre_mm[0], whole.centre_mm[1]);
        if parts.is_empty() {
            parts.push(Part { part: "whole".to_owned(), extent: None, rigid: whole });
        }
        if step > LARGE_STEP_MM {
            let message =
                format!("neighbouring parts moved by up to {step:.1} mm against each other; look at the picture");
            warnings.push(Warning::new("parts-disagree", message));
        }
        for part in parts.iter().filter(|part| part.rigid.correlation_after < LOW_CORRELATION) {
            let (name, r) = (&part.part, part.rigid.correlation_after);
            let message =
                format!("after registration the images of {name} correlate by {r:.2} only; look at the picture");
            warnings.push(Warning::new("poor-registration", message));
        }
        Ok(VisitMotion {
            from: "registration",
            convention: CONVENTION,
            transform: None,
            register_by: Some(self.register_by),
            parameters: Some(params),
            parts,
            motion,
            images: Some(images),
        })
    }

    /// The parts that move on their own: name, region, reach along the body. None where all moves together.
    fn regions(
        &self,
        baseline: &Path,
        mask: &Mask,
        context: &Context,
        warnings: &mut Vec<Warning>,
    ) -> Result<Vec<(String, Array3<bool>, Extent)>> {
        let grid = &mask.grid;
        if self.register_by == RegisterBy::Whole {
            return Ok(Vec::new());
        }
        if self.register_by == RegisterBy::Station {
            let stations = Stations::beside(baseline).reaches(grid);
            if stations.is_empty() {
                let message = format!("no sidecar beside {} tells its stations", file_name(baseline));
                let remedy = "give the series that `compose` wrote, with its .json, or use another --register-by";
                return Err(CliError::mismatch("no-stations", message, remedy).into());
            }
            let region = |low: f64, high: f64| {
                let mut region = filled(grid.dims, false);
                for ((i, j, k), inside) in region.indexed_iter_mut().filter(|(at, _)| mask.data[*at]) {
                    *inside = (low..=high).contains(&grid.world_mm([i as f64, j as f64, k as f64])[2]);
                }
                region
            };
            return Ok(stations
                .into_iter()
                .map(|(n, low_mm, high_mm)| {
                    (format!("station {n}"), region(low_mm, high_mm), Extent { low_mm, high_mm })
                })
                .collect());
        }
        let (Some(path), Some(scheme)) = (&self.labels, &self.scheme) else {
            let message = "--register-by segment and vertebra need vertebrae";
            return Err(CliError::usage(message, "give them with --labels and --scheme").into());
        };
        let scheme = Scheme::of(scheme)?;
        let labels = context.reader.labels(path)?;
        check_same_grid((grid, &mask.source, "mask"), (&labels.grid, path, "vertebra labels"), warnings)?;
        let mut part_of: BTreeMap<i32, Option<String>> = BTreeMap::new();
        let by_vertebra = self.register_by == RegisterBy::Vertebra;
        let name = |label: i32| {
            let level = scheme.level(label)?.to_string();
            Some(if by_vertebra { level } else { segment(&level).to_owned() })
        };
        let mut found: BTreeMap<String, (Array3<bool>, Extent)> = BTreeMap::new();
        for ((i, j, k), &label) in labels.data.indexed_iter().filter(|(_, label)| **label != 0) {
            let Some(part) = part_of.entry(label).or_insert_with(|| name(label)) else { continue };
            let z = grid.world_mm([i as f64, j as f64, k as f64])[2];
            if !found.contains_key(part) {
                let nowhere = Extent { low_mm: f64::INFINITY, high_mm: f64::NEG_INFINITY };
                found.insert(part.clone(), (filled(grid.dims, false), nowhere));
            }
            if let Some((region, extent)) = found.get_mut(part) {
                region[[i, j, k]] = true;
                *extent = Extent { low_mm: extent.low_mm.min(z), high_mm: extent.high_mm.max(z) };
            }
        }
        if found.is_empty() {
            let message = format!("{} holds no vertebra of that scheme", file_name(path));
            return Err(CliError::mismatch("no-vertebra", message, "check --scheme").into());
        }
        let mut parts: Vec<_> = found.into_iter().map(|(part, (region, extent))| (part, region, extent)).collect();
        parts.sort_by(|a, b| b.2.high_mm.total_cmp(&a.2.high_mm));
        Ok(parts)
    }
}

/// The part of the spine that moves as one.
fn segment(level: &str) -> &'static str {
    match (level.chars().next(), level.get(1..).unwrap_or_default().parse::<u8>()) {
        (Some('C'), _) => "cervical",
        (Some('T'), Ok(1..=6)) => "upper thoracic",
        (Some('T'), _) => "lower thoracic",
        _ => "lumbosacral",
    }
}

/// An image, of a series the one of the lowest b.
fn lowest_b(path: &Path, context: &Context) -> Result<Volume> {
    let series = context.reader.series(path)?;
    let mut lowest = 0;
    if series.len() > 1 {
        let b = b_of(&super::dwi_input::DwiFile { path: path.to_owned(), b: None }, series.len())?;
        lowest = (0..b.len()).min_by(|&x, &y| b[x].total_cmp(&b[y])).unwrap_or(0);
    }
    let [nx, ny, nz] = series.grid.dims;
    let mut data = Array3::zeros((nx, ny, nz).f());
    data.assign(&series.data.index_axis(Axis(3), lowest));
    Ok(Volume { grid: series.grid, data, source: path.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vertebrae_fall_into_four_segments() {
        let of = ["C2", "T6", "T7", "T12", "L1", "L5", "sacrum"].map(segment);
        let [chest, loin] = ["lower thoracic", "lumbosacral"];
        assert_eq!(of, ["cervical", "upper thoracic", chest, chest, loin, loin, loin]);
    }
}
