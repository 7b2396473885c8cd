//! Pixels to PNG bytes.

use super::ReportError;

/// Encodes 8-bit RGB rows as PNG; `per_metre` is the print resolution in pixels per metre.
pub fn encode_rgb(width: u32, height: u32, rgb: &[u8], per_metre: Option<u32>) -> Result<Vec<u8>, ReportError> {
    let refuse = |error: png::EncodingError| ReportError::Encode { reason: error.to_string() };
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Balanced);
    if let Some(resolution) = per_metre {
        encoder.set_pixel_dims(Some(png::PixelDimensions {
            xppu: resolution,
            yppu: resolution,
            unit: png::Unit::Meter,
        }));
    }
    let mut writer = encoder.write_header().map_err(refuse)?;
    writer.write_image_data(rgb).map_err(refuse)?;
    writer.finish().map_err(refuse)?;
    Ok(bytes)
}
