//! Commands that do not end by themselves: `listen`, and the `/cancel` that ends them.

use std::collections::BTreeSet;
use std::io;
use std::time::Duration;

use routeros_proto::{Command, ItemId, Reply, SentenceWriter};
use tokio::sync::broadcast::error::RecvError;
use tokio::time::Instant;

use super::mangle::sentences;
use super::{Flow, Session, Work};
use crate::commands::{Origin, print_row};
use crate::refusal::Refusal;
use crate::router::RowEvent;
use crate::schema::MenuId;

/// A `listen` that goes on.
#[derive(Debug)]
pub(super) struct Listening {
    pub(super) menu: MenuId,
    pub(super) command: Command,
}

impl Session {
    /// Sends a changed row to every `listen` on its menu. Lost events are lost, as on a router
    /// under load.
    pub(super) fn forward(&mut self, event: &Result<RowEvent, RecvError>) -> io::Result<Flow> {
        let Ok(event) = *event else {
            return Ok(Flow::Continue);
        };
        let mut out = Vec::new();
        for listening in self.listening.iter().filter(|it| it.menu == event.menu) {
            self.print_event(event, &listening.command, &mut out)
                .map_err(io::Error::other)?;
        }
        self.out.append(&mut out);
        Ok(Flow::Continue)
    }

    fn print_event(
        &self,
        event: RowEvent,
        command: &Command,
        out: &mut Vec<u8>,
    ) -> Result<(), routeros_proto::EncodeError> {
        if event.is_dead {
            let dead = Reply::data()
                .attr(".id", ItemId(event.id).to_string())
                .attr(".dead", "yes");
            let dead = match command.tag() {
                Some(tag) => dead.tagged(tag),
                None => dead,
            };
            return dead.encode_into(out);
        }
        let router = self.shared.router();
        let origin = Origin {
            account: self.account.as_deref(),
            is_device_mode_blocked: false,
        };
        match router[event.menu].get(event.id) {
            Some(row) => print_row(&router, origin, event.menu, row, command, out),
            None => Ok(()),
        }
    }

    /// Ends the commands with a tag, or all of them. On the wire: the trap of the cancelled
    /// command, the `!done` of `/cancel`, the `!done` of the cancelled command.
    pub(super) fn cancel(&mut self, command: &Command) {
        let wanted = command.get("tag").map(std::borrow::Cow::into_owned);
        let ended = self.take_running(wanted.as_deref());
        for tag in &ended {
            self.reply(Refusal::interrupted().reply(), tag.as_deref());
        }
        self.reply(Reply::done(), command.tag());
        for tag in &ended {
            self.reply(Reply::done(), tag.as_deref());
        }
    }

    /// Takes out what runs under a tag: streams, stalled commands, and those not yet due.
    fn take_running(&mut self, wanted: Option<&str>) -> Vec<Option<String>> {
        let is_wanted = |tag: Option<&str>| wanted.is_none() || tag == wanted;
        let mut ended = Vec::new();
        self.listening.retain(|it| {
            let ends = is_wanted(it.command.tag());
            if ends {
                ended.push(it.command.tag().map(str::to_owned));
            }
            !ends
        });
        self.stalled.retain(|tag| {
            let ends = is_wanted(tag.as_deref());
            if ends {
                ended.push(tag.clone());
            }
            !ends
        });
        let mut half_said = BTreeSet::new();
        self.pending.retain(|_, work| {
            let (tag, is_first) = match work {
                Work::Execute(command) => (command.tag(), true),
                Work::Say { tag, of, .. } => (tag.as_deref(), half_said.insert(*of)),
            };
            let ends = is_wanted(tag);
            if ends && is_first {
                ended.push(tag.map(str::to_owned));
            }
            !ends
        });
        ended
    }

    /// Sends the sentences of an answer one by one, with a pause before each.
    pub(super) fn say_slowly(&mut self, answer: &[u8], pause: Duration) {
        let of = self.arrived;
        let mut due = Instant::now();
        let (sentences, _) = sentences(answer);
        for words in sentences {
            let mut bytes = Vec::new();
            let mut writer = SentenceWriter::new(&mut bytes);
            for word in &words {
                if let Err(error) = writer.word(word) {
                    tracing::error!(%error, "a reply could not be written");
                }
            }
            writer.end();
            let tag = words.iter().find_map(|word| word.strip_prefix(b".tag="));
            let tag = tag.map(|tag| String::from_utf8_lossy(tag).into_owned());
            due += pause;
            self.await_turn(due, Work::Say { tag, of, bytes });
        }
    }
}
