//! A network of toy validators in this process: one chain that finalizes every few milliseconds, behind real servers.

mod books;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use jsonrpsee::core::{RpcResult, SubscriptionResult, async_trait};
use jsonrpsee::server::{PendingSubscriptionSink, Server, ServerHandle, SubscriptionMessage};
use jsonrpsee::types::ErrorObjectOwned;
use rpc::net_file::{NetAccount, NetFile, NetValidator};
use rpc::*;
use tokio::sync::watch;
use types::codec::decode;
use types::*;

use books::Books;

/// A block is made so often.
const BLOCK_TIME: Duration = Duration::from_millis(5);

/// All money is with one account at first.
const SUPPLY: u128 = 10_000_000_000_000;

pub(crate) const CHAIN: Hash = Hash([9; 32]);

/// What goes wrong.
#[derive(Clone, Default)]
pub(crate) struct Faults {
    /// So many payments are refused as if the node were busy.
    pub busy: usize,
    /// So many payments are admitted and then forgotten.
    pub forgotten: usize,
    /// After so many executed transactions the first validator shares nothing any more, stops a few blocks later with
    /// all that it has admitted meanwhile, and starts again a few blocks after that.
    pub crash_after: Option<usize>,
    /// The last validator shows another state root.
    pub fork: bool,
    /// Money appears.
    pub inflation: bool,
    /// So many captures are executed without effect.
    pub failing_captures: usize,
}

struct Chain {
    faults: Faults,
    /// Whether the first validator shares nothing any more.
    stalled: bool,
    /// Whether the first validator was started again, and how many transactions it has admitted since.
    restarted: Option<usize>,
    books: Books,
    /// Whether anything was sent before what it stands on was final.
    too_early: bool,
    pools: Vec<Vec<AuthorizedTransaction>>,
    forgotten: BTreeSet<TransactionId>,
    executed: BTreeMap<TransactionId, ReceiptInfo>,
    blocks: Vec<BlockInfo>,
}

impl Chain {
    fn new(bench: Address, validators: usize, faults: Faults) -> Chain {
        Chain {
            faults,
            stalled: false,
            restarted: None,
            books: Books::new(bench, SUPPLY),
            too_early: false,
            pools: vec![Vec::new(); validators],
            forgotten: BTreeSet::new(),
            executed: BTreeMap::new(),
            blocks: vec![block(0, vec![])],
        }
    }

    fn execute(&mut self, transaction: &AuthorizedTransaction) -> Option<String> {
        let (id, payload) = (transaction.id(), transaction.payload());
        for (place, instruction) in payload.instructions.iter().enumerate() {
            if matches!(payment(instruction), Some(Payment::Capture { .. })) && self.faults.failing_captures > 0 {
                self.faults.failing_captures -= 1;
                return Some("unlucky".into());
            }
            let origin = Origin { transaction: id, instruction: place as u32 };
            if let Err(reason) = self.books.execute(origin, payload.payer, instruction) {
                return Some(reason);
            }
        }
        None
    }

    fn make_block(&mut self) {
        let height = self.blocks.len() as u64;
        let pending: Vec<AuthorizedTransaction> =
            self.pools.iter_mut().skip(usize::from(self.stalled)).flat_map(std::mem::take).collect();
        let mut transactions = Vec::new();
        for transaction in pending {
            if self.executed.contains_key(&transaction.id()) {
                continue;
            }
            let failed = self.execute(&transaction);
            let place = ReceiptPlace { height: Height(height), index: transactions.len() as u32 };
            let receipt = ReceiptInfo {
                id: transaction.id(),
                place,
                block: Hash([1; 32]),
                timestamp: now(),
                failure: None,
                fee: None,
                previous: vec![],
                calls: vec![],
            };
            self.executed.insert(transaction.id(), receipt);
            transactions.push(ExecutedInfo { id: transaction.id(), failed });
        }
        self.blocks.push(block(height, transactions));
    }

    fn admit(&mut self, validator: usize, bytes: &HexBytes) -> Result<TransactionId, Refused> {
        let refused = |code| Refused { code, message: String::new(), data: ErrorData { kind: String::new() } };
        let bytes = hex::decode(&bytes.0).map_err(|_| refused(code::MALFORMED))?;
        let transaction: Transaction = decode(&bytes).map_err(|_| refused(code::MALFORMED))?;
        let is_payment = transaction.payload.instructions.len() == 1;
        let payer = transaction.payload.payer;
        let mut payments = transaction.payload.instructions.iter().filter_map(payment);
        let stands = payments.all(|payment| self.books.stands(payer, payment));
        let transaction = Transaction::authorize_all(vec![transaction], &CHAIN)
            .remove(0)
            .map_err(|_| refused(code::BAD_SIGNATURE))?;
        let id = transaction.id();
        if id.deadline().has_passed(now()) {
            return Err(refused(code::EXPIRED));
        }
        if self.executed.contains_key(&id) {
            return Err(refused(code::ALREADY_EXECUTED));
        }
        self.too_early |= !stands;
        if is_payment && self.faults.busy > 0 {
            self.faults.busy -= 1;
            return Err(refused(code::BUSY));
        }
        if is_payment && self.faults.forgotten > 0 {
            self.faults.forgotten -= 1;
            self.forgotten.insert(id);
        }
        if let Some(admitted) = self.restarted.as_mut().filter(|_| validator == 0) {
            *admitted += 1;
        }
        if !self.forgotten.contains(&id) {
            self.pools[validator].push(transaction);
        }
        Ok(id)
    }

