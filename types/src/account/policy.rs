//! The keys of an account that has keys of its own: weighted, with roles.

use bincode::{Decode, Encode};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::AccountKey;
use crate::codec::Bounded;

/// The most keys of an account.
pub const MAX_ACCOUNT_KEYS: usize = 16;

/// What signers may do for an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyRole {
    /// Everything that is not another role's: paying above all.
    Pay,
    /// Changing the account's keys and sessions.
    Manage,
    /// Paying the fees of others.
    Sponsor,
}

impl KeyRole {
    /// All of them.
    pub const ALL: [KeyRole; 3] = [KeyRole::Pay, KeyRole::Manage, KeyRole::Sponsor];

    /// The role's name in text.
    pub fn name(self) -> &'static str {
        match self {
            KeyRole::Pay => "pay",
            KeyRole::Manage => "manage",
            KeyRole::Sponsor => "sponsor",
        }
    }
}

impl std::fmt::Display for KeyRole {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of roles: 1 for pay, 2 for manage, 4 for sponsor, added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
pub struct KeyRoles(pub u8);

impl Serialize for KeyRoles {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(KeyRole::ALL.into_iter().filter(|role| self.has(*role)))
    }
}

impl<'de> Deserialize<'de> for KeyRoles {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(KeyRoles::of(&Vec::<KeyRole>::deserialize(deserializer)?))
    }
}

impl KeyRoles {
    /// Every role.
    pub const ALL: KeyRoles = KeyRoles(7);

    /// The set of these roles.
    pub fn of(roles: &[KeyRole]) -> KeyRoles {
        KeyRoles(roles.iter().fold(0, |bits, role| bits | 1 << *role as u8))
    }

    /// True if the set has the role.
    pub fn has(self, role: KeyRole) -> bool {
        self.0 >> role as u8 & 1 == 1
    }
}

/// A key of an account.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyKey {
    /// The key.
    pub key: AccountKey,
    /// What its signature counts in each of its roles; not zero. One where a file says nothing.
    #[serde(default = "one")]
    pub weight: u16,
    /// Its roles; at least one.
    pub roles: KeyRoles,
}

/// For each role, the weight that signers need together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// To pay.
    pub pay: u32,
    /// To change keys.
    pub manage: u32,
    /// To sponsor. Zero, and then nobody does, exactly if no key has the role.
    #[serde(default)]
    pub sponsor: u32,
}

impl Thresholds {
    /// The threshold of a role.
    pub fn of(&self, role: KeyRole) -> u32 {
        match role {
            KeyRole::Pay => self.pay,
            KeyRole::Manage => self.manage,
            KeyRole::Sponsor => self.sponsor,
        }
    }
}

/// The keys of an account.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyPolicy {
    /// The keys, ascending, each once.
    pub keys: Bounded<PolicyKey, MAX_ACCOUNT_KEYS>,
    /// What they must weigh together.
    pub thresholds: Thresholds,
}

/// Why a policy is refused. The first that applies, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, thiserror::Error)]
pub enum PolicyFault {
    /// Keys are not ascending, or one comes twice.
    #[error("each key comes once, and keys are in their order")]
    KeyOrder,
    /// Nobody, or everybody, can sign with a key.
    #[error("an ed25519 key is no point of its curve, or one of small order")]
    UnusableKey,
    /// A key weighs nothing.
    #[error("each key has a weight")]
    ZeroWeight,
    /// A key has no role, or one that does not exist.
    #[error("each key has roles, which are pay, manage and sponsor")]
    UnknownRoles,
    /// A threshold is zero for a role that somebody must have or has, or more than all keys with the role weigh.
    #[error("the threshold to {0} is 1 to what all keys with that role weigh together")]
    Threshold(KeyRole),
}

fn one() -> u16 {
    1
}

impl KeyPolicy {
    /// The policy with its keys in their order.
    pub fn sorted(self) -> KeyPolicy {
        let mut keys = self.keys.into_vec();
        keys.sort_by_key(|entry| entry.key);
        KeyPolicy { keys: Bounded::new(keys).expect("they are as many as before"), ..self }
    }

