//! The stack of a running program.

use super::container::MAX_STACK;
use super::trap::Trap;
use super::word::Word;

/// At most [`MAX_STACK`] words. That nothing is popped from an empty stack or pushed on a full one is the verifier's
/// promise; here it would be a panic.
pub(super) struct Stack {
    words: [Word; MAX_STACK],
    height: usize,
}

impl Stack {
    pub(super) fn new() -> Self {
        Self { words: [Word::ZERO; MAX_STACK], height: 0 }
    }

    pub(super) fn push(&mut self, word: impl Into<Word>) {
        self.words[self.height] = word.into();
        self.height += 1;
    }

    pub(super) fn pop(&mut self) -> Word {
        self.height -= 1;
        self.words[self.height]
    }

    /// The word that lies `depth` below the top one.
    pub(super) fn peek(&self, depth: usize) -> Word {
        self.words[self.height - 1 - depth]
    }

    pub(super) fn pop_number(&mut self) -> Result<u128, Trap> {
        self.pop().number().ok_or(Trap::NotANumber)
    }

    /// The two top numbers in the order in which they were pushed.
    pub(super) fn pop_numbers(&mut self) -> Result<(u128, u128), Trap> {
        let b = self.pop_number()?;
        Ok((self.pop_number()?, b))
    }

    /// The two top words in the order in which they were pushed.
    pub(super) fn pop_words(&mut self) -> (Word, Word) {
        let b = self.pop();
        (self.pop(), b)
    }
}
