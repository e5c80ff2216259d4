//! One question after another, none of which waits for the answer to one before it that never came.

use std::time::Duration;

use access::{GatewayError, GatewayErrorKind as Kind};
use routeros_proto::{Command, Limits, ReplyKind};
use tokio::io::AsyncWriteExt;
use tokio::time::{Instant, timeout_at};

use crate::answer::{Answer, MAX_SMALL_ANSWER};
use crate::connect::{Wire, unreachable};
use crate::failure::refusal;
use crate::handshake::next_reply;

/// A connection that is logged in, and how patient we are.
pub(super) struct Talk {
    wire: Wire,
    patience: Duration,
    deadline: Instant,
    asked: u32,
    broken: Option<GatewayError>,
}

impl Talk {
    /// Begins to ask. Nothing large is asked, so nothing large is taken.
    pub(super) fn new(mut wire: Wire, patience: Duration, deadline: Instant) -> Self {
        wire.decoder.set_limits(Limits {
            max_word_bytes: MAX_SMALL_ANSWER,
            max_sentence_bytes: MAX_SMALL_ANSWER,
            ..Limits::CLIENT
        });
        Self {
            wire,
            patience,
            deadline,
            asked: 0,
            broken: None,
        }
    }

    /// Whether there is time for another question.
    pub(super) fn has_time(&self) -> bool {
        Instant::now() < self.deadline
    }

    /// The answer to a command.
    pub(super) async fn ask(&mut self, command: Command) -> Result<Answer, GatewayError> {
        if let Some(err) = &self.broken {
            return Err(err.clone());
        }
        self.asked += 1;
        let tag = self.asked.to_string();
        let until = self.deadline.min(Instant::now() + self.patience);
        let exchange = exchange(&mut self.wire, command, &tag);
        match timeout_at(until, exchange).await {
            Ok(Ok(answer)) => answer.checked().map_err(|trap| refusal(&trap)),
            Ok(Err(err)) => {
                self.broken = Some(err.clone());
                Err(err)
            }
            Err(_) => {
                let message = "the router did not answer in time";
                Err(GatewayError::new(Kind::Timeout, message))
            }
        }
    }
}

/// Sends a command and gathers what carries its tag. What carries another belongs to a question given up before.
async fn exchange(wire: &mut Wire, command: Command, tag: &str) -> Result<Answer, GatewayError> {
    let bytes = command.tagged(tag).encode();
    let bytes = bytes.map_err(|err| unreachable(&err.to_string()))?;
    let sent = wire.writer.write_all(&bytes).await;
    sent.map_err(|err| unreachable(&format!("the connection broke: {}", err.kind())))?;
    let mut answer = Answer::default();
    loop {
        let reply = next_reply(wire).await?;
        if *reply.kind() == ReplyKind::Fatal {
            let text = reply.fatal_text().unwrap_or_default().into_owned();
            return Err(unreachable(&format!(
                "the router ended the connection: {text}"
            )));
        }
        if reply.tag() == Some(tag) && answer.take(reply) {
            return Ok(answer);
        }
        if answer.bytes() > MAX_SMALL_ANSWER {
            return Err(unreachable("an answer is larger than can be taken"));
        }
    }
}
