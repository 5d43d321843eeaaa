//! What has been used up to a moment: by the validators, by this process, by the machine.

use std::time::Instant;

use futures::future::join_all;
use rpc::net_file::{NetFile, NetValidator};

use super::machine::Machine;
use super::process::Process;
use super::samples::Samples;

/// Everything that is read before and after a load.
#[derive(Debug)]
pub(in crate::load) struct Reading {
    pub(super) at: Instant,
    pub(super) machine: Option<Machine>,
    /// Processor seconds of this process.
    pub(in crate::load) client: Option<f64>,
    pub(in crate::load) validators: Vec<ValidatorReading>,
}

/// What a validator has used. Nothing is known of one that does not run on this machine, or not any more.
#[derive(Debug)]
pub(in crate::load) struct ValidatorReading {
    /// Processor seconds.
    pub(in crate::load) cpu: Option<f64>,
    /// Resident memory in bytes.
    pub(in crate::load) resident: Option<u64>,
    pub(super) disk_bytes: Option<u64>,
    pub(super) samples: Option<Samples>,
}

impl Reading {
    pub(in crate::load) async fn now(net: &NetFile) -> Reading {
        let validators = join_all(net.validators.iter().map(ValidatorReading::now)).await;
        Reading { at: Instant::now(), machine: Machine::now(), client: Process::Own.cpu_seconds(), validators }
    }
}

impl ValidatorReading {
    async fn now(validator: &NetValidator) -> ValidatorReading {
        let samples = Samples::fetch(&validator.metrics).await.ok();
        let process = Process::Other(validator.pid);
        ValidatorReading {
            cpu: process.cpu_seconds(),
            resident: process.resident_bytes(),
            disk_bytes: process.disk_bytes(),
            samples,
        }
    }
}
