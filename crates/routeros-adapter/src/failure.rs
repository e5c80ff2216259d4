//! Why a command came to nothing, and what that is called in the access context.

use access::{GatewayError, GatewayErrorKind as Kind};
use routeros_proto::{Trap, TrapKind};

use crate::pool::NoLink;

/// Why a command came to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The router refused it.
    Refused(Trap),
    /// It was not answered in time.
    Overdue,
    /// The connection broke before the answer came.
    Broken {
        /// Why, in words.
        reason: String,
        /// The same for everybody whose command was on that connection.
        number: u64,
    },
    /// There was no connection to send it on.
    NoConnection(NoLink),
    /// It was not sent: the router, or who waits for it, is protected.
    HeldBack(GatewayError),
}

/// Whether a command changes something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// It only looks.
    Read,
    /// It changes something: when its outcome is unknown, that matters.
    Write,
}

impl Failure {
    /// Whether sending it again at once is safe and may help.
    pub(crate) fn is_worth_repeating(&self, effect: Effect) -> bool {
        match self {
            Self::Broken { .. } => effect == Effect::Read,
            Self::Refused(_) | Self::Overdue | Self::NoConnection(_) | Self::HeldBack(_) => false,
        }
    }

    /// The failure in the words of the access context.
    pub(crate) fn into_error(self, effect: Effect) -> GatewayError {
        match (self, effect) {
            (Self::Refused(trap), Effect::Write) if is_unfinished(&trap) => {
                let message = format!(
                    "the router gave up in the middle, so the change may or may not have happened: {}",
                    trap.message
                );
                GatewayError::new(Kind::Ambiguous, message)
            }
            (Self::Refused(trap), _) => refusal(&trap),
            (Self::NoConnection(NoLink { err, .. }) | Self::HeldBack(err), _) => err,
            (Self::Overdue, Effect::Read) => {
                GatewayError::new(Kind::Timeout, "the router did not answer in time")
            }
            (Self::Overdue | Self::Broken { .. }, Effect::Write) => GatewayError::new(
                Kind::Ambiguous,
                "the router did not answer, so the change may or may not have happened",
            ),
            (Self::Broken { reason, .. }, Effect::Read) => {
                GatewayError::new(Kind::Unreachable, format!("the connection broke: {reason}"))
            }
        }
    }
}

/// Whether the router began and did not end what it was told.
const fn is_unfinished(trap: &Trap) -> bool {
    matches!(trap.kind, TrapKind::Cancelled | TrapKind::Retry)
}

/// A trap in the words of the access context; the message stays the router's own.
pub(crate) fn refusal(trap: &Trap) -> GatewayError {
    let kind = match trap.kind {
        TrapKind::Forbidden => Kind::Forbidden,
        TrapKind::AuthFailed => Kind::AuthFailed,
        TrapKind::Conflict => Kind::Conflict,
        TrapKind::NotFound => Kind::NotFound,
        TrapKind::Unsupported => Kind::Unsupported,
        TrapKind::DeviceMode => Kind::DeviceMode,
        TrapKind::InvalidArgument => Kind::InvalidArgument {
            field: trap.field.clone(),
        },
        TrapKind::Cancelled | TrapKind::Retry => Kind::Timeout,
        TrapKind::LoginRejected | TrapKind::Other => Kind::Other,
    };
    GatewayError::new(kind, trap.message.clone())
}
