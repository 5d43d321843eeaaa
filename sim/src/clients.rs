//! Clients: they pay, now and then badly, send to several validators, and send again after a silence.

use std::collections::BTreeMap;

use replica::{FinalizedBlock, SubmitError};
use types::codec::{Bounded, Text, encode};
use types::{
    Address, Amount, AssetId, Authorization, ChainTag, Deadline, Height, Instruction, Payload, SecretKey, Timestamp,
    Transaction, TransactionId, ValidatorChange,
};

use vm::Changes;

use crate::address::name_of;
use crate::chain::Chain;
use crate::random::Random;
use crate::time::{GENESIS_MILLIS, MILLIS, SECONDS};
use crate::{MachineId, Micros};

/// What a client hands in.
struct Payment {
    bytes: Vec<u8>,
    id: TransactionId,
    /// True if no validator may ever admit it.
    is_forged: bool,
    /// The client asks no more after this time.
    patience: Micros,
}

pub(crate) struct Clients {
    payments: Vec<Payment>,
    /// What was signed by its payer, by id.
    signed: BTreeMap<TransactionId, Payload>,
    /// Where payments were executed, as the first validator reported it.
    executed: BTreeMap<TransactionId, Height>,
    tickets: BTreeMap<u64, usize>,
    salt: u64,
    random: Random,
}

/// The ways in which a payment can be bad.
enum Flaw {
    None,
    Overdraft,
    Zero,
    Mint,
    UnknownAsset,
    Expired,
    TooFar,
    Signature,
    OtherChain,
    Garbage,
    Approval,
}

impl Clients {
    pub(crate) fn new(random: Random) -> Self {
        let (signed, executed, tickets) = Default::default();
        Self { payments: Vec::new(), signed, executed, tickets, salt: 0, random }
    }

    /// Payments for a run, each with the time at which it is first sent.
    pub(crate) fn plan(&mut self, chain: &Chain, count: u64, until: Micros) -> Vec<(Micros, usize)> {
        (0..count)
            .map(|_| {
                let at = self.random.between(100 * MILLIS, until);
                let flaw = match self.random.below(24) {
                    0 => Flaw::Overdraft,
                    1 => Flaw::Zero,
                    2 => Flaw::UnknownAsset,
                    3 => Flaw::Expired,
                    4 => Flaw::TooFar,
                    5 => Flaw::Signature,
                    6 => Flaw::OtherChain,
                    7 => Flaw::Garbage,
                    8 => Flaw::Mint,
                    9 => Flaw::Approval,
                    _ => Flaw::None,
                };
                let payer = self.random.pick(&chain.payers[1..]).clone();
                (at, self.make(chain, &payer, at, flaw))
            })
            .collect()
    }

    /// A payment that nothing speaks against, at this time.
    pub(crate) fn good_payment(&mut self, chain: &Chain, at: Micros) -> usize {
        self.salt += 1;
        let seconds = chain.genesis.spec().parameters.max_valid_seconds;
        let payload = self.payload_of(chain, &chain.payers[0], at, seconds, AssetId(0), Amount(1));
        self.keep(Transaction::sign(payload, &chain.payers[0], &chain.genesis.hash()), chain, false, seconds, at)
    }

    /// A validator's approval of a change of the validator set.
    pub(crate) fn approval(&mut self, chain: &Chain, by: &SecretKey, changes: &Changes, at: Micros) -> usize {
        self.salt += 1;
        let seconds = 10;
        let mut payload = self.payload_of(chain, by, at, seconds, AssetId(0), Amount(0));
        let approve = Instruction::ApproveValidators { epoch: chain.newest().epoch, changes: changes.clone() };
        payload.instructions = Bounded::new(vec![approve]).unwrap_or_default();
        self.keep(Transaction::sign(payload, by, &chain.genesis.hash()), chain, false, seconds, at)
    }

