//! No file that differs from a proof proves anything.

use proof::ProofFile;
use serde_json::Value;

use crate::chain::*;

/// Whatever a stranger makes of the text.
fn holds(text: &str) -> bool {
    ProofFile::parse(text).is_ok_and(|file| file.verify(&genesis()).is_ok())
}

/// One file of each kind, with handovers, descendants, siblings and neighbours in them.
fn files() -> Vec<String> {
    let mut chain = Chain::new();
    chain.block(START, (1..6).map(|salt| pay(salt, START + 5)).collect(), true);
    chain.block(START + 1, (6..9).map(|salt| pay(salt, START + salt as u32)).collect(), false);
    chain.block(START + 2, vec![], false);
    chain.block(START + 30, vec![], false);
    let receipt = chain.receipt(types::Height(2), 1, 1);
    let in_a_list = chain.not_executed(id(&pay(99, START + 5)));
    let in_a_gap = chain.not_executed(id(&pay(99, START + 3)));
    let at_the_end = chain.not_executed(id(&pay(99, START + 20)));
    let proofs = [receipt, chain.balance(payee(2)), in_a_list, in_a_gap, at_the_end];
    proofs.iter().map(text).collect()
}

#[test]
fn every_byte_of_the_text_counts() {
    for text in files() {
        assert!(holds(&text));
        for place in 0..text.len() {
            // Each of these keeps the text ASCII; a digit stays a digit or becomes another letter.
            for bit in [0, 1, 2, 4, 5] {
                let mut bytes = text.clone().into_bytes();
                bytes[place] ^= 1 << bit;
                let Ok(altered) = String::from_utf8(bytes) else { continue };
                assert!(!holds(&altered), "bit {bit} of byte {place}: ...{}...", around(&altered, place));
            }
        }
    }
}

fn around(text: &str, place: usize) -> &str {
    &text[place.saturating_sub(20)..text.len().min(place + 20)]
}

/// Every value of a JSON text, by the way to it.
fn ways(value: &Value, way: String, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| ways(value, format!("{way}/{name}"), found)),
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(place, value)| ways(value, format!("{way}/{place}"), found));
            found.push(way);
        }
        _ => found.push(way),
    }
}

#[test]
fn every_field_counts() {
    for text in files() {
        let good: Value = serde_json::from_str(&text).unwrap();
        let mut found = Vec::new();
        ways(&good, String::new(), &mut found);
        assert!(found.len() > 15);
        for way in found {
            for other in
                [Value::Null, Value::from(0), Value::from(77), Value::from(""), Value::from("00"), Value::from(vec![0])]
            {
                let mut altered = good.clone();
                let field = altered.pointer_mut(&way).unwrap();
                if *field != other {
                    *field = other;
                    assert!(!holds(&altered.to_string()), "{way} altered: {altered}");
                }
            }
            let mut altered = good.clone();
            match altered.pointer_mut(&way).unwrap() {
                Value::Array(list) => {
                    list.push(Value::from("00"));
                    assert!(!holds(&altered.to_string()), "{way} longer");
                    let Some(Value::Array(list)) = altered.pointer_mut(&way) else { unreachable!() };
                    list.pop();
                    if list.pop().is_some() {
                        assert!(!holds(&altered.to_string()), "{way} shorter");
                    }
                }
                Value::String(digits) => {
                    digits.push_str("00");
                    assert!(!holds(&altered.to_string()), "{way} longer");
                }
                _ => {}
            }
        }
        let mut more = good.clone();
        more["proves"]["note"] = Value::from("paid in full");
        assert!(!holds(&more.to_string()), "a field that nothing proves");
        let mut upper = good;
        let header = upper["finality"]["headers"][0].as_str().unwrap().to_uppercase();
        upper["finality"]["headers"][0] = Value::from(header);
        assert!(!holds(&upper.to_string()), "another spelling");
    }
}
