//! The faults that are on, and what they do to the command of the moment.

use std::time::Duration;

use tokio::time::Instant;

use super::{Fault, Permission};

/// What a fault does to a command that is about to be executed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    Execute,
    Swallow,
    Stall,
    Drop,
    Reboot,
    Fatal(String),
    Trap(String, Option<u8>),
}

/// What is done to answers on their way out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Mangling {
    pub(crate) long_lengths: bool,
    pub(crate) extra_trap_attribute: bool,
    pub(crate) duplicate_keys: bool,
    pub(crate) bad_utf8: bool,
    pub(crate) unknown_reply: bool,
}

/// The faults that are on.
#[derive(Debug, Default)]
pub(crate) struct FaultBoard {
    faults: Vec<Fault>,
    /// When the router has time again, under a rate budget.
    busy_until: Option<Instant>,
}

impl FaultBoard {
    pub(crate) fn set(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    /// Takes out every fault that this text or word names; all of them without one.
    pub(crate) fn take(&mut self, named: Option<&str>) -> Vec<Fault> {
        let is_named = |fault: &mut Fault| {
            named.is_none_or(|named| fault.name() == named || fault.to_string() == named)
        };
        let taken = self.faults.extract_if(.., is_named).collect();
        if !self
            .faults
            .iter()
            .any(|fault| matches!(fault, Fault::RateBudget { .. }))
        {
            self.busy_until = None;
        }
        taken
    }

    pub(crate) fn all(&self) -> &[Fault] {
        &self.faults
    }

    pub(crate) fn has(&self, fault: &Fault) -> bool {
        self.faults.contains(fault)
    }

    /// How much longer this command takes than others.
    pub(crate) fn extra_delay(&self, path: &str) -> Option<Duration> {
        self.faults.iter().find_map(|fault| match fault {
            Fault::SlowCommand { command, delay } if concerns(command, path) => Some(*delay),
            _ => None,
        })
    }

    /// The pause before each sentence of this command's answer, if it drips.
    pub(crate) fn drip(&self, path: &str) -> Option<Duration> {
        self.faults.iter().find_map(|fault| match fault {
            Fault::DripCommand { command, pause } if concerns(command, path) => Some(*pause),
            _ => None,
        })
    }

    /// The most sessions on a port, if a fault says so.
    pub(crate) fn session_limit(&self) -> Option<usize> {
        let limits = self.faults.iter().filter_map(|fault| match fault {
            Fault::SessionLimit(most) => Some(*most),
            _ => None,
        });
        limits.min()
    }

    pub(crate) fn mangling(&self) -> Mangling {
        Mangling {
            long_lengths: self.has(&Fault::LongLengths),
            extra_trap_attribute: self.has(&Fault::ExtraTrapAttribute),
            duplicate_keys: self.has(&Fault::DuplicateKeys),
            bad_utf8: self.has(&Fault::BadUtf8),
            unknown_reply: self.has(&Fault::UnknownReply),
        }
    }

    /// When a command that arrives now has its turn, under a rate budget.
    pub(crate) fn turn(&mut self, now: Instant) -> Instant {
        for fault in &mut self.faults {
            let Fault::RateBudget { fast, then } = fault else {
                continue;
            };
            if *fast > 0 {
                *fast -= 1;
                return now;
            }
            let turn = self.busy_until.map_or(now, |busy| busy.max(now)) + *then;
            self.busy_until = Some(turn);
            return turn;
        }
        now
    }

    /// What happens to a command instead of, or before, its execution. Commands before the login
    /// are not counted.
    pub(crate) fn judge(&mut self, path: &str, is_logged_in: bool) -> Verdict {
        if self.has(&Fault::BlackHole) {
            return Verdict::Swallow;
        }
        if is_logged_in && let Some(verdict) = self.judge_nth() {
            return verdict;
        }
        let verdicts = self.faults.iter().filter_map(|fault| match fault {
            Fault::StallCommand(command) => concerns(command, path).then_some(Verdict::Stall),
            Fault::FatalOn { command, message } => {
                concerns(command, path).then(|| Verdict::Fatal(message.clone()))
            }
            Fault::TrapOn {
                command,
                message,
                category,
            } => concerns(command, path).then(|| Verdict::Trap(message.clone(), *category)),
            Fault::PermissionLoss(lost) if is_logged_in => (needed(path) == Some(*lost))
                .then(|| Verdict::Trap("not enough permissions (9)".to_owned(), None)),
            _ => None,
        });
        verdicts.into_iter().next().unwrap_or(Verdict::Execute)
    }

    /// Counts this command for every fault that waits for its turn; the first that fires decides.
    fn judge_nth(&mut self) -> Option<Verdict> {
        if self.count_down(|fault| match fault {
            Fault::DropConnectionOnCommand(left) => Some(left),
            _ => None,
        }) {
            return Some(Verdict::Drop);
        }
        if self.count_down(|fault| match fault {
            Fault::RebootOn(left) => Some(left),
            _ => None,
        }) {
            return Some(Verdict::Reboot);
        }
        if self.count_down(|fault| match fault {
            Fault::StallOnNth(left) => Some(left),
            _ => None,
        }) {
            return Some(Verdict::Stall);
        }
        let mut text = None;
        self.count_down(|fault| match fault {
            Fault::TrapOnNth { nth, message } => {
                if *nth <= 1 {
                    text = Some(message.clone());
                }
                Some(nth)
            }
            _ => None,
        });
        text.map(|text| Verdict::Trap(text, None))
    }

    /// Whether the connection is to be closed after this change was applied.
    pub(crate) fn drops_after_apply(&mut self) -> bool {
        self.count_down(|fault| match fault {
            Fault::DropAfterApply(left) => Some(left),
            _ => None,
        })
    }

    /// Whether this answer is to be cut in the middle.
    pub(crate) fn drops_mid_reply(&mut self) -> bool {
        self.count_down(|fault| match fault {
            Fault::DropMidReply(left) => Some(left),
            _ => None,
        })
    }

    /// Counts down every such fault; one that reaches its turn fires and is spent.
    fn count_down(&mut self, mut counter: impl FnMut(&mut Fault) -> Option<&mut u64>) -> bool {
        let mut fired = false;
        self.faults.retain_mut(|fault| {
            let Some(left) = counter(fault) else {
                return true;
            };
            *left = left.saturating_sub(1);
            fired |= *left == 0;
            *left > 0
        });
        fired
    }
}

fn concerns(command: &str, path: &str) -> bool {
    path.strip_prefix(command)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// What a command needs; nothing for those of the connection itself.
fn needed(path: &str) -> Option<Permission> {
    let (menu, verb) = path.rsplit_once('/')?;
    match verb {
        _ if menu.is_empty() => None,
        "print" | "getall" | "get" | "find" | "listen" => Some(Permission::Read),
        verb if verb.starts_with("monitor") => Some(Permission::Read),
        _ => Some(Permission::Write),
    }
}
