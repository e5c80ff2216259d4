//! What every store of vouchers must do, whatever it is made of: the fake, SQLite and PostgreSQL run these promises.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use chrono::Duration;
use kernel::testing::OpenVault;
use kernel::{
    BatchId, Currency, Ids, JobRequest, Lane, Money, PageRequest, Priority, Scope, Secret,
    TenantId, Timestamp, Vault, VoucherId,
};

use crate::batch::{Batch, NewBatch};
use crate::code::{Alphabet, CodeStyle, code_digest, voucher_owner};
use crate::ports::{BatchFilter, VoucherFilter, VoucherQueries, VouchersStore};
use crate::validity::Validity;
use crate::voucher::{NewVoucher, VoucherSnapshot, VoucherState, VoucherStateName};

mod batches;

/// Checks every promise of [`VouchersStore`] and [`VoucherQueries`] on an adapter.
///
/// `tenant` must be fresh; `ids` must hand out ids that were never used before.
///
/// # Panics
/// When a promise is broken.
pub async fn vouchers_store_contract(
    store: &dyn VouchersStore,
    queries: &dyn VoucherQueries,
    tenant: TenantId,
    ids: &dyn Ids,
) {
    let world = World {
        store,
        queries,
        scope: Scope::system(tenant, "contract", ids.fresh()),
        ids,
    };
    world.a_batch_reads_back_as_it_was_saved().await;
    world.what_is_not_committed_never_was().await;
    world.a_stale_batch_is_a_conflict().await;
    world.a_code_is_unique_over_everything_ever_issued().await;
    world.another_tenant_sees_nothing().await;
    world.states_survive_storage_and_are_counted().await;
    world.imported_vouchers_keep_their_states().await;
    world.batches_are_written_and_found_together().await;
    world.only_vouchers_whose_clock_ran_out_are_due().await;
    world.a_batch_is_withdrawn_at_once().await;
    world.pages_run_from_the_newest_to_the_oldest().await;
}

struct World<'a> {
    store: &'a dyn VouchersStore,
    queries: &'a dyn VoucherQueries,
    scope: Scope,
    ids: &'a dyn Ids,
}

fn noon() -> Timestamp {
    Timestamp::from_utc("2026-11-21T12:00:00Z".parse().unwrap())
}

fn week() -> Validity {
    Validity {
        shelf_days: Some(90),
        from_first_login_minutes: Some(7 * 24 * 60),
        online_s: Some(36_000),
        data_bytes: Some(5_000_000_000),
    }
}

