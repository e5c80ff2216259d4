//! Rows of one kind, of which every transaction has a copy: copies share what neither has changed.

use std::fmt;

use immutable_chunkmap::map::MapM;
use kernel::{AccountId, Id, TenantId};

/// A row that says whose account it belongs to, if any.
pub(super) trait Row: Clone {
    fn account(&self) -> Option<AccountId> {
        None
    }
}

/// The rows of one kind, by tenant and id, and by account.
pub(super) struct Table<K, R: Row> {
    rows: MapM<(TenantId, Id<K>), R>,
    /// Which rows an account has, by id.
    of_accounts: MapM<(TenantId, AccountId), Vec<Id<K>>>,
}

impl<K, R: Row> Table<K, R> {
    pub(super) fn get(&self, key: &(TenantId, Id<K>)) -> Option<&R> {
        self.rows.get(key)
    }

    pub(super) fn get_mut(&mut self, key: &(TenantId, Id<K>)) -> Option<&mut R> {
        self.rows.get_mut_cow(key)
    }

    pub(super) fn insert(&mut self, key: (TenantId, Id<K>), row: R) {
        let (tenant, id) = key;
        if let Some(account) = row.account() {
            let ids = self.of_accounts.get_or_default_cow((tenant, account));
            if let Err(place) = ids.binary_search(&id) {
                ids.insert(place, id);
            }
        }
        self.rows.insert_cow(key, row);
    }

    /// The rows of one tenant, by id.
    pub(super) fn of_tenant(&self, tenant: TenantId) -> impl DoubleEndedIterator<Item = &R> {
        self.rows
            .into_iter()
            .filter(move |((owner, _), _)| *owner == tenant)
            .map(|(_, row)| row)
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
            .flatten()
            .filter_map(move |id| self.rows.get(&(tenant, *id)))
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
            rows: MapM::new(),
            of_accounts: MapM::new(),
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
