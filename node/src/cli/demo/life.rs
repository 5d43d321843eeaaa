//! The life of a won, from the reserve to its redemption.

use anyhow::{Context, anyhow, ensure};
use rpc::BaroApiClient;
use types::codec::{Blob, Bounded, Text};
use types::{
    Action, Address, Amount, AssetId, AssetRoles, CaseReference, Compliance, Deployment, Domain, Extent, Hash,
    Instruction, Issuance, Merchant, OrderId, Payment, PolicyId, PolicyTerms, ProgramCall, SettlementRule, Tier,
    Timestamp,
};
use vm::program::Word;
use vm::program::assembler::assemble;

use super::audited::audited;
use super::stage::Stage;
use crate::cli::Outcome;
use crate::cli::network::NetworkArgs;
use crate::cli::sending::submission::now;
use crate::cli::text::amount::grouped;

const ACTORS: [&str; 9] =
    ["approver", "compliance", "pauser", "attestor", "alice", "cafe", "processor", "treasury", "abroad"];

const VOUCHER: &str = include_str!("../../../../vm/programs/voucher.baro");
const EXCHANGE: &str = include_str!("../../../../vm/programs/exchange.baro");

/// What one call of the programs may use.
const GAS: u64 = 200_000;

/// The won that exist in the end.
const LEFT: Amount = Amount(9_860_000);

/// A cafe: a category of ISO 18245.
const CAFE: u16 = 5_814;
const SEOUL: u16 = 11;

fn issuance(issuance: Issuance) -> Vec<Instruction> {
    vec![Instruction::Issuance(Box::new(issuance))]
}

fn compliance(compliance: Compliance) -> Vec<Instruction> {
    vec![Instruction::Compliance(Box::new(compliance))]
}

fn payment(payment: Payment) -> Vec<Instruction> {
    vec![Instruction::Payment(Box::new(payment))]
}

fn propose(asset: AssetId, action: Action) -> Vec<Instruction> {
    issuance(Issuance::Propose { asset, action, valid_seconds: 3_600 })
}

fn transfer(asset: AssetId, to: Address, amount: u128) -> Vec<Instruction> {
    let (memo, reference) = (Text::default(), Text::default());
    vec![Instruction::Transfer { asset, to, amount: Amount(amount), memo, reference }]
}

fn deploy(source: &str) -> anyhow::Result<Vec<Instruction>> {
    let assembly = assemble(source).map_err(|error| anyhow!("{error}"))?;
    let deployment = Deployment {
        code: Blob::new(assembly.program.program().to_bytes())?,
        args: Bounded::default(),
        gas_limit: GAS,
    };
    Ok(vec![Instruction::DeployProgram(Box::new(deployment))])
}

fn call(
    program: Address,
    entry: &str,
    args: Vec<Word>,
    attach: Option<(AssetId, u128)>,
) -> anyhow::Result<Vec<Instruction>> {
    let call = ProgramCall {
        program,
        entry: Text::new(entry)?,
        args: Bounded::new(args.into_iter().map(|word| word.0).collect())?,
        attach: attach.map(|(asset, amount)| (asset, Amount(amount))),
        gas_limit: GAS,
    };
    Ok(vec![Instruction::CallProgram(Box::new(call))])
}

fn text<const MAX: usize>(text: &str) -> anyhow::Result<Text<MAX>> {
    Ok(Text::new(text)?)
}

/// A symbol that no earlier run has used: a word and the seconds since the epoch in base 36.
fn symbol(word: &str) -> String {
    let (mut rest, mut digits) = (now().second(), String::new());
    while rest > 0 {
        digits.insert(0, char::from_digit((rest % 36) as u32, 36).unwrap_or('0').to_ascii_uppercase());
        rest /= 36;
    }
    format!("{word}{digits}")
}

/// Soon enough after this machine's time, for block time.
fn in_an_hour() -> Timestamp {
    now().plus_millis(3_600_000)
}

