//! International staging system and its revision, at baseline.

use super::Labs;

/// ISS: I where beta-2 microglobulin < 3.5 mg/L and albumin >= 3.5 g/dL, III where beta-2 microglobulin >= 5.5 mg/L, else II.
pub fn iss(labs: &Labs) -> Option<u8> {
    let b2m = labs.b2m_mg_l?;
    if b2m >= 5.5 {
        return Some(3);
    }
    if b2m >= 3.5 {
        return Some(2);
    }
    Some(if labs.albumin_g_dl? >= 3.5 { 1 } else { 2 })
}

/// R-ISS: I where ISS I, no high-risk FISH and LDH within the laboratory's limit; III where ISS III and high-risk FISH or
/// LDH above the limit; else II.
pub fn r_iss(labs: &Labs) -> Option<u8> {
    let high_ldh = labs.ldh_u_l.zip(labs.ldh_uln).map(|(ldh, limit)| ldh > limit);
    let fish = labs.fish_high_risk;
    // either one speaks for high risk; only both together against it
    let high_risk = match (fish, high_ldh) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), Some(false)) => Some(false),
        _ => None,
    };
    match (iss(labs)?, high_risk) {
        (2, _) => Some(2),
        (1, Some(false)) => Some(1),
        (3, Some(true)) => Some(3),
        (_, Some(_)) => Some(2),
        (_, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labs(b2m: f64, albumin: f64) -> Labs {
        Labs { b2m_mg_l: Some(b2m), albumin_g_dl: Some(albumin), ..Labs::default() }
    }

    #[test]
    fn iss_at_its_borders() {
        for (b2m, albumin, stage) in [(3.4, 3.5, 1), (3.4, 3.4, 2), (3.5, 4.0, 2), (5.4, 2.0, 2), (5.5, 4.0, 3)] {
            assert_eq!(iss(&labs(b2m, albumin)), Some(stage), "{b2m} {albumin}");
        }
        // albumin decides nothing from 3.5 mg/L on
        assert_eq!(iss(&Labs { b2m_mg_l: Some(6.0), ..Labs::default() }), Some(3));
        assert_eq!(iss(&Labs { b2m_mg_l: Some(2.0), ..Labs::default() }), None);
    }

    #[test]
    fn r_iss_needs_what_decides_it() {
        let with = |b2m, fish, ldh| Labs { fish_high_risk: fish, ldh_u_l: ldh, ldh_uln: Some(240.0), ..labs(b2m, 4.0) };
        assert_eq!(r_iss(&with(2.0, Some(false), Some(240.0))), Some(1));
        assert_eq!(r_iss(&with(2.0, Some(false), Some(241.0))), Some(2));
        assert_eq!(r_iss(&with(6.0, Some(true), None)), Some(3));
        assert_eq!(r_iss(&with(6.0, None, Some(300.0))), Some(3));
        assert_eq!(r_iss(&with(6.0, Some(false), Some(100.0))), Some(2));
        assert_eq!(r_iss(&with(6.0, Some(false), None)), None);
        assert_eq!(r_iss(&with(4.0, None, None)), Some(2));
    }
}
