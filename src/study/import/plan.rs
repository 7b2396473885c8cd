//! What becomes of each part of one session: its role after a person's word, its place among stations and echoes, and
//! whether two parts ask for one file. Nothing is converted here.

use super::subjects::Place;
use super::table::{ByHand, Row};
use crate::error::Failure;
use crate::image::dicom::{Component, Decision, DicomError, Header, Part, SeriesRole, Stack, decide, stack};
use crate::image::sha256_bytes;
use crate::region::Level;
use std::collections::BTreeMap;

/// One part with its fate.
#[derive(Debug)]
pub struct Item {
    /// What is converted.
    pub source: Source,
    /// Role and evidence.
    pub decision: Decision,
    /// Station or echo, from 1; 0 where the role has one file.
    pub index: usize,
    /// Where the images lie; `None` for mosaics, drawings and what is not kept.
    pub stack: Option<Stack>,
    /// b-values that a person gave.
    pub b_by_hand: Vec<f64>,
    /// Vertebra of a drawing with that role.
    pub level: Option<Level>,
    /// Why it cannot be used, with what to do.
    pub failure: Option<String>,
    /// Its row in the table.
    pub row: Row,
}

/// Where an item comes from.
#[derive(Debug, Clone)]
pub enum Source {
    /// Images.
    Images(Box<Part>),
    /// A segment (of a segmentation) or region (of a structure set) of the header's file.
    Drawing {
        /// Place in the list of headers.
        header: usize,
        /// Segment or region.
        number: u32,
    },
}

/// Plans one session: images first, then drawings, each in the order of the series numbers.
pub fn plan(
    place: &Place,
    parts: Vec<Part>,
    headers: &[Header],
    broken: &BTreeMap<String, String>,
    by_hand: &BTreeMap<String, ByHand>,
) -> Vec<Item> {
    let decisions = decide(&parts.iter().collect::<Vec<_>>(), headers);
    let mut items: Vec<Item> = parts
        .into_iter()
        .zip(decisions)
        .map(|(part, decision)| item(place, part, decision, headers, broken, by_hand))
        .collect();
    settle_single_roles(&mut items);
    settle_echoes(&mut items);
    settle_stations(&mut items, headers);
    for item in &mut items {
        finish_row(item);
    }
    items
}

fn item(
    place: &Place,
    part: Part,
    decision: Decision,
    headers: &[Header],
    broken: &BTreeMap<String, String>,
    by_hand: &BTreeMap<String, ByHand>,
) -> Item {
    let row = row(place, &part, headers);
    let said = by_hand.get(&row.series);
    let (decision, b_by_hand) = after_hand(decision, said);
    let mut item = Item {
        source: Source::Images(Box::new(part)),
        decision,
        index: 0,
        stack: None,
        b_by_hand,
        level: None,
        failure: None,
        row,
    };
    let Source::Images(part) = &item.source else { return item };
    if item.decision.role == SeriesRole::Skip {
        return item;
    }
    let refusal = part.frames.iter().find_map(|at| headers[at.header].refusal.clone());
    let first = &headers[part.frames[0].header].identity;
    let is_mixed = part.frames.iter().any(|at| headers[at.header].identity.patient_id != first.patient_id);
    let refusal = match (refusal, is_mixed, broken.get(&part.series_uid)) {
        (Some(refusal), ..) => Some(format!("{refusal}; export images without annotation")),
        (_, true, _) => Some("one series holds two patients; export them apart".to_owned()),
        (_, _, Some(why)) => Some(format!("one of its files cannot be used ({why}); copy or export it again")),
        _ => None,
    };
    if part.frames.iter().any(|at| headers[at.header].is_lossy) {
        item.decision.evidence.push("lossy compression has changed its values".to_owned());
    }
    if let Some(refusal) = refusal {
        refuse(&mut item, refusal);
        return item;
    }
    if !item.decision.role.is_kept() || part.frames.iter().any(|at| headers[at.header].is_mosaic()) {
        return item;
    }
    match stack(part, headers) {
        Ok(stack) => item.stack = Some(stack),
        Err(error) => refuse(&mut item, in_one_line(&error)),
    }
    item
}

