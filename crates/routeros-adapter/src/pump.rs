//! Moves commands out and replies in over one connection, each answer to its caller.

use std::collections::HashMap;

use routeros_proto::{Command, DecodeError, Reply, ReplyError, ReplyKind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until};

use crate::actor::Ends;
use crate::answer::Answer;
use crate::connect::Wire;
use crate::failure::Failure;
use crate::line::Request;
use crate::settings::GatewaySettings;

/// Why the pump stopped.
#[derive(Debug)]
pub(crate) enum End {
    /// Nobody holds a handle any more.
    Closed,
    /// The connection is of no use any more, in words.
    Broken(String),
}

/// One connection that is logged in.
pub(crate) struct Pump {
    wire: Wire,
    settings: GatewaySettings,
    /// What is still to be written.
    out: Vec<u8>,
    in_flight: HashMap<u64, InFlight>,
    next_tag: u64,
    heard_at: Instant,
    served: bool,
}

/// A command that has not ended. Its tag is not used again before it has.
struct InFlight {
    answer: Answer,
    /// Who waits; `None` for a ping and for a command that is being cancelled.
    reply: Option<oneshot::Sender<Result<Answer, Failure>>>,
    deadline: Instant,
}

/// What happened next.
enum Step {
    Read(std::io::Result<usize>),
    Wrote(std::io::Result<usize>),
    Asked(Option<Request>),
    CallerLeft,
    TimeIsUp,
}

impl Pump {
    /// Takes over a connection.
    pub(crate) fn new(wire: Wire, settings: &GatewaySettings) -> Self {
        Self {
            wire,
            settings: settings.clone(),
            out: Vec::new(),
            in_flight: HashMap::new(),
            next_tag: 1,
            heard_at: Instant::now(),
            served: false,
        }
    }

    /// Whether the connection ever answered a command.
    pub(crate) fn has_served(&self) -> bool {
        self.served
    }

