//! Tells how the run goes, on the error stream.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressStyle};

use super::measure::Interval;

/// Without a terminal, a line is printed so often, in seconds.
const LINE_SECONDS: u64 = 5;

/// A live line on a terminal, plain lines elsewhere.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    /// Whether lines are printed where there is no live one.
    lines: bool,
}

impl Progress {
    /// A live line only on a terminal, and not if `plain`.
    pub(super) fn new(plain: bool) -> Progress {
        let live = !plain && std::io::stderr().is_terminal();
        let bar = live.then(|| {
            let style = ProgressStyle::with_template("{spinner} {msg}").unwrap_or(ProgressStyle::default_spinner());
            ProgressBar::new_spinner().with_style(style)
        });
        Progress { bar, lines: true }
    }

    /// As `new`, but silent where there is no live line.
    pub(super) fn quiet(plain: bool) -> Progress {
        let mut progress = Progress::new(plain);
        progress.lines = false;
        progress
    }

    /// Tells what is being done.
    pub(super) fn step(&self, what: &str) {
        match &self.bar {
            Some(bar) => {
                bar.set_message(what.to_owned());
                bar.tick();
            }
            None if self.lines => eprintln!("{what}"),
            None => {}
        }
    }

    /// Tells of a second of the run.
    pub(super) fn second(&self, interval: &Interval) {
        if self.bar.is_some() || interval.second.is_multiple_of(LINE_SECONDS) {
            self.step(&format!(
                "{:>4} s  height {}  sent {}/s  final {}/s  finality p50 {:.1} ms  p99 {:.1} ms",
                interval.second, interval.height, interval.sent, interval.finalized, interval.p50_ms, interval.p99_ms
            ));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
