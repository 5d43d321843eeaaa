//! `baro validators`: who they are, and how a quorum of them changes that.

mod approval;
mod join;
mod view;

use std::path::PathBuf;

use anyhow::{Context, anyhow, bail};
use genesis::Validator;
use rpc::{BaroApiClient, ChangeInfo, ValidatorInfo, ValidatorsInfo};
use types::{Member, PublicKey, ValidatorChange};

use self::approval::{Signing, Voice};
use super::network::NetworkArgs;
use super::{Failure, Outcome};
use crate::home::{Entry, KeyFile, KeyKind, NEXT_VALIDATOR_KEY};

/// Show the validators and change them
#[derive(Debug, clap::Subcommand)]
#[command(after_help = "\
A change takes effect once a quorum of the present validators (3 of 4, 5 of 7) has approved the same one, after a notice:
  1. the new one        baro validators join --home HOME --genesis genesis.toml --hash HASH --name NAME --address ADDRESS
                        baro node --home HOME, and hand HOME/entry.toml to the others
  2. one of the others  baro validators add --home ITS_HOME --from entry.toml
  3. the others         baro validators approve --home THEIR_HOME
  4. anybody            baro validators list")]
pub(super) enum Command {
    /// Show the validators, what they have approved, and what is decided
    List {
        #[command(flatten)]
        network: NetworkArgs,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Approve that validators join
    Add {
        #[command(flatten)]
        entry: EntryArgs,
        #[command(flatten)]
        signing: Signing,
    },
    /// Approve that validators leave
    Remove {
        /// Names or consensus keys
        #[arg(value_name = "NAME|KEY", required = true)]
        who: Vec<String>,
        #[command(flatten)]
        signing: Signing,
    },
    /// Approve that a validator's entry is replaced: by another validator's, or with a new key or address
    Replace {
        /// Its name or consensus key
        #[arg(value_name = "NAME|KEY")]
        who: String,
        #[command(flatten)]
        entry: EntryArgs,
        #[command(flatten)]
        signing: Signing,
    },
    /// Make a new consensus key in a validator's home and approve that it takes the place of the present one
    RotateKey {
        #[command(flatten)]
        signing: Signing,
    },
    /// Approve what another validator has proposed
    Approve {
        /// Whose approval to follow, where several differ: a name or a consensus key
        #[arg(long, value_name = "NAME|KEY")]
        changes_of: Option<String>,
        #[command(flatten)]
        signing: Signing,
    },
    /// Withdraw what this validator has approved
    Withdraw {
        #[command(flatten)]
        signing: Signing,
    },
    /// Make the home of a validator that is to join a chain, and print its entry for the others
    Join(join::JoinArgs),
}

/// A validator's public entry: from a file or a home, or part by part.
#[derive(Debug, clap::Args)]
pub(super) struct EntryArgs {
    /// An entry: a file, or a home that has one; several for several validators
    #[arg(long, value_name = "HOME|FILE", conflicts_with_all = ["name", "key", "peer_id", "address"])]
    from: Vec<PathBuf>,
    /// The validator's name
    #[arg(long)]
    name: Option<String>,
    /// Its consensus key
    #[arg(long, value_name = "KEY")]
    key: Option<PublicKey>,
    /// Its libp2p peer id
    #[arg(long, value_name = "ID")]
    peer_id: Option<String>,
    /// Where the other validators reach it, such as /ip4/192.0.2.1/tcp/9600
    #[arg(long, value_name = "MULTIADDR")]
    address: Option<String>,
}

impl EntryArgs {
    /// The entries that the options describe. What they leave out is as in `base`.
    fn entries(self, base: Option<&Member>) -> anyhow::Result<Vec<Member>> {
        if self.from.is_empty() {
            let EntryArgs { name, key, peer_id, address, .. } = self;
            if base.is_some() && name.is_none() && key.is_none() && peer_id.is_none() && address.is_none() {
                bail!("say what is to change: --from, or one of --name, --key, --peer-id and --address");
            }
            let missing =
                |what: &str| format!("{what} is missing: give --from, or all of --name, --key, --peer-id, --address");
            let base = base.map(ValidatorInfo::from);
            let base = base.as_ref();
            return Ok(vec![good_member(&Validator {
                name: name.or(base.map(|base| base.name.clone())).with_context(|| missing("--name"))?,
                key: key.or(base.map(|base| base.key)).with_context(|| missing("--key"))?,
                peer_id: peer_id.or(base.map(|base| base.peer_id.clone())).with_context(|| missing("--peer-id"))?,
                address: address.or(base.map(|base| base.address.clone())).with_context(|| missing("--address"))?,
            })?]);
        }
        let mut members = Vec::new();
        for path in self.from {
            for validator in Entry::find(&path)?.validators {
                members.push(good_member(&validator).with_context(|| path.display().to_string())?);
            }
        }
        Ok(members)
    }
}

/// The entry as the ledger lists it, if others could also reach the validator by it.
fn good_member(validator: &Validator) -> anyhow::Result<Member> {
    crate::network::parse_peer_id(&validator.peer_id)?;
    crate::network::parse_address(&validator.address)?;
    Ok(validator.member()?)
}

pub(super) async fn run(command: Command) -> Outcome {
    match command {
        Command::List { network, json } => list(&network, json).await,
        Command::Add { entry, signing } => {
            let changes = entry.entries(None)?.into_iter().map(ValidatorChange::Add).collect();
            Voice::open(&signing).await?.approve(changes, &signing).await
        }
        Command::Remove { who, signing } => {
            let voice = Voice::open(&signing).await?;
            let remove = |who: &String| Ok(ValidatorChange::Remove(find(&voice.info, who)?.key));
            let changes = who.iter().map(remove).collect::<anyhow::Result<_>>()?;
            voice.approve(changes, &signing).await
        }
        Command::Replace { who, entry, signing } => {
            let voice = Voice::open(&signing).await?;
            let old = Member::try_from(find(&voice.info, &who)?).map_err(anyhow::Error::from)?;
            let by = entry.entries(Some(&old))?;
            let [by] = <[Member; 1]>::try_from(by)
                .map_err(|_| anyhow!("--from must name one entry: {who} is one validator"))?;
            voice.approve(vec![ValidatorChange::Replace { key: old.key, by }], &signing).await
        }
        Command::RotateKey { signing } => rotate_key(signing).await,
        Command::Approve { changes_of, signing } => {
            let voice = Voice::open(&signing).await?;
            if let Some(outcome) = voice.report_decided(&signing) {
                return outcome;
            }
            let changes = choose(&voice.info, changes_of.as_deref())?;
            let changes = changes.iter().map(ValidatorChange::try_from).collect::<Result<_, _>>();
            voice.approve(changes.map_err(anyhow::Error::from)?, &signing).await
        }
        Command::Withdraw { signing } => Voice::open(&signing).await?.withdraw(&signing).await,
        Command::Join(args) => Ok(join::join(args)?),
    }
}

async fn list(network: &NetworkArgs, json: bool) -> Outcome {
    let validator = network.open()?.any().await?;
    let info = validator.client.validators().await.map_err(|error| Failure::of_call(&validator.url, error))?;
    if json {
        println!("{}", serde_json::to_string_pretty(&info).map_err(anyhow::Error::from)?);
    } else {
        print!("{}", view::council(&info));
    }
    Ok(())
}

async fn rotate_key(signing: Signing) -> Outcome {
    let voice = Voice::open(&signing).await?;
    let path = signing.home.join(NEXT_VALIDATOR_KEY);
    // What an earlier call left is what the others may have approved already.
    let next = if path.exists() {
        KeyFile::read(&path, KeyKind::Validator).map_err(anyhow::Error::from)?
    } else {
        let next = KeyFile::generate(KeyKind::Validator);
        next.write(&path, false).map_err(anyhow::Error::from)?;
        next
    };
    let own = voice.own().map_err(anyhow::Error::from)?;
    let key = own.key;
    let by = Member { key: next.public_key, ..own };
    let is_quiet = signing.json;
    voice.approve(vec![ValidatorChange::Replace { key, by }], &signing).await?;
    if !is_quiet {
        println!(
            "once it is in effect: stop the validator, put {} in the place of validator.key, and start it",
            path.display()
        );
    }
    Ok(())
}

/// The present validator with this name or key.
fn find<'a>(info: &'a ValidatorsInfo, who: &str) -> anyhow::Result<&'a ValidatorInfo> {
    let entries = || info.members.iter().map(|member| &member.entry);
    let key = who.parse::<PublicKey>().ok();
    let found = entries().find(|entry| entry.name == who).or_else(|| entries().find(|entry| Some(entry.key) == key));
    let names: Vec<&str> = entries().map(|entry| entry.name.as_str()).collect();
    found.with_context(|| format!("{who:?} is no name or key of a present validator: these are {}", names.join(", ")))
}

