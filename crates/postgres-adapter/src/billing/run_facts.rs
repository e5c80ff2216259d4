//! A page of accounts with everything that billing them needs, in a handful of statements.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use billing::{
    Account, AccountFacts, Billed, FoundAccount, Invoice, LegalEntity, Original, Papers, Payment,
    RunPage, Subscription,
};
use kernel::{
    AccountId, EntityId, InvoiceId, LocalDate, StoreError, SubscriptionId, TenantId, Timestamp,
};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, Value};
use uuid::Uuid;

use super::invoice_lines::{self, LINE_COLUMNS, LineRow};
use super::invoices::billed_of;
use super::{
    account_row, credit_notes, entity_row, fees, invoice_row, invoices, payment_row, payments,
    plans, subscription_row,
};
use crate::error::Stored;
use crate::{row, sql};

/// Ids, or pairs of an id and a day, in one statement: an account may have any number of papers.
const CHUNK: usize = 500;

/// An entity and its next accounts with something due.
///
/// The accounts come first: whatever changes afterwards has counted an account's version up.
pub(super) async fn of_page<C: ConnectionTrait>(
    connection: &C,
    tenant: TenantId,
    entity: EntityId,
    page: RunPage,
) -> Result<Option<(LegalEntity, Vec<FoundAccount>)>, StoreError> {
    let Some(entity) = entity_of(connection, tenant, entity.uuid()).await? else {
        return Ok(None);
    };
    let today = entity.today(page.now);
    let values: [Value; 5] = [
        tenant.uuid().into(),
        entity.id().uuid().into(),
        today.into(),
        page.after.map_or(Uuid::nil(), AccountId::uuid).into(),
        i64::from(page.limit).into(),
    ];
    let text = format!("SELECT {} {DUE}", account_row::COLUMNS);
    let rows: Vec<account_row::Model> = sql::rows(connection, text, values).await?;
    let facts = each_with_papers(connection, &entity, tenant, (rows, today)).await?;
    Ok(Some((entity, facts)))
}

/// How many accounts of an entity have something due.
pub(super) async fn count<C: ConnectionTrait>(
    connection: &C,
    tenant: TenantId,
    entity: EntityId,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let Some(entity) = entity_of(connection, tenant, entity.uuid()).await? else {
        return Ok(0);
    };
    let values: [Value; 3] = [
        tenant.uuid().into(),
        entity.id().uuid().into(),
        entity.today(now).into(),
    ];
    let counted: Option<CountRow> = sql::row(connection, COUNT, values).await?;
    row::number("count", counted.map_or(0, |it| it.count))
}

#[derive(Debug, FromQueryResult)]
struct CountRow {
    count: i64,
}

async fn entity_of<C: ConnectionTrait>(
    connection: &C,
    tenant: TenantId,
    entity: Uuid,
) -> Result<Option<LegalEntity>, StoreError> {
    let wanted = entity_row::Entity::find_by_id((tenant.uuid(), entity));
    let found = wanted.one(connection).await.stored()?;
    found.map(entity_row::Model::into_entity).transpose()
}

/// One account and its entity.
pub(super) async fn of_one<C: ConnectionTrait>(
    connection: &C,
    tenant: TenantId,
    account: AccountId,
    now: Timestamp,
) -> Result<Option<(LegalEntity, AccountFacts)>, StoreError> {
    let wanted = account_row::Entity::find_by_id((tenant.uuid(), account.uuid()));
    let Some(row) = wanted.one(connection).await.stored()? else {
        return Ok(None);
    };
    let entity = entity_of(connection, tenant, row.entity_id).await?;
    let entity = entity.ok_or_else(|| StoreError::corrupt("an account without its entity"))?;
    let today = entity.today(now);
    let facts = with_papers(connection, &entity, tenant, (vec![row], today)).await?;
    let Some(mut facts) = facts.into_iter().next() else {
        return Ok(None);
    };
    // Whatever was billed may be given back: one account has few invoices that reach so far.
    let billed = facts.papers.billed.values().flatten();
    let invoices: BTreeSet<InvoiceId> = billed.map(|it| it.line.invoice).collect();
    for invoice in invoices {
        let original = original_of(connection, tenant.uuid(), invoice).await?;
        facts.papers.originals.push(original);
    }
    Ok(Some((entity, facts)))
}

