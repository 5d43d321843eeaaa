//! What opens an account, in its JSON form; in TOML it is the file that `baro account set-keys` reads.

use serde::{Deserialize, Serialize};
use types::codec::Bounded;
use types::{
    AccountKey, Address, Amount, AssetId, Deadline, Height, KeyPolicy, KeyRole, KeyRoles, MAX_ACCOUNT_KEYS, PolicyKey,
    SessionScope, Thresholds,
};

/// What opens an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeysInfo {
    /// The account.
    pub address: Address,
    /// Its keys; without them the key opens it whose address it is.
    pub policy: Option<KeyPolicyInfo>,
    /// Its session keys, those included whose time is over and that nothing has removed yet.
    pub sessions: Vec<SessionInfo>,
    /// The height at which this was read.
    pub height: Height,
}

/// The keys of an account and what they must weigh together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyPolicyInfo {
    /// What signers must weigh together, by role.
    pub thresholds: ThresholdsInfo,
    /// The keys.
    pub keys: Vec<PolicyKeyInfo>,
}

/// What signers must weigh together, by role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ThresholdsInfo {
    /// To pay.
    pub pay: u32,
    /// To change keys and sessions.
    pub manage: u32,
    /// To pay the fees of others; zero where nobody does.
    #[serde(default)]
    pub sponsor: u32,
}

/// A key of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyKeyInfo {
    /// The key, such as `ed25519:8a88...`.
    pub key: AccountKey,
    /// What its signature counts.
    #[serde(default = "one")]
    pub weight: u16,
    /// Its roles: `pay`, `manage`, `sponsor`.
    pub roles: Vec<RoleInfo>,
}

fn one() -> u16 {
    1
}

/// A role of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoleInfo {
    /// Everything that is not another role's.
    Pay,
    /// Changing the account's keys and sessions.
    Manage,
    /// Paying the fees of others.
    Sponsor,
}

impl From<RoleInfo> for KeyRole {
    fn from(role: RoleInfo) -> KeyRole {
        match role {
            RoleInfo::Pay => KeyRole::Pay,
            RoleInfo::Manage => KeyRole::Manage,
            RoleInfo::Sponsor => KeyRole::Sponsor,
        }
    }
}

impl From<&KeyPolicy> for KeyPolicyInfo {
    fn from(policy: &KeyPolicy) -> KeyPolicyInfo {
        const ROLES: [RoleInfo; 3] = [RoleInfo::Pay, RoleInfo::Manage, RoleInfo::Sponsor];
        let Thresholds { pay, manage, sponsor } = policy.thresholds;
        let key = |entry: &PolicyKey| PolicyKeyInfo {
            key: entry.key,
            weight: entry.weight,
            roles: ROLES.into_iter().filter(|role| entry.roles.has((*role).into())).collect(),
        };
        KeyPolicyInfo {
            thresholds: ThresholdsInfo { pay, manage, sponsor },
            keys: policy.keys.iter().map(key).collect(),
        }
    }
}

impl KeyPolicyInfo {
    /// The policy with its keys in their order; `None` where there are more than [`MAX_ACCOUNT_KEYS`]. Whether it can be
    /// met, [`KeyPolicy::check`] tells.
    pub fn policy(&self) -> Option<KeyPolicy> {
        let ThresholdsInfo { pay, manage, sponsor } = self.thresholds;
        let key = |entry: &PolicyKeyInfo| {
            let roles: Vec<KeyRole> = entry.roles.iter().map(|role| (*role).into()).collect();
            PolicyKey { key: entry.key, weight: entry.weight, roles: KeyRoles::of(&roles) }
        };
        let mut keys: Vec<PolicyKey> = self.keys.iter().map(key).collect();
        keys.sort_by_key(|entry| entry.key);
        let keys = Bounded::<PolicyKey, MAX_ACCOUNT_KEYS>::new(keys).ok()?;
        Some(KeyPolicy { keys, thresholds: Thresholds { pay, manage, sponsor } })
    }
}

/// A session key of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionInfo {
    /// The key.
    pub key: AccountKey,
    /// What it pays with.
    pub asset: AssetId,
    /// How much it pays in all.
    pub limit_total: Amount,
    /// How much it pays at once.
    pub limit_per_payment: Amount,
    /// What it has paid.
    pub spent: Amount,
    /// To whom.
    pub scope: ScopeInfo,
    /// The last second in which it pays.
    pub valid_until: Deadline,
}

/// To whom a session key pays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScopeInfo {
    /// To anyone.
    Anyone,
    /// To these.
    Receivers(Vec<Address>),
    /// To active merchants of this category (ISO 18245).
    Category(u16),
    /// Into calls of this program.
    Program(Address),
}

impl From<&SessionScope> for ScopeInfo {
    fn from(scope: &SessionScope) -> ScopeInfo {
        match scope {
            SessionScope::Anyone => ScopeInfo::Anyone,
            SessionScope::Receivers(receivers) => ScopeInfo::Receivers(receivers.to_vec()),
            SessionScope::Category(category) => ScopeInfo::Category(*category),
            SessionScope::Program(program) => ScopeInfo::Program(*program),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_survives_its_json_form() {
        let key = |digit: &str| format!("ed25519:{}", digit.repeat(64)).parse().expect("a key");
        let entry =
            |digit, weight, roles: &[KeyRole]| PolicyKey { key: key(digit), weight, roles: KeyRoles::of(roles) };
        let keys = vec![
            entry("5", 2, &[KeyRole::Pay, KeyRole::Manage]),
            entry("6", 1, &[KeyRole::Sponsor]),
            entry("7", 1, &KeyRole::ALL),
        ];
        let thresholds = Thresholds { pay: 2, manage: 3, sponsor: 1 };
        let policy = KeyPolicy { keys: Bounded::new(keys).expect("three"), thresholds };
        let json = serde_json::to_string(&KeyPolicyInfo::from(&policy)).expect("JSON");
        let mut info: KeyPolicyInfo = serde_json::from_str(&json).expect("a policy");
        info.keys.reverse();
        assert_eq!(info.policy(), Some(policy));
    }
}
