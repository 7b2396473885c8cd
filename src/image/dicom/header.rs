//! One file's header: what decides its place, its role and how its pixels become values.
//!
//! Classic images have one [`Frame`], enhanced ones as many as they hold; grouping and geometry see frames alone. Reading
//! stops before the pixels.

use super::element::{Object, array, bytes, item, items, number, numbers, text, words};
use super::identity::Identity;
use super::vendor::{BValue, Component, Mosaic, Vendor, b_value, component, mosaic, philips_scale_slope};
use super::{syntax, tags};
use dicom_object::{DefaultDicomObject, Tag};
use std::path::PathBuf;

/// What kind of object a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Classic or enhanced MR image.
    Image,
    /// Segmentation.
    Segmentation,
    /// Radiotherapy structure set.
    Contours,
    /// Secondary capture: a picture of a screen, refused.
    SecondaryCapture,
    /// Anything else: reports, presentation states, images of other modalities, directories.
    Other,
}

/// The header of one file, as far as it is used.
#[derive(Debug, Clone)]
pub struct Header {
    /// Where it is.
    pub path: PathBuf,
    /// Its path below the folder that was given, masked.
    pub shown: String,
    /// Person and day; never printed.
    pub identity: Identity,
    /// What the file holds.
    pub kind: Kind,
    /// Maker of the scanner.
    pub vendor: Vendor,
    /// Unique identifiers, for grouping alone.
    pub study_uid: String,
    /// See `study_uid`.
    pub series_uid: String,
    /// See `study_uid`.
    pub sop_uid: String,
    /// Number of the series on the console.
    pub series_number: i64,
    /// Number of the image in its series.
    pub instance: i64,
    /// Transfer syntax of the pixels.
    pub transfer_syntax: String,
    /// Description of the series, lower case; only its known words are ever shown.
    pub(super) description: String,
    /// Attributes of the acquisition that may stand in a sidecar.
    pub acquisition: Acquisition,
    /// Why the image must not be used.
    pub refusal: Option<String>,
    /// The image says that nothing is burnt into its pixels.
    pub states_no_annotation: bool,
    /// Rows and columns.
    pub size: [usize; 2],
    /// Bits of a stored pixel.
    pub(super) bits: u16,
    /// True where stored pixels are signed.
    pub(super) is_signed: bool,
    /// Many slices in one picture, and what private attributes say of them.
    pub(super) mosaic: Option<Mosaic>,
    /// The pixels, now or once, went through a compression that changes them.
    pub is_lossy: bool,
    /// Samples of a pixel; 1 for grey.
    pub(super) samples: u16,
    /// Frames that the file announces; it places those in `frames` alone.
    pub(super) n_frames: usize,
    /// Size of the file, bytes.
    pub n_bytes: u64,
    /// The images it holds.
    pub frames: Vec<Frame>,
    /// Series UIDs that a segmentation or structure set is drawn on.
    pub references: Vec<String>,
}

/// Attributes of the acquisition that are no identity.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Acquisition {
    /// Scanner model, where it is a known product.
    pub model: Option<String>,
    /// Part of the body, where it is a known word.
    pub body_part: Option<String>,
    /// T.
    pub field_t: Option<f64>,
    /// ms.
    pub tr_ms: Option<f64>,
    /// Degrees.
    pub flip_deg: Option<f64>,
    /// Gradient echo, spin echo; `None` where not stated.
    pub gradient_echo: Option<bool>,
    /// Echo-planar read-out.
    pub echo_planar: bool,
    /// Unit of the rescaled values where the file states one.
    pub rescale_type: Option<String>,
}

