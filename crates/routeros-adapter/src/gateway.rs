//! The gateway: a task per router, found by the router's id.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use access::adoption::Survey;
use access::{
    Actual, Change, CutReport, Execution, ExecutionAnswer, Findings, GatewayError,
    GatewayStatistics, LiveSession, LoginRef, Pulse, ReachabilityChange, RouterFacts,
    RouterGateway, Selection, SessionFeed, Target, UsageReading, UsageScope,
};
use async_trait::async_trait;
use kernel::{Randomness, RouterId};
use resilience::{BreakerState, Breakers, Transition};
use tracing::{info, warn};

use crate::feed::Feed;
use crate::line::Line;
use crate::reports::Reports;
use crate::settings::GatewaySettings;
use crate::{apply, cut, examine, execute, inspect, read, statistics, survey, usage};

/// Talks to any number of routers over the RouterOS API, each on connections of its own.
pub struct RouterOsGateway {
    settings: Arc<GatewaySettings>,
    randomness: Arc<dyn Randomness>,
    breakers: Option<Breakers>,
    reports: Arc<Reports>,
    lines: Mutex<HashMap<RouterId, Line>>,
}

impl std::fmt::Debug for RouterOsGateway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RouterOsGateway")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl RouterOsGateway {
    /// A gateway without connections; each is made when first needed, within a tokio runtime. Randomness spreads out
    /// reconnections.
    #[must_use]
    pub fn new(settings: GatewaySettings, randomness: Arc<dyn Randomness>) -> Self {
        Self {
            breakers: settings.breaker.map(|it| Breakers::new(it, changed)),
            settings: Arc::new(settings),
            randomness,
            reports: Arc::default(),
            lines: Mutex::default(),
        }
    }

    /// The line to a router, at the target's urgency. Another address or other credentials get a new one.
    fn line(&self, target: &Target) -> Line {
        let mut lines = self.lines();
        let known = lines.get(&target.router);
        if let Some(line) = known.filter(|it| it.leads_to(target) && it.is_served()) {
            return line.at(target.priority);
        }
        let (settings, randomness) = (Arc::clone(&self.settings), Arc::clone(&self.randomness));
        let name = target.router.to_string();
        let breaker = self.breakers.as_ref().map(|it| {
            it.forget(&name);
            it.of(&name)
        });
        let health = (breaker, Arc::clone(&self.reports));
        let line = Line::open(target.clone(), settings, randomness, health);
        lines.insert(target.router, line.clone());
        line
    }

    fn lines(&self) -> MutexGuard<'_, HashMap<RouterId, Line>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A router's breaker changed its state.
fn changed(transition: Transition) {
    let Transition { name, from, to } = transition;
    let router = name.to_string();
    metrics::gauge!("mikrotik_circuit_breaker_state", "router" => router)
        .set(f64::from(to.number()));
    match to {
        BreakerState::Open => {
            warn!(router = %name, from = from.word(), "the router is left alone: it failed several times in a row");
        }
        BreakerState::Closed | BreakerState::HalfOpen => {
            info!(router = %name, from = from.word(), to = to.word(), "the router's circuit breaker changed");
        }
    }
}

#[async_trait]
impl RouterGateway for RouterOsGateway {
    async fn inspect(&self, target: &Target) -> Result<RouterFacts, GatewayError> {
        inspect::inspect(&self.line(target)).await
    }

    async fn read(&self, target: &Target, selection: &Selection) -> Result<Actual, GatewayError> {
        read::read(&self.line(target), selection).await
    }

    async fn apply(&self, target: &Target, changes: &[Change]) -> Vec<Result<(), GatewayError>> {
        apply::apply(&self.line(target), changes).await
    }

    async fn sessions(&self, target: &Target) -> Result<Vec<LiveSession>, GatewayError> {
        let line = self.line(target);
        let sessions = read::sessions(&line).await?;
        let services = sessions.iter().map(|it| it.login.service);
        line.shared().meter.show_sessions(services);
        Ok(sessions)
    }

    async fn cut(&self, target: &Target, logins: &[LoginRef]) -> Result<CutReport, GatewayError> {
        cut::cut(&self.line(target), logins).await
    }

    async fn uptime(&self, target: &Target) -> Result<u64, GatewayError> {
        inspect::uptime(&self.line(target)).await
    }

    async fn forget(&self, router: RouterId) {
        self.lines().remove(&router);
        if let Some(breakers) = &self.breakers {
            breakers.forget(&router.to_string());
        }
    }

    async fn execute(
        &self,
        target: &Target,
        execution: &Execution,
    ) -> Result<ExecutionAnswer, GatewayError> {
        execute::execute(&self.line(target), execution).await
    }

    fn statistics(&self, router: RouterId) -> Option<GatewayStatistics> {
        let line = self.lines().get(&router).cloned();
        line.as_ref().map(statistics::of)
    }

    async fn examine(&self, target: &Target) -> Findings {
        examine::examine(target, &self.settings).await
    }

    async fn usage(
        &self,
        target: &Target,
        reach: UsageScope,
    ) -> Result<UsageReading, GatewayError> {
        let line = self.line(target);
        let reading = usage::usage(&line, reach).await?;
        let services = reading.sessions.iter().map(|it| it.login.service);
        line.shared().meter.show_sessions(services);
        Ok(reading)
    }

    async fn survey(&self, target: &Target) -> Result<Survey, GatewayError> {
        survey::survey(&self.line(target)).await
    }

    async fn pulse(&self, target: &Target) -> Result<Pulse, GatewayError> {
        inspect::pulse(&self.line(target)).await
    }

    async fn reachability_changed(&self) -> ReachabilityChange {
        self.reports.next().await
    }

    async fn listen(&self, target: &Target) -> Result<Box<dyn SessionFeed>, GatewayError> {
        Ok(Box::new(Feed::open(target, &self.settings).await?))
    }
}