async fn original_of<C: ConnectionTrait>(
    connection: &C,
    tenant: Uuid,
    id: InvoiceId,
) -> Result<Original, StoreError> {
    let wanted = invoice_row::Entity::find_by_id((tenant, id.uuid()));
    let found = wanted.one(connection).await.stored()?;
    let found = invoices::with_lines(connection, tenant, found.into_iter().collect()).await?;
    let invoice = found.into_iter().next();
    Ok(Original {
        invoice: invoice.ok_or_else(|| StoreError::corrupt("a line without its invoice"))?,
        notes: credit_notes::of_invoice(connection, tenant, id).await?,
        payers: payments::that_paid(connection, tenant, id).await?,
        taken_back: invoices::taken_back(connection, tenant, id).await?,
    })
}

/// All at once; if that makes no sense, one by one, so that it is known about whom.
async fn each_with_papers<C: ConnectionTrait>(
    connection: &C,
    entity: &LegalEntity,
    tenant: TenantId,
    (rows, today): (Vec<account_row::Model>, LocalDate),
) -> Result<Vec<FoundAccount>, StoreError> {
    match with_papers(connection, entity, tenant, (rows.clone(), today)).await {
        Ok(facts) => {
            let facts = facts.into_iter().map(|it| (it.account.id(), Ok(it)));
            return Ok(facts.collect());
        }
        Err(StoreError::Corrupt(_)) => {}
        Err(err) => return Err(err),
    }
    let mut found = Vec::new();
    for row in rows {
        let id = AccountId::from_uuid(row.id);
        match with_papers(connection, entity, tenant, (vec![row], today)).await {
            Ok(facts) => found.extend(facts.into_iter().map(|it| (id, Ok(it)))),
            Err(err @ StoreError::Corrupt(_)) => found.push((id, Err(err))),
            Err(err) => return Err(err),
        }
    }
    Ok(found)
}

async fn with_papers<C: ConnectionTrait>(
    connection: &C,
    entity: &LegalEntity,
    tenant: TenantId,
    (rows, today): (Vec<account_row::Model>, LocalDate),
) -> Result<Vec<AccountFacts>, StoreError> {
    let accounts: Vec<Account> = rows
        .into_iter()
        .map(account_row::Model::into_account)
        .collect::<Result<_, _>>()?;
    if accounts.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Uuid> = accounts.iter().map(|it| it.id().uuid()).collect();
    let subscriptions = subscriptions_of(connection, tenant, &ids).await?;
    let mut billed = billed(connection, tenant, &subscriptions, today).await?;
    let mut open = by_account(open_of(connection, tenant, &ids).await?, Invoice::account);
    let credits = credits_of(connection, tenant, &ids).await?;
    let mut credits = by_account(credits, |it| it.snapshot().account);
    let mut waiting = HashMap::new();
    for chunk in ids.chunks(CHUNK) {
        waiting.extend(fees::waiting_of(connection, tenant.uuid(), chunk).await?);
    }
    let mut subscriptions = by_account(subscriptions, Subscription::account);
    let tax_codes = match entity.pricing().taxes.is_empty() {
        true => Arc::default(),
        false => Arc::new(plans::tax_codes(connection, tenant.uuid()).await?),
    };
    let facts = accounts.into_iter().map(|account| {
        let id = account.id();
        let own = subscriptions.remove(&id).unwrap_or_default();
        let lines = own.iter().filter_map(|it| billed.remove_entry(&it.id()));
        let papers = Papers {
            billed: lines.collect(),
            open: open.remove(&id).unwrap_or_default(),
            credits: credits.remove(&id).unwrap_or_default(),
            originals: Vec::new(),
            fees: waiting.remove(&id.uuid()).unwrap_or_default(),
            tax_codes: Arc::clone(&tax_codes),
        };
        AccountFacts {
            account,
            subscriptions: own,
            papers,
        }
    });
    Ok(facts.collect())
}