/// `slug: message; remedy`.
pub fn in_one_line(error: &DicomError) -> String {
    let remedy = error.remedy().map(|remedy| format!("; {remedy}")).unwrap_or_default();
    format!("{}: {error}{remedy}", error.slug())
}

fn refuse(item: &mut Item, why: String) {
    item.decision.role = SeriesRole::Refused;
    item.decision.evidence.push(why.clone());
    item.failure = Some(why);
}

/// The decision after a person's word.
pub fn after_hand(decision: Decision, said: Option<&ByHand>) -> (Decision, Vec<f64>) {
    let Some(ByHand { role: Some(role), b_values, .. }) = said else { return (decision, Vec::new()) };
    if *role == decision.role {
        return (decision, Vec::new());
    }
    let was = format!("set by hand; automatic: {} ({})", decision.role.name(), decision.evidence.join("; "));
    (Decision { role: *role, evidence: vec![was] }, b_values.clone())
}

/// Digest by which a part is found again.
pub fn key(parts: &[&str]) -> String {
    sha256_bytes(parts.join("\n").as_bytes())[..12].to_owned()
}

/// Words of an image type that do not tell parts apart.
const UNTELLING: [&str; 14] =
    ["DERIVED", "OTHER", "NONE", "ND", "NORM", "DIS2D", "DIS3D", "MFSPLIT", "M", "P", "FFE", "SE", "M_SE", "M_FFE"];

fn row(place: &Place, part: &Part, headers: &[Header]) -> Row {
    let te = part.te_ms.map(|te| te.to_string()).unwrap_or_default();
    let component = part.component.map_or("", Component::name);
    let words = crate::image::dicom::image_type_words(part);
    let mut described: Vec<&str> = words.iter().skip(2).map(String::as_str).collect();
    described.retain(|word| !UNTELLING.contains(word));
    described.dedup();
    let [rows, columns] = headers[part.frames[0].header].size;
    let b_values: Vec<String> = part.b_values(headers).iter().map(f64::to_string).collect();
    Row {
        series: key(&[&part.series_uid, &part.image_type.join("\\"), component, &te]),
        subject: place.subject.clone(),
        session: place.session.clone(),
        series_number: part.series_number,
        part: [component].into_iter().chain(described).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" "),
        images: part.frames.len(),
        matrix: format!("{columns}x{rows}"),
        echo_time_ms: part.te_ms,
        b_values: b_values.join(" "),
        role: String::new(),
        index: String::new(),
        evidence: String::new(),
    }
}

/// Writes role, index and evidence into the row.
pub fn finish_row(item: &mut Item) {
    item.row.role = item.decision.role.name().to_owned();
    item.row.index = match (item.level, item.index) {
        (Some(level), _) if matches!(item.decision.role, SeriesRole::Vertebra | SeriesRole::Ambiguous) => {
            level.to_string()
        }
        (_, 0) => String::new(),
        (_, index) => index.to_string(),
    };
    item.row.evidence = item.decision.evidence.join("; ");
    if !item.b_by_hand.is_empty() && item.row.b_values.is_empty() {
        item.row.b_values = item.b_by_hand.iter().map(f64::to_string).collect::<Vec<_>>().join(" ");
    }
}

/// Opens all of several parts that ask for one file.
fn open(items: &mut [Item], which: &[usize], what: &str) {
    for &n in which {
        let others: Vec<String> =
            which.iter().filter(|&&k| k != n).map(|&k| items[k].row.series_number.to_string()).collect();
        items[n].decision.unsettled(format!("{what} also in series {}: choose one, skip the other", others.join(", ")));
        items[n].stack = None;
        items[n].index = 0;
    }
}

fn with_role(items: &[Item], role: SeriesRole) -> Vec<usize> {
    (0..items.len()).filter(|&n| items[n].decision.role == role).collect()
}

/// Roles that have one file a session.
fn settle_single_roles(items: &mut [Item]) {
    let single = [
        SeriesRole::Water,
        SeriesRole::Fat,
        SeriesRole::InPhase,
        SeriesRole::OpposedPhase,
        SeriesRole::FatFraction,
        SeriesRole::R2Star,
    ];
    for role in single {
        let found = with_role(items, role);
        if found.len() > 1 {
            open(items, &found, role.name());
        }
    }
}

