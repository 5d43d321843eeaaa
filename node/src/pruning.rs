//! Old history goes, where the configuration says so: whole volumes of the store that are older than what is kept.

use tracing::{error, info};
use types::codec::decode;
use types::{Block, Timestamp};

use crate::closed_seconds;
use crate::home::History;
use crate::store::{Pruned, Store};

/// Drops the volumes that lie before the history that is kept; nothing if there are none.
pub(crate) fn prune(store: &Store, history: History) -> anyhow::Result<Option<Pruned>> {
    let History::Days(days) = history else { return Ok(None) };
    let Some(cut) = store.cut(days.time(), &time_of)? else { return Ok(None) };
    closed_seconds::carry(store, &cut)?;
    Ok(Some(store.prune(&cut)?))
}

/// [`prune`], with a line in the log. History that cannot be dropped does no harm: it stays, and the next time it is tried
/// again.
pub(crate) fn prune_and_tell(store: &Store, history: History) {
    match prune(store, history) {
        Ok(None) => {}
        Ok(Some(Pruned { volumes, bytes })) => {
            info!(first = %store.first_height(), volumes, megabytes = bytes / 1_000_000, "dropped old history");
        }
        Err(error) => error!("old history is not dropped: {error:#}"),
    }
}

fn time_of(block: &[u8]) -> Result<Timestamp, types::codec::CodecError> {
    Ok(decode::<Block>(block)?.header.timestamp)
}
