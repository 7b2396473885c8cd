//! `study.toml`: what must not be guessed about a study.
//!
//! Unknown keys are refused, so that a misspelt one cannot be ignored. Defaults stand in the `Default`
//! implementations here and nowhere else. A study without the file gets [`template`] to check and save.

use super::{RunChoice, StudyError};
use crate::measure::{FatFractionSettings, RegionSettings, TdvSettings};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Name of the settings file in a study folder.
pub const FILE_NAME: &str = "study.toml";

/// The settings of a study.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StudyConfig {
    /// Which sessions are compared.
    pub sessions: Sessions,
    /// What counts as response, and from which visit.
    pub endpoint: Endpoint,
    /// Where the markers are measured.
    pub regions: RegionSettings,
    /// What counts as diseased volume.
    pub tdv: TdvSettings,
    /// How raw echoes become a fat fraction.
    #[serde(default)]
    pub fat_fraction: FatFractionSettings,
    /// Which files count.
    #[serde(default, skip_serializing_if = "Files::is_default")]
    pub files: Files,
    /// What is asked before the data are seen.
    pub plan: Plan,
    /// How the models are fitted.
    #[serde(default)]
    pub models: Models,
    /// How they are validated.
    #[serde(default)]
    pub validate: Validate,
}

/// Which of several files for one role counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Files {
    /// Of several runs of one series: `refuse`, `first` or `last`.
    pub run: RunChoice,
}

impl Files {
    fn is_default(&self) -> bool {
        *self == Files::default()
    }
}

/// The two imaging visits whose change is analysed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sessions {
    /// Session label before treatment, without `ses-`.
    pub baseline: String,
    /// Session label of the follow-up.
    pub followup: String,
}

/// Where the response of a patient is taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EndpointSource {
    /// A column of `clinical.csv`, as a physician assessed it.
    #[default]
    Column,
    /// The IMWG category computed from the laboratory columns.
    Imwg,
}

/// What counts as response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// Read or computed.
    #[serde(default)]
    pub from: EndpointSource,
    /// Session of the clinical table at which it is assessed, e.g. `end`.
    pub session: String,
    /// Column of the clinical table; for `from = "imwg"` not needed.
    #[serde(default)]
    pub column: String,
    /// Values that count as response.
    #[serde(default)]
    pub positive: Vec<String>,
    /// Values that do not; empty = the IMWG categories that are not in `positive`.
    #[serde(default)]
    pub negative: Vec<String>,
}

/// Markers declared before the data are seen, each as `COLUMN:higher` or `COLUMN:lower`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// At most two; the multivariable model holds these.
    pub primary: Vec<String>,
    /// Tested beside, with their own correction for multiple tests.
    #[serde(default)]
    pub secondary: Vec<String>,
}

/// Estimator of the logistic models.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Firth's penalised likelihood with an intercept correction (FLIC).
    #[default]
    Firth,
    /// Maximum likelihood.
    Ml,
    /// Ridge penalty, no standard errors.
    Ridge,
}

/// How the models are fitted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Models {
    /// Estimator.
    pub method: Method,
}

/// How the models are validated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Validate {
    /// Bootstrap resamples.
    pub bootstrap: usize,
}

impl Default for Validate {
    fn default() -> Self {
        Validate { bootstrap: 500 }
    }
}

