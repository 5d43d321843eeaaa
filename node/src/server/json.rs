//! The ledger's values as the values of the interface.

use replica::FinalizedBlock;
use rpc::{BlockInfo, ExecutedInfo, FailureInfo, PreviousReceipt, ReceiptInfo, ReceiptPlace, TransactionStatus};
use types::{Block, Hash, Timestamp, TransactionId};
use vm::{Receipt, ReceiptPointer};

/// A finalized block.
pub(crate) fn block_info(finalized: &FinalizedBlock) -> BlockInfo {
    block_with_receipts(&finalized.block, finalized.hash, &finalized.receipts)
}

/// A finalized block with its receipts.
pub(super) fn block_with_receipts(block: &Block, hash: Hash, receipts: &[Receipt]) -> BlockInfo {
    let header = &block.header;
    let executed = |receipt: &Receipt| ExecutedInfo {
        id: receipt.id,
        failed: receipt.failure().map(|(_, failure)| failure.kind().to_owned()),
    };
    BlockInfo {
        height: header.height,
        hash,
        parent: header.parent,
        view: header.view,
        epoch: header.epoch,
        timestamp: header.timestamp,
        proposer: header.proposer,
        state_root: header.state_root,
        receipts_root: header.receipts_root,
        batches: block.batches.to_vec(),
        transactions: receipts.iter().map(executed).collect(),
    }
}

/// Where a receipt is.
pub(super) fn place(pointer: ReceiptPointer) -> ReceiptPlace {
    ReceiptPlace { height: pointer.height, index: pointer.index }
}

/// A receipt.
pub(super) fn receipt_info(at: ReceiptPointer, block: Hash, timestamp: Timestamp, receipt: &Receipt) -> ReceiptInfo {
    let failure = receipt.failure().map(|(instruction, failure)| FailureInfo {
        instruction,
        kind: failure.kind().to_owned(),
        reason: failure.to_string(),
    });
    let previous = |link: &vm::Link| PreviousReceipt { account: link.account, place: link.previous.map(place) };
    ReceiptInfo {
        id: receipt.id,
        place: place(at),
        block,
        timestamp,
        failure,
        previous: receipt.links.iter().map(previous).collect(),
    }
}

/// The status of an executed transaction.
pub(super) fn executed(receipt: ReceiptInfo) -> TransactionStatus {
    match receipt.failure.clone() {
        None => TransactionStatus::Final { receipt },
        Some(FailureInfo { kind, reason, .. }) => TransactionStatus::Failed { kind, reason, receipt },
    }
}

/// The status of a transaction that block time has passed by.
pub(super) fn expired(id: &TransactionId) -> TransactionStatus {
    TransactionStatus::Expired { valid_until: id.deadline() }
}

/// The peers of this validator.
pub(super) fn peers(network: &crate::network::Network) -> Vec<rpc::PeerInfo> {
    let info = |peer: crate::network::PeerStatus| {
        let lanes = [&peer.lanes.votes, &peer.lanes.batches];
        let sum = |pick: fn(&crate::network::LaneStatus) -> u64| lanes.iter().map(|lane| pick(lane)).sum();
        rpc::PeerInfo {
            index: types::ValidatorIndex(peer.index),
            name: peer.name,
            peer_id: peer.peer_id,
            address: peer.address,
            connected: peer.lanes.votes.connected,
            bytes_sent: sum(|lane| lane.sent.bytes),
            bytes_received: sum(|lane| lane.received.bytes),
            dropped: sum(|lane| lane.dropped.frames),
        }
    };
    network.peers().into_iter().map(info).collect()
}