/// Approvals of equal lists, in the order of the first one of each.
fn proposals(info: &ValidatorsInfo) -> Vec<(&[ChangeInfo], Vec<&str>)> {
    let mut proposals: Vec<(&[ChangeInfo], Vec<&str>)> = Vec::new();
    for approval in &info.approvals {
        match proposals.iter_mut().find(|(changes, _)| *changes == approval.changes) {
            Some((_, names)) => names.push(&approval.name),
            None => proposals.push((&approval.changes, vec![&approval.name])),
        }
    }
    proposals
}

/// What is to be approved: the changes that `of` has approved, or the only ones that anybody has.
fn choose<'a>(info: &'a ValidatorsInfo, of: Option<&str>) -> anyhow::Result<&'a [ChangeInfo]> {
    if let Some(who) = of {
        let entry = find(info, who)?;
        let approval = info.approvals.iter().find(|approval| approval.by == entry.key);
        let approval =
            approval.with_context(|| format!("{} has approved nothing: see `baro validators list`", entry.name))?;
        return Ok(&approval.changes);
    }
    match proposals(info)[..] {
        [] => bail!("nobody has proposed anything: `baro validators add`, `remove` and `replace` do"),
        [(changes, _)] => Ok(changes),
        ref several => {
            let names: Vec<&str> = several.iter().filter_map(|(_, names)| names.first().copied()).collect();
            bail!(
                "{} different proposals are open: look at `baro validators list` and say whose to approve, such as \
                 --changes-of {}",
                several.len(),
                names.join(" or --changes-of ")
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use rpc::{ApprovalInfo, MemberInfo};
    use types::{Address, Epoch, Height, Timestamp};

    use super::*;

    fn entry(number: u8) -> ValidatorInfo {
        ValidatorInfo {
            name: format!("v{number}"),
            key: PublicKey([number; 32]),
            peer_id: format!("p{number}"),
            address: format!("/ip4/127.0.0.1/tcp/{number}"),
        }
    }

    pub(super) fn info(approvals: &[(u8, &[ChangeInfo])]) -> ValidatorsInfo {
        let member = |number| MemberInfo { entry: entry(number), approval_address: Address::of(&entry(number).key) };
        let approval = |(by, changes): &(u8, &[ChangeInfo])| ApprovalInfo {
            by: entry(*by).key,
            name: entry(*by).name,
            changes: changes.to_vec(),
        };
        ValidatorsInfo {
            epoch: Epoch(0),
            members: (0..4).map(member).collect(),
            quorum: 3,
            notice_ms: 10_000,
            approvals: approvals.iter().map(approval).collect(),
            pending: None,
            height: Height(7),
            timestamp: Timestamp(1_000),
        }
    }

    pub(super) fn removal(number: u8) -> ChangeInfo {
        ChangeInfo::Remove { key: entry(number).key }
    }

    #[test]
    fn a_validator_is_named_by_name_or_key() {
        let info = info(&[]);
        assert_eq!(find(&info, "v2").unwrap(), &entry(2));
        assert_eq!(find(&info, &entry(3).key.to_string()).unwrap(), &entry(3));
        assert!(find(&info, "v4").unwrap_err().to_string().contains("v0, v1, v2, v3"));
    }

    #[test]
    fn the_only_open_proposal_is_chosen_and_several_are_not() {
        let (one, other) = ([removal(0)], [removal(1)]);
        assert!(choose(&info(&[]), None).unwrap_err().to_string().contains("nobody"));
        let agreed = info(&[(1, &one), (2, &one)]);
        assert_eq!(choose(&agreed, None).unwrap(), one);
        assert_eq!(proposals(&agreed), [(&one[..], vec!["v1", "v2"])]);
        let split = info(&[(1, &one), (2, &other), (3, &one)]);
        assert!(choose(&split, None).unwrap_err().to_string().contains("--changes-of v1 or --changes-of v2"));
        assert_eq!(choose(&split, Some("v2")).unwrap(), other);
        assert_eq!(choose(&split, Some(&entry(3).key.to_string())).unwrap(), one);
        assert!(choose(&split, Some("v0")).unwrap_err().to_string().contains("v0 has approved nothing"));
    }

    #[test]
    fn an_entry_is_whole_or_completes_a_present_one() {
        let peer_id = crate::network::peer_id_of(&[7; 32]);
        let none = || EntryArgs { from: vec![], name: None, key: None, peer_id: None, address: None };
        assert!(none().entries(None).unwrap_err().to_string().contains("--name"));
        let base = Member::new("v0", PublicKey([1; 32]), &peer_id, "/ip4/127.0.0.1/tcp/1").unwrap();
        assert!(none().entries(Some(&base)).unwrap_err().to_string().contains("say what is to change"));
        let moved = EntryArgs { address: Some("/dns/host/tcp/2".to_owned()), ..none() }.entries(Some(&base)).unwrap();
        assert_eq!(moved, [Member::new("v0", PublicKey([1; 32]), &peer_id, "/dns/host/tcp/2").unwrap()]);
        assert!(EntryArgs { address: Some("host:2".to_owned()), ..none() }.entries(Some(&base)).is_err());
        assert!(EntryArgs { peer_id: Some("nobody".to_owned()), ..none() }.entries(Some(&base)).is_err());
    }
}
