//! Assets: what amounts are of.

use bincode::{Decode, Encode};
use types::codec::{Text, encode};
use types::{Address, Amount, AssetRoles, Domain, Hash, MAX_SYMBOL_BYTES, Operations, PolicyId, Role, Timestamp};

/// The most assets of a ledger.
pub const MAX_ASSETS: usize = 1024;

/// The most decimals of an asset's unit: more do not fit into an amount.
pub const MAX_DECIMALS: u8 = 38;

/// How long a redemption may take where the asset says nothing else, in seconds: a day.
pub const REDEMPTION_SECONDS: u32 = 86_400;

/// An asset as the chain spec names it. Its supply is what the initial accounts hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetSpec {
    /// The symbol, such as `KRW`.
    pub symbol: Text<MAX_SYMBOL_BYTES>,
    /// How many decimals the symbol's unit has: 0 for the won.
    pub decimals: u8,
    /// Who issues it.
    pub issuer: Address,
    /// Who else does what for it.
    pub roles: AssetRoles,
    /// The most of it that there may be, in the smallest unit.
    pub supply_cap: Option<Amount>,
}

impl AssetSpec {
    /// An asset that its issuer runs alone.
    pub fn new(symbol: Text<MAX_SYMBOL_BYTES>, decimals: u8, issuer: Address) -> Self {
        Self { symbol, decimals, issuer, roles: AssetRoles::default(), supply_cap: None }
    }
}

/// An asset of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Asset {
    /// The symbol, such as `KRW`.
    pub symbol: Text<MAX_SYMBOL_BYTES>,
    /// How many decimals the symbol's unit has: 0 for the won.
    pub decimals: u8,
    /// Who issues it.
    pub issuer: Address,
    /// How much exists, in the smallest unit.
    pub supply: Amount,
    /// What holds for it besides.
    pub controls: AssetControls,
}

/// What holds for an asset.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct AssetControls {
    /// Who does what for it, besides the issuer.
    pub roles: AssetRoles,
    /// The most of it that there may be, in the smallest unit.
    pub supply_cap: Option<Amount>,
    /// What was attested last.
    pub reserve: Option<Attestation>,
    /// The kinds of movements that are paused.
    pub paused: Operations,
    /// The policy that its holders are under.
    pub policy: Option<PolicyId>,
    /// How long a redemption may take, in seconds.
    pub redemption_seconds: u32,
}

/// What the attestor has said of an asset's reserve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Attestation {
    /// How much is in reserve, in the asset's smallest unit.
    pub reserve: Amount,
    /// When it was counted.
    pub as_of: Timestamp,
    /// The hash of the document that says so.
    pub document: Hash,
}

impl Asset {
    /// An asset of which nothing exists yet.
    pub fn new(AssetSpec { symbol, decimals, issuer, roles, supply_cap }: AssetSpec) -> Self {
        let controls = AssetControls {
            roles,
            supply_cap,
            reserve: None,
            paused: Operations::NONE,
            policy: None,
            redemption_seconds: REDEMPTION_SECONDS,
        };
        Self { symbol, decimals, issuer, supply: Amount::ZERO, controls }
    }

    /// Who has a role, if anybody.
    pub fn holder(&self, role: Role) -> Option<Address> {
        let AssetRoles { approver, compliance, pauser, attestor } = self.controls.roles;
        match role {
            Role::Issuer => Some(self.issuer),
            Role::Approver => approver,
            Role::Compliance => compliance,
            Role::Pauser => pauser,
            Role::Attestor => attestor,
        }
    }
}

/// The hash of all assets in the order of their ids.
pub(crate) fn assets_hash(assets: &[Asset]) -> Hash {
    Hash::of(Domain::Asset, &encode(&assets))
}
