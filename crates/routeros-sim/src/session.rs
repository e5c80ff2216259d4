//! One API connection: reads commands, waits out their latency, answers in the order they fall due.

mod answers;
mod login;
mod streams;

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use routeros_proto::{Command, Limits, Reply, SentenceDecoder};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::broadcast;
use tokio::time::Instant;

use crate::accounts::ActiveAccount;
use crate::fault::Fault;
use crate::router::RowEvent;
use crate::shared::Shared;

use streams::Listening;

/// Commands that may wait on one connection before it is no longer read.
const MAX_PENDING: usize = 8_192;
/// How much is read at a time, in bytes.
const READ_BYTES: usize = 16 * 1_024;

/// One connection.
#[derive(Debug)]
pub(crate) struct Session {
    shared: Arc<Shared>,
    stream: TcpStream,
    peer: SocketAddr,
    decoder: SentenceDecoder,
    /// The account that is logged in.
    account: Option<String>,
    /// Its row in `/user/active`.
    active: Option<ActiveAccount>,
    /// The challenge that was sent and not yet answered.
    challenge: Option<String>,
    /// Commands by the moment they are due, and by arrival.
    pending: BTreeMap<(Instant, u64), Command>,
    arrived: u64,
    /// When the last command that keeps the order is due.
    last_due: Option<Instant>,
    /// Tags of commands that are never answered.
    stalled: Vec<Option<String>>,
    listening: Vec<Listening>,
    events: broadcast::Receiver<RowEvent>,
    out: Vec<u8>,
}

/// What becomes of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    Continue,
    /// Closes after what was answered is sent.
    Close,
    /// Closes at once.
    Abort,
}

impl Session {
    pub(crate) fn new(shared: Arc<Shared>, stream: TcpStream, peer: SocketAddr) -> Self {
        let events = shared.router().feed.rows.subscribe();
        let limits = shared.config.limits_before_login;
        Self {
            shared,
            stream,
            peer,
            decoder: SentenceDecoder::new(limits),
            account: None,
            active: None,
            challenge: None,
            pending: BTreeMap::new(),
            arrived: 0,
            last_due: None,
            stalled: Vec::new(),
            listening: Vec::new(),
            events,
            out: Vec::new(),
        }
    }

    /// Serves the connection until either side ends it.
    pub(crate) async fn run(mut self) -> io::Result<()> {
        self.stream.set_nodelay(true)?;
        let token = self.shared.sessions_token();
        let running = self.shared.running_token();
        let mut chunk = vec![0; READ_BYTES];
        loop {
            let next_due = self.pending.first_key_value().map(|((due, _), _)| *due);
            let has_room = self.pending.len() < MAX_PENDING;
            let flow = tokio::select! {
                biased;
                () = running.cancelled() => return Ok(()),
                () = token.cancelled() => return Ok(()),
                () = until(next_due) => self.execute_due(),
                event = self.events.recv(), if !self.listening.is_empty() => self.forward(&event)?,
                read = self.stream.read(&mut chunk), if has_room => match read? {
                    0 => return Ok(()),
                    count => self.receive(chunk.get(..count).unwrap_or_default()),
                },
            };
            if !self.send(flow).await? {
                return Ok(());
            }
        }
    }

    /// Takes bytes in and queues the commands they hold.
    fn receive(&mut self, bytes: &[u8]) -> Flow {
        if self.shared.faults().has(&Fault::BlackHole) {
            return Flow::Continue;
        }
        self.decoder.feed(bytes);
        loop {
            let command = match self.decoder.next_sentence() {
                Ok(Some(sentence)) => Command::parse(&sentence),
                Ok(None) => return Flow::Continue,
                Err(error) => {
                    tracing::debug!(peer = %self.peer, %error, "not the API");
                    return Flow::Abort;
                }
            };
            match command {
                Ok(command) => self.queue(command, None),
                Err(error) => {
                    tracing::debug!(peer = %self.peer, %error, "not a command");
                    self.refuse_unreadable();
                }
            }
        }
    }

    /// Puts a command into its place; a repeat is due after its pause.
    fn queue(&mut self, command: Command, repeat_at: Option<Instant>) {
        let (mut due, may_be_overtaken) = self.shared.due(command.path());
        if let Some(at) = repeat_at {
            due = at;
        } else if !may_be_overtaken {
            due = self.last_due.map_or(due, |last| last.max(due));
            self.last_due = Some(due);
        }
        self.arrived += 1;
        self.pending.insert((due, self.arrived), command);
    }

    /// Executes everything that is due, in order.
    fn execute_due(&mut self) -> Flow {
        let now = Instant::now();
        while let Some(entry) = self.pending.first_entry() {
            if entry.key().0 > now {
                break;
            }
            let command = entry.remove();
            let flow = self.execute(command);
            if flow != Flow::Continue {
                return flow;
            }
        }
        Flow::Continue
    }

    /// Sends what was answered. `false` when the connection is to be closed.
    async fn send(&mut self, flow: Flow) -> io::Result<bool> {
        let mut out = std::mem::take(&mut self.out);
        if flow == Flow::Abort {
            return Ok(false);
        }
        if self.shared.faults().has(&Fault::BlackHole) {
            out.clear();
        }
        if self.shared.faults().has(&Fault::FragmentReplies) {
            for byte in &out {
                self.stream.write_all(&[*byte]).await?;
                tokio::task::yield_now().await;
            }
        } else if !out.is_empty() {
            self.stream.write_all(&out).await?;
        }
        if flow == Flow::Close {
            self.stream.shutdown().await?;
        }
        Ok(flow == Flow::Continue)
    }

    /// Appends a reply to what is sent next.
    fn reply(&mut self, reply: Reply, tag: Option<&str>) {
        let reply = match tag {
            Some(tag) => reply.tagged(tag),
            None => reply,
        };
        if let Err(error) = reply.encode_into(&mut self.out) {
            tracing::error!(%error, "a reply could not be written");
        }
    }

    /// What a client may send once it is known.
    fn widen_limits(&mut self) {
        self.decoder.set_limits(Limits::CLIENT);
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}
