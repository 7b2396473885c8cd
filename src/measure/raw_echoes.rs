//! The raw echoes of a session that are fitted: magnitude and phase where both are there, else real and imaginary part, else
//! magnitudes alone.

use super::{Role, SessionInputs};
use crate::error::Result;
use crate::image::Reader;
use crate::image::echoes::{EchoOptions, EchoSeries, read_magnitude_phase, read_real_imaginary};
use num_complex::Complex32;
use std::path::{Path, PathBuf};

/// Files of one kind of echoes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RawEchoes {
    /// Role of the first of the two parts.
    pub role: Role,
    /// What the parts are, for messages.
    pub parts: [&'static str; 2],
    /// Magnitudes or real parts, in the order of the echoes.
    pub first: Vec<PathBuf>,
    /// Phases or imaginary parts; none for magnitudes alone.
    pub second: Vec<PathBuf>,
}

impl RawEchoes {
    /// Those of a session; `None` where it has none that can be fitted.
    pub(super) fn of(inputs: &SessionInputs) -> Option<RawEchoes> {
        let files = |role| -> Vec<PathBuf> { inputs.files_of(role).into_iter().map(Path::to_path_buf).collect() };
        let pair = |[first, second]: [Role; 2], parts| {
            (inputs.has(first) && inputs.has(second)).then(|| RawEchoes {
                role: first,
                parts,
                first: files(first),
                second: files(second),
            })
        };
        let alone = || RawEchoes {
            role: Role::EchoMag,
            parts: ["magnitude", "phase"],
            first: files(Role::EchoMag),
            second: Vec::new(),
        };
        pair([Role::EchoMag, Role::EchoPhase], ["magnitude", "phase"])
            .or_else(|| pair([Role::EchoReal, Role::EchoImag], ["real part", "imaginary part"]))
            .or_else(|| inputs.has(Role::EchoMag).then(alone))
    }

    /// Both parts of the signal are there.
    pub(super) fn is_complex(&self) -> bool {
        !self.second.is_empty()
    }

    /// All files.
    pub(super) fn files(&self) -> impl Iterator<Item = &PathBuf> {
        self.first.iter().chain(&self.second)
    }

    /// Reads complex echoes.
    ///
    /// # Errors
    /// As [`read_magnitude_phase`].
    pub(super) fn read(&self, options: &EchoOptions, reader: &Reader) -> Result<EchoSeries<Complex32>> {
        match self.role {
            Role::EchoReal => read_real_imaginary(&self.first, &self.second, options, reader),
            _ => read_magnitude_phase(&self.first, &self.second, options, reader),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::RoleFile;

    #[test]
    fn pairs_come_before_magnitudes_alone() {
        let of = |roles: &[Role]| {
            let file = |role: &Role| RoleFile { role: *role, index: "1".into(), path: role.name().into() };
            let files = roles.iter().map(file).collect();
            let inputs = SessionInputs { subject: "1".into(), session: "a".into(), files };
            RawEchoes::of(&inputs).map(|echoes| (echoes.role, echoes.is_complex()))
        };
        let [mag, phase, real, imag] = [Role::EchoMag, Role::EchoPhase, Role::EchoReal, Role::EchoImag];
        assert_eq!(of(&[mag, phase, real, imag]), Some((mag, true)));
        assert_eq!(of(&[mag, real, imag]), Some((real, true)));
        assert_eq!(of(&[mag, real]), Some((mag, false)));
        assert_eq!(of(&[phase, real]), None);
    }
}
