//! The methods of the interface, each answered by the validator's loop or by its store.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use jsonrpsee::core::{RpcResult, SubscriptionResult, async_trait};
use jsonrpsee::{PendingSubscriptionSink, SubscriptionMessage, SubscriptionSink};
use replica::{FinalizedBlock, Replica, SubmitError};
use rpc::{
    AccountInfo, AssetDetails, AssetInfo, BalanceInfo, BaroApiServer, BlockBytes, BlockInfo, CellInfo, ChainInfo,
    EvidenceInfo, FeesInfo, HexBytes, HistoryPage, HolderInfo, KeysInfo, MerchantInfo, NodeStatus, OrderInfo, PeerInfo,
    PolicyInfo, ProgramInfo, ProofFile, ReceiptPlace, SanctionListInfo, SendOutcome, SupplyInfo, TransactionInfo,
    TransactionStatus, ValidatorInfo, ValidatorsInfo,
};
use serde_json::value::{RawValue, to_raw_value};
use tokio::sync::{broadcast, mpsc, oneshot};
use types::codec::{List, decode, encode};
use types::{Address, AssetId, Block, Hash, Height, ListId, OrderId, PolicyId, TransactionId};
use vm::{Receipt, ReceiptPointer};

use super::error::{Error, refused};
use super::{RpcLimits, json, programs, records};
use crate::closed_seconds;
use crate::network::Network;
use crate::store::Store;
use crate::validator::{Fenced, Outcome, PlacedReceipt, Publication, Request};

/// Who this validator is, for those who ask.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    pub(crate) key: types::PublicKey,
    pub(crate) chain_id: String,
    pub(crate) genesis_hash: types::Hash,
    pub(crate) max_valid_seconds: u32,
    /// The first committee: what proofs start from.
    pub(crate) committee: types::Committee,
}

/// Everything that answers.
#[derive(Clone)]
pub(crate) struct Backend {
    pub(crate) identity: Arc<Identity>,
    pub(crate) limits: RpcLimits,
    pub(crate) requests: mpsc::Sender<Request>,
    pub(crate) publications: broadcast::Sender<Arc<Publication>>,
    pub(crate) store: Store,
    pub(crate) network: Network,
}

impl Backend {
    pub(super) async fn ask<T>(&self, request: impl FnOnce(oneshot::Sender<T>) -> Request) -> Result<T, Error> {
        let (reply, answer) = oneshot::channel();
        self.requests.send(request(reply)).await.map_err(|_| Error::Stopping)?;
        answer.await.map_err(|_| Error::Stopping)
    }

    /// Looks at the replica from inside its loop. Only quick looks: the loop waits.
    pub(super) async fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Replica) -> T + Send + 'static,
    ) -> Result<T, Error> {
        self.ask(|reply| Request::Query(Box::new(move |replica| drop(reply.send(look(replica)))))).await
    }

    /// Reads the store on a thread that may wait for the disk.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Store) -> anyhow::Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        let store = self.store.clone();
        let result = tokio::task::spawn_blocking(move || read(&store)).await;
        result.map_err(|_| Error::Stopping)?.map_err(Error::of_store)
    }

    /// Reads the store once it holds what the loop knows: the ledger runs ahead of the disk.
    pub(super) async fn read_written<T: Send + 'static>(
        &self,
        what: Fenced,
        read: impl FnOnce(&Store) -> anyhow::Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        self.ask(|reply| Request::Fence { what, reply }).await?;
        self.read(read).await
    }

    /// Looks for an id in the second that it has for a deadline, which has closed.
    pub(super) async fn find_closed(&self, id: TransactionId) -> Result<Option<ReceiptPointer>, Error> {
        self.read_written(Fenced::ClosedSeconds, move |store| closed_seconds::find(store, &id)).await
    }

    async fn submit(&self, transactions: Vec<HexBytes>) -> Result<Vec<Result<TransactionId, SubmitError>>, Error> {
        let max = self.limits.transactions_per_call;
        if transactions.len() > max {
            return Err(Error::TooMany { got: transactions.len(), max });
        }
        let transactions = transactions.iter().map(json::bytes_of).collect::<Option<Vec<_>>>().ok_or(Error::NotHex)?;
        self.ask(|reply| Request::Submit { transactions, reply }).await
    }

    pub(super) async fn status_of(&self, id: TransactionId) -> Result<TransactionStatus, Error> {
        match self.ask(|reply| Request::Outcome { id, reply }).await? {
            Outcome::Executed(placed) => Ok(executed(&placed)),
            Outcome::Stored(place) => self.stored_status(id, place).await,
            Outcome::Pending => Ok(TransactionStatus::Pending),
            Outcome::Unknown => Ok(TransactionStatus::Unknown { valid_until: id.deadline() }),
            Outcome::Closed => match self.find_closed(id).await? {
                Some(place) => self.stored_status(id, place).await,
                None => {
                    self.refuse_closed_before_beginning(&id)?;
                    Ok(json::expired(&id))
                }
            },
        }
    }

    async fn stored_status(&self, id: TransactionId, place: ReceiptPointer) -> Result<TransactionStatus, Error> {
        self.refuse_before_beginning(place.height)?;
        let placed = self.read_written(Fenced::Blocks, move |store| read_receipt(store, &id, place)).await?;
        Ok(executed(&placed))
    }

    /// Refuses to say that an id is not among those of its second where that closed before the first block that is kept:
    /// what was executed for it then is not here.
    pub(super) fn refuse_closed_before_beginning(&self, id: &TransactionId) -> Result<(), Error> {
        match self.store.beginning() {
            Some(beginning) if id.deadline().has_passed(beginning.timestamp) => {
                Err(Error::NotKept(beginning.height.next()))
            }
            _ => Ok(()),
        }
    }

    /// Refuses a height that this validator does not keep the block of.
    pub(super) fn refuse_before_beginning(&self, height: Height) -> Result<(), Error> {
        match self.store.beginning() {
            Some(beginning) if height <= beginning.height => Err(Error::NotKept(beginning.height.next())),
            _ => Ok(()),
        }
    }

    async fn block_at(&self, height: Option<Height>) -> Result<BlockInfo, Error> {
        let latest = self.look(|replica| replica.tip().height).await?;
        let height = height.unwrap_or(latest);
        let recent: Option<Arc<FinalizedBlock>> = self.ask(|reply| Request::RecentBlock { height, reply }).await?;
        if let Some(block) = recent {
            return Ok(json::block_info(&block));
        }
        if height > latest || height == Height(0) {
            return Err(Error::NoSuchBlock(height, latest));
        }
        self.refuse_before_beginning(height)?;
        self.read(move |store| read_block(store, height)).await?.ok_or(Error::NoSuchBlock(height, latest))
    }
}

