//! Executing one command of a connection and answering it.

use std::time::Duration;

use routeros_proto::{Command, Reply, parse_duration};
use tokio::time::Instant;

use super::streams::Listening;
use super::{Flow, Session};
use crate::commands::{self, Answer, Origin};
use crate::fault::{Fault, Verdict};
use crate::refusal::Refusal;

/// How often a monitor repeats itself when it is not told.
const MONITOR_PAUSE: Duration = Duration::from_secs(1);

impl Session {
    /// Executes a command whose moment has come.
    pub(super) fn execute(&mut self, command: Command) -> Flow {
        let is_logged_in = self.account.is_some();
        let verdict = self.shared.faults().judge(command.path(), is_logged_in);
        match verdict {
            Verdict::Execute => {}
            Verdict::Swallow => return Flow::Continue,
            Verdict::Drop => return Flow::Abort,
            Verdict::Reboot => {
                self.shared.reboot();
                return Flow::Abort;
            }
            Verdict::Fatal(text) => {
                self.count(&command);
                self.reply(Reply::fatal(&text), command.tag());
                return Flow::Close;
            }
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
        match (command.path(), is_logged_in) {
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
        self.shared.meddle(&command);
        let result = commands::run(&mut self.shared.router(), origin, &command);
        self.count(&command);
        let before = self.out.len();
        let path = command.path().to_owned();
        let flow = match result {
            Ok(answer) => self.answer(command, &answer),
            Err(refusal) => {
                self.refuse_command(&refusal, &command);
                Flow::Continue
            }
        };
        if flow == Flow::Continue {
            return self.cut_or_drip(&path, before);
        }
        flow
    }

    /// What faults do to the answer that begins at `before`.
    fn cut_or_drip(&mut self, path: &str, before: usize) -> Flow {
        if self.shared.faults().drops_mid_reply() {
            // Earlier answers of the same moment go out whole, this one by half.
            let half = (self.out.len() - before) / 2;
            self.out.truncate(before + half);
            return Flow::Close;
        }
        let drip = self.shared.faults().drip(path);
        if let Some(pause) = drip {
            let answer = self.out.split_off(before);
            self.say_slowly(&answer, pause);
        }
        Flow::Continue
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
        let is_always = answer.rows == 0 && self.shared.faults().has(&Fault::EmptyAlways);
        if is_always || (is_empty && config.version.sends_empty()) {
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

/// The pause of a command that repeats itself until it is cancelled: a print with an interval,
/// a monitor that is not asked for one sample only.
fn repeat_pause(command: &Command) -> Option<Duration> {
    let (_, verb) = command.split_path();
    let interval = command.get("interval");
    let interval = interval.and_then(|pause| parse_duration(&pause).ok());
    let interval = interval.filter(|pause| !pause.is_zero());
    match verb {
        "print" | "getall" => interval,
        verb if verb.starts_with("monitor") => match command.get_raw("once") {
            Some(_) => None,
            None => Some(interval.unwrap_or(MONITOR_PAUSE)),
        },
        _ => None,
    }
}
