//! A path that is ready to be taken, by those who may take it or by others.

use types::{AccountSecret, Address, Instruction, KeyKind, Origin, Sponsorship, Timestamp, Transaction};
use vm::{Record, RecordKey};

use super::path::Path;
use crate::authority::{alices, secret};
use crate::bank::{BOB, CHAIN, address, key};
use crate::desk::{CAROL, Desk, Stop};

/// A path that is ready to be taken.
#[derive(Clone)]
pub(super) struct Taken {
    pub(super) payer: u8,
    pub(super) instructions: Vec<Instruction>,
    /// Whose money it is.
    pub(super) sender: Option<Address>,
    pub(super) receiver: Option<Address>,
    pub(super) redemption: Option<Origin>,
    /// Whose keys sign for the payer.
    pub(super) signers: Vec<AccountSecret>,
    /// Who pays the fee if not the payer, and the key that signs for it.
    pub(super) sponsor: Option<(Address, AccountSecret)>,
}

impl Taken {
    pub(super) fn new(payer: u8, instruction: Instruction) -> Self {
        Self {
            payer,
            instructions: vec![instruction],
            sender: None,
            receiver: None,
            redemption: None,
            signers: vec![key(payer).into()],
            sponsor: None,
        }
    }

    pub(super) fn from(self, sender: Address) -> Self {
        Self { sender: Some(sender), ..self }
    }

    pub(super) fn to(self, receiver: Address) -> Self {
        Self { receiver: Some(receiver), ..self }
    }

    /// The same by somebody who may not.
    pub(super) fn by_another(self, path: Path) -> Self {
        let [_, _, manages, _] = alices();
        match path {
            // A key without a session, and one that only manages.
            Path::SessionTransfer => Self { signers: vec![secret(KeyKind::P256, 91)], ..self },
            Path::SeveralKeysTransfer => Self { signers: vec![manages], ..self },
            Path::FeeBySponsor => {
                let sponsor = self.sponsor.map(|(sponsor, _)| (sponsor, key(BOB).into()));
                Self { sponsor, ..self }
            }
            _ => Self { payer: CAROL, signers: vec![key(CAROL).into()], ..self },
        }
    }

    /// A block with just this.
    pub(super) fn runs(&self, desk: &mut Desk) -> Result<Origin, Stop> {
        let payload = desk.drafts(self.payer, self.instructions.clone());
        let id = payload.id(&CHAIN);
        let signers: Vec<&AccountSecret> = self.signers.iter().collect();
        let transaction = Transaction::sign_with(payload, &signers, &CHAIN).unwrap();
        desk.takes(match &self.sponsor {
            None => transaction,
            Some((sponsor, secret)) => {
                transaction.sponsored(Sponsorship::sign(*sponsor, &id, &[secret], &CHAIN).unwrap())
            }
        })
    }

    /// Whoever a tier could limit as a sender.
    pub(super) fn tiered_sender(&self) -> Address {
        self.sender.unwrap_or(address(self.payer))
    }

    /// The last moment of the redemption.
    pub(super) fn deadline(&self, desk: &Desk) -> Timestamp {
        match desk.ledger.record(&RecordKey::Redemption(self.redemption.unwrap())) {
            Some(Record::Redemption(redemption)) => redemption.deadline,
            other => panic!("{other:?}"),
        }
    }
}
