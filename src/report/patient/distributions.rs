//! ADC of a patient's marrow and lesions as distributions: the visits over each other, and each vertebra small.

use super::{Maker, PatientFigure};
use crate::region::ADC_CLASSES_UM2_S;
use crate::report::figures::svg_for_page;
use crate::report::histograms::Binned;
use crate::report::plots::{Distribution, HistogramPlot, SparklinesPlot, histogram_figure, sparklines_figure};
use crate::report::{ReportError, labels};
use crate::units::Unit;

/// A visit with one distribution a region, where it was measured.
type OfVisit = (String, Vec<Option<Distribution>>);

impl Maker<'_> {
    /// ADC over the pooled vertebrae and over the total diffusion volume, all visits in one frame.
    pub(super) fn histograms(&self) -> Result<Vec<PatientFigure>, ReportError> {
        let pooled = self.values.pooled().to_owned();
        let of_marrow = ("adc", pooled.as_str());
        let mut figures = Vec::new();
        for (measure, region) in [of_marrow, ("gadc", "body")] {
            let Some((edges, visits)) = self.binned(&[(measure, region)]) else { continue };
            let distributions = visits.into_iter().filter_map(|(visit, mut regions)| {
                let one = regions.pop().flatten()?;
                Some(Distribution { name: visit, ..one })
            });
            let plot = HistogramPlot {
                quantity: labels::measure(measure, self.drawn),
                unit: Unit::Um2PerS,
                edges,
                distributions: distributions.collect(),
                windows: ADC_CLASSES_UM2_S.to_vec(),
            };
            let Ok(drawing) = histogram_figure(&plot, self.drawn) else { continue };
            let lang = self.lang;
            let caption = match measure {
                "adc" => lang.fill(
                    "ADC of the voxels of {region}; classes shaded, triangles: medians.",
                    &[("region", &labels::region(region))],
                ),
                _ => lang.say("ADC of the lesions of tDV; classes shaded, triangles: medians.").to_owned(),
            };
            figures.push(PatientFigure { svg: svg_for_page(&drawing, &caption)?, caption, is_wide: false });
        }
        Ok(figures)
    }

    /// ADC of each vertebra at each visit.
    pub(super) fn sparklines(&self) -> Result<Option<PatientFigure>, ReportError> {
        let levels = self.values.levels("adc");
        let wanted: Vec<(&str, &str)> = levels.iter().map(|level| ("adc", level.as_str())).collect();
        let Some((edges, visits)) = self.binned(&wanted) else { return Ok(None) };
        let of_level = |n: usize| visits.iter().map(|(_, regions)| regions[n].clone()).collect();
        let plot = SparklinesPlot {
            quantity: labels::measure("adc", self.drawn),
            unit: Unit::Um2PerS,
            edges,
            visits: visits.iter().map(|(visit, _)| visit.clone()).collect(),
            regions: levels.iter().enumerate().map(|(n, level)| (level.clone(), of_level(n))).collect(),
            windows: ADC_CLASSES_UM2_S.to_vec(),
        };
        let Ok(drawing) = sparklines_figure(&plot) else { return Ok(None) };
        let caption = self.lang.say("ADC of each vertebra, all to one scale; line and number: median.").to_owned();
        Ok(Some(PatientFigure { svg: svg_for_page(&drawing, &caption)?, caption, is_wide: false }))
    }

    /// Distributions of these regions at each visit that has any, over the bins that hold voxels.
    fn binned(&self, wanted: &[(&str, &str)]) -> Option<(Vec<f64>, Vec<OfVisit>)> {
        let found: Vec<(&String, Vec<Option<&Binned>>)> = self
            .values
            .visits()
            .iter()
            .filter_map(|visit| {
                let all = self.outputs.histograms.get(&(self.subject.to_owned(), visit.clone()))?;
                let of = |(measure, region): &(&str, &str)| {
                    let is_it = |one: &&Binned| one.measure == *measure && one.region == *region && one.n_voxels() > 0;
                    all.iter().find(is_it)
                };
                Some((visit, wanted.iter().map(of).collect()))
            })
            .collect();
        let all = || found.iter().flat_map(|(_, regions)| regions.iter().flatten());
        let edges = &all().next()?.edges;
        if all().any(|one| one.edges != *edges) {
            return None;
        }
        let is_used = |bin: usize| all().any(|one| one.counts[bin] > 0.0);
        let used: Vec<usize> = (0..edges.len() - 1).filter(|bin| is_used(*bin)).collect();
        let (first, last) = (*used.first()?, *used.last()?);
        // one empty bin on either side, so that a distribution is seen to end
        let (first, last) = (first.saturating_sub(1), (last + 1).min(edges.len() - 2));
        let visits = found.iter().map(|(visit, regions)| {
            let distribution = |(n, one): (usize, &Option<&Binned>)| {
                let (measure, region) = wanted[n];
                let one = (*one)?;
                Some(Distribution {
                    name: region.to_owned(),
                    share_pct: one.share_pct()[first..=last].to_vec(),
                    median: self.value(&format!("{measure}_median_{region}__{visit}")),
                    n_voxels: one.n_voxels(),
                })
            };
            ((*visit).clone(), regions.iter().enumerate().map(distribution).collect())
        });
        Some((edges[first..=last + 1].to_vec(), visits.collect()))
    }
}
