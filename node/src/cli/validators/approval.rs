//! A validator's approval: from its home to the ledger, and what came of it.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use rpc::{BaroApiClient, ChangeInfo, TransactionStatus, ValidatorInfo, ValidatorsInfo};
use types::codec::Bounded;
use types::{Hash, Height, Instruction, Member, MemberError, SecretKey, Timestamp, ValidatorChange};

use super::super::network::{NetworkArgs, Validator};
use super::super::sending::signing::Signers;
use super::super::sending::submission::Submission;
use super::super::{Failure, Outcome};
use super::view;
use crate::home::Home;

/// So long a validator may take to show what another one says is final.
const CATCH_UP: Duration = Duration::from_secs(10);

/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(100);

/// Who approves, and where.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Signing {
    /// The home of the validator that approves: its consensus key signs. Without --rpc and --net its own JSON-RPC is asked
    #[arg(long, value_name = "DIR")]
    pub(super) home: PathBuf,
    #[command(flatten)]
    network: NetworkArgs,
    /// How long the approval may wait to be executed, in seconds; after that it never will be
    #[arg(long, value_name = "S", default_value_t = 60)]
    valid_seconds: u32,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// A present validator that can approve something.
pub(super) struct Voice {
    key: SecretKey,
    chain: Hash,
    nodes: Vec<Validator>,
    pub(super) info: ValidatorsInfo,
}

/// What came of an approval.
#[derive(Debug, PartialEq, Eq)]
enum Standing {
    /// Approved by so many of those needed.
    Open { approved: usize, needed: u32 },
    /// It takes effect at that time.
    Decided { effective: Timestamp },
    /// The validators are as it says.
    InEffect,
}

impl Voice {
    /// Opens the home and looks at the validators. Refuses a home that has no say.
    pub(super) async fn open(signing: &Signing) -> Result<Voice, Failure> {
        let home = Home::open(&signing.home)?;
        let key = home.consensus_key()?;
        let chain = home.config().genesis_hash;
        let nodes = signing.network.open_at(&home)?.answering_first().await?;
        let Validator { url, client } = &nodes[0];
        let served = client.chain().await.map_err(|error| Failure::of_call(url, error))?;
        if served.genesis_hash != chain {
            let (home, served) = (signing.home.display(), served.genesis_hash);
            return Err(anyhow!("{url} serves the chain {served}, {home} belongs to {chain}: give its --rpc").into());
        }
        if signing.valid_seconds == 0 || signing.valid_seconds > served.max_valid_seconds {
            let why = format!("--valid-seconds must be 1 to {} on this chain", served.max_valid_seconds);
            return Err(anyhow!(why).into());
        }
        let info = client.validators().await.map_err(|error| Failure::of_call(url, error))?;
        let voice = Voice { key, chain, nodes, info };
        if voice.own_entry().is_none() {
            let names: Vec<&str> = voice.info.members.iter().map(|member| member.entry.name.as_str()).collect();
            return Err(anyhow!(
                "the consensus key {} of {} is of no present validator, and only these approve changes: {}. Use the \
                 --home of one of them",
                voice.key.public(),
                signing.home.display(),
                names.join(", ")
            )
            .into());
        }
        Ok(voice)
    }

    /// Nothing is approved or withdrawn while a change is pending.
    fn check_nothing_is_pending(&self) -> Result<(), Failure> {
        let Some(pending) = &self.info.pending else { return Ok(()) };
        let when = view::effect(pending.effective, self.info.timestamp);
        Err(anyhow!("a change is decided already and {when}: wait for it, then try again").into())
    }

    /// Says so if a change is decided already.
    pub(super) fn report_decided(&self, signing: &Signing) -> Option<Outcome> {
        let standing = Standing::Decided { effective: self.info.pending.as_ref()?.effective };
        Some(report(None, &self.info, standing, signing.json))
    }

    fn own_entry(&self) -> Option<&ValidatorInfo> {
        let key = self.key.public();
        self.info.members.iter().map(|member| &member.entry).find(|entry| entry.key == key)
    }

    /// This validator's entry.
    pub(super) fn own(&self) -> Result<Member, MemberError> {
        self.own_entry().expect("checked when it was opened").try_into()
    }

    fn members(&self) -> Vec<ValidatorInfo> {
        self.info.members.iter().map(|member| member.entry.clone()).collect()
    }

    /// Approves changes, and says how far they are.
    pub(super) async fn approve(self, changes: Vec<ValidatorChange>, signing: &Signing) -> Outcome {
        let list: Vec<ChangeInfo> = changes.iter().map(ChangeInfo::from).collect();
        let present = self.members();
        let members: Result<Vec<Member>, _> = present.iter().map(Member::try_from).collect();
        let target =
            vm::change_members(&members.map_err(anyhow::Error::from)?, &changes).map_err(|error| anyhow!(error))?;
        let target: Vec<ValidatorInfo> = target.iter().map(ValidatorInfo::from).collect();
        if !signing.json {
            let then = view::quorum(target.iter().map(|entry| entry.key).collect());
            print!("{}", view::changes(&list, &present));
            println!("validators: {} now, {} then", present.len(), target.len());
            println!("of these must agree: {} now, {then} then", self.info.quorum);
        }
        let key = self.key.public();
        let has_approved = self.info.approvals.iter().any(|approval| approval.by == key && approval.changes == list);
        let standing_now = standing(&self.info, &list, &target);
        if has_approved || matches!(standing_now, Standing::Decided { .. }) {
            return report(None, &self.info, standing_now, signing.json);
        }
        self.check_nothing_is_pending()?;
        let changes = Bounded::new(changes).context("changes in one proposal; make several, one after the other")?;
        let (id, info) = self.send(changes, signing).await?;
        let standing = standing(&info, &list, &target);
        report(Some(id), &info, standing, signing.json)
    }

