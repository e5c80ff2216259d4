//! The caller's end of a router's connections: one command in, one answer out, past everything that protects.

use std::sync::Arc;
use std::time::Duration;

use access::{GatewayError, GatewayErrorKind as Kind, Priority, Target};
use kernel::Randomness;
use resilience::{Breaker, Class, NoTurn, Turnstile, TurnstileSettings};
use routeros_proto::Command;
use tokio::sync::{Mutex, mpsc, oneshot, watch};
use tokio::time::{Instant, timeout};

use crate::actor::{self, Ends, Shop};
use crate::answer::Answer;
use crate::cache::{Cache, Staling};
use crate::failure::{Effect, Failure};
use crate::guard::Guard;
use crate::in_flight::Caller;
use crate::meter::Meter;
use crate::pacer::Pacer;
use crate::pool::Links;
use crate::reports::Reports;
use crate::settings::{GatewaySettings, Order};

/// A command on its way to the router's tasks.
#[derive(Debug)]
pub(crate) struct Request {
    /// The command, without a tag.
    pub(crate) command: Command,
    /// How long it may take once it is in flight.
    pub(crate) timeout: Duration,
    /// Whether a person asks: then a router is tried even if it failed a moment ago.
    pub(crate) insists: bool,
    /// Told when a task takes it; closed when the caller no longer waits for that.
    pub(crate) begun: Option<oneshot::Sender<()>>,
    /// Where the answer goes; closed when the caller has lost interest.
    pub(crate) reply: Caller,
    /// Goes when the command has really ended, or will never be sent.
    pub(crate) stale: Option<Staling>,
}

/// What a command may change, as far as what is remembered is concerned.
#[derive(Debug, Clone, Copy)]
enum Touches {
    Nothing,
    ItsArea,
    Everything,
}

/// How a command is to be sent.
#[derive(Debug, Clone, Copy)]
struct Manner {
    timeout: Duration,
    effect: Effect,
    touches: Touches,
    insists: bool,
}

/// A handle to a router, with the urgency of what is done through it. The router's tasks end when the last handle is
/// dropped.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    shared: Arc<Shared>,
    priority: Priority,
}

/// What the handles of a router share.
#[derive(Debug)]
pub(crate) struct Shared {
    target: Arc<Target>,
    settings: Arc<GatewaySettings>,
    pacer: Pacer,
    requests: mpsc::Sender<Request>,
    dropped: watch::Sender<u64>,
    pub(crate) turnstile: Turnstile,
    pub(crate) guard: Guard,
    pub(crate) meter: Arc<Meter>,
    pub(crate) links: Option<Links>,
    pub(crate) cache: Arc<Cache>,
}

/// Tells the router's tasks that a caller went away, so that the command is cancelled.
struct TellOnDrop<'a>(&'a watch::Sender<u64>);

impl Drop for TellOnDrop<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|it| *it = it.wrapping_add(1));
    }
}

impl Line {
    /// Starts the tasks of a router. They connect when there is first something to do.
    pub(crate) fn open(
        target: Target,
        settings: Arc<GatewaySettings>,
        randomness: Arc<dyn Randomness>,
        (breaker, reports): (Option<Arc<Breaker>>, Arc<Reports>),
    ) -> Self {
        let in_flight = settings.window() * settings.connections();
        let (requests, inbox) = mpsc::channel(2 * in_flight);
        let (dropped, is_dropped) = watch::channel(0);
        let (priority, router) = (target.priority, target.router);
        let target = Arc::new(target);
        let meter = Arc::new(Meter::new(target.router));
        let links = Links::new(Arc::clone(&target), Arc::clone(&settings), randomness);
        let links = links.ok();
        let cache = Arc::new(Cache::new(settings.cache, Arc::clone(&meter)));
        let turnstile = Turnstile::new(TurnstileSettings {
            bucket: settings.limiter,
            queue: settings.queue,
            window: in_flight,
        });
        if let Some(links) = links.clone() {
            let ends = Ends {
                inbox: Arc::new(Mutex::new(inbox)),
                dropped: is_dropped,
            };
            let shop = Shop {
                links,
                settings: Arc::clone(&settings),
                meter: Arc::clone(&meter),
                cache: Arc::clone(&cache),
                breaker: breaker.clone(),
                working: actor::Working::default(),
                requests: requests.downgrade(),
            };
            for number in 0..settings.connections() {
                tokio::spawn(actor::serve(shop.clone(), ends.clone(), number));
            }
            tokio::spawn(actor::look_after(shop, ends));
        }
        let shared = Arc::new(Shared {
            pacer: Pacer::new(settings.write_gap),
            cache,
            target,
            settings,
            requests,
            dropped,
            turnstile,
            guard: Guard::new(breaker, router, reports),
            meter,
            links,
        });
        Self { shared, priority }
    }

