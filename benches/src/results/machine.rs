//! On what, and of what, figures were measured.

use std::fs::read_to_string;
use std::path::Path;
use std::process::Command;

use anyhow::Context;

use super::Experiment;

const FILE: &str = "machine.txt";

/// Keeps beside the figures of an experiment which machine and which commit they are of.
pub(super) fn note(baro: &Path, results: &Path, experiment: Experiment) -> anyhow::Result<()> {
    let path = results.join(experiment.name()).join(FILE);
    std::fs::write(&path, description(baro)).with_context(|| format!("cannot write {}", path.display()))
}

/// What was kept.
pub(super) fn noted(results: &Path, experiment: Experiment) -> Option<String> {
    read_to_string(results.join(experiment.name()).join(FILE)).ok().map(|text| text.trim().to_owned())
}

fn description(baro: &Path) -> String {
    let unknown = || "unknown".to_owned();
    let field = |file: &str, name: &str| {
        let text = read_to_string(file).ok()?;
        let line = text.lines().find(|line| line.starts_with(name))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let first_line = |program: &Path, args: &[&str]| {
        let output = Command::new(program).args(args).output().ok()?;
        String::from_utf8(output.stdout).ok()?.lines().next().map(str::to_owned)
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let avx512 = field("/proc/cpuinfo", "flags").is_some_and(|flags| flags.contains("avx512ifma"));
    format!(
        "{cores} cores of {} ({} AVX-512), {} of memory, Linux {}; {} of commit {}\n",
        field("/proc/cpuinfo", "model name").unwrap_or_else(unknown),
        if avx512 { "with" } else { "without" },
        field("/proc/meminfo", "MemTotal").unwrap_or_else(unknown),
        read_to_string("/proc/sys/kernel/osrelease").map_or_else(|_| unknown(), |text| text.trim().to_owned()),
        first_line(baro, &["--version"]).unwrap_or_else(unknown),
        first_line(Path::new("git"), &["rev-parse", "--short", "HEAD"]).unwrap_or_else(unknown),
    )
}
