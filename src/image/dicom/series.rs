//! Parts: images of one series that belong in one file, told apart by image type, component and echo time.
//!
//! A Philips Dixon series holds water, fat, in- and opposed-phase images under one series number, an enhanced file may hold
//! them in one file; a part is what is left when these are separated. b-values do not separate: they are the volumes of a
//! diffusion part.

use super::header::{Header, Kind};
use super::vendor::{Component, Vendor};
use std::collections::BTreeMap;

/// One frame of one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct FrameRef {
    /// Place of the file in the list of headers.
    pub header: usize,
    /// Place of the frame in its file.
    pub frame: usize,
}

/// Images that belong in one file.
#[derive(Debug, Clone)]
pub struct Part {
    /// For grouping alone.
    pub series_uid: String,
    /// See `series_uid`.
    pub study_uid: String,
    /// Number of the series on the console.
    pub series_number: i64,
    /// Maker of the scanner.
    pub vendor: Vendor,
    /// Words of the image type that all frames share.
    pub image_type: Vec<String>,
    /// Component of the complex signal, where it is stated.
    pub component: Option<Component>,
    /// ms.
    pub te_ms: Option<f64>,
    /// The images.
    pub frames: Vec<FrameRef>,
}

impl Part {
    /// b-values of the frames, ascending, each once; empty where a frame has none.
    pub fn b_values(&self, headers: &[Header]) -> Vec<f64> {
        let all: Option<Vec<f64>> = self.frames.iter().map(|at| Some(frame(headers, *at).b?.value)).collect();
        let mut all = all.unwrap_or_default();
        all.sort_by(f64::total_cmp);
        all.dedup();
        all
    }

    /// Rough place of the images: size, number, orientation and position of the lowest, to find images of one acquisition.
    pub fn signature(&self, headers: &[Header]) -> Option<(usize, usize, [i64; 6], [i64; 3])> {
        let lowest = self.frames.iter().filter_map(|at| frame(headers, *at).position).reduce(|a, b| {
            if a[2].total_cmp(&b[2]).then(a[1].total_cmp(&b[1])).then(a[0].total_cmp(&b[0])).is_le() { a } else { b }
        })?;
        let at = *self.frames.first()?;
        let [rows, columns] = headers[at.header].size;
        let orientation = frame(headers, at).orientation?;
        let rounded = lowest.map(|mm| (mm * 2.0).round() as i64);
        Some((rows, columns, orientation.map(|cosine| (cosine * 100.0).round() as i64), rounded))
    }

    /// True where the part is not all that its files hold.
    pub fn is_share_of_files(&self, headers: &[Header]) -> bool {
        let mut taken: BTreeMap<usize, usize> = BTreeMap::new();
        for at in &self.frames {
            *taken.entry(at.header).or_default() += 1;
        }
        taken.iter().any(|(&header, &n)| headers[header].frames.len() != n)
    }
}

/// The frame that a reference names.
pub(super) fn frame(headers: &[Header], at: FrameRef) -> &super::header::Frame {
    &headers[at.header].frames[at.frame]
}

/// What tells parts of a series apart; the echo time in steps of 0.01 ms.
type Key = (String, String, Vec<String>, Option<Component>, Option<i64>);

/// All images in parts, in the order of series number, echo time, component.
pub fn parts(headers: &[Header]) -> Vec<Part> {
    let mut groups: BTreeMap<Key, Vec<FrameRef>> = BTreeMap::new();
    for (n, header) in headers.iter().enumerate().filter(|(_, header)| header.kind == Kind::Image) {
        for (k, frame) in header.frames.iter().enumerate() {
            let te = frame.te_ms.map(|te| (te * 100.0).round() as i64);
            let key =
                (header.study_uid.clone(), header.series_uid.clone(), frame.image_type.clone(), frame.component, te);
            groups.entry(key).or_default().push(FrameRef { header: n, frame: k });
        }
    }
    let mut parts: Vec<Part> = groups
        .into_iter()
        .map(|((study_uid, series_uid, image_type, component, te), frames)| {
            let first = &headers[frames[0].header];
            Part {
                study_uid,
                series_uid,
                series_number: first.series_number,
                vendor: first.vendor,
                image_type,
                component,
                te_ms: te.map(|te| te as f64 / 100.0),
                frames,
            }
        })
        .collect();
    join_diffusion(&mut parts, headers);
    let order = |part: &Part| (part.series_number, part.series_uid.clone(), part.te_ms.map(|te| (te * 100.0) as i64));
    parts.sort_by(|a, b| {
        order(a).cmp(&order(b)).then(a.component.cmp(&b.component)).then_with(|| a.image_type.cmp(&b.image_type))
    });
    parts
}

/// Puts the unweighted and the weighted images of one diffusion series together, whose image types differ on some scanners.
/// Maps (no b-value) and images of another component stay apart, and so do trace-weighted images beside their directions.
fn join_diffusion(parts: &mut Vec<Part>, headers: &[Header]) {
    let mut n = 0;
    while n < parts.len() {
        let one = &parts[n];
        let b_one = one.b_values(headers);
        let is_signal = |part: &Part| !part.image_type.iter().any(|word| super::roles::is_map(word));
        let alike = |other: &Part| {
            if b_one.is_empty() || one.component != other.component || !is_signal(one) || !is_signal(other) {
                return false;
            }
            let b_other = other.b_values(headers);
            let is_weighted = b_one.iter().chain(&b_other).any(|&b| b > 0.0);
            !b_other.is_empty() && is_weighted && !b_one.iter().any(|b| b_other.contains(b))
        };
        // parts of one series follow each other
        let mut of_series = (n + 1..parts.len()).take_while(|&k| parts[k].series_uid == one.series_uid);
        match of_series.find(|&k| alike(&parts[k])) {
            Some(k) => {
                let other = parts.remove(k);
                parts[n].frames.extend(other.frames);
                parts[n].image_type.extend(other.image_type);
                let mut seen = Vec::new();
                parts[n].image_type.retain(|word| {
                    !seen.contains(word) && {
                        seen.push(word.clone());
                        true
                    }
                });
            }
            None => n += 1,
        }
    }
}
