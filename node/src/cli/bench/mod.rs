//! `baro bench`.

mod against;
mod compare;
mod networks;
mod repeat;
mod search;

use std::path::{Path, PathBuf};

use benches::load::{Bound, Options, run as load};

use super::{Failure, Outcome};
use networks::Networks;

/// Load a network with payments and measure it
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The exit code is 1 when a payment was lost, state roots differ or supply is not conserved. A search tries rates at which
payments may be lost: there it is 1 when no rate held, state roots differ or supply is not conserved.

Examples:
  baro bench --rate 1000 --duration 30
  baro bench --saturate --duration 30 --report report
  baro bench --mix shop --rate 200                       held, captured, some refunded
  baro bench --mix programs --saturate --in-flight 1000  calls of a settlement program
  baro bench --net localnet/localnet.json --rate 500
  baro bench --saturate --repeat 5 --report report       five runs: median, smallest, greatest
  baro bench --search --bound-p99 500                    the highest rate that is final within 0.5 s
  baro bench --compare before.json after.json            two results of --json or --report
  baro bench --saturate --repeat 5 --against old/baro    this program and another in turn, compared")]
pub(super) struct Args {
    #[command(flatten)]
    load: Options,
    /// Where a network that is started for the run keeps its files [default: a directory that is deleted afterwards]
    #[arg(long, value_name = "DIR", conflicts_with = "net")]
    dir: Option<PathBuf>,
    /// The first port of a network that is started for the run
    #[arg(long, value_name = "PORT", conflicts_with = "net", default_value_t = 19_600)]
    base_port: u16,
    /// Measure so many times, each time on a new network unless one is given, and show median, smallest and greatest.
    /// --report writes the page of the run in the middle, and all runs as series.json
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    repeat: u32,
    /// Find the highest rate that the network bears: double it from --rate on until a run breaks the bound, then narrow
    /// it down to 5 %. The bound is that every payment is final, 99 of a hundred within --bound-p99, and as many a second
    /// as were sent, but for 1 %
    #[arg(long, conflicts_with_all = ["saturate", "repeat"])]
    search: bool,
    /// With --search: 99 of a hundred payments must be final within so many milliseconds
    #[arg(long, value_name = "MS", default_value_t = 1000.0, requires = "search", value_parser = millis)]
    bound_p99: f64,
    /// Measure in turn with validators of this program and of another `baro`, and compare the second to the first. The
    /// client is this program's all the time. --report writes into `ours` and `theirs`
    #[arg(long, value_name = "PROGRAM", conflicts_with_all = ["net", "search"])]
    against: Option<PathBuf>,
    /// Load nothing, but compare two results: files that --json printed or --report wrote, of one run or of several
    #[arg(
        long,
        num_args = 2,
        value_names = ["A", "B"],
        conflicts_with_all = ["net", "rate", "saturate", "mix", "duration", "report", "repeat", "search", "against"]
    )]
    compare: Vec<PathBuf>,
}

fn millis(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(millis) if millis > 0.0 && f64::is_finite(millis) => Ok(millis),
        _ => Err("a positive number is needed".to_owned()),
    }
}

pub(super) async fn run(args: Args) -> Outcome {
    if let [a, b] = args.compare.as_slice() {
        return compare::run(a, b, args.load.json);
    }
    let mut networks = Networks::of(&args)?;
    if args.search {
        search::run(&args.load, Bound { p99_ms: args.bound_p99 }, &mut networks).await
    } else if let Some(program) = &args.against {
        against::run(&args.load, args.repeat, program, &mut networks).await
    } else if args.repeat > 1 {
        repeat::run(&args.load, args.repeat, &mut networks).await
    } else {
        once(&args.load, &mut networks).await
    }
}

async fn once(options: &Options, networks: &mut Networks) -> Outcome {
    let report = networks.with(None, async |net| load(options, net).await).await?;
    if let Some(directory) = &options.report {
        report.write(directory)?;
        told_page(directory);
    }
    if options.json {
        println!("{}", report.json())
    } else {
        print!("{}", report.table())
    }
    sound(report.is_sound())
}

fn told_page(directory: &Path) {
    eprintln!("wrote {}", directory.join("index.html").display());
}

fn sound(is_sound: bool) -> Outcome {
    if is_sound {
        return Ok(());
    }
    let why = "the network is not sound: payments were lost, state roots differ, or supply is not conserved";
    Err(Failure::Unsuccessful(why.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    fn parse(line: &str) -> Result<Args, clap::error::ErrorKind> {
        let words = ["bench"].into_iter().chain(line.split_whitespace());
        Line::try_parse_from(words).map(|line| line.args).map_err(|error| error.kind())
    }

    #[test]
    fn a_probe_of_a_search_is_shorter() {
        let duration = |line| parse(line).unwrap().load.duration;
        assert_eq!(duration(""), 30);
        assert_eq!(duration("--search"), 10);
        assert_eq!(duration("--search --duration 30"), 30);
    }

    #[test]
    fn what_does_not_go_together_is_refused() {
        for line in [
            "--search --saturate",
            "--search --repeat 2",
            "--search --against baro",
            "--against baro --net net.json",
            "--compare a.json b.json --rate 5",
            "--compare a.json b.json --against baro",
        ] {
            assert_eq!(parse(line).err(), Some(clap::error::ErrorKind::ArgumentConflict), "{line}");
        }
        for line in
            ["--repeat 0", "--bound-p99 0 --search", "--bound-p99 NaN --search", "--compare a.json", "--bound-p99 5"]
        {
            assert!(parse(line).is_err(), "{line}");
        }
        for line in ["--repeat 3 --against baro", "--search --net net.json --rate 9", "--compare a.json b.json --json"]
        {
            assert!(parse(line).is_ok(), "{line}");
        }
    }
}
