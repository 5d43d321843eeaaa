//! What the validator costs, read when a collector asks: processor time, bytes between validators, bytes on disk.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use types::stage::Stage;

use super::stages::StageTimes;
use super::threads;
use crate::network::{Count, Lane, LaneStatus, Network};
use crate::store::Store;

/// Where the costs are read.
pub(super) struct Costs {
    pub(super) stages: StageTimes,
    pub(super) network: Network,
    pub(super) store: Store,
}

impl fmt::Debug for Costs {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Costs").field("stages", &self.stages).finish_non_exhaustive()
    }
}

impl Collector for Costs {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let stages = Stage::ALL.map(|stage| ([("stage", stage.name())], self.stages.of(stage).as_secs_f64()));
        let help = "Processor time by kind of work, of the threads turn, verify and store";
        family(&mut encoder, "stage_cpu_seconds", help, stages)?;

        let threads = threads::times_by_role().into_iter().map(|(role, time)| ([("thread", role)], time.as_secs_f64()));
        family(&mut encoder, "thread_cpu_seconds", "Processor time of running threads, by what they are for", threads)?;

        let peers = self.network.peers();
        let traffic = Lane::ALL.into_iter().flat_map(|lane| {
            let sum = |count: fn(&LaneStatus) -> Count| {
                let counts = peers.iter().map(|peer| count(peer.lanes.of(lane)));
                counts.fold(Count::default(), |sum, count| Count {
                    frames: sum.frames + count.frames,
                    bytes: sum.bytes + count.bytes,
                })
            };
            [("sent", sum(|status| status.sent)), ("received", sum(|status| status.received))]
                .map(|(direction, count)| ([("lane", lane.name()), ("direction", direction)], count))
        });
        let traffic: Vec<_> = traffic.collect();
        let bytes = traffic.iter().map(|(labels, count)| (*labels, count.bytes));
        family(&mut encoder, "network_bytes", "Bytes to and from other validators, before encryption", bytes)?;
        let frames = traffic.iter().map(|(labels, count)| (*labels, count.frames));
        family(&mut encoder, "network_frames", "Frames to and from other validators", frames)?;

        let written = ConstCounter::new(self.store.written().bytes);
        let help = "Bytes of values put into the store since it was opened";
        written.encode(encoder.encode_descriptor("store_written_bytes", help, None, MetricType::Counter)?)?;
        let pruned = self.store.pruned();
        for (name, help, count) in [
            ("store_pruned_volumes", "Volumes of old history that were dropped", pruned.volumes),
            ("store_pruned_bytes", "Bytes of the files of volumes that were dropped", pruned.bytes),
        ] {
            ConstCounter::new(count).encode(encoder.encode_descriptor(name, help, None, MetricType::Counter)?)?;
        }
        let first = ConstGauge::new(self.store.first_height().0.cast_signed());
        first.encode(encoder.encode_descriptor(
            "first_height",
            "The first block that is kept",
            None,
            MetricType::Gauge,
        )?)?;
        // Files come and go while they are counted: a size that could not be told is left out.
        if let Some(size) = self.store.size_on_disk().ok().and_then(|size| i64::try_from(size).ok()) {
            let help = "Bytes of the store's files";
            ConstGauge::new(size).encode(encoder.encode_descriptor(
                "store_size_bytes",
                help,
                None,
                MetricType::Gauge,
            )?)?;
        }
        Ok(())
    }
}

/// Counters of one name that labels tell apart.
fn family<const LABELS: usize, Number>(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    counters: impl IntoIterator<Item = ([(&'static str, &'static str); LABELS], Number)>,
) -> fmt::Result
where
    ConstCounter<Number>: EncodeMetric,
{
    let mut descriptor = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
    for (labels, number) in counters {
        ConstCounter::new(number).encode(descriptor.encode_family(&labels)?)?;
    }
    Ok(())
}
