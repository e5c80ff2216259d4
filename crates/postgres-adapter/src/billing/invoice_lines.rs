//! The lines of invoices: written once with their invoice, read for many invoices at a time.

use std::collections::HashMap;

use billing::{Charge, ChargeKind, Line, LineRef, Period};
use kernel::{InvoiceId, LocalDate, PlanId, StoreError, SubscriptionId};
use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use uuid::Uuid;

use super::fees;
use crate::{row, sql};

const COLUMNS: usize = 17;
/// The columns of a line.
pub(super) const LINE_COLUMNS: &str = "invoice_id, line, subscription_id, component, kind, plan_id, quantity, \
    period_start, period_end, cycle_start, cycle_end, price_minor, amount_minor, currency, repairs_invoice_id, \
    repairs_line";

/// Lines per statement.
const CHUNK: usize = 500;

#[derive(Debug, FromQueryResult)]
pub(super) struct LineRow {
    pub(super) invoice_id: Uuid,
    pub(super) line: i64,
    subscription_id: Uuid,
    component: i64,
    kind: String,
    plan_id: Uuid,
    quantity: i64,
    period_start: LocalDate,
    period_end: LocalDate,
    cycle_start: LocalDate,
    cycle_end: LocalDate,
    price_minor: i64,
    amount_minor: i64,
    currency: String,
    repairs_invoice_id: Option<Uuid>,
    repairs_line: Option<i64>,
}

impl LineRow {
    pub(super) const fn subscription(&self) -> SubscriptionId {
        SubscriptionId::from_uuid(self.subscription_id)
    }

    pub(super) const fn is_repair(&self) -> bool {
        self.repairs_line.is_some()
    }

    pub(super) fn to_line(&self) -> Result<Line, StoreError> {
        let repairs = match (self.repairs_invoice_id, self.repairs_line) {
            (None, None) => None,
            (Some(invoice), Some(line)) => Some(line_ref(invoice, line)?),
            _ => return Err(row::bad("repairs_line", "half a reference")),
        };
        Ok(Line {
            subscription: SubscriptionId::from_uuid(self.subscription_id),
            component: row::number("component", self.component)?,
            kind: ChargeKind::from_word(&self.kind).ok_or_else(|| row::bad("kind", &self.kind))?,
            plan: PlanId::from_uuid(self.plan_id),
            quantity: row::number("quantity", self.quantity)?,
            period: Period {
                start: self.period_start,
                end: self.period_end,
            },
            cycle: Period {
                start: self.cycle_start,
                end: self.cycle_end,
            },
            price: row::money(self.price_minor, &self.currency)?,
            amount: row::money(self.amount_minor, &self.currency)?,
            repairs,
        })
    }
}

/// Two columns as the place of a line.
pub(super) fn line_ref(invoice: Uuid, line: i64) -> Result<LineRef, StoreError> {
    Ok(LineRef {
        invoice: InvoiceId::from_uuid(invoice),
        line: row::number("line", line)?,
    })
}

/// What is written on an invoice.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) lines: Vec<Line>,
    pub(super) fees: Vec<Charge>,
}

/// Writes the lines of a new invoice.
pub(super) async fn insert<C: ConnectionTrait>(
    connection: &C,
    tenant: Uuid,
    invoice: InvoiceId,
    lines: &[Line],
) -> Result<(), StoreError> {
    let numbered: Vec<(i64, &Line)> = (0..).zip(lines).collect();
    for chunk in numbered.chunks(CHUNK) {
        let text = format!(
            "{INSERT}{}",
            sql::placeholders(connection, chunk.len(), COLUMNS)
        );
        let values = chunk
            .iter()
            .flat_map(|(number, line)| values(tenant, invoice, *number, line));
        sql::execute(connection, text, values).await?;
    }
    Ok(())
}

/// What is written on many invoices, in two statements.
pub(super) async fn of_invoices<C: ConnectionTrait>(
    connection: &C,
    tenant: Uuid,
    invoices: &[Uuid],
) -> Result<HashMap<Uuid, Written>, StoreError> {
    let mut written = HashMap::<Uuid, Written>::new();
    if invoices.is_empty() {
        return Ok(written);
    }
    let places: Vec<String> = (2..2 + invoices.len()).map(|it| format!("${it}")).collect();
    let text = format!(
        "SELECT {LINE_COLUMNS} {OF_INVOICES} ({}) ORDER BY invoice_id, line",
        places.join(", ")
    );
    let ids = invoices.iter().map(|it| Value::from(*it));
    let values = std::iter::once(tenant.into()).chain(ids);
    for row in sql::rows::<LineRow, _>(connection, text, values).await? {
        let own = written.entry(row.invoice_id).or_default();
        own.lines.push(row.to_line()?);
    }
    for (invoice, own) in fees::of_invoices(connection, tenant, invoices).await? {
        written.entry(invoice).or_default().fees = own;
    }
    Ok(written)
}

fn values(tenant: Uuid, invoice: InvoiceId, number: i64, line: &Line) -> [Value; COLUMNS] {
    [
        tenant.into(),
        invoice.uuid().into(),
        number.into(),
        line.subscription.uuid().into(),
        i64::from(line.component).into(),
        line.kind.as_str().into(),
        line.plan.uuid().into(),
        i64::from(line.quantity).into(),
        line.period.start.into(),
        line.period.end.into(),
        line.cycle.start.into(),
        line.cycle.end.into(),
        line.price.minor().into(),
        line.amount.minor().into(),
        line.amount.currency().code().into(),
        line.repairs.map(|it| it.invoice.uuid()).into(),
        line.repairs.map(|it| i64::from(it.line)).into(),
    ]
}

const INSERT: &str = "\
INSERT INTO invoice_lines (tenant_id, invoice_id, line, subscription_id, component, kind, plan_id, quantity,
    period_start, period_end, cycle_start, cycle_end, price_minor, amount_minor, currency, repairs_invoice_id,
    repairs_line) VALUES ";

const OF_INVOICES: &str = "FROM invoice_lines WHERE tenant_id = $1 AND invoice_id IN";
