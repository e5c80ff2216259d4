//! The grants of one tenant, of which every transaction has a copy: copies share what neither has changed, and what is
//! asked for often is found without looking at all of them.

use std::sync::Arc;

use immutable_chunkmap::map::Map;
use immutable_chunkmap::set::Set;
use kernel::{GrantId, RouterId};

use crate::grant::{Allowance, GrantSnapshot, Subject};
use crate::login::{Login, Service};

/// Rows that are copied with the one that changes.
const CHUNK: usize = 32;

type Shared<K, V> = Map<K, V, CHUNK>;

/// A name that one live grant has on a router.
type Name = (RouterId, Service, Login);

/// The grants of one tenant.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Grants {
    rows: Shared<GrantId, Arc<GrantSnapshot>>,
    of_subjects: Shared<Subject, GrantId>,
    on_routers: Shared<RouterId, Set<GrantId, CHUNK>>,
    /// Only of those that live.
    names: Shared<Name, GrantId>,
}

impl Grants {
    pub(super) fn get(&self, id: GrantId) -> Option<&GrantSnapshot> {
        self.rows.get(&id).map(|it| &**it)
    }

    /// All of them, by id.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &GrantSnapshot> {
        self.rows.into_iter().map(|(_, it)| &**it)
    }

    /// Those on a router, by id.
    pub(super) fn on(&self, router: RouterId) -> impl DoubleEndedIterator<Item = &GrantSnapshot> {
        let ids = self.on_routers.get(&router).into_iter().flatten();
        ids.filter_map(|id| self.get(*id))
    }

    pub(super) fn of(&self, subject: Subject) -> Option<&GrantSnapshot> {
        self.of_subjects.get(&subject).and_then(|id| self.get(*id))
    }

    /// Which live grant has the name that this one has.
    pub(super) fn namesake(&self, grant: &GrantSnapshot) -> Option<GrantId> {
        self.names.get(&name_of(grant)).copied()
    }

    pub(super) fn put(&mut self, new: GrantSnapshot) {
        let id = new.id;
        if let Some(old) = self.rows.get(&id).map(Arc::clone) {
            self.forget(&old, &new);
        }
        if self.of_subjects.get(&new.subject) != Some(&id) {
            self.of_subjects.insert_cow(new.subject, id);
        }
        if !self
            .on_routers
            .get(&new.router)
            .is_some_and(|it| it.contains(&id))
        {
            self.on_routers
                .get_or_default_cow(new.router)
                .insert_cow(id);
        }
        if lives(&new) && self.namesake(&new) != Some(id) {
            self.names.insert_cow(name_of(&new), id);
        }
        self.rows.insert_cow(id, Arc::new(new));
    }

    /// Forgets where an old version was found, if the new one is not found there.
    fn forget(&mut self, old: &GrantSnapshot, new: &GrantSnapshot) {
        if old.subject != new.subject {
            self.of_subjects.remove_cow(&old.subject);
        }
        if old.router != new.router {
            self.on_routers
                .get_or_default_cow(old.router)
                .remove_cow(&old.id);
        }
        if lives(old) && (!lives(new) || name_of(old) != name_of(new)) {
            self.names.remove_cow(&name_of(old));
        }
    }
}

fn lives(grant: &GrantSnapshot) -> bool {
    grant.allowance != Allowance::Ended
}

fn name_of(grant: &GrantSnapshot) -> Name {
    (grant.router, grant.service, grant.login.clone())
}
