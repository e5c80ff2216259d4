//! One API connection: reads commands, waits out their latency, answers in the order they fall due.

mod answers;
mod login;
mod mangle;
mod streams;

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use routeros_proto::{Command, Limits, Reply, SentenceDecoder};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::broadcast;
use tokio::time::Instant;

use crate::accounts::ActiveAccount;
use crate::door::Wire;
use crate::fault::{Fault, Mangling};
use crate::router::RowEvent;
use crate::shared::Shared;

use mangle::mangled;
use streams::Listening;

/// Commands that may wait on one connection before it is no longer read.
const MAX_PENDING: usize = 8_192;
/// How much is read at a time, in bytes.
const READ_BYTES: usize = 16 * 1_024;

/// One connection.
#[derive(Debug)]
pub(crate) struct Session {
    shared: Arc<Shared>,
    stream: Box<dyn Wire>,
    peer: Peer,
    decoder: SentenceDecoder,
    /// The account that is logged in.
    account: Option<String>,
    /// Its row in `/user/active`.
    active: Option<ActiveAccount>,
    /// The challenge that was sent and not yet answered.
    challenge: Option<String>,
    /// What is to be done by the moment it is due, and by arrival.
    pending: BTreeMap<(Instant, u64), Work>,
    arrived: u64,
    /// When the last command that keeps the order is due.
    last_due: Option<Instant>,
    /// Tags of commands that are never answered.
    stalled: Vec<Option<String>>,
    listening: Vec<Listening>,
    events: broadcast::Receiver<RowEvent>,
    out: Vec<u8>,
}

/// What a connection has yet to do.
#[derive(Debug)]
enum Work {
    Execute(Command),
    /// A piece of an answer that comes slowly.
    Say {
        tag: Option<String>,
        /// Which command it answers.
        of: u64,
        bytes: Vec<u8>,
    },
}

/// Who is at the other end, and which service it came to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    /// `api` or `api-ssl`.
    pub(crate) service: &'static str,
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
    pub(crate) fn new(shared: Arc<Shared>, stream: Box<dyn Wire>, peer: Peer) -> Self {
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
            // A client that does not read must not keep the router from stopping.
            let goes_on = tokio::select! {
                biased;
                () = running.cancelled() => return Ok(()),
                () = token.cancelled() => return Ok(()),
                sent = self.send(flow) => sent?,
            };
            if !goes_on {
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
                    tracing::debug!(peer = %self.peer.address, %error, "not the API");
                    return Flow::Abort;
                }
            };
            match command {
                Ok(command) => self.queue(command, None),
                Err(error) => {
                    tracing::debug!(peer = %self.peer.address, %error, "not a command");
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
        self.await_turn(due, Work::Execute(command));
    }

    fn await_turn(&mut self, due: Instant, work: Work) {
        self.arrived += 1;
        self.pending.insert((due, self.arrived), work);
    }

    /// Does everything that is due, in order.
    fn execute_due(&mut self) -> Flow {
        let now = Instant::now();
        while let Some(entry) = self.pending.first_entry() {
            if entry.key().0 > now {
                break;
            }
            let flow = match entry.remove() {
                Work::Execute(command) => self.execute(command),
                Work::Say { bytes, .. } => {
                    self.out.extend_from_slice(&bytes);
                    Flow::Continue
                }
            };
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
        let (is_black, is_fragmented, mangling) = {
            let faults = self.shared.faults();
            let has = |fault| faults.has(&fault);
            (
                has(Fault::BlackHole),
                has(Fault::FragmentReplies),
                faults.mangling(),
            )
        };
        if is_black {
            out.clear();
        }
        if mangling != Mangling::default() {
            out = mangled(&out, mangling);
        }
        if is_fragmented {
            for byte in &out {
                self.stream.write_all(&[*byte]).await?;
                self.stream.flush().await?;
                tokio::task::yield_now().await;
            }
        } else if !out.is_empty() {
            self.stream.write_all(&out).await?;
            self.stream.flush().await?;
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
