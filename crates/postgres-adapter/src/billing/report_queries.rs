//! What reports read: a few statements for each page, every page begins where the one before ended.

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use billing::{
    AccountPage, BookTotal, DayPage, InvoiceSnapshot, IssuedNote, JournalEntry, JournalPlace,
    PaymentStatus, Receivable, ReportQueries, Subscription, TakenPayment, TimePage,
};
use kernel::{
    AccountId, CreditNoteId, CustomerId, EntityId, InvoiceId, Money, OperatorId, PaymentId,
    StoreError, TenantId, Timestamp,
};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{EntityTrait, FromQueryResult, QueryFilter, QueryOrder, Value};
use uuid::Uuid;

use super::dunning_queries::open_amounts;
use super::report_rows::{EntryRow, NumberRow, TotalRow};
use super::{credit_notes, invoice_lines, invoice_row, payment_row, subscription_row};
use crate::error::Stored;
use crate::store::Store;
use crate::{row, sql};

#[derive(Debug, FromQueryResult)]
struct AccountRow {
    id: Uuid,
    customer_id: Uuid,
    currency: String,
    credit_minor: i64,
}

#[derive(Debug, FromQueryResult)]
struct IdRow {
    id: Uuid,
}

#[derive(Debug, FromQueryResult)]
struct TakerRow {
    payment_id: Uuid,
    operator_id: Uuid,
}

#[derive(Debug, FromQueryResult)]
struct OwedRow {
    currency: String,
    owed_minor: i64,
}

#[derive(Debug, FromQueryResult)]
struct ReferenceRow {
    id: Uuid,
    reference: String,
}

#[async_trait]
impl ReportQueries for Store {
    async fn invoices_issued(
        &self,
        tenant: TenantId,
        page: DayPage<InvoiceId>,
    ) -> Result<Vec<InvoiceSnapshot>, StoreError> {
        let (beyond, values) = of_days(tenant, page, InvoiceId::uuid);
        let text = format!("SELECT * FROM invoices {beyond}");
        let rows: Vec<invoice_row::Model> = sql::rows(self.reader(), text, values).await?;
        self.snapshots(tenant, rows).await
    }

    async fn notes_issued(
        &self,
        tenant: TenantId,
        page: DayPage<CreditNoteId>,
    ) -> Result<Vec<(IssuedNote, InvoiceSnapshot)>, StoreError> {
        let (beyond, values) = of_days(tenant, page, CreditNoteId::uuid);
        let text = format!("SELECT * FROM credit_notes {beyond}");
        let rows: Vec<credit_notes::Model> = sql::rows(self.reader(), text, values).await?;
        let notes = credit_notes::with_pieces(self.reader(), tenant.uuid(), rows).await?;
        let wanted = notes.iter().map(|it| it.draft.invoice.uuid());
        let found = invoice_row::Entity::find()
            .filter(Expr::col("tenant_id").eq(tenant.uuid()))
            .filter(Expr::col("id").is_in(wanted))
            .all(self.reader())
            .await
            .stored()?;
        let invoices = self.snapshots(tenant, found).await?;
        let invoices: HashMap<_, _> = invoices.into_iter().map(|it| (it.id, it)).collect();
        let with_invoice = |note: IssuedNote| {
            let invoice = invoices.get(&note.draft.invoice).cloned();
            let invoice = invoice.ok_or_else(|| StoreError::corrupt("a note without an invoice"));
            Ok((note, invoice?))
        };
        notes.into_iter().map(with_invoice).collect()
    }

    async fn payments_received(
        &self,
        tenant: TenantId,
        page: TimePage<(Timestamp, PaymentId)>,
    ) -> Result<Vec<TakenPayment>, StoreError> {
        let mut values: Vec<Value> = vec![
            tenant.uuid().into(),
            page.entity.uuid().into(),
            page.since.utc().into(),
            page.before.utc().into(),
            i64::from(page.limit).into(),
        ];
        let beyond = match page.after {
            Some((at, id)) => {
                values.extend::<[Value; 2]>([at.utc().into(), id.uuid().into()]);
                "AND (p.received_at, p.id) > ($6, $7)"
            }
            None => "",
        };
        let settled = [PaymentStatus::Settled, PaymentStatus::Reversed];
        let [settled, reversed] = settled.map(PaymentStatus::as_str);
        let text = format!(
            "SELECT p.* FROM payments AS p WHERE p.tenant_id = $1 AND p.received_at >= $3 AND p.received_at < $4 \
             AND p.status IN ('{settled}', '{reversed}') AND EXISTS (SELECT 1 FROM accounts AS a \
             WHERE a.tenant_id = p.tenant_id AND a.id = p.account_id AND a.entity_id = $2) {beyond} \
             ORDER BY p.received_at, p.id LIMIT $5"
        );
        let rows: Vec<payment_row::Model> = sql::rows(self.reader(), text, values).await?;
        let ids: Vec<Uuid> = rows.iter().map(|it| it.id).collect();
        let takers = self.takers_of(tenant, &ids).await?;
        let views = self.payment_views(tenant, rows).await?;
        let taken = views.into_iter().map(|payment| TakenPayment {
            taken_by: takers.get(&payment.id.uuid()).copied(),
            payment,
        });
        Ok(taken.collect())
    }

