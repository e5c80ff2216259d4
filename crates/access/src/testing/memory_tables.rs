//! What one tenant has in the access fake, and the rules that a database would enforce.

use std::collections::BTreeMap;

use kernel::{
    DomainEvent, GrantId, Id, JobRequest, Kind, NewEvent, ProfileId, RouterId, StoreError,
};

use super::memory_grants::Grants;
use super::memory_imports::ImportTables;
use crate::grant::{Allowance, Grant, GrantSnapshot};
use crate::ports::{GRANT_LOGIN_UNIQUE, GRANT_SUBJECT_UNIQUE};
use crate::profile::ServiceProfileSnapshot;
use crate::router::RouterSnapshot;
use crate::setup::RouterSetupSnapshot;

/// What one tenant has.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Tables {
    pub(super) profiles: BTreeMap<ProfileId, ServiceProfileSnapshot>,
    pub(super) routers: BTreeMap<RouterId, RouterSnapshot>,
    pub(super) grants: Grants,
    pub(super) setups: BTreeMap<RouterId, RouterSetupSnapshot>,
    pub(super) imports: ImportTables,
    pub(super) events: Vec<NewEvent>,
    pub(super) jobs: Vec<JobRequest>,
    /// Bumped by every commit: a transaction that began before another's commit conflicts when both wrote.
    pub(super) generation: u64,
}

pub(super) fn duplicate(constraint: &str) -> StoreError {
    StoreError::Duplicate {
        constraint: constraint.to_owned(),
    }
}

/// The version a row gets when saved, if the one that was loaded is still the stored one.
pub(super) fn next_version(loaded: i64, stored: Option<i64>) -> Result<i64, StoreError> {
    if stored.unwrap_or(0) != loaded {
        return Err(StoreError::Conflict);
    }
    Ok(loaded + 1)
}

impl Tables {
    pub(super) fn record<K: Kind, E: DomainEvent>(
        &mut self,
        id: Id<K>,
        events: Vec<E>,
    ) -> Result<(), StoreError> {
        for event in events {
            self.events.push(NewEvent::of(id, &event)?);
        }
        Ok(())
    }

    /// Every grant, by id.
    pub(super) fn grants(&self) -> impl DoubleEndedIterator<Item = &GrantSnapshot> {
        self.grants.iter()
    }

    /// One grant.
    pub(super) fn grant(&self, id: GrantId) -> Option<&GrantSnapshot> {
        self.grants.get(id)
    }

    pub(super) fn check_grant(&self, new: &GrantSnapshot) -> Result<(), StoreError> {
        if self
            .grants
            .of(new.subject)
            .is_some_and(|it| it.id != new.id)
        {
            return Err(duplicate(GRANT_SUBJECT_UNIQUE));
        }
        let lives = new.allowance != Allowance::Ended;
        if lives && self.grants.namesake(new).is_some_and(|it| it != new.id) {
            return Err(duplicate(GRANT_LOGIN_UNIQUE));
        }
        Ok(())
    }

    pub(super) fn restore(&self, id: GrantId) -> Result<Option<Grant>, StoreError> {
        let found = self.grant(id).cloned().map(Grant::restore);
        found.transpose().map_err(StoreError::corrupt)
    }

    pub(super) fn live_on(&self, router: RouterId) -> impl Iterator<Item = &GrantSnapshot> {
        let on = self.grants.on(router);
        on.filter(|it| it.allowance != Allowance::Ended)
    }

    pub(super) fn change_grant(
        &mut self,
        id: GrantId,
        change: impl FnOnce(&mut Grant),
    ) -> Result<(), StoreError> {
        if let Some(mut grant) = self.restore(id)? {
            change(&mut grant);
            let snapshot = grant.snapshot();
            let version = snapshot.version + 1;
            self.grants.put(GrantSnapshot {
                version,
                ..snapshot
            });
        }
        Ok(())
    }
}