/// One image plane.
#[derive(Debug, Clone, Default)]
pub struct Frame {
    /// Place in its file, from 0.
    pub number: u32,
    /// Centre of the first pixel, mm, LPS+.
    pub(super) position: Option<[f64; 3]>,
    /// Directions in which columns and rows count, LPS+.
    pub(super) orientation: Option<[f64; 6]>,
    /// Distance of rows, of columns, mm.
    pub(super) spacing: Option<[f64; 2]>,
    /// Distance of slices where the header states it, else their thickness, mm.
    pub(super) slice_mm: Option<f64>,
    /// Words of the image type.
    pub image_type: Vec<String>,
    /// Part of the complex signal.
    pub component: Option<Component>,
    /// ms.
    pub te_ms: Option<f64>,
    /// Diffusion weighting.
    pub b: Option<BValue>,
    /// The frame is a mean over directions (trace-weighted).
    pub(super) isotropic: bool,
    /// A single diffusion direction is stated.
    pub(super) directional: bool,
    /// Slope and intercept from stored to displayed value.
    pub(super) rescale: Option<[f64; 2]>,
    /// Philips scale slope.
    pub scale_slope: Option<f64>,
    /// Segment that a frame of a segmentation shows.
    pub(super) segment: Option<u32>,
}

impl Frame {
    /// Segment that the frame of a segmentation shows.
    pub fn segment(&self) -> Option<u32> {
        self.segment
    }
}

impl Header {
    /// Takes apart what was read of a file.
    pub(super) fn of(file: &DefaultDicomObject, path: PathBuf, n_bytes: u64) -> Header {
        let object: &Object = file;
        let meta = file.meta();
        let class = text(object, tags::SOP_CLASS_UID).unwrap_or_else(|| trimmed(meta.media_storage_sop_class_uid()));
        let uid = |tag: Tag| text(object, tag).unwrap_or_default();
        let whole = |tag: Tag| number(object, tag).map_or(0, |value| value as i64);
        let vendor = Vendor::of(&uid(tags::MANUFACTURER));
        let kind = kind_of(&class, object);
        let identity = Identity {
            patient_id: uid(tags::PATIENT_ID),
            name: uid(tags::PATIENT_NAME),
            birth_date: uid(tags::BIRTH_DATE),
            study_date: uid(tags::STUDY_DATE),
            accession: uid(tags::ACCESSION_NUMBER),
        };
        let annotation = uid(tags::BURNED_IN_ANNOTATION);
        let transfer_syntax = trimmed(meta.transfer_syntax());
        let frames = if kind == Kind::Contours { Vec::new() } else { frames(object, vendor) };
        let says_mosaic = frames.iter().any(|frame| frame.image_type.iter().any(|word| word == "MOSAIC"));
        let references = super::references::of(object, kind);
        Header {
            path,
            shown: String::new(),
            identity,
            kind,
            vendor,
            study_uid: uid(tags::STUDY_UID),
            series_uid: uid(tags::SERIES_UID),
            sop_uid: uid(tags::SOP_INSTANCE_UID),
            series_number: whole(tags::SERIES_NUMBER),
            instance: whole(tags::INSTANCE_NUMBER),
            is_lossy: match uid(tags::LOSSY_COMPRESSION).as_str() {
                "01" => true,
                "00" => false,
                _ => syntax::is_lossy(&transfer_syntax),
            },
            mosaic: match vendor {
                Vendor::Siemens => mosaic(object, says_mosaic),
                _ => says_mosaic.then(Mosaic::default),
            },
            transfer_syntax,
            description: uid(tags::SERIES_DESCRIPTION).to_lowercase(),
            acquisition: acquisition(object),
            refusal: refusal(object, &annotation),
            states_no_annotation: annotation.eq_ignore_ascii_case("NO"),
            size: [whole(tags::ROWS).max(0) as usize, whole(tags::COLUMNS).max(0) as usize],
            bits: whole(tags::BITS_ALLOCATED) as u16,
            is_signed: whole(tags::PIXEL_REPRESENTATION) == 1,
            samples: whole(tags::SAMPLES_PER_PIXEL).max(1) as u16,
            n_frames: whole(tags::NUMBER_OF_FRAMES).max(1) as usize,
            n_bytes,
            frames,
            references,
        }
    }

    /// Bytes that the pixels take where they are not compressed.
    pub(super) fn pixel_bytes(&self) -> u64 {
        let pixels = self.size[0] as u64 * self.size[1] as u64 * u64::from(self.samples);
        (pixels * self.frames.len() as u64 * u64::from(self.bits)).div_ceil(8)
    }