    /// Takes back what this validator has approved.
    pub(super) async fn withdraw(self, signing: &Signing) -> Outcome {
        self.check_nothing_is_pending()?;
        let key = self.key.public();
        if !self.info.approvals.iter().any(|approval| approval.by == key) {
            return Err(anyhow!("there is nothing to withdraw: this validator has approved nothing").into());
        }
        let (id, info) = self.send(Bounded::default(), signing).await?;
        if signing.json {
            println!("{}", serde_json::json!({ "id": id, "withdrawn": true, "validators": info }));
        } else {
            println!("withdrawn");
        }
        Ok(())
    }

    /// Signs, sends, waits for the certain outcome, and looks at the validators after it.
    async fn send(
        &self,
        changes: vm::Changes,
        signing: &Signing,
    ) -> Result<(types::TransactionId, ValidatorsInfo), Failure> {
        let instruction = Instruction::ApproveValidators { epoch: self.info.epoch, changes };
        let signers = Signers::one(&self.key);
        let submission = Submission::sign(&self.chain, &signers, vec![instruction], signing.valid_seconds)?;
        let id = submission.id;
        match submission.send(&self.nodes).await {
            // It may have arrived, and will be sent again while we wait.
            Ok(()) | Err(Failure::Unreachable { .. }) => {}
            Err(failure) => return Err(failure),
        }
        // Block time passes the deadline's second soon after it.
        let patience = Duration::from_secs(u64::from(signing.valid_seconds) + 10);
        match submission.wait(&self.nodes, patience).await {
            Ok(TransactionStatus::Final { receipt }) => Ok((id, self.look(receipt.place.height).await?)),
            Ok(TransactionStatus::Failed { reason, .. }) => {
                Err(Failure::Unsuccessful(format!("{id} was executed without effect: {reason}")))
            }
            Ok(TransactionStatus::Expired { .. }) => {
                Err(Failure::Unsuccessful(format!("{id} expired: it was not and never will be executed. Try again")))
            }
            Ok(TransactionStatus::Pending | TransactionStatus::Unknown { .. }) | Err(Failure::Unreachable { .. }) => {
                Err(Failure::Unsuccessful(format!("{id} has no certain outcome yet: ask with `baro tx {id} --wait`")))
            }
            Err(failure) => Err(failure),
        }
    }

    /// The validators at `height` or later.
    async fn look(&self, height: Height) -> Result<ValidatorsInfo, Failure> {
        let start = Instant::now();
        let mut latest = Err(Failure::from(anyhow!("no validator has block {height} yet: see `baro validators list`")));
        for Validator { url, client } in self.nodes.iter().cycle() {
            match client.validators().await {
                Ok(info) if info.height >= height => return Ok(info),
                Ok(_) => {}
                Err(error) => latest = Err(Failure::of_call(url, error)),
            }
            if start.elapsed() >= CATCH_UP {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
        latest
    }
}

/// How far `changes` are, which would make the validators `target`.
fn standing(info: &ValidatorsInfo, changes: &[ChangeInfo], target: &[ValidatorInfo]) -> Standing {
    if let Some(pending) = info.pending.as_ref().filter(|pending| pending.members == target) {
        return Standing::Decided { effective: pending.effective };
    }
    if info.members.iter().map(|member| &member.entry).eq(target) {
        return Standing::InEffect;
    }
    let approved = info.approvals.iter().filter(|approval| approval.changes == changes).count();
    Standing::Open { approved, needed: info.quorum }
}

fn report(id: Option<types::TransactionId>, info: &ValidatorsInfo, standing: Standing, json: bool) -> Outcome {
    if json {
        let (state, approved, effective) = match standing {
            Standing::Open { approved, .. } => ("open", Some(approved), None),
            Standing::Decided { effective } => ("decided", None, Some(effective)),
            Standing::InEffect => ("in_effect", None, None),
        };
        let value = serde_json::json!({
            "id": id, "state": state, "approved": approved, "needed": info.quorum, "effective": effective,
            "validators": info,
        });
        println!("{value}");
        return Ok(());
    }
    if id.is_none() {
        println!("nothing was sent: this is approved or decided already");
    }
    match standing {
        Standing::Open { approved, needed } => {
            println!("approved by {approved} of {needed} needed: the others run `baro validators approve --home HOME`");
        }
        Standing::Decided { effective } => println!("decided: {}", view::effect(effective, info.timestamp)),
        Standing::InEffect => println!("in effect: epoch {}", info.epoch),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use rpc::PendingInfo;

    use super::super::tests::{info, removal};
    use super::*;

    #[test]
    fn an_approval_is_open_decided_or_in_effect() {
        let (one, other) = ([removal(3)], [removal(2)]);
        let mut info = info(&[(0, &one), (1, &other), (2, &one)]);
        let target: Vec<ValidatorInfo> = info.members[..3].iter().map(|member| member.entry.clone()).collect();
        assert_eq!(standing(&info, &one, &target), Standing::Open { approved: 2, needed: 3 });
        info.pending = Some(PendingInfo { members: target.clone(), effective: Timestamp(9) });
        assert_eq!(standing(&info, &one, &target), Standing::Decided { effective: Timestamp(9) });
        assert_eq!(standing(&info, &other, &target[..2]), Standing::Open { approved: 1, needed: 3 });
        info.pending = None;
        info.members.pop();
        assert_eq!(standing(&info, &one, &target), Standing::InEffect);
    }
}
