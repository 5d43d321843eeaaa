//! The ledger written as plainly as possible: maps that are copied for each transaction, roots made from scratch.

use std::collections::{BTreeMap, BTreeSet};

use types::codec::encode;
use types::{
    Address, Amount, AssetId, AuthorizedTransaction, Deadline, Domain, Hash, Height, Instruction, Timestamp,
    TransactionId,
};
use vm::{Asset, BlockContext, Failure, Link, Outcome, Receipt, ReceiptPointer, Skipped};

use crate::bank::{ALICE, BOB, DOLLAR, DOLLAR_ISSUER, ISSUER, MAX_VALID_SECONDS, PARAMETERS, WON, address, ledger};
use crate::council_model::CouncilModel;
use crate::registry_model::RegistryModel;

#[derive(Clone)]
pub(crate) struct Model {
    /// In the order of their creation.
    accounts: Vec<Address>,
    balances: BTreeMap<(Address, AssetId), u128>,
    latest: BTreeMap<Address, ReceiptPointer>,
    assets: Vec<Asset>,
    executed: BTreeMap<TransactionId, ReceiptPointer>,
    /// For each block what it executed, oldest first.
    blocks: Vec<(Height, Vec<TransactionId>)>,
    now: Timestamp,
    pub(crate) council: CouncilModel,
    pub(crate) registry: RegistryModel,
}

pub(crate) struct ModelBlock {
    pub(crate) receipts: Vec<(Outcome, Vec<Link>)>,
    pub(crate) skipped: Skipped,
}

impl Model {
    /// As [`ledger`] is.
    pub(crate) fn new() -> Self {
        let (alice, bob, issuer) = (address(ALICE), address(BOB), address(ISSUER));
        Self {
            accounts: vec![alice, bob, issuer, address(DOLLAR_ISSUER)],
            balances: [((alice, WON), 1_000), ((alice, DOLLAR), 5), ((bob, WON), 50), ((issuer, WON), 200)].into(),
            latest: BTreeMap::new(),
            assets: ledger().assets().to_vec(),
            executed: BTreeMap::new(),
            blocks: Vec::new(),
            now: Timestamp(0),
            council: CouncilModel::new(),
            registry: RegistryModel::default(),
        }
    }

    pub(crate) fn balance(&self, account: Address, asset: AssetId) -> u128 {
        self.balances.get(&(account, asset)).copied().unwrap_or(0)
    }

    pub(crate) fn accounts(&self) -> &[Address] {
        &self.accounts
    }

    pub(crate) fn block(&mut self, context: BlockContext, transactions: &[AuthorizedTransaction]) -> ModelBlock {
        let mut block = ModelBlock { receipts: Vec::new(), skipped: Skipped::default() };
        self.now = context.timestamp;
        let second = self.now.0 / 1_000;
        let mut ids = Vec::new();
        for transaction in transactions {
            let deadline = u64::from(transaction.payload().valid_until.0);
            if deadline < second {
                block.skipped.expired += 1;
            } else if deadline > second + u64::from(MAX_VALID_SECONDS) {
                block.skipped.too_far += 1;
            } else if self.executed.contains_key(&transaction.id()) {
                block.skipped.already_executed += 1;
            } else {
                let at = ReceiptPointer { height: context.height, index: ids.len() as u32 };
                ids.push(transaction.id());
                block.receipts.push(self.transaction(transaction, at));
                self.executed.insert(transaction.id(), at);
            }
        }
        self.council.end_block(self.now);
        self.registry.end_block();
        self.blocks.push((context.height, ids));
        block
    }

