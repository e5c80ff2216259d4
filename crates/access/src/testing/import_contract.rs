//! What every store of imports must do, on whatever database.

use std::sync::Arc;

use kernel::testing::OpenVault;
use kernel::{
    Ids, ImportId, Money, PageRequest, RouterId, Scope, StoreError, TenantId, Timestamp, Zone,
};

use super::mikhmon::mikhmon_survey;
use super::samples::{sample_grant, sample_router, sample_terms};
use crate::adoption::{
    Circumstances, HistoricalSale, Import, ImportQueries, ImportRow, ImportRowFilter, ImportStatus,
    Known, NewImport, Place, Proposal, Raw, RowKind, RowState, Settled, UnreadablePasswords,
    digest_of, preview,
};
use crate::grant::Subject;
use crate::login::Service;
use crate::ports::{AccessStore, AccessTx};
use crate::profile::{AdoptedRow, ServiceProfile};
use crate::tag::Mark;

/// Walks an empty tenant through everything the ports of imports promise. `ids` must give ids that grow.
///
/// # Panics
/// When a promise is broken.
pub async fn import_store_contract(
    store: &dyn AccessStore,
    queries: &dyn ImportQueries,
    ids: Arc<dyn Ids>,
    tenant: TenantId,
    other: TenantId,
) {
    let now = Timestamp::from_micros(1_800_000_000_123_456).expect("a valid instant");
    let walk = Walk {
        store,
        queries,
        scope: Scope::system(tenant, "contract", ids.fresh()),
        router: ids.next(),
        import: ids.next(),
        ids,
        now,
        other,
    };
    walk.adopted_profiles_are_found_by_router().await;
    walk.logins_stay_bound_to_their_servers().await;
    walk.previews_are_kept_whole().await;
    walk.rows_are_settled_once().await;
    walk.an_import_comes_to_its_end().await;
    walk.sales_are_kept_once().await;
    walk.nobody_else_sees_them().await;
    walk.old_previews_are_forgotten().await;
}

struct Walk<'a> {
    store: &'a dyn AccessStore,
    queries: &'a dyn ImportQueries,
    scope: Scope,
    router: RouterId,
    import: ImportId,
    ids: Arc<dyn Ids>,
    now: Timestamp,
    other: TenantId,
}

fn ok<T>(result: Result<T, StoreError>) -> T {
    result.expect("the store can")
}

fn first() -> PageRequest {
    PageRequest::new(PageRequest::MAX_LIMIT, None)
}

fn zone() -> Zone {
    "Asia/Jakarta".parse().expect("a zone")
}

