//! Rows of one kind, of which every transaction has a copy: copies share what neither has changed.

use std::fmt;
use std::sync::Arc;

use immutable_chunkmap::map::Map;
use kernel::{AccountId, Id, TenantId};

/// A map that every transaction has a copy of. A change copies one of its chunks, so they are short.
pub(super) type Shared<K, V> = Map<K, V, 32>;

/// A row that says whose account it belongs to, if any.
pub(super) trait Row: Clone {
    fn account(&self) -> Option<AccountId> {
        None
    }
}

/// The rows of one kind, by tenant and id, and by account.
pub(super) struct Table<K, R: Row> {
    /// Behind a pointer, because the map copies the neighbours of what changes.
    rows: Shared<(TenantId, Id<K>), Arc<R>>,
    /// Which rows an account has, by id.
    of_accounts: Shared<(TenantId, AccountId), Arc<Vec<Id<K>>>>,
}

impl<K, R: Row> Table<K, R> {
    pub(super) fn get(&self, key: &(TenantId, Id<K>)) -> Option<&R> {
        self.rows.get(key).map(|it| &**it)
    }

    pub(super) fn get_mut(&mut self, key: &(TenantId, Id<K>)) -> Option<&mut R> {
        self.rows.get_mut_cow(key).map(Arc::make_mut)
    }

    pub(super) fn insert(&mut self, key: (TenantId, Id<K>), row: R) {
        let (tenant, id) = key;
        if let Some(account) = row.account() {
            self.belongs(account, tenant, id);
        }
        self.rows.insert_cow(key, Arc::new(row));
    }

    fn belongs(&mut self, account: AccountId, tenant: TenantId, id: Id<K>) {
        let place = (tenant, account);
        let known = self.of_accounts.get(&place);
        let Err(next) = known.map_or(Err(0), |ids| ids.binary_search(&id)) else {
            return;
        };
        let ids = self.of_accounts.get_or_default_cow(place);
        Arc::make_mut(ids).insert(next, id);
    }

    /// The rows of one tenant, by id.
    pub(super) fn of_tenant(&self, tenant: TenantId) -> impl DoubleEndedIterator<Item = &R> {
        self.rows
            .into_iter()
            .filter(move |((owner, _), _)| *owner == tenant)
            .map(|(_, row)| &**row)
    }

    /// The rows of one account, or of the whole tenant, the newest first.
    pub(super) fn newest<'a>(
        &'a self,
        tenant: TenantId,
        account: Option<AccountId>,
    ) -> Box<dyn Iterator<Item = &'a R> + 'a> {
        match account {
            Some(account) => Box::new(self.of_account(tenant, account).rev()),
            None => Box::new(self.of_tenant(tenant).rev()),
        }
    }

    /// The rows of one account, by id.
    pub(super) fn of_account(
        &self,
        tenant: TenantId,
        account: AccountId,
    ) -> impl DoubleEndedIterator<Item = &R> {
        let ids = self.of_accounts.get(&(tenant, account));
        ids.into_iter()
            .flat_map(|ids| ids.iter())
            .filter_map(move |id| self.get(&(tenant, *id)))
    }
}

impl<K, R: Row> Clone for Table<K, R> {
    fn clone(&self) -> Self {
        Self {
            rows: self.rows.clone(),
            of_accounts: self.of_accounts.clone(),
        }
    }
}

impl<K, R: Row> Default for Table<K, R> {
    fn default() -> Self {
        Self {
            rows: Shared::new(),
            of_accounts: Shared::new(),
        }
    }
}

impl<K, R: Row + fmt::Debug> fmt::Debug for Table<K, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.rows.into_iter().map(|(_, row)| row))
            .finish()
    }
}
