//! What is: accounts, assets, records and the ids that were executed; the roots that commit to them; the finalized
//! ledger, the deltas of blocks on top of it, and the overlay in which a block executes.

pub(crate) mod account;
pub(crate) mod asset;
pub(crate) mod checkpoint;
pub(crate) mod closed;
pub(crate) mod closings;
pub(crate) mod commitments;
pub(crate) mod delta;
pub(crate) mod directory;
pub(crate) mod genesis;
pub(crate) mod id_page;
pub(crate) mod ledger;
pub(crate) mod merkle;
pub(crate) mod overlay;
pub(crate) mod pages;
pub(crate) mod records;
pub(crate) mod replay;
pub(crate) mod trace;
pub(crate) mod trial_balance;
