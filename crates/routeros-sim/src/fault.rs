//! One-command faults: what can go wrong between a router and its clients.

mod board;
mod parse;

use std::fmt;
use std::time::Duration;

pub(crate) use board::{FaultBoard, Mangling, Verdict};
pub use parse::UnknownFault;

/// A fault to switch on with [`crate::Simulator::set_fault`]. Several may be on at a time.
///
/// A `command` is a path such as `/ppp/secret/add`, or a menu such as `/ppp/secret` for all of
/// its commands. What counts commands counts those after the login. Faults are written as words
/// too, see [`std::str::FromStr`] and [`fmt::Display`]: `stall:/ppp/secret/add`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// `black-hole`: connections are accepted and read and nothing is ever answered, also on
    /// those that are open. What arrives meanwhile is lost, not executed.
    BlackHole,
    /// `refuse`: the port is closed for new connections; open ones go on.
    RefuseConnections,
    /// `session-limit:N`: no more sessions than this on each port; those that are open stay.
    SessionLimit(usize),
    /// `drop-on:N`: the connection of the n-th command from now is closed before the command is
    /// executed.
    DropConnectionOnCommand(u64),
    /// `drop-after-apply:N`: the n-th change from now is applied and its connection closed before
    /// any answer.
    DropAfterApply(u64),
    /// `drop-mid-reply:N`: the answer of the n-th command from now is cut in the middle and the
    /// connection closed.
    DropMidReply(u64),
    /// `reboot-on:N`: the power is cut instead of executing the n-th command from now.
    RebootOn(u64),
    /// `stall:COMMAND`: this command is never answered nor executed, only cancelled.
    StallCommand(String),
    /// `stall-on:N`: the n-th command from now is never answered nor executed, only cancelled.
    StallOnNth(u64),
    /// `slow:COMMAND:MILLISECONDS`: this command takes longer; others overtake it.
    SlowCommand {
        /// The command.
        command: String,
        /// How much longer.
        delay: Duration,
    },
    /// `drip:COMMAND:MILLISECONDS`: the answer of this command comes sentence by sentence, each
    /// this long after the one before; answers of other commands come between them.
    DripCommand {
        /// The command.
        command: String,
        /// The pause before each sentence.
        pause: Duration,
    },
    /// `trap:COMMAND:MESSAGE`, or `trap-category:N:COMMAND:MESSAGE`: this command is refused.
    TrapOn {
        /// The command.
        command: String,
        /// The text of the trap.
        message: String,
        /// The category, if one is to be sent.
        category: Option<u8>,
    },
    /// `trap-on:N:MESSAGE`: the n-th command from now is refused, whichever it is.
    TrapOnNth {
        /// How many commands from now; 1 is the next.
        nth: u64,
        /// The text of the trap.
        message: String,
    },
    /// `fatal:COMMAND` or `fatal:COMMAND:MESSAGE`: this command is answered by `!fatal` and the
    /// end of the connection.
    FatalOn {
        /// The command.
        command: String,
        /// The bare text after `!fatal`.
        message: String,
    },
    /// `forbid:read`, `forbid:write`: every account has lost this policy.
    PermissionLoss(Permission),
    /// `device-mode`: the device mode forbids changes under `/ip/hotspot`.
    DeviceMode,
    /// `rate-budget:FAST:MILLISECONDS`: after `fast` commands each further one takes `then` of
    /// the router's time, whichever connection it came on (measured on real routers: about 200,
    /// then 20 ms each).
    RateBudget {
        /// Commands that pass at once.
        fast: u64,
        /// Time of each later one.
        then: Duration,
    },
    /// `fragment`: answers are sent one byte at a time.
    FragmentReplies,
    /// `long-lengths`: every length is sent in the form of five bytes.
    LongLengths,
    /// `extra-trap-attribute`: traps carry one attribute more than category and message.
    ExtraTrapAttribute,
    /// `duplicate-keys`: the last property of every row is there twice, and `.about` too.
    DuplicateKeys,
    /// `bad-utf8`: the comment of every row ends in, or is, a word in another encoding.
    BadUtf8,
    /// `empty-always`: `!empty` comes before `!done` of every command without rows, changes
    /// included, in every version.
    EmptyAlways,
    /// `unknown-reply`: a reply word that nobody knows comes before every `!done`.
    UnknownReply,
    /// `clock-jump:SECONDS`: the router's clock is off by this much while the fault is on.
    ClockJump(i64),
}

/// What an account may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Permission {
    /// Look at rows.
    Read,
    /// Change rows.
    Write,
}

/// The text of `!fatal` when none is given.
const FATAL_TEXT: &str = "internal error";

impl Fault {
    /// The word it begins with, such as `stall`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::BlackHole => "black-hole",
            Self::RefuseConnections => "refuse",
            Self::SessionLimit(_) => "session-limit",
            Self::DropConnectionOnCommand(_) => "drop-on",
            Self::DropAfterApply(_) => "drop-after-apply",
            Self::DropMidReply(_) => "drop-mid-reply",
            Self::RebootOn(_) => "reboot-on",
            Self::StallCommand(_) => "stall",
            Self::StallOnNth(_) => "stall-on",
            Self::SlowCommand { .. } => "slow",
            Self::DripCommand { .. } => "drip",
            Self::TrapOn { category: None, .. } => "trap",
            Self::TrapOn { .. } => "trap-category",
            Self::TrapOnNth { .. } => "trap-on",
            Self::FatalOn { .. } => "fatal",
            Self::PermissionLoss(_) => "forbid",
            Self::DeviceMode => "device-mode",
            Self::RateBudget { .. } => "rate-budget",
            Self::FragmentReplies => "fragment",
            Self::LongLengths => "long-lengths",
            Self::ExtraTrapAttribute => "extra-trap-attribute",
            Self::DuplicateKeys => "duplicate-keys",
            Self::BadUtf8 => "bad-utf8",
            Self::EmptyAlways => "empty-always",
            Self::UnknownReply => "unknown-reply",
            Self::ClockJump(_) => "clock-jump",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Self::DropConnectionOnCommand(nth)
            | Self::DropAfterApply(nth)
            | Self::DropMidReply(nth)
            | Self::RebootOn(nth)
            | Self::StallOnNth(nth) => write!(f, ":{nth}"),
            Self::SessionLimit(most) => write!(f, ":{most}"),
            Self::StallCommand(command) => write!(f, ":{command}"),
            Self::SlowCommand { command, delay } => write!(f, ":{command}:{}", delay.as_millis()),
            Self::DripCommand { command, pause } => write!(f, ":{command}:{}", pause.as_millis()),
            Self::TrapOn {
                command,
                message,
                category,
            } => {
                if let Some(category) = category {
                    write!(f, ":{category}")?;
                }
                write!(f, ":{command}:{message}")
            }
            Self::TrapOnNth { nth, message } => write!(f, ":{nth}:{message}"),
            Self::FatalOn { command, message } => write!(f, ":{command}:{message}"),
            Self::PermissionLoss(Permission::Read) => f.write_str(":read"),
            Self::PermissionLoss(Permission::Write) => f.write_str(":write"),
            Self::RateBudget { fast, then } => write!(f, ":{fast}:{}", then.as_millis()),
            Self::ClockJump(seconds) => write!(f, ":{seconds}"),
            Self::BlackHole
            | Self::RefuseConnections
            | Self::DeviceMode
            | Self::FragmentReplies
            | Self::LongLengths
            | Self::ExtraTrapAttribute
            | Self::DuplicateKeys
            | Self::BadUtf8
            | Self::EmptyAlways
            | Self::UnknownReply => Ok(()),
        }
    }
}
