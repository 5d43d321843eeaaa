//! The JSON values about programs: what is deployed, what calls leave in receipts.

use serde::{Deserialize, Serialize};
use types::{Address, Hash, Height};

use crate::HexBytes;

/// A program on the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgramInfo {
    /// Its account.
    pub address: Address,
    /// Who deployed it. That gives no right over it.
    pub deployer: Address,
    /// The block that it came with.
    pub height: Height,
    /// The hash of its bytes: equal for equal programs, whatever their addresses.
    pub code_hash: Hash,
    /// Where calls can begin.
    pub entries: Vec<EntryInfo>,
    /// Its bytes, as they were deployed.
    pub code: HexBytes,
}

/// An entry point of a program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryInfo {
    /// What callers name it by. `init` runs at deployment, and never again.
    pub name: String,
    /// How many arguments it takes.
    pub arguments: u8,
    /// Whether money may come with a call.
    pub payable: bool,
    /// The most gas that a call uses; null where there is a loop, so that only the call's limit bounds it.
    pub most_gas: Option<u64>,
}

/// What a cell of a program holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellInfo {
    /// The program.
    pub program: Address,
    /// The cell's key.
    pub key: WordInfo,
    /// What it holds: zero where it is not in use.
    pub value: WordInfo,
    /// The height at which this was read.
    pub height: Height,
}

/// 32 bytes of a program's, and how they can be read. At most one reading is given: a number where there is one, or else
/// an address, or else a text. Who knows that an address is meant takes the last 20 bytes, whatever the reading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WordInfo {
    /// The bytes.
    pub hex: Hash,
    /// As a number below 2^128, in decimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// As an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// As a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

impl std::fmt::Display for WordInfo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.number, &self.address, &self.text) {
            (Some(number), _, _) => f.write_str(number),
            (_, Some(address), _) => write!(f, "{address}"),
            (_, _, Some(text)) => f.write_str(text),
            _ => write!(f, "0x{}", self.hex),
        }
    }
}

/// What came of a call, or of a deployment with its `init`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallInfo {
    /// The program.
    pub program: Address,
    /// The result.
    pub value: WordInfo,
    /// What it told, in its order.
    pub events: Vec<EventInfo>,
    /// The gas that the machine used.
    pub gas: u64,
}

/// What a program told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventInfo {
    /// What it is about.
    pub topic: WordInfo,
    /// What is told.
    pub value: WordInfo,
}

/// Where in a program a call ended without effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InProgramInfo {
    /// The offset in the code of the operation that ended it; 0 where none had run.
    pub at: u16,
    /// The gas used until then.
    pub gas: u64,
    /// Why the machine stopped it, as a word such as `out_of_gas`; absent where the ledger refused what it asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trap: Option<String>,
    /// The code with which the program itself refused (`trap` is `failed`): its description says what that means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<u16>,
}
