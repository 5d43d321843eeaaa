use replica::{Envelope, Message, Recipient};

use super::{Double, Hand};

/// So many old messages are remembered.
const MEMORY: usize = 256;

/// Says again what it and others said, long after.
#[derive(Default)]
pub(super) struct Replayer {
    old: Vec<Message>,
}

impl Replayer {
    fn remember(&mut self, hand: &mut Hand<'_>, message: &Message) {
        match self.old.len() < MEMORY {
            true => self.old.push(message.clone()),
            // Old ones stay for long.
            false if hand.random.chance(100) => {
                let place = hand.random.index(MEMORY);
                self.old[place] = message.clone();
            }
            false => {}
        }
    }
}

impl Double for Replayer {
    fn hear(&mut self, hand: &mut Hand<'_>, message: &Message) {
        self.remember(hand, message);
        if !self.old.is_empty() && hand.dares(200) {
            let message = hand.random.pick(&self.old).clone();
            hand.say(Recipient::All, message);
        }
    }

    fn send(&mut self, hand: &mut Hand<'_>, envelope: Envelope) {
        self.remember(hand, &envelope.message);
        hand.said.push(envelope);
    }
}