    fn status(&self, id: TransactionId) -> TransactionStatus {
        match self.executed.get(&id) {
            Some(receipt) => TransactionStatus::Final { receipt: receipt.clone() },
            // A node that forgets does not know of deadlines either.
            None if self.forgotten.contains(&id) => TransactionStatus::Pending,
            None if id.deadline().has_passed(now()) => TransactionStatus::Expired { valid_until: id.deadline() },
            None => TransactionStatus::Unknown { valid_until: id.deadline() },
        }
    }
}

fn payment(instruction: &Instruction) -> Option<&Payment> {
    match instruction {
        Instruction::Payment(payment) => Some(payment),
        _ => None,
    }
}

fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp(since.as_millis() as u64)
}

fn block(height: u64, transactions: Vec<ExecutedInfo>) -> BlockInfo {
    BlockInfo {
        height: Height(height),
        hash: Hash([1; 32]),
        parent: Hash([1; 32]),
        view: View(height),
        epoch: Epoch(0),
        timestamp: now(),
        proposer: ValidatorIndex(0),
        state_root: Hash([2; 32]),
        receipts_root: Hash([3; 32]),
        batches: vec![],
        transactions,
    }
}

/// The account that pays for everything, issues the money and keeps the registry.
fn bench() -> (Address, SecretKey) {
    let secret = SecretKey::from_seed([5; 32]);
    (Address::of(&secret.public()), secret)
}

#[derive(Clone)]
struct Validator {
    index: usize,
    forked: bool,
    chain: Arc<Mutex<Chain>>,
    height: watch::Receiver<usize>,
}

impl Validator {
    fn chain(&self) -> MutexGuard<'_, Chain> {
        self.chain.lock().unwrap()
    }

    fn root(&self) -> Hash {
        Hash([if self.forked { 66 } else { 2 }; 32])
    }
}

fn unsupported() -> ErrorObjectOwned {
    ErrorObjectOwned::owned(-1, "not in this toy", None::<()>)
}

#[async_trait]
impl BaroApiServer for Validator {
    async fn chain(&self) -> RpcResult<ChainInfo> {
        let asset =
            AssetInfo { id: AssetId(0), symbol: "KRW".into(), decimals: 0, issuer: bench().0, supply: Amount(SUPPLY) };
        Ok(ChainInfo {
            chain_id: "toy".into(),
            genesis_hash: CHAIN,
            max_valid_seconds: 120,
            epoch: Epoch(0),
            validators: vec![],
            assets: vec![asset],
            fees: None,
        })
    }

    async fn account(&self, address: Address) -> RpcResult<AccountInfo> {
        let chain = self.chain();
        let balance = chain.books.balances.get(&address).copied();
        let amount = Amount(balance.unwrap_or(0));
        Ok(AccountInfo {
            address,
            exists: balance.is_some(),
            balances: vec![BalanceInfo { asset: AssetId(0), symbol: "KRW".into(), amount }],
            latest_receipt: None,
            height: Height(0),
        })
    }

    async fn send(&self, transaction: HexBytes) -> RpcResult<TransactionId> {
        let admitted = self.chain().admit(self.index, &transaction);
        admitted.map_err(|refused| ErrorObjectOwned::owned(refused.code, refused.message, Some(refused.data)))
    }

    async fn send_many(&self, transactions: Vec<HexBytes>) -> RpcResult<Vec<SendOutcome>> {
        let mut chain = self.chain();
        let outcomes = transactions.iter().map(|bytes| match chain.admit(self.index, bytes) {
            Ok(id) => SendOutcome::Admitted(id),
            Err(refused) => SendOutcome::Refused(refused),
        });
        Ok(outcomes.collect())
    }

    async fn transaction(&self, id: TransactionId) -> RpcResult<TransactionStatus> {
        Ok(self.chain().status(id))
    }

    async fn contents(&self, _: TransactionId) -> RpcResult<Option<TransactionInfo>> {
        Err(unsupported())
    }

