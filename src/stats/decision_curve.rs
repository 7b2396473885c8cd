//! Decision curve: net benefit of treating those whose predicted risk reaches a threshold.
//!
//! NB(t) = TP/n - FP/n t/(1 - t), a patient being treated where risk >= t (Vickers and Elkin 2006,
//! doi:10.1177/0272989X06295361). Predictions should not come from the patients they are judged on.

use super::StatsError;
use super::error::{all_finite, same_length, two_classes};

/// Net benefit at one threshold probability.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NetBenefit {
    /// Threshold probability.
    pub threshold: f64,
    /// Net benefit of treating by the prediction.
    pub model: f64,
    /// Net benefit of treating everybody; treating nobody has 0.
    pub treat_all: f64,
}

/// Net benefit at each threshold within 0..1.
pub fn net_benefit(risk: &[f64], positive: &[bool], thresholds: &[f64]) -> Result<Vec<NetBenefit>, StatsError> {
    same_length("decision curve", risk.len(), positive.len())?;
    all_finite("predicted risk", risk)?;
    let (events, non_events) = two_classes(positive)?;
    let n = risk.len() as f64;
    let at = |&threshold: &f64| {
        if !(0.0..1.0).contains(&threshold) {
            let allowed = "0 up to but not 1";
            return Err(StatsError::OutOfRange { what: "threshold probability", value: threshold, allowed });
        }
        let treated = |class: bool| risk.iter().zip(positive).filter(|&(&r, &p)| p == class && r >= threshold).count();
        let odds = threshold / (1.0 - threshold);
        let benefit = |hits: usize, alarms: usize| hits as f64 / n - alarms as f64 / n * odds;
        let model = benefit(treated(true), treated(false));
        Ok(NetBenefit { threshold, model, treat_all: benefit(events, non_events) })
    };
    thresholds.iter().map(at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_risk_at_the_threshold_is_treated() {
        let y = [true, false, true, false];
        let nb = net_benefit(&[0.5, 0.5, 0.2, 0.1], &y, &[0.0, 0.5]).unwrap();
        assert_eq!(nb[0].model, 0.5);
        assert_eq!(nb[0].model, nb[0].treat_all);
        // one hit and one false alarm at even odds
        assert_eq!(nb[1].model, 0.0);
        assert_eq!(nb[1].treat_all, 0.0);
        assert!(net_benefit(&[0.5, 0.5, 0.2, 0.1], &y, &[1.0]).is_err());
    }
}
