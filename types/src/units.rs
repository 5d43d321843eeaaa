//! Numbers with a meaning. None converts into another implicitly.

use bincode::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// Declares a number newtype with its text, order and encoding.
macro_rules! number {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Encode, Decode, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number! {
    /// A round of consensus with one leader. Genesis is view 0; the first leader acts in view 1.
    View(u64)
}

number! {
    /// A block's distance from genesis, which has height 0.
    Height(u64)
}

number! {
    /// A period with one validator set.
    Epoch(u64)
}

number! {
    /// Milliseconds since the Unix epoch.
    Timestamp(u64)
}

number! {
    /// Microseconds on a clock that only goes forward and starts anywhere. Timers use it; blocks never carry it.
    Moment(u64)
}

number! {
    /// The last second, since the Unix epoch, in which a transaction may execute.
    Deadline(u32)
}

number! {
    /// A validator's place in its validator set.
    ValidatorIndex(u16)
}

impl View {
    /// The next view.
    pub fn next(self) -> View {
        View(self.0 + 1)
    }
}

impl Height {
    /// The next height.
    pub fn next(self) -> Height {
        Height(self.0 + 1)
    }
}

impl Epoch {
    /// The next epoch.
    pub fn next(self) -> Epoch {
        Epoch(self.0 + 1)
    }
}

impl Timestamp {
    /// This time `millis` milliseconds later.
    pub fn plus_millis(self, millis: u64) -> Timestamp {
        Timestamp(self.0.saturating_add(millis))
    }

    /// Milliseconds from `earlier` to this time; zero where `earlier` is later.
    pub fn millis_since(self, earlier: Timestamp) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The second that this time lies in.
    pub fn second(self) -> u64 {
        self.0 / 1000
    }
}

impl Moment {
    /// This moment `millis` milliseconds later.
    pub fn plus_millis(self, millis: u64) -> Moment {
        Moment(self.0.saturating_add(millis.saturating_mul(1000)))
    }

    /// Microseconds from `earlier` to this moment; zero where `earlier` is later.
    pub fn micros_since(self, earlier: Moment) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl Deadline {
    /// True once `now` is past the deadline's second: what has not executed by then never will.
    pub fn has_passed(self, now: Timestamp) -> bool {
        now.second() > u64::from(self.0)
    }

    /// The deadline `seconds` after `now`.
    pub fn after(now: Timestamp, seconds: u32) -> Deadline {
        Deadline(u32::try_from(now.second()).unwrap_or(u32::MAX).saturating_add(seconds))
    }
}

impl ValidatorIndex {
    /// The index as a position in a slice.
    pub fn position(self) -> usize {
        usize::from(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_includes_its_whole_second() {
        assert!(!Deadline(10).has_passed(Timestamp(10_999)));
        assert!(Deadline(10).has_passed(Timestamp(11_000)));
    }
}
