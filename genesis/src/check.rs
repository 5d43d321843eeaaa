//! What a chain spec must keep to.

use types::Timestamp;

use crate::{ChainSpec, GenesisError, Validator};

/// The longest name of a chain or a validator, in bytes.
pub(crate) const MAX_NAME_BYTES: usize = 64;

/// The longest peer id or address, in bytes.
const MAX_ADDRESS_BYTES: usize = 256;

/// With so many decimals, one unit of an asset can still be counted.
pub(crate) const MAX_DECIMALS: u8 = 38;

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
        for (index, validator) in self.validators.iter().enumerate() {
            check_validator(index, validator)?;
            self.validators[..index].iter().try_for_each(|first| check_apart(first, validator))?;
        }
        self.check_assets()
    }

    fn check_assets(&self) -> Result<(), GenesisError> {
        for (index, asset) in self.assets.iter().enumerate() {
            let length = asset.symbol.len();
            let is_symbol = (1..=vm::MAX_SYMBOL_BYTES).contains(&length)
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
        match checks.into_iter().find(|(_, _, is_good, _)| !is_good) {
            Some((name, value, _, bounds)) => Err(GenesisError::Parameter { name, value, bounds }),
            None => Ok(()),
        }
    }
}

fn check_validator(index: usize, validator: &Validator) -> Result<(), GenesisError> {
    if !is_text(&validator.name, MAX_NAME_BYTES) {
        return Err(GenesisError::Field { validator: index.to_string(), field: "name", max: MAX_NAME_BYTES });
    }
    for (field, value) in [("peer_id", &validator.peer_id), ("address", &validator.address)] {
        if !is_text(value, MAX_ADDRESS_BYTES) {
            return Err(GenesisError::Field { validator: validator.name.clone(), field, max: MAX_ADDRESS_BYTES });
        }
    }
    Ok(())
}

/// Two validators share nothing that names or finds one of them.
fn check_apart(first: &Validator, second: &Validator) -> Result<(), GenesisError> {
    let (what, value) = if first.name == second.name {
        ("name", second.name.clone())
    } else if first.key == second.key {
        ("key", second.key.to_string())
    } else if first.peer_id == second.peer_id {
        ("peer_id", second.peer_id.clone())
    } else if first.address == second.address {
        ("address", second.address.clone())
    } else {
        return Ok(());
    };
    Err(GenesisError::Shared { first: first.name.clone(), second: second.name.clone(), what, value })
}