fn executed(placed: &PlacedReceipt) -> TransactionStatus {
    json::executed(json::receipt_info(placed.place, placed.block, placed.timestamp, &placed.receipt))
}

fn read_receipt(store: &Store, id: &TransactionId, place: ReceiptPointer) -> anyhow::Result<PlacedReceipt> {
    let bytes = store.receipts(place.height)?.context("a block's receipts are missing")?;
    let receipts: List<Receipt> = decode(&bytes).context("receipts")?;
    let receipt = receipts.into_vec().into_iter().nth(place.index as usize).filter(|receipt| receipt.id == *id);
    let receipt = receipt.context("a receipt is not where the ledger says")?;
    let record = store.block(place.height)?.context("a block is missing")?;
    let block: Block = decode(&record.block).context("a block")?;
    Ok(PlacedReceipt { place, block: block.header.hash(), timestamp: block.header.timestamp, receipt })
}

fn read_block(store: &Store, height: Height) -> anyhow::Result<Option<BlockInfo>> {
    let Some(record) = store.block(height)? else { return Ok(None) };
    let block: Block = decode(&record.block).context("a block")?;
    let receipts: List<Receipt> = decode(&record.receipts).context("receipts")?;
    let hash = block.header.hash();
    Ok(Some(json::block_with_receipts(&block, hash, &receipts)))
}

fn account_info(replica: &Replica, address: Address) -> AccountInfo {
    let ledger = replica.ledger();
    let account = ledger.account(&address);
    let symbol = |asset: AssetId| ledger.asset(asset).map(|asset| asset.symbol.to_string()).unwrap_or_default();
    let balances = account.iter().flat_map(|account| account.balances());
    AccountInfo {
        address,
        exists: account.is_some(),
        balances: balances.map(|(asset, amount)| BalanceInfo { asset, symbol: symbol(asset), amount }).collect(),
        latest_receipt: account.and_then(|account| account.latest).map(json::place),
        height: replica.tip().height,
    }
}

fn assets(replica: &Replica) -> Vec<AssetInfo> {
    replica.ledger().assets().iter().zip(0..).map(|(asset, id)| records::asset_info(AssetId(id), asset)).collect()
}

#[async_trait]
impl BaroApiServer for Backend {
    async fn chain(&self) -> RpcResult<ChainInfo> {
        let look = |replica: &Replica| {
            let council = replica.ledger().council();
            let validators = council.members().iter().map(ValidatorInfo::from).collect();
            let fees = replica.ledger().parameters().fees.map(|fees| FeesInfo {
                asset: fees.asset,
                per_transaction: fees.per_transaction,
                per_instruction: fees.per_instruction,
                collector: fees.collector,
            });
            (council.epoch(), validators, assets(replica), fees)
        };
        let (epoch, validators, assets, fees) = self.look(look).await?;
        let identity = &self.identity;
        Ok(ChainInfo {
            chain_id: identity.chain_id.clone(),
            genesis_hash: identity.genesis_hash,
            max_valid_seconds: identity.max_valid_seconds,
            epoch,
            validators,
            assets,
            fees,
        })
    }

