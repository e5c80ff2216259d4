//! Carries out a plan on a router and sorts what came of it.

use std::collections::BTreeSet;

use kernel::GrantId;

use crate::change::Change;
use crate::desired::Desired;
use crate::gateway::{GatewayError, RouterGateway, Target};
use crate::grant::Grant;
use crate::login::LoginRef;
use crate::plan::Plan;
use crate::ports::Failure;

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
                self.refuse(grant.id(), "its sessions could not be ended".to_owned());
            }
        }
    }

    fn note_conflicts(&mut self, plan: &Plan) {
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
            None => self
                .profile_errors
                .push(format!("{}: {reason}", change.name)),
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
    let mut outcome = Outcome::default();
    outcome.note_conflicts(plan);
    let mut spared = BTreeSet::new();
    if !plan.changes.is_empty() {
        let results = gateway.apply(target, &plan.changes).await;
        for (change, result) in plan.changes.iter().zip(results) {
            if let Err(err) = result {
                spared.extend(change.login());
                outcome.note_result(change, err);
            }
        }
    }
    let mut cuts: BTreeSet<LoginRef> = plan.cuts().into_iter().chain(want.owed_cuts()).collect();
    cuts.retain(|it| !spared.contains(it) && !in_conflict(plan, it));
    let cuts: Vec<LoginRef> = cuts.into_iter().collect();
    if outcome.router_error.is_some() {
        outcome.uncut.extend(cuts);
    } else if !cuts.is_empty() {
        end_sessions(gateway, target, &cuts, &mut outcome).await;
    }
    outcome
}

/// A login under a foreign row is a foreign customer's session.
fn in_conflict(plan: &Plan, login: &LoginRef) -> bool {
    let here = |it: &crate::plan::Conflict| {
        !it.row.menu.is_profiles()
            && it.row.menu.service() == login.service
            && it.row.name == login.name
    };
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
            outcome.cut = report.removed;
            outcome.uncut.extend(report.still_online.iter().cloned());
            outcome.still_online = report.still_online;
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
