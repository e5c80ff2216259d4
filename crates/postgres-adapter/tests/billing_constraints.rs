//! Each constraint that backs an invariant of billing refuses a violation that is planted behind the use cases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use billing::{
    Account, BillingStore, BillingTx, ChargeKind, Component, InvoiceDraft, LedgerAccount, Line,
    LineRef, NET_SEGMENTS_APART, Period, Posting,
};
use chrono::Days;
use kernel::testing::{CountingIds, FixedClock};
use kernel::{
    AccountId, EntityId, Ids, InvoiceId, LocalDate, Money, PlanId, Scope, StoreError,
    SubscriptionId, Timestamp,
};
use migrations::Migrator;
use migrations::sea_orm_migration::MigratorTrait;
use postgres_adapter::testing::TestDatabase;
use postgres_adapter::{Store, Subscriptions};
use sea_orm::{ConnectionTrait, Database, DbBackend, Statement};

/// A store with nothing in it but what a test plants.
struct Plot {
    store: Store,
    ids: Arc<dyn Ids>,
    scope: Scope,
    entity: EntityId,
    account: AccountId,
    plan: PlanId,
    database: TestDatabase,
}

fn day(text: &str) -> LocalDate {
    text.parse().unwrap()
}

fn kes(minor: i64) -> Money {
    Money::from_minor(minor, "KES".parse().unwrap())
}

fn noon() -> Timestamp {
    Timestamp::from_utc("2026-11-21T12:00:00Z".parse().unwrap())
}

impl Plot {
    async fn open(database: TestDatabase) -> Self {
        let ids: Arc<dyn Ids> = Arc::new(CountingIds::from(1));
        let clock = Arc::new(FixedClock::at(noon()));
        let store = database.store(clock, Arc::clone(&ids), Subscriptions::default());
        let store = store.await;
        let scope = Scope::system(ids.next(), "test", ids.fresh());
        let (entity, account) = (ids.next(), ids.next());
        let mut opened = Account::open(account, ids.next(), entity, kes(0).currency());
        let mut tx = store.begin(&scope).await.unwrap();
        tx.accounts().save(&mut opened).await.unwrap();
        tx.commit().await.unwrap();
        Self {
            store,
            scope,
            entity,
            account,
            plan: ids.next(),
            ids,
            database,
        }
    }

    async fn tx(&self) -> Box<dyn BillingTx> {
        BillingStore::begin(&self.store, &self.scope).await.unwrap()
    }

    fn line(&self, subscription: SubscriptionId, (start, end): (&str, &str), minor: i64) -> Line {
        let cycle = Period {
            start: day("2026-11-01"),
            end: day("2026-12-01"),
        };
        Line {
            subscription,
            component: Component::BASE,
            kind: ChargeKind::Recurring,
            plan: self.plan,
            quantity: 1,
            period: Period {
                start: day(start),
                end: day(end),
            },
            cycle,
            price: kes(300_000),
            amount: kes(minor),
            repairs: None,
        }
    }

    async fn issue(&self, lines: Vec<Line>) -> Result<InvoiceId, StoreError> {
        let total = Money::sum(kes(0).currency(), lines.iter().map(|it| it.amount)).unwrap();
        let draft = InvoiceDraft {
            fees: Vec::new(),
            id: self.ids.next(),
            account: self.account,
            entity: self.entity,
            lines,
            figures: None,
            total,
            issued_on: day("2026-11-21"),
            due_on: day("2026-11-21") + Days::new(7),
        };
        let mut tx = self.tx().await;
        let invoice = tx.invoices().issue(draft, "INV").await?.id();
        tx.commit().await?;
        Ok(invoice)
    }

    async fn execute(&self, text: &str) -> Result<u64, sea_orm::DbErr> {
        let connection = Database::connect(self.database.url()).await?;
        let done = connection.execute_unprepared(text).await?;
        Ok(done.rows_affected())
    }
}

