//! Running programs without a chain: a ledger in memory, and texts that say what is to come out. Any other [`Stage`] can
//! play them too.
//!
//! A test is a text beside the program's source, a statement a line; `#` begins a comment. What stands before the first
//! scenario is done at the beginning of each.
//!
//! | | |
//! |---|---|
//! | `asset NAME` | an asset; the first has id 0 |
//! | `account NAME NAME` | accounts, whose names stand for their addresses |
//! | `merchant NAME category NUMBER region NUMBER` | an account that is a merchant |
//! | `blocked NAME` | a control keeps from this account what the program sends to it from here on: that is parked |
//! | `give NAME AMOUNT ASSET` | money from outside |
//! | `at TIME` | the blocks' time in milliseconds from here on |
//! | `scenario "NAME"` | what follows, up to the next scenario, is one test |
//! | `deploy NAME init(VALUE, VALUE)` | runs the program's `init`, called by the account |
//! | `call NAME ENTRY(VALUE, VALUE) with AMOUNT ASSET` | a call; `with` and what follows only where money comes with it |
//! | `gas NUMBER` | the limit of the calls from here on |
//! | `returns VALUE` | the call above ended well with this result |
//! | `fails CODE` | the program refused the call above with this code |
//! | `traps KIND`, `refused KIND` | the machine stopped the call above, or the ledger refused what it asked for |
//! | `event VALUE VALUE` | the next event of the call above, with topic and value; one named, all must be |
//! | `holds NAME AMOUNT ASSET` | what the account holds now |
//! | `parked NAME AMOUNT ASSET` | what is parked for the account now |
//! | `cell NAME VALUE`, `cell NAME[VALUE] VALUE` | what the cell holds now |
//! | `cells NUMBER` | how many cells are in use now |
//!
//! A call of which nothing is said must end well. A value is written as in a program; names of accounts, of assets and
//! of the program's constants stand for values, and `self` for the program's account. After each call the sum of what
//! all accounts hold must be what was given.

mod line;
mod sandbox;
mod scenario;
mod script;
mod stage;

pub use sandbox::{Call, Refusal, Sandbox};
pub use script::{Mismatch, Report, ScriptProblem, run_script, run_script_on};
pub use stage::Stage;
