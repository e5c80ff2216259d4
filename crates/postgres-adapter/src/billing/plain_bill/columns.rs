//! Plain bills as columns: what is bound to the procedure that writes them.

use billing::{ChargeKind, Invoice, Line, Posting, PreparedBill, Subscription};
use chrono::{DateTime, Utc};
use kernel::{EventId, LocalDate, NewEvent, Scope, StoreError};
use serde_json::Value;
use sqlx::postgres::PgArguments;
use sqlx::{Arguments, Encode, Postgres, Type};
use uuid::Uuid;

use crate::billing::net_segments;
use crate::row;
use crate::store::Surroundings;

/// Values in columns; `…_to` counts those of a bill and of every bill before it.
#[derive(Default)]
pub(super) struct Columns {
    bills: Bills,
    subscriptions: Subscriptions,
    lines: Lines,
    entries: Entries,
    events: Events,
}

#[derive(Default)]
struct Bills {
    account: Vec<Uuid>,
    seen: Vec<i64>,
    look_at: Vec<Option<DateTime<Utc>>>,
    entity: Vec<Uuid>,
    series: Vec<String>,
    number: Vec<i64>,
    invoice: Vec<Uuid>,
    total: Vec<i64>,
    currency: Vec<String>,
    issued_on: Vec<LocalDate>,
    due_on: Vec<LocalDate>,
    version: Vec<i64>,
    subscriptions_to: Vec<i32>,
    lines_to: Vec<i32>,
    entries_to: Vec<i32>,
    events_to: Vec<i32>,
}

#[derive(Default)]
struct Subscriptions {
    id: Vec<Uuid>,
    version: Vec<i64>,
    billed_through: Vec<Option<LocalDate>>,
    rebill_on: Vec<Option<LocalDate>>,
    next_bill_on: Vec<Option<LocalDate>>,
    next_change_on: Vec<Option<LocalDate>>,
}

#[derive(Default)]
struct Lines {
    subscription: Vec<Uuid>,
    component: Vec<i64>,
    /// What the component is called among the days that stand billed; `None` if the line is for no such days.
    segment: Vec<Option<String>>,
    kind: Vec<&'static str>,
    plan: Vec<Uuid>,
    quantity: Vec<i64>,
    start: Vec<LocalDate>,
    end: Vec<LocalDate>,
    cycle_start: Vec<LocalDate>,
    cycle_end: Vec<LocalDate>,
    price: Vec<i64>,
    amount: Vec<i64>,
}

#[derive(Default)]
struct Entries {
    posting: Vec<Uuid>,
    what: Vec<String>,
    source: Vec<String>,
    posted_at: Vec<DateTime<Utc>>,
    side: Vec<i16>,
    account: Vec<String>,
    amount: Vec<i64>,
}

#[derive(Default)]
struct Events {
    id: Vec<Uuid>,
    kind: Vec<String>,
    aggregate: Vec<Uuid>,
    name: Vec<String>,
    version: Vec<i16>,
    body: Vec<Value>,
}

impl Columns {
    /// Adds a bill under its number.
    pub(super) fn add(
        &mut self,
        surroundings: &Surroundings,
        prepared: &PreparedBill,
        number: u64,
    ) -> Result<(), StoreError> {
        let draft = prepared.bill.draft.clone();
        let draft = draft.ok_or_else(|| StoreError::corrupt("a plain bill without an invoice"))?;
        let mut invoice = Invoice::issue(draft, &prepared.series, number);
        for event in invoice.take_events() {
            let event = NewEvent::of(invoice.id(), &event)?;
            self.events.add(surroundings.ids.next(), event)?;
        }
        for it in prepared.subscriptions.iter().filter(|it| it.has_news()) {
            self.subscriptions.add(it);
        }
        invoice.lines().iter().for_each(|it| self.lines.add(it));
        for posting in &prepared.bill.postings {
            self.entries.add(surroundings.ids.fresh(), posting);
        }
        self.bills.add(&invoice, prepared)?;
        self.bills.end_at([
            self.subscriptions.id.len(),
            self.lines.subscription.len(),
            self.entries.posting.len(),
            self.events.id.len(),
        ])
    }

    /// The invoices, bill by bill.
    pub(super) fn invoices(&self) -> &[Uuid] {
        &self.bills.invoice
    }

    /// Everything in the order of the procedure's parameters.
    pub(super) fn bind(self, scope: &Scope, now: DateTime<Utc>) -> Result<PgArguments, StoreError> {
        let mut values = Values(PgArguments::default());
        values.put(scope.tenant.uuid())?;
        values.put(scope.actor.to_string())?;
        values.put(scope.correlation)?;
        values.put(scope.causation.map(|it| it.uuid()))?;
        values.put(scope.trace.clone())?;
        values.put(now)?;
        self.bills.bind(&mut values)?;
        self.subscriptions.bind(&mut values)?;
        self.lines.bind(&mut values)?;
        self.entries.bind(&mut values)?;
        self.events.bind(&mut values)?;
        values.put(Vec::<String>::new())?;
        Ok(values.0)
    }
}

struct Values(PgArguments);

impl Values {
    fn put<'a, T>(&mut self, value: T) -> Result<(), StoreError>
    where
        T: Encode<'a, Postgres> + Type<Postgres> + 'a,
    {
        self.0.add(value).map_err(StoreError::corrupt)
    }
}