    /// The same line for something of this urgency.
    pub(crate) fn at(&self, priority: Priority) -> Self {
        let shared = Arc::clone(&self.shared);
        Self { shared, priority }
    }

    /// Whether this line leads there; how urgent the matter is makes no other line.
    pub(crate) fn leads_to(&self, target: &Target) -> bool {
        let mine = &*self.shared.target;
        *mine
            == Target {
                priority: mine.priority,
                ..target.clone()
            }
    }

    /// Whether the tasks are there to serve it.
    pub(crate) fn is_served(&self) -> bool {
        !self.shared.requests.is_closed()
    }

    /// How the gateway is set up.
    pub(crate) fn settings(&self) -> &GatewaySettings {
        &self.shared.settings
    }

    /// What the handles share.
    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// Asks for something that changes nothing.
    pub(crate) async fn read(&self, command: Command) -> Result<Answer, GatewayError> {
        let timeout = self.settings().command_timeout;
        self.read_within(command, timeout).await
    }

    /// Asks for a whole table.
    pub(crate) async fn read_table(&self, command: Command) -> Result<Answer, GatewayError> {
        let timeout = self.settings().table_timeout;
        self.read_within(command, timeout).await
    }

    /// Asks for something that changes nothing and may take so long.
    pub(crate) async fn read_within(
        &self,
        command: Command,
        timeout: Duration,
    ) -> Result<Answer, GatewayError> {
        let manner = Manner {
            timeout,
            effect: Effect::Read,
            touches: Touches::Nothing,
            insists: false,
        };
        self.twice(command, manner).await
    }

    /// Asks on behalf of a person: the router is tried even if it failed a moment ago.
    pub(crate) async fn insist(&self, command: Command) -> Result<Answer, GatewayError> {
        let manner = Manner {
            timeout: self.settings().command_timeout,
            effect: Effect::Read,
            touches: Touches::Nothing,
            insists: true,
        };
        self.twice(command, manner).await
    }

    /// Changes something, in its turn. An unknown outcome is [`access::GatewayErrorKind::Ambiguous`].
    pub(crate) async fn write(&self, command: Command) -> Result<Answer, GatewayError> {
        let timeout = self.settings().command_timeout;
        self.write_within(command, timeout).await
    }

    /// Changes something that may take so long.
    pub(crate) async fn write_within(
        &self,
        command: Command,
        timeout: Duration,
    ) -> Result<Answer, GatewayError> {
        self.change(command, timeout, Touches::ItsArea).await
    }

    /// Changes something that may take so long, nobody knows where.
    pub(crate) async fn write_anywhere(
        &self,
        command: Command,
        timeout: Duration,
    ) -> Result<Answer, GatewayError> {
        self.change(command, timeout, Touches::Everything).await
    }

    async fn change(
        &self,
        command: Command,
        timeout: Duration,
        touches: Touches,
    ) -> Result<Answer, GatewayError> {
        if matches!(self.priority, Priority::Normal | Priority::Low) {
            self.shared.pacer.turn().await;
        }
        // Whoever is told finds nothing old remembered; the command itself has a guard of its own.
        let _stale = self.staling(&command, touches);
        let manner = Manner {
            timeout,
            effect: Effect::Write,
            touches,
            insists: false,
        };
        self.twice(command, manner).await
    }

