//! Messages between validators, as bytes on their lanes.

use bytes::Bytes;
use replica::{Envelope, Lane, Message, Recipient};
use types::codec::{CodecError, decode, encode};
use types::stage::Stage;

use super::roster::Roster;
use crate::network::{self, Network};

/// Encodes messages and hands them to the network. Never blocks.
#[derive(Clone)]
pub(super) struct Post {
    network: Network,
    roster: Roster,
}

impl Post {
    pub(super) fn new(network: Network, roster: Roster) -> Self {
        Self { network, roster }
    }

    pub(super) fn send(&self, envelope: Envelope) {
        let _stage = Stage::Coding.enter();
        let lane = match envelope.message.lane() {
            Lane::Votes => network::Lane::Votes,
            Lane::Batches => network::Lane::Batches,
        };
        let frame = Bytes::from(encode(&envelope.message));
        match envelope.to {
            Recipient::All => self.network.broadcast(lane, frame),
            Recipient::One(key) => {
                if let Some(number) = self.roster.number(&key) {
                    self.network.send(number, lane, frame);
                }
            }
        }
    }
}

/// Decodes a frame.
pub(super) fn open(frame: &[u8]) -> Result<Message, CodecError> {
    let _stage = Stage::Coding.enter();
    decode(frame)
}