    async fn wait(&self, id: TransactionId, timeout_ms: u64) -> RpcResult<TransactionStatus> {
        let mut height = self.height.clone();
        let certain = height.wait_for(|_| self.chain().status(id).is_certain());
        let _ = tokio::time::timeout(Duration::from_millis(timeout_ms), certain).await;
        Ok(self.chain().status(id))
    }

    async fn block(&self, height: Option<Height>) -> RpcResult<BlockInfo> {
        let chain = self.chain();
        let place = height.map_or(chain.blocks.len() - 1, |height| height.0 as usize);
        let block = chain.blocks.get(place).ok_or_else(unsupported)?;
        Ok(BlockInfo { state_root: self.root(), ..block.clone() })
    }

    async fn supply(&self, asset: AssetId) -> RpcResult<SupplyInfo> {
        let chain = self.chain();
        let held = chain.books.held();
        Ok(SupplyInfo {
            asset,
            supply: Amount(SUPPLY),
            held: Amount(held + u128::from(chain.faults.inflation)),
            height: Height(0),
            state_root: self.root(),
        })
    }

    async fn validators(&self) -> RpcResult<ValidatorsInfo> {
        Err(ErrorObjectOwned::owned(code::STORE, "a toy chain lists no validators", None::<()>))
    }

    async fn status(&self) -> RpcResult<NodeStatus> {
        let height = Height(self.chain().blocks.len() as u64 - 1);
        Ok(NodeStatus {
            name: format!("v{}", self.index),
            key: types::PublicKey([self.index as u8; 32]),
            epoch: Epoch(0),
            index: Some(ValidatorIndex(self.index as u16)),
            version: "toy".into(),
            view: View(height.0),
            height,
            block: Hash([1; 32]),
            state_root: self.root(),
            timestamp: now(),
            first_height: Height(1),
            catching_up: false,
            listening: false,
            key_in_use_elsewhere: false,
            pending: 0,
            accounts: 0,
            executed: 0,
            evidence: 0,
        })
    }

    async fn peers(&self) -> RpcResult<Vec<PeerInfo>> {
        Err(unsupported())
    }

    async fn evidence(&self) -> RpcResult<Vec<EvidenceInfo>> {
        Err(unsupported())
    }

    async fn program(&self, _: Address) -> RpcResult<Option<ProgramInfo>> {
        Err(unsupported())
    }

    async fn program_cell(&self, _: Address, _: Hash) -> RpcResult<Option<CellInfo>> {
        Err(unsupported())
    }

    async fn asset(&self, _: AssetId) -> RpcResult<AssetDetails> {
        Err(unsupported())
    }

    async fn keys(&self, _: Address) -> RpcResult<KeysInfo> {
        Err(unsupported())
    }

    async fn holder(&self, _: Address, _: AssetId) -> RpcResult<HolderInfo> {
        Err(unsupported())
    }

    async fn policy(&self, _: PolicyId) -> RpcResult<Option<PolicyInfo>> {
        Err(unsupported())
    }

    async fn sanction_list(&self, _: ListId) -> RpcResult<Option<SanctionListInfo>> {
        Err(unsupported())
    }

    async fn merchant(&self, address: Address) -> RpcResult<Option<MerchantInfo>> {
        let entry = self.chain().books.merchants.get(&address).cloned();
        Ok(entry.map(|entry| MerchantInfo { address, entry }))
    }

    async fn order(&self, _: Address, _: OrderId) -> RpcResult<Option<OrderInfo>> {
        Err(unsupported())
    }

    async fn orders(&self, _: Address, _: Option<OrderId>, _: u32) -> RpcResult<Vec<OrderInfo>> {
        Err(unsupported())
    }

    async fn prove_receipt(&self, _: TransactionId) -> RpcResult<ProofFile> {
        Err(unsupported())
    }

    async fn prove_balance(&self, _: Address, _: AssetId) -> RpcResult<ProofFile> {
        Err(unsupported())
    }

    async fn prove_outcome(&self, _: TransactionId) -> RpcResult<ProofFile> {
        Err(unsupported())
    }

    async fn block_bytes(&self, _: Height) -> RpcResult<Vec<BlockBytes>> {
        Err(unsupported())
    }

    async fn history(&self, _: Address, _: Option<ReceiptPlace>, _: Option<u32>) -> RpcResult<HistoryPage> {
        Err(unsupported())
    }

    async fn subscribe_blocks(&self, pending: PendingSubscriptionSink) -> SubscriptionResult {
        let sink = pending.accept().await?;
        let mut height = self.height.clone();
        let mut next = self.chain().blocks.len();
        loop {
            tokio::select! {
                () = sink.closed() => return Ok(()),
                changed = height.changed() => changed?,
            }
            let blocks = self.chain().blocks[next..].to_vec();
            next += blocks.len();
            for block in blocks {
                let message = serde_json::value::to_raw_value(&block)?;
                sink.send(SubscriptionMessage::from(message)).await?;
            }
        }
    }