    async fn account(&self, address: Address) -> RpcResult<AccountInfo> {
        Ok(self.look(move |replica| account_info(replica, address)).await?)
    }

    async fn keys(&self, address: Address) -> RpcResult<KeysInfo> {
        Ok(self.look(move |replica| records::keys(replica, address)).await?)
    }

    async fn send(&self, transaction: HexBytes) -> RpcResult<TransactionId> {
        let result = self.submit(vec![transaction]).await?.pop();
        // One transaction has one result.
        let id = result.unwrap_or(Err(SubmitError::Busy)).map_err(|error| Error::Refused(refused(&error)))?;
        Ok(id)
    }

    async fn send_many(&self, transactions: Vec<HexBytes>) -> RpcResult<Vec<SendOutcome>> {
        let results = self.submit(transactions).await?;
        let outcome = |result: Result<TransactionId, SubmitError>| match result {
            Ok(id) => SendOutcome::Admitted(id),
            Err(error) => SendOutcome::Refused(refused(&error)),
        };
        Ok(results.into_iter().map(outcome).collect())
    }

    async fn transaction(&self, id: TransactionId) -> RpcResult<TransactionStatus> {
        Ok(self.status_of(id).await?)
    }

    async fn contents(&self, id: TransactionId) -> RpcResult<Option<TransactionInfo>> {
        Ok(self.contents_of(id).await?)
    }

    async fn wait(&self, id: TransactionId, timeout_ms: u64) -> RpcResult<TransactionStatus> {
        let timeout = Duration::from_millis(timeout_ms.min(self.limits.wait_millis));
        let (waiter, certain) = oneshot::channel();
        self.requests.send(Request::Wait { id, waiter }).await.map_err(|_| Error::Stopping)?;
        // Whether it became certain or the time is up, the status says.
        let _ = tokio::time::timeout(timeout, certain).await;
        Ok(self.status_of(id).await?)
    }

    async fn block(&self, height: Option<Height>) -> RpcResult<BlockInfo> {
        Ok(self.block_at(height).await?)
    }

    async fn supply(&self, asset: AssetId) -> RpcResult<SupplyInfo> {
        let looked = self.look(move |replica| {
            let supply = replica.ledger().asset(asset)?.supply;
            Some((supply, replica.tip().height, replica.tip().state_root, replica.ledger().snapshot()))
        });
        let (supply, height, state_root, snapshot) = looked.await?.ok_or(Error::NoSuchAsset(asset))?;
        // Adding up all accounts takes a while: not on the loop.
        let held = tokio::task::spawn_blocking(move || snapshot.held(asset)).await.map_err(|_| Error::Stopping)?;
        Ok(SupplyInfo { asset, supply, held, height, state_root })
    }

    async fn asset(&self, asset: AssetId) -> RpcResult<AssetDetails> {
        let looked = self.look(move |replica| records::asset(replica, asset)).await?;
        Ok(looked.ok_or(Error::NoSuchAsset(asset))?)
    }

    async fn holder(&self, address: Address, asset: AssetId) -> RpcResult<HolderInfo> {
        let looked = self.look(move |replica| records::holder(replica, address, asset)).await?;
        Ok(looked.ok_or(Error::NoSuchAsset(asset))?)
    }

    async fn policy(&self, policy: PolicyId) -> RpcResult<Option<PolicyInfo>> {
        Ok(self.look(move |replica| records::policy(replica.ledger(), policy)).await?)
    }

    async fn sanction_list(&self, list: ListId) -> RpcResult<Option<SanctionListInfo>> {
        Ok(self.look(move |replica| records::sanction_list(replica.ledger(), list)).await?)
    }

    async fn merchant(&self, merchant: Address) -> RpcResult<Option<MerchantInfo>> {
        Ok(self.look(move |replica| records::merchant(replica.ledger(), merchant)).await?)
    }

    async fn order(&self, merchant: Address, order: OrderId) -> RpcResult<Option<OrderInfo>> {
        Ok(self.look(move |replica| records::order(replica.ledger(), merchant, &order)).await?)
    }

    async fn orders(&self, merchant: Address, after: Option<OrderId>, limit: u32) -> RpcResult<Vec<OrderInfo>> {
        Ok(self.look(move |replica| records::orders(replica.ledger(), merchant, after, limit)).await?)
    }

    async fn program(&self, program: Address) -> RpcResult<Option<ProgramInfo>> {
        let found = self.look(move |replica| programs::deployed(replica.ledger(), program)).await?;
        Ok(found.map(|found| programs::program(program, &found)))
    }

