//! Moves commands out and replies in over one connection, each answer to its caller.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use access::{GatewayError, GatewayErrorKind};
use futures::FutureExt;
use routeros_proto::{Command, DecodeError, Reply, ReplyError, ReplyKind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, sleep_until};

use crate::actor::{Ends, caller_left, next};
use crate::connect::Wire;
use crate::failure::Failure;
use crate::in_flight::{InFlight, Taken};
use crate::line::Request;
use crate::link::Link;
use crate::settings::GatewaySettings;

/// Why the pump stopped.
#[derive(Debug)]
pub(crate) enum End {
    /// There is nothing to do; the connection is clean.
    Idle,
    /// Nobody holds a handle any more.
    Closed,
    /// The connection is of no use any more, in words.
    Broken(String),
}

/// Commands and answers on one connection.
pub(crate) struct Pump<'a> {
    link: &'a mut Link,
    settings: &'a GatewaySettings,
    /// What is still to be written.
    out: Vec<u8>,
    /// Whether what was written may still be on this side of the connection.
    is_unflushed: bool,
    in_flight: HashMap<u64, InFlight>,
}

/// What happened next.
enum Step {
    Read(std::io::Result<usize>),
    Wrote(std::io::Result<usize>),
    Asked(Option<Request>),
    CallerLeft,
    TimeIsUp,
}

/// What the tag of a cancellation begins with, before the tag of what it cancels.
const CANCELS: char = 'c';

/// Numbers the connections that broke, so that each counts once.
static BREAKS: AtomicU64 = AtomicU64::new(1);

impl<'a> Pump<'a> {
    /// Works on a connection.
    pub(crate) fn new(link: &'a mut Link, settings: &'a GatewaySettings) -> Self {
        Self {
            link,
            settings,
            out: Vec::new(),
            is_unflushed: false,
            in_flight: HashMap::new(),
        }
    }

    /// Runs until the connection breaks or nobody needs it. Whoever waits then is told.
    pub(crate) async fn run(mut self, first: Request, ends: &mut Ends) -> End {
        self.link.is_busy = true;
        self.begin(first);
        let end = self.turn_over(ends).await;
        if let End::Broken(reason) = &end {
            self.abandon(reason);
        }
        end
    }

    async fn turn_over(&mut self, ends: &mut Ends) -> End {
        // What came along with the last answer of the handshake.
        if let Err(end) = self.deliver() {
            return end;
        }
        loop {
            let step = match self.has_work() {
                true => self.step(ends).await,
                false => match next(&ends.inbox).now_or_never() {
                    Some(asked) => Step::Asked(asked),
                    None => return End::Idle,
                },
            };
            let done = match step {
                Step::Asked(Some(request)) => {
                    self.begin(request);
                    Ok(())
                }
                Step::Asked(None) => Err(End::Closed),
                Step::Read(Ok(0)) => Err(broken("the router closed the connection")),
                Step::Read(Ok(_)) => self.deliver(),
                Step::Read(Err(err)) | Step::Wrote(Err(err)) => Err(broken(err.kind().to_string())),
                Step::Wrote(Ok(0)) if !self.out.is_empty() => {
                    Err(broken("the connection takes no more"))
                }
                Step::Wrote(Ok(count)) => {
                    self.is_unflushed = !self.out.is_empty();
                    self.out.drain(..count);
                    Ok(())
                }
                Step::CallerLeft => {
                    self.cancel_orphans();
                    Ok(())
                }
                Step::TimeIsUp => self.sweep(Instant::now()),
            };
            if let Err(end) = done {
                return end;
            }
        }
    }

    async fn step(&mut self, ends: &mut Ends) -> Step {
        let wake = self.next_wake();
        let has_room = self.out.is_empty() && self.in_flight.len() < self.settings.window();
        let Wire {
            reader,
            writer,
            decoder,
        } = &mut self.link.wire;
        let mut buffer = [0_u8; 16 * 1024];
        tokio::select! {
            read = reader.read(&mut buffer) => {
                if let Ok(count) = &read {
                    decoder.feed(buffer.get(..*count).unwrap_or_default());
                }
                Step::Read(read)
            }
            wrote = push(writer, &self.out), if !self.out.is_empty() || self.is_unflushed => Step::Wrote(wrote),
            asked = next(&ends.inbox), if has_room => Step::Asked(asked),
            () = caller_left(&mut ends.dropped) => Step::CallerLeft,
            () = sleep_until(wake) => Step::TimeIsUp,
        }
    }

    fn has_work(&self) -> bool {
        !(self.in_flight.is_empty() && self.out.is_empty())
    }

    /// Sends a command. Its tag is registered before the first byte is written.
    fn begin(&mut self, request: Request) {
        if request.reply.is_closed() {
            return;
        }
        let tag = self.link.next_tag;
        self.link.next_tag += 1;
        let Ok(bytes) = request.command.tagged(tag.to_string()).encode() else {
            let _gone = request.reply.send(Err(too_long()));
            return;
        };
        let deadline = Instant::now() + request.timeout;
        let waiting = InFlight::new(request.reply, deadline, request.stale);
        self.in_flight.insert(tag, waiting);
        self.out.extend_from_slice(&bytes);
    }

