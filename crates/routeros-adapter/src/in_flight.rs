//! One command that has not ended on the router: who waits for it, and when the connection is given up because of it.

use routeros_proto::Reply;
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::answer::Answer;
use crate::cache::Staling;
use crate::failure::Failure;
use crate::settings::GatewaySettings;

/// Where the answer to a command goes.
pub(crate) type Caller = oneshot::Sender<Result<Answer, Failure>>;

/// A command that has not ended. Its tag is not used again before it has.
pub(crate) struct InFlight {
    state: State,
    /// Goes with the command's real end, whoever still waits for it: until then the router may change.
    stale: Option<Staling>,
}

enum State {
    /// Somebody waits for it.
    Awaited {
        answer: Answer,
        caller: Caller,
        deadline: Instant,
    },
    /// Nobody does; the router was told to end it.
    Cancelled(Cancelled),
}

/// What is left of a command that was cancelled.
struct Cancelled {
    /// When it has been silent for too long. As long as it talks it is drained.
    silent_until: Instant,
    /// When it has talked for too long.
    at_latest: Instant,
    /// Whether the command has ended.
    has_ended: bool,
    /// Whether the cancellation, a command of its own, has.
    has_cancel_ended: bool,
}

/// What a reply did to a command.
pub(crate) enum Taken {
    /// There is more to come.
    More,
    /// It has ended, and everything that belongs to it.
    Ended,
    /// Its answer is larger than can be taken.
    TooLarge,
}

impl InFlight {
    /// A command that is about to be sent.
    pub(crate) fn new(caller: Caller, deadline: Instant, stale: Option<Staling>) -> Self {
        let answer = Answer::default();
        Self {
            state: State::Awaited {
                answer,
                caller,
                deadline,
            },
            stale,
        }
    }

    /// Takes one of its replies.
    pub(crate) fn take(&mut self, reply: Reply, now: Instant, settings: &GatewaySettings) -> Taken {
        match &mut self.state {
            State::Cancelled(it) => {
                it.heard(now, settings);
                if reply.is_last() {
                    it.has_ended = true;
                    self.stale = None;
                }
                it.taken()
            }
            State::Awaited { answer, .. } => match answer.take(reply) {
                true => Taken::Ended,
                false if answer.bytes() > settings.max_answer_bytes => Taken::TooLarge,
                false => Taken::More,
            },
        }
    }

    /// Takes a reply to its cancellation.
    pub(crate) fn take_cancelled(
        &mut self,
        reply: &Reply,
        now: Instant,
        settings: &GatewaySettings,
    ) -> Taken {
        let State::Cancelled(it) = &mut self.state else {
            return Taken::More;
        };
        it.heard(now, settings);
        it.has_cancel_ended |= reply.is_last();
        it.taken()
    }

    /// The instant at which it is overdue.
    pub(crate) fn overdue_at(&self) -> Instant {
        match &self.state {
            State::Awaited { deadline, .. } => *deadline,
            State::Cancelled(it) => it.silent_until.min(it.at_latest),
        }
    }

    /// Whether it was cancelled.
    pub(crate) const fn is_cancelled(&self) -> bool {
        matches!(self.state, State::Cancelled(_))
    }

    /// Whether its caller has gone away.
    pub(crate) fn is_orphan(&self) -> bool {
        matches!(&self.state, State::Awaited { caller, .. } if caller.is_closed())
    }

    /// Nobody waits any more: its caller, if there is one, is told that it took too long.
    pub(crate) fn cancel(&mut self, now: Instant, settings: &GatewaySettings) {
        let cancelled = State::Cancelled(Cancelled {
            silent_until: now + settings.cancel_grace,
            at_latest: now + settings.cancel_grace + settings.table_timeout,
            has_ended: false,
            has_cancel_ended: false,
        });
        if let State::Awaited { caller, .. } = std::mem::replace(&mut self.state, cancelled) {
            let _gone = caller.send(Err(Failure::Overdue));
        }
    }

    /// It has ended: its caller is told. One that has gone away needs no answer.
    pub(crate) fn finish(self) {
        let Self { state, stale } = self;
        // First, so that whoever is told finds nothing old remembered.
        drop(stale);
        if let State::Awaited { answer, caller, .. } = state {
            let _gone = caller.send(answer.checked().map_err(Failure::Refused));
        }
    }

    /// The connection is gone, and with it the answer.
    pub(crate) fn abandon(self, failure: Failure) {
        let Self { state, stale } = self;
        drop(stale);
        if let State::Awaited { caller, .. } = state {
            let _gone = caller.send(Err(failure));
        }
    }
}

impl Cancelled {
    /// It is drained for as long as it talks, within bounds.
    fn heard(&mut self, now: Instant, settings: &GatewaySettings) {
        self.silent_until = now + settings.cancel_grace;
    }

    const fn taken(&self) -> Taken {
        match self.has_ended && self.has_cancel_ended {
            true => Taken::Ended,
            false => Taken::More,
        }
    }
}