    fn make(&mut self, chain: &Chain, payer: &SecretKey, at: Micros, flaw: Flaw) -> usize {
        self.salt += 1;
        let seconds = match flaw {
            Flaw::TooFar => 10_000,
            // Below a minute.
            _ => self.random.between(1, 14) as u32,
        };
        let asset = AssetId(u32::from(matches!(flaw, Flaw::UnknownAsset)) * 9);
        let amount = match flaw {
            Flaw::Overdraft => Amount(1_000_000),
            Flaw::Zero => Amount(0),
            _ => Amount(u128::from(self.random.between(1, 300))),
        };
        let mut payload = self.payload_of(chain, payer, at, seconds, asset, amount);
        if matches!(flaw, Flaw::Expired) {
            payload.valid_until = Deadline(payload.valid_until.0.saturating_sub(60));
        }
        if matches!(flaw, Flaw::Mint) {
            let mint = Instruction::Mint { asset, to: payload.payer, amount };
            payload.instructions = Bounded::new(vec![mint]).unwrap_or_default();
        }
        if matches!(flaw, Flaw::Approval) {
            let changes = Bounded::new(vec![ValidatorChange::Remove(name_of(MachineId(0)))]).unwrap_or_default();
            let approve = Instruction::ApproveValidators { epoch: chain.newest().epoch, changes };
            payload.instructions = Bounded::new(vec![approve]).unwrap_or_default();
        }
        if matches!(flaw, Flaw::OtherChain) {
            payload.chain = ChainTag([9; 8]);
        }
        let mut transaction = Transaction::sign(payload, payer, &chain.genesis.hash());
        if matches!(flaw, Flaw::Signature) {
            let mut signatures = transaction.authorization.signatures().to_vec();
            signatures.iter_mut().for_each(|signature| signature.signature.0[7] ^= 4);
            transaction.authorization = Authorization::new(signatures).expect("as many as before");
        }
        let is_forged = matches!(flaw, Flaw::Signature | Flaw::OtherChain | Flaw::Garbage);
        let number = self.keep(transaction, chain, is_forged, seconds, at);
        if matches!(flaw, Flaw::Garbage) {
            self.payments[number].bytes.truncate(50);
        }
        number
    }

    fn payload_of(
        &mut self,
        chain: &Chain,
        payer: &SecretKey,
        at: Micros,
        seconds: u32,
        asset: AssetId,
        amount: Amount,
    ) -> Payload {
        let now = Timestamp(GENESIS_MILLIS + at / MILLIS);
        let to = match self.random.below(3) {
            // Two hundred accounts that may come into being.
            0 => Address([self.random.below(200) as u8; 20]),
            _ => Address::of(&self.random.pick(&chain.payers).public()),
        };
        let (memo, reference) = (Text::default(), Text::default());
        let transfer = Instruction::Transfer { asset, to, amount, memo, reference };
        Payload {
            chain: ChainTag::of(&chain.genesis.hash()),
            payer: Address::of(&payer.public()),
            valid_until: Deadline::after(now, seconds),
            salt: self.salt,
            instructions: Bounded::new(vec![transfer]).unwrap_or_default(),
        }
    }

    fn keep(&mut self, transaction: Transaction, chain: &Chain, is_forged: bool, seconds: u32, at: Micros) -> usize {
        let id = transaction.payload.id(&chain.genesis.hash());
        if !is_forged {
            self.signed.insert(id, transaction.payload.clone());
        }
        let patience = at + u64::from(seconds.min(30) + 3) * SECONDS;
        self.payments.push(Payment { bytes: encode(&transaction), id, is_forged, patience });
        self.payments.len() - 1
    }

    /// What the payer signed under this id, if any payer did.
    pub(crate) fn payload(&self, id: &TransactionId) -> Option<&Payload> {
        self.signed.get(id)
    }

    /// The bytes to send, with a new ticket; none once the client need not or cannot hope any more.
    pub(crate) fn send(&mut self, payment: usize, now: Micros) -> Option<(u64, Vec<u8>)> {
        let Payment { bytes, id, patience, .. } = &self.payments[payment];
        if self.executed.contains_key(id) || now > *patience {
            return None;
        }
        // As many tickets as fit in memory.
        let ticket = self.tickets.len() as u64;
        self.tickets.insert(ticket, payment);
        Some((ticket, bytes.clone()))
    }

    /// How long a client waits before it sends again.
    pub(crate) fn silence(&mut self) -> Micros {
        self.random.between(800 * MILLIS, 3 * SECONDS)
    }

    /// Where to send: one validator or two of so many.
    pub(crate) fn destinations(&mut self, size: usize) -> Vec<usize> {
        let first = self.random.index(size);
        let second = self.random.index(size);
        if second == first || self.random.chance(600) { vec![first] } else { vec![first, second] }
    }

    /// A validator answers. An error if it admits what nobody signed.
    pub(crate) fn answered(&self, ticket: u64, results: &[Result<TransactionId, SubmitError>]) -> Result<(), String> {
        let Some(payment) = self.tickets.get(&ticket).map(|payment| &self.payments[*payment]) else { return Ok(()) };
        match results {
            [Ok(_)] if payment.is_forged => Err(format!("admits {}, which its payer has not signed", payment.id)),
            [Ok(id)] if *id != payment.id => Err(format!("takes {} for {id}", payment.id)),
            [_] => Ok(()),
            _ => Err(format!("answers {} times to one payment", results.len())),
        }
    }

    /// A validator reports a block.
    pub(crate) fn finalized(&mut self, block: &FinalizedBlock) {
        for receipt in &block.receipts {
            self.executed.entry(receipt.id).or_insert(block.block.header.height);
        }
    }

    /// The height at which a payment was executed.
    pub(crate) fn height_of(&self, payment: usize) -> Option<Height> {
        self.executed.get(&self.payments[payment].id).copied()
    }

    /// How many payments were executed.
    pub(crate) fn executed(&self) -> usize {
        self.executed.len()
    }
}