    /// True where the image is a Siemens mosaic: many slices in one picture.
    pub fn is_mosaic(&self) -> bool {
        self.mosaic.is_some()
    }
}

fn trimmed(uid: &str) -> String {
    uid.trim_end_matches(['\0', ' ']).to_owned()
}

fn kind_of(class: &str, object: &Object) -> Kind {
    let is_mr = text(object, tags::MODALITY).is_none_or(|modality| modality == "MR");
    match class {
        tags::MR_IMAGE | tags::ENHANCED_MR_IMAGE | tags::LEGACY_ENHANCED_MR_IMAGE if is_mr => {
            // a picture of a screen is sometimes stored as an MR image, with the way it was made
            match text(object, tags::CONVERSION_TYPE) {
                Some(_) => Kind::SecondaryCapture,
                None => Kind::Image,
            }
        }
        tags::SEGMENTATION => Kind::Segmentation,
        tags::RT_STRUCTURE_SET => Kind::Contours,
        class if class.starts_with(tags::SECONDARY_CAPTURE) => Kind::SecondaryCapture,
        _ => Kind::Other,
    }
}

/// Why an image must not be used: something is drawn into or over it.
fn refusal(object: &Object, annotation: &str) -> Option<String> {
    if !annotation.is_empty() && !annotation.eq_ignore_ascii_case("NO") {
        return Some("BurnedInAnnotation (0028,0301) is not NO: text may be burnt into the pixels".to_owned());
    }
    for group in (0x6000..0x6020).step_by(2) {
        let drawn =
            bytes(object, Tag(group, tags::OVERLAY_DATA)).is_some_and(|plane| plane.iter().any(|&byte| byte != 0));
        if drawn {
            return Some(format!("an overlay ({group:04X},3000) is drawn over the image"));
        }
        if number(object, Tag(group, tags::OVERLAY_BIT_POSITION)).is_some_and(|bit| bit > 0.0) {
            return Some(format!("an overlay ({group:04X},0102) hides in the bits of the pixels"));
        }
    }
    None
}

fn acquisition(object: &Object) -> Acquisition {
    let sequence = words(object, tags::SCANNING_SEQUENCE);
    let has = |word: &str| sequence.iter().any(|one| one == word);
    let pulse = text(object, tags::ECHO_PULSE_SEQUENCE);
    let gradient_echo = match pulse.as_deref() {
        Some("GRADIENT") => Some(true),
        Some("SPIN" | "BOTH") => Some(false),
        _ if has("GR") && !has("SE") => Some(true),
        _ if has("SE") || has("IR") => Some(false),
        _ => None,
    };
    let timing = shared(object, tags::MR_TIMING);
    let of_timing = |tag: Tag| number(object, tag).or_else(|| number(timing?, tag));
    Acquisition {
        model: text(object, tags::MODEL).and_then(|model| super::identity::plain_model(&model)),
        body_part: text(object, tags::BODY_PART).and_then(|part| super::identity::known_body_part(&part)),
        field_t: number(object, tags::FIELD_STRENGTH).filter(|field| (0.05..=20.0).contains(field)),
        tr_ms: of_timing(tags::REPETITION_TIME),
        flip_deg: of_timing(tags::FLIP_ANGLE),
        gradient_echo,
        echo_planar: has("EP"),
        rescale_type: text(object, tags::RESCALE_TYPE),
    }
}

/// First item of a functional group that all frames share.
fn shared(object: &Object, group: Tag) -> Option<&Object> {
    item(item(object, tags::SHARED_GROUPS)?, group)
}

fn frames(object: &Object, vendor: Vendor) -> Vec<Frame> {
    let per_frame = items(object, tags::PER_FRAME_GROUPS);
    if per_frame.is_empty() {
        return vec![classic(object, vendor)];
    }
    per_frame.iter().enumerate().map(|(n, own)| enhanced(object, own, n as u32, vendor)).collect()
}

