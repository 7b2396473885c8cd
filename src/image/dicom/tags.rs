//! The DICOM attributes that the import looks at, by their numbers (PS3.6); private ones with the vendor that owns them.
//!
//! What is not listed here is never read into anything that is kept.

use dicom_object::Tag;

macro_rules! tags {
    ($($name:ident = $group:literal, $element:literal;)*) => {
        $(pub(super) const $name: Tag = Tag($group, $element);)*
    };
}

tags! {
    IMAGE_TYPE = 0x0008, 0x0008;
    SOP_CLASS_UID = 0x0008, 0x0016;
    SOP_INSTANCE_UID = 0x0008, 0x0018;
    STUDY_DATE = 0x0008, 0x0020;
    ACCESSION_NUMBER = 0x0008, 0x0050;
    MODALITY = 0x0008, 0x0060;
    CONVERSION_TYPE = 0x0008, 0x0064;
    MANUFACTURER = 0x0008, 0x0070;
    SERIES_DESCRIPTION = 0x0008, 0x103e;
    MODEL = 0x0008, 0x1090;
    REFERENCED_SERIES = 0x0008, 0x1115;
    FRAME_TYPE = 0x0008, 0x9007;
    COMPLEX_IMAGE_COMPONENT = 0x0008, 0x9208;
    CODE_MEANING = 0x0008, 0x0104;
    PATIENT_NAME = 0x0010, 0x0010;
    PATIENT_ID = 0x0010, 0x0020;
    BIRTH_DATE = 0x0010, 0x0030;
    BODY_PART = 0x0018, 0x0015;
    SCANNING_SEQUENCE = 0x0018, 0x0020;
    SLICE_THICKNESS = 0x0018, 0x0050;
    REPETITION_TIME = 0x0018, 0x0080;
    ECHO_TIME = 0x0018, 0x0081;
    FIELD_STRENGTH = 0x0018, 0x0087;
    SPACING_BETWEEN_SLICES = 0x0018, 0x0088;
    FLIP_ANGLE = 0x0018, 0x1314;
    ECHO_PULSE_SEQUENCE = 0x0018, 0x9008;
    DIFFUSION_DIRECTIONALITY = 0x0018, 0x9075;
    GRADIENT_DIRECTION_ITEM = 0x0018, 0x9076;
    EFFECTIVE_ECHO_TIME = 0x0018, 0x9082;
    DIFFUSION_B_VALUE = 0x0018, 0x9087;
    GRADIENT_ORIENTATION = 0x0018, 0x9089;
    MR_TIMING = 0x0018, 0x9112;
    MR_ECHO = 0x0018, 0x9114;
    MR_DIFFUSION = 0x0018, 0x9117;
    MR_FRAME_TYPE = 0x0018, 0x9226;
    STUDY_UID = 0x0020, 0x000d;
    SERIES_UID = 0x0020, 0x000e;
    SERIES_NUMBER = 0x0020, 0x0011;
    INSTANCE_NUMBER = 0x0020, 0x0013;
    POSITION = 0x0020, 0x0032;
    ORIENTATION = 0x0020, 0x0037;
    PLANE_POSITION = 0x0020, 0x9113;
    PLANE_ORIENTATION = 0x0020, 0x9116;
    SAMPLES_PER_PIXEL = 0x0028, 0x0002;
    NUMBER_OF_FRAMES = 0x0028, 0x0008;
    ROWS = 0x0028, 0x0010;
    COLUMNS = 0x0028, 0x0011;
    PIXEL_SPACING = 0x0028, 0x0030;
    BITS_ALLOCATED = 0x0028, 0x0100;
    PIXEL_REPRESENTATION = 0x0028, 0x0103;
    LOSSY_COMPRESSION = 0x0028, 0x2110;
    BURNED_IN_ANNOTATION = 0x0028, 0x0301;
    RESCALE_INTERCEPT = 0x0028, 0x1052;
    RESCALE_SLOPE = 0x0028, 0x1053;
    RESCALE_TYPE = 0x0028, 0x1054;
    PIXEL_MEASURES = 0x0028, 0x9110;
    PIXEL_VALUE_TRANSFORMATION = 0x0028, 0x9145;
    SEGMENT_SEQUENCE = 0x0062, 0x0002;
    SEGMENT_NUMBER = 0x0062, 0x0004;
    SEGMENT_LABEL = 0x0062, 0x0005;
    SEGMENTATION_TYPE = 0x0062, 0x0001;
    SEGMENT_IDENTIFICATION = 0x0062, 0x000a;
    REFERENCED_SEGMENT_NUMBER = 0x0062, 0x000b;
    SEGMENTED_PROPERTY_TYPE = 0x0062, 0x000f;
    ROI_SET = 0x3006, 0x0020;
    ROI_NUMBER = 0x3006, 0x0022;
    ROI_NAME = 0x3006, 0x0026;
    REFERENCED_FRAME_OF_REFERENCE = 0x3006, 0x0010;
    RT_REFERENCED_STUDY = 0x3006, 0x0012;
    RT_REFERENCED_SERIES = 0x3006, 0x0014;
    ROI_CONTOURS = 0x3006, 0x0039;
    CONTOURS = 0x3006, 0x0040;
    CONTOUR_TYPE = 0x3006, 0x0042;
    CONTOUR_DATA = 0x3006, 0x0050;
    REFERENCED_ROI_NUMBER = 0x3006, 0x0084;
    SHARED_GROUPS = 0x5200, 0x9229;
    PER_FRAME_GROUPS = 0x5200, 0x9230;
    PIXEL_DATA = 0x7fe0, 0x0010;

    SIEMENS_MOSAIC_COUNT = 0x0019, 0x100a;
    SIEMENS_B_VALUE = 0x0019, 0x100c;
    SIEMENS_CSA_IMAGE = 0x0029, 0x1010;
    PHILIPS_B_FACTOR = 0x2001, 0x1003;
    PHILIPS_SCALE_SLOPE = 0x2005, 0x100e;
    PHILIPS_FRAME_PRIVATE = 0x2005, 0x140f;
    GE_COMPLEX_COMPONENT = 0x0043, 0x102f;
    GE_B_VALUE = 0x0043, 0x1039;
    UIH_B_VALUE = 0x0065, 0x1009;
}

/// Overlay planes live in the even groups 6000 to 601E; this is the element of their bits.
pub(super) const OVERLAY_DATA: u16 = 0x3000;
/// Element of an overlay's bit position: not zero where its bits hide in the pixels.
pub(super) const OVERLAY_BIT_POSITION: u16 = 0x0102;

/// Classic MR image.
pub(super) const MR_IMAGE: &str = "1.2.840.10008.5.1.4.1.1.4";
/// Enhanced (multi-frame) MR image.
pub(super) const ENHANCED_MR_IMAGE: &str = "1.2.840.10008.5.1.4.1.1.4.1";
/// Legacy converted enhanced MR image.
pub(super) const LEGACY_ENHANCED_MR_IMAGE: &str = "1.2.840.10008.5.1.4.1.1.4.4";
/// Segmentation.
pub(super) const SEGMENTATION: &str = "1.2.840.10008.5.1.4.1.1.66.4";
/// Radiotherapy structure set: contours.
pub(super) const RT_STRUCTURE_SET: &str = "1.2.840.10008.5.1.4.1.1.481.3";
/// All secondary captures start like this.
pub(super) const SECONDARY_CAPTURE: &str = "1.2.840.10008.5.1.4.1.1.7";
/// A directory of a disc.
pub(super) const MEDIA_DIRECTORY: &str = "1.2.840.10008.1.3.10";
