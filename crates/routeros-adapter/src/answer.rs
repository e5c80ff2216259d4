//! What a router answers to one command, gathered until it ends.

use routeros_proto::{Reply, ReplyKind, Trap};

/// How many bytes one answer may hold where nothing large is asked: during and right after the login, when it is not
/// known yet who answers.
pub(crate) const MAX_SMALL_ANSWER: usize = 1024 * 1024;

/// Everything a router sent in answer to one command.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    /// The rows, in order.
    pub(crate) rows: Vec<Reply>,
    /// What `=ret=` of the end said.
    pub(crate) ret: Option<String>,
    /// The first refusal.
    trap: Option<Trap>,
    /// How many bytes the rows take in memory.
    bytes: usize,
}

impl Answer {
    /// Takes one reply; returns whether the answer has ended. Words that are not known are ignored.
    pub(crate) fn take(&mut self, reply: Reply) -> bool {
        match reply.kind() {
            ReplyKind::Data => {
                self.bytes += reply.len_bytes() + size_of::<Reply>();
                self.rows.push(reply);
            }
            ReplyKind::Trap => {
                let trap = reply.as_trap();
                self.trap = self.trap.take().or(trap);
            }
            ReplyKind::Done => {
                self.ret = reply.ret().map(std::borrow::Cow::into_owned);
                return true;
            }
            ReplyKind::Fatal | ReplyKind::Empty | ReplyKind::Other(_) => {}
        }
        false
    }

    /// How many bytes the rows take in memory so far, what each needs for itself included.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// The answer, or the refusal.
    pub(crate) fn checked(self) -> Result<Self, Trap> {
        match self.trap {
            Some(trap) => Err(trap),
            None => Ok(self),
        }
    }
}
