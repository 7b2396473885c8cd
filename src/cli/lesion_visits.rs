//! Lesions of two visits: how much they grew together, and whether both were segmented by one rule, with masks alike, in one
//! bone.

use crate::diffusion::registration::Motion;
use crate::error::Warning;
use crate::image::{Labels, Mask, resample_labels_through};
use crate::measure::{SegmentationRecord, unlike};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Bone masks that have less than this in common after registration do not outline one skeleton. Two outlines that are half a
/// voxel apart all around share this much of a bone some six voxels wide.
const LEAST_BONE_DICE: f64 = 0.7;

/// How far the bone masks of both visits outline the same bone.
#[derive(Debug, Clone, Serialize)]
pub struct BoneOverlap {
    /// Volume of each mask, mL.
    pub bone_ml: [f64; 2],
    /// Dice of both on the grid of the baseline, where the follow-up was imaged too; none where neither holds a voxel there.
    pub bone_dice: Option<f64>,
}

impl BoneOverlap {
    /// The follow-up's mask is taken through the motion between the visits, or lies on the grid of the baseline.
    pub fn new(masks: [Mask; 2], motion: Option<&Motion>, warnings: &mut Vec<Warning>) -> Self {
        let [before, after] = masks;
        let bone_ml = [&before, &after].map(|mask| mask.n_inside() as f64 * mask.grid.voxel_volume_ml());
        // 1 where it was imaged, 2 where it is bone
        let seen = after.data.mapv(|inside| if inside { 2 } else { 1 });
        let labels = Labels { grid: after.grid, data: seen, source: PathBuf::new() };
        let seen = match motion {
            Some(motion) => resample_labels_through(&labels, &before.grid, |at| motion.at(at)).data,
            None => labels.data,
        };
        let pairs = before.data.iter().zip(&seen).filter(|(_, seen)| **seen > 0);
        let [mut first, mut second, mut both] = [0_usize; 3];
        for (&inside, &seen) in pairs {
            first += usize::from(inside);
            second += usize::from(seen == 2);
            both += usize::from(inside && seen == 2);
        }
        let bone_dice = (first + second > 0).then(|| 2.0 * both as f64 / (first + second) as f64);
        if bone_dice.is_none_or(|dice| dice < LEAST_BONE_DICE) {
            let found = bone_dice.map_or("nothing".to_owned(), |dice| format!("a Dice of {dice:.2}"));
            let message = format!(
                "the bone masks of the visits have {found} in common (at least {LEAST_BONE_DICE} expected): other masks, or the \
                 registration failed"
            );
            warnings.push(Warning::new("bones-differ", message));
        }
        BoneOverlap { bone_ml, bone_dice }
    }

    /// Header and row of a table.
    pub fn row(&self) -> ([&'static str; 3], Vec<String>) {
        let mut row = self.bone_ml.map(|ml| format!("{ml:.1}")).to_vec();
        row.push(self.bone_dice.map(|dice| format!("{dice:.3}")).unwrap_or_default());
        (["bone_baseline_ml", "bone_followup_ml", "bone_dice"], row)
    }
}

/// Total diffusion volume at both visits.
#[derive(Debug, Clone, Serialize)]
pub struct LesionVolumes {
    /// Volume of all lesions, mL.
    pub lesions_ml: [f64; 2],
    /// Follow-up minus baseline, mL.
    pub tdv_change_ml: f64,
    /// The same as a share of the baseline, percent; none where there were no lesions.
    pub tdv_change_pct: Option<f64>,
    /// Whether both sidecars tell the same rule and masks of one kind; none where a sidecar is missing.
    pub is_same_rule: Option<bool>,
    /// What they tell differently.
    pub rule_differences: Vec<String>,
}

impl LesionVolumes {
    /// Volumes of both visits, and what the sidecars beside their labels say about how they were made.
    pub fn new(lesions_ml: [f64; 2], labels: [&Path; 2], warnings: &mut Vec<Warning>) -> Self {
        let [before, after] = lesions_ml;
        let made = labels.map(SegmentationRecord::beside);
        let (is_same_rule, rule_differences) = match &made {
            [Some(first), Some(second)] => {
                let found = first.differences(second);
                if !found.is_empty() {
                    warnings.push(unlike("", &found));
                }
                (Some(found.is_empty()), found)
            }
            _ => {
                let message = "no sidecar of `tdv` beside the lesions of both visits: whether one rule and masks alike made them is \
                               not known";
                warnings.push(Warning::new("lesion-rule-unknown", message));
                (None, Vec::new())
            }
        };
        LesionVolumes {
            lesions_ml,
            tdv_change_ml: after - before,
            tdv_change_pct: (before > 0.0).then(|| 100.0 * (after / before - 1.0)),
            is_same_rule,
            rule_differences,
        }
    }

    /// Header and row of a table.
    pub fn row(&self) -> ([&'static str; 5], Vec<String>) {
        let [before, after] = self.lesions_ml;
        let mut row = [before, after, self.tdv_change_ml].map(|ml| format!("{ml:.2}")).to_vec();
        row.push(self.tdv_change_pct.map(|pct| format!("{pct:.1}")).unwrap_or_default());
        row.push(self.is_same_rule.map_or("unknown", |same| if same { "yes" } else { "no" }).to_owned());
        (["tdv_baseline_ml", "tdv_followup_ml", "tdv_change_ml", "tdv_change_pct", "same_rule"], row)
    }
}