/// Echoes are numbered by their echo times, over all components.
fn settle_echoes(items: &mut [Item]) {
    let components = [Component::Magnitude, Component::Phase, Component::Real, Component::Imaginary];
    let all: Vec<usize> = components.iter().flat_map(|one| with_role(items, SeriesRole::Echo(*one))).collect();
    let te = |item: &Item| item.row.echo_time_ms.unwrap_or(f64::NAN);
    let mut times: Vec<f64> = all.iter().map(|&n| te(&items[n])).collect();
    times.sort_by(f64::total_cmp);
    times.dedup();
    for component in components {
        for &time in &times {
            let found: Vec<usize> = with_role(items, SeriesRole::Echo(component))
                .into_iter()
                .filter(|&n| te(&items[n]).total_cmp(&time).is_eq())
                .collect();
            if found.len() > 1 {
                open(items, &found, &format!("{} of {time} ms", component.name()));
            }
        }
    }
    for n in all {
        if items[n].decision.role.is_kept() {
            items[n].index = 1 + times.iter().position(|&time| te(&items[n]).total_cmp(&time).is_eq()).unwrap_or(0);
        }
    }
}

/// Diffusion parts in one place make a station, 1 the most superior; an ADC map belongs to the station it lies on.
fn settle_stations(items: &mut [Item], headers: &[Header]) {
    let mosaic = |item: &Item| item.stack.is_none();
    let mut diffusion = with_role(items, SeriesRole::Dwi);
    if diffusion.len() > 1 && diffusion.iter().any(|&n| mosaic(&items[n])) {
        open(items, &diffusion, "mosaics cannot be put in order: diffusion");
        diffusion.clear();
    }
    let mut stations: Vec<Vec<usize>> = Vec::new();
    for n in diffusion {
        match stations.iter_mut().find(|station| in_one_place(&items[station[0]], &items[n])) {
            Some(station) => station.push(n),
            None => stations.push(vec![n]),
        }
    }
    stations.retain(|station| {
        let b_of = |n: usize| match &items[n].source {
            Source::Images(part) => part.b_values(headers),
            Source::Drawing { .. } => Vec::new(),
        };
        let shares = |n: usize| station.iter().any(|&k| k != n && b_of(k).iter().any(|b| b_of(n).contains(b)));
        let doubled: Vec<usize> = station.iter().copied().filter(|&n| shares(n)).collect();
        if !doubled.is_empty() {
            open(items, &doubled, "a b-value of the same place");
        }
        doubled.is_empty()
    });
    stations.sort_by(|a, b| height(&items[b[0]]).total_cmp(&height(&items[a[0]])));
    for (number, station) in stations.iter().enumerate() {
        for &n in station {
            items[n].index = number + 1;
        }
    }
    let mut maps = with_role(items, SeriesRole::Adc);
    maps.sort_by(|&a, &b| height(&items[b]).total_cmp(&height(&items[a])));
    for (number, &n) in maps.iter().enumerate() {
        let station = stations.iter().position(|station| in_one_place(&items[station[0]], &items[n]));
        let alone = stations.is_empty() || (stations.len() == 1 && maps.len() == 1);
        items[n].index = station.map(|station| station + 1).unwrap_or(if alone { number + 1 } else { 0 });
    }
    let placeless: Vec<usize> = maps.iter().copied().filter(|&n| items[n].index == 0).collect();
    for n in placeless {
        items[n].decision.unsettled("no diffusion station lies where this ADC map lies");
    }
    for number in 1..=maps.len().max(stations.len()) {
        let found: Vec<usize> =
            maps.iter().copied().filter(|&n| items[n].index == number && items[n].decision.role.is_kept()).collect();
        if found.len() > 1 {
            open(items, &found, "an ADC map of the same place");
        }
    }
}

fn in_one_place(a: &Item, b: &Item) -> bool {
    match (&a.stack, &b.stack) {
        (Some(a), Some(b)) => a.grid.check_same(&b.grid, ["a", "b"], ["", ""]).is_ok(),
        _ => false,
    }
}

/// Superior coordinate of the middle of the images, mm.
fn height(item: &Item) -> f64 {
    let Some(stack) = &item.stack else { return f64::NEG_INFINITY };
    stack.grid.world_mm(stack.grid.dims.map(|n| (n as f64 - 1.0) / 2.0))[2]
}
