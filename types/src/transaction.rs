//! Transactions: what a payer signs, and the id that follows.

use bincode::{Decode, Encode};
use serde::Serialize;

use crate::account::{KeyedMessage, signed_message, sponsored_message, verify_each};
use crate::breakage::{Breakage, is_on};
use crate::codec::{Bounded, CodecError, Text, encode};
use crate::hash::hexadecimal;
use crate::{
    AccountKey, AccountSecret, Address, Amount, AssetId, Authorization, AuthorizationError, AuthorizedTransaction,
    Compliance, Deadline, DecodedKeys, Deployment, Domain, Epoch, Hash, Issuance, KeyPolicy, KeySignature,
    MAX_VALIDATOR_CHANGES, Merchant, Payment, ProgramCall, SecretKey, SessionGrant, Sponsorship, ValidatorChange,
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
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
#[serde(rename_all = "snake_case")]
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
    /// Replaces the keys of the payer's account and ends all its sessions.
    SetKeys {
        /// The keys from the next transaction on; none for the key whose address the account has.
        policy: Option<Box<KeyPolicy>>,
    },
    /// Lets another key pay from the payer's account. What the key has of an earlier session is replaced.
    GrantSession {
        /// The key.
        key: AccountKey,
        /// What it may do.
        session: Box<SessionGrant>,
    },
    /// Ends a session of the payer's account.
    RevokeSession {
        /// Its key.
        key: AccountKey,
    },
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

/// A payload with what stands beside it: what a wallet sends.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Transaction {
    /// What the payer signed.
    pub payload: Payload,
    /// Signatures by the payer's keys, over the payload's hash.
    pub authorization: Authorization,
    /// Who pays the fee instead of the payer, if somebody does.
    pub sponsorship: Option<Box<Sponsorship>>,
}

/// Why a transaction is not one that somebody signed for this chain.
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
    /// A signature does not fit the payload.
    #[error("a signature does not fit: sign exactly the payload that is sent, with this chain's genesis hash")]
    BadSignature,
    /// A sponsor's signature does not fit the transaction.
    #[error("a signature of the sponsor does not fit: it is made for this transaction's id, sponsor and chain")]
    BadSponsorSignature,
}

impl Transaction {
    /// Signs a payload with one ed25519 key, such as the one whose address is the payer.
    pub fn sign(payload: Payload, secret: &SecretKey, chain: &Hash) -> Transaction {
        let signature = secret.sign(&signed_message(&payload.hash(chain)));
        let signature = KeySignature { key: secret.public().into(), signature };
        let authorization = Authorization::new(vec![signature]).expect("one signature is a list");
        Transaction { payload, authorization, sponsorship: None }
    }

    /// Signs a payload with 1 to 16 keys of any kind, each once.
    pub fn sign_with(
        payload: Payload,
        secrets: &[&AccountSecret],
        chain: &Hash,
    ) -> Result<Transaction, AuthorizationError> {
        let authorization = Authorization::by(secrets, &signed_message(&payload.hash(chain)))?;
        Ok(Transaction { payload, authorization, sponsorship: None })
    }

    /// The same transaction, with its fee paid by somebody else.
    pub fn sponsored(self, sponsorship: Sponsorship) -> Transaction {
        Transaction { sponsorship: Some(Box::new(sponsorship)), ..self }
    }

    /// Judges each transaction; all ed25519 signatures are verified in one batch. `chain` is the genesis hash.
    pub fn authorize_all(transactions: Vec<Transaction>, chain: &Hash) -> Vec<Result<AuthorizedTransaction, Refusal>> {
        Transaction::authorize_all_with(transactions, chain, &mut DecodedKeys::none())
    }

