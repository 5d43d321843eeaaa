//! What a transaction says of programs: their deployment and their calls.

use bincode::{Decode, Encode};
use serde::Serialize;

use crate::codec::{Blob, Bounded, Text, encode};
use crate::{Address, Amount, AssetId, Domain, TransactionId};

/// The most bytes of a program. Every program that the machine accepts has fewer.
pub const MAX_PROGRAM_BYTES: usize = 26 << 10;

/// The most arguments of a call.
pub const MAX_CALL_ARGUMENTS: usize = 16;

/// The longest name of an entry point, in bytes.
pub const MAX_ENTRY_BYTES: usize = 32;

/// The arguments of a call: words of 32 bytes, as the machine's.
pub type CallArguments = Bounded<[u8; 32], MAX_CALL_ARGUMENTS>;

/// A program that is to be on the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct Deployment {
    /// The program as it was built.
    pub code: Blob<MAX_PROGRAM_BYTES>,
    /// The arguments of its entry point `init`; none where it has no such entry point.
    #[serde(serialize_with = "crate::json::words")]
    pub args: CallArguments,
    /// The most gas that `init` may use.
    pub gas_limit: u64,
}

/// A call of a program.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
pub struct ProgramCall {
    /// The program's address.
    pub program: Address,
    /// The name of the entry point.
    pub entry: Text<MAX_ENTRY_BYTES>,
    /// The arguments.
    #[serde(serialize_with = "crate::json::words")]
    pub args: CallArguments,
    /// What comes with the call, from the payer's account.
    pub attach: Option<(AssetId, Amount)>,
    /// The most gas that the call may use.
    pub gas_limit: u64,
}

impl Address {
    /// The address of the program that `deployer` deploys with the instruction of this number (from zero) of the
    /// transaction `id`. It is a hash under a domain of its own: no key and no other deployment has it, and nothing that
    /// the transaction itself says can depend on it.
    pub fn of_program(deployer: &Address, id: &TransactionId, instruction: u32) -> Address {
        Address::derived(Domain::ProgramAddress, &encode(&(*deployer, *id, instruction)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_deployment_has_its_own_address() {
        let (deployer, id) = (Address([1; 20]), TransactionId([2; 32]));
        let first = Address::of_program(&deployer, &id, 0);
        assert_eq!(first, Address::of_program(&deployer, &id, 0));
        assert_ne!(first, Address::of_program(&deployer, &id, 1));
        assert_ne!(first, Address::of_program(&Address([3; 20]), &id, 0));
        assert_ne!(first, Address::of_program(&deployer, &TransactionId([3; 32]), 0));
    }
}
