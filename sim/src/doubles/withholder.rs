use replica::{Envelope, Message, Recipient};

use super::{Double, Hand};

/// Sends its batches to some and not to others, and does not serve them.
pub(super) struct Withholder;

impl Double for Withholder {
    fn send(&mut self, hand: &mut Hand<'_>, envelope: Envelope) {
        match (&envelope.message, envelope.to) {
            (Message::Batch(_), Recipient::All) => {
                for index in hand.others() {
                    if !hand.dares(400) {
                        hand.tell(index, envelope.message.clone());
                    }
                }
            }
            (Message::Batch(_) | Message::Block(_), Recipient::One(_)) if hand.dares(700) => {}
            _ => hand.said.push(envelope),
        }
    }
}