async fn days_billed_twice_are_refused(plot: Plot) {
    let sold = plot.ids.next();
    let first = plot.line(sold, ("2026-11-01", "2026-12-01"), 300_000);
    let billed = plot.issue(vec![first]).await.unwrap();
    for period in [
        ("2026-11-01", "2026-12-01"),
        ("2026-11-30", "2026-12-02"),
        ("2026-11-10", "2026-11-11"),
    ] {
        let again = plot.issue(vec![plot.line(sold, period, 100)]).await;
        let refused = again.unwrap_err();
        assert!(refused.is_duplicate_of(NET_SEGMENTS_APART), "{refused:?}");
    }
    // The days beside it, another subscription, another component, what is charged once, and days that cost nothing are
    // no violation.
    let beside = plot.line(sold, ("2026-12-01", "2027-01-01"), 300_000);
    let other = plot.line(plot.ids.next(), ("2026-11-01", "2026-12-01"), 300_000);
    let free = plot.line(sold, ("2026-11-05", "2026-11-06"), 0);
    let add_on = Line {
        component: 1,
        ..plot.line(sold, ("2026-11-01", "2026-12-01"), 50_000)
    };
    let once = Line {
        kind: ChargeKind::Once,
        ..plot.line(sold, ("2026-11-01", "2026-11-02"), 20_000)
    };
    let lines = vec![beside, other, free, add_on.clone(), once];
    plot.issue(lines).await.unwrap();
    let refused = plot.issue(vec![add_on]).await.unwrap_err();
    assert!(refused.is_duplicate_of(NET_SEGMENTS_APART), "{refused:?}");
    // What was taken back may be billed again, and only that.
    let mut repair = plot.line(sold, ("2026-11-11", "2026-11-21"), -100_000);
    repair.repairs = Some(LineRef {
        invoice: billed,
        line: 0,
    });
    let anew = plot.line(sold, ("2026-11-11", "2026-11-21"), 200_000);
    plot.issue(vec![repair, anew]).await.unwrap();
    for period in [("2026-11-10", "2026-11-12"), ("2026-11-20", "2026-11-22")] {
        let again = plot.issue(vec![plot.line(sold, period, 100)]).await;
        assert!(again.unwrap_err().is_duplicate_of(NET_SEGMENTS_APART));
    }
    // Behind the back of the store, too.
    let planted = "UPDATE net_segments SET period_start = '2026-11-01', period_end = '2027-02-01'";
    plot.execute(planted).await.unwrap_err();
}

async fn a_number_is_given_once(plot: Plot) {
    for _ in 0..2 {
        let line = plot.line(plot.ids.next(), ("2026-11-01", "2026-12-01"), 100);
        plot.issue(vec![line]).await.unwrap();
    }
    let planted = "UPDATE invoices SET number = 1";
    plot.execute(planted).await.unwrap_err();
    // A counter that was turned back cannot issue a number again.
    plot.execute("UPDATE number_series SET last = 1")
        .await
        .unwrap();
    let line = plot.line(plot.ids.next(), ("2026-11-01", "2026-12-01"), 100);
    let refused = plot.issue(vec![line]).await.unwrap_err();
    let constraint = "invoices_entity_id_series_number_key";
    assert!(refused.is_duplicate_of(constraint), "{refused:?}");
}

async fn an_invoice_is_debited_once(plot: Plot) {
    let invoice: InvoiceId = plot.ids.next();
    let debit = || {
        Posting::new(
            (plot.entity, plot.account),
            ("invoice", invoice.to_string()),
            noon(),
            (LedgerAccount::Receivable, LedgerAccount::Revenue),
            kes(100),
        )
        .unwrap()
    };
    let mut tx = plot.tx().await;
    tx.ledger().post(debit()).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = plot.tx().await;
    let refused = tx.ledger().post(debit()).await.unwrap_err();
    let constraint = "ledger_entries_source_side_key";
    assert!(refused.is_duplicate_of(constraint), "{refused:?}");
}

#[tokio::test]
async fn sqlite_refuses_days_billed_twice() {
    days_billed_twice_are_refused(Plot::open(TestDatabase::sqlite().await).await).await;
}

#[tokio::test]
async fn postgres_refuses_days_billed_twice() {
    days_billed_twice_are_refused(Plot::open(TestDatabase::postgres().await).await).await;
}

/// Where the extension cannot be had, a trigger refuses the same.
#[tokio::test]
async fn postgres_without_the_extension_refuses_days_billed_twice() {
    let plot = Plot::open(TestDatabase::postgres().await).await;
    let text = include_str!("../../../migrations/src/m20261121_000011_billing_run.rs");
    let (_, guard) = text.split_once("EXCEPTION WHEN OTHERS THEN").unwrap();
    let (guard, _) = guard.split_once("END $guard$;").unwrap();
    let (_, guard) = guard.split_once("SQLERRM;").unwrap();
    plot.execute("ALTER TABLE net_segments DROP CONSTRAINT net_segments_overlap")
        .await
        .unwrap();
    plot.execute(guard).await.unwrap();
    days_billed_twice_are_refused(plot).await;
}