impl StudyConfig {
    /// Reads and checks `STUDY/study.toml`. `found_sessions` fills the template where the file is missing.
    ///
    /// # Errors
    /// [`StudyError::ConfigMissing`] with a template, [`StudyError::Config`] where the file cannot be used.
    pub fn read(study: &Path, found_sessions: &[String]) -> Result<StudyConfig, StudyError> {
        let path = study.join(FILE_NAME);
        let shown = path.display().to_string();
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(source) if source.kind() == std::io::ErrorKind::NotFound => {
                return Err(StudyError::ConfigMissing { path: shown, template: template(found_sessions) });
            }
            Err(source) => return Err(StudyError::Unreadable { path: shown, reason: source.to_string() }),
        };
        StudyConfig::parse(&text).map_err(|reason| StudyError::Config { path: shown, reason })
    }

    /// Settings from TOML text, checked.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<StudyConfig, String> {
        let config: StudyConfig = toml::from_str(text).map_err(|source| source.to_string().trim_end().to_owned())?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), String> {
        let Sessions { baseline, followup } = &self.sessions;
        if baseline == followup {
            return Err(format!("[sessions] baseline and followup are both `{baseline}`"));
        }
        if self.endpoint.from == EndpointSource::Column
            && (self.endpoint.column.is_empty() || self.endpoint.positive.is_empty())
        {
            return Err("[endpoint] needs `column` and `positive`, or `from = \"imwg\"`".to_owned());
        }
        self.regions.check()?;
        self.tdv.check()?;
        if self.plan.primary.is_empty() || self.plan.primary.len() > 2 {
            return Err(format!("[plan] primary names {} markers: one or two", self.plan.primary.len()));
        }
        for marker in self.plan.primary.iter().chain(&self.plan.secondary) {
            if !(marker.ends_with(":higher") || marker.ends_with(":lower")) {
                return Err(format!("[plan] `{marker}` lacks its direction: append `:higher` or `:lower`"));
            }
        }
        if self.validate.bootstrap == 0 {
            return Err("[validate] bootstrap = 0: at least one resample".to_owned());
        }
        Ok(())
    }
}

/// A `study.toml` to check and save, with the session labels that were found.
pub fn template(found_sessions: &[String]) -> String {
    let label = |n: usize, otherwise: &str| found_sessions.get(n).map_or(otherwise, String::as_str).to_owned();
    let (baseline, followup) = (label(0, "baseline"), label(1, "cycle2"));
    format!(
        r#"[sessions]                      # the two imaging visits whose change is analysed
baseline = "{baseline}"
followup = "{followup}"
[endpoint]                      # or from = "imwg"; the response at the end of treatment, not at the markers' visit
session = "end"
column = "best_response"
positive = ["sCR", "CR", "VGPR"]
[regions]                       # scheme: totalspineseg, totalseg-v2, totalseg-v1, totalseg-vertebrae-mr, spineps, a file, or embedded
scheme = "totalspineseg"
levels = "L1-L5"
erode_mm = 3.0
[tdv]                           # rule: absolute, reference-ratio, reference-sd, healthy-sd, robust, half-way or mixture
rule = "reference-ratio"
threshold = 5.0
signal_b = 900
harmonise = "overlap"           # gains of the stations: none, or overlap (from what two stations share)
adc_low = 300
adc_high = 1500
min_volume_ml = 0.5
edges = "shared"                # voxels at the edge of a lesion: shared with the marrow beside it, or whole
[fat_fraction]                  # spectrum of fat where raw echoes are fitted: ren-marrow-9, hamilton-liver-9, hernando-6, zhong-7, single
fat_model = "ren-marrow-9"
[plan]                          # one or two primary markers, each with the direction that points to response
primary = ["sff_mean_L1-L5__pct:higher", "m_protein_serum_g_dl__pct:lower"]
secondary = ["tdv_total_body__pct:lower", "adc_median_L1-L5__pct:higher", "dropout_mean_L1-L5__pct:higher"]
[models]                        # firth, ml or ridge
method = "firth"
[validate]
bootstrap = 500
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_is_a_valid_study_file_with_the_sessions_found() {
        let config = StudyConfig::parse(&template(&["pre".into(), "post".into()])).unwrap();
        assert_eq!(config.sessions, Sessions { baseline: "pre".into(), followup: "post".into() });
        assert_eq!(config.validate, Validate::default());
        assert_eq!(config.endpoint.from, EndpointSource::Column);
    }

    #[test]
    fn a_misspelt_key_is_refused_by_name() {
        let text = template(&[]).replace("erode_mm", "erode");
        assert!(StudyConfig::parse(&text).unwrap_err().contains("erode"));
    }

    #[test]
    fn a_rule_without_threshold_and_a_marker_without_direction_are_refused() {
        let text = template(&[]).replace("threshold = 5.0\n", "");
        assert!(StudyConfig::parse(&text).unwrap_err().contains("threshold"));
        let text = template(&[]).replace("__pct:higher\", \"m_", "__pct\", \"m_");
        assert!(StudyConfig::parse(&text).unwrap_err().contains("direction"));
    }

    #[test]
    fn more_than_two_primary_markers_are_refused() {
        let text = template(&[]).replace("primary = [", "primary = [\"a__pct:lower\", ");
        assert!(StudyConfig::parse(&text).unwrap_err().contains("one or two"));
    }
}