    /// As [`Transaction::authorize_all`], with keys that are decoded already.
    pub fn authorize_all_with(
        transactions: Vec<Transaction>,
        chain: &Hash,
        keys: &mut DecodedKeys,
    ) -> Vec<Result<AuthorizedTransaction, Refusal>> {
        let tag = ChainTag::of(chain);
        let prepared: Vec<(Transaction, TransactionId, Result<Messages, Refusal>)> = transactions
            .into_iter()
            .map(|transaction| {
                let hash = transaction.payload.hash(chain);
                let id = transaction.payload.id_from(&hash);
                let messages = transaction.check_form(tag).map(|()| Messages {
                    payer: signed_message(&hash),
                    sponsor: transaction.sponsorship.as_ref().map(|by| sponsored_message(chain, &id, &by.sponsor)),
                });
                (transaction, id, messages)
            })
            .collect();

        let mut items: Vec<KeyedMessage<'_>> = Vec::with_capacity(prepared.len());
        for (transaction, _, messages) in &prepared {
            if let Ok(messages) = messages {
                items.extend(keyed(&transaction.authorization, &messages.payer));
                if let (Some(sponsorship), Some(message)) = (&transaction.sponsorship, &messages.sponsor) {
                    items.extend(keyed(&sponsorship.authorization, message));
                }
            }
        }
        let mut verdicts = verify_each(&items, keys).into_iter();
        // One verdict for each signature, in the order of the items.
        let mut are_valid = |count: usize| {
            verdicts.by_ref().take(count).filter(|valid| *valid).count() == count || is_on(Breakage::SignatureUnchecked)
        };

        prepared
            .into_iter()
            .map(|(transaction, id, messages)| {
                messages?;
                let is_payers = are_valid(transaction.authorization.signatures().len());
                let sponsors = transaction.sponsorship.as_ref().map(|by| by.authorization.signatures().len());
                let is_sponsors = are_valid(sponsors.unwrap_or(0));
                match (is_payers, is_sponsors) {
                    (false, _) => Err(Refusal::BadSignature),
                    (true, false) => Err(Refusal::BadSponsorSignature),
                    (true, true) => Ok(AuthorizedTransaction::new(id, transaction)),
                }
            })
            .collect()
    }

    /// Everything but the signatures.
    fn check_form(&self, expected: ChainTag) -> Result<(), Refusal> {
        let Payload { chain: got, ref instructions, .. } = self.payload;
        if got != expected {
            return Err(Refusal::WrongChain { expected, got });
        }
        if instructions.is_empty() {
            return Err(Refusal::Empty);
        }
        Ok(())
    }
}

/// What is signed under a transaction.
struct Messages {
    payer: Vec<u8>,
    sponsor: Option<Vec<u8>>,
}

