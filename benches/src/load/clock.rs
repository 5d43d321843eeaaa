//! The wall clock, which deadlines are judged by.

use std::time::{SystemTime, UNIX_EPOCH};

use types::Timestamp;

/// The present time.
pub(super) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(since.as_millis() as u64)
}
