//! Executing one command of a connection and answering it.

use std::time::Duration;

use routeros_proto::{Command, Reply, parse_duration};
use tokio::time::Instant;

use super::streams::Listening;
use super::{Flow, Session};
use crate::commands::{self, Answer, Origin};
use crate::fault::{Fault, Verdict};
use crate::refusal::Refusal;

impl Session {
    /// Executes a command whose moment has come.
    pub(super) fn execute(&mut self, command: Command) -> Flow {
        let verdict = self.shared.faults().judge(command.path());
        match verdict {
            Verdict::Execute => {}
            Verdict::Swallow => return Flow::Continue,
            Verdict::Drop => return Flow::Abort,
            Verdict::Stall => {
                self.stalled.push(command.tag().map(str::to_owned));
                return Flow::Continue;
            }
            Verdict::Trap(message, category) => {
                self.count(&command);
                self.refuse_command(&Refusal { category, message }, &command);
                return Flow::Continue;
            }
        }
        match (command.path(), self.account.is_some()) {
            ("/login", _) => self.login(&command),
            (_, false) => self.not_logged_in(),
            ("/quit", true) => {
                self.reply(Reply::fatal("session terminated on request"), command.tag());
                Flow::Close
            }
            ("/cancel", true) => {
                self.cancel(&command);
                Flow::Continue
            }
            (_, true) => self.run_command(command),
        }
    }

    /// A refusal and the `!done` that always follows it.
    pub(super) fn refuse(&mut self, refusal: &Refusal, tag: Option<&str>) {
        self.reply(refusal.reply(), tag);
        self.reply(Reply::done(), tag);
    }

    /// A sentence without a readable command: there is no tag to answer with.
    pub(super) fn refuse_unreadable(&mut self) {
        self.refuse(&Refusal::no_such_command(), None);
    }

    fn not_logged_in(&mut self) -> Flow {
        self.reply(Reply::fatal("not logged in"), None);
        Flow::Close
    }

    fn run_command(&mut self, command: Command) -> Flow {
        if self
            .active
            .as_ref()
            .is_some_and(|active| !active.is_wanted())
        {
            return Flow::Abort;
        }
        let account = self.account.clone();
        let is_device_mode_blocked = self.shared.faults().has(&Fault::DeviceMode);
        let origin = Origin {
            account: account.as_deref(),
            is_device_mode_blocked,
        };
        if self.listening.is_empty() {
            // What happened before a `listen` is not its business.
            self.events = self.events.resubscribe();
        }
        let result = commands::run(&mut self.shared.router(), origin, &command);
        self.count(&command);
        let before = self.out.len();
        let flow = match result {
            Ok(answer) => self.answer(command, &answer),
            Err(refusal) => {
                self.refuse_command(&refusal, &command);
                Flow::Continue
            }
        };
        if flow == Flow::Continue && self.shared.faults().drops_mid_reply() {
            // Earlier answers of the same moment go out whole, this one by half.
            let half = (self.out.len() - before) / 2;
            self.out.truncate(before + half);
            return Flow::Close;
        }
        flow
    }

    fn answer(&mut self, command: Command, answer: &Answer) -> Flow {
        if answer.is_change && self.shared.faults().drops_after_apply() {
            return Flow::Abort;
        }
        self.out.extend_from_slice(&answer.sentences);
        if let Some(menu) = answer.follows {
            self.listening.push(Listening { menu, command });
            return Flow::Continue;
        }
        if let Some(pause) = repeat_pause(&command) {
            self.queue(command, Some(Instant::now() + pause));
            return Flow::Continue;
        }
        let config = &self.shared.config;
        let is_empty = (answer.is_listing && answer.rows == 0)
            || (answer.is_change && config.sends_empty_after_writes && answer.ret.is_none());
        if is_empty && config.version.sends_empty() {
            self.reply(Reply::empty(), command.tag());
        }
        let done = match &answer.ret {
            Some(ret) => Reply::done().attr("ret", ret.as_bytes()),
            None => Reply::done(),
        };
        self.reply(done, command.tag());
        Flow::Continue
    }

    fn count(&self, command: &Command) {
        let mut stats = self.shared.stats();
        stats.commands += 1;
        *stats
            .by_command
            .entry(command.path().to_owned())
            .or_default() += 1;
    }

    fn refuse_command(&mut self, refusal: &Refusal, command: &Command) {
        self.shared.stats().traps += 1;
        self.refuse(refusal, command.tag());
    }
}

/// The pause of a print that repeats itself until it is cancelled.
fn repeat_pause(command: &Command) -> Option<Duration> {
    let is_print = command.path().ends_with("/print");
    let pause = command.get("interval").filter(|_| is_print)?;
    parse_duration(&pause).ok().filter(|pause| !pause.is_zero())
}
