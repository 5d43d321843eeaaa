use std::collections::BTreeMap;

use replica::FinalizedBlock;
use types::{Address, Amount, AssetId, Height, Instruction, Payload};

use super::{Checker, Seen, Verdict};
use crate::chain::FUNDS;

/// A second, simpler ledger comes to the same outcomes and balances, from what clients have signed.
#[derive(Default)]
pub(super) struct Books {
    balances: BTreeMap<Address, u128>,
    height: Height,
}

impl Books {
    /// True if the transfers of a payload take effect, all of them.
    fn execute(&mut self, payload: &Payload) -> bool {
        let mut after = self.balances.clone();
        for instruction in payload.instructions.iter() {
            let Instruction::Transfer { asset: AssetId(0), to, amount: Amount(amount @ 1..), .. } = *instruction else {
                return false;
            };
            match after.get_mut(&payload.payer) {
                Some(held) if *held >= amount => *held -= amount,
                _ => return false,
            }
            *after.entry(to).or_insert(0) += amount;
        }
        self.balances = after;
        true
    }
}

impl Checker for Books {
    fn name(&self) -> &'static str {
        "books"
    }

    fn finalized(&mut self, seen: &Seen<'_>, block: &FinalizedBlock) -> Verdict {
        if self.balances.is_empty() {
            let payers = seen.chain.payers.iter();
            self.balances = payers.map(|payer| (Address::of(&payer.public()), FUNDS)).collect();
        }
        let height = block.block.header.height;
        if height <= self.height {
            return Ok(());
        }
        self.height = height;
        for receipt in &block.receipts {
            let Some(payload) = seen.clients.payload(&receipt.id) else {
                return Err(format!("{} executes, which nobody has signed", receipt.id));
            };
            if payload.instructions.iter().any(|one| matches!(one, Instruction::ApproveValidators { .. })) {
                // It moves no money, whatever comes of it.
                let may = seen.chain.is_validator(block.block.header.epoch, &payload.payer);
                if !may && receipt.failure().is_none() {
                    return Err(format!("{} approves validators and is none", payload.payer));
                }
                continue;
            }
            let (succeeds, succeeded) = (self.execute(payload), receipt.failure().is_none());
            if succeeds != succeeded {
                return Err(format!("{} should have come out otherwise: {:?}", receipt.id, receipt.outcome));
            }
        }
        if seen.replica.tip().height == height {
            for (address, held) in &self.balances {
                let balance = seen.replica.ledger().account(address).map_or(0, |account| account.balance(AssetId(0)).0);
                if balance != *held {
                    return Err(format!("{address} holds {balance} after block {height} and should hold {held}"));
                }
            }
        }
        Ok(())
    }
}
