//! 8-bit RGB pictures and their PNG files.
//!
//! A quality picture keeps what it says in a text chunk of its file (`iTXt`, keyword [`KEYWORD`]), so that a report can say
//! it in its own language.

use super::ReportError;
use std::io::Cursor;

/// Keyword of the chunk with the words of a picture.
const KEYWORD: &str = "myelomri words";

/// A picture in memory, row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    pub width: usize,
    pub height: usize,
    pub rgb: Vec<u8>,
}

/// What a PNG file holds beside its pixels.
#[derive(Debug, Clone, Copy, Default)]
pub struct Extras<'a> {
    /// Print resolution, pixels per metre.
    pub per_metre: Option<u32>,
    /// What the picture says, as JSON.
    pub words: Option<&'a str>,
}

/// Encodes 8-bit RGB rows as PNG.
///
/// # Errors
/// [`ReportError::Encode`] where the encoder refuses.
pub fn encode_rgb(width: usize, height: usize, rgb: &[u8], extras: Extras) -> Result<Vec<u8>, ReportError> {
    let refuse = |error: png::EncodingError| ReportError::Encode { reason: error.to_string() };
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width as u32, height as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Balanced);
    if let Some(resolution) = extras.per_metre {
        encoder.set_pixel_dims(Some(png::PixelDimensions {
            xppu: resolution,
            yppu: resolution,
            unit: png::Unit::Meter,
        }));
    }
    if let Some(words) = extras.words {
        encoder.add_itxt_chunk(KEYWORD.to_owned(), words.to_owned()).map_err(refuse)?;
    }
    let mut writer = encoder.write_header().map_err(refuse)?;
    writer.write_image_data(rgb).map_err(refuse)?;
    writer.finish().map_err(refuse)?;
    Ok(bytes)
}

/// The picture in a PNG file of ours, and what it says where the file keeps that.
///
/// # Errors
/// In words, where the bytes are no 8-bit RGB picture.
pub fn decode_rgb(bytes: &[u8]) -> Result<(Picture, Option<String>), String> {
    let mut reader = png::Decoder::new(Cursor::new(bytes)).read_info().map_err(|error| error.to_string())?;
    let mut rgb = vec![0; reader.output_buffer_size().ok_or("too large")?];
    let info = reader.next_frame(&mut rgb).map_err(|error| error.to_string())?;
    if info.color_type != png::ColorType::Rgb || info.bit_depth != png::BitDepth::Eight {
        return Err("not an 8-bit RGB picture".to_owned());
    }
    let kept = reader.info().utf8_text.iter().find(|chunk| chunk.keyword == KEYWORD);
    let words = kept.and_then(|chunk| chunk.get_text().ok());
    Ok((Picture { width: info.width as usize, height: info.height as usize, rgb }, words))
}

/// Averages blocks of `factor` x `factor` RGB pixels; what does not fill a block at the right and below is cut off.
pub fn average_down(fine: &[u8], fine_width: usize, factor: usize) -> Vec<u8> {
    let (width, height) = (fine_width / factor, fine.len() / 3 / fine_width / factor);
    let count = (factor * factor) as u16;
    let mut coarse = Vec::with_capacity(3 * width * height);
    let mut sums = vec![0u16; 3 * width];
    for block in fine.chunks_exact(3 * fine_width * factor).take(height) {
        sums.fill(count / 2);
        for row in block.chunks_exact(3 * fine_width) {
            for (sum, pixels) in sums.chunks_exact_mut(3).zip(row.chunks_exact(3 * factor)) {
                for pixel in pixels.chunks_exact(3) {
                    sum.iter_mut().zip(pixel).for_each(|(sum, value)| *sum += u16::from(*value));
                }
            }
        }
        coarse.extend(sums.iter().map(|sum| (sum / count) as u8));
    }
    coarse
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_pixels_come_back_from_the_file() {
        let rgb: Vec<u8> = (0..4 * 2 * 3).collect();
        let plain = encode_rgb(4, 2, &rgb, Extras::default()).unwrap();
        let picture = Picture { width: 4, height: 2, rgb: rgb.clone() };
        assert_eq!(decode_rgb(&plain), Ok((picture.clone(), None)));
        let words = r#"{"head":"µm²/s ≥ 椎体"}"#;
        let told = encode_rgb(4, 2, &rgb, Extras { words: Some(words), ..Extras::default() }).unwrap();
        assert_eq!(decode_rgb(&told), Ok((picture, Some(words.to_owned()))));
        assert!(decode_rgb(b"no picture").is_err() && decode_rgb(&plain[..40]).is_err());
    }

    #[test]
    fn blocks_are_averaged_and_what_fills_none_is_cut_off() {
        let rgb: Vec<u8> = (0..5 * 2).flat_map(|n| [n * 10, 0, 255]).collect();
        assert_eq!(average_down(&rgb, 5, 2), [30, 0, 255, 50, 0, 255]);
    }
}
