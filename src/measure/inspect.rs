//! What `measure` would meet in one session, found out from headers, sidecars and label maps alone.
//!
//! Inputs  the files of a session by role, the parameters of the study
//! Output  each file with what speaks for its role; every reason for which the session would fail, not the first alone;
//!         what would be said; estimates of memory and time
//! Method  the checks are those of the measurement itself ([`super::levels`], [`super::session`]), so that both agree
//! Limits  voxels of images are not read: a signal that contradicts its b-values, an empty echo or a file that is broken
//!         in its middle is found by `measure` alone. That a file ends too early is seen from its length.

use super::evidence::{Evidence, evidence};
use super::levels::named_levels;
use super::load::Load;
use super::raw_echoes::RawEchoes;
use super::registry::Biomarker;
use super::session::{called_for, refuse_ambiguous};
use super::tdv::read_role_mask;
use super::{MeasureError, MeasureParams, ON_DIXON, ON_DWI, Role, SessionInputs};
use crate::diffusion::b_table::{BSelection, choose, list, same_b};
use crate::diffusion::plan;
use crate::error::{Error, Result, Warning};
use crate::image::echoes::echo_times;
use crate::image::gradients::b_values_of;
use crate::image::{Grid, Reader, place_mask};
use std::path::{Path, PathBuf};

/// What was found in one session.
#[derive(Debug)]
pub struct Inspection {
    /// Biomarkers that its images call for.
    pub biomarkers: Vec<&'static str>,
    /// Its files in the order of their roles.
    pub evidence: Vec<Evidence>,
    /// Why it would fail.
    pub blocks: Vec<Error>,
    /// What would be said beside its numbers.
    pub warnings: Vec<Warning>,
    /// Voxels of the images by what is done with them, for estimates.
    pub load: Load,
}

/// Looks through one session. Without parameters (no `study.toml`) only what does not depend on them is checked.
pub fn inspect(inputs: &SessionInputs, params: Option<&MeasureParams>) -> Inspection {
    let mut look = Look { inputs, params, blocks: Vec::new(), warnings: Vec::new(), load: Load::of(inputs) };
    look.keep(refuse_ambiguous(inputs));
    let called_for = look.keep(called_for(inputs)).unwrap_or_default();
    let biomarkers: Vec<&'static str> = called_for.iter().map(|biomarker: &&Biomarker| biomarker.name).collect();
    let evidence: Vec<Evidence> = inputs.files.iter().map(|file| evidence(file, params)).collect();
    let readable: Vec<&Evidence> = evidence.iter().filter(|found| found.failure.is_none()).collect();
    let is_readable = |path: &Path| readable.iter().any(|found| found.path == path);
    look.dixon(&is_readable);
    look.diffusion(&is_readable);
    let Look { mut blocks, warnings, load, .. } = look;
    let mut evidence = evidence;
    // what a file says against itself comes first
    let broken: Vec<Error> = evidence.iter_mut().filter_map(|found| found.failure.take()).collect();
    blocks.splice(0..0, broken);
    Inspection { biomarkers, evidence, blocks, warnings, load }
}

struct Look<'a> {
    inputs: &'a SessionInputs,
    params: Option<&'a MeasureParams>,
    blocks: Vec<Error>,
    warnings: Vec<Warning>,
    load: Load,
}

