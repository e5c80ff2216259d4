//! The usual bill, an invoice of new charges, in one statement that is its own transaction: one way to the database and
//! one commit for each account.
//!
//! Every part waits for the one before: the account at the version that was seen, the number that was set aside, the
//! subscriptions at their versions. If the account or the number is gone nothing is written. PostgreSQL only.

use billing::{ChargeKind, Invoice, InvoiceSnapshot, Line, Posting, PreparedBill, Subscription};
use kernel::{EventId, NewEvent, Scope, StoreError, Timestamp};
use sqlx::postgres::PgArguments;
use sqlx::{Arguments, AssertSqlSafe, Encode, Postgres, Row, Type};
use uuid::Uuid;

use super::net_segments::BASE;
use crate::error::Stored;
use crate::row;
use crate::store::Store;

/// The text of a statement and what is bound to it, growing together.
struct Parts {
    text: String,
    values: PgArguments,
    bound: usize,
}

impl Parts {
    fn new() -> Self {
        Self {
            text: String::with_capacity(4_096),
            values: PgArguments::default(),
            bound: 0,
        }
    }

    fn say(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Binds a value and writes its place.
    fn put<'a, T>(&mut self, value: T) -> Result<(), StoreError>
    where
        T: Encode<'a, Postgres> + Type<Postgres> + 'a,
    {
        self.values.add(value).map_err(StoreError::corrupt)?;
        self.bound += 1;
        self.text.push('$');
        self.text.push_str(&self.bound.to_string());
        Ok(())
    }

    /// Binds a value and writes its place and a comma.
    fn next<'a, T>(&mut self, value: T) -> Result<(), StoreError>
    where
        T: Encode<'a, Postgres> + Type<Postgres> + 'a,
    {
        self.put(value)?;
        self.say(", ");
        Ok(())
    }
}

/// Writes a plain bill under a number that was set aside.
pub(super) async fn write(
    store: &Store,
    scope: &Scope,
    prepared: PreparedBill,
    number: u64,
) -> Result<(), StoreError> {
    let surroundings = &store.surroundings;
    let now = surroundings.clock.now();
    let seen = prepared.seen();
    let draft = prepared.bill.draft;
    let draft = draft.ok_or_else(|| StoreError::corrupt("a plain bill without an invoice"))?;
    let mut invoice = Invoice::issue(draft, &prepared.series, number);
    let events: Vec<NewEvent> = invoice
        .take_events()
        .iter()
        .map(|it| NewEvent::of(invoice.id(), it))
        .collect::<Result<_, _>>()?;
    let snapshot = invoice.snapshot();
    let mut parts = Parts::new();
    hold(&mut parts, scope, &snapshot, seen)?;
    save(&mut parts, &prepared.subscriptions)?;
    issue(&mut parts, &snapshot)?;
    itemize(&mut parts, &snapshot)?;
    for posting in &prepared.bill.postings {
        post(&mut parts, posting, surroundings.ids.fresh())?;
    }
    for event in events {
        tell(&mut parts, scope, event, surroundings.ids.next(), now)?;
    }
    parts.say(DONE);
    let expected = i64::try_from(saved(&prepared.subscriptions).count()).unwrap_or(i64::MAX);
    parts.put(expected)?;
    parts.say(" THEN 1 ELSE 0 END) END AS written");
    run(store, parts).await
}

async fn run(store: &Store, parts: Parts) -> Result<(), StoreError> {
    let probe = &store.surroundings.probe;
    let pool = store.writer().get_postgres_connection_pool();
    let statement = sqlx::query_with(AssertSqlSafe(parts.text), parts.values);
    probe.reached("store.before_commit");
    let row = statement.fetch_one(pool).await.stored()?;
    probe.reached("store.after_commit");
    let written: i32 = row.try_get("written").stored()?;
    if written == 0 {
        return Err(StoreError::Conflict);
    }
    Ok(())
}

/// The account, unless anybody has locked it since, and then the number.
fn hold(
    parts: &mut Parts,
    scope: &Scope,
    it: &InvoiceSnapshot,
    seen: i64,
) -> Result<(), StoreError> {
    parts.say("WITH held AS (UPDATE accounts SET version = version + 1 WHERE tenant_id = ");
    parts.put(scope.tenant.uuid())?;
    parts.say(" AND id = ");
    parts.put(it.account.uuid())?;
    parts.say(" AND version = ");
    parts.put(seen)?;
    parts.say(
        " RETURNING id), taken AS (DELETE FROM number_slots WHERE tenant_id = $1 AND entity_id = ",
    );
    parts.put(it.entity.uuid())?;
    parts.say(" AND series = ");
    parts.put(it.series.clone())?;
    parts.say(" AND number = ");
    parts.put(row::column::<i64, _>("number", it.number)?)?;
    parts.say(" AND EXISTS (SELECT 1 FROM held) RETURNING number)");
    Ok(())
}

/// The subscriptions that were billed; of a plain bill nothing else about them changes.
fn saved(subscriptions: &[Subscription]) -> impl Iterator<Item = &Subscription> {
    subscriptions.iter().filter(|it| it.has_news())
}

fn save(parts: &mut Parts, subscriptions: &[Subscription]) -> Result<(), StoreError> {
    parts.say(", saved AS (UPDATE subscriptions AS s SET billed_through = c.through, rebill_on = c.rebill, ");
    parts.say(
        "next_bill_on = c.bill, next_change_on = c.change, version = c.version + 1 FROM (VALUES ",
    );
    for (index, subscription) in saved(subscriptions).enumerate() {
        let it = subscription.snapshot();
        parts.say(if index == 0 { "(" } else { ", (" });
        parts.next(it.id.uuid())?;
        parts.next(it.version)?;
        parts.next(it.billed_through)?;
        parts.next(it.rebill_on)?;
        parts.next(subscription.next_bill_on())?;
        parts.put(subscription.next_change_on())?;
        parts.say(")");
    }
    parts.say(") AS c (id, version, through, rebill, bill, change) WHERE s.tenant_id = $1 AND s.id = c.id ");
    parts.say("AND s.version = c.version AND EXISTS (SELECT 1 FROM taken) RETURNING s.id)");
    Ok(())
}

fn issue(parts: &mut Parts, it: &InvoiceSnapshot) -> Result<(), StoreError> {
    parts.say(
        ", issued AS (INSERT INTO invoices (id, tenant_id, account_id, entity_id, series, number, ",
    );
    parts.say("total_minor, allocated_minor, currency, issued_on, due_on, version) SELECT ");
    parts.next(it.id.uuid())?;
    // The tenant is bound first, the account, the entity and the rest by `hold`.
    parts.say("$1, $2, $4, $5, $6, ");
    parts.next(it.total.minor())?;
    parts.next(0_i64)?;
    parts.next(it.total.currency().code())?;
    parts.next(it.issued_on)?;
    parts.next(it.due_on)?;
    parts.put(it.version + 1)?;
    parts.say(" FROM taken)");
    Ok(())
}

/// The lines, and the days that stand billed from now on.
fn itemize(parts: &mut Parts, it: &InvoiceSnapshot) -> Result<(), StoreError> {
    parts.say(
        ", itemized AS (INSERT INTO invoice_lines (tenant_id, invoice_id, line, subscription_id, ",
    );
    parts.say("component, kind, plan_id, quantity, period_start, period_end, cycle_start, cycle_end, price_minor, amount_minor, currency) SELECT $1, ");
    parts.put(it.id.uuid())?;
    parts.say(", l.* FROM taken, (VALUES ");
    for (number, line) in (0_i64..).zip(&it.lines) {
        parts.say(if number == 0 { "(" } else { ", (" });
        line_values(parts, number, line)?;
        parts.say(")");
    }
    parts.say(") AS l (line, subscription_id, component, kind, plan_id, quantity, period_start, period_end, ");
    parts.say("cycle_start, cycle_end, price, amount, currency) RETURNING invoice_id, line, period_start, ");
    parts.say("period_end, subscription_id, component, kind, amount_minor)");
    parts.say(", standing AS (INSERT INTO net_segments (tenant_id, invoice_id, line, period_start, period_end, ");
    parts.say("subscription_id, component) SELECT $1, i.invoice_id, i.line, i.period_start, i.period_end, ");
    parts.say("i.subscription_id, CASE i.component WHEN 0 THEN ");
    parts.put(BASE)?;
    parts.say(" ELSE i.component::text END FROM itemized AS i WHERE i.kind = ");
    parts.put(ChargeKind::Recurring.as_str())?;
    parts.say(" AND i.amount_minor > 0)");
    Ok(())
}

fn line_values(parts: &mut Parts, number: i64, line: &Line) -> Result<(), StoreError> {
    parts.next(number)?;
    parts.next(line.subscription.uuid())?;
    parts.next(i64::from(line.component))?;
    parts.next(line.kind.as_str())?;
    parts.next(line.plan.uuid())?;
    parts.next(i64::from(line.quantity))?;
    parts.next(line.period.start)?;
    parts.next(line.period.end)?;
    parts.next(line.cycle.start)?;
    parts.next(line.cycle.end)?;
    parts.next(line.price.minor())?;
    parts.next(line.amount.minor())?;
    parts.put(line.amount.currency().code())
}

fn post(parts: &mut Parts, posting: &Posting, id: Uuid) -> Result<(), StoreError> {
    parts.say(", posted_");
    parts.say(&parts.bound.to_string());
    parts.say(" AS (INSERT INTO ledger_entries (tenant_id, posting_id, entity_id, account_id, what, source, ");
    parts.say("posted_at, side, ledger_account, amount_minor, currency) SELECT $1, ");
    parts.put(id)?;
    parts.say(", $4, $2, ");
    parts.next(posting.what())?;
    parts.next(posting.source().to_owned())?;
    parts.put(posting.at().utc())?;
    parts.say(", e.* FROM taken, (VALUES ");
    for (side, entry) in (0_i16..).zip(posting.entries()) {
        parts.say(if side == 0 { "(" } else { ", (" });
        parts.next(side)?;
        parts.next(entry.account.as_str())?;
        parts.next(entry.amount.minor())?;
        parts.put(entry.amount.currency().code())?;
        parts.say(")");
    }
    parts.say(") AS e (side, account, amount, currency))");
    Ok(())
}

fn tell(
    parts: &mut Parts,
    scope: &Scope,
    event: NewEvent,
    id: EventId,
    now: Timestamp,
) -> Result<(), StoreError> {
    parts.say(", told_");
    parts.say(&parts.bound.to_string());
    parts.say(" AS (INSERT INTO events (tenant_id, id, aggregate_kind, aggregate_id, name, version, body, actor, ");
    parts.say("correlation, causation, trace, occurred_at) SELECT $1, ");
    parts.next(id.uuid())?;
    parts.next(event.aggregate_kind)?;
    parts.next(event.aggregate_id)?;
    parts.next(event.name)?;
    parts.next(row::column::<i16, _>("version", event.version)?)?;
    parts.next(event.body)?;
    parts.next(scope.actor.to_string())?;
    parts.next(scope.correlation)?;
    parts.next(scope.causation.map(|it| it.uuid()))?;
    parts.next(scope.trace.clone())?;
    parts.put(now.utc())?;
    parts.say(" FROM taken)");
    Ok(())
}

/// A subscription that has changed while its account was not locked would be a fault of ours: dividing by zero takes
/// everything back.
const DONE: &str = " SELECT CASE WHEN (SELECT count(*) FROM taken) = 0 THEN 0 \
    ELSE 1 / (CASE WHEN (SELECT count(*) FROM saved) = ";
