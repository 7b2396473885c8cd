//! What a network file does not say itself and nobody may guess: images, grid, values, pieces, classes. TOML beside it.

use super::normalise::Normalise;
use super::pieces::Blend;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The settings of a network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// What each image is, in the order in which they are given; the channels of the network.
    pub channels: Vec<String>,
    /// Axes of the image in the order of the network's tensor behind batch and channel: three for a network of volumes, two
    /// for one of slices, which are those across the third.
    pub axes: Axes,
    /// Directions in which i, j, k grow where the network sees the image, e.g. `LPS`; as in the image without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub orientation: Option<String>,
    /// Sides of the voxels that the network sees, along its i, j, k, mm; those of the image without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spacing_mm: Option<[f64; 3]>,
    /// How the values of each image are brought into the network's range.
    pub normalise: Normalise,
    /// Size of a piece; the one fixed in the network, else the whole image, without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patch: Option<Patch>,
    /// What the network answers.
    pub output: Output,
    /// What each channel of the answer stands for, in its order.
    pub classes: Vec<Class>,
}

/// Pieces in which the network sees the image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Patch {
    /// Voxels along the network's axes, as many as `axes` has letters.
    pub size: Vec<usize>,
    /// Share of a piece that it has in common with the next, 0 to below 1.
    #[serde(default = "half")]
    pub overlap: f64,
    /// Weight of an answer by its place in the piece.
    #[serde(default)]
    pub blend: Blend,
}

fn half() -> f64 {
    0.5
}

/// What the numbers of the answer are.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Output {
    /// One score a class, background included: the largest counts.
    Scores,
    /// One logit a class without background: inside where its logistic function reaches the threshold.
    Sigmoid {
        /// 0 to 1.
        threshold: f64,
    },
    /// One probability a class without background: inside where it reaches the threshold.
    Probability {
        /// 0 to 1.
        threshold: f64,
    },
}

/// One class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Class {
    /// Its name in the label table, e.g. `L1`.
    pub name: String,
    /// Its integer in the label map; 0 is background.
    pub label: i32,
}

/// Axes of the image in the order of the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Axes {
    order: [usize; 3],
    n: usize,
}

impl Axes {
    /// Image axis of each axis of the network, the one across slices last where it takes slices.
    pub fn order(self) -> [usize; 3] {
        self.order
    }

    /// 3 for volumes, 2 for slices.
    pub fn n(self) -> usize {
        self.n
    }
}

impl TryFrom<String> for Axes {
    type Error = String;

    fn try_from(text: String) -> Result<Axes, String> {
        let bad = || format!("axes = \"{text}\" is no order of the image's axes, e.g. \"ijk\" or, for slices, \"ij\"");
        let found: Option<Vec<usize>> = text.chars().map(|letter| "ijk".find(letter)).collect();
        let mut order = found.ok_or_else(bad)?;
        let n = order.len();
        order.extend((0..3).filter(|axis| !order.contains(axis)).collect::<Vec<_>>());
        let distinct: BTreeSet<usize> = order.iter().copied().collect();
        match <[usize; 3]>::try_from(order) {
            Ok(order) if distinct.len() == 3 && n >= 2 => Ok(Axes { order, n }),
            _ => Err(bad()),
        }
    }
}

impl From<Axes> for String {
    fn from(axes: Axes) -> String {
        axes.order[..axes.n].iter().map(|&axis| ["i", "j", "k"][axis]).collect()
    }
}

/// Settings to start from.
pub const TEMPLATE: &str = r#"channels = ["water"]            # the images in the order given, which are the network's channels
axes = "ijk"                     # image axes in the order of the network's tensor (nnU-Net: "kji"); "ij" for slices
# orientation = "LPS"            # directions in which i, j, k grow where the network sees the image
# spacing_mm = [1.5, 1.5, 3.0]   # its voxels along i, j, k; the image is resampled only where this is stated
normalise = { method = "z-score", over = "all" }  # or over = "nonzero"; "percentiles" with low, high; "none"
classes = [
  { name = "background", label = 0 },
  { name = "L1", label = 41 },
]

[patch]                          # leave out for a network that takes whole images
size = [128, 128, 64]            # in the order of `axes`
overlap = 0.5
blend = "gaussian"               # or "uniform"

[output]
kind = "scores"                  # or "sigmoid", "probability", each with threshold = 0.5 and no background class
"#;

