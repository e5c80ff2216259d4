//! The gateway: a task per router, found by the router's id.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use access::{
    Actual, Change, CutReport, GatewayError, LiveSession, LoginRef, RouterFacts, RouterGateway,
    Selection, Target,
};
use async_trait::async_trait;
use kernel::{Randomness, RouterId};

use crate::line::Line;
use crate::settings::GatewaySettings;
use crate::{apply, cut, inspect, read};

/// Talks to any number of routers over the RouterOS API, each on a connection of its own.
pub struct RouterOsGateway {
    settings: Arc<GatewaySettings>,
    randomness: Arc<dyn Randomness>,
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
            settings: Arc::new(settings),
            randomness,
            lines: Mutex::default(),
        }
    }

    /// The line to a router. Another address or other credentials get a new one.
    fn line(&self, target: &Target) -> Line {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let known = lines
            .get(&target.router)
            .filter(|it| it.target() == target && it.is_served());
        if let Some(line) = known {
            return line.clone();
        }
        let (settings, randomness) = (Arc::clone(&self.settings), Arc::clone(&self.randomness));
        let line = Line::open(target.clone(), settings, randomness);
        lines.insert(target.router, line.clone());
        line
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
        read::sessions(&self.line(target)).await
    }

    async fn cut(&self, target: &Target, logins: &[LoginRef]) -> Result<CutReport, GatewayError> {
        cut::cut(&self.line(target), logins).await
    }

    async fn uptime(&self, target: &Target) -> Result<u64, GatewayError> {
        inspect::uptime(&self.line(target)).await
    }

    async fn forget(&self, router: RouterId) {
        self.lines
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&router);
    }
}
