//! Merchants' reports tie, and there is none where they do not.

use audit::{
    Audited, Auditor, MerchantReport, MerchantReportBuilder, MerchantReportError, OrderStep, Period, Signatures,
    Signed, Start,
};
use genesis::{Account, Fees};
use types::codec::Text;
use types::{Amount, Compliance, Extent, Height, Instruction, Payment};
use vm::{Ledger, Movements};

use crate::bank::*;
use crate::orders::*;
use crate::statements::{all, at, statement};

type Result = std::result::Result<MerchantReport, MerchantReportError>;

/// A report of Bob's, where `show` shows each block to the builder.
fn shown(chain: &Chain, period: Period, show: impl Fn(&mut MerchantReportBuilder, &Audited<'_>, &Ledger)) -> Result {
    let start = Start::genesis(&chain.genesis).unwrap();
    let mut builder = MerchantReportBuilder::new(address(BOB), period, start.height(), start.ledger());
    let mut auditor = Auditor::new(start);
    for entry in &chain.entries {
        let prepared = entry.prepare(&chain.genesis.hash(), Signatures::OnCertificates).unwrap();
        assert!(auditor.take(Ok(prepared), &mut |block, ledger| show(&mut builder, block, ledger)));
    }
    builder.finish(chain.genesis.hash(), auditor.ledger())
}

fn report(chain: &Chain, period: Period) -> Result {
    shown(chain, period, MerchantReportBuilder::observe)
}

/// Step, order, gross, fee, VAT, net and what is set aside then.
type Brief<'r> = (OrderStep, &'r str, u128, i128, i128, i128, u128);

fn brief(report: &MerchantReport) -> Vec<Brief<'_>> {
    let mut briefs = Vec::new();
    for audit::OrderLine { step, order, gross, fee, vat, net, held, .. } in &report.lines {
        briefs.push((*step, &**order, gross.0, fee.0, vat.0, net.0, held.0));
    }
    briefs
}

/// What the ledger says that Bob has.
fn balance(chain: &Chain) -> u128 {
    chain.ledger.account(&address(BOB)).unwrap().balance(WON).0
}

#[test]
fn a_day_counted_by_hand() {
    use OrderStep::*;
    let chain = day();
    let report = report(&chain, all()).unwrap();
    assert_eq!(
        brief(&report),
        [
            // 1.5 % of 11,000; a tenth of 11,000 / 1.1; the rest.
            (Charge, "c-1", 11_000, 165, 1_000, 9_835, 0),
            (Hold, "h-1", 6_000, 0, 0, 0, 6_000),
            (Hold, "h-2", 2_000, 0, 0, 0, 2_000),
            (Hold, "h-3", 500, 0, 0, 0, 500),
            // 363.6 rounded down.
            (Capture, "h-1", 4_000, 60, 363, 3_577, 2_000),
            // Of the 8,000 that are left 120 and 727 stay.
            (Refund, "c-1", 3_000, -45, -273, -2_682, 0),
            (Void, "h-2", 2_000, 0, 0, 0, 0),
            // 49.5 rounded down.
            (Charge, "a-1", 3_300, 49, 300, 2_951, 0),
            (Expire, "h-3", 500, 0, 0, 0, 0),
            // 5,500 were captured now: 82 and 500, less what was there.
            (Capture, "h-1", 1_500, 22, 137, 1_341, 500),
            (Release, "h-1", 500, 0, 0, 0, 0),
            (Hold, "=h-4", 700, 0, 0, 0, 700),
        ]
    );
    let by: Vec<_> = report.lines.iter().map(|line| line.by).collect();
    assert_eq!((by[4], by[7], by[8]), (address(BOB), address(ALICE), address(STRANGER)));
    assert!(report.lines.iter().all(|line| line.customer == address(ALICE)));
    let [won] = &report.totals[..] else { panic!("{:?}", report.totals) };
    assert_eq!(
        (won.gross, won.refunded, won.held_before, won.held),
        (Amount(19_800), Amount(3_000), Amount(0), Amount(700))
    );
    let (fee, vat, net) = (251, 1_527, 15_022);
    assert_eq!((won.fee, won.vat, won.net, won.parked), (Signed(fee), Signed(vat), Signed(net), Signed(0)));
    assert_eq!(19_800 - 3_000 - fee - vat, net);
    assert_eq!((won.opening.0, won.beside, won.closing.0), (50, Signed(7), 50 + 15_022 + 7));
    assert_eq!(won.closing.0, balance(&chain));
    assert_eq!(report.merchant.as_ref().map(|merchant| merchant.name.as_str()), Some("Café Bob"));
    // The parties' own statements say the same.
    for (party, sum) in [(PROCESSOR, fee), (TREASURY, vat)] {
        assert_eq!(statement(&chain, party, all()).unwrap().totals[0].closing.0 as i128, sum);
    }
    let json = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<MerchantReport>(&json).unwrap(), report);
    assert!(json.contains("\"step\":\"refund\"") && json.contains("\"net\":\"-2682\""), "{json}");
}