pub(super) async fn run(network: &NetworkArgs, json: bool) -> Outcome {
    let network = network.open()?;
    let mut stage = Stage::open(&network, &ACTORS, json).await?;
    stage.cast("bank", network.key("bank")?);
    let (won, dollar) = begin(&mut stage).await?;
    issue(&mut stage, won, dollar).await?;
    shop(&mut stage, won).await?;
    voucher(&mut stage, won).await?;
    freeze(&mut stage, won).await?;
    remit(&mut stage, won, dollar).await?;
    redeem(&mut stage, won).await?;
    close(&stage, [won, dollar], json).await?;
    audited(&stage, &network, won, LEFT, json).await?;
    Ok(())
}

/// Two assets, and who does what for the won.
async fn begin(stage: &mut Stage) -> anyhow::Result<(AssetId, AssetId)> {
    let bank = stage.address("bank");
    let symbols = [symbol("KRW"), symbol("USD")];
    for (symbol, decimals) in symbols.iter().zip([0, 2]) {
        let create = Action::CreateAsset { symbol: text(symbol)?, decimals, issuer: bank };
        stage.step(&format!("{symbol} comes into being"), "bank", propose(AssetId(0), create)).await?;
    }
    let assets = stage.validator().client.chain().await?.assets;
    let find = |symbol: &String| {
        let found = assets.iter().find(|asset| asset.symbol == *symbol);
        found.map(|asset| asset.id).with_context(|| format!("no asset {symbol}"))
    };
    let (won, dollar) = (find(&symbols[0])?, find(&symbols[1])?);
    let mint = Instruction::Mint { asset: dollar, to: stage.address("abroad"), amount: Amount(100_000) };
    stage.step("a bank abroad has 1,000.00 dollars", "bank", vec![mint]).await?;
    let role = |name| Some(stage.address(name));
    let roles = AssetRoles {
        approver: role("approver"),
        compliance: role("compliance"),
        pauser: role("pauser"),
        attestor: role("attestor"),
    };
    stage.step("from here on the won is under four eyes", "bank", propose(won, Action::SetRoles(roles))).await?;
    Ok((won, dollar))
}

/// Reserve, mint under four eyes, the policy, and money for a customer.
async fn issue(stage: &mut Stage, won: AssetId, dollar: AssetId) -> anyhow::Result<()> {
    let bank = stage.address("bank");
    let mint = || Action::Mint { to: bank, amount: Amount(10_000_000) };
    let alone = Instruction::Mint { asset: won, to: bank, amount: Amount(1) };
    stage.refused("the bank mints alone", "bank", vec![alone], "needs_approval").await?;
    let proposal = stage.step("mint of 10,000,000 proposed", "bank", propose(won, mint())).await?;
    let approve = || issuance(Issuance::Approve { proposal });
    stage.refused("without a reserve", "approver", approve(), "beyond_reserve").await?;
    let document = Hash::of(Domain::ReserveDocument, b"account statement");
    let as_of = Timestamp(now().0.saturating_sub(10_000));
    let attest = Issuance::Attest { asset: won, reserve: Amount(10_000_000), as_of, document };
    stage.step("10,000,000 won are in reserve", "attestor", issuance(attest)).await?;
    stage.step("mint approved", "approver", approve()).await?;
    stage.holds("bank", won, 10_000_000).await?;

    let policy = PolicyId(u16::try_from(won.0 % 60_000)?);
    let tier =
        Tier { per_payment: Some(Amount(500_000)), per_day: Some(Amount(1_000_000)), holding: Some(Amount(1_000_000)) };
    let terms = PolicyTerms {
        tiers: Bounded::new(vec![tier, Tier::default()])?,
        default_tier: 0,
        sanctions: Bounded::default(),
        travel_rule_from: Some(Amount(400_000)),
    };
    let define = Compliance::DefinePolicy { policy, terms: Box::new(terms) };
    stage.step("a tier of 1,000,000 won for customers", "compliance", compliance(define)).await?;
    let proposal = stage.step("policy proposed", "compliance", propose(won, Action::SetPolicy(Some(policy)))).await?;
    stage.step("policy approved", "approver", issuance(Issuance::Approve { proposal })).await?;
    let alice = stage.address("alice");
    let unnamed = transfer(won, alice, 500_000);
    stage.refused("so much without a travel-rule reference", "bank", unnamed, "no_travel_reference").await?;
    let declared = |amount| -> anyhow::Result<Vec<Instruction>> {
        let mut instructions = compliance(Compliance::DeclareTravel { reference: text("travel-1")? });
        instructions.extend(transfer(won, alice, amount));
        Ok(instructions)
    };
    stage.refused("more than alice may hold", "bank", declared(1_000_001)?, "above_holding_limit").await?;
    stage.step("500,000 won for alice", "bank", declared(500_000)?).await?;
    stage.holds("alice", won, 500_000).await?;
    stage.holds("abroad", dollar, 100_000).await?;
    for name in ["cafe", "processor", "treasury", "abroad"] {
        let set = Compliance::SetTier { policy, account: stage.address(name), tier: Some(1) };
        stage.step(&format!("{name} has no limits"), "compliance", compliance(set)).await?;
    }
    Ok(())
}

