//! What the ledger's records say, in their JSON form.

use std::ops::Bound;

use replica::Replica;
use rpc::{
    AssetDetails, AssetInfo, AttestationInfo, FreezeInfo, HolderInfo, KeysInfo, MerchantInfo, OrderInfo, ParkedInfo,
    PolicyInfo, ProposalInfo, RedemptionInfo, SanctionInfo, SanctionListInfo, SessionInfo,
};
use types::{Address, Amount, AssetId, ListId, OrderId, Origin, PolicyId, Role, TransactionId};
use vm::{Freeze, Ledger, Order, Record, RecordKey};

/// The most entries of a list in one answer.
const MAX_ENTRIES: usize = 1_000;

/// The most entries of a sanction list in one answer.
const MAX_SANCTIONS: usize = 10_000;

const FIRST: Origin = Origin { transaction: TransactionId([0; 32]), instruction: 0 };
const LAST: Origin = Origin { transaction: TransactionId([0xff; 32]), instruction: u32::MAX };

/// What an asset is.
pub(super) fn asset_info(id: AssetId, asset: &vm::Asset) -> AssetInfo {
    let symbol = asset.symbol.to_string();
    AssetInfo { id, symbol, decimals: asset.decimals, issuer: asset.issuer, supply: asset.supply }
}

/// Everything that holds for an asset.
pub(super) fn asset(replica: &Replica, id: AssetId) -> Option<AssetDetails> {
    let (ledger, tip) = (replica.ledger(), replica.tip());
    let asset = ledger.asset(id)?;
    let controls = &asset.controls;
    let attestation = |attestation: vm::Attestation| AttestationInfo {
        reserve: attestation.reserve,
        as_of: attestation.as_of,
        document: attestation.document,
    };
    let proposals = ledger.records(RecordKey::Proposal(FIRST)..=RecordKey::Proposal(LAST));
    let proposals = proposals.filter_map(|(key, record)| match (key, record) {
        (RecordKey::Proposal(origin), Record::Proposal(proposal)) if proposal.asset == id => Some(ProposalInfo {
            proposal: *origin,
            action: proposal.action.clone(),
            proposer: proposal.proposer,
            until: proposal.until,
        }),
        _ => None,
    });
    let redemptions = ledger.records(RecordKey::Redemption(FIRST)..=RecordKey::Redemption(LAST));
    let redemptions = redemptions.filter_map(|(key, record)| match (key, record) {
        (RecordKey::Redemption(origin), Record::Redemption(redemption)) if redemption.asset == id => {
            Some(RedemptionInfo {
                redemption: *origin,
                owner: redemption.owner,
                amount: redemption.amount,
                payout: redemption.payout.to_string(),
                deadline: redemption.deadline,
                paid_out: redemption.paid_out.as_ref().map(|reference| reference.to_string()),
            })
        }
        _ => None,
    });
    Some(AssetDetails {
        asset: asset_info(id, asset),
        roles: controls.roles,
        supply_cap: controls.supply_cap,
        reserve: controls.reserve.map(attestation),
        paused: controls.paused,
        policy: controls.policy,
        redemption_seconds: controls.redemption_seconds,
        proposals: proposals.take(MAX_ENTRIES).collect(),
        redemptions: redemptions.take(MAX_ENTRIES).collect(),
        height: tip.height,
        timestamp: tip.timestamp,
    })
}

/// What holds for a holder of an asset, if there is such an asset.
pub(super) fn holder(replica: &Replica, address: Address, asset: AssetId) -> Option<HolderInfo> {
    let (ledger, tip) = (replica.ledger(), replica.tip());
    ledger.asset(asset)?;
    let standing = ledger.standing(&address, asset, tip.height.next());
    let senders =
        RecordKey::Parked(asset, address, Address([0; 20]))..=RecordKey::Parked(asset, address, Address([0xff; 20]));
    let parked = ledger.records(senders).filter_map(|(key, record)| match (key, record) {
        (RecordKey::Parked(_, _, sender), Record::Parked(parked)) => {
            Some(ParkedInfo { sender: *sender, amount: parked.amount, since: parked.since })
        }
        _ => None,
    });
    let usage = match ledger.record(&RecordKey::Usage(asset, address)) {
        Some(Record::Usage(usage)) => usage.sum(tip.timestamp),
        _ => Amount::ZERO,
    };
    Some(HolderInfo {
        address,
        asset,
        balance: ledger.account(&address).map_or(Amount::ZERO, |account| account.balance(asset)),
        frozen: standing.frozen.map(|Freeze { extent, case }| FreezeInfo { extent, case: case.to_string() }),
        sanctioned: standing.sanctioned,
        limits: standing.limits,
        paid_lately: usage,
        parked: parked.take(MAX_ENTRIES).collect(),
        height: tip.height,
    })
}

