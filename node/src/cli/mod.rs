//! The command line.

mod account;
mod asset;
mod audit;
mod batch;
mod bench;
mod control;
mod demo;
mod failure;
mod genesis;
mod history;
mod keys;
mod listening;
mod localnet;
mod merchant;
mod network;
mod node;
mod order;
mod pay;
mod program;
mod query;
mod receipt;
mod redemption;
mod sending;
mod simulate;
mod soak;
mod source;
mod statement;
mod text;
mod validators;

use std::io::IsTerminal;
use std::pin::Pin;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

pub use failure::{Failure, Outcome};

/// Baro: a ledger node for retail stablecoin settlement.
#[derive(Debug, Parser)]
#[command(name = "baro", version, after_help = AFTER_HELP, propagate_version = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Start here:
  baro localnet                      run four validators and make a first payment
  baro pay --from alice --to cafe 4500

Exit codes:
  0  done
  1  it went wrong: a payment failed or expired, a check did not hold, a file or a home is not good
  2  the command line is not right, or a chain cannot be audited
  3  no validator answered
  4  the validator refused the request; the message says what to do

The environment variable RUST_LOG sets what is logged, such as RUST_LOG=debug.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a network of validators on this machine, each in a process of its own
    Localnet(localnet::Args),
    /// Run one validator from its home directory
    Node(node::Args),
    /// Make keys and look at them
    #[command(subcommand)]
    Keys(keys::Command),
    /// Make a chain: validators' homes, chain spec, checks
    #[command(subcommand)]
    Genesis(genesis::Command),
    /// Show the validators and change them
    #[command(subcommand)]
    Validators(Box<validators::Command>),
    /// Pay an account and wait until the payment is final
    Pay(pay::PayArgs),
    /// Pay for a custodian's customers, many payments under one signature
    #[command(subcommand)]
    Batch(batch::Command),
    /// Create money (issuer only) and wait until it is final
    Mint(pay::MintArgs),
    /// Destroy money of the issuer's own account and wait until it is final
    Burn(pay::BurnArgs),
    /// Show an asset, propose and approve what changes it
    #[command(subcommand)]
    Asset(Box<asset::Command>),
    /// Redeem money at par
    #[command(subcommand)]
    Redemption(redemption::Command),
    /// Freeze and thaw, set tiers, keep policies and sanction lists, claim what was parked
    #[command(subcommand)]
    Control(control::Command),
    /// Register merchants and look at them
    #[command(subcommand)]
    Merchant(merchant::Command),
    /// Pay orders of registered merchants: charge, hold, capture, void, refund
    #[command(subcommand)]
    Order(order::Command),
    /// Write programs that move money by rule, test them, deploy and call them
    #[command(subcommand)]
    Program(Box<program::Command>),
    /// Show and change what opens an account: its keys and session keys
    #[command(subcommand)]
    Account(account::Command),
    /// Show what an account holds
    Balance(query::BalanceArgs),
    /// Show what became of a transaction
    Tx(query::TxArgs),
    /// Show the transactions that touched an account
    History(history::Args),
    /// Proofs that anyone checks with the genesis file alone
    #[command(subcommand)]
    Receipt(receipt::Command),
    /// Show a finalized block
    Block(query::BlockArgs),
    /// Check a whole chain again, from genesis, without believing any validator
    Audit(audit::Args),
    /// Show what moved in an account, between an opening and a closing balance
    Statement(statement::StatementArgs),
    /// Show where all money of each asset is, at any height
    TrialBalance(statement::TrialBalanceArgs),
    /// Show how validators are
    Status(query::StatusArgs),
    /// Show the peers of a validator
    Peers(query::PeersArgs),
    /// Show what the ledger can do, on a running local network
    #[command(subcommand)]
    Demo(demo::Command),
    /// Load a network with payments and measure it
    Bench(bench::Args),
    /// Load a network of its own while validators are killed at random, and check that nothing is lost
    Soak(soak::Args),
    /// Simulate worst days: many validators under faults, each day from one seed
    Simulate(simulate::Args),
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    abort_on_panic();
    let cli = Cli::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return Failure::from(anyhow::Error::from(error)).report(),
    };
    // Behind a pointer: `block_on` would otherwise be compiled with a copy of every command in each of its branches.
    let running: Pin<Box<dyn Future<Output = Outcome>>> = Box::pin(run(cli.command));
    let outcome = runtime.block_on(running);
    // A thread may still wait for standard input: it must not keep the process.
    runtime.shutdown_background();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

