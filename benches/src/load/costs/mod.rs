//! What a load costs: processor time by kind of work, bytes between processes, bytes on disk, and how far away the wall is.

mod machine;
mod process;
mod reading;
mod samples;
mod table;
mod wall;

use serde::{Deserialize, Serialize};

pub(super) use reading::Reading;
use samples::Samples;

/// The costs of a run, for each payment that became final. All validators together where nothing else is said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Costs {
    /// Processor microseconds a payment, by kind of work. They add up to what all cores had to give in the time of the
    /// load, the last row being what was left over.
    pub cpu_micros: Vec<CpuCost>,
    /// Bytes of messages between validators a payment, before encryption: batches, then everything else.
    pub batch_bytes: f64,
    /// Of proposals, votes, certificates and acknowledgements.
    pub vote_bytes: f64,
    /// All bytes on the loopback interface a payment: between validators and with clients, headers and encryption
    /// included.
    pub loopback_bytes: f64,
    /// Bytes put into one validator's store a payment, on average.
    pub stored_bytes: f64,
    /// Bytes by which one validator's files grew a payment, on average.
    pub kept_bytes: f64,
    /// Bytes that one validator had the disk write a payment, on average; null where the system does not tell.
    pub disk_bytes: Option<f64>,
    /// Transactions in a block, on average; empty blocks count.
    pub block_transactions: f64,
    /// Transactions verified together, on average.
    pub verified_together: f64,
    /// Flushes of one validator's store a second, on average.
    pub flushes_per_second: f64,
    /// Processor time to verify a signature on this machine, with all cores at it, in microseconds.
    pub signature_micros: f64,
    /// Transactions a second if all cores did nothing but verify one signature of each for every validator.
    pub wall: f64,
    /// What part of the wall was reached, from 0 to 1.
    pub wall_share: f64,
}

/// Processor time of one kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CpuCost {
    /// What for.
    pub work: String,
    /// Microseconds a payment.
    pub micros: f64,
    /// Its part of all that the cores had to give, from 0 to 1.
    pub share: f64,
}

/// Kinds of work of the validators' own threads, as metrics name them, and as reports do.
const STAGES: [(&str, &str); 10] = [
    ("coding", "decode and encode"),
    ("verification", "verify signatures"),
    ("admission", "admit"),
    ("dissemination", "batches"),
    ("consensus", "consensus"),
    ("execution", "execute"),
    ("roots", "roots"),
    ("folding", "fold final blocks"),
    ("storage", "store and flush"),
    ("loop", "loop and queues"),
];

/// Threads whose work is all of one kind, as metrics name them, and as reports do.
const THREADS: [(&str, &str); 5] = [
    ("rpc", "JSON-RPC"),
    ("network", "links between validators"),
    ("sled", "sled's threads"),
    ("checkpoint", "checkpoints"),
    ("serve", "answers to validators"),
];

/// Processor time for one signature with all cores at work, in microseconds. Takes a third of a second.
pub(super) async fn signature_micros() -> anyhow::Result<f64> {
    Ok(tokio::task::spawn_blocking(wall::signature_micros).await?)
}

/// The costs between two readings in which `payments` became final; `None` where a validator or the machine does not tell.
pub(super) fn costs(before: &Reading, after: &Reading, payments: u64, signature_micros: f64) -> Option<Costs> {
    let (machine_before, machine_after) = (before.machine?, after.machine?);
    let pairs: Vec<Pair<'_>> = before
        .validators
        .iter()
        .zip(&after.validators)
        .map(|(before, after)| Some(Pair { before: before.samples.as_ref()?, after: after.samples.as_ref()? }))
        .collect::<Option<_>>()?;
    let count = pairs.len() as f64;
    let payments = payments.max(1) as f64;
    let seconds = (after.at - before.at).as_secs_f64();
    let over_all = |value: &dyn Fn(&Pair<'_>) -> f64| pairs.iter().map(value).sum::<f64>();
    let difference = |name: &str, labels: &str| over_all(&|pair| pair.difference(name, labels));

    let mut rows: Vec<(&str, f64)> = Vec::new();
    rows.extend(
        STAGES.map(|(stage, work)| (work, difference("baro_stage_cpu_seconds_total", &format!("stage=\"{stage}\"")))),
    );
    rows.extend(THREADS.map(|(thread, work)| {
        (work, difference("baro_thread_cpu_seconds_total", &format!("thread=\"{thread}\"")).max(0.0))
    }));
    let told: f64 = rows.iter().map(|(_, seconds)| seconds).sum();
    let validators = (before.validators.iter().zip(&after.validators))
        .map(|(before, after)| Some(after.cpu? - before.cpu?))
        .sum::<Option<f64>>()?;
    let client = after.client? - before.client?;
    let busy = machine_after.busy_seconds - machine_before.busy_seconds;
    let idle = machine_after.idle_seconds - machine_before.idle_seconds;
    rows.push(("other work of the validators", (validators - told).max(0.0)));
    rows.push(("this client", client));
    rows.push(("everything else on the machine", (busy - validators - client).max(0.0)));
    rows.push(("idle, or not to be had", idle));
    let cpu_micros = rows
        .into_iter()
        .map(|(work, spent)| CpuCost {
            work: work.to_owned(),
            micros: spent * 1e6 / payments,
            share: spent / (busy + idle).max(f64::MIN_POSITIVE),
        })
        .collect();

    let sent =
        |lane: &str| difference("baro_network_bytes_total", &format!("lane=\"{lane}\",direction=\"sent\"")) / payments;
    let disk = (before.validators.iter().zip(&after.validators))
        .map(|(before, after)| Some(after.disk_bytes?.saturating_sub(before.disk_bytes?) as f64))
        .sum::<Option<f64>>();
    let mean = |name: &str| {
        let samples = difference(&format!("{name}_count"), "");
        if samples > 0.0 { difference(&format!("{name}_sum"), "") / samples } else { 0.0 }
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from) as f64;
    let wall = cores * 1e6 / (count * signature_micros);
    let executed = difference("baro_final_transactions_total", "") + difference("baro_failed_transactions_total", "");
    Some(Costs {
        cpu_micros,
        batch_bytes: sent("batches"),
        vote_bytes: sent("votes"),
        loopback_bytes: machine_after.loopback_bytes.saturating_sub(machine_before.loopback_bytes) as f64 / payments,
        stored_bytes: difference("baro_store_written_bytes_total", "") / count / payments,
        kept_bytes: difference("baro_store_size_bytes", "") / count / payments,
        disk_bytes: disk.map(|disk| disk / count / payments),
        block_transactions: mean("baro_block_transactions"),
        verified_together: mean("baro_transactions_verified_together"),
        flushes_per_second: difference("baro_flush_seconds_count", "") / count / seconds,
        signature_micros,
        wall,
        wall_share: executed / count / seconds / wall,
    })
}

/// A validator's metrics before and after.
struct Pair<'a> {
    before: &'a Samples,
    after: &'a Samples,
}

impl Pair<'_> {
    fn difference(&self, name: &str, labels: &str) -> f64 {
        self.after.value(name, labels) - self.before.value(name, labels)
    }
}