#[test]
fn days_follow_each_other() {
    let chain = day();
    let part =
        |from: Option<u64>, to: Option<u64>| report(&chain, Period { from: from.map(at), to: to.map(at) }).unwrap();
    let days = [part(None, Some(3)), part(Some(3), Some(4)), part(Some(4), None)];
    let of = |pick: fn(&audit::OrderTotals) -> i128| days.iter().map(|day| pick(&day.totals[0])).collect::<Vec<_>>();
    assert_eq!(of(|won| won.net.0), [9_835, 3_577 - 2_682 + 2_951, 1_341]);
    assert_eq!(of(|won| won.opening.0 as i128), [50, 9_885, 13_731]);
    assert_eq!(of(|won| won.closing.0 as i128), [9_885, 13_731, 15_079]);
    assert_eq!(of(|won| won.held_before.0 as i128), [0, 8_500, 2_500]);
    assert_eq!(of(|won| won.held.0 as i128), [8_500, 2_500, 700]);
    assert_eq!(of(|won| won.beside.0), [0, 0, 7]);
    assert_eq!(days.iter().map(|day| day.lines.len()).collect::<Vec<_>>(), [4, 4, 4]);
    assert_eq!(days.iter().map(|day| day.height).collect::<Vec<_>>(), [Height(2), Height(3), Height(4)]);
    let late = part(Some(9), None);
    assert!(late.lines.is_empty());
    assert_eq!((late.totals[0].opening.0, late.totals[0].held.0), (15_079, 700));
}

#[test]
fn steps_of_one_order_in_one_block_are_told_apart() {
    use OrderStep::*;
    let mut chain = town();
    chain.block(vec![
        pay(ALICE, 0, vec![hold("n", 100, 60)]),
        pay(BOB, 0, vec![void("n")]),
        pay(ALICE, 1, vec![hold("n", 1_000, 60)]),
        pay(BOB, 1, vec![capture("n", 300, false), transfer(STRANGER, 9), capture("n", 700, false)]),
        pay(BOB, 2, vec![refund("n", 1_000)]),
        pay(BOB, 3, vec![open("late", 40), charge("self", 110)]),
        pay(BOB, 4, vec![open("own", 50), transfer_to("own", 50)]),
    ]);
    let report = report(&chain, all()).unwrap();
    assert_eq!(
        brief(&report),
        [
            (Hold, "n", 100, 0, 0, 0, 100),
            (Void, "n", 100, 0, 0, 0, 0),
            (Hold, "n", 1_000, 0, 0, 0, 1_000),
            (Capture, "n", 300, 4, 27, 269, 700),
            (Capture, "n", 700, 11, 63, 626, 0),
            (Refund, "n", 1_000, -15, -90, -895, 0),
        ],
        "Bob has 41 and cannot pay his own orders"
    );
    assert_eq!((report.totals[0].beside, report.totals[0].closing), (Signed(-9), Amount(41)));
}