    async fn subscribe_receipts(&self, _: PendingSubscriptionSink, _: Option<Address>) -> SubscriptionResult {
        Err("not in this toy".into())
    }
}

async fn serve(validator: Validator, address: SocketAddr) -> (SocketAddr, ServerHandle) {
    let server = Server::builder().build(address).await.expect("the port is free");
    (server.local_addr().unwrap(), server.start(validator.into_rpc()))
}

/// A running toy network. Dropping it ends it.
pub(crate) struct FakeNet {
    pub file: NetFile,
    directory: tempfile::TempDir,
    chain: Arc<Mutex<Chain>>,
    task: tokio::task::JoinHandle<()>,
}

impl FakeNet {
    pub(crate) async fn start(validators: usize, faults: Faults) -> FakeNet {
        let (bench, secret) = bench();
        let crash_after = faults.crash_after;
        let fork = faults.fork;
        let chain = Arc::new(Mutex::new(Chain::new(bench, validators, faults)));
        let shared = chain.clone();
        let (made, height) = watch::channel(0);
        let mut running = Vec::new();
        for index in 0..validators {
            let forked = fork && index + 1 == validators;
            let validator = Validator { index, forked, chain: chain.clone(), height: height.clone() };
            let (address, handle) = serve(validator.clone(), ([127, 0, 0, 1], 0).into()).await;
            running.push((validator, address, handle));
        }

        let directory = tempfile::tempdir().unwrap();
        let key_file = directory.path().join("bench.json");
        let key = serde_json::json!({
            "kind": "ed25519", "address": bench, "public_key": secret.public(), "secret": hex::encode(secret.seed()),
        });
        std::fs::write(&key_file, key.to_string()).unwrap();
        let file = NetFile {
            chain_id: "toy".into(),
            genesis_hash: CHAIN,
            genesis_file: directory.path().join("genesis.toml"),
            validators: (running.iter())
                .map(|(validator, address, _)| NetValidator {
                    name: format!("v{}", validator.index),
                    pid: std::process::id(),
                    rpc_http: format!("http://{address}"),
                    rpc_ws: format!("ws://{address}"),
                    metrics: String::new(),
                })
                .collect(),
            accounts: vec![NetAccount { name: "bench".into(), address: bench, key_file }],
        };

        let task = tokio::spawn(async move {
            let (mut stalled_at, mut crashed_at) = (None, None);
            let mut ticks = tokio::time::interval(BLOCK_TIME);
            loop {
                ticks.tick().await;
                let (count, executed) = {
                    let mut chain = chain.lock().unwrap();
                    chain.make_block();
                    (chain.blocks.len(), chain.executed.len())
                };
                let _ = made.send(count);
                if stalled_at.is_none() && crash_after.is_some_and(|after| executed >= after) {
                    stalled_at = Some(count);
                    chain.lock().unwrap().stalled = true;
                }
                if crashed_at.is_none() && stalled_at.is_some_and(|stalled| count > stalled + 10) {
                    crashed_at = Some(count);
                    let handle = running[0].2.clone();
                    let _ = handle.stop();
                    handle.stopped().await;
                    let mut chain = chain.lock().unwrap();
                    chain.pools[0].clear();
                    chain.stalled = false;
                }
                let is_back = chain.lock().unwrap().restarted.is_some();
                if !is_back && crashed_at.is_some_and(|crashed| count > crashed + 20) {
                    let (validator, address, _) = running[0].clone();
                    running[0].2 = serve(validator, address).await.1;
                    chain.lock().unwrap().restarted = Some(0);
                }
            }
        });
        FakeNet { file, directory, chain: shared, task }
    }

    /// How many transactions the first validator has admitted since it was started again, if it was.
    pub(crate) fn admitted_since_restart(&self) -> Option<usize> {
        self.chain.lock().unwrap().restarted
    }

    /// How many orders were captured, and how many of these were refunded.
    pub(crate) fn sales(&self) -> (usize, usize) {
        self.chain.lock().unwrap().books.sales()
    }

    /// What the programs were paid.
    pub(crate) fn paid_to_programs(&self) -> u128 {
        self.chain.lock().unwrap().books.paid_to_programs()
    }

    /// Whether a capture or refund was sent before what it stands on was final.
    pub(crate) fn was_too_early(&self) -> bool {
        self.chain.lock().unwrap().too_early
    }

    pub(crate) fn directory(&self) -> &std::path::Path {
        self.directory.path()
    }
}

impl Drop for FakeNet {
    fn drop(&mut self) {
        self.task.abort();
    }
}
