//! Transactions: what a payer signs, how it is signed, and the id that follows.

use bincode::{Decode, Encode};

use crate::breakage::{Breakage, is_on};
use crate::codec::{Bounded, CodecError, Text, encode};
use crate::hash::hexadecimal;
use crate::{
    Address, Amount, AssetId, AuthorizedTransaction, Compliance, Deadline, Deployment, Domain, Epoch, Hash, Issuance,
    MAX_VALIDATOR_CHANGES, Merchant, Payment, ProgramCall, PublicKey, SecretKey, Signature, SignedMessage,
    ValidatorChange, verify_all,
};

/// The longest encoding of a transaction, in bytes.
pub const MAX_TRANSACTION_BYTES: usize = 128 << 10;

/// The most instructions in a transaction.
pub const MAX_INSTRUCTIONS: usize = 1024;

/// The longest memo, in bytes.
pub const MAX_MEMO_BYTES: usize = 256;

/// The longest reference, in bytes.
pub const MAX_REFERENCE_BYTES: usize = 64;

/// A transaction's identity: its deadline (4 bytes, big-endian seconds), then 28 bytes of the hash of what the payer
/// signed. The deadline in front says where on the chain the transaction can be, so that it is found without an index,
/// and when it is certain that it never will be.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct TransactionId(pub [u8; 32]);

hexadecimal!(TransactionId, 32);

impl TransactionId {
    /// The transaction's deadline.
    pub fn deadline(&self) -> Deadline {
        let [a, b, c, d, ..] = self.0;
        Deadline(u32::from_be_bytes([a, b, c, d]))
    }
}

/// The first eight bytes of the genesis hash: enough to tell a payer that the transaction is for another chain.
/// The signature covers the whole genesis hash.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Encode, Decode)]
pub struct ChainTag(pub [u8; 8]);

hexadecimal!(ChainTag, 8);

impl ChainTag {
    /// The tag of the chain with this genesis hash.
    pub fn of(chain: &Hash) -> ChainTag {
        let mut tag = [0; 8];
        tag.copy_from_slice(&chain.0[..8]);
        ChainTag(tag)
    }
}

/// One step of a transaction. Either all steps of a transaction take effect, or none.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Instruction {
    /// The asset's issuer creates money in an account.
    Mint {
        /// The asset.
        asset: AssetId,
        /// The account that receives it.
        to: Address,
        /// How much, not zero.
        amount: Amount,
    },
    /// The asset's issuer destroys money of its own account.
    Burn {
        /// The asset.
        asset: AssetId,
        /// How much, not zero.
        amount: Amount,
    },
    /// The payer pays an account.
    Transfer {
        /// The asset.
        asset: AssetId,
        /// The account that receives it.
        to: Address,
        /// How much, not zero.
        amount: Amount,
        /// Free text for people.
        memo: Text<MAX_MEMO_BYTES>,
        /// The payee's own mark for the payment, such as an order number.
        reference: Text<MAX_REFERENCE_BYTES>,
    },
    /// A validator, which pays from the account of its consensus key, approves a change of the validator set. It
    /// replaces what the validator approved before; an empty list withdraws that.
    ApproveValidators {
        /// The present epoch: what was meant for one validator set is not taken for another.
        epoch: Epoch,
        /// The changes, in order. Approvals of equal lists count together.
        changes: Bounded<ValidatorChange, MAX_VALIDATOR_CHANGES>,
    },
    /// The registrar adds a merchant to the registry.
    RegisterMerchant {
        /// The merchant's account.
        merchant: Address,
        /// Its entry.
        entry: Box<Merchant>,
    },
    /// The registrar replaces a merchant's entry.
    UpdateMerchant {
        /// The merchant's account.
        merchant: Address,
        /// Its entry from then on.
        entry: Box<Merchant>,
    },
    /// The registrar removes a merchant from the registry.
    CloseMerchant {
        /// The merchant's account.
        merchant: Address,
    },
    /// The payer puts a program on the ledger, whose address is [`Address::of_program`].
    DeployProgram(Box<Deployment>),
    /// The payer calls a program.
    CallProgram(Box<ProgramCall>),
    /// A step of an asset's life.
    Issuance(Box<Issuance>),
    /// A control that somebody sets.
    Compliance(Box<Compliance>),
    /// A step of a payment.
    Payment(Box<Payment>),
}

/// What the payer signs.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Payload {
    /// The chain that the transaction is for.
    pub chain: ChainTag,
    /// The account that pays and acts.
    pub payer: Address,
    /// The last second in which the transaction may execute.
    pub valid_until: Deadline,
    /// Tells apart payments that are otherwise equal.
    pub salt: u64,
    /// The steps, in order.
    pub instructions: Bounded<Instruction, MAX_INSTRUCTIONS>,
}

