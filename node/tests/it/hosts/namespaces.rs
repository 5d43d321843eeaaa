//! Network namespaces by `ip` and `tc`.

use std::fs::File;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use nix::sched::{CloneFlags, setns};
use nix::sys::signal::kill;
use nix::unistd::Pid;

use super::Weather;

/// What the names of our namespaces begin with; the id of the process that made them follows.
const PREFIX: &str = "baro-test";

/// Namespaces of hosts and the one of the bridges between them. Dropping it removes them.
pub(super) struct Namespaces {
    hub: String,
    hosts: Vec<String>,
}

/// The address of a host.
pub(super) fn address(index: usize) -> String {
    format!("10.77.0.{}", index + 1)
}

impl Namespaces {
    /// Makes `count` hosts that reach one another, or says why this machine cannot.
    pub(super) fn new(count: usize) -> Result<Namespaces, String> {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        remove_leftovers()?;
        let tag = format!("{PREFIX}-{}-{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        let hosts: Vec<String> = (0..count).map(|index| format!("{tag}-{index}")).collect();
        // From here on, dropping it removes what was made.
        let made = Namespaces { hub: format!("{tag}-hub"), hosts };
        made.make()?;
        Ok(made)
    }

    fn make(&self) -> Result<(), String> {
        ip(&["netns", "add", &self.hub])?;
        for side in ["side0", "side1"] {
            ip(&["-n", &self.hub, "link", "add", side, "type", "bridge"])?;
            ip(&["-n", &self.hub, "link", "set", side, "up"])?;
        }
        for (index, host) in self.hosts.iter().enumerate() {
            ip(&["netns", "add", host])?;
            let port = format!("h{index}");
            ip(&["-n", &self.hub, "link", "add", &port, "type", "veth", "peer", "name", "eth0", "netns", host])?;
            ip(&["-n", &self.hub, "link", "set", &port, "master", "side0", "up"])?;
            ip(&["-n", host, "address", "add", &format!("{}/24", address(index)), "dev", "eth0"])?;
            ip(&["-n", host, "link", "set", "eth0", "up"])?;
            ip(&["-n", host, "link", "set", "lo", "up"])?;
        }
        Ok(())
    }

    /// Delays and loses what each host sends, or says why this machine cannot.
    pub(super) fn set_weather(&self, weather: Weather) -> Result<(), String> {
        let Weather { delay_ms, jitter_ms, loss_percent } = weather;
        let (delay, jitter, loss) = (format!("{delay_ms}ms"), format!("{jitter_ms}ms"), format!("{loss_percent}%"));
        for host in &self.hosts {
            let netem = ["-n", host, "qdisc", "add", "dev", "eth0", "root", "netem"];
            run("tc", &[&netem[..], &["delay", &delay, &jitter, "loss", &loss, "limit", "100000"]].concat())?;
        }
        Ok(())
    }

    /// Connects a host to one of the two bridges.
    pub(super) fn join(&self, index: usize, side: usize) {
        let (port, side) = (format!("h{index}"), format!("side{side}"));
        ip(&["-n", &self.hub, "link", "set", &port, "master", &side]).unwrap();
    }

    pub(super) fn host(&self, index: usize) -> &str {
        &self.hosts[index]
    }

    /// Moves the calling thread into a host's namespace, for the rest of its life.
    pub(super) fn enter(&self, index: usize) {
        let namespace = File::open(format!("/run/netns/{}", self.hosts[index])).unwrap();
        setns(namespace, CloneFlags::CLONE_NEWNET).unwrap();
    }
}

impl Drop for Namespaces {
    fn drop(&mut self) {
        for name in self.hosts.iter().chain([&self.hub]) {
            // Those that were not made cannot be removed.
            let _ = ip(&["netns", "delete", name]);
        }
    }
}

/// Removes the namespaces of runs that were killed.
fn remove_leftovers() -> Result<(), String> {
    let list = ip(&["netns", "list"])?;
    for name in list.lines().filter_map(|line| line.split_whitespace().next()) {
        let pid = name.strip_prefix(PREFIX).and_then(|rest| rest.split('-').nth(1)?.parse().ok());
        // Signal 0 is not sent: it only asks whether it could be.
        if pid.is_some_and(|pid| kill(Pid::from_raw(pid), None).is_err()) {
            let _ = ip(&["netns", "delete", name]);
        }
    }
    Ok(())
}

fn ip(arguments: &[&str]) -> Result<String, String> {
    run("ip", arguments)
}

fn run(program: &str, arguments: &[&str]) -> Result<String, String> {
    let line = || format!("`{program} {}`", arguments.join(" "));
    let output = Command::new(program).args(arguments).output();
    let output = output.map_err(|error| format!("{}: {error} (it is part of iproute2)", line()))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!("{}: {}", line(), String::from_utf8_lossy(&output.stderr).trim()))
}
