//! The registry of merchants written as plainly as possible.

use std::collections::BTreeMap;

use types::codec::encode;
use types::{Address, Domain, Hash, Instruction, Merchant, MerchantField};
use vm::Failure;

use crate::bank::{ISSUER, address};
use crate::model::merkle;

#[derive(Clone, Default)]
pub(crate) struct RegistryModel {
    pub(crate) merchants: BTreeMap<Address, Merchant>,
    /// Who has which slot since the latest block.
    slots: Vec<Option<Address>>,
}

impl RegistryModel {
    pub(crate) fn change(&mut self, payer: Address, instruction: &Instruction) -> Result<(), Failure> {
        if payer != address(ISSUER) {
            return Err(Failure::NotRegistrar);
        }
        match instruction.clone() {
            Instruction::RegisterMerchant { merchant, .. } if self.merchants.contains_key(&merchant) => {
                Err(Failure::MerchantExists { merchant })
            }
            Instruction::UpdateMerchant { merchant, .. } | Instruction::CloseMerchant { merchant }
                if !self.merchants.contains_key(&merchant) =>
            {
                Err(Failure::UnknownMerchant { merchant })
            }
            Instruction::RegisterMerchant { merchant, entry } | Instruction::UpdateMerchant { merchant, entry } => {
                // The only fault that these tests' random entries have.
                if entry.name.is_empty() {
                    return Err(Failure::MalformedMerchant { merchant, field: MerchantField::Name });
                }
                self.merchants.insert(merchant, *entry);
                Ok(())
            }
            Instruction::CloseMerchant { merchant } => {
                self.merchants.remove(&merchant);
                Ok(())
            }
            other => panic!("{other:?} is none of the registry's"),
        }
    }

    /// Empties the slots of closed merchants, then gives each new one the first empty slot.
    pub(crate) fn end_block(&mut self) {
        for slot in &mut self.slots {
            *slot = slot.filter(|merchant| self.merchants.contains_key(merchant));
        }
        for merchant in self.merchants.keys() {
            if self.slots.contains(&Some(*merchant)) {
                continue;
            }
            match self.slots.iter_mut().find(|slot| slot.is_none()) {
                Some(slot) => *slot = Some(*merchant),
                None => self.slots.push(Some(*merchant)),
            }
        }
    }

    /// The root over all slots, and their number.
    pub(crate) fn root(&self) -> (Hash, u32) {
        let leaf = |merchant: &Address| {
            // A merchant is the first kind of key and the first kind of record.
            Hash::of(Domain::Record, &encode(&(0u32, *merchant, 0u32, self.merchants[merchant].clone())))
        };
        let leaves: Vec<Hash> = self.slots.iter().map(|slot| slot.as_ref().map_or(Hash::ZERO, leaf)).collect();
        (merkle(&leaves, leaves.len().next_power_of_two()), leaves.len() as u32)
    }
}
