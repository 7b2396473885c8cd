//! A progress bar on stderr, where stderr is a terminal and nobody asked for quiet.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;

/// Counts sessions.
pub struct Progress(ProgressBar);

impl Progress {
    /// A bar over `total` sessions; invisible where it is not wanted or stderr is a file.
    pub fn new(total: usize, wanted: bool) -> Progress {
        if !wanted || !std::io::stderr().is_terminal() {
            return Progress(ProgressBar::hidden());
        }
        let bar = ProgressBar::new(total as u64);
        if let Ok(style) = ProgressStyle::with_template("{bar:32} {pos}/{len} sessions  {elapsed}  {msg}") {
            bar.set_style(style);
        }
        Progress(bar)
    }

    /// One more session is through.
    pub fn advance(&self, session: &str) {
        self.0.set_message(session.to_owned());
        self.0.inc(1);
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.0.finish_and_clear();
    }
}
