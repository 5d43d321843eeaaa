//! Simplex consensus (Chan and Pass, 2023, <https://eprint.iacr.org/2023/463>) as a pure state machine.
//!
//! [`Simplex::step`] takes what happened and the time, and answers with what is to be done. There is no clock, disk,
//! socket, thread or random source here. A block is a hash; what is in it is the replica's business.
//!
//! # The protocol
//!
//! There are n validators, of which at most f = (n - 1) / 3 are faulty in any way; a *quorum* is q = n - f of them. Time
//! is a sequence of *views*; the leader of a view is given by rotation. All votes of a view are signed for chain, epoch,
//! view and kind, and q equal ones are a *certificate*:
//!
//! | votes | certificate | meaning |
//! |---|---|---|
//! | `notarize(v, b)` | notarization | b may be built upon |
//! | `nullify(v)` | nullification | v may be skipped |
//! | `finalize(v, b)` | finalization | b and its ancestors are final |
//!
//! 1. **Propose.** The leader of v proposes a block whose parent is notarized in a view before v, all views between being
//!    nullified. The last finalized block counts as notarized, and nothing before it matters. A proposal is the leader's
//!    notarize vote. Ahead of it the leader sends the certificates that justify it. *Ahead of its view:* a leader of v + 1 that
//!    has notarized a block of v and has more to order proposes on that block at once, while the votes of v are on their way;
//!    the others judge the proposal when they come to v + 1. So blocks follow each other every delay instead of every two.
//! 2. **Notarize.** A validator in v gives the first proposal of v's leader to its replica once the parent is justified
//!    by certificates that it holds, and votes for it if the replica accepts: once in a view, and not after `nullify(v)`.
//! 3. **Finalize.** A notarization of v brings a validator that is in v or before it to v + 1. If it has not nullified v,
//!    it then votes `finalize(v, b)`.
//! 4. **Nullify.** A validator whose patience ends in v, or whose replica rejects the proposal, votes `nullify(v)`. It may
//!    have notarized, but it has not finalized: that happens only when v is left. A nullification brings it to v + 1.
//! 5. **Final.** A finalization of v makes its block the *root*: everything up to v is settled and forgotten. It brings a
//!    validator that is in v or before it to v + 1.
//!
//! Certificates of views that were left are kept down to the root: later proposals may need them.
//!
//! # Safety
//!
//! Two quorums share at least n - 2f > f validators, so at least one honest one.
//!
//! - *One block is notarized in a view*, for an honest validator notarizes once in a view.
//! - *A finalized view is not nullified*: an honest validator never signs both `finalize(v, _)` and `nullify(v)`, in
//!   either order.
//! - *A notarized block is justified*: an honest validator other than its leader, which may have proposed ahead, notarizes it
//!   only once the parent is notarized and the views between are nullified; and n - f votes are not all from the leader and f
//!   faulty ones, or n is 1, where votes are certificates.
//! - So let b be final in v. A block that is notarized in a view after v has a chain of ancestors, each
//!   notarized, with only nullified views between them. That chain cannot jump over v, which is not nullified; in v it
//!   can only have b. Hence all later notarized blocks descend from b, and any two finalized blocks are on one chain.
//!
//! The argument counts on honest validators keeping their word across restarts. Therefore an own vote is in the journal
//! on disk before anyone else sees it. Types hold this: a vote is signed in one place (`ballots`), its [`Record`] and its
//! message leave in one [`Durable`], and the messages come out of that only by [`Durable::released`], after the flush.
//! The same holds for certificates, which may contain the own vote. A finalization that is announced by
//! [`Output::Finalized`] may rest on records ahead of it in the outputs, and is shown outside only after these are durable.
//! Certificates are in the journal ahead of the votes that rest on them. So whatever prefix of the journal survives a
//! crash, the validator starts in the view in which it voted last, or a later one (a proposal ahead of its view apart), and
//! knows every vote that it ever sent above the finalized view; at or below that it never votes.
//! [`Simplex::first_needed_view`] says what may be trimmed.
//!
//! # Listening
//!
//! A journal may be older than what was voted: a home restored from a copy, a disk that lost what it had flushed, an
//! empty disk with a key that has voted. Or the key is started twice. Such a validator would contradict itself without
//! knowing. It is one of the f faults that the argument above allows; but it shall be noticed, and before it votes.
//!
//! So a validator that starts *listens*. It follows the others and repeats what is in its journal, but it casts no vote
//! and makes no proposal. It asks all others ([`Message::Recall`]), every timeout and when a link comes up, and each
//! answers at once, whether it listens itself or not ([`Recollection`]): with the finalization of its root, and with
//! every vote of the asking key that it holds, be it among the votes in its window of views, in certificates from the
//! root on, or in evidence. A signed vote above the root that the asker *started* with is in the asker's journal, or else
//! the asker forgot it or somebody else cast it: then it is silenced ([`Output::KeyInUseElsewhere`]; it cannot tell which
//! of the two it is). The root of the start counts, and not a later one to which the answers brought it: what was settled
//! since then can do no harm, but that it is unknown shows the loss all the same.
//!
//! - *An honest restart is not silenced,* for all that it ever showed above its root is in its journal, as said. It votes
//!   after one round trip. What became due in the meantime it casts then: the finalize vote for the view left last, and
//!   nullify if its patience with the present view has ended.
//! - *The end.* The listening ends with the answers of q others, or of all if they are fewer. An honest asker waits in
//!   vain for these if others are down; so after two timeouts, and not less than 2 s, n - 1 - f are enough, which are all
//!   if f are down. Each validator counts once, and only with the nonce of the present life: an answer to an earlier life
//!   does not know what that voted after it. Late answers are heard after the end too, and who has not answered is asked
//!   again when its link comes up.
//! - *What is noticed.* A forgotten vote has consequences only where an honest validator counts it in a certificate. That
//!   one has the certificate in its journal, ahead of whatever rests on it, until its root is past the view; and from
//!   then on, its answer brings the asker past the view too, where it does not vote. So whatever an honest validator that
//!   answers has counted is reported or settled, even if that one restarted meanwhile; a vote that it holds and has not
//!   counted is reported as well. Votes go to all; with q answers, only f - 1 others have not answered, and with
//!   n - 1 - f, only f. If the asker is itself one of the f faults, at most f - 1 of the answers are from faulty ones.
//! - *What is not noticed:* a vote that no honest validator held when it answered. It may be on its way; it may have
//!   reached only those that did not answer, or lie; it may be of a view more than [`WINDOW`] away from theirs, or older
//!   than the [`MAX_RECALLED`] latest votes that an answer has room for. (A vote
//!   that a validator held in memory only and lost in its own restart counts there no more: it is as if lost on the way.)
//!   If such a vote counts later, what is said below of faults that are shown silences the validator at last; until then
//!   it can contradict itself, and is one of the f faults. So if more than f validators forget at once, as by a power cut
//!   to disks that only pretend to flush, agreement is not promised: listening makes harm unlikely, not impossible.
//! - *The cost.* A cluster that starts with some of its validators down begins 2 s later, and gives up the view that it
//!   starts in. Who hears fewer than n - 1 - f others does not vote at all: broken links count as faults here.
//!
//! A silenced validator follows the chain. Once that has gone on over the votes that it did not know, and no other holder
//! of the key is left, a restart lets it vote again: it starts from a root beyond them.
//!
//! # Liveness
//!
//! Let the network deliver in time from some moment on.
//!
//! - *Nobody stays in a view.* An honest validator leaves v by a certificate or ends up having voted `nullify(v)`. If no
//!   honest one has left v, all q honest ones nullify it, which makes a nullification. If one has left v, its certificate
//!   reaches the others: see below.
//! - *An honest leader's view succeeds* once patience exceeds what a proposal takes: the leader's certificates bring all
//!   honest validators to its view, which they cannot leave by nullification without one of them giving up. All notarize,
//!   enter the next view and finalize. Patience doubles with each view given up, so it grows until this is so.
//! - *A proposal ahead can fail with its parent's view.* Then its leader has spent its vote, and nobody waits for another
//!   proposal: who holds it and knows the nullification gives the view up at once. A faulty leader can so cost the next one
//!   its view, by showing its block to that one alone, but no more than a delay on top of its own timeout.
//!
//! Certificates are not broadcast by everyone, for in the normal case everyone assembles them from votes. A faulty
//! validator can show its vote to some only, and messages get lost, so those that are ahead help those that are not:
//!
//! - the leader sends its justification to all, as said;
//! - who enters a view by a notarization sends it to those that had given up the view before it;
//! - a `nullify` for a view that was left, or a proposal for a nullified one, is answered with what its sender lacks;
//! - a [`Status`] is answered with what its sender lacks: the finalization of the root, then the certificates of each
//!   later view, at most 64 at a time; if it shows its sender to be ahead, the answer is the own status;
//! - who is stuck past its patience, or holds notarized blocks that are not final, repeats every shortest timeout its votes that
//!   are not certified (and its proposal, as leader), and its status. Finalize votes that were lost are repaired so.
//! - when a link comes up, the same is said to the validator behind it.
//!
//! So a late or partitioned validator catches up by certificates. If these finalize views that it was not in, the replica
//! is told ([`Output::Behind`]) to fetch the blocks; [`Input::CaughtUp`] is its word that it has some.
//!
//! # Patience
//!
//! A validator that has nothing to order grants the leader a heartbeat and the timeout from the entry of the view; from
//! the moment that it holds something ([`Input::Work`]), the timeout only. Within a view, patience only gets shorter. An
//! idle leader proposes a heartbeat after entering its view, or at once when something is to be ordered, when the view
//! before failed, or when more than f validators had given that one up before it was notarized: its block can then only
//! become final with a later one.
//!
//! The timeout is twice what views usually take, the median of the latest eight that were notarized, but never less than
//! at first. It doubles with each view given up in vain, to a limit, halves with each notarization, and does not count
//! failures any more after a finalization. What views usually take is learned anew after a start and in each epoch.
//!
//! # Bounds
//!
//! Votes count on the link of their signer, one of each kind in a view, and proposals one in a view, both only in a window
//! of views: a few finalized ones, and [`WINDOW`] before and after the present one. Signatures of votes are checked in a
//! batch when a quorum seems complete. Certificates are checked before use and kept only above the root, so they cost the
//! memory that real quorums of votes cost. Answers are limited per validator, and so is evidence.
//!
//! # Faults that are shown
//!
//! Contradicting votes of one validator are checked and kept as evidence, whether both came on its link or one was shown
//! by another validator: who votes for another block than the one the leader proposed to us is shown the leader's vote.
//!
//! Evidence is also sent to the validator that it is against. If that one is honest, its key is live in a second place; so
//! it looks at every vote in its name (in a vote on whatever link, a certificate, or evidence) above the root that it has
//! not cast. If the signature is valid, it stops voting until it is restarted and says so ([`Output::KeyInUseElsewhere`]).
//! It still follows the chain. When it starts, it asks for such votes: see above.
//!
//! # Epochs
//!
//! A `Simplex` serves one [`types::Committee`], so one epoch. The next epoch's has the last block of this one as its
//! [`Root`], without a certificate, and listens at first like any other. Records of another epoch do not verify under its
//! committee and bind nothing. A block may be proposed, notarized and finalized again in a later view, as its own parent:
//! nothing here takes a block for one of a single view.

mod advancing;
mod ballots;
mod certificates;
mod evidence;
mod hearing;
mod helping;
mod input;
mod leading;
mod listening;
mod message;
mod output;
mod pacing;
mod patience;
mod record;
mod simplex;
mod starting;
mod votes;

pub use certificates::Root;
pub use input::{Input, Verdict};
pub use listening::Start;
pub use message::{MAX_RECALLED, Message, Proposal, Recollection, Status};
pub use output::{Durable, Outgoing, Output, Recipient};
pub use pacing::Timing;
pub use record::Record;
pub use simplex::{Simplex, WINDOW};
