//! Validators and their changes as text.

use std::fmt::Write;

use rpc::{ChangeInfo, ValidatorInfo, ValidatorsInfo};
use types::{Committee, Epoch, Hash, PublicKey, Timestamp, ValidatorSet};

use super::proposals;

/// How many of so many validators must agree; zero where there is no such set.
pub(super) fn quorum(keys: Vec<PublicKey>) -> usize {
    let committee = |validators| Committee { chain: Hash::ZERO, epoch: Epoch(0), validators };
    ValidatorSet::new(keys).map_or(0, |validators| committee(validators).quorum())
}

/// When a change takes effect, from the block time `now`.
pub(super) fn effect(effective: Timestamp, now: Timestamp) -> String {
    let seconds = effective.millis_since(now).div_ceil(1_000);
    format!("takes effect at {effective} ms since 1970, in about {seconds} s")
}

/// One line for each change.
pub(super) fn changes(changes: &[ChangeInfo], present: &[ValidatorInfo]) -> String {
    let mut text = String::new();
    // Later changes may be about what earlier ones have added.
    let mut known: Vec<&ValidatorInfo> = present.iter().collect();
    for change in changes {
        let line = match change {
            ChangeInfo::Add { validator } => {
                format!("+ {}  {}  {}", validator.name, validator.key, validator.address)
            }
            ChangeInfo::Remove { key } => {
                let name = known.iter().find(|entry| entry.key == *key).map_or("?", |entry| entry.name.as_str());
                format!("- {name}  {key}")
            }
            ChangeInfo::Replace { key, by } => match known.iter().find(|entry| entry.key == *key) {
                Some(old) => format!("~ {}: {}", old.name, differences(old, by)),
                None => format!("~ {key}: by {} {}", by.name, by.key),
            },
        };
        if let ChangeInfo::Add { validator: new } | ChangeInfo::Replace { by: new, .. } = change {
            known.push(new);
        }
        let _ = writeln!(text, "  {line}");
    }
    text
}

fn differences(old: &ValidatorInfo, new: &ValidatorInfo) -> String {
    let fields = [
        ("name", old.name.clone(), new.name.clone()),
        ("key", old.key.to_string(), new.key.to_string()),
        ("peer id", old.peer_id.clone(), new.peer_id.clone()),
        ("address", old.address.clone(), new.address.clone()),
    ];
    let differing = fields.into_iter().filter(|(_, old, new)| old != new);
    differing.map(|(what, old, new)| format!("{what} {old} -> {new}")).collect::<Vec<_>>().join(", ")
}

/// Everything about the validators.
pub(super) fn council(info: &ValidatorsInfo) -> String {
    let mut text = String::new();
    let (count, quorum) = (info.members.len(), info.quorum);
    let _ = writeln!(
        text,
        "epoch {} at height {}: {count} validators, {quorum} of them must approve a change",
        info.epoch, info.height
    );
    let _ = writeln!(text, "{:<14} {:<64}  {:<42}  address", "validator", "consensus key", "approves as");
    for member in &info.members {
        let (entry, account) = (&member.entry, member.approval_address.to_string());
        let _ = writeln!(text, "{:<14} {}  {account:<42}  {}", entry.name, entry.key, entry.address);
    }
    let present: Vec<ValidatorInfo> = info.members.iter().map(|member| member.entry.clone()).collect();
    if let Some(pending) = &info.pending {
        let _ = writeln!(text, "decided: {}", effect(pending.effective, info.timestamp));
        let names: Vec<&str> = pending.members.iter().map(|member| member.name.as_str()).collect();
        let _ = writeln!(text, "  {} validators from then on: {}", names.len(), names.join(", "));
    }
    for (list, names) in proposals(info) {
        let _ = writeln!(text, "approved by {} of {quorum} needed ({}):", names.len(), names.join(", "));
        text.push_str(&changes(list, &present));
    }
    text
}

#[cfg(test)]
mod tests {
    use rpc::PendingInfo;

    use super::super::tests::{info, removal};
    use super::*;

    #[test]
    fn the_list_shows_proposals_and_what_is_decided() {
        let list = [removal(3)];
        let mut info = info(&[(1, &list), (2, &list)]);
        let text = council(&info);
        assert!(text.contains("4 validators, 3 of them must approve"), "{text}");
        assert!(text.contains("approved by 2 of 3 needed (v1, v2):\n  - v3  "), "{text}");
        let members = info.members[..3].iter().map(|member| member.entry.clone()).collect();
        info.pending = Some(PendingInfo { members, effective: Timestamp(3_500) });
        let text = council(&info);
        assert!(text.contains("decided: takes effect at 3500 ms since 1970, in about 3 s"), "{text}");
        assert!(text.contains("3 validators from then on: v0, v1, v2"), "{text}");
    }

    #[test]
    fn a_replacement_shows_what_differs() {
        let present: Vec<ValidatorInfo> = info(&[]).members.into_iter().map(|member| member.entry).collect();
        let by = ValidatorInfo { address: "/dns/new/tcp/1".to_owned(), ..present[0].clone() };
        let text = changes(&[ChangeInfo::Replace { key: present[0].key, by }], &present);
        assert_eq!(text, "  ~ v0: address /ip4/127.0.0.1/tcp/0 -> /dns/new/tcp/1\n");
    }
}