fn keyed<'a>(authorization: &'a Authorization, message: &'a [u8]) -> impl Iterator<Item = KeyedMessage<'a>> {
    let item = move |KeySignature { key, signature }: &'a KeySignature| KeyedMessage { key, message, signature };
    authorization.signatures().iter().map(item)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::KeyKind;
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

        let by_another = authorize(Transaction::sign(payload(&secret), &other, &CHAIN)).expect("validly signed");
        assert_eq!(
            by_another.signers().keys(),
            [other.public().into()],
            "the ledger says that it is not the payer's key"
        );

        let empty = Payload { instructions: Bounded::default(), ..payload(&secret) };
        assert_eq!(authorize(Transaction::sign(empty, &secret, &CHAIN)), Err(Refusal::Empty));

        let mut altered = good.clone();
        altered.payload.salt += 1;
        assert_eq!(authorize(altered), Err(Refusal::BadSignature));

        let verdicts = Transaction::authorize_all(
            vec![good.clone(), Transaction::sign(payload(&secret), &other, &Hash([8; 32])), good],
            &CHAIN,
        );
        assert_eq!(verdicts.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);
    }

    fn secrets() -> [AccountSecret; 3] {
        KeyKind::ALL.map(|kind| AccountSecret::from_seed(kind, [1; 32]).expect("a scalar"))
    }

    /// The transaction with a bit of its signature altered.
    fn spoilt(authorization: &Authorization, place: usize) -> Authorization {
        let mut signatures = authorization.signatures().to_vec();
        signatures[place].signature.0[40] ^= 1;
        Authorization::new(signatures).expect("as many")
    }

    #[test]
    fn keys_of_all_kinds_sign_together() {
        let secrets = secrets();
        let signed = |by: &[usize]| {
            let by: Vec<&AccountSecret> = by.iter().map(|place| &secrets[*place]).collect();
            Transaction::sign_with(payload(&SecretKey::from_seed([1; 32])), &by, &CHAIN).expect("each once")
        };
        for by in [&[0][..], &[1], &[2], &[2, 1], &[1, 2, 0]] {
            let mut keys: Vec<AccountKey> = by.iter().map(|place| secrets[*place].key()).collect();
            keys.sort();
            let authorized = authorize(signed(by)).expect("validly signed");
            assert_eq!(authorized.signers().keys(), keys);
        }
        let all = signed(&[0, 1, 2]);
        for place in 0..3 {
            let transaction = Transaction { authorization: spoilt(&all.authorization, place), ..all.clone() };
            let verdicts = Transaction::authorize_all(vec![all.clone(), transaction, all.clone()], &CHAIN);
            assert!(verdicts[0].is_ok() && verdicts[2].is_ok());
            assert_eq!(verdicts[1], Err(Refusal::BadSignature), "signature {place}");
        }
    }

    #[test]
    fn a_sponsorship_is_for_one_transaction_and_one_sponsor() {
        let secret = SecretKey::from_seed([1; 32]);
        let secrets = secrets();
        let (id, sponsor) = (payload(&secret).id(&CHAIN), Address([9; 20]));
        let by = |sponsor, id: &TransactionId, chain| {
            Sponsorship::sign(sponsor, id, &[&secrets[2], &secrets[1]], chain).expect("two")
        };
        let sponsored =
            |sponsorship| authorize(Transaction::sign(payload(&secret), &secret, &CHAIN).sponsored(sponsorship));
        let good = sponsored(by(sponsor, &id, &CHAIN)).expect("validly signed");
        assert_eq!(good.id(), id, "the id does not depend on the sponsor");
        let keys = [secrets[1].key(), secrets[2].key()];
        assert_eq!(good.sponsor().map(|by| (by.address(), by.signers().keys())), Some((sponsor, &keys[..])));

        let refused = Err(Refusal::BadSponsorSignature);
        assert_eq!(sponsored(by(sponsor, &TransactionId([1; 32]), &CHAIN)), refused);
        assert_eq!(sponsored(by(sponsor, &id, &Hash([8; 32]))), refused);
        let moved = Sponsorship { sponsor: Address([8; 20]), ..by(sponsor, &id, &CHAIN) };
        assert_eq!(sponsored(moved), refused);
        let good = by(sponsor, &id, &CHAIN);
        let altered = Sponsorship { authorization: spoilt(&good.authorization, 1), ..good.clone() };
        assert_eq!(sponsored(altered), refused);

        let mut payers = Transaction::sign(payload(&secret), &secret, &CHAIN).sponsored(good);
        payers.authorization = spoilt(&payers.authorization, 0);
        assert_eq!(authorize(payers), Err(Refusal::BadSignature));
        // What a payer's key has signed is no sponsor's promise.
        let stolen = Transaction::sign(payload(&secret), &secret, &CHAIN);
        let authorization = stolen.authorization.clone();
        assert_eq!(authorize(stolen.sponsored(Sponsorship { sponsor, authorization })), refused);
    }

    #[test]
    fn the_id_does_not_depend_on_the_authorization() {
        let secret = SecretKey::from_seed([1; 32]);
        let ids = [&secrets()[..1], &secrets()[1..], &secrets()[..]].map(|by| {
            let by: Vec<&AccountSecret> = by.iter().collect();
            let transaction = Transaction::sign_with(payload(&secret), &by, &CHAIN).expect("each once");
            authorize(transaction).expect("validly signed").id()
        });
        assert_eq!(ids, [payload(&secret).id(&CHAIN); 3]);
    }

    /// What a wallet needs to check its own code against. A change of this file is a change of every wallet.
    #[test]
    fn the_pinned_transaction_holds() {
        let file = include_str!("../vectors/transaction.json");
        let pinned: std::collections::BTreeMap<String, String> = serde_json::from_str(file).expect("JSON");
        let secret = SecretKey::from_seed([1; 32]);
        let transaction = Transaction::sign(payload(&secret), &secret, &CHAIN);
        let hash = transaction.payload.hash(&CHAIN);
        let [KeySignature { key: AccountKey::Ed25519(key), signature }] = transaction.authorization.signatures() else {
            panic!("signed with one ed25519 key");
        };
        let sponsor = secrets().map(|secret| (secret.key(), secret));
        let sponsorship = Sponsorship::sign(
            sponsor[1].0.address(),
            &transaction.payload.id(&CHAIN),
            &[&sponsor[1].1, &sponsor[2].1],
            &CHAIN,
        );
        let sponsorship = sponsorship.expect("two");
        let [by_secp256k1, by_p256] = sponsorship.authorization.signatures() else { panic!("signed with two keys") };
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
            ("sponsor", sponsorship.sponsor.to_string()),
            (
                "sponsor_message",
                hex::encode(sponsored_message(&CHAIN, &transaction.payload.id(&CHAIN), &sponsorship.sponsor)),
            ),
            ("sponsor_secp256k1_key", by_secp256k1.key.to_string()),
            ("sponsor_secp256k1_signature", by_secp256k1.signature.to_string()),
            ("sponsor_p256_key", by_p256.key.to_string()),
            ("sponsor_p256_signature", by_p256.signature.to_string()),
            ("sponsored_transaction", hex::encode(encode(&transaction.clone().sponsored(sponsorship.clone())))),
        ];
        let actual = actual.map(|(name, value)| (name.to_owned(), value));
        let actual = std::collections::BTreeMap::from(actual);
        assert_eq!(pinned, actual, "{}", serde_json::to_string_pretty(&actual).expect("JSON"));
    }
}