impl Bills {
    fn add(&mut self, invoice: &Invoice, prepared: &PreparedBill) -> Result<(), StoreError> {
        let it = invoice.snapshot();
        self.account.push(it.account.uuid());
        self.seen.push(prepared.seen());
        self.look_at.push(row::utc(prepared.account.look_at()));
        self.entity.push(it.entity.uuid());
        self.series.push(it.series);
        self.number.push(row::column("number", it.number)?);
        self.invoice.push(it.id.uuid());
        self.total.push(it.total.minor());
        self.currency.push(it.total.currency().code().to_owned());
        self.issued_on.push(it.issued_on);
        self.due_on.push(it.due_on);
        self.version.push(it.version + 1);
        Ok(())
    }

    fn end_at(&mut self, ends: [usize; 4]) -> Result<(), StoreError> {
        let columns = [
            &mut self.subscriptions_to,
            &mut self.lines_to,
            &mut self.entries_to,
            &mut self.events_to,
        ];
        for (column, end) in columns.into_iter().zip(ends) {
            column.push(row::column("count", end)?);
        }
        Ok(())
    }

    fn bind(self, values: &mut Values) -> Result<(), StoreError> {
        values.put(self.account)?;
        values.put(self.seen)?;
        values.put(self.look_at)?;
        values.put(self.entity)?;
        values.put(self.series)?;
        values.put(self.number)?;
        values.put(self.invoice)?;
        values.put(self.total)?;
        values.put(self.currency)?;
        values.put(self.issued_on)?;
        values.put(self.due_on)?;
        values.put(self.version)?;
        values.put(self.subscriptions_to)?;
        values.put(self.lines_to)?;
        values.put(self.entries_to)?;
        values.put(self.events_to)
    }
}

impl Subscriptions {
    /// Of a plain bill nothing else about them changes.
    fn add(&mut self, subscription: &Subscription) {
        let it = subscription.snapshot();
        self.id.push(it.id.uuid());
        self.version.push(it.version);
        self.billed_through.push(it.billed_through);
        self.rebill_on.push(it.rebill_on);
        self.next_bill_on.push(subscription.next_bill_on());
        self.next_change_on.push(subscription.next_change_on());
    }

    fn bind(self, values: &mut Values) -> Result<(), StoreError> {
        values.put(self.id)?;
        values.put(self.version)?;
        values.put(self.billed_through)?;
        values.put(self.rebill_on)?;
        values.put(self.next_bill_on)?;
        values.put(self.next_change_on)
    }
}

impl Lines {
    fn add(&mut self, it: &Line) {
        self.subscription.push(it.subscription.uuid());
        self.component.push(i64::from(it.component));
        let segment = net_segments::stands(it).then(|| net_segments::word_of(it.component));
        self.segment.push(segment.map(Into::into));
        self.kind.push(ChargeKind::as_str(it.kind));
        self.plan.push(it.plan.uuid());
        self.quantity.push(i64::from(it.quantity));
        self.start.push(it.period.start);
        self.end.push(it.period.end);
        self.cycle_start.push(it.cycle.start);
        self.cycle_end.push(it.cycle.end);
        self.price.push(it.price.minor());
        self.amount.push(it.amount.minor());
    }

    fn bind(self, values: &mut Values) -> Result<(), StoreError> {
        values.put(self.subscription)?;
        values.put(self.component)?;
        values.put(self.segment)?;
        values.put(self.kind)?;
        values.put(self.plan)?;
        values.put(self.quantity)?;
        values.put(self.start)?;
        values.put(self.end)?;
        values.put(self.cycle_start)?;
        values.put(self.cycle_end)?;
        values.put(self.price)?;
        values.put(self.amount)
    }
}

impl Entries {
    fn add(&mut self, id: Uuid, posting: &Posting) {
        for (side, entry) in (0_i16..).zip(posting.entries()) {
            self.posting.push(id);
            self.what.push(posting.what().to_owned());
            self.source.push(posting.source().to_owned());
            self.posted_at.push(posting.at().utc());
            self.side.push(side);
            self.account.push(entry.account.as_str().to_owned());
            self.amount.push(entry.amount.minor());
        }
    }

    fn bind(self, values: &mut Values) -> Result<(), StoreError> {
        values.put(self.posting)?;
        values.put(self.what)?;
        values.put(self.source)?;
        values.put(self.posted_at)?;
        values.put(self.side)?;
        values.put(self.account)?;
        values.put(self.amount)
    }
}

impl Events {
    fn add(&mut self, id: EventId, event: NewEvent) -> Result<(), StoreError> {
        self.id.push(id.uuid());
        self.kind.push(event.aggregate_kind.to_string());
        self.aggregate.push(event.aggregate_id);
        self.name.push(event.name.to_string());
        self.version.push(row::column("version", event.version)?);
        self.body.push(event.body);
        Ok(())
    }

    fn bind(self, values: &mut Values) -> Result<(), StoreError> {
        values.put(self.id)?;
        values.put(self.kind)?;
        values.put(self.aggregate)?;
        values.put(self.name)?;
        values.put(self.version)?;
        values.put(self.body)
    }
}