impl Look<'_> {
    /// The value, or a further reason for which the session would fail.
    fn keep<T>(&mut self, result: Result<T>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                // one fault met on two ways is one fault
                if !self.blocks.iter().any(|known| known.to_string() == error.to_string()) {
                    self.blocks.push(error);
                }
                None
            }
        }
    }

    fn warn(&mut self, warnings: impl IntoIterator<Item = Warning>) {
        for warning in warnings {
            if !self.warnings.contains(&warning) {
                self.warnings.push(warning);
            }
        }
    }

    fn same(&mut self, a: (&Grid, Role, &Path), b: (&Grid, Role, &Path)) {
        let (file_a, file_b) = (name(a.2), name(b.2));
        let proof = a.0.check_same(b.0, [a.1.name(), b.1.name()], [&file_a, &file_b]);
        if let Some(warning) = self.keep(proof.map_err(Error::from)) {
            self.warn(warning);
        }
    }

    /// Pairs, maps and echoes with the labels drawn on them.
    fn dixon(&mut self, is_readable: &dyn Fn(&Path) -> bool) {
        let reader = Reader::default();
        let grid_of = |role: Role| -> Option<(Grid, Role, PathBuf)> {
            let path = self.inputs.file(role).filter(|path| is_readable(path))?;
            Some((reader.grid(path).ok()?, role, path.to_owned()))
        };
        let alone = [Role::Water, Role::Fat, Role::InPhase, Role::OpposedPhase, Role::FatFraction];
        let echoes = RawEchoes::of(self.inputs);
        let of_echoes = echoes.as_ref().map(|echoes| echoes.role);
        let images: Vec<(Grid, Role, PathBuf)> = alone.into_iter().chain(of_echoes).filter_map(grid_of).collect();
        let of = |role: Role| images.iter().find(|image| image.1 == role);
        for (a, b) in [(Role::Water, Role::Fat), (Role::InPhase, Role::OpposedPhase)] {
            if let (Some(a), Some(b)) = (of(a), of(b)) {
                self.same((&a.0, a.1, &a.2), (&b.0, b.1, &b.2));
            }
        }
        if let Some(echoes) = &echoes {
            self.echoes(echoes, is_readable);
        }
        // each of these is measured in the vertebrae of the one label map
        let first = |roles: &[Role]| roles.iter().find_map(|role| of(*role));
        let echo = of_echoes.and_then(|role| first(&[role]));
        let measured = [first(&[Role::FatFraction]), echo, first(&[Role::Water]), first(&[Role::InPhase])];
        let mut measured = measured.into_iter().flatten();
        let (Some(params), Some(image)) = (self.params, measured.next()) else { return };
        if !self.inputs.labels_on(ON_DIXON).is_some_and(is_readable) {
            return;
        }
        let found = named_levels(self.inputs, params, ON_DIXON, (&image.0, image.1, &image.2));
        if let Some((levels, warnings)) = self.keep(found) {
            self.warn(warnings);
            for other in measured {
                self.same((&other.0, other.1, &other.2), (&levels.grid, Role::Labels, &levels.source));
            }
        }
    }

    /// Echo times, field strength, numbers and grids of raw echoes.
    fn echoes(&mut self, echoes: &RawEchoes, is_readable: &dyn Fn(&Path) -> bool) {
        if !echoes.files().all(|path| is_readable(path)) {
            return;
        }
        let RawEchoes { role, parts, first, second } = echoes;
        let reader = Reader::default();
        let count = |paths: &[PathBuf]| -> usize { paths.iter().filter_map(|path| reader.n_volumes(path).ok()).sum() };
        let (n, n_second) = (count(first), count(second));
        let grids: Vec<(Grid, &PathBuf)> =
            echoes.files().filter_map(|path| Some((reader.grid(path).ok()?, path))).collect();
        if let Some(((grid, path), rest)) = grids.split_first() {
            for (other_grid, other) in rest {
                self.same((grid, *role, path), (other_grid, *role, other));
            }
        }
        if n_second > 0 && n_second != n {
            let (session, counts) = (self.inputs.name(), [n, n_second]);
            self.blocks.push(MeasureError::EchoCount { session, parts: *parts, counts }.into());
        }
        if n_second == n {
            self.keep(echo_times::check_order(*parts, [first, second]));
        }
        if let Some(times) = self.keep(echo_times::find(first, &[], n)) {
            self.warn(times.warnings());
        }
        self.keep(echo_times::field_strength_t(first, None));
    }

    /// Stations, their b-values, and what is drawn on the composed grid.
    fn diffusion(&mut self, is_readable: &dyn Fn(&Path) -> bool) {
        let paths = self.inputs.files_of(Role::Dwi);
        if paths.is_empty() || !paths.iter().all(|path| is_readable(path)) {
            return;
        }
        let reader = Reader::default();
        let mut grids = Vec::new();
        for path in &paths {
            let (Ok(grid), Ok(n)) = (reader.grid(path), reader.n_volumes(path)) else { return };
            if let Some(b) = self.keep(b_values_of(path, n).map_err(Error::from)) {
                self.keep(choose(&b, n, &BSelection::default()).map_err(Error::from));
                if let Some(params) = self.params {
                    let signal_b = params.tdv.signal_b;
                    if !b.iter().any(|&b| same_b(b, signal_b)) {
                        let found = list(&b);
                        self.blocks.push(MeasureError::NoSignalB { file: name(path), signal_b, found }.into());
                    }
                }
            }
            grids.push(grid);
        }
        let Some(plan) = self.keep(plan(&grids, false).map_err(Error::from)) else { return };
        let composed = &plan.grid;
        if let Some(params) = self.params
            && self.inputs.labels_on(ON_DWI).is_some_and(is_readable)
            && let Some((_, warnings)) =
                self.keep(named_levels(self.inputs, params, ON_DWI, (composed, Role::Dwi, paths[0])))
        {
            self.warn(warnings);
        }
        self.masks(composed, &name(paths[0]), is_readable);
    }

    /// Bone, reference and exclusions: on the composed grid, and the first two not empty.
    fn masks(&mut self, composed: &Grid, dwi: &str, is_readable: &dyn Fn(&Path) -> bool) {
        let needs_reference = self.params.is_some_and(|params| params.tdv.rule.needs_reference());
        if self.inputs.has(Role::Bone) && needs_reference && !self.inputs.has(Role::Reference) {
            let missing = MeasureError::MissingFiles { session: self.inputs.name(), roles: vec![Role::Reference] };
            self.blocks.push(missing.into());
        }
        for role in [Role::Bone, Role::Reference, Role::Exclude] {
            for path in self.inputs.files_of(role).into_iter().filter(|path| is_readable(path)) {
                let placed = read_role_mask(role, path)
                    .and_then(|mask| place_mask(mask, composed, [Role::Dwi.name(), dwi], role.name()));
                let Some((mask, warnings)) = self.keep(placed.map_err(Error::from)) else { continue };
                self.warn(warnings);
                if role != Role::Exclude && mask.n_inside() == 0 {
                    self.blocks.push(MeasureError::EmptyMask { role, file: name(path) }.into());
                }
            }
        }
    }
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}