async fn subscriptions_of<C: ConnectionTrait>(
    connection: &C,
    tenant: TenantId,
    accounts: &[Uuid],
) -> Result<Vec<Subscription>, StoreError> {
    let found = subscription_row::Entity::find()
        .filter(Expr::col("tenant_id").eq(tenant.uuid()))
        .filter(Expr::col("account_id").is_in(accounts.iter().copied()))
        .order_by_asc(Expr::col("id"))
        .all(connection)
        .await
        .stored()?;
    found
        .into_iter()
        .map(subscription_row::Model::into_subscription)
        .collect()
}

/// What was billed for each in cycles that end after its own horizon.
async fn billed<C: ConnectionTrait>(
    connection: &C,
    tenant: TenantId,
    subscriptions: &[Subscription],
    today: LocalDate,
) -> Result<HashMap<SubscriptionId, Vec<Billed>>, StoreError> {
    let mut credited = HashMap::new();
    for chunk in subscriptions.chunks(CHUNK) {
        let horizons = chunk.iter().map(|it| it.billing_horizon(today));
        let Some(horizon) = horizons.min() else {
            continue;
        };
        let ids: Vec<Uuid> = chunk.iter().map(|it| it.id().uuid()).collect();
        let pieces = credit_notes::pieces_of(connection, (tenant.uuid(), horizon), &ids).await?;
        credited.extend(credit_notes::by_line(&pieces)?);
    }
    let mut lines = HashMap::<SubscriptionId, (Vec<LineRow>, Vec<LineRow>)>::new();
    for chunk in subscriptions.chunks(CHUNK) {
        let wanted = sql::rows_from(chunk.len(), 2, 2);
        let from = sql::found_for_wanted(connection, "invoice_lines", BILLED, "cycle_end");
        let text = format!(
            "WITH wanted (id, horizon) AS (VALUES {wanted}) SELECT {LINE_COLUMNS} {from} ORDER BY invoice_id, line"
        );
        let horizons = chunk
            .iter()
            .flat_map(|it| [it.id().uuid().into(), it.billing_horizon(today).into()]);
        let values = std::iter::once(tenant.uuid().into()).chain(horizons);
        for line in sql::rows::<LineRow, _>(connection, text, values).await? {
            let (charges, repairs) = lines.entry(line.subscription()).or_default();
            if line.is_repair() {
                repairs.push(line);
            } else {
                charges.push(line);
            }
        }
    }
    lines
        .into_iter()
        .map(|(id, (charges, repairs))| Ok((id, billed_of(&charges, &repairs, &mut credited)?)))
        .collect()
}

async fn open_of<C: ConnectionTrait>(
    connection: &C,
    tenant: TenantId,
    accounts: &[Uuid],
) -> Result<Vec<Invoice>, StoreError> {
    let table = ("invoices", "allocated_minor < total_minor");
    let found: Vec<invoice_row::Model> =
        of_accounts(connection, (tenant, accounts), table, "issued_on, number").await?;
    let ids: Vec<Uuid> = found.iter().map(|it| it.id).collect();
    let mut lines = HashMap::new();
    for chunk in ids.chunks(CHUNK) {
        lines.extend(invoice_lines::of_invoices(connection, tenant.uuid(), chunk).await?);
    }
    found
        .into_iter()
        .map(|row| {
            let own = lines.remove(&row.id).unwrap_or_default();
            row.into_invoice(own)
        })
        .collect()
}