    /// Refuses a policy that nobody could meet, or that anybody could.
    pub fn check(&self) -> Result<(), PolicyFault> {
        if !self.keys.windows(2).all(|pair| pair[0].key < pair[1].key) {
            return Err(PolicyFault::KeyOrder);
        }
        if !self.keys.iter().all(|entry| entry.key.can_sign()) {
            return Err(PolicyFault::UnusableKey);
        }
        if self.keys.iter().any(|entry| entry.weight == 0) {
            return Err(PolicyFault::ZeroWeight);
        }
        if self.keys.iter().any(|entry| entry.roles.0 == 0 || entry.roles.0 & !KeyRoles::ALL.0 != 0) {
            return Err(PolicyFault::UnknownRoles);
        }
        let is_possible = |role: &KeyRole| {
            let (threshold, all) = (self.thresholds.of(*role), self.weight(*role, |_| true));
            let is_off = *role == KeyRole::Sponsor && all == 0 && threshold == 0;
            is_off || (1..=all).contains(&threshold)
        };
        KeyRole::ALL
            .into_iter()
            .find(|role| !is_possible(role))
            .map_or(Ok(()), |role| Err(PolicyFault::Threshold(role)))
    }

    /// True if these keys, ascending, weigh enough together for the role.
    pub fn allows(&self, role: KeyRole, signers: &[AccountKey]) -> bool {
        let threshold = self.thresholds.of(role);
        threshold > 0 && self.weight(role, |key| signers.binary_search(key).is_ok()) >= threshold
    }

