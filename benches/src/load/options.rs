//! What to measure.

use std::path::PathBuf;

use types::MAX_BATCH_PAYMENTS;

use super::mix::Mix;

/// What `baro bench` is asked to measure.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// The network to load, as `baro localnet` describes it; without it, one is started for the run and stopped after.
    #[arg(long, value_name = "FILE")]
    pub net: Option<PathBuf>,

    /// Payments a second, sent on schedule however slow the network is (default 1000).
    #[arg(long, value_name = "N", conflicts_with = "saturate", value_parser = clap::value_parser!(u32).range(1..))]
    pub rate: Option<u32>,

    /// Keep every validator full instead: a bounded number of payments in flight, refilled as they become final.
    #[arg(long)]
    pub saturate: bool,

    /// What the load consists of.
    #[arg(long, value_enum, default_value_t = Mix::SelfSigned)]
    pub mix: Mix,

    /// With --mix custodial: payments under one signature.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=MAX_BATCH_PAYMENTS as u64))]
    pub batch: u64,

    /// For how long payments are sent, in seconds (10 with --search).
    #[arg(long, value_name = "S", default_value_t = 30, default_value_if("search", "true", "10"), value_parser = clap::value_parser!(u32).range(1..))]
    pub duration: u32,

    /// Seconds of the same load before the measurement, left out of the figures (a loss there still counts).
    #[arg(long, value_name = "S", default_value_t = 0)]
    pub warmup: u32,

    /// How many accounts pay one another at random.
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(2..))]
    pub accounts: u64,

    /// How many validators a network started for the run has.
    #[arg(long, value_name = "N", default_value_t = 4)]
    pub validators: usize,

    /// Let validators of a network started for the run hold everything from one another back for so many milliseconds, as if
    /// they were further apart.
    #[arg(long, value_name = "MS", default_value_t = 0, conflicts_with = "net")]
    pub link_delay: u64,

    /// Connections for sending to each validator.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub connections: u32,

    /// With --saturate: payments in flight at each validator.
    #[arg(long, value_name = "N", default_value_t = 4000, value_parser = clap::value_parser!(u32).range(1..))]
    pub in_flight: u32,

    /// The most payments to sign before the load begins; the others are signed during it. More takes memory (about
    /// 0.6 KB each), fewer takes processor time from the validators.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    pub presign: u64,

    /// Seconds from when a payment is due to its deadline; by default as far as the chain and the run allow.
    #[arg(long, value_name = "S")]
    pub valid_for: Option<u32>,

    /// A payment without a certain outcome so many seconds after its deadline is lost.
    #[arg(long, value_name = "S", default_value_t = 10)]
    pub grace: u32,

    /// Decides the accounts and who pays whom. The same seed uses the same accounts again.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,

    /// Write index.html and report.json into this directory.
    #[arg(long, value_name = "DIR")]
    pub report: Option<PathBuf>,

    /// Print the figures as JSON.
    #[arg(long)]
    pub json: bool,
}

/// How the load is driven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Open loop: so many payments a second.
    Rate(u32),
    /// Closed loop: so many transactions in flight at each validator.
    Saturate(usize),
}

impl Options {
    /// How the load is driven.
    pub fn mode(&self) -> Mode {
        let each = self.payments_each() as usize;
        if self.saturate {
            Mode::Saturate((self.in_flight as usize).div_ceil(each))
        } else {
            Mode::Rate(self.first_rate())
        }
    }

    /// Payments in a transaction.
    pub(super) fn payments_each(&self) -> u64 {
        if self.mix == Mix::Custodial { self.batch } else { 1 }
    }

    /// Payments a second in open loop; where a search begins.
    pub(super) fn first_rate(&self) -> u32 {
        self.rate.unwrap_or(1000)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        options: Options,
    }

    /// The options of this command line.
    pub(in crate::load) fn options(line: &[&str]) -> Options {
        Line::try_parse_from([&["bench"], line].concat()).expect("valid options").options
    }

    #[test]
    fn the_load_is_open_loop_unless_asked() {
        let mode = |line: &[&str]| Line::try_parse_from(line).map(|line| line.options.mode()).map_err(|_| ());
        assert_eq!(mode(&["bench"]), Ok(Mode::Rate(1000)));
        assert_eq!(mode(&["bench", "--rate", "50"]), Ok(Mode::Rate(50)));
        assert_eq!(mode(&["bench", "--saturate", "--in-flight", "9"]), Ok(Mode::Saturate(9)));
        assert_eq!(mode(&["bench", "--saturate", "--in-flight", "901", "--mix", "custodial"]), Ok(Mode::Saturate(10)));
        assert_eq!(mode(&["bench", "--saturate", "--rate", "50"]), Err(()));
    }
}
