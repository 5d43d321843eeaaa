//! Random worlds: transactions of every kind, valid and invalid mixed, run by the ledger and by the model side by side.

mod asset_life;
mod books;
mod controls;
mod dice;
mod draft;
mod keys;
mod payments;
mod people;
mod programs;
mod sessions;
mod signing;
mod tally;
mod world;

#[allow(unused_imports, reason = "the example does without")]
pub(crate) use programs::HOSTILE;
pub(crate) use tally::Tally;
pub(crate) use world::World;
