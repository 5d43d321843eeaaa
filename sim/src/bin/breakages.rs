//! Proof that the simulator can fail: each guard of the node in turn is taken away, and the table says which checker
//! noticed, with which profile, and within how many runs.
//!
//! `cargo run --release -p sim --features breakages --bin breakages [SEEDS]`

#![expect(clippy::print_stdout, reason = "a program that prints a table")]

use std::process::{Command, ExitCode};

use sim::{PROFILES, Profile, Run};
use types::breakage::{Breakage, set};

/// Runs of each profile before a breakage counts as missed.
const SEEDS: u64 = 60;

/// Tells this program, run by itself, what to break.
const BREAKAGE: &str = "BARO_BREAKAGE";

/// The first run, all profiles of a seed before the next seed, in which a checker notices. Prints a line before each
/// run, so that a run that ends the process is known too.
fn catch(breakage: Breakage, seeds: u64) {
    let profiles: Vec<&'static Profile> = PROFILES.iter().collect();
    set(Some(breakage));
    let runs = (0..seeds).flat_map(|seed| profiles.iter().map(move |profile| (seed, *profile)));
    for ((seed, profile), number) in runs.zip(1..) {
        println!("panic {} {seed} {number}", profile.name);
        if let Some(violation) = Run::new(seed, profile).report().violation {
            println!("{} {} {seed} {number}", violation.checker, profile.name);
            return;
        }
    }
    println!("missed");
}

/// Tries a breakage in a process of its own, for a broken replica may panic. Checker, profile, seed, number of runs.
fn try_out(number: usize, seeds: u64) -> std::io::Result<Option<Vec<String>>> {
    let mut command = Command::new(std::env::current_exe()?);
    let output = command.arg(seeds.to_string()).env(BREAKAGE, number.to_string()).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let words: Vec<String> = text.lines().last().unwrap_or_default().split(' ').map(str::to_owned).collect();
    Ok((words.len() == 4).then_some(words))
}

fn main() -> std::io::Result<ExitCode> {
    let seeds = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(SEEDS);
    let wanted = std::env::var(BREAKAGE).ok().and_then(|text| text.parse::<usize>().ok());
    if let Some(breakage) = wanted.and_then(|number| Breakage::ALL.get(number)) {
        catch(*breakage, seeds);
        return Ok(ExitCode::SUCCESS);
    }
    let mut missed = 0;
    println!("| {:<78} | {:<11} | {:<10} | seed | runs |", "broken", "caught by", "profile");
    println!("|{:-<80}|{:-<13}|{:-<12}|-----:|-----:|", "", "", "");
    for (number, breakage) in Breakage::ALL.iter().enumerate() {
        let what = breakage.what();
        match try_out(number, seeds)?.as_deref() {
            Some([checker, profile, seed, runs]) => {
                println!("| {what:<78} | {checker:<11} | {profile:<10} | {seed:>4} | {runs:>4} |");
            }
            _ => {
                missed += 1;
                println!("| {what:<78} | NOT CAUGHT  | {:<10} |      |      |", "");
            }
        }
    }
    println!("\n{} breakages, {missed} not caught", Breakage::ALL.len());
    Ok(if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
