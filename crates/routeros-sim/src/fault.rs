//! One-command faults: what can go wrong between a router and its clients.

mod parse;

use std::time::Duration;

use tokio::time::Instant;

pub use parse::UnknownFault;

/// A fault to switch on with [`crate::Simulator::set_fault`]. Several may be on at a time.
///
/// A `command` is a path such as `/ppp/secret/add`, or a menu such as `/ppp/secret` for all of
/// its commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Connections are accepted and read and nothing is ever answered, also on those that are
    /// open. What arrives meanwhile is lost, not executed.
    BlackHole,
    /// The port is closed for new connections; open ones go on.
    RefuseConnections,
    /// The connection of the n-th command from now is closed before the command is executed.
    DropConnectionOnCommand(u64),
    /// The n-th change from now is applied and its connection closed before any answer.
    DropAfterApply(u64),
    /// The answer of the n-th command from now is cut in the middle and the connection closed.
    DropMidReply(u64),
    /// This command is never answered nor executed, only cancelled.
    StallCommand(String),
    /// This command takes longer; others overtake it.
    SlowCommand {
        /// The command.
        command: String,
        /// How much longer.
        delay: Duration,
    },
    /// This command is refused.
    TrapOn {
        /// The command.
        command: String,
        /// The text of the trap.
        message: String,
        /// The category, if one is to be sent.
        category: Option<u8>,
    },
    /// Answers are sent one byte at a time.
    FragmentReplies,
    /// The device mode forbids changes under `/ip/hotspot`.
    DeviceMode,
    /// After `fast` commands each further one takes `then` of the router's time, whichever
    /// connection it came on (measured on real routers: about 200, then 20 ms each).
    RateBudget {
        /// Commands that pass at once.
        fast: u64,
        /// Time of each later one.
        then: Duration,
    },
}

/// What a fault does to a command that is about to be executed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    Execute,
    Swallow,
    Stall,
    Drop,
    Trap(String, Option<u8>),
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

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
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

    /// What happens to a command instead of, or before, its execution.
    pub(crate) fn judge(&mut self, path: &str) -> Verdict {
        if self.has(&Fault::BlackHole) {
            return Verdict::Swallow;
        }
        if self.count_down(|fault| match fault {
            Fault::DropConnectionOnCommand(left) => Some(left),
            _ => None,
        }) {
            return Verdict::Drop;
        }
        for fault in &self.faults {
            match fault {
                Fault::StallCommand(command) if concerns(command, path) => return Verdict::Stall,
                Fault::TrapOn {
                    command,
                    message,
                    category,
                } if concerns(command, path) => {
                    return Verdict::Trap(message.clone(), *category);
                }
                _ => {}
            }
        }
        Verdict::Execute
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
