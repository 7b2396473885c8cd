//! One session: each image is loaded once, every pair that is read together is proved to lie on one grid, and each
//! biomarker of the registry that the session's images call for is measured.

use super::levels::{NamedLevels, named_levels};
use super::registry::{BIOMARKERS, Biomarker, Place};
use super::stations::Stations;
use super::{
    Backgrounds, MapData, MapOut, MeasureError, MeasureParams, MeasureRow, MeasuredSession, ON_DIXON, ON_DWI, Role,
    RoleFile, SessionInputs, checks,
};
use crate::diffusion::{Lesion, Tdv};
use crate::error::{Result, Warning};
use crate::image::{Grid, MapSidecar, Reader, Stored, Volume, read_volume};
use crate::region::{Region, Statistics, read_label_map};
use crate::units::Unit;
use ndarray::Array3;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

/// Measures one session.
///
/// # Errors
/// Where a file is missing or unreadable, images do not fit together, or nothing is found where it should be.
pub fn measure_session(inputs: &SessionInputs, params: &MeasureParams) -> Result<MeasuredSession> {
    refuse_ambiguous(inputs)?;
    let called_for = called_for(inputs)?;
    let mut work = SessionWork::new(inputs, params);
    for biomarker in called_for {
        work.current = biomarker.name;
        (biomarker.measure)(&mut work)?;
    }
    Ok(work.finish())
}

/// Proof that no role has two files for one place.
///
/// # Errors
/// [`MeasureError::AmbiguousRole`].
pub(super) fn refuse_ambiguous(inputs: &SessionInputs) -> Result<()> {
    let place = |file: &RoleFile| (file.role, file.index.clone());
    let mut groups = inputs.files.chunk_by(|a, b| place(a) == place(b));
    let Some(group) = groups.find(|group| group.len() > 1) else { return Ok(()) };
    let role = format!("{} {}", group[0].role.name(), group[0].index).trim_end().to_owned();
    let files = group.iter().map(|file| file.path.display().to_string()).collect();
    Err(MeasureError::AmbiguousRole { session: inputs.name(), role, files }.into())
}

/// The biomarkers that a session's images call for; it must have everything that each of them needs.
pub(super) fn called_for(inputs: &SessionInputs) -> Result<Vec<&'static Biomarker>> {
    let wanted: Vec<&Biomarker> =
        BIOMARKERS.into_iter().filter(|biomarker| biomarker.signature.iter().any(|role| inputs.has(*role))).collect();
    if wanted.is_empty() {
        return Err(MeasureError::NothingToMeasure { session: inputs.name() }.into());
    }
    let mut missing: Vec<Role> = Vec::new();
    for biomarker in &wanted {
        missing.extend(biomarker.needs.iter().filter(|role| !inputs.has(**role)));
        let lacking = |set: &&[Role]| set.iter().filter(|role| !inputs.has(**role)).copied().collect::<Vec<Role>>();
        // the set that comes nearest is the one that was meant
        missing.extend(biomarker.one_of.iter().map(lacking).min_by_key(Vec::len).unwrap_or_default());
    }
    missing.sort_unstable();
    missing.dedup();
    match missing.is_empty() {
        true => Ok(wanted),
        false => Err(MeasureError::MissingFiles { session: inputs.name(), roles: missing }.into()),
    }
}

/// Names of the vertebrae that every label map of a session holds.
///
/// # Errors
/// Where a label map cannot be read.
pub fn levels_present(inputs: &SessionInputs, params: &MeasureParams) -> Result<BTreeSet<String>> {
    let mut common: Option<BTreeSet<String>> = None;
    for path in inputs.files_of(Role::Labels) {
        let (labels, scheme, _) = read_label_map(path, &params.scheme, &Reader::default())?;
        let integers: BTreeSet<i32> = labels.data.iter().copied().collect();
        let levels = integers.into_iter().filter_map(|label| scheme.level(label));
        let levels: BTreeSet<String> = levels.map(|level| level.to_string()).collect();
        common = Some(match common {
            Some(before) => &before & &levels,
            None => levels,
        });
    }
    Ok(common.unwrap_or_default())
}