#[test]
fn what_moves_beside_the_orders_is_told_apart() {
    let mut chain = town();
    chain.block(vec![pay(ISSUER, 2, vec![register(ISSUER, false)]), pay(ALICE, 0, vec![hold("h", 5_000, 60)])]);
    chain.block(vec![
        pay(BOB, 0, vec![capture("h", 1_100, false), charge_at(ISSUER, "beans", 10)]),
        pay(BOB, 1, vec![charge("own", 110)]),
        pay(ALICE, 1, vec![transfer(BOB, 3), charge("c", 1_100), charge_at(ISSUER, "x", 1)]),
        pay(ISSUER, 3, vec![mint(BOB, 1_000)]),
    ]);
    let report = report(&chain, all()).unwrap();
    let won = &report.totals[0];
    // 1,100 is split into 16, 100 and 984; 110 into 1, 10 and 99.
    assert_eq!((won.net, won.beside), (Signed(984 + 99 + 984), Signed(-10 - 110 + 3 + 1_000)));
    assert_eq!(won.closing.0, balance(&chain));
    assert_eq!(won.held, Amount(3_900));
}

#[test]
fn fees_of_transactions_move_the_balance_beside_the_orders() {
    let (asset, collector) = ("KRW".to_owned(), address(9));
    let fees = Some(Fees { asset, per_transaction: Amount(2), per_instruction: Amount(1), collector });
    let mut spec = spec();
    spec.parameters.fees = fees;
    spec.accounts.push(Account { address: address(ISSUER), balances: spec.accounts[1].balances.clone() });
    let mut chain = Chain::of(spec.genesis().unwrap());
    chain.block(vec![chain.pay(ISSUER, 0, vec![register(BOB, true)])]);
    chain.block(vec![chain.pay(ALICE, 0, vec![hold("h", 500, 60)]), chain.pay(BOB, 0, vec![refund("h", 1)])]);
    chain.block(vec![chain.pay(BOB, 1, vec![capture("h", 110, false), capture("h", 110, true)])]);
    let report = report(&chain, all()).unwrap();
    let won = &report.totals[0];
    // 220 are split into 3, 20 and 197. The refund failed and cost 3, the captures cost 4.
    assert_eq!((won.fee, won.vat, won.net, won.beside), (Signed(3), Signed(20), Signed(197), Signed(-7)));
    assert_eq!(won.closing.0, balance(&chain));
}

#[test]
fn a_share_that_is_parked_is_net_and_in_no_balance() {
    let mut spec = spec();
    spec.assets[0].roles.compliance = Some(address(STRANGER));
    spec.accounts.push(Account { address: address(PROCESSOR), balances: spec.accounts[1].balances.clone() });
    let case = || Text::new("case-1").unwrap();
    let freeze = |account: u8| {
        let (account, extent) = (address(account), Extent::Whole);
        Instruction::Compliance(Box::new(Compliance::Freeze { asset: WON, account, extent, case: case() }))
    };
    let thaw = |account: u8| {
        let account = address(account);
        Instruction::Compliance(Box::new(Compliance::Thaw { asset: WON, account, case: case() }))
    };
    let claim = Payment::Claim { asset: WON, receiver: address(BOB), sender: address(ALICE), amount: None };
    let mut chain = Chain::of(spec.genesis().unwrap());
    chain.block(vec![
        chain.pay(ISSUER, 0, vec![register(BOB, true)]),
        chain.pay(ALICE, 0, vec![hold("h", 700, 60), hold("v", 90, 60)]),
        chain.pay(STRANGER, 0, vec![freeze(BOB), freeze(PROCESSOR)]),
    ]);
    chain.block(vec![chain.pay(BOB, 0, vec![capture("h", 110, false)])]);
    let parked = report(&chain, all()).unwrap();
    let won = &parked.totals[0];
    assert_eq!((won.net, won.parked, won.beside, won.closing), (Signed(99), Signed(99), Signed(0), Amount(50)));
    chain.block(vec![
        chain.pay(STRANGER, 1, vec![thaw(BOB), freeze(ALICE)]),
        chain.pay(BOB, 1, vec![Instruction::Payment(Box::new(claim))]),
        chain.pay(BOB, 2, vec![void("v")]),
        chain.pay(BOB, 3, vec![refund("h", 10)]),
    ]);
    let claimed = report(&chain, all()).unwrap();
    let won = &claimed.totals[0];
    assert_eq!((won.net, won.parked, won.beside, won.closing), (Signed(90), Signed(99), Signed(99), Amount(140)));
    assert_eq!(won.closing.0, balance(&chain));
    // Both are parked for a frozen customer. Of 100 that are left the fee is 1 as before, and the VAT 9.
    let expected = [(OrderStep::Void, "v", 90, 0, 0, 0, 0), (OrderStep::Refund, "h", 10, 0, -1, -9, 590)];
    assert_eq!(brief(&claimed)[3..], expected);
}

