//! The caller's end of a router's connection: one command in, one answer out.

use std::sync::Arc;
use std::time::Duration;

use access::{GatewayError, GatewayErrorKind, Target};
use kernel::Randomness;
use routeros_proto::Command;
use tokio::sync::{Notify, mpsc, oneshot};

use crate::actor;
use crate::answer::Answer;
use crate::failure::{Effect, Failure};
use crate::pacer::Pacer;
use crate::settings::GatewaySettings;

/// How many callers may wait before the next one waits to be allowed to wait.
const QUEUE: usize = 64;

/// A command on its way to the router's task.
#[derive(Debug)]
pub(crate) struct Request {
    /// The command, without a tag.
    pub(crate) command: Command,
    /// How long it may take once it is in flight.
    pub(crate) timeout: Duration,
    /// Whether a person asks: then a router is tried even if it failed a moment ago.
    pub(crate) insists: bool,
    /// Where the answer goes; closed when the caller has lost interest.
    pub(crate) reply: oneshot::Sender<Result<Answer, Failure>>,
}

/// A handle to a router's task. The task ends when the last handle is dropped.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    target: Arc<Target>,
    settings: Arc<GatewaySettings>,
    pacer: Arc<Pacer>,
    requests: mpsc::Sender<Request>,
    dropped: Arc<Notify>,
}

/// Wakes the router's task when a caller goes away, so that the command is cancelled.
struct WakeOnDrop<'a>(&'a Notify);

impl Drop for WakeOnDrop<'_> {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

impl Line {
    /// Starts the task of a router. It connects when it first has something to do.
    pub(crate) fn open(
        target: Target,
        settings: Arc<GatewaySettings>,
        randomness: Arc<dyn Randomness>,
    ) -> Self {
        let (requests, inbox) = mpsc::channel(QUEUE);
        let (target, dropped) = (Arc::new(target), Arc::new(Notify::new()));
        let ends = actor::Ends {
            inbox,
            dropped: Arc::clone(&dropped),
        };
        tokio::spawn(actor::run(
            Arc::clone(&target),
            Arc::clone(&settings),
            randomness,
            ends,
        ));
        let pacer = Arc::new(Pacer::new(settings.write_gap));
        Self {
            target,
            settings,
            pacer,
            requests,
            dropped,
        }
    }

    /// Whom this line leads to.
    pub(crate) fn target(&self) -> &Target {
        &self.target
    }

    /// Whether the task is there to serve it.
    pub(crate) fn is_served(&self) -> bool {
        !self.requests.is_closed()
    }

    /// How the gateway is set up.
    pub(crate) fn settings(&self) -> &GatewaySettings {
        &self.settings
    }

    /// Asks for something that changes nothing.
    pub(crate) async fn read(&self, command: Command) -> Result<Answer, GatewayError> {
        self.ask(command, self.settings.command_timeout, false)
            .await
    }

    /// Asks for a whole table.
    pub(crate) async fn read_table(&self, command: Command) -> Result<Answer, GatewayError> {
        self.ask(command, self.settings.table_timeout, false).await
    }

    /// Asks on behalf of a person: the router is tried even if it failed a moment ago.
    pub(crate) async fn insist(&self, command: Command) -> Result<Answer, GatewayError> {
        self.ask(command, self.settings.command_timeout, true).await
    }

    /// Changes something, in its turn. An unknown outcome is [`access::GatewayErrorKind::Ambiguous`].
    pub(crate) async fn write(&self, command: Command) -> Result<Answer, GatewayError> {
        self.pacer.turn().await;
        let timeout = self.settings.command_timeout;
        self.twice(command, timeout, Effect::Write, false).await
    }

    async fn ask(
        &self,
        command: Command,
        timeout: Duration,
        insists: bool,
    ) -> Result<Answer, GatewayError> {
        self.twice(command, timeout, Effect::Read, insists).await
    }

    /// Once more on a fresh connection where that is safe: an idle connection may have died unnoticed.
    async fn twice(
        &self,
        command: Command,
        timeout: Duration,
        effect: Effect,
        insists: bool,
    ) -> Result<Answer, GatewayError> {
        let first = self.once(command.clone(), timeout, insists).await;
        let outcome = match first {
            Err(failure) if failure.is_worth_repeating(effect) => {
                self.once(command, timeout, insists).await
            }
            outcome => outcome,
        };
        outcome.map_err(|failure| failure.into_error(effect))
    }

    async fn once(
        &self,
        command: Command,
        timeout: Duration,
        insists: bool,
    ) -> Result<Answer, Failure> {
        let (reply, answer) = oneshot::channel();
        let wake = WakeOnDrop(&self.dropped);
        let request = Request {
            command,
            timeout,
            insists,
            reply,
        };
        if self.requests.send(request).await.is_err() {
            return Err(closed());
        }
        // Dropped here, the receiver goes before `wake`, so the task finds it closed.
        let answer = answer.await;
        drop(wake);
        answer.unwrap_or_else(|_| Err(closed()))
    }
}

/// The router was forgotten while somebody waited.
fn closed() -> Failure {
    let message = "the connection was closed because the router was changed";
    Failure::NoConnection(GatewayError::new(GatewayErrorKind::Unreachable, message))
}
