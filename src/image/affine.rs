//! A map from one scanner space to another: baseline to follow-up, both in mm, RAS+.
//!
//! An [`Affine`] takes a point of the baseline's world to the place of the same tissue in the follow-up's world, which is the
//! direction in which an image is pulled onto the baseline's grid. It is read from
//! - a text of four (or three) rows of four numbers: that matrix, mm, RAS+, baseline to follow-up;
//! - an ITK text transform (`#Insight Transform File V1.0`) of one affine or one rigid (Euler) transform with the baseline as
//!   the fixed image. ITK counts LPS+, and points go from fixed to moving there too, so only signs change.

use super::ImageError;
use nalgebra::{Matrix3, Vector3};
use std::path::Path;

/// World (mm, RAS+) of the baseline to world (mm, RAS+) of the follow-up.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
#[serde(transparent)]
pub struct Affine {
    /// Rows of the 3x4 matrix: `to[r] = sum_c rows[r][c] * from[c] + rows[r][3]`.
    pub rows: [[f64; 4]; 3],
}

impl Affine {
    /// Both worlds are the same.
    pub const IDENTITY: Affine = Affine { rows: [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]] };

    /// `to = linear from + offset`.
    pub fn of(linear: &Matrix3<f64>, offset: &Vector3<f64>) -> Affine {
        Affine { rows: std::array::from_fn(|r| [linear[(r, 0)], linear[(r, 1)], linear[(r, 2)], offset[r]]) }
    }

    /// Where a point goes.
    pub fn apply(&self, from_mm: [f64; 3]) -> [f64; 3] {
        std::array::from_fn(|r| (0..3).map(|c| self.rows[r][c] * from_mm[c]).sum::<f64>() + self.rows[r][3])
    }

    /// The linear part.
    pub fn linear(&self) -> Matrix3<f64> {
        Matrix3::from_fn(|r, c| self.rows[r][c])
    }

    /// Four rows of four numbers, as [`Affine::parse`] reads them.
    pub fn to_text(&self) -> String {
        let row = |row: &[f64; 4]| row.map(|v| format!("{v:.9}")).join(" ");
        format!("{}\n{}\n{}\n0 0 0 1\n", row(&self.rows[0]), row(&self.rows[1]), row(&self.rows[2]))
    }

    /// Reads a transform file.
    ///
    /// # Errors
    /// [`ImageError::Missing`], [`ImageError::Read`], [`ImageError::Transform`].
    pub fn read(path: &Path) -> Result<Affine, ImageError> {
        let text = match std::fs::read(path) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                return Err(ImageError::Missing { path: path.to_owned() });
            }
            Err(e) => return Err(ImageError::Read { path: path.to_owned(), reason: e.to_string() }),
        };
        Affine::parse(&text).map_err(|reason| ImageError::Transform { path: path.to_owned(), reason })
    }

    /// Reads the text of a transform file; the error says what is wrong.
    ///
    /// # Errors
    /// A text of another form, a matrix that cannot be inverted, or one that mirrors or scales the body by more than a half.
    pub fn parse(text: &str) -> Result<Affine, String> {
        let affine = if text.starts_with("#Insight Transform File") { of_itk(text)? } else { of_matrix(text)? };
        let scale = affine.linear().determinant();
        if !(0.5..=2.0).contains(&scale) {
            return Err(format!("it changes volumes by a factor of {scale:.3}, which no body does (allowed 0.5 to 2)"));
        }
        Ok(affine)
    }
}

fn numbers(text: &str) -> Result<Vec<f64>, String> {
    let number =
        |word: &str| word.parse::<f64>().ok().filter(|v| v.is_finite()).ok_or(format!("'{word}' is no number"));
    text.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty()).map(number).collect()
}

fn of_matrix(text: &str) -> Result<Affine, String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let rows: Vec<Vec<f64>> = lines.map(numbers).collect::<Result<_, _>>()?;
    if !(3..=4).contains(&rows.len()) || rows.iter().any(|row| row.len() != 4) {
        return Err(format!("expected 3 or 4 rows of 4 numbers, found {} rows", rows.len()));
    }
    if rows.get(3).is_some_and(|last| last[..] != [0.0, 0.0, 0.0, 1.0]) {
        return Err("the last of 4 rows must be 0 0 0 1".to_owned());
    }
    Ok(Affine { rows: std::array::from_fn(|r| std::array::from_fn(|c| rows[r][c])) })
}

