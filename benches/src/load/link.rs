//! The link to one validator: connections, the subscription to its blocks, and what was missed while it was away.

use std::sync::Arc;
use std::time::Duration;

use jsonrpsee::core::client::{Error, Subscription, SubscriptionClientT};
use jsonrpsee::rpc_params;
use jsonrpsee::ws_client::{PingConfig, WsClient, WsClientBuilder};
use rpc::{BaroApiClient, SendOutcome, TransactionStatus};
use tokio::sync::mpsc::UnboundedSender;
use types::{Height, TransactionId};

use super::block::FinalBlock;

/// A pause before a validator that cannot be reached is tried again.
const RECONNECT_PAUSE: Duration = Duration::from_millis(200);

/// A request that takes longer has failed.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);

/// A validator that does not answer even a ping for so long is taken to be away.
const SILENCE: Duration = Duration::from_secs(8);

/// The longest answer or notification, in bytes.
const MAX_RESPONSE_BYTES: u32 = 64 << 20;

/// What comes back from the validators.
pub(super) enum Event {
    /// A validator can be sent to, and its blocks are followed from here on without a gap.
    Up {
        /// The validator's place in the network file.
        validator: usize,
        /// The connections for sending.
        clients: Vec<Arc<WsClient>>,
    },
    /// A connection to the validator failed.
    Down {
        /// The validator's place in the network file.
        validator: usize,
    },
    /// A validator reports a block.
    Block {
        /// The validator's place in the network file.
        validator: usize,
        /// The block.
        block: FinalBlock,
    },
    /// A validator answers a request to send, or does not.
    Answer {
        /// The validator's place in the network file.
        validator: usize,
        /// The connection.
        connection: usize,
        /// What was sent.
        ids: Vec<TransactionId>,
        /// The answer.
        answer: Result<Vec<SendOutcome>, Error>,
    },
    /// Answers to a question for transactions' outcomes; those not answered are missing.
    Outcomes(Vec<(TransactionId, TransactionStatus)>),
}

/// Connects to a validator.
pub(super) async fn connect(url: &str) -> Result<Arc<WsClient>, Error> {
    let client = WsClientBuilder::new()
        .max_response_size(MAX_RESPONSE_BYTES)
        .max_request_size(MAX_RESPONSE_BYTES)
        .request_timeout(REQUEST_TIMEOUT)
        .connection_timeout(Duration::from_secs(2))
        .enable_ws_ping(PingConfig::new().ping_interval(SILENCE / 4).inactive_limit(SILENCE).max_failures(1))
        .build(url)
        .await?;
    Ok(Arc::new(client))
}

/// One validator's link.
pub(super) struct Link {
    /// The validator's place in the network file.
    pub validator: usize,
    /// Where it listens for WebSocket connections.
    pub url: String,
    /// How many connections to send by.
    pub connections: usize,
    /// Where events go.
    pub events: UnboundedSender<Event>,
}

impl Link {
    /// Keeps the link up until nobody listens to its events.
    pub(super) async fn run(self) {
        let mut last = None;
        while !self.events.is_closed() {
            // Why a link failed does not matter: it is tried again, and `Down` tells that it is not there.
            let _ = self.follow(&mut last).await;
            let _ = self.events.send(Event::Down { validator: self.validator });
            tokio::select! {
                () = tokio::time::sleep(RECONNECT_PAUSE) => {}
                () = self.events.closed() => {}
            }
        }
    }

    /// Connects and follows the validator's blocks until a connection fails.
    async fn follow(&self, last: &mut Option<Height>) -> Result<(), Error> {
        let reader = connect(&self.url).await?;
        let mut clients = Vec::with_capacity(self.connections);
        for _ in 0..self.connections {
            clients.push(connect(&self.url).await?);
        }
        let mut blocks = self.subscribe(&reader, last).await?;
        let _ = self.events.send(Event::Up { validator: self.validator, clients: clients.clone() });
        let mut failures: futures::stream::FuturesUnordered<_> =
            clients.iter().map(|client| client.on_disconnect()).collect();
        loop {
            tokio::select! {
                block = blocks.next() => match block {
                    Some(block) => {
                        let block: FinalBlock = block?;
                        self.backfill(&reader, last, block.height).await?;
                        self.report(last, block);
                    }
                    // The subscription fell behind, not the connection.
                    None if reader.is_connected() => blocks = self.subscribe(&reader, last).await?,
                    None => return Ok(()),
                },
                _ = futures::StreamExt::next(&mut failures) => return Ok(()),
                () = self.events.closed() => return Ok(()),
            }
        }
    }

    /// Subscribes, then reads the blocks that were finalized since the last one reported.
    async fn subscribe(&self, reader: &WsClient, last: &mut Option<Height>) -> Result<Subscription<FinalBlock>, Error> {
        let blocks = reader.subscribe("baro_subscribeBlocks", rpc_params![], "baro_unsubscribeBlocks").await?;
        let latest = reader.block(None).await?;
        if last.is_none() {
            *last = Some(latest.height);
        }
        self.backfill(reader, last, latest.height).await?;
        self.report(last, latest.into());
        Ok(blocks)
    }

    /// Reads the blocks after the last one reported and below `end`.
    async fn backfill(&self, reader: &WsClient, last: &mut Option<Height>, end: Height) -> Result<(), Error> {
        while let Some(missing) = last.map(Height::next).filter(|&missing| missing < end) {
            let block = reader.block(Some(missing)).await?;
            self.report(last, block.into());
        }
        Ok(())
    }

    /// Reports a block, unless it was read already.
    fn report(&self, last: &mut Option<Height>, block: FinalBlock) {
        if last.is_none_or(|last| block.height > last) {
            *last = Some(block.height);
            let _ = self.events.send(Event::Block { validator: self.validator, block });
        }
    }
}