fn classic(object: &Object, vendor: Vendor) -> Frame {
    let image_type = words(object, tags::IMAGE_TYPE);
    let directionality = text(object, tags::DIFFUSION_DIRECTIONALITY);
    Frame {
        number: 0,
        position: array(object, tags::POSITION),
        orientation: array(object, tags::ORIENTATION),
        spacing: array(object, tags::PIXEL_SPACING),
        slice_mm: slice_mm(object),
        component: component(object, &image_type, vendor),
        te_ms: number(object, tags::ECHO_TIME),
        b: b_value(object, vendor),
        isotropic: is_isotropic(directionality.as_deref(), &image_type),
        directional: directionality.as_deref() == Some("DIRECTIONAL")
            || !numbers(object, tags::GRADIENT_ORIENTATION).is_empty(),
        rescale: rescale(object),
        scale_slope: if vendor == Vendor::Philips { philips_scale_slope(object) } else { None },
        segment: None,
        image_type,
    }
}

fn enhanced(object: &Object, own: &Object, number_in_file: u32, vendor: Vendor) -> Frame {
    let group = |tag: Tag| item(own, tag).or_else(|| shared(object, tag));
    let value = |of: Tag, tag: Tag| number(group(of)?, tag);
    let frame_type = group(tags::MR_FRAME_TYPE);
    let image_type = frame_type.map(|of| words(of, tags::FRAME_TYPE)).filter(|words| !words.is_empty());
    let image_type = image_type.unwrap_or_else(|| words(object, tags::IMAGE_TYPE));
    let measures = group(tags::PIXEL_MEASURES);
    let diffusion = group(tags::MR_DIFFUSION);
    let directionality = diffusion.and_then(|of| text(of, tags::DIFFUSION_DIRECTIONALITY));
    let private = group(tags::PHILIPS_FRAME_PRIVATE);
    let component_of = frame_type.filter(|of| of.get(tags::COMPLEX_IMAGE_COMPONENT).is_some()).unwrap_or(object);
    let segment = value(tags::SEGMENT_IDENTIFICATION, tags::REFERENCED_SEGMENT_NUMBER);
    Frame {
        number: number_in_file,
        position: group(tags::PLANE_POSITION).and_then(|of| array(of, tags::POSITION)),
        orientation: group(tags::PLANE_ORIENTATION).and_then(|of| array(of, tags::ORIENTATION)),
        spacing: measures.and_then(|of| array(of, tags::PIXEL_SPACING)),
        slice_mm: measures.and_then(slice_mm),
        component: component(component_of, &image_type, vendor),
        te_ms: value(tags::MR_ECHO, tags::EFFECTIVE_ECHO_TIME),
        b: diffusion
            .and_then(|of| b_value(of, vendor))
            .or_else(|| private.and_then(|of| b_value(of, vendor)))
            .or_else(|| b_value(own, vendor)),
        isotropic: is_isotropic(directionality.as_deref(), &image_type),
        directional: diffusion.is_some_and(|of| item(of, tags::GRADIENT_DIRECTION_ITEM).is_some())
            || directionality.as_deref() == Some("DIRECTIONAL"),
        rescale: group(tags::PIXEL_VALUE_TRANSFORMATION).and_then(rescale).or_else(|| rescale(object)),
        scale_slope: (vendor == Vendor::Philips)
            .then(|| private.and_then(philips_scale_slope).or_else(|| philips_scale_slope(own)))
            .flatten(),
        segment: segment.map(|number| number as u32),
        image_type,
    }
}

fn slice_mm(object: &Object) -> Option<f64> {
    let positive = |tag: Tag| number(object, tag).filter(|mm| *mm > 0.0);
    positive(tags::SPACING_BETWEEN_SLICES).or_else(|| positive(tags::SLICE_THICKNESS))
}

fn rescale(object: &Object) -> Option<[f64; 2]> {
    Some([number(object, tags::RESCALE_SLOPE)?, number(object, tags::RESCALE_INTERCEPT).unwrap_or(0.0)])
}

fn is_isotropic(directionality: Option<&str>, image_type: &[String]) -> bool {
    directionality == Some("ISOTROPIC")
        || image_type.iter().any(|word| matches!(word.as_str(), "TRACEW" | "TRACE" | "ISOTROPIC"))
}
