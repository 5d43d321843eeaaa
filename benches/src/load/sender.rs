//! Sends to one validator, in groups, with a bounded number of requests under way on each connection.

use std::collections::VecDeque;
use std::sync::Arc;

use jsonrpsee::ws_client::WsClient;
use rpc::{BaroApiClient, HexBytes};
use tokio::sync::mpsc::UnboundedSender;
use types::TransactionId;

use super::link::Event;

/// The most transactions in one request.
pub(super) const MAX_GROUP: usize = 256;

/// No transaction is added to a request that has so many characters of them: it stays below what a validator takes.
const FULL_GROUP_CHARACTERS: usize = 2 << 20;

/// So many requests are under way on a connection at most; what is due meanwhile makes the next groups larger.
const MAX_REQUESTS: usize = 16;

struct Connection {
    client: Arc<WsClient>,
    requests: usize,
}

/// The way to one validator.
pub(super) struct Sender {
    validator: usize,
    events: UnboundedSender<Event>,
    connections: Vec<Connection>,
    next: usize,
    queue: VecDeque<TransactionId>,
}

impl Sender {
    /// A way to `validator`, which is not up yet.
    pub(super) fn new(validator: usize, events: UnboundedSender<Event>) -> Sender {
        Sender { validator, events, connections: Vec::new(), next: 0, queue: VecDeque::new() }
    }

    /// Whether the validator can be sent to.
    pub(super) fn is_up(&self) -> bool {
        !self.connections.is_empty()
    }

    /// A connection for questions.
    pub(super) fn client(&self) -> Option<Arc<WsClient>> {
        self.connections.first().map(|connection| Arc::clone(&connection.client))
    }

    /// The validator can be sent to.
    pub(super) fn up(&mut self, clients: Vec<Arc<WsClient>>) {
        self.connections = clients.into_iter().map(|client| Connection { client, requests: 0 }).collect();
    }

    /// The validator is away. What waits to be sent is dropped: it is given to others with all that it has.
    pub(super) fn down(&mut self) {
        self.connections.clear();
        self.queue.clear();
    }

    /// Queues a transaction.
    pub(super) fn push(&mut self, id: TransactionId) {
        self.queue.push_back(id);
    }

    /// A request on `connection` is done.
    pub(super) fn answered(&mut self, connection: usize) {
        if let Some(connection) = self.connections.get_mut(connection) {
            connection.requests = connection.requests.saturating_sub(1);
        }
    }

    /// Sends what is queued as far as requests may be under way. `bytes` gives what is to be sent for an id, if it is
    /// still to be sent.
    pub(super) fn flush(&mut self, mut bytes: impl FnMut(&TransactionId) -> Option<HexBytes>) {
        while let Some(connection) = self.free_connection() {
            let mut ids = Vec::new();
            let mut group = Vec::new();
            let mut length = 0;
            while group.len() < MAX_GROUP && length < FULL_GROUP_CHARACTERS {
                let Some(id) = self.queue.pop_front() else { break };
                if let Some(bytes) = bytes(&id) {
                    ids.push(id);
                    length += bytes.0.len();
                    group.push(bytes);
                }
            }
            if group.is_empty() {
                return;
            }
            self.connections[connection].requests += 1;
            let client = Arc::clone(&self.connections[connection].client);
            let (validator, events) = (self.validator, self.events.clone());
            tokio::spawn(async move {
                let answer = client.send_many(group).await;
                // Nobody listens any more once the run is over.
                let _ = events.send(Event::Answer { validator, connection, ids, answer });
            });
        }
    }

    fn free_connection(&mut self) -> Option<usize> {
        let count = self.connections.len();
        let free = (0..count)
            .map(|step| (self.next + step) % count)
            .find(|&place| self.connections[place].requests < MAX_REQUESTS)?;
        self.next = (free + 1) % count;
        Some(free)
    }
}