    /// What keys with the role weigh together; at most 16 times 2^16.
    fn weight(&self, role: KeyRole, counts: impl Fn(&AccountKey) -> bool) -> u32 {
        let counted = self.keys.iter().filter(|entry| entry.roles.has(role) && counts(&entry.key));
        counted.map(|entry| u32::from(entry.weight)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AccountSecret, KeyKind, PublicKey};
    use proptest::prelude::*;

    /// Distinct keys of all kinds, ascending.
    fn keys() -> Vec<AccountKey> {
        let key = |number: u8| AccountSecret::from_seed(KeyKind::ALL[usize::from(number % 3)], [number; 32]);
        let mut keys: Vec<AccountKey> = (1..=16).map(|number| key(number).expect("a scalar").key()).collect();
        keys.sort();
        keys
    }

    fn policy(keys: &[(AccountKey, u16, u8)], thresholds: [u32; 3]) -> KeyPolicy {
        let entry = |(key, weight, roles): &(AccountKey, u16, u8)| PolicyKey {
            key: *key,
            weight: *weight,
            roles: KeyRoles(*roles),
        };
        let [pay, manage, sponsor] = thresholds;
        KeyPolicy {
            keys: Bounded::new(keys.iter().map(entry).collect()).expect("at most 16"),
            thresholds: Thresholds { pay, manage, sponsor },
        }
    }

    #[test]
    fn each_fault_is_named() {
        let keys = keys();
        let [a, b] = [keys[0], keys[1]];
        let threshold = |role| Err(PolicyFault::Threshold(role));
        #[rustfmt::skip]
        let table: Vec<(&str, KeyPolicy, Result<(), PolicyFault>)> = vec![
            ("one key",               policy(&[(a, 1, 7)], [1, 1, 1]),                     Ok(())),
            ("nobody sponsors",       policy(&[(a, 1, 3)], [1, 1, 0]),                     Ok(())),
            ("all together",          policy(&[(a, 1, 3), (b, u16::MAX, 3)], [65_536, 65_536, 0]), Ok(())),
            ("roles apart",           policy(&[(a, 1, 1), (b, 2, 6)], [1, 2, 1]),          Ok(())),
            ("out of order",          policy(&[(b, 0, 7), (a, 1, 7)], [1, 1, 1]),          Err(PolicyFault::KeyOrder)),
            ("twice",                 policy(&[(a, 1, 7), (a, 1, 7)], [1, 1, 1]),          Err(PolicyFault::KeyOrder)),
            ("anybody's key",         policy(&[(PublicKey([0; 32]).into(), 0, 7)], [1, 1, 1]), Err(PolicyFault::UnusableKey)),
            ("no weight",             policy(&[(a, 0, 0), (b, 1, 7)], [1, 1, 1]),          Err(PolicyFault::ZeroWeight)),
            ("no role",               policy(&[(a, 1, 0), (b, 1, 7)], [0, 1, 1]),          Err(PolicyFault::UnknownRoles)),
            ("an unknown role",       policy(&[(a, 1, 15)], [1, 1, 1]),                    Err(PolicyFault::UnknownRoles)),
            ("no keys",               policy(&[], [0, 0, 0]),                              threshold(KeyRole::Pay)),
            ("anybody pays",          policy(&[(a, 1, 7)], [0, 1, 1]),                     threshold(KeyRole::Pay)),
            ("nobody can pay",        policy(&[(a, 1, 3), (b, 9, 2)], [2, 2, 0]),          threshold(KeyRole::Pay)),
            ("no manager",            policy(&[(a, 1, 5)], [1, 0, 1]),                     threshold(KeyRole::Manage)),
            ("nobody can manage",     policy(&[(a, 1, 7)], [1, 2, 1]),                     threshold(KeyRole::Manage)),
            ("anybody sponsors",      policy(&[(a, 1, 7)], [1, 1, 0]),                     threshold(KeyRole::Sponsor)),
            ("nobody can sponsor",    policy(&[(a, 1, 3)], [1, 1, 1]),                     threshold(KeyRole::Sponsor)),
        ];
        for (name, policy, expected) in table {
            assert_eq!(policy.check(), expected, "{name}");
        }
    }

    #[test]
    fn a_policy_survives_its_json_form() {
        let keys = keys();
        let policy = policy(&[(keys[0], 2, 3), (keys[1], 1, 4), (keys[2], 1, 7)], [2, 3, 1]);
        let json = serde_json::to_string(&policy).expect("JSON");
        assert!(json.contains(r#""roles":["pay","manage"]"#), "{json}");
        assert_eq!(serde_json::from_str::<KeyPolicy>(&json).expect("a policy"), policy);
        let reversed = KeyPolicy {
            keys: Bounded::new(policy.keys.iter().rev().cloned().collect()).expect("three"),
            ..policy.clone()
        };
        assert_eq!(reversed.sorted(), policy);
    }

    #[test]
    fn a_role_that_is_off_is_nobodys() {
        let key = keys()[0];
        let policy = policy(&[(key, 1, 3)], [1, 1, 0]);
        assert_eq!(policy.check(), Ok(()));
        assert!(!policy.allows(KeyRole::Sponsor, &[]) && !policy.allows(KeyRole::Sponsor, &[key]));
    }

    proptest! {
        #[test]
        fn evaluation_is_the_naive_sum(
            entries in proptest::collection::vec((any::<u16>(), 0u8..8, any::<bool>(), any::<bool>()), 16),
            thresholds in proptest::array::uniform3(0u32..300_000),
            strangers in any::<bool>(),
        ) {
            let all = keys();
            // Which keys are in the policy and which of all keys sign.
            let (mut listed, mut signers) = (Vec::new(), Vec::new());
            let (mut sums, mut totals) = ([0u64; 3], [0u64; 3]);
            for (key, (weight, roles, is_listed, signs)) in all.iter().zip(&entries) {
                if *is_listed {
                    listed.push((*key, *weight, *roles));
                }
                if *signs && (*is_listed || strangers) {
                    signers.push(*key);
                }
                for role in 0..3 {
                    if *is_listed && roles >> role & 1 == 1 {
                        totals[role] += u64::from(*weight);
                        sums[role] += if *signs { u64::from(*weight) } else { 0 };
                    }
                }
            }
            let policy = policy(&listed, thresholds);
            for role in KeyRole::ALL {
                let (threshold, sum) = (u64::from(thresholds[role as usize]), sums[role as usize]);
                prop_assert_eq!(policy.allows(role, &signers), threshold > 0 && sum >= threshold, "{}", role);
            }
            if policy.check().is_ok() {
                let keys: Vec<AccountKey> = listed.iter().map(|(key, ..)| *key).collect();
                prop_assert!(policy.allows(KeyRole::Pay, &keys) && policy.allows(KeyRole::Manage, &keys));
                prop_assert!(KeyRole::ALL.iter().all(|role| !policy.allows(*role, &[])));
                prop_assert!((0..3).all(|role| u64::from(thresholds[role]) <= totals[role]));
            }
        }
    }
}
