//! Frames on a stream: `length: u32 big-endian | body`. An empty body is a heartbeat and is never delivered.

use std::{io, time::Duration};

use bytes::Bytes;
use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

use super::error::FrameError;

/// Bytes before each body.
pub(super) const HEADER_BYTES: usize = 4;
/// What one read asks for at most, and the first allocation for a body.
const CHUNK_BYTES: usize = 64 << 10;
/// From here on a body is written from where it is instead of being copied behind its neighbours.
const LARGE_BODY_BYTES: usize = 16 << 10;

/// Reads frames, holding no more memory than has arrived.
pub(super) struct FrameReader<R> {
    stream: R,
    limit: usize,
    silence: Duration,
    chunk: Box<[u8]>,
    /// The part of `chunk` that is read and not yet taken.
    start: usize,
    end: usize,
}

impl<R: AsyncRead + Unpin> FrameReader<R> {
    /// Reads bodies of up to `limit` bytes and gives up after `silence` without a byte.
    pub(super) fn new(stream: R, limit: usize, silence: Duration) -> Self {
        Self { stream, limit, silence, chunk: vec![0; CHUNK_BYTES].into_boxed_slice(), start: 0, end: 0 }
    }

    /// The next frame that is not a heartbeat, or `None` when the peer ended the stream between two frames.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, FrameError> {
        loop {
            if self.start == self.end && !self.refill().await? {
                return Ok(None);
            }
            let mut header = [0; HEADER_BYTES];
            let mut have = 0;
            while have < HEADER_BYTES {
                let part = self.take(HEADER_BYTES - have).await?;
                header[have..have + part.len()].copy_from_slice(part);
                have += part.len();
            }
            // A length that does not fit is too long in any case.
            let length = usize::try_from(u32::from_be_bytes(header)).unwrap_or(usize::MAX);
            if length > self.limit {
                return Err(FrameError::TooLong { announced: length, limit: self.limit });
            }
            if length > 0 {
                return self.body(length).await.map(Some);
            }
        }
    }

    /// Grows with what arrives: an announced length alone costs us one chunk.
    async fn body(&mut self, length: usize) -> Result<Bytes, FrameError> {
        let mut body = Vec::new();
        while body.len() < length {
            let missing = length - body.len();
            if body.len() == body.capacity() {
                body.reserve_exact(missing.min(body.len().max(CHUNK_BYTES)));
            }
            let part = self.take(missing.min(body.capacity() - body.len())).await?;
            body.extend_from_slice(part);
        }
        Ok(body.into())
    }

    /// Some bytes, at least one and at most `most`.
    async fn take(&mut self, most: usize) -> Result<&[u8], FrameError> {
        if self.start == self.end && !self.refill().await? {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        let start = self.start;
        self.start += most.min(self.end - start);
        Ok(&self.chunk[start..self.start])
    }

    /// Reads what is there. False at the end of the stream.
    async fn refill(&mut self) -> Result<bool, FrameError> {
        let read = timeout(self.silence, self.stream.read(&mut self.chunk)).await;
        self.start = 0;
        self.end = read.map_err(|_| FrameError::Silent(self.silence))??;
        Ok(self.end > 0)
    }
}

/// All frames that `bytes` hold, as a peer's stream of them is read, up to the first fault. For tests that feed the
/// reader any bytes.
pub async fn read_frames(bytes: &[u8], limit: usize) -> (Vec<Bytes>, Result<(), FrameError>) {
    let mut reader = FrameReader::new(bytes, limit, Duration::MAX);
    let mut frames = Vec::new();
    loop {
        match reader.next().await {
            Ok(Some(frame)) => frames.push(frame),
            Ok(None) => return (frames, Ok(())),
            Err(error) => return (frames, Err(error)),
        }
    }
}

/// Writes all frames, small ones together, and flushes once. `buffer` is scratch space.
pub(super) async fn write_frames<W>(stream: &mut W, frames: &[Bytes], buffer: &mut Vec<u8>) -> io::Result<()>
where
    W: AsyncWrite + Unpin,
{
    buffer.clear();
    for frame in frames {
        let length = u32::try_from(frame.len()).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
        buffer.extend_from_slice(&length.to_be_bytes());
        if frame.len() < LARGE_BODY_BYTES {
            buffer.extend_from_slice(frame);
        }
        if frame.len() >= LARGE_BODY_BYTES || buffer.len() >= CHUNK_BYTES {
            stream.write_all(buffer).await?;
            buffer.clear();
        }
        if frame.len() >= LARGE_BODY_BYTES {
            stream.write_all(frame).await?;
        }
    }
    stream.write_all(buffer).await?;
    stream.flush().await
}

#[cfg(test)]
mod tests {
    use futures::TryStreamExt;

    use super::*;

    const LIMIT: usize = 1 << 20;
    const SILENCE: Duration = Duration::from_secs(10);

    async fn written(frames: &[Bytes]) -> Vec<u8> {
        let mut bytes = Vec::new();
        write_frames(&mut bytes, frames, &mut Vec::new()).await.unwrap();
        bytes
    }

    #[tokio::test]
    async fn frames_are_length_and_body() {
        assert_eq!(written(&[Bytes::from_static(b"ab"), Bytes::new()]).await, b"\0\0\0\x02ab\0\0\0\0");
    }

    #[tokio::test]
    async fn what_is_written_is_read_without_the_heartbeats() {
        let lengths = [1, 0, 3, LARGE_BODY_BYTES - 1, LARGE_BODY_BYTES, 0, CHUNK_BYTES, 3 * CHUNK_BYTES + 1, LIMIT, 2];
        let frames: Vec<Bytes> = lengths.iter().map(|&length| vec![length as u8; length].into()).collect();
        let bytes = written(&frames).await;
        let mut reader = FrameReader::new(bytes.as_slice(), LIMIT, SILENCE);
        for frame in frames.iter().filter(|frame| !frame.is_empty()) {
            assert_eq!(reader.next().await.unwrap().unwrap(), frame);
        }
        assert!(reader.next().await.unwrap().is_none());
    }

    #[tokio::test]
    async fn a_frame_above_the_limit_is_refused_by_its_header() {
        let announced = (LIMIT as u32 + 1).to_be_bytes();
        let mut reader = FrameReader::new(announced.as_slice(), LIMIT, SILENCE);
        let error = reader.next().await.unwrap_err();
        assert!(matches!(error, FrameError::TooLong { announced, limit: LIMIT } if announced == LIMIT + 1), "{error}");
    }

    #[tokio::test]
    async fn a_stream_that_ends_within_a_frame_is_an_error() {
        let bytes = written(&[Bytes::from_static(b"abc")]).await;
        for cut in 1..bytes.len() {
            let mut reader = FrameReader::new(&bytes[..cut], LIMIT, SILENCE);
            assert!(matches!(reader.next().await, Err(FrameError::Io(_))), "cut at {cut}");
        }
    }

    #[tokio::test]
    async fn a_silent_stream_is_given_up() {
        let silence = Duration::from_millis(20);
        let quiet = futures::stream::pending::<io::Result<Vec<u8>>>().into_async_read();
        let mut reader = FrameReader::new(quiet, LIMIT, silence);
        assert!(matches!(reader.next().await, Err(FrameError::Silent(after)) if after == silence));
    }
}