async fn credits_of<C: ConnectionTrait>(
    connection: &C,
    tenant: TenantId,
    accounts: &[Uuid],
) -> Result<Vec<Payment>, StoreError> {
    let table = ("payments", "allocated_minor < amount_minor");
    let found: Vec<payment_row::Model> =
        of_accounts(connection, (tenant, accounts), table, "received_at, id").await?;
    let ids: Vec<Uuid> = found.iter().map(|it| it.id).collect();
    let mut parts = HashMap::new();
    for chunk in ids.chunks(CHUNK) {
        parts.extend(payment_row::allocations_of(connection, tenant.uuid(), chunk).await?);
    }
    found
        .into_iter()
        .map(|row| {
            let own = parts.remove(&row.id).unwrap_or_default();
            row.into_payment(own)
        })
        .collect()
}

/// The rows of a table, those of a condition, that belong to some accounts.
async fn of_accounts<T: FromQueryResult, C: ConnectionTrait>(
    connection: &C,
    (tenant, accounts): (TenantId, &[Uuid]),
    (table, which): (&str, &str),
    order: &str,
) -> Result<Vec<T>, StoreError> {
    let mut found = Vec::new();
    let condition =
        format!("found.tenant_id = $1 AND found.account_id = wanted.account AND {which}");
    for chunk in accounts.chunks(CHUNK) {
        let wanted = sql::rows_from(chunk.len(), 1, 2);
        let from = sql::found_for_wanted(connection, table, &condition, order);
        let text = format!(
            "WITH wanted (account) AS (VALUES {wanted}) SELECT found.* {from} ORDER BY {order}"
        );
        let accounts = chunk.iter().map(|it| (*it).into());
        let values = std::iter::once(tenant.uuid().into()).chain(accounts);
        found.extend(sql::rows::<T, _>(connection, text, values).await?);
    }
    Ok(found)
}

/// Each account's own, in the same order.
fn by_account<T>(all: Vec<T>, account: impl Fn(&T) -> AccountId) -> HashMap<AccountId, Vec<T>> {
    let mut own = HashMap::<AccountId, Vec<T>>::new();
    for it in all {
        own.entry(account(&it)).or_default().push(it);
    }
    own
}

/// $1 tenant, $2 entity, $3 today, $4 after, $5 limit. Account by account in their order: `OFFSET` keeps PostgreSQL from
/// looking at everything that is due once for every page. A fee of dunning waits for the next bill; where no subscription
/// will bring one, it is due itself.
const DUE: &str = "\
FROM accounts WHERE tenant_id = $1 AND entity_id = $2 AND id > $4 AND parked IS NULL
AND (EXISTS (
        SELECT 1 FROM subscriptions AS s
        WHERE s.tenant_id = $1 AND s.account_id = accounts.id AND s.next_bill_on <= $3 LIMIT 1 OFFSET 0)
    OR EXISTS (
        SELECT 1 FROM dunning_charges AS c
        WHERE c.tenant_id = $1 AND c.account_id = accounts.id AND c.invoice_id IS NULL AND c.waived IS NULL)
    AND NOT EXISTS (
        SELECT 1 FROM subscriptions AS s
        WHERE s.tenant_id = $1 AND s.account_id = accounts.id AND s.next_bill_on IS NOT NULL))
ORDER BY id LIMIT $5";

/// $1 tenant, $2 entity, $3 today.
const COUNT: &str = "\
SELECT COUNT(*) AS count FROM accounts WHERE tenant_id = $1 AND entity_id = $2 AND parked IS NULL
AND (id IN (SELECT s.account_id FROM subscriptions AS s WHERE s.tenant_id = $1 AND s.next_bill_on <= $3)
    OR EXISTS (
        SELECT 1 FROM dunning_charges AS c
        WHERE c.tenant_id = $1 AND c.account_id = accounts.id AND c.invoice_id IS NULL AND c.waived IS NULL)
    AND NOT EXISTS (
        SELECT 1 FROM subscriptions AS s
        WHERE s.tenant_id = $1 AND s.account_id = accounts.id AND s.next_bill_on IS NOT NULL))";

/// $1 tenant; `wanted` the subscriptions with a horizon each.
const BILLED: &str = "found.tenant_id = $1 AND found.subscription_id = wanted.id AND found.cycle_end > wanted.horizon";
