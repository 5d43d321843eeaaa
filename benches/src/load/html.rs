//! The report's page: one file, plots as SVG within it.

use super::plot::{Axis, Line, Plot};
use super::report::Report;

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem;color:#222}\
table{border-collapse:collapse}td{padding:.1rem 1.5rem .1rem 0;border-bottom:1px solid #eee}\
td+td{font-variant-numeric:tabular-nums}.bad{color:#b00020;font-weight:600}svg{width:100%;height:auto}";

/// The page.
pub(super) fn page(report: &Report) -> String {
    let verdict = if report.is_sound() {
        "<p>Nothing was lost, the validators agree and the supply is conserved.</p>".to_owned()
    } else {
        "<p class=\"bad\">Not sound: payments were lost, state roots differ or the supply is not conserved.</p>"
            .to_owned()
    };
    let rows: String = (report.rows().iter())
        .map(|(name, value)| format!("<tr><td>{}</td><td>{}</td></tr>", escape(name), escape(value)))
        .collect();
    let remarks: String =
        report.summary.remarks.iter().map(|remark| format!("<li class=\"bad\">{}</li>", escape(remark))).collect();
    let plots: String = plots(report).iter().map(Plot::svg).collect();
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Baro under load</title>\
         <style>{STYLE}</style></head><body><h1>Baro under load</h1>{verdict}<ul>{remarks}</ul>{plots}\
         <h2>Figures</h2><table>{rows}</table></body></html>\n"
    )
}

fn plots(report: &Report) -> [Plot; 3] {
    // The last, partial second would look like a fall.
    let seconds = &report.timeline[..report.timeline.len().saturating_sub(1)];
    let over_time = |value: fn(&super::measure::Interval) -> f64| {
        seconds.iter().map(|interval| (interval.second as f64, value(interval))).collect::<Vec<_>>()
    };
    [
        Plot {
            title: "Finality: share of payments (%) final within so many milliseconds of when they were due",
            x: Axis::Logarithmic,
            lines: vec![Line {
                name: "payments",
                color: "#1565c0",
                points: report.percentiles.iter().map(|&(percentile, millis)| (millis, percentile)).collect(),
            }],
        },
        Plot {
            title: "Throughput: payments a second, by second",
            x: Axis::Linear,
            lines: vec![
                Line { name: "sent", color: "#9e9e9e", points: over_time(|interval| interval.sent as f64) },
                Line { name: "final", color: "#2e7d32", points: over_time(|interval| interval.finalized as f64) },
            ],
        },
        Plot {
            title: "Finality in milliseconds, by second",
            x: Axis::Linear,
            lines: vec![
                Line { name: "p50", color: "#1565c0", points: over_time(|interval| interval.p50_ms) },
                Line { name: "p99", color: "#ef6c00", points: over_time(|interval| interval.p99_ms) },
                Line { name: "max", color: "#c62828", points: over_time(|interval| interval.max_ms) },
            ],
        },
    ]
}

/// Text as HTML.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::super::report::tests::sound;
    use super::*;

    #[test]
    fn the_page_has_its_plots_and_needs_nothing_else() {
        let page = page(&sound());
        assert_eq!(page.matches("<svg").count(), 3);
        assert_eq!(page.matches("<polyline").count(), 6);
        for outside in ["<script", "src=", "href=", "url("] {
            assert!(!page.contains(outside), "{outside}");
        }
        assert!(page.contains("d &lt;does&gt; not answer"));
        assert!(page.contains("Nothing was lost"));
    }

    #[test]
    fn an_unsound_run_is_called_so() {
        let mut report = sound();
        report.summary.lost = 1;
        assert!(page(&report).contains("Not sound"));
    }
}