    async fn program_cell(&self, program: Address, key: Hash) -> RpcResult<Option<CellInfo>> {
        Ok(self.look(move |replica| programs::cell(replica, program, key)).await?)
    }

    async fn validators(&self) -> RpcResult<ValidatorsInfo> {
        Ok(self.look(|replica| json::validators(replica.ledger(), replica.tip())).await?)
    }

    async fn status(&self) -> RpcResult<NodeStatus> {
        let (key, first_height) = (self.identity.key, self.store.first_height());
        let status = self.look(move |replica| {
            let summary = replica.summary();
            let own = replica.council().members().iter().find(|member| member.key == key);
            NodeStatus {
                name: own.map(|member| member.name.to_string()).unwrap_or_default(),
                key,
                epoch: summary.epoch,
                index: replica.committee().index_of(&key),
                version: env!("CARGO_PKG_VERSION").to_owned(),
                view: summary.view,
                height: summary.tip.height,
                block: summary.tip_hash,
                state_root: summary.tip.state_root,
                timestamp: summary.tip.timestamp,
                first_height,
                catching_up: summary.is_catching_up,
                listening: summary.is_listening,
                key_in_use_elsewhere: summary.is_silenced,
                pending: summary.pending as u64,
                accounts: replica.ledger().account_count() as u64,
                executed: replica.ledger().executed_total(),
                evidence: summary.evidence as u64,
            }
        });
        Ok(status.await?)
    }

    async fn peers(&self) -> RpcResult<Vec<PeerInfo>> {
        Ok(super::json::peers(&self.network))
    }

    async fn evidence(&self) -> RpcResult<Vec<EvidenceInfo>> {
        let evidence = self.look(|replica| replica.evidence().to_vec()).await?;
        let info = |evidence: &types::Evidence| EvidenceInfo {
            validator: evidence.first.signer,
            view: evidence.first.ballot.view(),
            evidence: HexBytes(hex::encode(encode(evidence))),
        };
        Ok(evidence.iter().map(info).collect())
    }

    async fn prove_receipt(&self, id: TransactionId) -> RpcResult<ProofFile> {
        Ok(self.receipt_proof(id).await?)
    }

    async fn prove_balance(&self, address: Address, asset: AssetId) -> RpcResult<ProofFile> {
        Ok(self.balance_proof(address, asset).await?)
    }

    async fn prove_outcome(&self, id: TransactionId) -> RpcResult<ProofFile> {
        Ok(self.outcome_proof(id).await?)
    }

    async fn block_bytes(&self, from: Height) -> RpcResult<Vec<BlockBytes>> {
        Ok(self.blocks_from(from).await?)
    }

    async fn history(
        &self,
        address: Address,
        from: Option<ReceiptPlace>,
        limit: Option<u32>,
    ) -> RpcResult<HistoryPage> {
        Ok(self.history_of(address, from, limit).await?)
    }

    async fn subscribe_blocks(&self, pending: PendingSubscriptionSink) -> SubscriptionResult {
        let publications = self.publications.subscribe();
        let sink = pending.accept().await?;
        forward(sink, publications, |publication| vec![publication.json().to_owned()]).await;
        Ok(())
    }

    async fn subscribe_receipts(
        &self,
        pending: PendingSubscriptionSink,
        account: Option<Address>,
    ) -> SubscriptionResult {
        let publications = self.publications.subscribe();
        let sink = pending.accept().await?;
        forward(sink, publications, move |publication| receipts_of(publication.block(), account)).await;
        Ok(())
    }
}

/// The receipts of a block that touch `account`, or all.
fn receipts_of(block: &FinalizedBlock, account: Option<Address>) -> Vec<Box<RawValue>> {
    let header = &block.block.header;
    let touches =
        |receipt: &Receipt| account.is_none_or(|account| receipt.links.iter().any(|link| link.account == account));
    (0u32..)
        .zip(&block.receipts)
        .filter(|(_, receipt)| touches(receipt))
        .filter_map(|(index, receipt)| {
            let place = ReceiptPointer { height: header.height, index };
            to_raw_value(&json::receipt_info(place, block.hash, header.timestamp, receipt)).ok()
        })
        .collect()
}

/// Sends what is published until either side ends. A subscriber that falls too far behind is cut off, so that it knows:
/// it must fetch what it missed.
async fn forward(
    sink: SubscriptionSink,
    mut publications: broadcast::Receiver<Arc<Publication>>,
    items: impl Fn(&Publication) -> Vec<Box<RawValue>>,
) {
    loop {
        let publication = tokio::select! {
            () = sink.closed() => return,
            publication = publications.recv() => publication,
        };
        let Ok(publication) = publication else { return };
        for item in items(&publication) {
            if sink.send(SubscriptionMessage::from(item)).await.is_err() {
                return;
            }
        }
    }
}
