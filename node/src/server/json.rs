//! The ledger's values as the values of the interface.

use replica::FinalizedBlock;
use rpc::{
    ApprovalInfo, BlockInfo, ChangeInfo, ExecutedInfo, FailureInfo, FeeInfo, MemberInfo, PendingInfo, PreviousReceipt,
    ReceiptInfo, ReceiptPlace, TransactionStatus, ValidatorInfo, ValidatorsInfo,
};
use types::{Block, Hash, Header, Member, PublicKey, Timestamp, TransactionId};
use vm::{Approval, FeePaid, Ledger, Receipt, ReceiptPointer};

use super::programs;

/// The bytes that a client sent in hexadecimal form, with or without `0x`.
pub fn bytes_of(text: &rpc::HexBytes) -> Option<Vec<u8>> {
    hex::decode(text.0.strip_prefix("0x").unwrap_or(&text.0)).ok()
}

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
        in_program: programs::stopped(&receipt.outcome),
    });
    let previous = |link: &vm::Link| PreviousReceipt { account: link.account, place: link.previous.map(place) };
    ReceiptInfo {
        id: receipt.id,
        place: place(at),
        block,
        timestamp,
        failure,
        fee: receipt.fee.map(|FeePaid { by, asset, amount }| FeeInfo { by, asset, amount }),
        previous: receipt.links.iter().map(previous).collect(),
        calls: receipt.results.iter().map(programs::call).collect(),
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

/// The validators that the ledger lists after the block with this header.
pub(super) fn validators(ledger: &Ledger, tip: &Header) -> ValidatorsInfo {
    let council = ledger.council();
    let member = |member: &Member| MemberInfo { entry: member.into(), approval_address: member.approval_address() };
    let name = |key: PublicKey| {
        let member = council.members().iter().find(|member| member.key == key);
        member.map(|member| member.name.to_string()).unwrap_or_default()
    };
    let approval = |approval: &Approval| ApprovalInfo {
        by: approval.by,
        name: name(approval.by),
        changes: approval.changes.iter().map(ChangeInfo::from).collect(),
    };
    let pending = council.pending().map(|pending| PendingInfo {
        members: pending.members.iter().map(ValidatorInfo::from).collect(),
        effective: pending.effective,
    });
    ValidatorsInfo {
        epoch: council.epoch(),
        members: council.members().iter().map(member).collect(),
        // At most 64.
        quorum: council.quorum() as u32,
        notice_ms: ledger.parameters().validator_notice_millis,
        approvals: council.approvals().iter().map(approval).collect(),
        pending,
        height: tip.height,
        timestamp: tip.timestamp,
    }
}

/// The other validators.
pub(super) fn peers(network: &crate::network::Network) -> Vec<rpc::PeerInfo> {
    let info = |peer: crate::network::PeerStatus| {
        let lanes = [&peer.lanes.votes, &peer.lanes.batches];
        let sum = |pick: fn(&crate::network::LaneStatus) -> u64| lanes.iter().map(|lane| pick(lane)).sum();
        rpc::PeerInfo {
            name: peer.name,
            votes: peer.role == crate::network::Role::Validator,
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