impl Settings {
    /// Reads and checks the settings; the reason where they cannot be used.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn parse(text: &str) -> Result<Settings, String> {
        let settings: Settings = toml::from_str(text).map_err(|error| error.message().to_owned())?;
        settings.check()?;
        Ok(settings)
    }

    fn check(&self) -> Result<(), String> {
        let wrong = |is_wrong: bool, what: &str| if is_wrong { Err(what.to_owned()) } else { Ok(()) };
        wrong(self.channels.is_empty(), "channels names no image")?;
        if let Some(letters) = &self.orientation {
            let pairs = ["LR", "AP", "IS"];
            let of = |letter: char| pairs.iter().position(|pair| pair.contains(letter));
            let axes: Option<BTreeSet<usize>> = letters.chars().map(of).collect();
            let is_whole = letters.len() == 3 && axes.is_some_and(|axes| axes.len() == 3);
            wrong(!is_whole, "orientation is not three of R/L, A/P, S/I, e.g. \"LPS\"")?;
        }
        let is_length = |mm: &f64| mm.is_finite() && *mm > 0.0;
        let is_spaced = self.spacing_mm.is_none_or(|mm| mm.iter().all(is_length));
        wrong(!is_spaced, "spacing_mm holds what is no length")?;
        self.normalise.check()?;
        if let Some(Patch { size, overlap, .. }) = &self.patch {
            let n = self.axes.n();
            let is_size = size.len() == n && size.iter().all(|&side| side > 0);
            wrong(!is_size, &format!("[patch] size must be {n} positive numbers, one for each letter of axes"))?;
            wrong(!(0.0..1.0).contains(overlap), "[patch] overlap must be at least 0 and less than 1")?;
        }
        if let Output::Sigmoid { threshold } | Output::Probability { threshold } = self.output {
            wrong(!(threshold > 0.0 && threshold < 1.0), "[output] threshold must lie between 0 and 1")?;
            let has_background = self.classes.iter().any(|class| class.label == 0);
            wrong(
                has_background,
                "classes of an output with a threshold have no background: label 0 is what none reaches",
            )?;
        }
        wrong(self.classes.is_empty(), "classes is empty")?;
        wrong(self.classes.iter().any(|class| class.label < 0), "a class has a negative label")?;
        let labels: BTreeSet<i32> = self.classes.iter().map(|class| class.label).collect();
        let names: BTreeSet<&str> = self.classes.iter().map(|class| class.name.as_str()).collect();
        let is_distinct = labels.len() == self.classes.len() && names.len() == self.classes.len();
        wrong(!is_distinct, "two classes have one name or one label")?;
        let is_plain = |name: &&str| !name.trim().is_empty() && !name.contains(char::is_control);
        wrong(!names.iter().all(is_plain), "the name of a class is empty or holds tabs or line breaks")
    }

    /// The label table of BIDS (`index`, `name`), background left out.
    pub fn label_table(&self) -> String {
        let shown = self.classes.iter().filter(|class| class.label != 0);
        let lines: String = shown.map(|class| format!("{}\t{}\n", class.label, class.name)).collect();
        format!("index\tname\n{lines}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_can_be_used_and_each_fault_is_named() {
        let settings = Settings::parse(TEMPLATE).unwrap();
        assert_eq!((settings.axes.order(), settings.axes.n()), ([0, 1, 2], 3));
        assert_eq!(settings.label_table(), "index\tname\n41\tL1\n");
        for (from, to, said) in [
            ("\"ijk\"", "\"iik\"", "axes"),
            ("\"ijk\"", "\"i\"", "axes"),
            ("\"ijk\"", "\"ij\"", "2 positive numbers"),
            ("# orientation = \"LPS\"", "orientation = \"LPR\"", "orientation"),
            ("# spacing_mm = [1.5,", "spacing_mm = [0.0,", "spacing_mm"),
            ("overlap = 0.5", "overlap = 1.0", "overlap"),
            ("kind = \"scores\"", "kind = \"sigmoid\"", "threshold"),
            ("kind = \"scores\"", "kind = \"sigmoid\"\nthreshold = 0.5", "no background"),
            ("label = 41", "label = 0", "one label"),
            ("label = 41", "label = -1", "negative"),
            ("\"L1\"", "\"\\t\"", "name of a class"),
            ("overlap", "overlaps", "overlaps"),
            ("over = \"all\"", "over = \"some\"", "some"),
        ] {
            let text = TEMPLATE.replacen(from, to, 1);
            let error = Settings::parse(&text).unwrap_err();
            assert!(error.contains(said), "{to}: {error}");
        }
    }

    #[test]
    fn axes_lead_back_to_their_letters() {
        for text in ["ijk", "kji", "ki", "jk"] {
            let axes = Axes::try_from(text.to_owned()).unwrap();
            assert_eq!(String::from(axes), text);
        }
        assert_eq!(Axes::try_from("ki".to_owned()).unwrap().order(), [2, 0, 1]);
    }
}
