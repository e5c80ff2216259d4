//! Carries out a plan on a router and sorts what came of it.

use std::collections::BTreeSet;

use kernel::GrantId;

use crate::change::Change;
use crate::desired::Desired;
use crate::gateway::{GatewayError, RouterGateway, Target};
use crate::grant::{Grant, STILL_ONLINE};
use crate::login::LoginRef;
use crate::plan::Plan;
use crate::ports::Failure;
use crate::setup::shown_name;

/// What came of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Outcome {
    /// Grants that the router refused, each once.
    pub(crate) failures: Vec<Failure>,
    /// Profiles, and rows that no grant explains, that the router refused; in words.
    pub(crate) profile_errors: Vec<String>,
    /// Sessions that ended.
    pub(crate) cut: u64,
    /// Who is online still and should not be.
    pub(crate) still_online: Vec<LoginRef>,
    /// What kept the router from being worked with to the end.
    pub(crate) router_error: Option<GatewayError>,
    /// Grants whose change was not answered, or whose sessions could not be ended.
    unsettled: BTreeSet<GrantId>,
    /// Logins whose sessions could not be ended.
    uncut: BTreeSet<LoginRef>,
}

impl Outcome {
    /// Whether a grant is not, or not provably, on the router as it should be.
    pub(crate) fn is_unsettled(&self, grant: &Grant) -> bool {
        let login = LoginRef::new(grant.service(), grant.login().as_str());
        self.unsettled.contains(&grant.id()) || self.uncut.contains(&login)
    }

    /// Grants whose sessions could not be ended count as refused: they are tried again after everybody else.
    pub(crate) fn refuse_uncut(&mut self, grants: &[Grant]) {
        if self.router_error.is_some() {
            return;
        }
        for grant in grants {
            let login = LoginRef::new(grant.service(), grant.login().as_str());
            if self.uncut.contains(&login) {
                self.refuse(grant.id(), STILL_ONLINE.to_owned());
            }
        }
    }

    fn note_conflicts(&mut self, plan: &Plan) {
        let reasons = plan
            .unknown
            .iter()
            .map(|(menu, why)| format!("{menu}: {why}"));
        let reasons: Vec<String> = reasons.collect();
        for grant in &plan.unserved {
            self.refuse(*grant, format!("could not be read: {}", reasons.join("; ")));
        }
        for it in &plan.conflicts {
            let reason = format!(
                "{} {} was made by another hand: rename or remove it on the router",
                it.row.menu, it.row.id
            );
            match it.grant {
                Some(grant) => self.refuse(grant, reason),
                None => self
                    .profile_errors
                    .push(format!("{}: {reason}", it.row.name)),
            }
        }
    }

    fn note_result(&mut self, change: &Change, err: GatewayError) {
        if let Some(grant) = change.grant {
            self.unsettled.insert(grant);
        }
        if err.concerns_router() {
            self.uncut.extend(change.login());
            self.router_error.get_or_insert(err);
            return;
        }
        let reason = format!("{}: {}", change.menu, err.message);
        match change.grant {
            Some(grant) => self.refuse(grant, reason),
            None => self.profile_errors.push(format!(
                "{}: {reason}",
                shown_name(change.menu, &change.name)
            )),
        }
    }

    fn refuse(&mut self, grant: GrantId, reason: String) {
        if self.failures.iter().all(|it| it.grant != grant) {
            self.failures.push(Failure { grant, reason });
        }
        self.unsettled.insert(grant);
    }
}

/// Applies a plan, ends the sessions that it demands or that are owed from before, and sorts the results.
///
/// First the changes, then the cuts: who is cut before being refused comes back at once.
pub(crate) async fn settle(
    gateway: &dyn RouterGateway,
    target: &Target,
    want: &Desired,
    plan: &Plan,
) -> Outcome {
    let mut settlement = Settlement::begin(gateway, target, plan);
    settlement.make(&plan.changes).await;
    settlement.finish(want).await
}

/// A plan on its way to a router, some changes at a time.
pub(crate) struct Settlement<'a> {
    gateway: &'a dyn RouterGateway,
    target: &'a Target,
    plan: &'a Plan,
    outcome: Outcome,
    /// Logins whose change failed, cutting them would only bring them back; and those that others have served since.
    spared: BTreeSet<LoginRef>,
    /// Logins that have been cut.
    cut: BTreeSet<LoginRef>,
}

impl<'a> Settlement<'a> {
    /// Nothing done yet.
    pub(crate) fn begin(
        gateway: &'a dyn RouterGateway,
        target: &'a Target,
        plan: &'a Plan,
    ) -> Self {
        let mut outcome = Outcome::default();
        outcome.note_conflicts(plan);
        Self {
            gateway,
            target,
            plan,
            outcome,
            spared: BTreeSet::new(),
            cut: BTreeSet::new(),
        }
    }

    /// Whether the router can still be worked with.
    pub(crate) const fn goes_on(&self) -> bool {
        self.outcome.router_error.is_none()
    }

    /// Makes some of the plan's changes, then ends the sessions that they demand.
    pub(crate) async fn make(&mut self, changes: &[Change]) {
        if changes.is_empty() {
            return;
        }
        let results = self.gateway.apply(self.target, changes).await;
        for (change, result) in changes.iter().zip(results) {
            if let Err(err) = result {
                self.spared.extend(change.login());
                self.outcome.note_result(change, err);
            }
        }
        let cuts = changes.iter().filter(|it| it.cuts);
        self.end(cuts.filter_map(Change::login).collect()).await;
    }

    /// Cuts these logins no more: what they owed was settled since the plan was made.
    pub(crate) fn spare(&mut self, logins: impl IntoIterator<Item = LoginRef>) {
        self.spared.extend(logins);
    }

    /// Ends the sessions that are owed from before, and says what came of everything.
    pub(crate) async fn finish(mut self, want: &Desired) -> Outcome {
        self.end(want.owed_cuts().collect()).await;
        self.outcome
    }

    /// What came of it so far.
    pub(crate) fn outcome(self) -> Outcome {
        self.outcome
    }

    async fn end(&mut self, mut cuts: BTreeSet<LoginRef>) {
        let (spared, plan) = (&self.spared, self.plan);
        cuts.retain(|it| !spared.contains(it) && !in_conflict(plan, it));
        cuts.retain(|it| self.cut.insert(it.clone()));
        if !self.goes_on() {
            self.outcome.uncut.extend(cuts);
        } else if !cuts.is_empty() {
            let cuts: Vec<LoginRef> = cuts.into_iter().collect();
            end_sessions(self.gateway, self.target, &cuts, &mut self.outcome).await;
        }
    }
}

/// A login under a foreign row is a foreign customer's session.
fn in_conflict(plan: &Plan, login: &LoginRef) -> bool {
    let here =
        |it: &crate::plan::Conflict| it.row.menu.login_of(&it.row.name).as_ref() == Some(login);
    plan.conflicts.iter().any(here)
}

async fn end_sessions(
    gateway: &dyn RouterGateway,
    target: &Target,
    cuts: &[LoginRef],
    outcome: &mut Outcome,
) {
    match gateway.cut(target, cuts).await {
        Ok(report) => {
            outcome.cut += report.removed;
            outcome.uncut.extend(report.still_online.iter().cloned());
            outcome.still_online.extend(report.still_online);
        }
        Err(err) => {
            outcome.uncut.extend(cuts.iter().cloned());
            if err.concerns_router() {
                outcome.router_error.get_or_insert(err);
            } else {
                outcome
                    .profile_errors
                    .push(format!("sessions: {}", err.message));
            }
        }
    }
}