    /// Hands every whole sentence that has arrived to whom it belongs.
    fn deliver(&mut self) -> Result<(), End> {
        self.link.heard_at = Instant::now();
        loop {
            let sentence = self.link.wire.decoder.next_sentence().map_err(unreadable)?;
            let Some(sentence) = sentence else {
                return Ok(());
            };
            let reply = Reply::try_from(sentence).map_err(not_a_reply)?;
            if *reply.kind() == ReplyKind::Fatal {
                let text = reply.fatal_text().unwrap_or_default().into_owned();
                return Err(broken(format!("the router ended the connection: {text}")));
            }
            self.hand_over(reply)?;
        }
    }

    /// Replies without a tag, or with one that has ended, concern nobody.
    fn hand_over(&mut self, reply: Reply) -> Result<(), End> {
        let now = Instant::now();
        let Some((tag, is_cancel)) = reply.tag().and_then(number_of) else {
            return Ok(());
        };
        let Some(it) = self.in_flight.get_mut(&tag) else {
            return Ok(());
        };
        let taken = match is_cancel {
            true => it.take_cancelled(&reply, now, self.settings),
            false => it.take(reply, now, self.settings),
        };
        match taken {
            Taken::More => {}
            Taken::TooLarge => return Err(broken("an answer is larger than can be taken")),
            Taken::Ended => {
                if let Some(it) = self.in_flight.remove(&tag) {
                    self.link.has_served = true;
                    it.finish();
                }
            }
        }
        Ok(())
    }

    /// The next instant at which something is overdue.
    fn next_wake(&self) -> Instant {
        let commands = self.in_flight.values().map(InFlight::overdue_at);
        commands
            .min()
            .unwrap_or_else(|| Instant::now() + self.settings.idle_ping)
    }

    /// Cancels what is overdue, and gives up a connection on which what was cancelled is silent or never ends.
    fn sweep(&mut self, now: Instant) -> Result<(), End> {
        let overdue = self
            .in_flight
            .iter()
            .filter(|(_, it)| it.overdue_at() <= now);
        let overdue: Vec<(u64, bool)> =
            overdue.map(|(tag, it)| (*tag, it.is_cancelled())).collect();
        if overdue.iter().any(|(_, is_cancelled)| *is_cancelled) {
            return Err(broken("the router stopped answering"));
        }
        for (tag, _) in overdue {
            self.cancel(tag, now);
        }
        Ok(())
    }

    /// Cancels the commands of callers that have gone away.
    fn cancel_orphans(&mut self) {
        let orphans = self.in_flight.iter().filter(|(_, it)| it.is_orphan());
        let orphans: Vec<u64> = orphans.map(|(tag, _)| *tag).collect();
        let now = Instant::now();
        for tag in orphans {
            self.cancel(tag, now);
        }
    }

    /// Asks the router to end a command; its tag stays taken until it has.
    fn cancel(&mut self, tag: u64, now: Instant) {
        let cancel = Command::new("/cancel").attr("tag", tag.to_string());
        if let Some(it) = self.in_flight.get_mut(&tag) {
            it.cancel(now, self.settings);
        }
        if let Ok(bytes) = cancel.tagged(format!("{CANCELS}{tag}")).encode() {
            self.out.extend_from_slice(&bytes);
        }
    }

    /// Tells everybody who waits that the connection is gone.
    fn abandon(&mut self, reason: &str) {
        let number = BREAKS.fetch_add(1, Ordering::Relaxed);
        for (_, it) in self.in_flight.drain() {
            it.abandon(Failure::Broken {
                reason: reason.to_owned(),
                number,
            });
        }
    }
}

/// The command that a tag belongs to, and whether it is the tag of its cancellation.
fn number_of(tag: &str) -> Option<(u64, bool)> {
    match tag.strip_prefix(CANCELS) {
        Some(tag) => Some((tag.parse().ok()?, true)),
        None => Some((tag.parse().ok()?, false)),
    }
}

/// Writes what is to be written, or sees to it that what was written leaves.
async fn push(writer: &mut (impl AsyncWriteExt + Unpin), out: &[u8]) -> std::io::Result<usize> {
    match out {
        [] => writer.flush().await.map(|()| 0),
        out => writer.write(out).await,
    }
}

fn too_long() -> Failure {
    let kind = GatewayErrorKind::InvalidArgument { field: None };
    Failure::HeldBack(GatewayError::new(kind, "a value is too long to be sent"))
}

fn broken(reason: impl Into<String>) -> End {
    End::Broken(reason.into())
}

fn unreadable(err: DecodeError) -> End {
    broken(format!("the router sent what cannot be read: {err}"))
}

#[allow(clippy::needless_pass_by_value, reason = "fits map_err")]
fn not_a_reply(err: ReplyError) -> End {
    broken(format!("the router sent what cannot be read: {err}"))
}

#[cfg(test)]
mod tests;
