//! Segments and regions as masks on the grid of the images that they are drawn on.
//!
//! What is drawn on a diffusion station goes onto the composed grid of all stations, where `measure` reads its masks; several
//! drawings of one role are joined. What is drawn on anything else lies on that image's grid, under `anat`.

use super::plan::{Item, Source, after_hand, finish_row, in_one_line, key};
use super::subjects::Place;
use super::table::{ByHand, Row};
use super::vertebrae;
use crate::diffusion;
use crate::image::dicom::{
    DicomError, Drawn, Header, Kind, SeriesRole, contour_mask, contours, segment_mask, segments,
};
use crate::image::{Grid, Mask};
use ndarray::Array3;
use std::collections::BTreeMap;

/// The segments and regions of one session; those that cannot be read are refused.
pub fn items(place: &Place, files: &[usize], headers: &[Header], by_hand: &BTreeMap<String, ByHand>) -> Vec<Item> {
    let mut items = Vec::new();
    for &n in files {
        let header = &headers[n];
        let (drawn, kind) = match header.kind {
            Kind::Segmentation => (segments(header), "segment"),
            Kind::Contours => (contours(header), "region"),
            _ => continue,
        };
        let drawn = drawn.unwrap_or_else(|error| vec![refused(&error)]);
        for Drawn { number, decision, names } in drawn {
            let (level, decision) = vertebrae::decide(kind, number, &names).unwrap_or((None, decision));
            let row = Row {
                series: key(&[&header.series_uid, &header.sop_uid, kind, &number.to_string()]),
                subject: place.subject.clone(),
                session: place.session.clone(),
                series_number: header.series_number,
                part: format!("{kind} {number}"),
                images: header.frames.iter().filter(|frame| frame.segment() == Some(number)).count(),
                matrix: if header.kind == Kind::Segmentation {
                    format!("{}x{}", header.size[1], header.size[0])
                } else {
                    String::new()
                },
                echo_time_ms: None,
                b_values: String::new(),
                role: String::new(),
                index: String::new(),
                evidence: String::new(),
            };
            let failure = (decision.role == SeriesRole::Refused).then(|| decision.evidence.join("; "));
            let said = by_hand.get(&row.series);
            let level = said.and_then(|said| said.level).or(level);
            let (decision, _) = after_hand(decision, said);
            let failure = failure.filter(|_| decision.role != SeriesRole::Skip);
            let item = Item {
                source: Source::Drawing { header: n, number },
                decision,
                index: 0,
                stack: None,
                b_by_hand: Vec::new(),
                level,
                failure,
                row,
            };
            items.push(item);
        }
    }
    open_doubled(&mut items);
    items.iter_mut().for_each(finish_row);
    items
}

/// Opens vertebrae that several drawings of one file claim.
fn open_doubled(items: &mut [Item]) {
    let of = |item: &Item| match item.source {
        Source::Drawing { header, .. } if item.decision.role == SeriesRole::Vertebra => Some((header, item.level)),
        _ => None,
    };
    let claims: Vec<_> = items.iter().map(of).collect();
    for n in 0..items.len() {
        let others = (0..items.len()).filter(|&k| k != n && claims[k].is_some() && claims[k] == claims[n]);
        let others: Vec<String> = others.map(|k| items[k].row.part.clone()).collect();
        if !others.is_empty() {
            let level = items[n].level.map(|level| level.to_string()).unwrap_or_default();
            items[n].decision.unsettled(format!("{level} also in {}: choose one, skip the other", others.join(", ")));
        }
    }
}

fn refused(error: &DicomError) -> Drawn {
    let evidence = vec![in_one_line(error)];
    let decision = crate::image::dicom::Decision { role: SeriesRole::Refused, evidence };
    Drawn { number: 0, decision, names: Vec::new() }
}

/// Where a drawing's mask goes.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// `anat` or `dwi`.
    pub folder: &'static str,
    /// The grid.
    pub grid: Grid,
}

/// The grid of the images that a drawing refers to.
///
/// # Errors
/// [`DicomError::Drawing`] where it refers to none of the session's kept images, or the stations cannot be composed.
pub fn target(header: &Header, images: &[Item]) -> Result<Target, DicomError> {
    let wrong = |reason: &str| DicomError::Drawing { reason: reason.to_owned() };
    let refers = |item: &&Item| match &item.source {
        Source::Images(part) => header.references.contains(&part.series_uid),
        Source::Drawing { .. } => false,
    };
    let referred: Vec<&Item> =
        images.iter().filter(refers).filter(|item| item.stack.is_some() && item.decision.role.is_kept()).collect();
    let on = referred
        .iter()
        .find(|item| matches!(item.decision.role, SeriesRole::Dwi | SeriesRole::Adc))
        .or(referred.first());
    let Some(on) = on else {
        return Err(wrong(
            "the images that a segmentation or structure set is drawn on are not among the imported ones",
        ));
    };
    let grid = on.stack.as_ref().map(|stack| stack.grid.clone()).ok_or_else(|| wrong("it is drawn on a mosaic"))?;
    if !matches!(on.decision.role, SeriesRole::Dwi | SeriesRole::Adc) {
        return Ok(Target { folder: "anat", grid });
    }
    let mut stations: BTreeMap<usize, Grid> = BTreeMap::new();
    for item in images.iter().filter(|item| item.decision.role == SeriesRole::Dwi && item.index > 0) {
        if let Some(stack) = &item.stack {
            stations.entry(item.index).or_insert_with(|| stack.grid.clone());
        }
    }
    if stations.len() > 1 {
        let grids: Vec<Grid> = stations.into_values().collect();
        let plan = diffusion::plan(&grids, false)
            .map_err(|_| wrong("the diffusion stations do not share one lattice, so that no mask fits all of them"))?;
        return Ok(Target { folder: "dwi", grid: plan.grid });
    }
    Ok(Target { folder: "dwi", grid })
}

/// All drawings of one role, joined.
///
/// # Errors
/// [`DicomError`] where one does not lie on the grid or cannot be read.
pub fn mask(drawings: &[(usize, u32)], headers: &[Header], grid: &Grid) -> Result<Mask, DicomError> {
    let mut joined = crate::image::filled(grid.dims, false);
    for &(n, number) in drawings {
        let one = drawing_mask(&headers[n], number, grid)?;
        joined.zip_mut_with(&one, |all, one| *all |= one);
    }
    Ok(Mask::new(grid.clone(), joined))
}

/// One segment or region on a grid.
///
/// # Errors
/// As [`segment_mask`] and [`contour_mask`].
pub fn drawing_mask(header: &Header, number: u32, grid: &Grid) -> Result<Array3<bool>, DicomError> {
    match header.kind {
        Kind::Contours => contour_mask(header, number, grid),
        _ => segment_mask(header, number, grid),
    }
}
