//! `baro simulate`.

mod progress;
mod table;

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use serde_json::json;
use sim::{PROFILES, Profile, Report, Run, shrink};

use super::{Failure, Outcome};
use progress::Progress;
use table::Tally;

/// Lines of the trace that are shown of a run that failed.
const LINES: usize = 60;

/// Simulate worst days: many validators under faults, each day from one seed
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The exit code is 1 when a checker found a violation. It is then printed with its seed, the fewest faults that are needed
for it, and the end of the trace.

Examples:
  baro simulate --seeds 0..1000
  baro simulate --seeds 0..200 --faults byzantine --validators 7
  baro simulate --seed 17 --faults crashes --trace")]
pub(super) struct Args {
    /// The seeds to run, each with every profile named: the first one, and the one after the last
    #[arg(long, value_name = "A..B", conflicts_with = "seed", default_value = "0..100", value_parser = parse_seeds)]
    seeds: (u64, u64),
    /// One seed
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// What goes wrong: a profile, several with commas between, or all
    #[arg(long, value_name = "PROFILE", default_value = "all", long_help = faults_help())]
    faults: String,
    /// How many validators, 4 to 16 [default: the seed decides]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(4..=16))]
    validators: Option<u16>,
    /// Run so many at once [default: as many as there are processors]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
    /// Print everything that happens, a line an event; best with --seed
    #[arg(long)]
    trace: bool,
}

fn faults_help() -> String {
    let mut help = "What goes wrong: a profile, several with commas between, or all:\n".to_owned();
    for profile in &PROFILES {
        help += &format!("\n  {:<12} {}", profile.name, profile.about);
    }
    help
}

fn parse_seeds(text: &str) -> Result<(u64, u64), String> {
    let parsed = text.split_once("..").and_then(|(first, end)| Some((first.parse().ok()?, end.parse().ok()?)));
    parsed.filter(|(first, end): &(u64, u64)| first < end).ok_or_else(|| "give the seeds as in 0..1000".to_owned())
}

fn parse_profiles(names: &str) -> anyhow::Result<Vec<&'static Profile>> {
    if names == "all" {
        return Ok(PROFILES.iter().collect());
    }
    let find = |name| {
        let known = || PROFILES.map(|profile| profile.name).join(", ");
        Profile::named(name).with_context(|| format!("there is no profile {name:?}: take all or some of {}", known()))
    };
    names.split(',').map(find).collect()
}

/// A run that failed.
struct Found {
    run: Run,
    report: Report,
}

/// What the threads share.
struct Session<'a> {
    args: &'a Args,
    profiles: &'a [&'static Profile],
    seeds: (u64, u64),
    next: AtomicU64,
    is_over: AtomicBool,
    tallies: Mutex<Vec<Tally>>,
    found: Mutex<Option<Found>>,
    progress: &'a Progress,
}

pub(super) fn run(args: &Args) -> Outcome {
    let profiles = parse_profiles(&args.faults)?;
    let seeds = args.seed.map_or(args.seeds, |seed| (seed, seed + 1));
    let runs = (seeds.1 - seeds.0) * profiles.len() as u64;
    let progress = Progress::new(runs, args.json);
    name_the_seed_of_a_panic();
    let session = Session {
        args,
        profiles: &profiles,
        seeds,
        next: AtomicU64::new(0),
        is_over: AtomicBool::new(false),
        tallies: Mutex::new(profiles.iter().map(|profile| Tally::new(profile.name)).collect()),
        found: Mutex::new(None),
        progress: &progress,
    };
    let start = Instant::now();
    let processors = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let threads = args.threads.unwrap_or_else(processors).max(1);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| session.work(runs));
        }
    });
    progress.finish();
    let (Ok(tallies), Ok(found)) = (session.tallies.into_inner(), session.found.into_inner()) else {
        return Err(anyhow::anyhow!("a run panicked").into());
    };
    report(args, &tallies, found, start.elapsed())
}

