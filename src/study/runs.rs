//! Which of several runs of one series counts, where the study says it.

use crate::image::BidsName;
use crate::measure::{RoleFile, SessionInputs};
use serde::{Deserialize, Serialize};

/// What is done where a role has several files that differ by their `run-` entity; the section `[files]` of `study.toml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunChoice {
    /// The session is refused with the names of the files.
    #[default]
    Refuse,
    /// The run with the lowest number.
    First,
    /// The run with the highest number.
    Last,
}

/// Leaves of each role and index the run that counts.
pub fn choose_runs(sessions: &mut [SessionInputs], choice: RunChoice) {
    if choice == RunChoice::Refuse {
        return;
    }
    for session in sessions {
        let mut kept: Vec<RoleFile> = Vec::new();
        for file in std::mem::take(&mut session.files) {
            let same = |other: &&mut RoleFile| other.role == file.role && other.index == file.index;
            match (kept.iter_mut().find(same), run_of(&file)) {
                (Some(other), Some(run)) if run_of(other).is_some() => {
                    let is_later = run_of(other).is_some_and(|earlier| run > earlier);
                    if is_later == (choice == RunChoice::Last) {
                        *other = file;
                    }
                }
                // files that differ by something else than their run stay, and their session is refused
                _ => kept.push(file),
            }
        }
        session.files = kept;
    }
}

/// Number of the run in the name of a file.
fn run_of(file: &RoleFile) -> Option<u32> {
    BidsName::parse(&file.path)?.get("run")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Role;

    #[test]
    fn the_first_or_the_last_run_counts_and_other_doubles_stay() {
        let file = |name: &str| RoleFile { role: Role::Water, index: String::new(), path: name.into() };
        let runs =
            || vec![file("sub-1_run-2_dixon.nii"), file("sub-1_run-10_dixon.nii"), file("sub-1_run-1_dixon.nii")];
        let left = |files: Vec<RoleFile>, choice: RunChoice| -> Vec<String> {
            let mut sessions = [SessionInputs { subject: "1".into(), session: "a".into(), files }];
            choose_runs(&mut sessions, choice);
            sessions[0].files.iter().map(|file| file.path.display().to_string()).collect()
        };
        assert_eq!(left(runs(), RunChoice::Last), ["sub-1_run-10_dixon.nii"]);
        assert_eq!(left(runs(), RunChoice::First), ["sub-1_run-1_dixon.nii"]);
        assert_eq!(left(runs(), RunChoice::Refuse).len(), 3);
        let other = vec![file("sub-1_acq-a_dixon.nii"), file("sub-1_acq-b_dixon.nii")];
        assert_eq!(left(other, RunChoice::Last).len(), 2);
    }
}
