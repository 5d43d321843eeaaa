//! Types that only checking makes.

use crate::transaction::{Payload, Transaction, TransactionId};
use crate::{AccountKey, Address, Authorization, Certificate, Hash, Sponsorship};

/// A value whose signatures were verified. Made only by the verifying functions of this crate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified<T>(T);

impl<T> Verified<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(value)
    }

    /// The value.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> std::ops::Deref for Verified<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// The keys that signed for an account, and whose signatures were verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningKeys {
    keys: Keys,
    has_own: bool,
}

/// Ascending. Allocates only for more than one.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Keys {
    One(AccountKey),
    More(Box<[AccountKey]>),
}

impl SigningKeys {
    fn of(authorization: &Authorization, account: &Address) -> SigningKeys {
        let keys = match authorization.signatures() {
            [one] => Keys::One(one.key),
            more => Keys::More(more.iter().map(|signature| signature.key).collect()),
        };
        // Told here, where many threads verify, and not where one executes.
        let has_own = authorization.signatures().iter().any(|signature| signature.key.address() == *account);
        SigningKeys { keys, has_own }
    }

    /// The keys, ascending, each once; at least one.
    pub fn keys(&self) -> &[AccountKey] {
        match &self.keys {
            Keys::One(key) => std::slice::from_ref(key),
            Keys::More(keys) => keys,
        }
    }

    /// True if the key is among them whose address the account has.
    pub fn has_own(&self) -> bool {
        self.has_own
    }
}

/// Who is to pay a transaction's fee, and the keys that agreed to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizedSponsor {
    address: Address,
    signers: SigningKeys,
}

impl AuthorizedSponsor {
    /// The sponsor's account.
    pub fn address(&self) -> Address {
        self.address
    }

    /// The keys that signed for the sponsor. Whether they open its account is for the ledger to say.
    pub fn signers(&self) -> &SigningKeys {
        &self.signers
    }
}

/// A transaction whose signatures were verified, with its id. Whether its signers open the payer's account is for the
/// ledger to say, which knows the account's keys.
///
/// Made by verifying signatures ([`Transaction::authorize_all`]) or, for a finalized block, on the word of the quorum
/// that verified them before it voted ([`AuthorizedTransaction::certified`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizedTransaction {
    id: TransactionId,
    payload: Payload,
    signers: SigningKeys,
    sponsor: Option<Box<AuthorizedSponsor>>,
}

impl AuthorizedTransaction {
    pub(crate) fn new(id: TransactionId, transaction: Transaction) -> Self {
        let Transaction { payload, authorization, sponsorship } = transaction;
        let sponsor = sponsorship.map(|sponsorship| {
            let Sponsorship { sponsor, authorization } = *sponsorship;
            Box::new(AuthorizedSponsor { address: sponsor, signers: SigningKeys::of(&authorization, &sponsor) })
        });
        Self { id, signers: SigningKeys::of(&authorization, &payload.payer), payload, sponsor }
    }

    /// A transaction of a block that `_certificate` finalizes: a quorum verified it, so it is not verified again.
    /// The caller has checked that the certificate's block includes the transaction.
    pub fn certified(transaction: Transaction, chain: &Hash, _certificate: &Verified<Certificate>) -> Self {
        Self::new(transaction.payload.id(chain), transaction)
    }

    /// The transaction's id.
    pub fn id(&self) -> TransactionId {
        self.id
    }

    /// What the payer signed.
    pub fn payload(&self) -> &Payload {
        &self.payload
    }

    /// The keys that signed for the payer.
    pub fn signers(&self) -> &SigningKeys {
        &self.signers
    }

    /// Who is to pay the fee instead of the payer.
    pub fn sponsor(&self) -> Option<&AuthorizedSponsor> {
        self.sponsor.as_deref()
    }
}