    fn transaction(&mut self, transaction: &AuthorizedTransaction, at: ReceiptPointer) -> (Outcome, Vec<Link>) {
        let payer = transaction.payload().payer;
        let mut after = self.clone();
        let has_account = self.accounts.contains(&payer);
        let mut touched = if has_account { vec![payer] } else { vec![] };
        let mut outcome = Outcome::Succeeded;
        let mut has_approved = false;
        for (instruction, number) in transaction.payload().instructions.iter().zip(0..) {
            let approves = matches!(instruction, Instruction::ApproveValidators { .. });
            let result = match approves && std::mem::replace(&mut has_approved, true) {
                true => Err(Failure::SecondApproval),
                false => after.instruction(payer, instruction),
            };
            match result {
                Ok(receiver) => touched.extend(receiver),
                Err(failure) => {
                    outcome = Outcome::Failed { instruction: number, failure };
                    break;
                }
            }
        }
        if outcome == Outcome::Succeeded {
            *self = after;
        } else {
            touched.truncate(usize::from(has_account));
        }
        let mut seen = BTreeSet::new();
        touched.retain(|account| seen.insert(*account));
        let links = touched.into_iter().map(|account| Link { account, previous: self.latest.insert(account, at) });
        let links = links.collect();
        (outcome, links)
    }

    fn instruction(&mut self, payer: Address, instruction: &Instruction) -> Result<Option<Address>, Failure> {
        let (asset, amount, mints, burns, to) = match instruction {
            Instruction::Mint { asset, to, amount } => (*asset, *amount, true, false, Some(*to)),
            Instruction::Burn { asset, amount } => (*asset, *amount, false, true, None),
            Instruction::Transfer { asset, to, amount, .. } => (*asset, *amount, false, false, Some(*to)),
            Instruction::ApproveValidators { epoch, changes } => {
                return self.council.approve(payer, *epoch, changes, self.now).map(|()| None);
            }
            Instruction::RegisterMerchant { .. }
            | Instruction::UpdateMerchant { .. }
            | Instruction::CloseMerchant { .. } => {
                return self.registry.change(payer, instruction).map(|()| None);
            }
            Instruction::DeployProgram(_)
            | Instruction::CallProgram(_)
            | Instruction::Issuance(_)
            | Instruction::Compliance(_)
            | Instruction::Payment(_)
            | Instruction::SetKeys { .. }
            | Instruction::GrantSession { .. }
            | Instruction::RevokeSession { .. } => unreachable!("these have a model of their own"),
        };
        if !self.accounts.contains(&payer) {
            return Err(Failure::UnknownAccount);
        }
        let Some(record) = self.assets.get(asset.0 as usize) else { return Err(Failure::UnknownAsset { asset }) };
        if (mints || burns) && record.issuer != payer {
            return Err(Failure::NotIssuer { asset });
        }
        if amount.0 == 0 {
            return Err(Failure::ZeroAmount);
        }
        let balance = self.balance(payer, asset);
        if !mints && balance < amount.0 {
            return Err(Failure::Overdraft { asset, balance: Amount(balance), needed: amount });
        }
        if mints && record.supply.0.checked_add(amount.0).is_none() {
            return Err(Failure::SupplyOverflow { asset });
        }
        if !mints {
            self.balances.insert((payer, asset), balance - amount.0);
        }
        if let Some(to) = to {
            if !self.accounts.contains(&to) {
                self.accounts.push(to);
            }
            *self.balances.entry((to, asset)).or_default() += amount.0;
        }
        let supply = &mut self.assets[asset.0 as usize].supply.0;
        *supply = *supply + if mints { amount.0 } else { 0 } - if burns { amount.0 } else { 0 };
        Ok(to)
    }

    pub(crate) fn state_root(&self) -> Hash {
        let leaf = |account: &Address| {
            let held: Vec<(AssetId, Amount)> = (self.balances.iter())
                .filter(|((holder, _), amount)| holder == account && **amount > 0)
                .map(|((_, asset), amount)| (*asset, Amount(*amount)))
                .collect();
            Hash::of(Domain::Account, &encode(&(*account, held, self.latest.get(account).copied(), 0u8)))
        };
        let leaves: Vec<Hash> = self.accounts.iter().map(leaf).collect();
        let accounts = (leaves.len() as u32, merkle(&leaves, leaves.len().next_power_of_two()));
        let open: Vec<(Deadline, Hash)> = self.open();
        Hash::of(
            Domain::State,
            &encode(&(
                *b"baro ledger v3",
                (PARAMETERS.max_valid_seconds, PARAMETERS.validator_notice_millis, None::<u8>),
                (accounts.1, accounts.0),
                self.registry.root(),
                Hash::of(Domain::Asset, &encode(&self.assets)),
                self.council.hash(),
                Hash::of(Domain::State, &encode(&(*b"baro replay v1", open))),
                self.executed.len() as u64,
                self.closed(),
            )),
        )
    }

