//! `RESULTS.md` and its plots.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Context;

use super::{Experiment, machine, measured};
use crate::load::plot::{Axis, Line, Plot};
use crate::load::{Costs, Figure, Series};

const HEAD: &str = "# Results

Measured by one command, and to be measured again by it: `cargo run --release -p benches --bin results`, after
`cargo build --release`. Four validators as separate processes unless said otherwise, the load from a fifth, everything over
JSON-RPC; every signature verified by every validator, executed, rooted, and flushed to disk before votes leave. A figure is
the median of the runs, with the smallest and the greatest; latency counts from when a payment was due to when the client
knew that it is final. Raw figures are in `results/`. What they mean, and what they fall short of, is in
[docs/performance.md](../docs/performance.md).
";

/// The figures of a table, with the heads of their columns.
const COLUMNS: [(Figure, &str); 5] = [
    (Figure::PaymentsPerSecond, "payments a second"),
    (Figure::FinalityP50Ms, "p50 (ms)"),
    (Figure::FinalityP99Ms, "p99 (ms)"),
    (Figure::ValidatorCpuMicros, "processor time, all validators (us a payment)"),
    (Figure::ValidatorResidentMib, "memory a validator (MiB)"),
];

/// Writes the page into `dir` and the plots beside the raw figures.
pub(super) fn write(dir: &Path, results: &Path) -> anyhow::Result<()> {
    let mut page = HEAD.to_owned();
    for experiment in Experiment::ALL {
        let points = measured(results, experiment);
        if points.is_empty() {
            continue;
        }
        // Writing to a string cannot fail.
        let _ = writeln!(page, "\n## {}\n", experiment.title());
        if let Some(plot) = plot(experiment, &points) {
            let file = format!("{}.svg", experiment.name());
            std::fs::write(results.join(&file), plot.svg()).with_context(|| format!("cannot write {file}"))?;
            let _ = writeln!(page, "![{}](results/{file})\n", experiment.title());
        }
        page.push_str(&table(experiment, &points));
        if experiment == Experiment::InFlight || experiment == Experiment::Rate {
            page.push_str(&blocks(experiment, &points));
        }
        if let Some((label, costs)) = shown_costs(experiment, &points) {
            page.push_str(&cost_table(experiment, label, costs));
        }
        if let Some(machine) = machine::noted(results, experiment) {
            let _ = writeln!(page, "\n{machine}");
        }
        let _ = writeln!(page, "\n```sh");
        for point in experiment.points() {
            let _ = writeln!(page, "baro bench {} --repeat {}", point.args, points[0].1.runs.len());
        }
        let _ = writeln!(page, "```");
    }
    let path = dir.join("RESULTS.md");
    std::fs::write(&path, page).with_context(|| format!("cannot write {}", path.display()))
}

fn table(experiment: Experiment, points: &[(String, Series)]) -> String {
    let heads: Vec<&str> = COLUMNS.iter().map(|(_, head)| *head).collect();
    let mut table =
        format!("| {} | {} | lost |\n|---|{}---|\n", experiment.axis(), heads.join(" | "), "---|".repeat(heads.len()));
    for (label, series) in points {
        let cells = COLUMNS.map(|(figure, _)| match series.spread(figure) {
            Some(spread) => {
                let [median, min, max] = [spread.median, spread.min, spread.max].map(|value| figure.show(value));
                if series.runs.len() > 1 { format!("{median} ({min} to {max})") } else { median }
            }
            None => "?".to_owned(),
        });
        let lost: u64 = series.runs.iter().map(|run| run.lost).sum();
        let sound = if series.is_sound() { String::new() } else { ", not sound".to_owned() };
        let _ = writeln!(table, "| {label} | {} | {lost}{sound} |", cells.join(" | "));
    }
    table
}

/// How blocks look, where that is what changes.
fn blocks(experiment: Experiment, points: &[(String, Series)]) -> String {
    let mut table = format!(
        "\n| {} | transactions in a block | blocks a second | verified together | flushes a second |\n|---|---|---|---|---|\n",
        experiment.axis()
    );
    for (label, series) in points {
        let Some((run, costs)) = middle(series).and_then(|run| Some((run, run.costs.as_ref()?))) else { continue };
        let _ = writeln!(
            table,
            "| {label} | {:.0} | {:.0} | {:.0} | {:.0} |",
            costs.block_transactions,
            run.blocks as f64 / run.duration_s,
            costs.verified_together,
            costs.flushes_per_second
        );
    }
    table
}

/// The run in the middle by payments a second.
fn middle(series: &Series) -> Option<&crate::load::Summary> {
    let mut runs: Vec<_> = series.runs.iter().collect();
    runs.sort_by(|a, b| a.payments_per_second.total_cmp(&b.payments_per_second));
    runs.get(runs.len() / 2).copied()
}

/// The point of an experiment whose costs are shown in full.
fn shown_costs(experiment: Experiment, points: &[(String, Series)]) -> Option<(&str, &Costs)> {
    let wanted = match experiment {
        Experiment::Rate => "1000",
        Experiment::InFlight => "1000",
        Experiment::Mix => "custodial",
        _ => return None,
    };
    let (label, series) = points.iter().find(|(label, _)| label == wanted)?;
    Some((label, middle(series)?.costs.as_ref()?))
}

fn cost_table(experiment: Experiment, label: &str, costs: &Costs) -> String {
    let mut table = format!(
        "\nWhere the processors' time went with {} {label}, in microseconds a payment; the rows add up to all that the cores \
         had to give.\n\n| work | us a payment | share |\n|---|---|---|\n",
        experiment.axis()
    );
    for cost in &costs.cpu_micros {
        let _ = writeln!(table, "| {} | {:.1} | {:.1} % |", cost.work, cost.micros, 100.0 * cost.share);
    }
    let total: f64 = costs.cpu_micros.iter().map(|cost| cost.micros).sum();
    let _ = writeln!(table, "| **all** | **{total:.1}** | |\n\n| what | |\n|---|---|");
    for (name, value) in costs.rows() {
        let _ = writeln!(table, "| {} | {value} |", name.trim());
    }
    table
}

/// What is to be seen at a glance: throughput, or latency where the rate is given.
fn plot(experiment: Experiment, points: &[(String, Series)]) -> Option<Plot> {
    let x = match experiment {
        Experiment::Mix => return None,
        Experiment::Sustained | Experiment::Validators | Experiment::Delay => Axis::Linear,
        _ => Axis::Logarithmic,
    };
    let line = |name, color, figure: Figure| {
        let points =
            points.iter().filter_map(|(label, series)| Some((label.parse().ok()?, series.spread(figure)?.median)));
        Line { name, color, points: points.collect() }
    };
    let lines = match experiment {
        Experiment::Rate | Experiment::Delay => {
            vec![line("p50 (ms)", "#1565c0", Figure::FinalityP50Ms), line("p99 (ms)", "#ef6c00", Figure::FinalityP99Ms)]
        }
        _ => vec![line("payments a second", "#2e7d32", Figure::PaymentsPerSecond)],
    };
    Some(Plot { title: experiment.title(), x, lines })
}
