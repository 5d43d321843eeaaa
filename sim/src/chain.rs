//! The chain that a run is about: its validators, its payers, its genesis.

use std::collections::BTreeMap;

use genesis::{Account, Asset, ChainSpec, Genesis, Parameters, Validator};
use types::{
    Address, Amount, Committee, Epoch, Handover, Member, PublicKey, SecretKey, Timestamp, ValidatorIndex, Vote,
};

use crate::MachineId;
use crate::address::name_of;
use crate::time::GENESIS_MILLIS;

/// So many accounts pay.
const PAYERS: u8 = 4;

/// What each of them holds at genesis: little enough that some payments overdraw.
pub(crate) const FUNDS: u128 = 1_000;

pub(crate) struct Chain {
    pub(crate) genesis: Genesis,
    pub(crate) payers: Vec<SecretKey>,
    /// The committees that there have been, by epoch.
    committees: Vec<Committee>,
}

impl Chain {
    pub(crate) fn new(size: usize) -> Self {
        let payers: Vec<SecretKey> = (0..PAYERS).map(|index| SecretKey::from_seed([index + 100; 32])).collect();
        let validator = |machine: MachineId| Validator {
            name: format!("validator-{machine}"),
            key: name_of(machine),
            peer_id: format!("peer-{machine}"),
            address: address(machine),
        };
        let account = |payer: &SecretKey| Account {
            address: Address::of(&payer.public()),
            balances: BTreeMap::from([("KRW".to_owned(), Amount(FUNDS))]),
        };
        let spec = ChainSpec {
            chain_id: "simulation".to_owned(),
            timestamp: Timestamp(GENESIS_MILLIS),
            parameters: parameters(),
            // At most 16 validators.
            validators: (0..size as u16).map(MachineId).map(validator).collect(),
            assets: vec![Asset::new("KRW", 0, Address::of(&payers[0].public()))],
            accounts: payers.iter().map(account).collect(),
        };
        let genesis = spec.genesis().expect("the spec above is complete");
        let committees = vec![genesis.committee()];
        Self { genesis, payers, committees }
    }

    /// The newest committee that some honest machine knows.
    pub(crate) fn newest(&self) -> &Committee {
        &self.committees[self.committees.len() - 1]
    }

    /// The place of a validator in the committee of an epoch.
    pub(crate) fn index(&self, epoch: Epoch, key: &PublicKey) -> Option<ValidatorIndex> {
        let Epoch(number) = epoch;
        self.committees.get(usize::try_from(number).ok()?)?.index_of(key)
    }

    /// True for the account that speaks for a validator of the epoch.
    pub(crate) fn is_validator(&self, epoch: Epoch, account: &Address) -> bool {
        let committee = usize::try_from(epoch.0).ok().and_then(|number| self.committees.get(number));
        committee.is_some_and(|committee| committee.validators.keys().iter().any(|key| Address::of(key) == *account))
    }

    /// An honest machine knows the end of an epoch.
    pub(crate) fn handed_over(&mut self, handover: &Handover) {
        if handover.header.epoch == self.newest().epoch {
            let next = self.newest().next(handover.validators.clone());
            self.committees.push(next);
        }
    }

    /// Whose vote it is.
    pub(crate) fn signer(&self, vote: &Vote) -> Option<PublicKey> {
        let is_its = |committee: &&Committee| vote.clone().verify(committee).is_some();
        self.committees.iter().rev().find(is_its)?.key(vote.signer).copied()
    }
}

/// The entry of a machine in the list of validators.
pub(crate) fn member(machine: MachineId) -> Member {
    let (name, peer_id) = (format!("validator-{machine}"), format!("peer-{machine}"));
    Member::new(&name, name_of(machine), &peer_id, &address(machine)).expect("short texts")
}

fn address(machine: MachineId) -> String {
    format!("/ip4/127.0.0.1/tcp/{}", 9000 + machine.0)
}

/// Windows short enough that a run sees them close.
fn parameters() -> Parameters {
    Parameters {
        max_valid_seconds: 25,
        max_timeout_millis: 3_000,
        validator_notice_millis: 1_500,
        ..Parameters::default()
    }
}
