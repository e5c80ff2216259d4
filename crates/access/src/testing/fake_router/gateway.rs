//! The gateway port of routers in memory.

use async_trait::async_trait;
use kernel::RouterId;

use super::{FakeRouter, World};
use crate::adoption::Survey;
use crate::change::Change;
use crate::diagnosis::Findings;
use crate::execution::{Execution, ExecutionAnswer};
use crate::gateway::{
    CutReport, GatewayError, LiveSession, Pulse, RouterGateway, Selection, Target,
};
use crate::listening::SessionFeed;
use crate::login::LoginRef;
use crate::menu::Menu;
use crate::reachability::ReachabilityChange;
use crate::router::RouterFacts;
use crate::row::{Actual, ActualRow};
use crate::statistics::GatewayStatistics;
use crate::testing::fake_findings::fake_findings;
use crate::testing::surveyed;
use crate::usage::{UsageReading, UsageScope};
#[async_trait]
impl RouterGateway for FakeRouter {
    async fn inspect(&self, target: &Target) -> Result<RouterFacts, GatewayError> {
        self.meet(target, |it| {
            it.inspections += 1;
            it.facts(target.router)
        })
    }

    async fn read(&self, target: &Target, selection: &Selection) -> Result<Actual, GatewayError> {
        self.meet(target, |it| it.read(selection))
    }

    async fn apply(&self, target: &Target, changes: &[Change]) -> Vec<Result<(), GatewayError>> {
        let each = |it: &mut World| changes.iter().map(|change| it.apply(change)).collect();
        self.meet(target, each)
            .unwrap_or_else(|err| changes.iter().map(|_| Err(err.clone())).collect())
    }

    async fn sessions(&self, target: &Target) -> Result<Vec<LiveSession>, GatewayError> {
        let session = |login: &LoginRef| LiveSession {
            login: login.clone(),
            address: None,
            device: None,
            uptime_s: 0,
        };
        self.meet(target, |it| it.online.iter().map(session).collect())
    }

    async fn cut(&self, target: &Target, logins: &[LoginRef]) -> Result<CutReport, GatewayError> {
        self.meet(target, |it| {
            let before = it.online.len();
            let stays = |login: &LoginRef| !logins.contains(login) || it.stubborn.contains(login);
            let online: Vec<LoginRef> = it
                .online
                .iter()
                .filter(|login| stays(login))
                .cloned()
                .collect();
            let still = online
                .iter()
                .filter(|login| logins.contains(login))
                .cloned()
                .collect();
            let removed = u64::try_from(before - online.len()).unwrap_or(u64::MAX);
            it.online = online;
            CutReport {
                removed,
                still_online: still,
            }
        })
    }

    async fn forget(&self, _router: RouterId) {}

    async fn uptime(&self, target: &Target) -> Result<u64, GatewayError> {
        self.meet(target, |it| it.facts(target.router).uptime_s)
    }

    /// Prints the names of what a menu holds; any other command is done without effect.
    async fn execute(
        &self,
        target: &Target,
        execution: &Execution,
    ) -> Result<ExecutionAnswer, GatewayError> {
        let menu = execution.path().strip_suffix("/print");
        self.meet(target, |it| {
            let printed = Menu::ALL.into_iter().find(|all| Some(all.path()) == menu);
            let rows = printed.map_or(&[][..], |menu| it.actual.rows(menu));
            let shown = |row: &ActualRow| vec![("name".to_owned(), row.name.clone())];
            ExecutionAnswer {
                rows: rows.iter().map(shown).collect(),
                ..ExecutionAnswer::default()
            }
        })
    }

    fn statistics(&self, _router: RouterId) -> Option<GatewayStatistics> {
        None
    }

    async fn examine(&self, target: &Target) -> Findings {
        let facts = self.meet(target, |it| it.facts(target.router));
        fake_findings(target, facts)
    }

    async fn usage(
        &self,
        target: &Target,
        reach: UsageScope,
    ) -> Result<UsageReading, GatewayError> {
        self.meet(target, |it| it.usage(target.router, reach))
    }

    async fn survey(&self, target: &Target) -> Result<Survey, GatewayError> {
        self.meet(target, |it| surveyed::look(&it.survey, &it.actual))
    }

    async fn pulse(&self, target: &Target) -> Result<Pulse, GatewayError> {
        self.meet(target, |it| {
            let facts = it.facts(target.router);
            Pulse {
                uptime_s: facts.uptime_s,
                version: Some(facts.version),
            }
        })
    }

    async fn reachability_changed(&self) -> ReachabilityChange {
        std::future::poll_fn(|cx| self.poll_news(cx)).await
    }

    async fn listen(&self, target: &Target) -> Result<Box<dyn SessionFeed>, GatewayError> {
        self.meet(target, |it| it.ears.open())?
    }
}
