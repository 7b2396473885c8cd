//! Scores and times the multi-echo separation on cases with a known truth or a reference.
//!
//! `cargo bench --bench fat_water -- [CASE_PREFIX ...]`: each prefix names `_part-mag`, `_part-phase` (radians), `.json`
//! and either `_PDFF`, `_tissue`, `_dseg`, `_B0` (simulated) or `_refFF`, `_refmask` (a reference solution). Without
//! prefixes, the small reference cases beside the project, where they are.

use myelomri::dixon::FatModel;
use myelomri::dixon::multi_echo::{Echoes, Params, Separation, Withhold, separate};
use myelomri::image::{Volume, read_series, read_volume};
use ndarray::{Array4, Zip};
use num_complex::Complex32;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// An error above this is a swap, percentage points.
const SWAP_POINTS: f32 = 30.0;

fn main() {
    let mut cases: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    if cases.is_empty() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/reference/fatwater");
        let names = ["ismrm2012-12", "ismrm2012-13", "ismrm2012-16", "sim-spine-small"];
        cases = names.map(|name| folder.join(name).to_string_lossy().into_owned()).to_vec();
    }
    for case in cases {
        match score(&case) {
            Ok(line) => println!("{line}"),
            Err(reason) => println!("{case}: skipped, {reason}"),
        }
    }
}

fn part(case: &str, name: &str) -> PathBuf {
    PathBuf::from(format!("{case}_{name}.nii.gz"))
}

fn score(case: &str) -> Result<String, Box<dyn std::error::Error>> {
    let (magnitude, phase) = (read_series(&part(case, "part-mag"))?, read_series(&part(case, "part-phase"))?);
    let json: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(format!("{case}.json"))?)?;
    let times: Vec<f64> =
        json["EchoTime"].as_array().into_iter().flatten().filter_map(|t| t.as_f64()).map(|s| 1e3 * s).collect();
    let mut data: Array4<Complex32> = Array4::default(ndarray::ShapeBuilder::f(magnitude.data.raw_dim()));
    Zip::from(&mut data)
        .and(&magnitude.data)
        .and(&phase.data)
        .par_for_each(|s, &m, &p| *s = Complex32::from_polar(m, p));
    let voxel_mm = magnitude.grid.spacing_mm();
    drop((magnitude.data, phase.data));
    let echoes = Echoes {
        data: data.view(),
        echo_times_ms: &times,
        field_t: json["MagneticFieldStrength"].as_f64().ok_or("no field strength")?,
        voxel_mm,
        mask: None,
    };
    let params = Params { fat_model: FatModel::named("hernando-6")?, withhold: Withhold::None, ..Params::default() };
    let start = Instant::now();
    let separation = separate(&echoes, &params)?;
    let seconds = start.elapsed().as_secs_f64();
    let name = Path::new(case).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let scores = match read_volume(&part(case, "refFF")) {
        Ok(reference) => against_reference(&separation, &reference, &read_volume(&part(case, "refmask"))?),
        Err(_) => against_truth(case, &separation)?,
    };
    Ok(format!("{name}: {seconds:.2} s, {scores}\n  {}", serde_json::to_string(&separation.found)?))
}

fn against_reference(separation: &Separation, reference: &Volume, mask: &Volume) -> String {
    let (mut agree, mut n) = (0, 0);
    for ((&found, &want), &inside) in separation.pdff.iter().zip(&reference.data).zip(&mask.data) {
        if inside > 0.0 {
            n += 1;
            agree += usize::from((found.clamp(0.0, 100.0) - want).abs() <= 10.0);
        }
    }
    format!("agreement {:.0} of 10000 over {n} voxels", 1e4 * agree as f64 / n as f64)
}

#[derive(Default)]
struct Sums {
    n: usize,
    missing: usize,
    swaps: usize,
    bias: f64,
    square: f64,
    square_without: f64,
}

impl Sums {
    fn add(&mut self, found: f32, want: f32) {
        self.n += 1;
        let error = found - want;
        if error.is_nan() {
            self.missing += 1;
            self.swaps += 1;
            return;
        }
        self.bias += f64::from(error);
        self.square += f64::from(error).powi(2);
        if error.abs() > SWAP_POINTS {
            self.swaps += 1;
        } else {
            self.square_without += f64::from(error).powi(2);
        }
    }

    fn line(&self) -> String {
        let n = self.n.max(1) as f64;
        format!(
            "swaps {:.4} % ({} missing of {}), bias {:+.3}, RMSE {:.3} ({:.3})",
            100.0 * self.swaps as f64 / n,
            self.missing,
            self.n,
            self.bias / n,
            (self.square / n).sqrt(),
            (self.square_without / n).sqrt()
        )
    }
}

fn against_truth(case: &str, separation: &Separation) -> Result<String, Box<dyn std::error::Error>> {
    let [truth, tissue, labels, field] = ["PDFF", "tissue", "dseg", "B0"].map(|name| read_volume(&part(case, name)));
    let (truth, tissue, labels, field) = (truth?.data, tissue?.data, labels?.data, field?.data);
    let (mut all, mut steep, mut marrow) = (Sums::default(), Sums::default(), Sums::default());
    let mut suspects = [0_usize; 3];
    let mut bars = vec![(Vec::new(), 0.0_f64); 11];
    let swap: Vec<bool> = separation.swap.iter().copied().collect();
    let sd: Vec<f32> = separation.pdff_sd.iter().copied().collect();
    for (i, (((&found, &want), (&tissue, &label)), &hz)) in
        separation.pdff.iter().zip(&truth).zip(tissue.iter().zip(&labels)).zip(&field).enumerate()
    {
        if tissue <= 0.0 {
            continue;
        }
        all.add(found, want);
        if hz.abs() > 300.0 {
            steep.add(found, want);
        }
        if (20.0..30.0).contains(&label) {
            marrow.add(found, want);
        }
        let is_swap = (found - want).abs() > SWAP_POINTS;
        suspects[0] += usize::from(swap[i]);
        suspects[1] += usize::from(is_swap);
        suspects[2] += usize::from(swap[i] && is_swap);
        if (60.0..71.0).contains(&label) && !is_swap {
            let bar = &mut bars[(label - 60.0) as usize];
            bar.0.push(f64::from(found - want));
            bar.1 += f64::from(sd[i]);
        }
    }
    let ratios: Vec<String> = bars
        .iter()
        .filter(|bar| bar.0.len() > 50)
        .map(|(errors, sd)| {
            let n = errors.len() as f64;
            let mean = errors.iter().sum::<f64>() / n;
            let observed = (errors.iter().map(|e| (e - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
            format!("{:.2}", sd / n / observed)
        })
        .collect();
    Ok(format!(
        "\n  tissue {}\n  steep  {}\n  marrow {}\n  suspects {} of which swaps {} of {}; SD/observed over bars {}",
        all.line(),
        steep.line(),
        marrow.line(),
        suspects[0],
        suspects[2],
        suspects[1],
        ratios.join(" ")
    ))
}
