//! Listens on a router for sessions that begin and end, over a connection of its own.
//!
//! What is heard is a hint and never the truth: the router promises neither order nor completeness, and says nothing of
//! what was there before.

use access::{GatewayError, GatewayErrorKind as Kind, SessionFeed, Target};
use async_trait::async_trait;
use futures::FutureExt;
use routeros_proto::{Command, Limits, Reply, ReplyKind};
use tokio::io::AsyncWriteExt;
use tokio::time::{Instant, sleep_until, timeout};

use crate::answer::MAX_SMALL_ANSWER;
use crate::connect::{Wire, connect, silent, unreachable};
use crate::failure::refusal;
use crate::handshake::next_reply;
use crate::room;
use crate::settings::GatewaySettings;

/// Where sessions are listed. The tag of the command that listens is the place in this list.
const MENUS: [&str; 2] = ["/ppp/active", "/ip/hotspot/active"];

/// The tag of the question whether the router is still there.
const PING: &str = "ping";

/// A connection on which sessions are heard of.
pub(crate) struct Feed {
    wire: Wire,
    settings: GatewaySettings,
    /// Which menus still listen.
    listens: [bool; MENUS.len()],
    /// Why the last one that does not has stopped.
    refused: Option<GatewayError>,
    heard_at: Instant,
    pinged_at: Option<Instant>,
    is_over: bool,
}

/// What a reply means.
enum Heard {
    Change,
    Nothing,
}

impl Feed {
    /// Connects, logs in and begins to listen, unless that would take a session that commands need.
    pub(crate) async fn open(
        target: &Target,
        settings: &GatewaySettings,
    ) -> Result<Self, GatewayError> {
        let mut wire = connect(target, settings).await?;
        let room = room::ask(&mut wire, target.transport.service(), 1);
        let room = timeout(settings.login_timeout, room).await;
        if !room::has_spare(room.unwrap_or_else(|_| Err(silent(target)))?) {
            let message = "the router takes too few sessions of the API for one to listen on";
            return Err(GatewayError::new(Kind::Unsupported, message));
        }
        // One row at a time is said here.
        wire.decoder.set_limits(Limits {
            max_word_bytes: MAX_SMALL_ANSWER,
            max_sentence_bytes: MAX_SMALL_ANSWER,
            ..Limits::CLIENT
        });
        let mut feed = Self {
            wire,
            settings: settings.clone(),
            listens: [true; MENUS.len()],
            refused: None,
            heard_at: Instant::now(),
            pinged_at: None,
            is_over: false,
        };
        for (tag, menu) in MENUS.iter().enumerate() {
            let listen = Command::new(format!("{menu}/listen")).proplist([".id"]);
            feed.send(listen, &tag.to_string()).await?;
        }
        Ok(feed)
    }

    async fn send(&mut self, command: Command, tag: &str) -> Result<(), GatewayError> {
        let bytes = command.tagged(tag).encode();
        let bytes = bytes.map_err(|err| unreachable(&err.to_string()))?;
        let writer = &mut self.wire.writer;
        let sent = async {
            writer.write_all(&bytes).await?;
            writer.flush().await
        };
        let sent = sent.await;
        sent.map_err(|err| unreachable(&format!("the connection broke: {}", err.kind())))
    }

    /// Until something has changed. Everything that has arrived by then is one change.
    async fn listen(&mut self) -> Result<(), GatewayError> {
        loop {
            let wake = self.pinged_at.map_or_else(
                || self.heard_at + self.settings.idle_ping,
                |it| it + self.settings.cancel_grace,
            );
            let reply = tokio::select! {
                reply = next_reply(&mut self.wire) => reply?,
                () = sleep_until(wake) => {
                    self.ping().await?;
                    continue;
                }
            };
            self.heard_at = Instant::now();
            self.pinged_at = None;
            if matches!(self.take(&reply)?, Heard::Change) {
                return self.take_the_rest();
            }
        }
    }

    /// What has arrived already belongs to the same change, so that a flood is one.
    fn take_the_rest(&mut self) -> Result<(), GatewayError> {
        while let Some(reply) = next_reply(&mut self.wire).now_or_never() {
            self.take(&reply?)?;
        }
        Ok(())
    }

    fn take(&mut self, reply: &Reply) -> Result<Heard, GatewayError> {
        let place = reply.tag().and_then(|it| it.parse::<usize>().ok());
        let listens = place.and_then(|it| self.listens.get_mut(it));
        match (reply.kind(), listens) {
            (ReplyKind::Fatal, _) => {
                let text = reply.fatal_text().unwrap_or_default();
                let message = format!("the router ended the connection: {text}");
                return Err(unreachable(&message));
            }
            (ReplyKind::Data, Some(_)) => return Ok(Heard::Change),
            (ReplyKind::Trap, Some(_)) => {
                self.refused = reply.as_trap().map(|it| refusal(&it));
            }
            // It never ends by itself.
            (ReplyKind::Done, Some(listens)) => *listens = false,
            _ => {}
        }
        match self.listens.contains(&true) {
            true => Ok(Heard::Nothing),
            false => Err(self.refused.take().unwrap_or_else(|| {
                let message = "the router does not let sessions be listened to";
                GatewayError::new(Kind::Unsupported, message)
            })),
        }
    }

    /// A path through address translation is kept open, and a dead one is noticed.
    async fn ping(&mut self) -> Result<(), GatewayError> {
        if self.pinged_at.is_some() {
            return Err(unreachable("the router no longer answers"));
        }
        self.pinged_at = Some(Instant::now());
        self.send(Command::new("/system/identity/print"), PING)
            .await
    }
}

#[async_trait]
impl SessionFeed for Feed {
    async fn changed(&mut self) -> Result<(), GatewayError> {
        if self.is_over {
            return Err(unreachable("the connection has ended"));
        }
        let heard = self.listen().await;
        self.is_over = heard.is_err();
        heard
    }
}
