//! What is measured.

use clap::ValueEnum;

/// Several measurements that differ in one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Experiment {
    /// Payments a second that are asked for, in open loop.
    Rate,
    /// Payments in flight at each validator, in closed loop: the size of blocks follows.
    InFlight,
    /// How long the chain has been at saturation, and so how much history it has.
    Sustained,
    /// What the load consists of.
    Mix,
    /// How many validators there are.
    Validators,
    /// How many accounts there are, each paying for itself.
    Accounts,
    /// How many customers custodians have.
    Customers,
    /// Payments in a transaction.
    Batch,
    /// How far apart validators are.
    Delay,
}

/// One measurement.
pub(super) struct Point {
    /// Its value of what differs.
    pub(super) label: String,
    /// The arguments of `baro bench`.
    pub(super) args: String,
}

impl Experiment {
    /// All of them.
    pub(super) const ALL: [Experiment; 9] = [
        Experiment::Rate,
        Experiment::InFlight,
        Experiment::Sustained,
        Experiment::Mix,
        Experiment::Validators,
        Experiment::Accounts,
        Experiment::Customers,
        Experiment::Batch,
        Experiment::Delay,
    ];

    /// Its name on the command line, and of its directory.
    pub(super) fn name(self) -> &'static str {
        match self {
            Experiment::Rate => "rate",
            Experiment::InFlight => "in-flight",
            Experiment::Sustained => "sustained",
            Experiment::Mix => "mix",
            Experiment::Validators => "validators",
            Experiment::Accounts => "accounts",
            Experiment::Customers => "customers",
            Experiment::Batch => "batch",
            Experiment::Delay => "delay",
        }
    }

    /// Its heading.
    pub(super) fn title(self) -> &'static str {
        match self {
            Experiment::Rate => "Finality as the rate grows",
            Experiment::InFlight => "Throughput and latency as more is in flight, and blocks grow",
            Experiment::Sustained => "A chain that grows: seconds at saturation",
            Experiment::Mix => "Kinds of load",
            Experiment::Validators => "More validators, on the same two cores",
            Experiment::Accounts => "More accounts, each paying for itself",
            Experiment::Customers => "More customers of custodians, in batches of 100",
            Experiment::Batch => "Larger transactions: payments under one signature",
            Experiment::Delay => "Validators further apart: 500 payments a second",
        }
    }

    /// What differs, as the head of a column and the name of an axis.
    pub(super) fn axis(self) -> &'static str {
        match self {
            Experiment::Rate => "payments a second asked for",
            Experiment::InFlight => "payments in flight at each validator",
            Experiment::Sustained => "seconds",
            Experiment::Mix => "mix",
            Experiment::Validators => "validators",
            Experiment::Accounts => "accounts",
            Experiment::Customers => "customers",
            Experiment::Batch => "payments in a transaction",
            Experiment::Delay => "one-way delay (ms)",
        }
    }

    /// Its measurements.
    pub(super) fn points(self) -> Vec<Point> {
        let points = |labels: &[&str], args: &dyn Fn(&str) -> String| {
            labels.iter().map(|label| Point { label: (*label).to_owned(), args: args(label) }).collect()
        };
        match self {
            Experiment::Rate => {
                points(&["250", "500", "1000", "2000", "4000", "6000"], &|rate| format!("--rate {rate} --duration 12"))
            }
            Experiment::InFlight => points(&["50", "125", "250", "500", "1000", "2000"], &|count| {
                format!("--saturate --in-flight {count} --duration 10")
            }),
            Experiment::Sustained => points(&["10", "60", "180"], &|seconds| {
                let presigned = 12_000 * as_number(seconds);
                format!("--saturate --in-flight 1000 --duration {seconds} --presign {presigned}")
            }),
            Experiment::Mix => points(&["self-signed", "hot", "shop", "programs", "custodial"], &|mix| match mix {
                "custodial" => "--saturate --mix custodial --in-flight 40000 --duration 10".to_owned(),
                _ => format!("--saturate --mix {mix} --in-flight 1000 --duration 10"),
            }),
            Experiment::Validators => points(&["4", "7", "10", "16"], &|count| {
                format!("--saturate --validators {count} --in-flight {} --duration 10", 4000 / as_number(count))
            }),
            Experiment::Accounts => points(&["10000", "100000", "1000000"], &|count| {
                format!("--saturate --accounts {count} --in-flight 1000 --duration 10")
            }),
            Experiment::Customers => points(&["10000", "100000", "1000000", "10000000"], &|count| {
                format!("--saturate --mix custodial --accounts {count} --in-flight 40000 --duration 10")
            }),
            Experiment::Batch => points(&["1", "10", "100", "1000"], &|count| {
                let in_flight = (1000 * as_number(count)).min(100_000);
                format!("--saturate --mix custodial --batch {count} --in-flight {in_flight} --duration 10")
            }),
            Experiment::Delay => {
                points(&["0", "5", "10", "50"], &|delay| format!("--rate 500 --link-delay {delay} --duration 12"))
            }
        }
    }
}

fn as_number(label: &str) -> u64 {
    label.parse().unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_is_that_of_the_command_line() {
        for experiment in Experiment::ALL {
            assert_eq!(Experiment::from_str(experiment.name(), false), Ok(experiment));
        }
    }

    #[test]
    fn each_point_is_a_measurement() {
        #[derive(clap::Parser)]
        struct Line {
            #[command(flatten)]
            _options: crate::load::Options,
        }
        for point in Experiment::ALL.iter().flat_map(|experiment| experiment.points()) {
            let line = std::iter::once("bench").chain(point.args.split_ascii_whitespace());
            assert!(<Line as clap::Parser>::try_parse_from(line).is_ok(), "{}", point.args);
        }
    }
}