impl Payload {
    /// The hash that the payer signs and that the id comes from. `chain` is the genesis hash.
    fn hash(&self, chain: &Hash) -> Hash {
        Hash::of(Domain::Transaction, &encode(&(*chain, self)))
    }

    /// The transaction's id. It depends only on what the payer signed.
    pub fn id(&self, chain: &Hash) -> TransactionId {
        self.id_from(&self.hash(chain))
    }

    fn id_from(&self, hash: &Hash) -> TransactionId {
        let mut id = [0; 32];
        id[..4].copy_from_slice(&self.valid_until.0.to_be_bytes());
        id[4..].copy_from_slice(&hash.0[..28]);
        TransactionId(id)
    }
}

/// The message under an ed25519 authorization.
fn signed_message(payload_hash: &Hash) -> Vec<u8> {
    encode(&(*b"baro transaction v1", *payload_hash))
}

/// Why the payer is taken to have agreed.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Authorization {
    /// A signature by the ed25519 key whose address is the payer.
    Ed25519 {
        /// The key.
        key: PublicKey,
        /// Its signature over the payload's hash.
        signature: Signature,
    },
}

/// A payload with its authorization: what a wallet sends.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Transaction {
    /// What the payer signed.
    pub payload: Payload,
    /// Why the payer is taken to have agreed.
    pub authorization: Authorization,
}

/// Why a transaction is not one that its payer authorized for this chain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The bytes are no transaction.
    #[error("malformed transaction: {0}")]
    Malformed(#[from] CodecError),
    /// It is for another chain.
    #[error("the transaction is for chain {got}, this is chain {expected}: sign it for this chain's genesis hash")]
    WrongChain {
        /// This chain's tag.
        expected: ChainTag,
        /// The transaction's.
        got: ChainTag,
    },
    /// It has no instructions.
    #[error("the transaction has no instructions")]
    Empty,
    /// The key that signed does not open the payer's account.
    #[error("the key that signed opens account {signer}, not the payer's account {payer}")]
    WrongKey {
        /// The account that pays.
        payer: Address,
        /// The account that the key opens.
        signer: Address,
    },
    /// The signature does not fit the payload.
    #[error("the signature does not fit: sign exactly the payload that is sent, with this chain's genesis hash")]
    BadSignature,
}

impl Transaction {
    /// Signs a payload with the payer's ed25519 key.
    pub fn sign(payload: Payload, secret: &SecretKey, chain: &Hash) -> Transaction {
        let signature = secret.sign(&signed_message(&payload.hash(chain)));
        Transaction { payload, authorization: Authorization::Ed25519 { key: secret.public(), signature } }
    }

    /// Judges each transaction; signatures are verified in one batch. `chain` is the genesis hash.
    pub fn authorize_all(transactions: Vec<Transaction>, chain: &Hash) -> Vec<Result<AuthorizedTransaction, Refusal>> {
        let tag = ChainTag::of(chain);
        let prepared: Vec<(Transaction, Hash, Result<(), Refusal>)> = transactions
            .into_iter()
            .map(|transaction| {
                let hash = transaction.payload.hash(chain);
                let form = transaction.check_form(tag);
                (transaction, hash, form)
            })
            .collect();

        let messages: Vec<Vec<u8>> = prepared.iter().map(|(_, hash, _)| signed_message(hash)).collect();
        let items: Vec<SignedMessage<'_>> = (prepared.iter().zip(&messages))
            .filter(|((_, _, form), _)| form.is_ok())
            .map(|((transaction, _, _), message)| {
                let Authorization::Ed25519 { key, signature } = &transaction.authorization;
                SignedMessage { key, message, signature }
            })
            .collect();
        let mut verdicts = verify_all(&items).into_iter();

        prepared
            .into_iter()
            .map(|(transaction, hash, form)| {
                form?;
                match verdicts.next() {
                    Some(valid) if valid || is_on(Breakage::SignatureUnchecked) => {
                        Ok(AuthorizedTransaction::new(transaction.payload.id_from(&hash), transaction.payload))
                    }
                    _ => Err(Refusal::BadSignature),
                }
            })
            .collect()
    }