#[test]
fn a_planted_movement_is_refused() {
    let chain = day();
    // Alters the movements of a block before the builder sees them.
    let planted = |height: u64, alter: &dyn Fn(&mut Vec<Movements>)| {
        let show = |builder: &mut MerchantReportBuilder, block: &Audited<'_>, ledger: &Ledger| {
            let mut movements = block.movements.to_vec();
            if block.header.height.0 == height {
                alter(&mut movements);
            }
            let seen = Audited { movements: &movements, transactions: block.transactions.clone(), ..*block };
            builder.observe(&seen, ledger);
        };
        shown(&chain, all(), show).unwrap_err()
    };
    // Of the first transaction of block 3, Bob's capture, somebody received another unit than the order says.
    for account in 0..3 {
        let error = planted(3, &|movements| movements[0].accounts[account].after.0 += 1);
        assert!(matches!(error, MerchantReportError::Movement { .. }), "{error}");
    }
    let error = planted(3, &|movements| movements[0].records[0].after.0 -= 1);
    assert!(matches!(error, MerchantReportError::Held { .. }), "{error}");
    let error = planted(3, &|movements| movements[0].records.clear());
    assert!(matches!(error, MerchantReportError::Held { .. }), "{error}");
    let error = planted(2, &|movements| movements[0].accounts.clear());
    assert!(matches!(error, MerchantReportError::Movement { .. }), "{error}");
    // Alice's transfer, which has no steps.
    let error = planted(4, &|movements| drop(movements.remove(2)));
    assert!(matches!(error, MerchantReportError::Closing { .. }), "{error}");
    let error = planted(1, &|movements| movements[0].records = planted_hold(&chain));
    assert!(matches!(error, MerchantReportError::Held { .. }), "{error}");
}

/// A movement of money that is set aside for an order which no step has touched.
fn planted_hold(chain: &Chain) -> Vec<vm::RecordMovement> {
    assert!(chain.ledger.account_count() > 0);
    let key = vm::RecordKey::Order(address(BOB), name("from-nowhere"));
    vec![vm::RecordMovement { key, asset: WON, before: Amount(0), after: Amount(1) }]
}

#[test]
fn steps_that_were_not_seen_show() {
    let chain = day();
    let unseen = |height: u64| {
        let show = |builder: &mut MerchantReportBuilder, block: &Audited<'_>, ledger: &Ledger| {
            let seen = Audited { transactions: Vec::new(), receipts: &[], movements: &[], ..*block };
            builder.observe(if block.header.height.0 == height { &seen } else { block }, ledger);
        };
        shown(&chain, all(), show).unwrap_err()
    };
    let error = unseen(2);
    assert!(matches!(error, MerchantReportError::Step { .. }), "{error}");
    let error = unseen(3);
    assert!(matches!(error, MerchantReportError::Held { .. } | MerchantReportError::Movement { .. }), "{error}");
    let error = unseen(4);
    assert_eq!(error, MerchantReportError::Unseen(name("=h-4")));
}

#[test]
fn an_altered_report_does_not_tie() {
    let good = report(&day(), all()).unwrap();
    let altered = |alter: &dyn Fn(&mut MerchantReport)| {
        let mut report = good.clone();
        alter(&mut report);
        report.check().unwrap_err()
    };
    for place in 0..good.lines.len() {
        let error = altered(&|report| drop(report.lines.remove(place)));
        assert!(matches!(error, MerchantReportError::Totals(_) | MerchantReportError::StillHeld { .. }), "{error}");
        let error = altered(&|report| report.lines[place].net.0 += 1);
        assert!(matches!(error, MerchantReportError::Line { .. }), "{error}");
    }
    // From the treasury's share to the merchant's: the line makes its amount, the totals do not.
    let error = altered(&|report| {
        report.lines[0].net.0 += 1;
        report.lines[0].vat.0 -= 1;
    });
    assert_eq!(error, MerchantReportError::Totals(WON));
    let error = altered(&|report| {
        (report.lines[0].net.0, report.lines[0].vat.0) = (9_836, 999);
        (report.totals[0].net.0, report.totals[0].vat.0) = (15_023, 1_526);
    });
    assert_eq!(error, MerchantReportError::Closing { asset: WON, moved: Signed(15_029), lines: Signed(15_030) });
    let error = altered(&|report| report.totals[0].held.0 += 1);
    assert_eq!(error, MerchantReportError::StillHeld { asset: WON, held: Signed(701), lines: Signed(700) });
    assert_eq!(altered(&|report| report.totals.clear()), MerchantReportError::NoTotals(WON));
}