/// Coffee, with processor's fee and VAT, and a partial refund.
async fn shop(stage: &mut Stage, won: AssetId) -> anyhow::Result<()> {
    let cafe = stage.address("cafe");
    let rule = SettlementRule {
        processor: stage.address("processor"),
        fee_points: 150,
        treasury: stage.address("treasury"),
        vat_points: 1_000,
    };
    let entry = Merchant {
        business_number: text("1248100998")?,
        name: text("Cafe")?,
        category: CAFE,
        region: SEOUL,
        is_active: true,
        terminals: Bounded::new(vec![text("kiosk-1")?])?,
        settlement: Some(rule),
    };
    let register = Instruction::RegisterMerchant { merchant: cafe, entry: Box::new(entry) };
    stage.step("the cafe is registered", "bank", vec![register]).await?;
    let order = OrderId::new("order-1")?;
    let charge = |amount| Payment::Charge { merchant: cafe, order: order.clone(), asset: won, amount: Amount(amount) };
    stage.step("two coffees for 11,000", "alice", payment(charge(11_000))).await?;
    stage.holds("cafe", won, 9_835).await?;
    stage.holds("processor", won, 165).await?;
    stage.holds("treasury", won, 1_000).await?;
    stage.refused("the same order again", "alice", payment(charge(11_000)), "order_exists").await?;
    let refund = Payment::Refund { order, amount: Amount(5_500) };
    stage.step("one coffee was cold: 5,500 back", "cafe", payment(refund)).await?;
    stage.holds("alice", won, 494_500).await?;
    stage.holds("processor", won, 82).await?;
    stage.holds("treasury", won, 500).await?;
    stage.holds("cafe", won, 4_918).await
}

/// Money that is good for cafes in Seoul only.
async fn voucher(stage: &mut Stage, won: AssetId) -> anyhow::Result<()> {
    let deployed = stage.step("the voucher program is deployed", "bank", deploy(VOUCHER)?).await?;
    let program = Address::of_program(&stage.address("bank"), &deployed.transaction, deployed.instruction);
    let policy = stage.validator().client.asset(won).await?.policy.context("the won has a policy")?;
    let set = Compliance::SetTier { policy, account: program, tier: Some(1) };
    stage.step("the program has no limits", "compliance", compliance(set)).await?;
    let (alice, cafe) = (stage.address("alice"), stage.address("cafe"));
    let args = vec![
        Word::from(1),
        Word::from(alice),
        Word::from(u128::from(CAFE)),
        Word::from(u128::from(SEOUL)),
        Word::from(u128::from(in_an_hour().0)),
    ];
    let issue = call(program, "issue", args, Some((won, 20_000)))?;
    stage.step("a voucher of 20,000 for alice, for cafes in Seoul", "bank", issue).await?;
    let elsewhere = vec![Word::from(1), Word::from(stage.address("processor")), Word::from(5_000)];
    let elsewhere = call(program, "spend", elsewhere, None)?;
    stage.refused("spent at what is no cafe", "alice", elsewhere, "trapped").await?;
    let spend = vec![Word::from(1), Word::from(cafe), Word::from(20_000)];
    let spend = call(program, "spend", spend, Some((won, 2_000)))?;
    stage.step("the voucher and 2,000 of alice's own in one payment", "alice", spend).await?;
    stage.holds("cafe", won, 26_918).await?;
    stage.holds("alice", won, 492_500).await
}