    /// The hash of the seconds that have passed.
    fn closed(&self) -> Hash {
        let mut seconds: BTreeMap<Deadline, Vec<(TransactionId, ReceiptPointer)>> = BTreeMap::new();
        for (id, at) in self.executed.iter().filter(|(id, _)| u64::from(id.deadline().0) < self.now.0 / 1_000) {
            seconds.entry(id.deadline()).or_default().push((*id, *at));
        }
        let (mut previous, mut leaves) = (None, Vec::new());
        for (second, ids) in seconds {
            let ids: Vec<Hash> =
                ids.iter().map(|entry| Hash::of(Domain::State, &encode(&(*b"baro id v1", *entry)))).collect();
            let leaf = (*b"baro second v1", previous, second, list_root(&ids));
            leaves.push(Hash::of(Domain::State, &encode(&leaf)));
            previous = Some(second);
        }
        let (mut peaks, mut rest) = (Vec::new(), &leaves[..]);
        while !rest.is_empty() {
            let width = 1 << rest.len().ilog2();
            peaks.push(merkle(&rest[..width], width));
            rest = &rest[width..];
        }
        Hash::of(Domain::State, &encode(&(*b"baro closed v1", leaves.len() as u32, previous, peaks)))
    }

    /// What became of an id.
    pub(crate) fn executed(&self, id: &TransactionId) -> Option<ReceiptPointer> {
        self.executed.get(id).copied()
    }

    fn open(&self) -> Vec<(Deadline, Hash)> {
        let deadlines: BTreeSet<Deadline> = self.executed.keys().map(TransactionId::deadline).collect();
        let chain = |deadline: Deadline| {
            let mut chain = Hash::ZERO;
            for (height, ids) in &self.blocks {
                let of_second = |(_, id): &(u32, TransactionId)| id.deadline() == deadline;
                let ids: Vec<(TransactionId, u32)> =
                    (0..).zip(ids.iter().copied()).filter(of_second).map(|(index, id)| (id, index)).collect();
                if !ids.is_empty() {
                    chain = Hash::of(Domain::State, &encode(&(*b"baro executed v1", chain, *height, ids)));
                }
            }
            (deadline, chain)
        };
        deadlines.into_iter().filter(|deadline| u64::from(deadline.0) >= self.now.0 / 1_000).map(chain).collect()
    }
}

/// The root over `leaves` and as many zeros as make `width`, a power of two.
pub(crate) fn merkle(leaves: &[Hash], width: usize) -> Hash {
    match width {
        1 => leaves.first().copied().unwrap_or(Hash::ZERO),
        _ => {
            let middle = leaves.len().min(width / 2);
            Hash::node(&merkle(&leaves[..middle], width / 2), &merkle(&leaves[middle..], width / 2))
        }
    }
}

/// The receipts root made from scratch.
pub(crate) fn receipts_root(receipts: &[Receipt]) -> Hash {
    if receipts.is_empty() {
        return Hash::ZERO;
    }
    let leaf = |receipt: &Receipt| {
        let links: Vec<Link> = receipt.links.to_vec();
        Hash::of(
            Domain::Receipt,
            &encode(&(receipt.id, receipt.outcome.clone(), receipt.fee, links, receipt.results.to_vec())),
        )
    };
    list_root(&receipts.iter().map(leaf).collect::<Vec<_>>())
}

/// The root over a list, with its length bound in.
fn list_root(leaves: &[Hash]) -> Hash {
    let mut count = [0; 32];
    count[..8].copy_from_slice(&(leaves.len() as u64).to_le_bytes());
    Hash::node(&merkle(leaves, leaves.len().next_power_of_two()), &Hash(count))
}
