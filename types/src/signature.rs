//! The one rule for ed25519 signatures: ZIP-215 (<https://zips.z.cash/zip-0215>), cofactored, one by one and in batches.
//!
//! A signature `(R, s)` under `A` of `message` is valid when `s` is canonical, `A` and `R` decode to points (encodings
//! need not be canonical), and `8 (s B - k A - R) = 0` with `k = SHA-512(R, A, message) mod l`. A batch checks a random
//! combination of the same cofactored equations, so a batch of valid signatures always passes and one with an invalid
//! signature passes with a probability of 2^-128. The combination's weights come from hashing the whole batch, which
//! whoever wrote the signatures cannot steer, so no random source is needed. A combination that does not hold is taken apart
//! by halves, so that a few invalid signatures among many cost a few passes more, and not one check for each.

use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::{Identity, IsIdentity, VartimeMultiscalarMul};
use sha2::{Digest, Sha512};

use crate::{DecodedKeys, PublicKey, Signature};

/// From so many points on curve25519-dalek sums by Pippenger's method, which is faster already for fewer.
const PIPPENGER_POINTS: usize = 190;

/// So many points are worth filling up to [`PIPPENGER_POINTS`] with nothing.
const WORTH_FILLING: usize = 60;

/// So few equations are checked one by one.
const FEW: usize = 2;

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
    fn of(item: &SignedMessage<'_>, keys: &DecodedKeys) -> Option<Equation> {
        let (r, s) = item.signature.0.split_at(32);
        let s = Option::<Scalar>::from(Scalar::from_canonical_bytes(s.try_into().ok()?))?;
        let minus_a = keys.minus(item.key)?;
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
    Equation::of(item, &DecodedKeys::none()).is_some_and(|equation| equation.holds())
}

/// The verdict on each signature, equal to that of [`verify_one`]. Fast when all are valid.
pub fn verify_all(items: &[SignedMessage<'_>]) -> Vec<bool> {
    verify_all_with(items, &mut DecodedKeys::none())
}

/// As [`verify_all`], with keys that are decoded already.
pub fn verify_all_with(items: &[SignedMessage<'_>], keys: &mut DecodedKeys) -> Vec<bool> {
    let equations = items.iter().map(|item| Equation::of(item, keys));
    let decoded: Vec<(usize, Equation)> =
        equations.enumerate().filter_map(|(place, equation)| Some((place, equation?))).collect();
    let mut verdicts = vec![false; items.len()];
    settle(items, &decoded, &mut verdicts);
    for (place, equation) in decoded.into_iter().filter(|(place, _)| verdicts[*place]) {
        keys.remember(items[place].key, equation.minus_a);
    }
    verdicts
}

/// Finds out which of the equations, each with the place of its item, hold.
fn settle(items: &[SignedMessage<'_>], equations: &[(usize, Equation)], verdicts: &mut [bool]) {
    if equations.len() > FEW {
        if combination_holds(items, equations) {
            equations.iter().for_each(|(place, _)| verdicts[*place] = true);
        } else {
            let (left, right) = equations.split_at(equations.len() / 2);
            settle(items, left, verdicts);
            settle(items, right, verdicts);
        }
    } else {
        equations.iter().for_each(|(place, equation)| verdicts[*place] = equation.holds());
    }
}

/// Checks all equations at once by a random combination of them.
fn combination_holds(items: &[SignedMessage<'_>], equations: &[(usize, Equation)]) -> bool {
    let mut transcript = blake3::Hasher::new_derive_key("baro 2026 batch verification weights v1");
    for (place, equation) in equations {
        let SignedMessage { key, signature, .. } = items[*place];
        // k commits to the message.
        transcript.update(&key.0).update(&signature.0).update(equation.k.as_bytes());
    }
    let mut stream = transcript.finalize_xof();
    let mut weight = || {
        let mut bytes = [0; 16];
        stream.fill(&mut bytes);
        Scalar::from(u128::from_le_bytes(bytes))
    };

    let mut base = Scalar::ZERO;
    let capacity = (2 * equations.len() + 1).max(PIPPENGER_POINTS);
    let mut scalars = Vec::with_capacity(capacity);
    let mut points = Vec::with_capacity(capacity);
    for (_, equation) in equations {
        let z = weight();
        base += z * equation.s;
        scalars.push(z * equation.k);
        points.push(equation.minus_a);
        scalars.push(z);
        points.push(equation.minus_r);
    }
    scalars.push(base);
    points.push(curve25519_dalek::constants::ED25519_BASEPOINT_POINT);
    if (WORTH_FILLING..PIPPENGER_POINTS).contains(&points.len()) {
        scalars.resize(PIPPENGER_POINTS, Scalar::ZERO);
        points.resize(PIPPENGER_POINTS, EdwardsPoint::identity());
    }
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
    fn speccheck_with_keys_that_are_remembered() {
        let cases = cases();
        let mut keys = DecodedKeys::with_capacity(4);
        for mixture in 0u32..1 << cases.len() {
            let chosen: Vec<usize> = (0..cases.len()).filter(|place| mixture >> place & 1 == 1).collect();
            let items: Vec<SignedMessage<'_>> = chosen.iter().map(|&place| signed(&cases[place])).collect();
            let expected: Vec<bool> = chosen.iter().map(|&place| ZIP215[place]).collect();
            assert_eq!(verify_all_with(&items, &mut keys), expected, "mixture {mixture:012b}");
        }
    }

    /// At each size of a batch, and wherever the invalid ones are: also where points are filled up.
    #[test]
    fn invalid_ones_are_found_at_every_size() {
        let secrets: Vec<SecretKey> = (0..7).map(|number| SecretKey::from_seed([number; 32])).collect();
        let publics: Vec<PublicKey> = secrets.iter().map(SecretKey::public).collect();
        let mut keys = DecodedKeys::with_capacity(16);
        for size in [1usize, 2, 3, 29, 30, 94, 95, 96, 250] {
            let messages: Vec<[u8; 8]> = (0..size as u64).map(u64::to_le_bytes).collect();
            let signatures: Vec<Signature> =
                messages.iter().enumerate().map(|(place, message)| secrets[place % 7].sign(message)).collect();
            for bad in [vec![], vec![0], vec![size - 1], vec![size / 2], (0..size).step_by(3).collect::<Vec<_>>()] {
                let items: Vec<SignedMessage<'_>> = (0..size)
                    .map(|place| {
                        let message = if bad.contains(&place) { &b"another"[..] } else { &messages[place][..] };
                        SignedMessage { key: &publics[place % 7], message, signature: &signatures[place] }
                    })
                    .collect();
                let expected: Vec<bool> = (0..size).map(|place| !bad.contains(&place)).collect();
                assert_eq!(verify_all(&items), expected, "{size} with {bad:?}");
                assert_eq!(verify_all_with(&items, &mut keys), expected, "{size} with {bad:?}");
            }
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