#[tokio::test]
async fn sqlite_gives_a_number_once() {
    a_number_is_given_once(Plot::open(TestDatabase::sqlite().await).await).await;
}

#[tokio::test]
async fn postgres_gives_a_number_once() {
    a_number_is_given_once(Plot::open(TestDatabase::postgres().await).await).await;
}

#[tokio::test]
async fn sqlite_debits_an_invoice_once() {
    an_invoice_is_debited_once(Plot::open(TestDatabase::sqlite().await).await).await;
}

#[tokio::test]
async fn postgres_debits_an_invoice_once() {
    an_invoice_is_debited_once(Plot::open(TestDatabase::postgres().await).await).await;
}

/// How many migrations there were before net segments.
const BEFORE: u32 = 10;

/// November, of which ten days in the middle and the last day were taken back, and the days that stand afterwards.
const BOOKS: &str = "\
INSERT INTO invoices (tenant_id, id, account_id, entity_id, series, number, total_minor, allocated_minor, currency,
    issued_on, due_on, version)
    VALUES (ID1, ID2, ID3, ID4, 'INV', 1, 100, 0, 'KES', '2026-11-01', '2026-11-08', 1);
INSERT INTO invoice_lines (tenant_id, invoice_id, line, subscription_id, plan_id, period_start, period_end, cycle_start,
    cycle_end, price_minor, amount_minor, currency, repairs_invoice_id, repairs_line)
    VALUES (ID1, ID2, 0, ID5, ID6, '2026-11-01', '2026-12-01', '2026-11-01', '2026-12-01', 300, 300, 'KES', NULL, NULL),
    (ID1, ID2, 1, ID5, ID6, '2026-11-11', '2026-11-21', '2026-11-01', '2026-12-01', 300, -100, 'KES', ID2, 0),
    (ID1, ID2, 2, ID5, ID6, '2026-11-30', '2026-12-01', '2026-11-01', '2026-12-01', 300, -10, 'KES', ID2, 0),
    (ID1, ID2, 3, ID5, ID6, '2026-12-01', '2027-01-01', '2026-12-01', '2027-01-01', 300, 300, 'KES', NULL, NULL)";

const STANDING: &str = "\
SELECT CAST(line AS TEXT) || ' ' || CAST(period_start AS TEXT) || ' ' || CAST(period_end AS TEXT) AS it
FROM net_segments ORDER BY line, period_start";

async fn what_stands_billed_is_taken_over(database: TestDatabase) {
    let connection = Database::connect(database.url()).await.unwrap();
    Migrator::up(&connection, Some(BEFORE)).await.unwrap();
    let backend = connection.get_database_backend();
    let books = (1..=6).fold(BOOKS.to_owned(), |text, number| {
        let id = match backend {
            DbBackend::Sqlite => format!("X'0{number}'"),
            _ => format!("UUID '00000000-0000-0000-0000-00000000000{number}'"),
        };
        text.replace(&format!("ID{number}"), &id)
    });
    connection.execute_unprepared(&books).await.unwrap();
    Migrator::up(&connection, None).await.unwrap();
    let rows = connection.query_all_raw(Statement::from_string(backend, STANDING));
    let rows = rows.await.unwrap();
    let standing: Vec<String> = rows
        .iter()
        .map(|it| it.try_get("", "it").unwrap())
        .collect();
    let wanted = [
        "0 2026-11-01 2026-11-11",
        "0 2026-11-21 2026-11-30",
        "3 2026-12-01 2027-01-01",
    ];
    assert_eq!(standing, wanted);
}

#[tokio::test]
async fn sqlite_takes_over_what_stands_billed() {
    let database = TestDatabase::empty_sqlite();
    drop(database.connect().await);
    what_stands_billed_is_taken_over(database).await;
}

#[tokio::test]
async fn postgres_takes_over_what_stands_billed() {
    what_stands_billed_is_taken_over(TestDatabase::empty_postgres().await).await;
}