impl World<'_> {
    async fn imported_vouchers_keep_their_states(&self) {
        let mut batch = Batch::import(self.batch(3).ordered().clone(), noon()).unwrap();
        let id = batch.ordered().id;
        let ends = Some(noon().plus(Duration::days(1)));
        let states = [
            (VoucherState::Generated, None),
            (VoucherState::Active { since: noon() }, ends),
            (VoucherState::Expired { at: noon() }, None),
        ];
        let voucher = |(state, expires_at): (VoucherState, Option<Timestamp>)| {
            let voucher: VoucherId = self.ids.next();
            let code = Secret::new(format!("imported-{voucher}"));
            VoucherSnapshot {
                id: voucher,
                batch: id,
                code: OpenVault.seal(&voucher_owner(id, voucher), &code),
                digest: code_digest(&OpenVault, &code),
                state,
                expires_at,
                version: 1,
            }
        };
        let vouchers: Vec<VoucherSnapshot> = states.into_iter().map(voucher).collect();
        let mut tx = self.store.begin(&self.scope).await.unwrap();
        batch.add_imported(3);
        tx.batches().save(&mut batch).await.unwrap();
        tx.vouchers()
            .insert_imported(vouchers.clone())
            .await
            .unwrap();
        tx.commit().await.unwrap();

        let mut tx = self.store.begin(&self.scope).await.unwrap();
        let found = tx.vouchers().page_of_batch(id, None, 10).await.unwrap();
        let found: Vec<VoucherSnapshot> = found.iter().map(|it| it.snapshot()).collect();
        assert_eq!(found, vouchers);
        let view = self.queries.batch(self.scope.tenant, id).await.unwrap();
        let view = view.unwrap();
        assert_eq!((view.status, view.generated), ("ready", 3));
        let again = VoucherSnapshot {
            id: self.ids.next(),
            ..vouchers[0].clone()
        };
        let taken = tx.vouchers().insert_imported(vec![again]).await;
        let taken = match taken {
            Ok(()) => tx.commit().await,
            Err(err) => Err(err),
        };
        assert!(taken.unwrap_err().is_duplicate_of("vouchers_digest"));
    }

    fn batch(&self, count: u32) -> Batch {
        let idr: Currency = "IDR".parse().unwrap();
        let order = NewBatch {
            id: self.ids.next(),
            name: "Kiosk at the harbour".parse().unwrap(),
            plan: self.ids.next(),
            profile: self.ids.next(),
            router: self.ids.next(),
            count,
            style: CodeStyle::new(Alphabet::Mix2, 12, "vc-").unwrap(),
            validity: week(),
            price: Money::from_minor(500_000, idr),
        };
        Batch::order(order, noon()).unwrap()
    }

    fn voucher(&self, batch: BatchId, code: &str, expires_at: Option<Timestamp>) -> NewVoucher {
        let id: VoucherId = self.ids.next();
        let code = Secret::new(code);
        NewVoucher {
            id,
            code: OpenVault.seal(&voucher_owner(batch, id), &code),
            digest: code_digest(&OpenVault, &code),
            expires_at,
        }
    }

    async fn stored(&self, vouchers: &[(&str, Option<Timestamp>)]) -> (BatchId, Vec<VoucherId>) {
        let mut batch = self.batch(u32::try_from(vouchers.len()).unwrap());
        let id = batch.ordered().id;
        let new: Vec<_> = vouchers
            .iter()
            .map(|(code, end)| self.voucher(id, code, *end))
            .collect();
        let made = new.iter().map(|it| it.id).collect();
        batch
            .add_generated(u32::try_from(new.len()).unwrap())
            .unwrap();
        let mut tx = self.store.begin(&self.scope).await.unwrap();
        tx.batches().save(&mut batch).await.unwrap();
        tx.vouchers().insert_many(id, new).await.unwrap();
        tx.commit().await.unwrap();
        (id, made)
    }

    async fn change(&self, id: VoucherId, change: impl FnOnce(&mut crate::Voucher)) {
        let mut tx = self.store.begin(&self.scope).await.unwrap();
        let mut voucher = tx.vouchers().find(id).await.unwrap().unwrap();
        change(&mut voucher);
        tx.vouchers().save(&mut voucher).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn a_batch_reads_back_as_it_was_saved(&self) {
        let mut batch = self.batch(3);
        let id = batch.ordered().id;
        let mut tx = self.store.begin(&self.scope).await.unwrap();
        tx.batches().save(&mut batch).await.unwrap();
        tx.enqueue(self.job()).await.unwrap();
        tx.commit().await.unwrap();
        batch.void("printed badly", 0, noon()).unwrap();
        let mut tx = self.store.begin(&self.scope).await.unwrap();
        tx.batches().save(&mut batch).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = self.store.begin(&self.scope).await.unwrap();
        let stored = tx.batches().find(id).await.unwrap().unwrap();
        assert_eq!(stored.snapshot(), batch.snapshot());
        assert_eq!(stored.snapshot().version, 2);
        let view = self
            .queries
            .batch(self.scope.tenant, id)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            (view.status, view.voided_reason.as_deref()),
            ("voided", Some("printed badly"))
        );
        assert_eq!(
            (view.validity, view.alphabet, view.length),
            (week(), Alphabet::Mix2, 12)
        );
    }

    fn job(&self) -> JobRequest {
        JobRequest {
            id: self.ids.next(),
            kind: "generate_vouchers".to_owned(),
            lane: Lane::open(),
            priority: Priority::Normal,
            run_at: noon(),
            unique_key: None,
            payload: serde_json::json!({}),
            max_attempts: 3,
            total: None,
        }
    }

    async fn what_is_not_committed_never_was(&self) {
        let mut batch = self.batch(1);
        let id = batch.ordered().id;
        let mut tx = self.store.begin(&self.scope).await.unwrap();
        tx.batches().save(&mut batch).await.unwrap();
        tx.vouchers()
            .insert_many(id, vec![self.voucher(id, "never", None)])
            .await
            .unwrap();
        drop(tx);
        let mut tx = self.store.begin(&self.scope).await.unwrap();
        assert!(tx.batches().find(id).await.unwrap().is_none());
        let digest = code_digest(&OpenVault, &Secret::new("never"));
        assert!(
            tx.vouchers()
                .find_by_digest(digest)
                .await
                .unwrap()
                .is_none()
        );
    }

    async fn a_code_is_unique_over_everything_ever_issued(&self) {
        let (_, made) = self.stored(&[("only-once", None)]).await;
        let mut second = self.batch(1);
        let id = second.ordered().id;
        let mut tx = self.store.begin(&self.scope).await.unwrap();
        tx.batches().save(&mut second).await.unwrap();
        let again = vec![self.voucher(id, "only-once", None)];
        let refused = match tx.vouchers().insert_many(id, again).await {
            Ok(()) => tx.commit().await.unwrap_err(),
            Err(err) => {
                drop(tx);
                err
            }
        };
        assert!(refused.is_duplicate_of("vouchers_digest"), "{refused:?}");
        let (_, other) = self.stored(&[("only-once-more", None)]).await;
        let mut tx = self.store.begin(&self.scope).await.unwrap();
        let digest = code_digest(&OpenVault, &Secret::new("only-once"));
        let holder = tx.vouchers().find_by_digest(digest).await.unwrap().unwrap();
        assert_eq!(holder.id(), made[0]);
        let never = code_digest(&OpenVault, &Secret::new("never-issued"));
        let more = code_digest(&OpenVault, &Secret::new("only-once-more"));
        let some = [digest, never, more];
        let found = tx.vouchers().find_many_by_digest(&some).await.unwrap();
        let mut found: Vec<VoucherId> = found.iter().map(|it| it.id()).collect();
        found.sort();
        assert_eq!(found, [made[0], other[0]]);
        assert!(
            tx.vouchers()
                .find_many_by_digest(&[])
                .await
                .unwrap()
                .is_empty()
        );
        let code = OpenVault.open(&voucher_owner(holder.batch(), holder.id()), holder.code());
        assert_eq!(code.unwrap().expose(), "only-once");
    }

    async fn another_tenant_sees_nothing(&self) {
        let (batch, made) = self.stored(&[("mine", None)]).await;
        let stranger: TenantId = self.ids.next();
        let scope = Scope::system(stranger, "contract", self.ids.fresh());
        let mut tx = self.store.begin(&scope).await.unwrap();
        assert!(tx.batches().find(batch).await.unwrap().is_none());
        assert!(tx.vouchers().find(made[0]).await.unwrap().is_none());
        drop(tx);
        assert!(self.queries.batch(stranger, batch).await.unwrap().is_none());
        assert!(
            self.queries
                .voucher(stranger, made[0])
                .await
                .unwrap()
                .is_none()
        );
    }

    async fn states_survive_storage_and_are_counted(&self) {
        let codes = [
            ("s-generated", None),
            ("s-sold", None),
            ("s-active", None),
            ("s-void", None),
        ];
        let (batch, made) = self.stored(&codes).await;
        self.change(made[1], |it| it.sell(noon()).unwrap()).await;
        self.change(made[2], |it| it.activate(week(), noon()).unwrap())
            .await;
        self.change(made[3], |it| it.void("lost", noon()).unwrap())
            .await;
        let tenant = self.scope.tenant;
        let mut unused = self.queries.unused_among(tenant, &made).await.unwrap();
        unused.sort();
        assert_eq!(unused, made[..2]);
        assert!(
            self.queries
                .unused_among(tenant, &[])
                .await
                .unwrap()
                .is_empty()
        );
        let active = self
            .queries
            .voucher(tenant, made[2])
            .await
            .unwrap()
            .unwrap();
        assert_eq!(active.state, VoucherStateName::Active);
        assert_eq!(active.expires_at, Some(noon().plus(Duration::days(7))));
        let void = self
            .queries
            .voucher(tenant, made[3])
            .await
            .unwrap()
            .unwrap();
        assert_eq!(void.voided_reason.as_deref(), Some("lost"));
        let states = self
            .queries
            .batch(tenant, batch)
            .await
            .unwrap()
            .unwrap()
            .states;
        assert_eq!(
            (states.generated, states.sold, states.active, states.voided),
            (1, 1, 1, 1)
        );
        let filter = VoucherFilter {
            batch: Some(batch),
            state: Some(VoucherStateName::Sold),
        };
        let sold = self
            .queries
            .vouchers(tenant, filter, PageRequest::default())
            .await
            .unwrap();
        assert_eq!(
            sold.items.iter().map(|it| it.id).collect::<Vec<_>>(),
            vec![made[1]]
        );
    }

    async fn only_vouchers_whose_clock_ran_out_are_due(&self) {
        let hour = |it: i64| Some(noon().plus(Duration::hours(it)));
        let codes = [
            ("d-late", hour(2)),
            ("d-early", hour(1)),
            ("d-void", hour(1)),
            ("d-never", None),
        ];
        let (_, made) = self.stored(&codes).await;
        self.change(made[2], |it| it.void("lost", noon()).unwrap())
            .await;
        let mut tx = self.store.begin(&self.scope).await.unwrap();
        let due = tx
            .vouchers()
            .due_to_expire(noon().plus(Duration::hours(2)), 10)
            .await
            .unwrap();
        assert_eq!(
            due.iter().map(crate::Voucher::id).collect::<Vec<_>>(),
            vec![made[1], made[0]]
        );
        let first = tx
            .vouchers()
            .due_to_expire(noon().plus(Duration::hours(2)), 1)
            .await
            .unwrap();
        assert_eq!(first.len(), 1);
        assert!(
            tx.vouchers()
                .due_to_expire(noon(), 10)
                .await
                .unwrap()
                .is_empty()
        );
    }

    async fn a_batch_is_withdrawn_at_once(&self) {
        let (batch, made) = self
            .stored(&[("w-one", None), ("w-two", None), ("w-gone", None)])
            .await;
        self.change(made[2], |it| it.void("before", noon()).unwrap())
            .await;
        let mut tx = self.store.begin(&self.scope).await.unwrap();
        assert_eq!(
            tx.vouchers()
                .void_all_of(batch, "recalled", noon())
                .await
                .unwrap(),
            2
        );
        tx.commit().await.unwrap();
        let mut tx = self.store.begin(&self.scope).await.unwrap();
        let page = tx.vouchers().page_of_batch(batch, None, 10).await.unwrap();
        let reasons: Vec<_> = page.iter().map(|it| it.state().clone()).collect();
        let void = |reason: &str| VoucherState::Voided {
            at: noon(),
            reason: reason.to_owned(),
        };
        assert_eq!(
            reasons,
            vec![void("recalled"), void("recalled"), void("before")]
        );
        let rest = tx
            .vouchers()
            .page_of_batch(batch, Some(made[0]), 1)
            .await
            .unwrap();
        assert_eq!(
            rest.iter().map(crate::Voucher::id).collect::<Vec<_>>(),
            vec![made[1]]
        );
    }

    async fn pages_run_from_the_newest_to_the_oldest(&self) {
        let (batch, made) = self
            .stored(&[("p-1", None), ("p-2", None), ("p-3", None)])
            .await;
        let tenant = self.scope.tenant;
        let filter = VoucherFilter {
            batch: Some(batch),
            state: None,
        };
        let page = PageRequest::new(2, None);
        let first = self
            .queries
            .vouchers(tenant, filter.clone(), page)
            .await
            .unwrap();
        assert_eq!(
            first.items.iter().map(|it| it.id).collect::<Vec<_>>(),
            vec![made[2], made[1]]
        );
        let next = PageRequest::new(2, Some(first.next.unwrap().parse().unwrap()));
        let last = self.queries.vouchers(tenant, filter, next).await.unwrap();
        assert_eq!(
            (last.items.len(), last.items[0].id, last.next),
            (1, made[0], None)
        );
        let router = self
            .queries
            .batch(tenant, batch)
            .await
            .unwrap()
            .unwrap()
            .router;
        let filter = BatchFilter {
            router: Some(router),
            plan: None,
        };
        let batches = self
            .queries
            .batches(tenant, filter, PageRequest::default())
            .await
            .unwrap();
        assert_eq!(batches.items.len(), 1);
        assert_eq!(
            (batches.items[0].id, batches.items[0].states.generated),
            (batch, 3)
        );
    }
}
