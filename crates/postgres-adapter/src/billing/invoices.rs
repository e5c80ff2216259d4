//! Invoices in a transaction: issued once, allocated to later.

use std::collections::HashMap;

use async_trait::async_trait;
use billing::{Billed, Invoice, InvoiceDraft, InvoiceRepository, LineRef, Period};
use kernel::{AccountId, InvoiceId, LocalDate, Money, StoreError, SubscriptionId};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::invoice_lines::{self, LINE_COLUMNS, LineRow};
use super::invoice_row::{Entity, Model};
use super::{net_segments, number_slots};
use crate::error::Stored;
use crate::tx::Tx;
use crate::{row, sql};

#[async_trait]
impl InvoiceRepository for Tx {
    async fn find(&mut self, id: InvoiceId) -> Result<Option<Invoice>, StoreError> {
        let wanted = Entity::find_by_id((self.tenant(), id.uuid()));
        let found = wanted.one(self.connection()).await.stored()?;
        let invoices = self.with_lines(found.into_iter().collect()).await?;
        Ok(invoices.into_iter().next())
    }

    async fn open_of(&mut self, account: AccountId) -> Result<Vec<Invoice>, StoreError> {
        let found = Entity::find()
            .filter(Expr::col("tenant_id").eq(self.tenant()))
            .filter(Expr::col("account_id").eq(account.uuid()))
            .filter(Expr::col("allocated_minor").lt(Expr::col("total_minor")))
            .order_by_asc(Expr::col("issued_on"))
            .order_by_asc(Expr::col("number"))
            .all(self.connection())
            .await
            .stored()?;
        self.with_lines(found).await
    }

    async fn billed(
        &mut self,
        subscription: SubscriptionId,
        cycles_ending_after: LocalDate,
    ) -> Result<Vec<Billed>, StoreError> {
        let values = [
            self.tenant().into(),
            subscription.uuid().into(),
            cycles_ending_after.into(),
        ];
        let text = format!("SELECT {LINE_COLUMNS} {OF_SUBSCRIPTION}");
        let rows: Vec<LineRow> = sql::rows(self.connection(), text, values).await?;
        let (repairs, charges): (Vec<_>, Vec<_>) = rows.into_iter().partition(LineRow::is_repair);
        billed_of(&charges, &repairs)
    }

    async fn issue(&mut self, draft: InvoiceDraft, series: &str) -> Result<Invoice, StoreError> {
        let of = (draft.entity, series);
        let dialect = self.dialect();
        let number = number_slots::next(self.connection(), dialect, self.tenant(), of).await?;
        let mut invoice = Invoice::issue(draft, series, number);
        let snapshot = invoice.snapshot();
        let row = Model::of(self.tenant(), &snapshot)?;
        let identity = (self.tenant(), snapshot.id.uuid());
        row::save::<Entity, _>(self.connection(), row, identity, 0).await?;
        let (tenant, id) = (self.tenant(), snapshot.id);
        invoice_lines::insert(self.connection(), tenant, id, &snapshot.lines).await?;
        net_segments::record(self.connection(), tenant, id, &snapshot.lines).await?;
        self.record(id, invoice.take_events())?;
        invoice.saved_as(1);
        Ok(invoice)
    }

    async fn save(&mut self, invoice: &mut Invoice) -> Result<(), StoreError> {
        let snapshot = invoice.snapshot();
        // What was issued never changes: only how it is settled is written.
        let values = [
            self.tenant().into(),
            snapshot.id.uuid().into(),
            snapshot.version.into(),
            snapshot.allocated.minor().into(),
            snapshot.credited.minor().into(),
            snapshot.written_off.minor().into(),
            snapshot.voided.as_ref().map(|it| it.on).into(),
            snapshot.voided.as_ref().map(|it| it.reason.clone()).into(),
        ];
        if sql::execute(self.connection(), ALLOCATE, values).await? == 0 {
            return Err(StoreError::Conflict);
        }
        self.record(snapshot.id, invoice.take_events())?;
        invoice.saved_as(snapshot.version + 1);
        Ok(())
    }
}

impl Tx {
    async fn with_lines(&self, rows: Vec<Model>) -> Result<Vec<Invoice>, StoreError> {
        let ids: Vec<Uuid> = rows.iter().map(|it| it.id).collect();
        let lines = invoice_lines::of_invoices(self.connection(), self.tenant(), &ids).await?;
        let mut lines = lines;
        rows.into_iter()
            .map(|row| {
                let own = lines.remove(&row.id).unwrap_or_default();
                row.into_invoice(own)
            })
            .collect()
    }
}

/// Charges and repairs as what was billed.
pub(super) fn billed_of(
    charges: &[LineRow],
    repairs: &[LineRow],
) -> Result<Vec<Billed>, StoreError> {
    let mut repaired = by_charge(repairs)?;
    charges.iter().map(|it| billed(it, &mut repaired)).collect()
}

type Repaired = HashMap<LineRef, Vec<(Period, Money)>>;

/// Parts that were taken back, by the line they were taken back from.
fn by_charge(repairs: &[LineRow]) -> Result<Repaired, StoreError> {
    let mut repaired = Repaired::new();
    for row in repairs {
        let line = row.to_line()?;
        let given_back = line.amount.checked_neg().map_err(StoreError::corrupt)?;
        if let Some(charge) = line.repairs {
            repaired
                .entry(charge)
                .or_default()
                .push((line.period, given_back));
        }
    }
    Ok(repaired)
}

fn billed(row: &LineRow, repaired: &mut Repaired) -> Result<Billed, StoreError> {
    let place = invoice_lines::line_ref(row.invoice_id, row.line)?;
    let line = row.to_line()?;
    Ok(Billed {
        line: place,
        terms: line.terms(),
        period: line.period,
        cycle: line.cycle,
        price: line.price,
        amount: line.amount,
        adjusted: Money::zero(line.amount.currency()),
        repaired: repaired.remove(&place).unwrap_or_default(),
    })
}

/// A repair is for days of the same cycle as the charge, so the same condition finds both.
const OF_SUBSCRIPTION: &str = "\
FROM invoice_lines WHERE tenant_id = $1 AND subscription_id = $2 AND cycle_end > $3 ORDER BY invoice_id, line";

const ALLOCATE: &str = "\
UPDATE invoices SET allocated_minor = $4, credited_minor = $5, written_off_minor = $6, voided_on = $7, void_reason = $8,
    version = version + 1
WHERE tenant_id = $1 AND id = $2 AND version = $3";