    async fn receivables(
        &self,
        tenant: TenantId,
        page: AccountPage,
    ) -> Result<Vec<Receivable>, StoreError> {
        let values = account_values(tenant, page);
        let rows: Vec<AccountRow> = sql::rows(self.reader(), RECEIVABLES, values).await?;
        let ids: Vec<Uuid> = rows.iter().map(|it| it.id).collect();
        let mut open = open_amounts(self.reader(), tenant.uuid(), &ids).await?;
        let receivable = |it: AccountRow| {
            let account = AccountId::from_uuid(it.id);
            Ok(Receivable {
                account,
                customer: CustomerId::from_uuid(it.customer_id),
                open: open.remove(&account).unwrap_or_default(),
                credit: row::money(it.credit_minor, &it.currency)?,
            })
        };
        rows.into_iter().map(receivable).collect()
    }

    async fn subscribers(
        &self,
        tenant: TenantId,
        page: AccountPage,
    ) -> Result<Vec<(AccountId, Vec<Subscription>)>, StoreError> {
        let values = account_values(tenant, page);
        let accounts: Vec<IdRow> = sql::rows(self.reader(), ACCOUNTS, values).await?;
        let found = subscription_row::Entity::find()
            .filter(Expr::col("tenant_id").eq(tenant.uuid()))
            .filter(Expr::col("account_id").is_in(accounts.iter().map(|it| it.id)))
            .order_by_asc(Expr::col("id"))
            .all(self.reader())
            .await
            .stored()?;
        let mut of_accounts: HashMap<AccountId, Vec<Subscription>> = HashMap::new();
        for it in found {
            let it = it.into_subscription()?;
            of_accounts.entry(it.account()).or_default().push(it);
        }
        let accounts = accounts.into_iter().map(|it| AccountId::from_uuid(it.id));
        let all = |id: AccountId| (id, of_accounts.remove(&id).unwrap_or_default());
        Ok(accounts.map(all).collect())
    }

    async fn book_totals(
        &self,
        tenant: TenantId,
        entity: EntityId,
        (since, before): (Timestamp, Timestamp),
    ) -> Result<Vec<BookTotal>, StoreError> {
        let values: [Value; 4] = [
            tenant.uuid().into(),
            entity.uuid().into(),
            since.utc().into(),
            before.utc().into(),
        ];
        let rows: Vec<TotalRow> = sql::rows(self.reader(), TOTALS, values).await?;
        rows.into_iter().map(TotalRow::into_total).collect()
    }

    async fn journal(
        &self,
        tenant: TenantId,
        page: TimePage<JournalPlace>,
    ) -> Result<Vec<JournalEntry>, StoreError> {
        let mut values: Vec<Value> = vec![
            tenant.uuid().into(),
            page.entity.uuid().into(),
            page.since.utc().into(),
            page.before.utc().into(),
            i64::from(page.limit).into(),
        ];
        let beyond = match page.after {
            Some(after) => {
                let side: i16 = row::column("side", after.side)?;
                let place = [
                    after.at.utc().into(),
                    after.posting.uuid().into(),
                    side.into(),
                ];
                values.extend::<[Value; 3]>(place);
                "AND (posted_at, posting_id, side) > ($6, $7, $8)"
            }
            None => "",
        };
        let text = format!(
            "{ENTRIES} AND entity_id = $2 AND posted_at >= $3 AND posted_at < $4 {beyond} {IN_ORDER} LIMIT $5"
        );
        let rows: Vec<EntryRow> = sql::rows(self.reader(), text, values).await?;
        rows.into_iter().map(EntryRow::into_entry).collect()
    }

    async fn owed_before(
        &self,
        tenant: TenantId,
        account: AccountId,
        before: Timestamp,
    ) -> Result<Option<Money>, StoreError> {
        let values: [Value; 3] = [
            tenant.uuid().into(),
            account.uuid().into(),
            before.utc().into(),
        ];
        let found: Option<OwedRow> = sql::row(self.reader(), OWED, values).await?;
        let owed = found.map(|it| row::money(it.owed_minor, &it.currency));
        owed.transpose()
    }