    fn staling(&self, command: &Command, touches: Touches) -> Option<Staling> {
        let cache = &self.shared.cache;
        match touches {
            Touches::Nothing => None,
            Touches::ItsArea => Some(cache.staling(command.split_path().0)),
            Touches::Everything => Some(cache.staling_everything()),
        }
    }

    /// Once more on a fresh connection where that is safe: an idle connection may have died unnoticed.
    async fn twice(&self, command: Command, manner: Manner) -> Result<Answer, GatewayError> {
        let first = self.once(command.clone(), manner).await;
        let outcome = match first {
            Err(failure) if failure.is_worth_repeating(manner.effect) => {
                self.once(command, manner).await
            }
            outcome => outcome,
        };
        outcome.map_err(|failure| {
            let err = failure.into_error(manner.effect);
            self.shared.meter.failed(&err);
            err
        })
    }

    /// Past the breaker, through the queue, under the limit, into the window.
    async fn once(&self, command: Command, manner: Manner) -> Result<Answer, Failure> {
        let Shared {
            guard, turnstile, ..
        } = &*self.shared;
        if !manner.insists {
            guard.check()?;
        }
        let turn = turnstile.turn(self.class(manner.insists)).await;
        let turn = turn.map_err(|err| self.no_turn(err))?;
        let permit = guard.pass(manner.insists)?;
        let begun = Instant::now();
        let outcome = self.send(command, manner).await;
        drop(turn);
        self.shared.meter.sent(begun.elapsed());
        if guard.judge(permit, &outcome) {
            turnstile.dismiss();
        }
        if let (Err(_), Some(breaker)) = (&outcome, guard.breaker()) {
            self.shared.meter.show_breaker(breaker.snapshot());
        }
        outcome
    }

    async fn send(&self, command: Command, manner: Manner) -> Result<Answer, Failure> {
        // The first, so that it goes last: the tasks then find the receivers closed.
        let tell = TellOnDrop(&self.shared.dropped);
        let (reply, answer) = oneshot::channel();
        let (begin, mut begun) = oneshot::channel();
        let stale = self.staling(&command, manner.touches);
        let request = Request {
            command,
            timeout: manner.timeout,
            insists: manner.insists,
            begun: Some(begin),
            reply,
            stale,
        };
        let closed = || Failure::NoConnection(actor::closed());
        let patience = self.settings().pool.acquire_timeout;
        match timeout(patience, self.shared.requests.send(request)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return Err(closed()),
            Err(_) => return Err(Failure::NoConnection(actor::busy())),
        }
        if timeout(patience, &mut begun).await.is_err() {
            // From here on no task takes it; perhaps one just did.
            begun.close();
            if begun.try_recv().is_err() {
                return Err(Failure::NoConnection(actor::busy()));
            }
        }
        let answer = answer.await;
        // Answered: nobody needs to look for it.
        std::mem::forget(tell);
        answer.unwrap_or_else(|_| Err(closed()))
    }

    fn class(&self, insists: bool) -> Class {
        if self.settings().order == Order::Arrival {
            return Class::Normal;
        }
        match self.priority {
            Priority::Critical => Class::Critical,
            Priority::High => Class::High,
            Priority::Normal | Priority::Low if insists => Class::High,
            Priority::Normal => Class::Normal,
            Priority::Low => Class::Low,
        }
    }

    fn no_turn(&self, err: NoTurn) -> Failure {
        match err {
            NoTurn::Full { limit } => {
                let message = format!("{limit} commands wait for this router already");
                Failure::HeldBack(GatewayError::new(Kind::Overloaded, message))
            }
            NoTurn::Dismissed => self.shared.guard.refusal(),
        }
    }
}