/// What opens an account.
pub(super) fn keys(replica: &Replica, address: Address) -> KeysInfo {
    let ledger = replica.ledger();
    let policy = match ledger.record(&RecordKey::KeyPolicy(address)) {
        Some(Record::KeyPolicy(policy)) => Some(policy.clone()),
        _ => None,
    };
    let range = RecordKey::Session(address, Address([0; 20]))..=RecordKey::Session(address, Address([0xff; 20]));
    let sessions = ledger.records(range).filter_map(|(_, record)| match record {
        Record::Session(session) => {
            let vm::Session { key, grant, spent } = (**session).clone();
            Some(SessionInfo { key, grant, spent })
        }
        _ => None,
    });
    KeysInfo { address, policy, sessions: sessions.collect(), height: replica.tip().height }
}

/// Who is compliance of an asset.
fn keeper(ledger: &Ledger, home: AssetId) -> Option<Address> {
    ledger.asset(home)?.holder(Role::Compliance)
}

/// The policy of a number.
pub(super) fn policy(ledger: &Ledger, policy: PolicyId) -> Option<PolicyInfo> {
    match ledger.record(&RecordKey::Policy(policy))? {
        Record::Policy(policy) => {
            Some(PolicyInfo { home: policy.home, keeper: keeper(ledger, policy.home), terms: policy.terms.clone() })
        }
        _ => None,
    }
}

/// The sanction list of a number.
pub(super) fn sanction_list(ledger: &Ledger, list: ListId) -> Option<SanctionListInfo> {
    let Record::SanctionList(newest) = ledger.record(&RecordKey::SanctionList(list))? else { return None };
    let range = RecordKey::Sanction(list, Address([0; 20]))..=RecordKey::Sanction(list, Address([0xff; 20]));
    let entries = ledger.records(range).filter_map(|(key, record)| match (key, record) {
        (RecordKey::Sanction(_, address), Record::Sanction(entry)) => {
            Some(SanctionInfo { address: *address, from: entry.from, until: entry.until })
        }
        _ => None,
    });
    let vm::SanctionList { home, version, effective } = *newest;
    let (keeper, entries) = (keeper(ledger, home), entries.take(MAX_SANCTIONS).collect());
    Some(SanctionListInfo { home, keeper, version, effective, entries })
}

/// A merchant's entry.
pub(super) fn merchant(ledger: &Ledger, address: Address) -> Option<MerchantInfo> {
    match ledger.record(&RecordKey::Merchant(address))? {
        Record::Merchant(entry) => Some(MerchantInfo { address, entry: entry.clone() }),
        _ => None,
    }
}

/// A merchant's order.
pub(super) fn order(ledger: &Ledger, merchant: Address, order: &OrderId) -> Option<OrderInfo> {
    match ledger.record(&RecordKey::Order(merchant, order.clone()))? {
        Record::Order(found) => Some(order_info(merchant, order, found)),
        _ => None,
    }
}

/// A merchant's orders after `after`.
pub(super) fn orders(ledger: &Ledger, merchant: Address, after: Option<OrderId>, limit: u32) -> Vec<OrderInfo> {
    let first = match after {
        Some(after) => Bound::Excluded(RecordKey::Order(merchant, after)),
        None => Bound::Included(RecordKey::Order(merchant, OrderId::default())),
    };
    let orders = ledger.records((first, Bound::Unbounded)).map_while(|(key, record)| match (key, record) {
        (RecordKey::Order(of, order), Record::Order(found)) if *of == merchant => {
            Some(order_info(merchant, order, found))
        }
        _ => None,
    });
    orders.take(MAX_ENTRIES.min(limit as usize)).collect()
}

fn order_info(merchant: Address, order: &OrderId, found: &Order) -> OrderInfo {
    let Order { asset, customer, held, paid, refunded, fee, vat, until, rule, origin } = *found;
    let order = order.to_string();
    OrderInfo { merchant, order, asset, customer, held, until, paid, refunded, fee, vat, rule, origin }
}
