//! What a chain spec must keep to.

use types::{MAX_NAME_BYTES, Member, MemberError, MemberField, Timestamp};
use vm::MAX_DECIMALS;

use crate::{ChainSpec, GenesisError, Validator};

/// Deadlines are counted in 32-bit seconds: a chain that begins later could execute nothing.
const MAX_TIMESTAMP: Timestamp = Timestamp(u32::MAX as u64 * 1_000);

fn is_text(text: &str, max_bytes: usize) -> bool {
    !text.trim().is_empty() && text.len() <= max_bytes && !text.contains(char::is_control)
}

impl ChainSpec {
    /// Checks what the ledger and the validator set do not check themselves.
    pub(crate) fn check(&self) -> Result<(), GenesisError> {
        if !is_text(&self.chain_id, MAX_NAME_BYTES) {
            return Err(GenesisError::ChainId);
        }
        if self.timestamp > MAX_TIMESTAMP {
            return Err(GenesisError::Timestamp(self.timestamp));
        }
        self.check_parameters()?;
        let members = self.members()?;
        for (index, member) in members.iter().enumerate() {
            members[..index].iter().try_for_each(|first| check_apart(first, member))?;
        }
        self.check_assets()
    }

    /// The validators as the ledger lists them.
    pub(crate) fn members(&self) -> Result<Vec<Member>, GenesisError> {
        let member = |(index, validator): (usize, &Validator)| {
            validator.member().map_err(|MemberError { field, max }| {
                // A validator whose name is not good is called by its index.
                let name = if field == MemberField::Name { index.to_string() } else { validator.name.clone() };
                GenesisError::Field { validator: name, field, max }
            })
        };
        self.validators.iter().enumerate().map(member).collect()
    }

    fn check_assets(&self) -> Result<(), GenesisError> {
        for (index, asset) in self.assets.iter().enumerate() {
            let length = asset.symbol.len();
            let is_symbol = (1..=types::MAX_SYMBOL_BYTES).contains(&length)
                && asset.symbol.chars().all(|character| character.is_ascii_alphanumeric());
            if !is_symbol || self.assets[..index].iter().any(|other| other.symbol == asset.symbol) {
                return Err(GenesisError::Symbol(asset.symbol.clone()));
            }
            if asset.decimals > MAX_DECIMALS {
                return Err(GenesisError::Decimals { symbol: asset.symbol.clone(), decimals: asset.decimals });
            }
        }
        Ok(())
    }

    fn check_parameters(&self) -> Result<(), GenesisError> {
        let parameters = &self.parameters;
        let seconds = u64::from(parameters.max_valid_seconds);
        let checks = [
            (
                "max_valid_seconds",
                seconds,
                (1..=u64::from(vm::MAX_VALID_SECONDS)).contains(&seconds),
                "at least 1 and no more than the ledger can remember",
            ),
            (
                "max_clock_ahead_millis",
                parameters.max_clock_ahead_millis,
                parameters.max_clock_ahead_millis <= 60_000,
                "at most 60000",
            ),
            (
                "heartbeat_millis",
                parameters.heartbeat_millis,
                (100..=60_000).contains(&parameters.heartbeat_millis),
                "100 to 60000",
            ),
            (
                "timeout_millis",
                parameters.timeout_millis,
                (10..=60_000).contains(&parameters.timeout_millis),
                "10 to 60000",
            ),
            (
                "max_timeout_millis",
                parameters.max_timeout_millis,
                (parameters.timeout_millis..=600_000).contains(&parameters.max_timeout_millis),
                "timeout_millis to 600000",
            ),
        ];
        let notice = parameters.validator_notice_millis;
        let notice =
            ("validator_notice_millis", notice, vm::VALIDATOR_NOTICE_MILLIS.contains(&notice), "100 to 604800000");
        match checks.into_iter().chain([notice]).find(|(_, _, is_good, _)| !is_good) {
            Some((name, value, _, bounds)) => Err(GenesisError::Parameter { name, value, bounds }),
            None => Ok(()),
        }
    }
}

/// Two validators share nothing that names or finds one of them.
fn check_apart(first: &Member, second: &Member) -> Result<(), GenesisError> {
    let Some(what) = first.shares(second) else { return Ok(()) };
    let value = match what {
        MemberField::Name => second.name.to_string(),
        MemberField::Key => second.key.to_string(),
        MemberField::PeerId => second.peer_id.to_string(),
        MemberField::Address => second.address.to_string(),
    };
    Err(GenesisError::Shared { first: first.name.to_string(), second: second.name.to_string(), what, value })
}