thread_local! {
    static RUNNING: std::cell::Cell<(u64, &'static str)> = const { std::cell::Cell::new((0, "")) };
}

/// A panic of a replica is a violation like any other, but it ends the process: at least it says which run it was.
fn name_the_seed_of_a_panic() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let (seed, profile) = RUNNING.get();
        eprintln!("panic in: baro simulate --seed {seed} --faults {profile} --trace");
        usual(info);
    }));
}

impl Session<'_> {
    fn work(&self, runs: u64) {
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            if number >= runs || self.is_over.load(Ordering::Relaxed) {
                return;
            }
            // All profiles of a seed before the next seed, so that an early end has seen all of them.
            let count = self.profiles.len() as u64;
            let (seed, place) = (self.seeds.0 + number / count, (number % count) as usize);
            self.one(seed, place);
        }
    }

    fn one(&self, seed: u64, place: usize) {
        let profile = self.profiles[place];
        RUNNING.set((seed, profile.name));
        let lines = if self.args.trace { usize::MAX } else { 0 };
        let validators = self.args.validators.map(usize::from);
        let run = Run { validators, lines, ..Run::new(seed, profile) };
        let report = run.report();
        if let Ok(mut tallies) = self.tallies.lock() {
            tallies[place].add(&report);
        }
        self.progress.ran(report.simulated);
        if self.args.trace {
            self.progress.suspend(|| {
                report.trace.iter().for_each(|line| println!("{line}"));
                println!("seed {seed} {}: digest {}", profile.name, report.digest);
            });
        }
        if report.violation.is_some() && !self.is_over.swap(true, Ordering::Relaxed) {
            let (run, report) = shrink(&Run { lines: LINES, ..run }, &report);
            if let Ok(mut found) = self.found.lock() {
                *found = Some(Found { run, report });
            }
        }
    }
}

fn report(args: &Args, tallies: &[Tally], found: Option<Found>, took: Duration) -> Outcome {
    if args.json {
        let violation = found.as_ref().and_then(|found| Some((found, found.report.violation.as_ref()?)));
        let violation = violation.map(|(Found { run, report }, violation)| {
            json!({
                "seed": run.seed, "profile": run.profile.name, "validators": report.validators,
                "checker": violation.checker, "at_micros": violation.at, "what": violation.what,
                "faults": report.faults.iter().map(ToString::to_string).collect::<Vec<_>>(),
                "digest": report.digest,
            })
        });
        let profiles: Vec<_> = tallies.iter().map(Tally::json).collect();
        println!("{}", json!({ "seconds": took.as_secs_f64(), "profiles": profiles, "violation": violation }));
    } else {
        print!("{}", table::table(tallies, took));
    }
    let Some(Found { run, report }) = found else { return Ok(()) };
    let Some(violation) = &report.violation else { return Ok(()) };
    let command = format!("baro simulate --seed {} --faults {} --trace", run.seed, run.profile.name);
    eprintln!("\nthe end of the trace with the fewest faults:");
    report.trace.iter().for_each(|line| eprintln!("{line}"));
    eprintln!("\nthe fewest faults that it takes, with {} validators:", report.validators);
    report.faults.iter().for_each(|fault| eprintln!("  {fault}"));
    if report.faults.is_empty() {
        eprintln!("  none");
    }
    Err(Failure::Unsuccessful(format!("violation: {violation}\nrepeat it with: {command}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_a_range() {
        assert_eq!(parse_seeds("3..10"), Ok((3, 10)));
        for bad in ["", "3", "..", "10..3", "3..3", "a..b"] {
            assert!(parse_seeds(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn profiles_are_found_by_name() {
        assert_eq!(parse_profiles("all").unwrap().len(), PROFILES.len());
        assert_eq!(parse_profiles("calm,disk").unwrap().len(), 2);
        assert!(parse_profiles("clam").is_err());
    }
}
