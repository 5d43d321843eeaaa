//! Several runs of the same measurement.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::Context;
use serde::{Deserialize, Serialize};

use super::figures::{Figure, Spread};
use super::report::{Report, Summary};

/// Runs of the same measurement, and the middle and the ends of their figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "Runs")]
pub struct Series {
    /// The runs, in their order.
    pub runs: Vec<Summary>,
    /// The median of each figure that all runs tell.
    pub median: BTreeMap<Figure, f64>,
    /// The smallest.
    pub min: BTreeMap<Figure, f64>,
    /// The greatest.
    pub max: BTreeMap<Figure, f64>,
}

/// What of a series is read: the rest follows from it.
#[derive(Deserialize)]
struct Runs {
    runs: Vec<Summary>,
}

impl From<Runs> for Series {
    fn from(runs: Runs) -> Series {
        Series::new(runs.runs)
    }
}

impl Series {
    /// The series of these runs.
    pub fn new(runs: Vec<Summary>) -> Series {
        let mut series = Series { runs, median: BTreeMap::new(), min: BTreeMap::new(), max: BTreeMap::new() };
        for figure in Figure::ALL {
            if let Some(spread) = series.spread(figure) {
                series.median.insert(figure, spread.median);
                series.min.insert(figure, spread.min);
                series.max.insert(figure, spread.max);
            }
        }
        series
    }

    /// The series of these reports.
    pub fn of(reports: &[Report]) -> Series {
        Series::new(reports.iter().map(|report| report.summary.clone()).collect())
    }

    /// The middle and the ends of a figure; `None` where a run does not tell it.
    pub fn spread(&self, figure: Figure) -> Option<Spread> {
        let values: Option<Vec<f64>> = self.runs.iter().map(|run| figure.of(run)).collect();
        Spread::of(values?)
    }

    /// Whether every run was sound.
    pub fn is_sound(&self) -> bool {
        self.runs.iter().all(Summary::is_sound)
    }

    /// The series as JSON.
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).expect("names and numbers are JSON")
    }

    /// The series as a table for a terminal.
    pub fn table(&self) -> String {
        // Writing to a string cannot fail.
        let mut table = String::new();
        if let Some(run) = self.runs.first() {
            let _ = writeln!(table, "{}, {} runs", run.load(), self.runs.len());
        }
        let _ = writeln!(table, "{:<26} {:>10} {:>10} {:>10}", "", "median", "smallest", "greatest");
        for figure in Figure::ALL {
            let shown = self.spread(figure).map(|spread| [spread.median, spread.min, spread.max]);
            let [median, min, max] =
                shown.map_or([(); 3].map(|()| "?".to_owned()), |values| values.map(|value| figure.show(value)));
            let _ = writeln!(table, "{:<26} {median:>10} {min:>10} {max:>10}", figure.name());
        }
        for (number, run) in (1..).zip(&self.runs) {
            for remark in &run.remarks {
                let _ = writeln!(table, "! run {number}: {remark}");
            }
            if !run.is_sound() {
                let _ = writeln!(table, "! run {number} is not sound ({} lost)", run.lost);
            }
        }
        table
    }
}

/// The place of the run in the middle: by payments a second, or by the median latency where the rate was given. Of an
/// even number, the first of the two in the middle; `None` if there are none.
pub(super) fn median_run(runs: &[Summary]) -> Option<usize> {
    let key = |run: &Summary| if run.rate.is_some() { run.finality_ms.p50 } else { run.payments_per_second };
    let mut places: Vec<usize> = (0..runs.len()).collect();
    places.sort_by(|&a, &b| key(&runs[a]).total_cmp(&key(&runs[b])));
    places.get(runs.len().saturating_sub(1) / 2).copied()
}

/// Writes the page and the report of the run in the middle, and `series.json`, into `directory`.
pub fn write_series(reports: &[Report], directory: &Path) -> anyhow::Result<()> {
    let series = Series::of(reports);
    let middle = median_run(&series.runs).context("there are no runs to report")?;
    reports[middle].write(directory)?;
    let path = directory.join("series.json");
    std::fs::write(&path, series.json()).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::super::report::tests::sound;
    use super::*;

    /// Runs in open loop of these median latencies, which are otherwise alike.
    fn runs(p50s: &[f64]) -> Vec<Report> {
        let run = |&p50| {
            let mut report = sound();
            report.summary.finality_ms.p50 = p50;
            report
        };
        p50s.iter().map(run).collect()
    }

    #[test]
    fn json_has_the_runs_and_their_middle_and_ends() {
        let series = Series::of(&runs(&[14.0, 10.0, 11.0]));
        let value: serde_json::Value = serde_json::from_str(&series.json()).expect("JSON");
        assert_eq!(value["runs"].as_array().map(Vec::len), Some(3));
        assert_eq!(value["runs"][0]["finality_ms"]["p50"], 14.0);
        assert_eq!(value["median"]["finality_p50_ms"], 11.0);
        assert_eq!((&value["min"]["finality_p50_ms"], &value["max"]["finality_p50_ms"]), (&10.0.into(), &14.0.into()));
        assert_eq!(value["median"]["payments_per_second"], 999.6);
        assert!(value["median"].get("validator_cpu_micros").is_none(), "one validator's is not known");
    }

    #[test]
    fn the_table_names_what_is_wrong_with_which_run() {
        let mut reports = runs(&[14.0, 10.0, 11.0]);
        assert!(!Series::of(&reports).table().contains("not sound"));
        reports[1].summary.lost = 5;
        let series = Series::of(&reports);
        assert!(!series.is_sound());
        let table = series.table();
        assert!(table.contains("! run 2 is not sound (5 lost)") && table.contains("! run 3: d <does>"), "{table}");
        let line = table.lines().find(|line| line.starts_with("finality p50")).expect("a line");
        assert_eq!(line.split_ascii_whitespace().collect::<Vec<_>>()[3..], ["11.0", "10.0", "14.0"]);
        let line = table.lines().find(|line| line.starts_with("validators")).expect("a line");
        assert!(line.ends_with('?'), "{line}");
    }

    #[test]
    fn the_run_in_the_middle_is_the_one_that_is_shown() {
        let summaries = |p50s| Series::of(&runs(p50s)).runs;
        assert_eq!(median_run(&[]), None);
        assert_eq!(median_run(&summaries(&[14.0, 10.0, 11.0])), Some(2));
        assert_eq!(median_run(&summaries(&[14.0, 10.0, 11.0, 12.0])), Some(2));
        let mut saturated = summaries(&[1.0, 2.0, 3.0]);
        for (run, payments) in saturated.iter_mut().zip([10.0, 8.0, 9.0]) {
            (run.rate, run.payments_per_second) = (None, payments);
        }
        assert_eq!(median_run(&saturated), Some(2));
    }

    #[test]
    fn a_series_is_written_beside_the_page() {
        let directory = tempfile::tempdir().expect("directory");
        let reports = runs(&[14.0, 10.0, 11.0]);
        write_series(&reports, directory.path()).expect("written");
        let read = |name| {
            let text = std::fs::read_to_string(directory.path().join(name)).expect("there");
            serde_json::from_str::<serde_json::Value>(&text).expect("JSON")
        };
        assert_eq!(read("report.json")["finality_ms"]["p50"], 11.0);
        assert_eq!(read("series.json")["runs"].as_array().map(Vec::len), Some(3));
        assert!(directory.path().join("index.html").exists());
        assert!(write_series(&[], directory.path()).is_err());
    }
}