/// Makes a panic of any thread the end of the process: what it was about is half done, and the other threads would go on with it.
fn abort_on_panic() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        report(panic);
        std::process::abort();
    }));
}

async fn run(command: Command) -> Outcome {
    match command {
        Command::Localnet(args) => localnet::run(args).await,
        Command::Node(args) => node::run(args).await,
        Command::Keys(command) => keys::run(command),
        Command::Genesis(command) => genesis::run(command),
        Command::Validators(command) => validators::run(*command).await,
        Command::Pay(args) => pay::pay(args).await,
        Command::Batch(command) => batch::run(command).await,
        Command::Mint(args) => pay::mint(args).await,
        Command::Burn(args) => pay::burn(args).await,
        Command::Asset(command) => asset::run(*command).await,
        Command::Redemption(command) => redemption::run(command).await,
        Command::Control(command) => control::run(command).await,
        Command::Merchant(command) => merchant::run(command).await,
        Command::Order(command) => order::run(command).await,
        Command::Program(command) => program::run(*command).await,
        Command::Account(command) => account::run(command).await,
        Command::Balance(args) => query::balance(args).await,
        Command::Tx(args) => query::tx(args).await,
        Command::History(args) => history::run(args).await,
        Command::Receipt(command) => receipt::run(command).await,
        Command::Block(args) => query::block(args).await,
        Command::Audit(args) => audit::run(args).await,
        Command::Statement(args) => statement::statement(args).await,
        Command::TrialBalance(args) => statement::trial_balance(args).await,
        Command::Status(args) => query::status(args).await,
        Command::Peers(args) => query::peers(args).await,
        Command::Demo(command) => demo::run(command).await,
        Command::Bench(args) => bench::run(args).await,
        Command::Soak(args) => soak::run(args).await,
        Command::Simulate(args) => simulate::run(&args),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::os::unix::process::ExitStatusExt;

    use clap::CommandFactory;
    use nix::sys::signal::Signal;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    /// clap looks for this in debug builds alone. Two arguments of one name make a command that nobody can give.
    #[test]
    fn each_argument_has_a_name_of_its_own() {
        fn check(command: &clap::Command) {
            let mut names = BTreeSet::new();
            for argument in command.get_arguments() {
                assert!(names.insert(argument.get_id().to_string()), "{}: {}", command.get_name(), argument.get_id());
                let long = argument.get_long().map(|long| format!("--{long}"));
                assert!(long.is_none_or(|long| names.insert(long)), "{}: {argument}", command.get_name());
            }
            command.get_subcommands().for_each(check);
        }
        check(&Cli::command());
        let freeze = ["baro", "control", "freeze", "--from", "bank", "--account", "0x1", "--case", "7", "alice"];
        assert!(Cli::try_parse_from(freeze).is_ok());
    }

    /// In a process of its own, which runs this test with the variable set.
    #[test]
    fn a_panic_in_any_thread_ends_the_process() {
        const INSIDE: &str = "BARO_TEST_PANICS";
        if std::env::var_os(INSIDE).is_some() {
            abort_on_panic();
            let _ = std::thread::spawn(|| panic!("a thread has had enough")).join();
            return;
        }
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--nocapture", "cli::tests::a_panic_in_any_thread_ends_the_process"])
            .env(INSIDE, "1")
            .output()
            .unwrap();
        assert_eq!(output.status.signal(), Some(Signal::SIGABRT as i32), "{output:?}");
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(words.contains("a thread has had enough"), "{words}");
    }
}
