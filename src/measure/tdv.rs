//! Total diffusion volume: how much of the skeleton looks like active disease on diffusion-weighted images.
//!
//! Inputs  composed signal and ADC, bone mask, reference tissue, exclusion masks on the composed grid
//! Output  mL and number of lesions
//! Method  threshold on the signal by the stated rule, ADC window, smallest lesion (see `explain tdv`)
//! Limits  normal marrow is brighter than muscle; the threshold has no default

use super::registry::{BODY, Biomarker, Citation, Place, Yield};
use super::session::SessionWork;
use super::stations::Stations;
use super::{MapData, Role};
use crate::diffusion::{self, Tdv, TdvInput, TdvParams};
use crate::error::Result;
use crate::image::{Grid, ImageError, Labels, MapSidecar, Mask, Reader, filled, generated_by, place_mask};
use crate::units::Unit;
use std::path::{Path, PathBuf};

/// Registry entry.
pub static BIOMARKER: Biomarker = Biomarker {
    name: "tdv",
    title: "Total diffusion volume",
    needs: &[Role::Dwi, Role::Bone],
    one_of: &[],
    signature: &[Role::Bone],
    yields: &[
        Yield {
            statistic: "total",
            place: Place::Body,
            unit: Unit::Millilitre,
            plausible: [0.0, 4000.0],
            what: "volume of the skeleton that looks like active disease",
        },
        Yield {
            statistic: "n_lesions",
            place: Place::Body,
            unit: Unit::Count,
            plausible: [0.0, 2000.0],
            what: "connected lesions of at least the smallest volume",
        },
    ],
    citations: &[Citation { text: "Blackledge MD et al., PLoS ONE 2014", doi: "10.1371/journal.pone.0091779" }],
    doc: include_str!("../docs/tdv.md"),
    measure,
};

fn measure(work: &mut SessionWork) -> Result<()> {
    let tdv = work.tdv()?;
    let (total, n_lesions, n_voxels) = (tdv.total_ml, tdv.n_lesions, tdv.n_voxels);
    work.row(BODY, "total", Some(total), n_voxels, &[]);
    work.row(BODY, "n_lesions", Some(n_lesions as f64), n_voxels, &[]);
    Ok(())
}

/// Reads the masks, segments, and keeps the label map and the lesions.
pub(super) fn segment(work: &mut SessionWork) -> Result<Tdv> {
    let Stations { adc, signal } = work.stations()?;
    let settings = &work.params.tdv;
    let bone = mask(work, work.path(Role::Bone)?, Role::Bone, &adc.grid)?;
    let reference = match settings.rule.needs_reference() {
        false => None,
        true => Some(mask(work, work.path(Role::Reference)?, Role::Reference, &adc.grid)?),
    };
    let mut exclude = Vec::new();
    for path in work.inputs.files_of(Role::Exclude) {
        exclude.push(mask(work, path, Role::Exclude, &adc.grid)?);
    }
    let exclude_views: Vec<_> = exclude.iter().map(|mask| mask.data.view()).collect();
    let input = TdvInput {
        grid: &adc.grid,
        signal: signal.data.view(),
        adc: adc.data.view(),
        bone: bone.data.view(),
        exclude: &exclude_views,
        reference: reference.as_ref().map(|mask| mask.data.view()),
    };
    let params = TdvParams {
        adc_low: Some(settings.adc_low),
        adc_high: Some(settings.adc_high),
        min_volume_ml: settings.min_volume_ml,
        connectivity: settings.connectivity(),
        edges: settings.edges,
        ..TdvParams::new(settings.rule, settings.threshold)
    };
    let mut tdv = diffusion::tdv::segment(&input, &params)?;
    let labels = Labels {
        grid: adc.grid.clone(),
        data: std::mem::replace(&mut tdv.labels, filled([0; 3], 0)),
        source: PathBuf::new(),
    };
    let made_by =
        |role: Role| -> Vec<Option<String>> { work.inputs.files_of(role).into_iter().map(generated_by).collect() };
    let parameters = serde_json::json!({
        "parameters": {
            "signal_b_s_mm2": settings.signal_b,
            "segmentation": params,
            "harmonise": settings.harmonise,
            "n_exclusion_masks": exclude.len(),
            "has_reference": reference.is_some(),
            "masks_made_by": {
                "bone": made_by(Role::Bone),
                "exclude": made_by(Role::Exclude),
                "reference": made_by(Role::Reference),
            },
        },
        "results": {
            "total_ml": tdv.total_ml,
            "n_lesions": tdv.n_lesions,
            "threshold_signal": tdv.threshold_signal,
            "threshold_from": tdv.threshold_from,
            "classes": tdv.classes,
            "n_bone": tdv.n_bone,
            "bone_ml": tdv.bone_ml,
            "removed": tdv.removed,
            "sensitivity": tdv.sensitivity,
        },
    });
    let roles = [Role::Dwi, Role::Bone, Role::Reference, Role::Exclude];
    let sources = roles.into_iter().flat_map(|role| work.inputs.files_of(role));
    let method = "signal above the stated threshold in bone, within the ADC window, connected components";
    let sidecar = MapSidecar::new("tdv", Unit::Count.ascii(), method, parameters, sources).with_warnings(&tdv.warnings);
    work.keep_map("tDV", MapData::Labels(labels), sidecar);
    work.keep_lesions(tdv.lesions.clone(), std::mem::take(&mut tdv.adc_values));
    work.backgrounds.bone = Some(bone);
    work.warn(tdv.warnings.iter().cloned());
    Ok(tdv)
}

/// A mask as its role reads it; what is no mask is refused.
///
/// # Errors
/// Where the file cannot be read or holds something else than a mask.
pub(super) fn read_role_mask(role: Role, path: &Path) -> std::result::Result<Mask, ImageError> {
    let reader = Reader::default();
    match role {
        // every organ of a label map of organs
        Role::Exclude => reader.any_label_mask(path),
        _ => reader.one_value_mask(path),
    }
}

/// A mask that is proved to lie on the composed grid.
fn mask(work: &mut SessionWork, path: &Path, role: Role, composed: &Grid) -> Result<Mask> {
    let mask = read_role_mask(role, path)?;
    let dwi = work.path(Role::Dwi)?.file_name().unwrap_or_default().to_string_lossy();
    let (mask, warnings) = place_mask(mask, composed, [Role::Dwi.name(), &dwi], role.name())?;
    work.warn(warnings);
    Ok(mask)
}