/// A session while it is being measured: what has been loaded, what has been found.
pub struct SessionWork<'a> {
    /// Files of the session.
    pub inputs: &'a SessionInputs,
    /// Parameters that hold for it.
    pub params: &'a MeasureParams,
    /// Fat fraction on the Dixon grid, percent, once a biomarker has made it.
    pub fat_fraction: Option<Arc<Volume>>,
    /// Flags that hold for every number of the Dixon pair.
    pub dixon_flags: Vec<String>,
    current: &'static str,
    stations: Option<Stations>,
    tdv: Option<Tdv>,
    dixon: Option<NamedLevels>,
    /// Flags that hold for every number of the label map that is being measured in.
    label_flags: Vec<String>,
    rows: Vec<MeasureRow>,
    maps: Vec<MapOut>,
    lesions: Vec<Lesion>,
    lesion_adc: Option<Vec<f32>>,
    warnings: Vec<Warning>,
    /// What a picture of the session needs.
    pub backgrounds: Backgrounds,
}

impl<'a> SessionWork<'a> {
    fn new(inputs: &'a SessionInputs, params: &'a MeasureParams) -> Self {
        SessionWork {
            inputs,
            params,
            fat_fraction: None,
            dixon_flags: Vec::new(),
            current: "",
            stations: None,
            tdv: None,
            dixon: None,
            label_flags: Vec::new(),
            rows: Vec::new(),
            maps: Vec::new(),
            lesions: Vec::new(),
            lesion_adc: None,
            warnings: Vec::new(),
            backgrounds: Backgrounds::default(),
        }
    }

    /// Reads the volume of a role that `needs` has promised.
    ///
    /// # Errors
    /// Where it is missing or unreadable.
    pub fn volume(&self, role: Role) -> Result<Volume> {
        Ok(read_volume(self.path(role)?)?)
    }