    async fn account_entries(
        &self,
        tenant: TenantId,
        account: AccountId,
        (since, before): (Timestamp, Timestamp),
        limit: u16,
    ) -> Result<Vec<JournalEntry>, StoreError> {
        let values: [Value; 5] = [
            tenant.uuid().into(),
            account.uuid().into(),
            since.utc().into(),
            before.utc().into(),
            i64::from(limit).into(),
        ];
        let text = format!(
            "{ENTRIES} AND account_id = $2 AND posted_at >= $3 AND posted_at < $4 \
             AND ledger_account IN ('receivable', 'customer_credit') {IN_ORDER} LIMIT $5"
        );
        let rows: Vec<EntryRow> = sql::rows(self.reader(), text, values).await?;
        rows.into_iter().map(EntryRow::into_entry).collect()
    }

    async fn entries_of(
        &self,
        tenant: TenantId,
        account: AccountId,
        source: &str,
    ) -> Result<Vec<JournalEntry>, StoreError> {
        let values: [Value; 3] = [tenant.uuid().into(), account.uuid().into(), source.into()];
        let text = format!("{ENTRIES} AND account_id = $2 AND source = $3 {IN_ORDER}");
        let rows: Vec<EntryRow> = sql::rows(self.reader(), text, values).await?;
        rows.into_iter().map(EntryRow::into_entry).collect()
    }

    async fn numbers_of(
        &self,
        tenant: TenantId,
        sources: &[&str],
    ) -> Result<BTreeMap<String, String>, StoreError> {
        let mut named = BTreeMap::new();
        for chunk in sources.chunks(CHUNK) {
            let invoices = ids_among(chunk, |it| it.parse().ok().map(InvoiceId::uuid));
            for it in self.numbers(tenant, "invoices", &invoices).await? {
                named.insert(InvoiceId::from_uuid(it.id).to_string(), it.printed()?);
            }
            let notes = ids_among(chunk, |it| it.parse().ok().map(CreditNoteId::uuid));
            for it in self.numbers(tenant, "credit_notes", &notes).await? {
                named.insert(CreditNoteId::from_uuid(it.id).to_string(), it.printed()?);
            }
            let payments = ids_among(chunk, |it| it.parse().ok().map(PaymentId::uuid));
            for it in self.references(tenant, &payments).await? {
                named.insert(PaymentId::from_uuid(it.id).to_string(), it.reference);
            }
        }
        Ok(named)
    }
}

impl Store {
    async fn snapshots(
        &self,
        tenant: TenantId,
        rows: Vec<invoice_row::Model>,
    ) -> Result<Vec<InvoiceSnapshot>, StoreError> {
        let ids: Vec<Uuid> = rows.iter().map(|it| it.id).collect();
        let mut lines = invoice_lines::of_invoices(self.reader(), tenant.uuid(), &ids).await?;
        let snapshot = |it: invoice_row::Model| {
            let own = lines.remove(&it.id).unwrap_or_default();
            it.into_snapshot(own)
        };
        rows.into_iter().map(snapshot).collect()
    }

    async fn takers_of(
        &self,
        tenant: TenantId,
        payments: &[Uuid],
    ) -> Result<HashMap<Uuid, OperatorId>, StoreError> {
        if payments.is_empty() {
            return Ok(HashMap::new());
        }
        let text = format!(
            "SELECT payment_id, operator_id FROM takings \
             WHERE tenant_id = $1 AND source_id = payment_id AND source_id IN ({})",
            sql::list_from(payments.len(), 2)
        );
        let rows: Vec<TakerRow> =
            sql::rows(self.reader(), text, with_ids(tenant, payments)).await?;
        let pairs = rows
            .into_iter()
            .map(|it| (it.payment_id, OperatorId::from_uuid(it.operator_id)));
        Ok(pairs.collect())
    }

    async fn numbers(
        &self,
        tenant: TenantId,
        table: &str,
        ids: &[Uuid],
    ) -> Result<Vec<NumberRow>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let places = sql::list_from(ids.len(), 2);
        let text = format!(
            "SELECT id, series, number FROM {table} WHERE tenant_id = $1 AND id IN ({places})"
        );
        sql::rows(self.reader(), text, with_ids(tenant, ids)).await
    }

    async fn references(
        &self,
        tenant: TenantId,
        ids: &[Uuid],
    ) -> Result<Vec<ReferenceRow>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let places = sql::list_from(ids.len(), 2);
        let text = format!(
            "SELECT id, reference FROM payments \
             WHERE tenant_id = $1 AND reference IS NOT NULL AND id IN ({places})"
        );
        sql::rows(self.reader(), text, with_ids(tenant, ids)).await
    }
}

