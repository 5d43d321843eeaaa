//! The two loops that move frames, each on a task of its own: queue to stream, and stream to channel.

use std::{io, time::Duration};

use bytes::Bytes;
use libp2p::Stream;
use tokio::{sync::mpsc, time::timeout};

use super::{
    Inbound,
    counters::Traffic,
    error::FrameError,
    frame::{FrameReader, write_frames},
    outbox::Queued,
};

/// Writes what is queued until the outbox is closed, and a heartbeat when there is nothing to write.
pub(super) async fn write(
    mut stream: Stream,
    mut queued: Queued,
    traffic: &Traffic,
    heartbeat: Duration,
) -> io::Result<()> {
    let (mut frames, mut buffer) = (Vec::new(), Vec::new());
    let result = loop {
        frames.clear();
        match timeout(heartbeat, queued.take(&mut frames)).await {
            Ok(()) if frames.is_empty() => break Ok(()),
            Ok(()) => {}
            Err(_) => frames.push(Bytes::new()),
        }
        if let Err(error) = write_frames(&mut stream, &frames, &mut buffer).await {
            break Err(error);
        }
        queued.release(&frames);
        for frame in frames.iter().filter(|frame| !frame.is_empty()) {
            traffic.sent.add(frame.len());
        }
    };
    frames.extend(std::iter::from_fn(|| queued.abandon()));
    for frame in frames.iter().filter(|frame| !frame.is_empty()) {
        traffic.dropped.add(frame.len());
    }
    result
}

/// Delivers frames until the stream or the channel ends. A full channel stops the reading, and so the peer's writing.
pub(super) async fn read(
    mut frames: FrameReader<Stream>,
    from: u16,
    traffic: &Traffic,
    deliver: mpsc::Sender<Inbound>,
) -> Result<(), FrameError> {
    while let Some(frame) = frames.next().await? {
        traffic.received.add(frame.len());
        if deliver.send(Inbound { from, frame }).await.is_err() {
            break;
        }
    }
    Ok(())
}
