//! The one rule for ed25519 signatures: ZIP-215 (<https://zips.z.cash/zip-0215>), cofactored, one by one and in batches.
//!
//! A signature `(R, s)` under `A` of `message` is valid when `s` is canonical, `A` and `R` decode to points (encodings
//! need not be canonical), and `8 (s B - k A - R) = 0` with `k = SHA-512(R, A, message) mod l`. A batch checks a random
//! combination of the same cofactored equations, so a batch of valid signatures always passes and one with an invalid
//! signature passes with a probability of 2^-128. The combination's weights come from hashing the whole batch, which
//! whoever wrote the signatures cannot steer, so no random source is needed.

use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::{IsIdentity, VartimeMultiscalarMul};
use sha2::{Digest, Sha512};

use crate::{PublicKey, Signature};

/// A signature together with what it is to be checked against.
#[derive(Debug, Clone, Copy)]
pub struct SignedMessage<'a> {
    /// Who is said to have signed.
    pub key: &'a PublicKey,
    /// What is said to have been signed.
    pub message: &'a [u8],
    /// The signature.
    pub signature: &'a Signature,
}

/// The parts of the verification equation.
struct Equation {
    s: Scalar,
    k: Scalar,
    minus_a: EdwardsPoint,
    minus_r: EdwardsPoint,
}

impl Equation {
    /// Decodes the parts; `None` where `s` is not canonical or a point does not decode.
    fn of(item: &SignedMessage<'_>) -> Option<Equation> {
        let (r, s) = item.signature.0.split_at(32);
        let s = Option::<Scalar>::from(Scalar::from_canonical_bytes(s.try_into().ok()?))?;
        let minus_a = -CompressedEdwardsY(item.key.0).decompress()?;
        let minus_r = -CompressedEdwardsY::from_slice(r).ok()?.decompress()?;
        let digest = Sha512::new().chain_update(r).chain_update(item.key.0).chain_update(item.message).finalize();
        let k = Scalar::from_bytes_mod_order_wide(&digest.into());
        Some(Equation { s, k, minus_a, minus_r })
    }

    fn holds(&self) -> bool {
        let difference =
            EdwardsPoint::vartime_double_scalar_mul_basepoint(&self.k, &self.minus_a, &self.s) + self.minus_r;
        difference.mul_by_cofactor().is_identity()
    }
}

/// True when the signature is valid.
pub fn verify_one(item: &SignedMessage<'_>) -> bool {
    Equation::of(item).is_some_and(|equation| equation.holds())
}

/// The verdict on each signature, equal to that of [`verify_one`]. Fast when all are valid.
pub fn verify_all(items: &[SignedMessage<'_>]) -> Vec<bool> {
    let equations: Vec<Option<Equation>> = items.iter().map(Equation::of).collect();
    let mut verdicts: Vec<bool> = equations.iter().map(Option::is_some).collect();
    let decoded: Vec<&Equation> = equations.iter().flatten().collect();
    if !combination_holds(items, &decoded) {
        for (verdict, equation) in verdicts.iter_mut().zip(&equations) {
            *verdict = equation.as_ref().is_some_and(Equation::holds);
        }
    }
    verdicts
}

/// Checks all equations at once by a random combination of them.
fn combination_holds(items: &[SignedMessage<'_>], equations: &[&Equation]) -> bool {
    let mut transcript = blake3::Hasher::new_derive_key("baro 2026 batch verification weights v1");
    for item in items {
        transcript.update(&item.key.0).update(&item.signature.0);
    }
    for equation in equations {
        // k commits to the message.
        transcript.update(equation.k.as_bytes());
    }
    let mut stream = transcript.finalize_xof();
    let mut weight = || {
        let mut bytes = [0; 16];
        stream.fill(&mut bytes);
        Scalar::from(u128::from_le_bytes(bytes))
    };

    let mut base = Scalar::ZERO;
    let mut scalars = Vec::with_capacity(2 * equations.len() + 1);
    let mut points = Vec::with_capacity(2 * equations.len() + 1);
    for equation in equations {
        let z = weight();
        base += z * equation.s;
        scalars.push(z * equation.k);
        points.push(equation.minus_a);
        scalars.push(z);
        points.push(equation.minus_r);
    }
    scalars.push(base);
    points.push(curve25519_dalek::constants::ED25519_BASEPOINT_POINT);
    EdwardsPoint::vartime_multiscalar_mul(&scalars, &points).mul_by_cofactor().is_identity()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SecretKey;

    /// A case of "Taming the many EdDSAs" (Chalkias, Garillot, Nikolaenko, 2020),
    /// <https://github.com/novifinancial/ed25519-speccheck>, file `cases.json`.
    struct Case {
        message: Vec<u8>,
        key: PublicKey,
        signature: Signature,
    }

    fn cases() -> Vec<Case> {
        let file = include_str!("../vectors/ed25519-speccheck.json");
        let list: Vec<std::collections::BTreeMap<String, String>> = serde_json::from_str(file).expect("JSON");
        list.iter()
            .map(|case| Case {
                message: hex::decode(&case["message"]).expect("hex"),
                key: case["pub_key"].parse().expect("key"),
                signature: case["signature"].parse().expect("signature"),
            })
            .collect()
    }

    fn signed(case: &Case) -> SignedMessage<'_> {
        SignedMessage { key: &case.key, message: &case.message, signature: &case.signature }
    }

    /// ZIP-215's verdicts: small and mixed orders pass (0 to 5), a non-canonical `s` fails (6, 7), a non-canonical R
    /// passes when hashed as written (9) and not when the signer had reduced it first (8), and a non-canonical A of
    /// small order passes (10, 11) because the cofactor clears it whatever was hashed.
    const ZIP215: [bool; 12] = [true, true, true, true, true, true, false, false, false, true, true, true];

    #[test]
    fn speccheck_one_by_one() {
        let verdicts: Vec<bool> = cases().iter().map(|case| verify_one(&signed(case))).collect();
        assert_eq!(verdicts, ZIP215);
    }

    #[test]
    fn speccheck_in_every_mixture() {
        let cases = cases();
        for mixture in 0u32..1 << cases.len() {
            let chosen: Vec<usize> = (0..cases.len()).filter(|place| mixture >> place & 1 == 1).collect();
            let items: Vec<SignedMessage<'_>> = chosen.iter().map(|&place| signed(&cases[place])).collect();
            let expected: Vec<bool> = chosen.iter().map(|&place| ZIP215[place]).collect();
            assert_eq!(verify_all(&items), expected, "mixture {mixture:012b}");
        }
    }

    #[test]
    fn names_the_invalid_ones_among_many() {
        let secret = SecretKey::from_seed([7; 32]);
        let key = secret.public();
        let messages: Vec<[u8; 4]> = (0u32..100).map(u32::to_le_bytes).collect();
        let signatures: Vec<Signature> = messages.iter().map(|message| secret.sign(message)).collect();
        let mut items: Vec<SignedMessage<'_>> = (messages.iter().zip(&signatures))
            .map(|(message, signature)| SignedMessage { key: &key, message, signature })
            .collect();
        assert!(verify_all(&items).iter().all(|&valid| valid));
        items[3].message = b"another";
        items[97].signature = &signatures[0];
        let invalid: Vec<usize> = (0..100).filter(|&place| !verify_all(&items)[place]).collect();
        assert_eq!(invalid, [3, 97]);
    }
}