impl Walk<'_> {
    async fn begin(&self) -> Box<dyn AccessTx> {
        ok(self.store.begin(&self.scope).await)
    }

    async fn adopted_profiles_are_found_by_router(&self) {
        let row = AdoptedRow {
            router: self.router,
            name: "1 Jam".to_owned(),
        };
        let name = "import-contract".parse().expect("a slug");
        let (id, terms) = (self.ids.next(), sample_terms());
        let adopted = ServiceProfile::adopt(id, name, Service::Hotspot, terms.clone(), row);
        let mut adopted = adopted.expect("a profile");
        let name = "import-own".parse().expect("a slug");
        let own = ServiceProfile::define(self.ids.next(), name, Service::Hotspot, terms);
        let mut tx = self.begin().await;
        ok(tx
            .routers()
            .save(&mut sample_router(self.router).expect("a router"))
            .await);
        ok(tx.profiles().save(&mut adopted).await);
        ok(tx.profiles().save(&mut own.expect("a profile")).await);
        ok(tx.commit().await);

        let mut tx = self.begin().await;
        let found = ok(tx.profiles().adopted_on(self.router).await);
        let snapshots: Vec<_> = found.iter().map(ServiceProfile::snapshot).collect();
        assert_eq!(snapshots, [adopted.snapshot()]);
        assert!(ok(tx.profiles().adopted_on(self.ids.next()).await).is_empty());
        let mut changed = found.into_iter().next().expect("found");
        let mut terms = changed.terms().clone();
        terms.session_timeout_s = Some(3_600);
        changed.change(terms).expect("good terms");
        ok(tx.profiles().save(&mut changed).await);
        assert!(ok(tx.profiles().adopted_on(self.router).await).is_empty());
    }

    async fn logins_stay_bound_to_their_servers(&self) {
        let name = "import-bound".parse().expect("a slug");
        let profile =
            ServiceProfile::define(self.ids.next(), name, Service::Hotspot, sample_terms());
        let mut profile = profile.expect("a profile");
        let bound = |login: &str| {
            let subject = Subject::Voucher(self.ids.next());
            let made = sample_grant(
                self.ids.next(),
                self.router,
                subject,
                &profile,
                login,
                self.now,
            );
            made.expect("a grant").bound_to(Some("hs1".to_owned()))
        };
        let (mut one, other) = (bound("bound-1"), bound("bound-2"));
        let ids = [one.id(), other.id()];
        let mut tx = self.begin().await;
        ok(tx.profiles().save(&mut profile).await);
        ok(tx.grants().save(&mut one).await);
        ok(tx.grants().insert_many(vec![other]).await);
        ok(tx.commit().await);
        let mut tx = self.begin().await;
        for id in ids {
            let found = ok(tx.grants().find(id).await).expect("kept");
            assert_eq!(found.server(), Some("hs1"));
        }
    }

    fn rows(&self) -> Vec<ImportRow> {
        let around = Circumstances {
            mark: &Mark::of(self.router),
            known: &Known::default(),
            zone: zone(),
            unreadable: UnreadablePasswords::Refuse,
            now: self.now,
            ids: &*self.ids,
        };
        let drafts = preview(&mikhmon_survey(), around);
        let row = |it: crate::adoption::Draft| ImportRow {
            id: self.ids.next(),
            place: it.place,
            name: it.name,
            comment: it.comment,
            seen: digest_of(&OpenVault, &it.fingerprint),
            state: if it.proposal == Proposal::Nothing {
                RowState::Refused
            } else {
                RowState::Pending
            },
            reason: (it.proposal == Proposal::Nothing).then(|| "no reason".to_owned()),
            proposal: it.proposal,
            notes: it.notes,
        };
        let mut rows: Vec<ImportRow> = drafts.into_iter().map(row).collect();
        rows.push(ImportRow {
            id: self.ids.next(),
            place: Place::default(),
            name: Raw::new(&b"\0\xff"[..]),
            comment: Raw::new(&b"caf\xe9"[..]),
            proposal: Proposal::Nothing,
            seen: [9; 32],
            state: RowState::Known,
            reason: None,
            notes: Vec::new(),
        });
        rows
    }

    async fn previews_are_kept_whole(&self) {
        let rows = self.rows();
        let mut import = Import::keep(NewImport {
            id: self.import,
            router: self.router,
            zone: zone(),
            digest: [3; 32],
            unread: vec!["/queue/simple: not allowed".to_owned()],
            rows: u64::try_from(rows.len()).unwrap_or(0),
            at: self.now,
        });
        let mut tx = self.begin().await;
        ok(tx.imports().save(&mut import).await);
        ok(tx.imports().insert_rows(self.import, rows.clone()).await);
        ok(tx.commit().await);

        let tenant = self.scope.tenant;
        let view = ok(self.queries.import(tenant, self.import).await).expect("kept");
        assert_eq!(view.import, import.snapshot());
        let total: u64 = view.counts.iter().map(|it| it.count).sum();
        assert_eq!(usize::try_from(total).ok(), Some(rows.len()));
        let none = ImportRowFilter::default();
        let all = ok(self
            .queries
            .import_rows(tenant, self.import, none, first())
            .await);
        assert_eq!(all.items, rows);

        let small = PageRequest::new(2, None);
        let page = ok(self
            .queries
            .import_rows(tenant, self.import, none, small)
            .await);
        assert_eq!(page.items, rows[..2]);
        let next = page.next.and_then(|it| it.parse().ok());
        let small = PageRequest::new(2, next);
        let page = ok(self
            .queries
            .import_rows(tenant, self.import, none, small)
            .await);
        assert_eq!(page.items, rows[2..4]);
        let sales = ImportRowFilter {
            kind: Some(RowKind::Sale),
            state: Some(RowState::Pending),
        };
        let page = ok(self
            .queries
            .import_rows(tenant, self.import, sales, first())
            .await);
        assert_eq!(page.items.len(), 2);
    }

    async fn rows_are_settled_once(&self) {
        let mut tx = self.begin().await;
        let open = ok(tx.imports().open_rows(self.import, None, 3).await);
        assert_eq!(open.len(), 3);
        let last = open.last().map(|it| it.id);
        let more = ok(tx.imports().open_rows(self.import, last, 100).await);
        assert!(
            more.iter()
                .all(|it| Some(it.id) > last && it.state.is_open())
        );
        let to = |at: usize, state, reason: Option<&str>| Settled {
            row: open[at].id,
            state,
            reason: reason.map(str::to_owned),
        };
        let settled = [
            to(0, RowState::Recorded, None),
            to(1, RowState::Imported, None),
            to(2, RowState::Refused, Some("it has changed")),
        ];
        ok(tx.imports().settle(self.import, &settled).await);
        let again = [
            to(1, RowState::Refused, Some("too late")),
            to(2, RowState::Imported, None),
        ];
        ok(tx.imports().settle(self.import, &again).await);
        ok(tx.commit().await);

        let mut tx = self.begin().await;
        let left = ok(tx.imports().open_rows(self.import, None, 100).await);
        assert_eq!(left.len(), more.len() + 1);
        assert_eq!(
            (left[0].id, left[0].state),
            (open[0].id, RowState::Recorded)
        );
        let counts = ok(tx.imports().count_rows(self.import).await);
        let of = |state: RowState| -> u64 {
            let counts = counts.iter().filter(|it| it.state == state);
            counts.map(|it| it.count).sum()
        };
        assert_eq!((of(RowState::Recorded), of(RowState::Imported)), (1, 1));
        let refused = ImportRowFilter {
            kind: Some(open[2].proposal.kind()),
            state: Some(RowState::Refused),
        };
        let tenant = self.scope.tenant;
        let page = ok(self
            .queries
            .import_rows(tenant, self.import, refused, first())
            .await);
        assert_eq!(page.items[0].reason.as_deref(), Some("it has changed"));
    }

    async fn an_import_comes_to_its_end(&self) {
        let job = self.ids.next();
        let mut tx = self.begin().await;
        let mut import = ok(tx.imports().find(self.import).await).expect("kept");
        let mut stale = import.clone();
        let first = self.ids.next();
        assert_eq!(import.begin(first, None, self.now), first);
        ok(tx.imports().save(&mut import).await);
        ok(tx.commit().await);
        let mut tx = self.begin().await;
        let mut import = ok(tx.imports().find(self.import).await).expect("kept");
        assert_eq!(import.begin(job, None, self.now), first, "it is at it");
        assert_eq!(
            import.begin(job, Some(first), self.now),
            job,
            "it has ended"
        );
        ok(tx.imports().save(&mut import).await);
        ok(tx.commit().await);
        let mut tx = self.begin().await;
        let since = self.now;
        let found = ok(tx.imports().find(self.import).await).expect("kept");
        assert_eq!(*found.status(), ImportStatus::Applying { since, job });
        stale.finish(0, 0, self.now);
        let conflict = tx.imports().save(&mut stale).await;
        assert!(matches!(conflict, Err(StoreError::Conflict)));
        drop(tx);
        let mut tx = self.begin().await;
        import.finish(1, 1, self.now);
        ok(tx.imports().save(&mut import).await);
        ok(tx.commit().await);
        let view = ok(self.queries.import(self.scope.tenant, self.import).await).expect("kept");
        assert_eq!(view.import.status, ImportStatus::Applied { at: self.now });
    }

    fn sale(&self, digest: u8) -> HistoricalSale {
        let local = self.now.utc().naive_utc();
        HistoricalSale {
            id: self.ids.next(),
            router: self.router,
            import: self.import,
            digest: [digest; 32],
            at: self.now,
            local: chrono::DurationRound::duration_trunc(local, chrono::Duration::seconds(1))
                .expect("whole seconds"),
            login: Raw::new(&b"ab\xe9"[..]),
            price: Money::from_minor(500_000, "IDR".parse().expect("a currency")),
            address: Raw::from("10.5.50.9"),
            device: Raw::from("AA:BB:CC:00:00:01"),
            validity_s: Some(86_400),
            profile: Raw::from("1day"),
            comment: Raw::from("vc-123-08.14.26-x"),
        }
    }

    async fn sales_are_kept_once(&self) {
        let sales = [self.sale(1), self.sale(2)];
        let mut tx = self.begin().await;
        assert_eq!(ok(tx.imports().insert_sales(sales.to_vec()).await), 2);
        ok(tx.commit().await);
        let mut tx = self.begin().await;
        let third = self.sale(3);
        let again = vec![self.sale(2), third.clone(), self.sale(3)];
        assert_eq!(ok(tx.imports().insert_sales(again).await), 1);
        ok(tx.commit().await);
        let page = PageRequest::new(2, None);
        let tenant = self.scope.tenant;
        let found = ok(self
            .queries
            .historical_sales(tenant, self.router, page)
            .await);
        assert_eq!(found.items, [third, sales[1].clone()]);
        let page = PageRequest::new(2, found.next.and_then(|it| it.parse().ok()));
        let found = ok(self
            .queries
            .historical_sales(tenant, self.router, page)
            .await);
        assert_eq!(found.items, sales[..1]);
        let elsewhere = self.ids.next();
        let found = ok(self
            .queries
            .historical_sales(tenant, elsewhere, first())
            .await);
        assert!(found.items.is_empty());
    }

    async fn old_previews_are_forgotten(&self) {
        let (old, young) = (self.ids.next(), self.ids.next());
        let hour = chrono::Duration::hours(1);
        for (id, at) in [(old, self.now.minus(hour)), (young, self.now)] {
            let mut import = Import::keep(NewImport {
                id,
                router: self.router,
                zone: zone(),
                digest: [4; 32],
                unread: Vec::new(),
                rows: 1,
                at,
            });
            let mut rows = self.rows();
            rows.truncate(1);
            let mut tx = self.begin().await;
            ok(tx.imports().save(&mut import).await);
            ok(tx.imports().insert_rows(id, rows).await);
            ok(tx.commit().await);
        }
        let before = self.now.minus(chrono::Duration::minutes(1));
        assert_eq!(ok(self.store.forget_previews(before, 10).await), 1);
        assert_eq!(ok(self.store.forget_previews(before, 10).await), 0);
        let tenant = self.scope.tenant;
        let rows = async |id| {
            let none = ImportRowFilter::default();
            let rows = self.queries.import_rows(tenant, id, none, first());
            ok(rows.await).items.len()
        };
        assert!(ok(self.queries.import(tenant, old).await).is_none());
        assert_eq!((rows(old).await, rows(young).await), (0, 1));
        // What was applied stays, however old it is.
        let later = self.now.plus(chrono::Duration::days(1));
        assert_eq!(ok(self.store.forget_previews(later, 10).await), 1);
        assert!(ok(self.queries.import(tenant, self.import).await).is_some());
    }

    async fn nobody_else_sees_them(&self) {
        let scope = Scope::system(self.other, "contract", self.ids.fresh());
        let mut tx = ok(self.store.begin(&scope).await);
        assert!(ok(tx.imports().find(self.import).await).is_none());
        assert!(ok(tx.imports().open_rows(self.import, None, 10).await).is_empty());
        drop(tx);
        assert_eq!(ok(self.queries.import(self.other, self.import).await), None);
        let found = ok(self
            .queries
            .historical_sales(self.other, self.router, first())
            .await);
        assert!(found.items.is_empty());
    }
}
