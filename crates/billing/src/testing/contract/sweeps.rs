//! Promises about which accounts a sweep finds.

use kernel::{AccountId, EntityId};

use super::{World, day};
use crate::account::Account;
use crate::overdue::Level;
use crate::ports::SweepPage;
use crate::subscription::At;

const TODAY: &str = "2026-12-01";

fn page(after: Option<AccountId>, limit: u16) -> SweepPage {
    SweepPage {
        today: day(TODAY),
        after,
        limit,
    }
}

impl World<'_> {
    pub(super) async fn sweep_promises(&self) {
        self.only_accounts_with_something_due_are_billed().await;
    }

    async fn only_accounts_with_something_due_are_billed(&self) {
        let entity = self.found().await;
        let due = self.subscriber(entity, "2026-11-01").await;
        self.subscriber(entity, "2026-12-02").await;
        self.billed_subscriber(entity).await;
        self.suspended_subscriber(entity).await;
        self.parked_subscriber(entity).await;
        self.account_with(entity).await;
        let changed = self.changed_subscriber(entity).await;
        let today = self.subscriber(entity, TODAY).await;
        let all = self.to_bill(entity, page(None, 10)).await;
        assert_eq!(all, [due, changed, today]);
        assert_eq!(self.to_bill(entity, page(None, 2)).await, [due, changed]);
        let rest = self.to_bill(entity, page(Some(changed), 2)).await;
        assert_eq!(rest, [today]);
        let end = self.to_bill(entity, page(Some(today), 2)).await;
        assert!(end.is_empty());
        let elsewhere = self.found().await;
        assert!(self.to_bill(elsewhere, page(None, 10)).await.is_empty());
    }

    async fn to_bill(&self, entity: EntityId, page: SweepPage) -> Vec<AccountId> {
        let found = self.queries.accounts_to_bill(self.tenant(), entity, page);
        found.await.unwrap()
    }

    /// An account with a subscription that was never billed.
    async fn subscriber(&self, entity: EntityId, starts_on: &str) -> AccountId {
        let account = self.account_with(entity).await.id();
        self.sell(account, "2026-11-15", starts_on).await;
        account
    }

    async fn billed_subscriber(&self, entity: EntityId) -> AccountId {
        let account = self.account_with(entity).await.id();
        let mut it = self.sell(account, "2026-11-15", "2026-11-15").await;
        it.billed(day("2026-11-15"));
        self.keep(&mut it).await;
        account
    }

    async fn suspended_subscriber(&self, entity: EntityId) -> AccountId {
        let account = self.account_with(entity).await.id();
        let mut it = self.sell(account, "2026-11-01", "2026-11-01").await;
        it.billed(day("2026-11-01"));
        it.suspend("away", day("2026-11-20")).unwrap();
        it.derive_access(Level::Clear, day("2026-11-20"));
        self.keep(&mut it).await;
        account
    }

    async fn parked_subscriber(&self, entity: EntityId) -> AccountId {
        let mut account = self.account_with(entity).await;
        self.sell(account.id(), "2026-11-15", "2026-11-01").await;
        account.park("days were billed twice");
        self.save_account(&mut account).await;
        account.id()
    }

    async fn changed_subscriber(&self, entity: EntityId) -> AccountId {
        let account = self.account_with(entity).await.id();
        let mut it = self.sell(account, "2026-11-15", "2026-11-15").await;
        it.billed(day("2026-11-15"));
        let plan = self.plan(900_000).await;
        it.change_plan(&plan, At::Now, day("2026-11-20")).unwrap();
        self.keep(&mut it).await;
        account
    }

    async fn save_account(&self, account: &mut Account) {
        let mut tx = self.tx().await;
        tx.accounts().save(account).await.unwrap();
        tx.commit().await.unwrap();
    }
}
