//! A program on the ledger.

use std::sync::Arc;

use bincode::{Decode, Encode};
use types::{Address, Hash, Height};

use crate::program::{VerifiedProgram, code_hash};

/// The record of a program. Its key is the program's address, and it never changes.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct DeployedProgram {
    /// Who put it there. That gives no right over it.
    pub deployer: Address,
    /// The block that it came with.
    pub height: Height,
    /// The program, of which the record has the canonical bytes.
    pub program: Arc<VerifiedProgram>,
}

impl DeployedProgram {
    /// The hash of the program's bytes.
    pub fn code_hash(&self) -> Hash {
        code_hash(&self.program.program().to_bytes())
    }
}
