//! The stream of frames from a peer.

use node::network::{FrameError, read_frames};

use crate::Target;
use crate::memory::bounded;

pub(crate) const TARGET: Target = Target { name: "frames", run, seeds };

/// The longest body. The lanes' own limits are megabytes, which no input here has.
const LIMIT: usize = 300;

fn run(bytes: &[u8]) -> bool {
    thread_local! {
        static RUNTIME: tokio::runtime::Runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    }
    let read = || RUNTIME.with(|runtime| runtime.block_on(read_frames(bytes, LIMIT)));
    let (frames, end) = bounded(bytes.len(), read);
    let mut rest = bytes;
    for frame in &frames {
        assert!(!frame.is_empty() && frame.len() <= LIMIT);
        while let Some(after) = rest.strip_prefix(&[0; 4]) {
            rest = after;
        }
        let head = (frame.len() as u32).to_be_bytes();
        rest = rest.strip_prefix(&head).and_then(|rest| rest.strip_prefix(&frame[..])).expect("a frame was made up");
    }
    while let Some(after) = rest.strip_prefix(&[0; 4]) {
        rest = after;
    }
    match end {
        Ok(()) => assert!(rest.is_empty(), "bytes after the last frame were passed over"),
        Err(FrameError::TooLong { announced, .. }) => assert!(announced > LIMIT),
        Err(FrameError::Io(_)) => assert!(!rest.is_empty()),
        Err(FrameError::Silent(_)) => panic!("bytes in memory are not silent"),
    }
    rest.is_empty()
}

fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let framed = |body: &[u8]| [&(body.len() as u32).to_be_bytes(), body].concat();
    vec![
        ("heartbeat", framed(&[])),
        ("two", [framed(b"one"), framed(&[]), framed(b"two")].concat()),
        ("longest", framed(&[7; LIMIT])),
    ]
}
