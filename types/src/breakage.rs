//! Deliberate breakages: each takes one guard of the node away, so that the simulator can show that its checkers notice.
//!
//! They exist only with the feature `breakages`, which nothing but the simulator's own proof turns on. Without it
//! [`is_on`] is `false` at compile time and the guards are what they seem.

/// Declares the breakages with their words.
macro_rules! breakages {
    ($($name:ident: $what:literal,)*) => {
        /// A guard that can be taken away.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Breakage {
            $(#[doc = $what] $name,)*
        }

        impl Breakage {
            /// All of them.
            pub const ALL: &[Breakage] = &[$(Breakage::$name,)*];

            /// What is broken.
            pub fn what(self) -> &'static str {
                match self {
                    $(Breakage::$name => $what,)*
                }
            }
        }
    };
}

breakages! {
    VoteBeforePersist: "a vote is sent before it is on disk",
    FinalityBeforePersist: "finality is shown before the own vote for it is on disk",
    VotesForgotten: "own votes are forgotten at a restart",
    VotesUnasked: "a started validator votes without asking the others for its own votes",
    JournalTrimmedTooFar: "the journal is trimmed past the present view",
    QuorumOneShort: "a quorum is one vote short",
    SignerCountedTwice: "a signer's vote counts as often as it comes",
    CertificateUnverified: "certificates are not verified",
    FinalizeAfterNullify: "a view is finalized after it was given up",
    SecondNotarize: "a second block is notarized in a view",
    ParentUnjustified: "a proposal's parent need not be justified by certificates",
    CatchUpUnverified: "blocks of catch-up need not follow the chain nor fit their certificate",
    RootsNotCompared: "a block is voted for though its roots differ",
    TimestampMayGoBack: "a block's time may be before its parent's",
    FutureAccepted: "a block's time may be any time ahead",
    SignatureUnchecked: "signatures of transactions are not checked",
    ExecutedTwice: "a transaction that was executed is not skipped",
    ReplayWindowOffByOne: "executed ids are forgotten a second too early",
    DeadlineIgnored: "a transaction executes after its deadline",
    DeadlineUnbounded: "a deadline may be any time ahead",
    CreditedTwice: "a payee is credited twice, and the books are not checked",
    IssuerUnchecked: "anybody may mint",
    ZeroAccepted: "a payment of nothing succeeds",
    BatchNotWritten: "a batch is not written before the block that orders it",
    CheckpointMisnamed: "a checkpoint is kept under the height after its own",
    HonestAccused: "giving up a view after voting for its block counts as a contradiction",
    NeverRepeats: "what may have been lost is not said again",
    NeverHelps: "who lags is not sent certificates",
    CatchUpNeverRetried: "a question for blocks that stays without answer is not asked again",
    VotesUnbounded: "votes of any view are kept",
    LeavesAtOnce: "a removed validator leaves before the next committee has finalized a block",
    ApproverUnchecked: "anybody may approve a change of the validators",
    HandoverUnverified: "ends of epochs are not verified",
    ManifestUnverified: "checkpoints on offer are not verified",
    PartUnverified: "parts of a checkpoint are not compared with its list",
    LedgerUnverified: "a ledger put together from parts is not compared with the finalized root",
    BusyWakeUps: "a replica asks to be woken without having anything to do",
}

#[cfg(feature = "breakages")]
mod switch {
    use std::cell::Cell;

    use super::Breakage;

    thread_local! {
        static ON: Cell<Option<Breakage>> = const { Cell::new(None) };
    }

    /// Breaks this on the present thread, and nothing else.
    pub fn set(breakage: Option<Breakage>) {
        ON.set(breakage);
    }

    /// True if this is broken on the present thread.
    pub fn is_on(breakage: Breakage) -> bool {
        ON.get() == Some(breakage)
    }
}

#[cfg(feature = "breakages")]
pub use switch::{is_on, set};

/// True if this is broken: never, without the feature `breakages`.
#[cfg(not(feature = "breakages"))]
#[inline(always)]
pub const fn is_on(_breakage: Breakage) -> bool {
    false
}