/// Documents of some days, by date and id: what follows the table, and what it binds.
fn of_days<P>(
    tenant: TenantId,
    page: DayPage<P>,
    uuid: impl Fn(P) -> Uuid,
) -> (&'static str, Vec<Value>) {
    let mut values: Vec<Value> = vec![
        tenant.uuid().into(),
        page.entity.uuid().into(),
        page.from.into(),
        page.until.into(),
        i64::from(page.limit).into(),
    ];
    let Some((on, id)) = page.after else {
        return (OF_DAYS, values);
    };
    values.extend::<[Value; 2]>([on.into(), uuid(id).into()]);
    (OF_DAYS_BEYOND, values)
}

fn account_values(tenant: TenantId, page: AccountPage) -> [Value; 4] {
    // No id is below the nil one, so it stands for the beginning.
    let after = page.after.map_or(Uuid::nil(), AccountId::uuid);
    [
        tenant.uuid().into(),
        page.entity.uuid().into(),
        after.into(),
        i64::from(page.limit).into(),
    ]
}

fn with_ids(tenant: TenantId, ids: &[Uuid]) -> impl Iterator<Item = Value> {
    let ids = ids.iter().map(|it| Value::from(*it));
    std::iter::once(tenant.uuid().into()).chain(ids)
}

fn ids_among(sources: &[&str], id: impl Fn(&str) -> Option<Uuid>) -> Vec<Uuid> {
    sources.iter().filter_map(|it| id(it)).collect()
}

/// Ids per statement.
const CHUNK: usize = 500;

const OF_DAYS: &str = "\
WHERE tenant_id = $1 AND entity_id = $2 AND issued_on >= $3 AND issued_on < $4 ORDER BY issued_on, id LIMIT $5";

const OF_DAYS_BEYOND: &str = "\
WHERE tenant_id = $1 AND entity_id = $2 AND issued_on >= $3 AND issued_on < $4 AND (issued_on, id) > ($6, $7)
ORDER BY issued_on, id LIMIT $5";

/// $1 tenant, $2 entity, $3 after, $4 limit.
const ACCOUNTS: &str = "\
SELECT id FROM accounts WHERE tenant_id = $1 AND entity_id = $2 AND id > $3 ORDER BY id LIMIT $4";

/// $1 tenant, $2 entity, $3 after, $4 limit. PostgreSQL sums whole numbers to decimals, hence the cast.
const RECEIVABLES: &str = "\
SELECT a.id, a.customer_id, a.currency, CAST(COALESCE((
    SELECT sum(p.amount_minor - p.allocated_minor) FROM payments AS p
    WHERE p.tenant_id = a.tenant_id AND p.account_id = a.id AND p.allocated_minor < p.amount_minor), 0) AS BIGINT)
    AS credit_minor
FROM accounts AS a WHERE a.tenant_id = $1 AND a.entity_id = $2 AND a.id > $3 AND (
    EXISTS (SELECT 1 FROM invoices AS i
        WHERE i.tenant_id = a.tenant_id AND i.account_id = a.id AND i.allocated_minor < i.total_minor)
    OR EXISTS (SELECT 1 FROM payments AS p
        WHERE p.tenant_id = a.tenant_id AND p.account_id = a.id AND p.allocated_minor < p.amount_minor))
ORDER BY a.id LIMIT $4";

/// $1 tenant, $2 entity, $3 since, $4 before.
const TOTALS: &str = "\
SELECT ledger_account, currency,
    CAST(sum(CASE WHEN posted_at < $3 THEN amount_minor ELSE 0 END) AS BIGINT) AS opening_minor,
    CAST(sum(CASE WHEN posted_at >= $3 AND amount_minor > 0 THEN amount_minor ELSE 0 END) AS BIGINT) AS debit_minor,
    CAST(sum(CASE WHEN posted_at >= $3 AND amount_minor < 0 THEN -amount_minor ELSE 0 END) AS BIGINT) AS credit_minor
FROM ledger_entries WHERE tenant_id = $1 AND entity_id = $2 AND posted_at < $4
GROUP BY ledger_account, currency ORDER BY ledger_account, currency";

const ENTRIES: &str = "\
SELECT posting_id, side, account_id, what, source, posted_at, ledger_account, amount_minor, currency
FROM ledger_entries WHERE tenant_id = $1";

const IN_ORDER: &str = "ORDER BY posted_at, posting_id, side";

/// $1 tenant, $2 account, $3 before.
const OWED: &str = "\
SELECT a.currency, CAST(COALESCE((
    SELECT sum(e.amount_minor) FROM ledger_entries AS e
    WHERE e.tenant_id = a.tenant_id AND e.account_id = a.id AND e.posted_at < $3
    AND e.ledger_account IN ('receivable', 'customer_credit')), 0) AS BIGINT) AS owed_minor
FROM accounts AS a WHERE a.tenant_id = $1 AND a.id = $2";
