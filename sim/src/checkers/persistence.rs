use replica::{Message, Write};

use super::promises::signed;
use super::{Checker, Seen, Verdict};

/// Whatever leaves with an own signature is on disk for good before, and so is the own vote in a finalization that is
/// shown.
pub(super) struct Persistence;

impl Checker for Persistence {
    fn name(&self) -> &'static str {
        "persistence"
    }

    fn released(&mut self, seen: &Seen<'_>, message: &Message) -> Verdict {
        match signed(seen.chain, &seen.machine.name, message) {
            // What it signed before it forgot comes back to it in certificates.
            Some((_, ballot)) if !seen.machine.has_forgotten && !seen.machine.disk.durable().binds(&ballot) => {
                Err(format!("{ballot:?} leaves before it is on disk"))
            }
            _ => Ok(()),
        }
    }

    fn wrote(&mut self, seen: &Seen<'_>, write: &Write) -> Verdict {
        let Write::Finalized(finalized) = write else { return Ok(()) };
        let Some(certificate) = &finalized.certificate else { return Ok(()) };
        let me = seen.chain.index(finalized.block.block.header.epoch, &seen.machine.name);
        let is_signed = !seen.machine.has_forgotten && me.is_some_and(|me| certificate.signers.contains(me));
        match is_signed && !seen.machine.disk.durable().binds(&certificate.ballot) {
            true => {
                Err(format!("block {} is shown before the own vote for it is on disk", finalized.block.hash.short()))
            }
            false => Ok(()),
        }
    }
}
