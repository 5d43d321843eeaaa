//! `baro bench --repeat`.

use std::path::Path;

use benches::load::{Options, Report, Series, run_quietly, write_series};

use super::networks::Networks;
use super::{sound, told_page};
use crate::cli::Outcome;

pub(super) async fn run(options: &Options, times: u32, networks: &mut Networks) -> Outcome {
    let mut reports = Vec::new();
    for number in 1..=times {
        reports.push(measure(options, networks, None, &format!("run {number} of {times}")).await?);
    }
    let series = Series::of(&reports);
    if let Some(directory) = &options.report {
        write_series(&reports, directory)?;
        told_page(directory);
    }
    if options.json {
        println!("{}", series.json())
    } else {
        print!("{}", series.table())
    }
    sound(series.is_sound())
}

/// One run of many; a line tells of it.
pub(super) async fn measure(
    options: &Options,
    networks: &mut Networks,
    program: Option<&Path>,
    name: &str,
) -> anyhow::Result<Report> {
    let report = networks.with(program, async |net| run_quietly(options, net).await).await?;
    let (run, finality) = (&report.summary, report.summary.finality_ms);
    let unsound = if run.is_sound() { "" } else { "  NOT SOUND" };
    eprintln!(
        "{name}: {:.0} payments a second, finality p50 {:.1} ms  p99 {:.1} ms{unsound}",
        run.payments_per_second, finality.p50, finality.p99
    );
    Ok(report)
}