/// `to = M (from - centre) + shift + centre` in LPS+, one transform a file.
fn of_itk(text: &str) -> Result<Affine, String> {
    let all = |key: &str| -> Vec<&str> { text.lines().filter_map(|line| line.trim().strip_prefix(key)).collect() };
    let (kinds, parameters, fixed) = (all("Transform:"), all("Parameters:"), all("FixedParameters:"));
    let ([kind], [parameters], [fixed]) = (&kinds[..], &parameters[..], &fixed[..]) else {
        return Err(format!("expected one ITK transform, found {}", kinds.len()));
    };
    let (kind, parameters, fixed) = (kind.trim(), numbers(parameters)?, numbers(fixed)?);
    let name = kind.split('_').next().unwrap_or_default();
    let (linear, shift) = match (name, parameters.as_slice()) {
        ("AffineTransform" | "MatrixOffsetTransformBase", values) if values.len() == 12 => {
            (Matrix3::from_row_slice(&values[..9]), Vector3::from_row_slice(&values[9..]))
        }
        ("Euler3DTransform", &[x, y, z, dx, dy, dz]) => {
            let turn = |axis: Vector3<f64>, angle: f64| nalgebra::Rotation3::new(axis * angle).into_inner();
            let (rx, ry, rz) = (turn(Vector3::x(), x), turn(Vector3::y(), y), turn(Vector3::z(), z));
            let is_zyx = fixed.get(3).is_some_and(|&flag| flag != 0.0);
            (if is_zyx { rz * ry * rx } else { rz * rx * ry }, Vector3::new(dx, dy, dz))
        }
        _ => {
            let found = format!("{kind} with {} parameters", parameters.len());
            return Err(format!("expected an AffineTransform or Euler3DTransform of three dimensions, found {found}"));
        }
    };
    let Some(centre) = fixed.get(..3).map(Vector3::from_row_slice) else {
        return Err("its FixedParameters hold no centre".to_owned());
    };
    let offset = shift + centre - linear * centre;
    let flip = Matrix3::from_diagonal(&Vector3::new(-1.0, -1.0, 1.0));
    Ok(Affine::of(&(flip * linear * flip), &(flip * offset)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matrix_is_read_and_written_back() {
        let text = "# baseline to follow-up\n0 -1 0 5\n1 0 0 -2.5\n0 0 1 30\n0 0 0 1\n";
        let affine = Affine::parse(text).unwrap();
        assert_eq!(affine.apply([1.0, 2.0, 3.0]), [3.0, -1.5, 33.0]);
        assert_eq!(Affine::parse(&affine.to_text()).unwrap(), affine);
    }

    #[test]
    fn what_is_no_transform_of_a_body_is_named() {
        let says = |text: &str, part: &str| {
            let error = Affine::parse(text).unwrap_err();
            assert!(error.contains(part), "{error}");
        };
        says("1 0 0 0\n0 1 0 0\n", "found 2 rows");
        says("1 0 0 x\n0 1 0 0\n0 0 1 0\n", "no number");
        says("1 0 0 0\n0 1 0 0\n0 0 -1 0\n", "factor of -1");
        says("1 0 0 0\n0 1 0 0\n0 0 1 0\n0 0 0 2\n", "last of 4 rows");
        let itk = "#Insight Transform File V1.0\n#Transform 0\nTransform: BSplineTransform_double_3_3\nParameters: 1 2\nFixedParameters: 0 0 0\n";
        says(itk, "BSpline");
    }

    /// Points as SimpleITK 2.5 maps them (`TransformPoint`), with x and y of points and images negated (RAS+).
    #[test]
    fn itk_transforms_map_points_as_itk_does() {
        for (text, image) in ITK_CASES {
            let got = Affine::parse(text).unwrap().apply([10.0, -20.0, 30.0]);
            for (got, want) in got.iter().zip(image) {
                assert!((got - want).abs() < 1e-9, "{got} {want}\n{text}");
            }
        }
    }

    /// From `scripts/reference/itk_transforms.py`.
    const ITK_CASES: [(&str, [f64; 3]); 3] = [
        (
            "#Insight Transform File V1.0\n#Transform 0\nTransform: AffineTransform_double_3_3\n\
             Parameters: 0.99 0.05 -0.02 -0.04 1.01 0.03 0.01 -0.06 0.98 4 -7.5 21\nFixedParameters: 12 30 -55\n",
            [7.98, -15.83, 49.68],
        ),
        (
            "#Insight Transform File V1.0\n#Transform 0\nTransform: Euler3DTransform_double_3_3\n\
             Parameters: 0.05 -0.08 0.11 3 -6 12\nFixedParameters: -5 40 100 0\n",
            [-0.414_127_334_582_019_56, -17.698_813_650_094_68, 40.912_425_046_298_82],
        ),
        (
            "#Insight Transform File V1.0\n#Transform 0\nTransform: Euler3DTransform_double_3_3\n\
             Parameters: 0.05 -0.08 0.11 3 -6 12\nFixedParameters: -5 40 100 1\n",
            [-0.487_541_075_591_106_93, -17.698_087_511_389_57, 40.915_122_644_749_99],
        ),
    ];
}
