//! How far the runs are, on the error stream.

use std::io::IsTerminal;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};

/// Without a terminal, a line is printed so often, in seconds.
const LINE_SECONDS: u64 = 10;

/// A live bar on a terminal, plain lines elsewhere.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    start: Instant,
    runs: u64,
    ran: AtomicU64,
    simulated_micros: AtomicU64,
    lines: AtomicU64,
}

impl Progress {
    /// For so many runs; nothing live if `plain`.
    pub(super) fn new(runs: u64, plain: bool) -> Progress {
        let live = !plain && std::io::stderr().is_terminal();
        let bar = live.then(|| {
            let template = "{bar:30} {pos}/{len} runs  {per_sec}  {eta} left  {msg}";
            let style = ProgressStyle::with_template(template).unwrap_or(ProgressStyle::default_bar());
            ProgressBar::new(runs).with_style(style)
        });
        let (ran, simulated_micros, lines) = Default::default();
        Progress { bar, start: Instant::now(), runs, ran, simulated_micros, lines }
    }

    /// One more run, which simulated so much time.
    pub(super) fn ran(&self, simulated_micros: u64) {
        let ran = self.ran.fetch_add(1, Ordering::Relaxed) + 1;
        let simulated = self.simulated_micros.fetch_add(simulated_micros, Ordering::Relaxed) + simulated_micros;
        let hours = simulated as f64 / 3.6e9;
        if let Some(bar) = &self.bar {
            bar.set_message(format!("{hours:.2} simulated hours"));
            bar.inc(1);
            return;
        }
        let elapsed = self.start.elapsed().as_secs();
        let line = elapsed / LINE_SECONDS;
        if self.lines.fetch_max(line, Ordering::Relaxed) < line {
            let rate = ran as f64 / self.start.elapsed().as_secs_f64();
            eprintln!("{elapsed:>5} s  {ran}/{} runs  {rate:.1}/s  {hours:.2} simulated hours", self.runs);
        }
    }

    /// Prints without disturbing the bar.
    pub(super) fn suspend(&self, print: impl FnOnce()) {
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    pub(super) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