    /// Everything about the authorization but the signature itself.
    fn check_form(&self, expected: ChainTag) -> Result<(), Refusal> {
        let Payload { chain: got, payer, ref instructions, .. } = self.payload;
        if got != expected {
            return Err(Refusal::WrongChain { expected, got });
        }
        if instructions.is_empty() {
            return Err(Refusal::Empty);
        }
        let Authorization::Ed25519 { key, .. } = &self.authorization;
        let signer = Address::of(key);
        if signer != payer {
            return Err(Refusal::WrongKey { payer, signer });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::decode;

    const CHAIN: Hash = Hash([7; 32]);

    fn payload(secret: &SecretKey) -> Payload {
        let transfer = Instruction::Transfer {
            asset: AssetId(0),
            to: Address([2; 20]),
            amount: Amount(4_500),
            memo: Text::new("americano").expect("short"),
            reference: Text::new("order-1").expect("short"),
        };
        Payload {
            chain: ChainTag::of(&CHAIN),
            payer: Address::of(&secret.public()),
            valid_until: Deadline(1_800_000_000),
            salt: 1,
            instructions: Bounded::new(vec![transfer]).expect("one"),
        }
    }

    fn authorize(transaction: Transaction) -> Result<AuthorizedTransaction, Refusal> {
        Transaction::authorize_all(vec![transaction], &CHAIN).remove(0)
    }

    #[test]
    fn a_signed_transaction_is_authorized() {
        let secret = SecretKey::from_seed([1; 32]);
        let transaction = Transaction::sign(payload(&secret), &secret, &CHAIN);
        let decoded: Transaction = decode(&encode(&transaction)).expect("canonical");
        let id = decoded.payload.id(&CHAIN);
        assert_eq!(id.deadline(), Deadline(1_800_000_000));
        assert_eq!(authorize(decoded).map(|authorized| authorized.id()), Ok(id));
    }

    #[test]
    fn each_fault_has_its_own_refusal() {
        let (secret, other) = (SecretKey::from_seed([1; 32]), SecretKey::from_seed([2; 32]));
        let good = Transaction::sign(payload(&secret), &secret, &CHAIN);

        let foreign = Payload { chain: ChainTag([0; 8]), ..payload(&secret) };
        let refusal = authorize(Transaction::sign(foreign, &secret, &CHAIN));
        assert!(matches!(refusal, Err(Refusal::WrongChain { .. })));

        let refusal = authorize(Transaction::sign(payload(&secret), &secret, &Hash([8; 32])));
        assert_eq!(refusal, Err(Refusal::BadSignature), "signed for a chain whose tag was forged");

        let refusal = authorize(Transaction::sign(payload(&secret), &other, &CHAIN));
        assert!(matches!(refusal, Err(Refusal::WrongKey { .. })));

        let empty = Payload { instructions: Bounded::default(), ..payload(&secret) };
        assert_eq!(authorize(Transaction::sign(empty, &secret, &CHAIN)), Err(Refusal::Empty));

        let mut altered = good.clone();
        altered.payload.salt += 1;
        assert_eq!(authorize(altered), Err(Refusal::BadSignature));

        let verdicts = Transaction::authorize_all(
            vec![good.clone(), Transaction::sign(payload(&secret), &other, &CHAIN), good],
            &CHAIN,
        );
        assert_eq!(verdicts.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);
    }

    #[test]
    fn the_id_does_not_depend_on_the_authorization() {
        let secret = SecretKey::from_seed([1; 32]);
        let mut transaction = Transaction::sign(payload(&secret), &secret, &CHAIN);
        let id = transaction.payload.id(&CHAIN);
        let Authorization::Ed25519 { signature, .. } = &mut transaction.authorization;
        signature.0[0] ^= 1;
        assert_eq!(transaction.payload.id(&CHAIN), id);
    }

    /// What a wallet needs to check its own code against. A change of this file is a change of every wallet.
    #[test]
    fn the_pinned_transaction_holds() {
        let file = include_str!("../vectors/transaction.json");
        let pinned: std::collections::BTreeMap<String, String> = serde_json::from_str(file).expect("JSON");
        let secret = SecretKey::from_seed([1; 32]);
        let transaction = Transaction::sign(payload(&secret), &secret, &CHAIN);
        let hash = transaction.payload.hash(&CHAIN);
        let Authorization::Ed25519 { key, signature } = &transaction.authorization;
        let actual = [
            ("genesis_hash", CHAIN.to_string()),
            ("seed", hex::encode(secret.seed())),
            ("key", key.to_string()),
            ("payer", transaction.payload.payer.to_string()),
            ("payload", hex::encode(encode(&transaction.payload))),
            ("hash", hash.to_string()),
            ("signed_message", hex::encode(signed_message(&hash))),
            ("signature", signature.to_string()),
            ("transaction", hex::encode(encode(&transaction))),
            ("id", transaction.payload.id(&CHAIN).to_string()),
        ];
        let actual = actual.map(|(name, value)| (name.to_owned(), value));
        assert_eq!(pinned, std::collections::BTreeMap::from(actual));
    }
}
