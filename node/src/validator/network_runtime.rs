//! A runtime for the links between validators alone, so that what clients send never delays a vote.

use anyhow::Context;
use tokio::runtime::{Builder, Handle, Runtime};

/// One thread for all links. They take a few percent of what signatures take.
const THREADS: usize = 1;

/// Stops when it is dropped, without waiting for its tasks.
pub(super) struct NetworkRuntime(Option<Runtime>);

impl NetworkRuntime {
    pub(super) fn start() -> anyhow::Result<NetworkRuntime> {
        let runtime = Builder::new_multi_thread().worker_threads(THREADS).thread_name("network").enable_all().build();
        Ok(NetworkRuntime(Some(runtime.context("starting a thread for the network")?)))
    }

    /// Where the network's tasks run.
    pub(super) fn handle(&self) -> &Handle {
        self.0.as_ref().expect("it is taken only when it is dropped").handle()
    }
}

impl Drop for NetworkRuntime {
    fn drop(&mut self) {
        // To wait is not allowed on a thread of another runtime.
        self.0.take().into_iter().for_each(Runtime::shutdown_background);
    }
}
