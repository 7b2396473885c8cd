//! The figures of a patient's page.

use super::{Maker, PatientFigure};
use crate::report::figures::svg_for_page;
use crate::report::plots::{Course, CoursesPlot, ProfilePlot, courses_figure, profile_figure};
use crate::report::{ReportError, labels, tables};
use crate::units::Unit;

impl Maker<'_> {
    /// Fat fraction of each vertebra at each visit, over normal values where some were given.
    pub(super) fn profile(&self, measure: &str) -> Result<Option<PatientFigure>, ReportError> {
        let lang = self.lang;
        let levels = self.values.levels(measure);
        let visit = |visit: &String| {
            let value = |level: &String| self.value(&format!("{measure}_mean_{level}__{visit}"));
            (visit.clone(), levels.iter().map(value).collect::<Vec<_>>())
        };
        let visits: Vec<(String, Vec<Option<f64>>)> =
            self.values.visits().iter().map(visit).filter(|(_, values)| values.iter().any(Option::is_some)).collect();
        let [baseline, _] = self.values.visits_of_change();
        let age = self.value(&format!("age_years__{baseline}")).or_else(|| self.value(&format!("age__{baseline}")));
        let sex = self.values.text(self.subject, &format!("sex__{baseline}"));
        let normal = self.settings.normative.as_ref().zip(age).zip(sex);
        let band: Option<Vec<_>> = normal
            .as_ref()
            .map(|((table, age), sex)| levels.iter().map(|level| table.band(measure, level, *age, sex)).collect());
        let band = band.filter(|band| band.iter().any(Option::is_some));
        let source = band.as_ref().and(normal).map(|((table, ..), _)| table.sources(measure));
        let quantity = labels::measure(measure, self.drawn);
        let band = band.map(|band| band.into_iter().map(|normal| normal.map(|(ends, _)| ends)).collect());
        let plot = ProfilePlot { quantity, unit: Unit::Percent, levels, visits, band };
        let Ok(drawing) = profile_figure(&plot, self.drawn) else { return Ok(None) };
        let mut caption = vec![lang.fill("{column} of each vertebra.", &[("column", &labels::measure(measure, lang))])];
        if let Some(sources) = source {
            caption.push(lang.fill("Band: {source}.", &[("source", &sources)]));
        }
        let caption = lang.joined(&caption);
        Ok(Some(PatientFigure { svg: svg_for_page(&drawing, &caption)?, caption, is_wide: false }))
    }

    /// Everything that was measured over the visits.
    pub(super) fn courses(&self) -> Result<Option<PatientFigure>, ReportError> {
        let visits = self.values.visits().to_vec();
        let course = |stem: String| {
            let (name, unit) = labels::parts(&stem, self.drawn);
            let title = if unit.is_empty() { name } else { format!("{name} ({unit})") };
            let value = |visit: &String| {
                let value = self.value(&format!("{stem}__{visit}"))?;
                Some((value, tables::digits(value)))
            };
            Course { title, values: visits.iter().map(value).collect() }
        };
        let courses = self.stems().into_iter().map(course).collect();
        let Ok(drawing) = courses_figure(&CoursesPlot { visits: visits.clone(), courses }) else { return Ok(None) };
        let caption = self.lang.say("Imaging and laboratory values over the visits; axes begin at zero.").to_owned();
        Ok(Some(PatientFigure { svg: svg_for_page(&drawing, &caption)?, caption, is_wide: true }))
    }
}
