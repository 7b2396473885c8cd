//! Colour maps of the maps, and the window that puts a value on one.
//!
//! Viridis and magma are the perceptually uniform, colour-blind safe maps of matplotlib (van der Walt and Smith, CC0),
//! evaluated here from the sixth-degree polynomials that M. Zucker fitted to them and gave away under CC0
//! (shadertoy.com/view/WlfXRN); within 0.02 of the tables.

use crate::image::Volume;

/// A colour map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Palette {
    /// Black to white.
    Grey,
    /// White to black, as whole-body diffusion images are read.
    InvertedGrey,
    /// Dark violet over green to yellow.
    Viridis,
    /// Black over purple to pale yellow.
    Magma,
}

const VIRIDIS: [[f64; 3]; 7] = [
    [0.277_727_327_223_417_7, 0.005_407_344_544_966_578, 0.334_099_805_335_306_1],
    [0.105_093_043_108_577_4, 1.404_613_529_898_575, 1.384_590_162_594_685],
    [-0.330_861_828_725_556_3, 0.214_847_559_468_213, 0.095_095_163_028_236_59],
    [-4.634_230_498_983_486, -5.799_100_973_351_585, -19.332_440_956_279_87],
    [6.228_269_936_347_081, 14.179_933_366_805_09, 56.690_552_600_681_05],
    [4.776_384_997_670_288, -13.745_145_377_746_01, -65.353_032_633_372_34],
    [-5.435_455_855_934_631, 4.645_852_612_178_535, 26.312_435_249_583_2],
];
const MAGMA: [[f64; 3]; 7] = [
    [-0.002_136_485_053_939_582, -0.000_749_655_052_795_221, -0.005_386_127_855_323_933],
    [0.251_660_540_737_164_2, 0.677_523_243_683_766_8, 2.494_026_599_312_351],
    [8.353_717_279_216_625, -3.577_719_514_958_484, 0.314_467_903_013_257_3],
    [-27.668_733_085_768_66, 14.264_730_780_965_33, -13.649_213_188_139_22],
    [52.176_139_812_340_68, -27.943_606_071_683_51, 12.944_169_442_383_94],
    [-50.768_525_364_735_88, 29.046_582_821_272_91, 4.234_152_993_845_98],
    [18.655_705_065_918_83, -11.489_773_519_977_11, -5.601_961_508_734_096],
];

impl Palette {
    /// Colour at a position from 0 to 1; positions beyond are shown as the nearest end.
    pub fn colour(self, position: f64) -> [u8; 3] {
        let t = position.clamp(0.0, 1.0);
        let byte = |v: f64| (v.clamp(0.0, 1.0) * 255.0).round() as u8;
        match self {
            Palette::Grey => [byte(t); 3],
            Palette::InvertedGrey => [byte(1.0 - t); 3],
            Palette::Viridis => polynomial(&VIRIDIS, t).map(byte),
            Palette::Magma => polynomial(&MAGMA, t).map(byte),
        }
    }

    /// 256 colours, for a fast look-up.
    pub fn table(self) -> [[u8; 3]; 256] {
        std::array::from_fn(|i| self.colour(i as f64 / 255.0))
    }
}

fn polynomial(coefficients: &[[f64; 3]; 7], t: f64) -> [f64; 3] {
    std::array::from_fn(|channel| coefficients.iter().rev().fold(0.0, |sum, c| sum * t + c[channel]))
}

/// The values shown as the first and the last colour.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window {
    /// Value of the first colour.
    pub low: f32,
    /// Value of the last colour.
    pub high: f32,
}

impl Window {
    /// From zero to the value that all but 0.5 % of the positive voxels stay under: a display window, not a result.
    pub fn of_signal<'a>(values: impl Iterator<Item = &'a f32>) -> Window {
        let mut positive: Vec<f32> = values.copied().filter(|v| v.is_finite() && *v > 0.0).collect();
        if positive.is_empty() {
            return Window { low: 0.0, high: 1.0 };
        }
        let rank = ((positive.len() - 1) as f64 * 0.995) as usize;
        let (_, high, _) = positive.select_nth_unstable_by(rank, f32::total_cmp);
        Window { low: 0.0, high: *high }
    }

    /// The window of a whole image: of at most a quarter of a million voxels, evenly spread over it.
    pub fn of_volume(volume: &Volume) -> Window {
        // an odd step does not keep to the same columns of rows of even length
        let step = (volume.data.len() / (1 << 18)) | 1;
        let values = volume.data.as_slice_memory_order().unwrap_or_default();
        Window::of_signal(values.iter().step_by(step))
    }

    /// Index into a table of 256 colours.
    pub fn index(&self, value: f32) -> usize {
        (((value - self.low) / (self.high - self.low)) * 255.0).clamp(0.0, 255.0) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_and_middles_are_those_of_matplotlib() {
        let close = |palette: Palette, position: f64, want: [f64; 3]| {
            for (got, want) in palette.colour(position).iter().zip(want) {
                assert!((f64::from(*got) / 255.0 - want).abs() < 0.025, "{palette:?} at {position}: {got} for {want}");
            }
        };
        close(Palette::Viridis, 0.0, [0.267, 0.005, 0.329]);
        close(Palette::Viridis, 0.5, [0.128, 0.567, 0.551]);
        close(Palette::Viridis, 1.0, [0.993, 0.906, 0.144]);
        close(Palette::Magma, 0.0, [0.001, 0.000, 0.014]);
        close(Palette::Magma, 0.5, [0.716, 0.215, 0.475]);
        close(Palette::Magma, 1.0, [0.987, 0.991, 0.750]);
        assert_eq!(Palette::InvertedGrey.colour(0.0), [255; 3]);
    }

    #[test]
    fn a_few_bright_voxels_do_not_set_the_window() {
        let mut values = vec![100.0f32; 1000];
        values[3] = 1e6;
        values[4] = f32::NAN;
        assert_eq!(Window::of_signal(values.iter()), Window { low: 0.0, high: 100.0 });
        assert_eq!(Window { low: 0.0, high: 100.0 }.index(250.0), 255);
    }
}
