//! How ADC is distributed in the regions of each session, as `measure` left it in `OUT/maps/sub-X/ses-Y/histograms.csv`.

use crate::cohort::{CohortError, Table};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Counts of one region over bins.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Binned {
    /// `adc` of a vertebra, `gadc` of the total diffusion volume.
    pub measure: String,
    /// Its name.
    pub region: String,
    /// Edges, one more than counts.
    pub edges: Vec<f64>,
    /// Voxels in each bin.
    pub counts: Vec<f64>,
}

impl Binned {
    /// Share of the voxels in each bin, percent.
    pub fn share_pct(&self) -> Vec<f64> {
        let n: f64 = self.counts.iter().sum();
        self.counts.iter().map(|count| if n > 0.0 { 100.0 * count / n } else { 0.0 }).collect()
    }

    /// Voxels counted.
    pub fn n_voxels(&self) -> usize {
        self.counts.iter().sum::<f64>() as usize
    }
}

/// Distributions of all sessions, by subject and session.
pub type Histograms = BTreeMap<(String, String), Vec<Binned>>;

/// Reads what there is; a session without the table is left out.
///
/// # Errors
/// Where a table is broken.
pub fn read(out: &Path) -> Result<Histograms, CohortError> {
    let mut found: Vec<((String, String), PathBuf)> = Vec::new();
    for (subject, folder) in folders(&out.join("maps"), "sub-") {
        for (session, folder) in folders(&folder, "ses-") {
            let path = folder.join("histograms.csv");
            found.extend(path.is_file().then(|| ((subject.clone(), session), path)));
        }
    }
    found.into_par_iter().map(|(key, path)| Ok((key, of_table(&Table::read(&path)?)?))).collect()
}

/// Names behind a prefix and their folders.
fn folders(parent: &Path, prefix: &str) -> Vec<(String, PathBuf)> {
    let Ok(entries) = std::fs::read_dir(parent) else { return Vec::new() };
    let named = |path: PathBuf| Some((path.file_name()?.to_str()?.strip_prefix(prefix)?.to_owned(), path));
    entries.flatten().filter_map(|entry| named(entry.path())).collect()
}

fn of_table(table: &Table) -> Result<Vec<Binned>, CohortError> {
    let (measures, regions) = (table.text("measure")?, table.text("region")?);
    let [lows, highs, counts] = [table.numbers("low")?, table.numbers("high")?, table.numbers("n_voxels")?];
    let mut all: Vec<Binned> = Vec::new();
    for n in 0..table.n_rows() {
        let (Some(measure), Some(region)) = (&measures[n], &regions[n]) else { continue };
        let (Some(low), Some(high), Some(count)) = (lows[n], highs[n], counts[n]) else { continue };
        let same = all.last().is_some_and(|last| last.measure == *measure && last.region == *region);
        if !same {
            all.push(Binned { measure: measure.clone(), region: region.clone(), edges: vec![low], counts: Vec::new() });
        }
        if let Some(last) = all.last_mut() {
            last.edges.push(high);
            last.counts.push(count);
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_become_distributions_and_a_session_without_a_table_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let session = folder.path().join("maps/sub-001/ses-baseline");
        std::fs::create_dir_all(&session).unwrap();
        std::fs::create_dir_all(folder.path().join("maps/sub-001/ses-cycle2")).unwrap();
        let text = "measure,region,low,high,n_voxels\nadc,L1,0,50,3\nadc,L1,50,100,1\ngadc,body,0,50,0\n";
        std::fs::write(session.join("histograms.csv"), text).unwrap();
        let all = read(folder.path()).unwrap();
        assert_eq!(all.len(), 1);
        let [marrow, body] = &all[&("001".to_owned(), "baseline".to_owned())][..] else { panic!("not two") };
        assert_eq!((marrow.edges.as_slice(), marrow.share_pct()), ([0.0, 50.0, 100.0].as_slice(), vec![75.0, 25.0]));
        assert_eq!((marrow.n_voxels(), body.region.as_str(), body.share_pct()), (4, "body", vec![0.0]));
        std::fs::write(session.join("histograms.csv"), "measure,low\nadc,1\n").unwrap();
        assert!(read(folder.path()).unwrap_err().to_string().contains("region"));
        assert!(read(&folder.path().join("none")).unwrap().is_empty());
    }
}