    /// Runs until the connection breaks or nobody needs it. Whoever waits then is told.
    pub(crate) async fn run(&mut self, first: Request, ends: &mut Ends) -> End {
        let end = match self.begin(first) {
            Ok(()) => self.turn_over(ends).await,
            Err(end) => end,
        };
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
            let done = match self.step(ends).await {
                Step::Asked(Some(request)) => self.begin(request),
                Step::Asked(None) => Err(End::Closed),
                Step::Read(Ok(0)) => Err(broken("the router closed the connection")),
                Step::Read(Ok(_)) => self.deliver(),
                Step::Read(Err(err)) | Step::Wrote(Err(err)) => Err(broken(err.kind().to_string())),
                Step::Wrote(Ok(count)) => {
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
        } = &mut self.wire;
        let mut buffer = [0_u8; 16 * 1024];
        tokio::select! {
            read = reader.read(&mut buffer) => {
                if let Ok(count) = &read {
                    decoder.feed(buffer.get(..*count).unwrap_or_default());
                }
                Step::Read(read)
            }
            wrote = writer.write(&self.out), if !self.out.is_empty() => Step::Wrote(wrote),
            asked = ends.inbox.recv(), if has_room => Step::Asked(asked),
            () = ends.dropped.notified() => Step::CallerLeft,
            () = sleep_until(wake) => Step::TimeIsUp,
        }
    }

    /// Sends a command. Its tag is registered before the first byte is written.
    fn begin(&mut self, request: Request) -> Result<(), End> {
        if request.reply.is_closed() {
            return Ok(());
        }
        let deadline = Instant::now() + request.timeout;
        self.send(request.command, Some(request.reply), deadline)
    }

    fn send(
        &mut self,
        command: Command,
        reply: Option<oneshot::Sender<Result<Answer, Failure>>>,
        deadline: Instant,
    ) -> Result<(), End> {
        let tag = self.next_tag;
        self.next_tag += 1;
        let Ok(bytes) = command.tagged(tag.to_string()).encode() else {
            return Err(broken("a command is too long to be sent"));
        };
        let waiting = InFlight {
            answer: Answer::default(),
            reply,
            deadline,
        };
        self.in_flight.insert(tag, waiting);
        self.out.extend_from_slice(&bytes);
        Ok(())
    }

    /// Hands every whole sentence that has arrived to whom it belongs.
    fn deliver(&mut self) -> Result<(), End> {
        self.heard_at = Instant::now();
        loop {
            let sentence = self.wire.decoder.next_sentence().map_err(unreadable)?;
            let Some(sentence) = sentence else {
                return Ok(());
            };
            let reply = Reply::parse(&sentence).map_err(not_a_reply)?;
            if *reply.kind() == ReplyKind::Fatal {
                let text = reply.fatal_text().unwrap_or_default().into_owned();
                return Err(broken(format!("the router ended the connection: {text}")));
            }
            self.hand_over(reply)?;
        }
    }

    /// Replies without a tag, or with one that has ended, concern nobody.
    fn hand_over(&mut self, reply: Reply) -> Result<(), End> {
        let Some(tag) = reply.tag().and_then(|it| it.parse::<u64>().ok()) else {
            return Ok(());
        };
        let Some(waiting) = self.in_flight.get_mut(&tag) else {
            return Ok(());
        };
        if !waiting.answer.take(reply) {
            if waiting.answer.bytes() > self.settings.max_answer_bytes {
                return Err(broken("an answer is larger than can be taken"));
            }
            return Ok(());
        }
        self.served = true;
        if let Some(InFlight {
            answer,
            reply: Some(caller),
            ..
        }) = self.in_flight.remove(&tag)
        {
            // A caller that has gone away needs no answer.
            let _gone = caller.send(answer.checked().map_err(Failure::Refused));
        }
        Ok(())
    }

    /// The next instant at which something is overdue, or the connection has been silent for too long.
    fn next_wake(&self) -> Instant {
        let ping = self.heard_at + self.settings.idle_ping;
        self.in_flight
            .values()
            .map(|it| it.deadline)
            .min()
            .unwrap_or(ping)
    }

    /// Cancels what is overdue, gives up a connection that does not even end what was cancelled, and tries out a
    /// silent one.
    fn sweep(&mut self, now: Instant) -> Result<(), End> {
        let overdue = self.in_flight.iter().filter(|(_, it)| it.deadline <= now);
        let overdue: Vec<u64> = overdue.map(|(tag, _)| *tag).collect();
        for tag in overdue {
            let caller = self.in_flight.get_mut(&tag).and_then(|it| it.reply.take());
            let Some(caller) = caller else {
                return Err(broken("the router stopped answering"));
            };
            let _gone = caller.send(Err(Failure::Overdue));
            self.cancel(tag, now);
        }
        if self.in_flight.is_empty() && self.heard_at + self.settings.idle_ping <= now {
            let ping = Command::new("/system/identity/print");
            return self.send(ping, None, now + self.settings.login_timeout);
        }
        Ok(())
    }

    /// Cancels the commands of callers that have gone away.
    fn cancel_orphans(&mut self) {
        let gone = |it: &InFlight| it.reply.as_ref().is_some_and(oneshot::Sender::is_closed);
        let orphans = self.in_flight.iter().filter(|(_, it)| gone(it));
        let orphans: Vec<u64> = orphans.map(|(tag, _)| *tag).collect();
        let now = Instant::now();
        for tag in orphans {
            self.cancel(tag, now);
        }
    }

    /// Asks the router to end a command; its tag stays taken until it has.
    fn cancel(&mut self, tag: u64, now: Instant) {
        if let Some(it) = self.in_flight.get_mut(&tag) {
            it.reply = None;
            it.deadline = now + self.settings.cancel_grace;
        }
        let cancel = Command::new("/cancel").attr("tag", tag.to_string());
        if let Ok(bytes) = cancel.tagged(format!("c{tag}")).encode() {
            self.out.extend_from_slice(&bytes);
        }
    }

    /// Tells everybody who waits that the connection is gone.
    fn abandon(&mut self, reason: &str) {
        for (_, waiting) in self.in_flight.drain() {
            let Some(caller) = waiting.reply else {
                continue;
            };
            let _gone = caller.send(Err(Failure::Broken(reason.to_owned())));
        }
    }
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