    /// The file of a role that `needs` has promised.
    ///
    /// # Errors
    /// Where it is missing.
    pub fn path(&self, role: Role) -> Result<&'a Path> {
        let missing = || MeasureError::MissingFiles { session: self.inputs.name(), roles: vec![role] };
        Ok(self.inputs.file(role).ok_or_else(missing)?)
    }

    /// Proves that two images lie on one grid, and keeps the warning where they barely do.
    ///
    /// # Errors
    /// Where they do not.
    pub fn prove_same(&mut self, a: (&Grid, Role, &Path), b: (&Grid, Role, &Path)) -> Result<()> {
        let file = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let (file_a, file_b) = (file(a.2), file(b.2));
        let warning = a.0.check_same(b.0, [a.1.name(), b.1.name()], [&file_a, &file_b])?;
        self.warn(warning);
        Ok(())
    }

    /// Keeps warnings, each once.
    pub fn warn(&mut self, warnings: impl IntoIterator<Item = Warning>) {
        for warning in warnings {
            if !self.warnings.contains(&warning) {
                self.warnings.push(warning);
            }
        }
    }

    /// The named vertebrae on the Dixon grid, which is proved to be that of `image`.
    ///
    /// # Errors
    /// Where labels are missing, lie on another grid or name none of the levels.
    pub fn dixon_regions(&mut self, image: &Grid, role: Role) -> Result<Vec<Region>> {
        let image_path = self.path(role)?;
        let labels = match self.dixon.take() {
            Some(labels) => labels,
            None => self.named_levels(ON_DIXON, (image, role, image_path))?,
        };
        self.prove_same((image, role, image_path), (&labels.grid, Role::Labels, &labels.source))?;
        self.backgrounds.dixon_regions.clone_from(&labels.regions);
        self.label_flags.clone_from(&labels.flags);
        Ok(self.dixon.insert(labels).regions.clone())
    }

    /// The named vertebrae on the composed diffusion grid.
    ///
    /// # Errors
    /// Where labels are missing, lie on another grid or name none of the levels.
    pub fn dwi_regions(&mut self, composed: &Grid) -> Result<Vec<Region>> {
        let dwi = self.path(Role::Dwi)?;
        let labels = self.named_levels(ON_DWI, (composed, Role::Dwi, dwi))?;
        self.backgrounds.diffusion_regions.clone_from(&labels.regions);
        self.label_flags = labels.flags;
        Ok(labels.regions)
    }

    fn named_levels(&mut self, on: &'static str, image: (&Grid, Role, &Path)) -> Result<NamedLevels> {
        let (levels, warnings) = named_levels(self.inputs, self.params, on, image)?;
        self.warn(warnings);
        Ok(levels)
    }

    /// The composed diffusion stations; composed once, shared by all that measure on them.
    ///
    /// # Errors
    /// Where a station cannot be read or fitted, or the stations do not fit together.
    pub fn stations(&mut self) -> Result<Stations> {
        let stations = match self.stations.take() {
            Some(stations) => stations,
            None => Stations::compose(self)?,
        };
        Ok(self.stations.insert(stations).clone())
    }

    /// The segmented diseased volume; segmented once.
    ///
    /// # Errors
    /// Where the masks do not fit or the threshold cannot be found.
    pub fn tdv(&mut self) -> Result<&Tdv> {
        let tdv = match self.tdv.take() {
            Some(tdv) => tdv,
            None => super::tdv::segment(self)?,
        };
        Ok(self.tdv.insert(tdv))
    }

    /// Keeps a map.
    pub fn keep_map(&mut self, name: &'static str, data: MapData, sidecar: MapSidecar) {
        self.maps.push(MapOut { name, data, sidecar });
    }

    /// Keeps a quantity as a map of single-precision numbers, NaN where it was not measured.
    pub fn keep_scalar(&mut self, name: &'static str, map: &Arc<Volume>, sidecar: MapSidecar) {
        self.keep_map(name, MapData::Scalar(Arc::clone(map), Stored::F32), sidecar);
    }

    /// Keeps the lesions, and what their global ADC is of (um2/s).
    pub fn keep_lesions(&mut self, lesions: Vec<Lesion>, adc: Vec<f32>) {
        self.lesions = lesions;
        self.lesion_adc = Some(adc);
    }

    /// One row of the biomarker that is being measured.
    pub fn row(&mut self, region: &str, statistic: &str, value: Option<f64>, n_voxels: usize, flags: &[String]) {
        let unit = super::registry::yielded(self.current, statistic).map_or(Unit::Arbitrary, |number| number.unit);
        let mut row = MeasureRow {
            subject: self.inputs.subject.clone(),
            session: self.inputs.session.clone(),
            measure: self.current.to_owned(),
            region: region.to_owned(),
            statistic: statistic.to_owned(),
            value: value.filter(|value| value.is_finite()),
            unit,
            n_voxels,
            qc_flags: flags.to_vec(),
        };
        if region != super::BODY {
            row.qc_flags.extend(self.label_flags.iter().cloned());
        }
        checks::flag(&mut row);
        self.rows.push(row);
    }

    /// The first-order statistics of a map in each region, as far as the registry names them.
    pub fn region_rows(
        &mut self,
        map: &Array3<f32>,
        regions: &[Region],
        flags: impl Fn(&Region, &[f32]) -> Vec<String>,
    ) {
        let yields = super::registry::biomarker(self.current).map_or(&[][..], |biomarker| biomarker.yields);
        for region in regions {
            let inside = region.values(map.view());
            let statistics = Statistics::of(&inside);
            let mut flags = flags(region, &inside);
            let stands_for_it = statistics.stands_for(region.voxels.len());
            if !stands_for_it {
                flags.push(super::MOSTLY_WITHHELD.to_owned());
            }
            for number in yields.iter().filter(|number| number.place == Place::Levels) {
                if let Some(value) = first_order(&statistics, number.statistic) {
                    let value = stands_for_it.then_some(value);
                    self.row(&region.name, number.statistic, value, statistics.n_voxels, &flags);
                }
            }
        }
    }

    fn finish(self) -> MeasuredSession {
        MeasuredSession {
            subject: self.inputs.subject.clone(),
            session: self.inputs.session.clone(),
            rows: self.rows,
            maps: self.maps,
            lesions: self.lesions,
            lesion_adc: self.lesion_adc,
            warnings: self.warnings,
            signal_b: self.params.tdv.signal_b,
            backgrounds: self.backgrounds,
        }
    }
}

/// A first-order statistic by its name in the registry; `None` for a number that is no first-order statistic.
fn first_order(statistics: &Statistics, name: &str) -> Option<f64> {
    Some(match name {
        "mean" => statistics.mean,
        "median" => statistics.median,
        "sd" => statistics.sd,
        "p10" => statistics.p10,
        "p90" => statistics.p90,
        _ => return None,
    })
}
