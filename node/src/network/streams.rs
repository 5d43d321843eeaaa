//! The two loops that move frames, each on a task of its own: queue to stream, and stream to channel.

use std::{future::Future, io, thread::sleep, time::Duration};

use bytes::Bytes;
use libp2p::Stream;
use tokio::{
    sync::mpsc,
    task::spawn_blocking,
    time::{Instant, timeout},
};

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

/// Frames of one connection that are held back at most; then nothing more is read.
const HELD_FRAMES: usize = 256;

/// Runs `reading`, and delivers what it gives out `delay` later. A thread of its own waits, since the runtime's timers would add up to
/// two milliseconds to each message; it ends with this task, which alone delivers.
pub(super) async fn delay<R: Future<Output = Result<(), FrameError>>>(
    reading: impl FnOnce(mpsc::Sender<Inbound>) -> R,
    delay: Duration,
    deliver: mpsc::Sender<Inbound>,
) -> Result<(), FrameError> {
    let (arrived, mut arriving) = mpsc::channel(1);
    let (held, mut due) = mpsc::channel(HELD_FRAMES);
    let stamping = async move {
        while let Some(inbound) = arriving.recv().await {
            if held.send((Instant::now() + delay, inbound)).await.is_err() {
                break;
            }
        }
    };
    let (waited, mut now_due) = mpsc::channel(1);
    spawn_blocking(move || {
        while let Some((moment, inbound)) = due.blocking_recv() {
            sleep(moment.saturating_duration_since(Instant::now()));
            if waited.blocking_send(inbound).is_err() {
                break;
            }
        }
    });
    let delivering = async move {
        while let Some(inbound) = now_due.recv().await {
            if deliver.send(inbound).await.is_err() {
                break;
            }
        }
    };
    tokio::join!(reading(arrived), stamping, delivering).0
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