#[test]
fn a_report_as_rows_and_as_a_table() {
    let chain = day();
    let report = report(&chain, all()).unwrap();
    let csv = report.to_csv();
    let rows: Vec<Vec<&str>> = csv.split_terminator("\r\n").map(|row| row.split(',').collect()).collect();
    assert!(rows.iter().all(|row| row.len() == 16), "{csv}");
    // Without the transactions' ids.
    let short: Vec<String> = rows.iter().map(|row| [&row[..4], &row[5..]].concat().join(",")).collect();
    let (alice, bob, stranger) = (address(ALICE), address(BOB), address(STRANGER));
    let time = |height: u64| format!("2027-01-15T08:00:0{}.{}00Z", 7 * height / 10, 7 * height % 10);
    let (two, three, four) = (time(2), time(3), time(4));
    assert_eq!(
        short,
        [
            "row,time,height,index,order,customer,by,asset,symbol,gross,fee,vat,net,held,balance".to_owned(),
            format!("merchant,,4,,Café Bob,,{bob},,,,,,,,"),
            "opening,,,,,,,0,KRW,,,,,0,50".to_owned(),
            format!("charge,{two},2,0,c-1,{alice},{alice},0,KRW,11000,165,1000,9835,,"),
            format!("hold,{two},2,1,h-1,{alice},{alice},0,KRW,6000,0,0,0,6000,"),
            format!("hold,{two},2,2,h-2,{alice},{alice},0,KRW,2000,0,0,0,2000,"),
            format!("hold,{two},2,3,h-3,{alice},{alice},0,KRW,500,0,0,0,500,"),
            format!("capture,{three},3,0,h-1,{alice},{bob},0,KRW,4000,60,363,3577,2000,"),
            format!("refund,{three},3,1,c-1,{alice},{bob},0,KRW,3000,-45,-273,-2682,,"),
            format!("void,{three},3,2,h-2,{alice},{bob},0,KRW,2000,0,0,0,,"),
            format!("charge,{three},3,3,a-1,{alice},{alice},0,KRW,3300,49,300,2951,,"),
            format!("expire,{four},4,0,h-3,{alice},{stranger},0,KRW,500,0,0,0,,"),
            format!("capture,{four},4,1,h-1,{alice},{bob},0,KRW,1500,22,137,1341,500,"),
            format!("release,{four},4,1,h-1,{alice},{bob},0,KRW,500,0,0,0,,"),
            format!("hold,{four},4,3,'=h-4,{alice},{alice},0,KRW,700,0,0,0,700,"),
            "refunded,,4,,,,,0,KRW,3000,,,,,".to_owned(),
            "total,,4,,,,,0,KRW,19800,251,1527,15022,,".to_owned(),
            "parked,,4,,,,,0,KRW,,,,0,,".to_owned(),
            "beside,,4,,,,,0,KRW,,,,,,7".to_owned(),
            "closing,,4,,,,,0,KRW,,,,,700,15079".to_owned(),
        ]
    );
    let table = report.to_string();
    let line = table.lines().find(|line| line.contains(" refund ")).unwrap();
    let words: Vec<&str> = line.split_whitespace().collect();
    assert_eq!(words, [&three, "refund", "3,000", "-45", "-273", "-2,682", "0", "c-1,", &alice.to_string()]);
    assert!(table.contains(&format!("h-3, {alice}, by {stranger}")), "{table}");
    let last = table.lines().last().unwrap();
    assert_eq!(last.split_whitespace().collect::<Vec<_>>(), ["balance", "15,079"]);
}