/// An account is frozen, and thawed.
async fn freeze(stage: &mut Stage, won: AssetId) -> anyhow::Result<()> {
    let (alice, cafe) = (stage.address("alice"), stage.address("cafe"));
    let case = || CaseReference::new("case-2026-1");
    let freeze = Compliance::Freeze { asset: won, account: alice, extent: Extent::Whole, case: case()? };
    stage.step("alice's account is frozen", "compliance", compliance(freeze)).await?;
    stage.refused("alice pays", "alice", transfer(won, cafe, 1), "frozen").await?;
    let thaw = Compliance::Thaw { asset: won, account: alice, case: case()? };
    stage.step("and thawed", "compliance", compliance(thaw)).await?;
    stage.step("alice pays", "alice", transfer(won, cafe, 500)).await?;
    stage.holds("alice", won, 492_000).await
}

/// Won for dollars, both or neither.
async fn remit(stage: &mut Stage, won: AssetId, dollar: AssetId) -> anyhow::Result<()> {
    let deployed = stage.step("the exchange program is deployed", "bank", deploy(EXCHANGE)?).await?;
    let program = Address::of_program(&stage.address("bank"), &deployed.transaction, deployed.instruction);
    let args = vec![
        Word::from(1),
        Word::from(u128::from(won.0)),
        Word::from(140_000),
        Word::from(0),
        Word::from(u128::from(in_an_hour().0)),
    ];
    let offer = call(program, "offer", args, Some((dollar, 10_000)))?;
    stage.step("100.00 dollars are offered for 140,000 won", "abroad", offer).await?;
    let args = vec![Word::from(1), Word::from(u128::from(dollar.0)), Word::from(10_000)];
    let take = call(program, "take", args, Some((won, 140_000)))?;
    stage.step("alice takes the offer: both or neither", "alice", take).await?;
    stage.holds("alice", dollar, 10_000).await?;
    stage.holds("alice", won, 352_000).await?;
    stage.holds("abroad", won, 140_000).await
}

/// Won back to the bank, at par.
async fn redeem(stage: &mut Stage, won: AssetId) -> anyhow::Result<()> {
    let redeem = Issuance::Redeem { asset: won, amount: Amount(140_000), payout: text("account 110-222-333333")? };
    let redemption = stage.step("140,000 won to be redeemed", "abroad", issuance(redeem)).await?;
    stage.holds("abroad", won, 0).await?;
    let pay_out = Issuance::PayOut { redemption, bank_reference: text("transfer 20261123-1")? };
    stage.step("the bank has paid", "bank", issuance(pay_out)).await?;
    stage.step("confirmed: the won are burnt", "approver", issuance(Issuance::ConfirmPayOut { redemption })).await?;
    Ok(())
}

/// What there is, is what the accounts and records hold, and no more than is in reserve.
async fn close(stage: &Stage, assets: [AssetId; 2], json: bool) -> anyhow::Result<()> {
    let client = &stage.validator().client;
    for asset in assets {
        let supply = client.supply(asset).await?;
        ensure!(supply.supply == supply.held, "asset {asset}: {} exist and {} are held", supply.supply, supply.held);
    }
    let won = client.asset(assets[0]).await?;
    ensure!(won.asset.supply == LEFT, "{} won exist, and must be {LEFT}", won.asset.supply);
    let (steps, took) = stage.summary();
    if json {
        let end = serde_json::json!({ "steps": steps, "seconds": took.as_secs_f64(), "supply": won.asset.supply });
        println!("{end}");
    } else {
        let supply = grouped(won.asset.supply.0);
        println!(
            "\n{steps} steps in {:.1} s. {supply} won exist, every one is accounted for, and each is in reserve.",
            took.as_secs_f64()
        );
    }
    Ok(())
}
