//! Invoices in a transaction: issued once, allocated to later.

use std::collections::HashMap;

use async_trait::async_trait;
use billing::{
    Billed, Invoice, InvoiceDraft, InvoiceRepository, IssuedNote, LetGo, LineRef, NoteDraft,
    OpenAmount, Period,
};
use kernel::{AccountId, CreditNoteId, InvoiceId, LocalDate, Money, StoreError, SubscriptionId};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::credit_notes::{self, TakenOff};
use super::dunning_queries::open_amounts;
use super::invoice_lines::{self, LINE_COLUMNS, LineRow};
use super::invoice_row::{Entity, Model};
use super::{fees, net_segments, number_slots};
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

    async fn owed_of(&mut self, account: AccountId) -> Result<Vec<OpenAmount>, StoreError> {
        let of = [account.uuid()];
        let mut owed = open_amounts(self.connection(), self.tenant(), &of).await?;
        Ok(owed.remove(&account).unwrap_or_default())
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
        let of = (self.tenant(), cycles_ending_after);
        let pieces = credit_notes::pieces_of(self.connection(), of, &[subscription.uuid()]).await?;
        billed_of(&charges, &repairs, &mut credit_notes::by_line(&pieces)?)
    }

    async fn find_note(&mut self, id: CreditNoteId) -> Result<Option<IssuedNote>, StoreError> {
        credit_notes::find(self.connection(), self.tenant(), id).await
    }

    async fn notes_of(&mut self, invoice: InvoiceId) -> Result<Vec<IssuedNote>, StoreError> {
        credit_notes::of_invoice(self.connection(), self.tenant(), invoice).await
    }

    async fn taken_back(&mut self, invoice: InvoiceId) -> Result<Vec<(u16, Money)>, StoreError> {
        taken_back(self.connection(), self.tenant(), invoice).await
    }

    async fn issue_note(
        &mut self,
        draft: NoteDraft,
        series: &str,
    ) -> Result<IssuedNote, StoreError> {
        let of = (draft.entity, series);
        let (tenant, dialect) = (self.tenant(), self.dialect());
        net_segments::give_back(self.connection(), tenant, &draft).await?;
        let number = number_slots::next(self.connection(), dialect, tenant, of).await?;
        let issued = IssuedNote::issue(draft, series, number);
        let (note, told) = issued.map_err(StoreError::corrupt)?;
        credit_notes::insert(self.connection(), tenant, &note).await?;
        self.record(note.draft.id, vec![told])?;
        Ok(note)
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
        fees::bill(self, &snapshot).await?;
        net_segments::record(self.connection(), tenant, id, &snapshot.lines).await?;
        self.record(id, invoice.take_events())?;
        invoice.saved_as(1);
        Ok(invoice)
    }

    async fn let_days_go(&mut self, days: &[LetGo]) -> Result<(), StoreError> {
        for gone in days {
            net_segments::cut(self.connection(), self.tenant(), *gone).await?;
        }
        Ok(())
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
        with_lines(self.connection(), self.tenant(), rows).await
    }
}

/// Invoices with their lines, in one statement more.
pub(super) async fn with_lines<C: ConnectionTrait>(
    connection: &C,
    tenant: Uuid,
    rows: Vec<Model>,
) -> Result<Vec<Invoice>, StoreError> {
    let ids: Vec<Uuid> = rows.iter().map(|it| it.id).collect();
    let mut lines = invoice_lines::of_invoices(connection, tenant, &ids).await?;
    rows.into_iter()
        .map(|row| {
            let own = lines.remove(&row.id).unwrap_or_default();
            row.into_invoice(own)
        })
        .collect()
}

#[derive(Debug, FromQueryResult)]
struct TakenRow {
    line: i64,
    taken_minor: i64,
    currency: String,
}

/// What negative lines of later invoices have taken back of each line of an invoice.
pub(super) async fn taken_back<C: ConnectionTrait>(
    connection: &C,
    tenant: Uuid,
    invoice: InvoiceId,
) -> Result<Vec<(u16, Money)>, StoreError> {
    let values = [tenant.into(), invoice.uuid().into()];
    let rows: Vec<TakenRow> = sql::rows(connection, TAKEN_BACK, values).await?;
    let taken = |it: TakenRow| {
        let amount = row::money(it.taken_minor, &it.currency)?;
        Ok((row::number("line", it.line)?, amount))
    };
    rows.into_iter().map(taken).collect()
}

/// Charges as what was billed, with what repairs and credit notes took off them.
pub(super) fn billed_of(
    charges: &[LineRow],
    repairs: &[LineRow],
    credited: &mut HashMap<LineRef, TakenOff>,
) -> Result<Vec<Billed>, StoreError> {
    let mut repaired = by_charge(repairs)?;
    let billed = |it| billed(it, &mut repaired, credited);
    charges.iter().map(billed).collect()
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

fn billed(
    row: &LineRow,
    repaired: &mut Repaired,
    credited: &mut HashMap<LineRef, TakenOff>,
) -> Result<Billed, StoreError> {
    let place = invoice_lines::line_ref(row.invoice_id, row.line)?;
    let line = row.to_line()?;
    let mut repaired = repaired.remove(&place).unwrap_or_default();
    let noted = credited.remove(&place).unwrap_or_default();
    repaired.extend(noted.repaired);
    Ok(Billed {
        line: place,
        terms: line.terms(),
        period: line.period,
        cycle: line.cycle,
        price: line.price,
        amount: line.amount,
        adjusted: Money::from_minor(noted.adjusted, line.amount.currency()),
        repaired,
    })
}

/// A repair is for days of the same cycle as the charge, so the same condition finds both.
const OF_SUBSCRIPTION: &str = "\
FROM invoice_lines WHERE tenant_id = $1 AND subscription_id = $2 AND cycle_end > $3 ORDER BY invoice_id, line";

const TAKEN_BACK: &str = "\
SELECT repairs_line AS line, CAST(-sum(amount_minor) AS BIGINT) AS taken_minor, currency
FROM invoice_lines WHERE tenant_id = $1 AND repairs_invoice_id = $2 AND repairs_line IS NOT NULL
GROUP BY repairs_line, currency HAVING sum(amount_minor) < 0 ORDER BY repairs_line";

const ALLOCATE: &str = "\
UPDATE invoices SET allocated_minor = $4, credited_minor = $5, written_off_minor = $6, voided_on = $7, void_reason = $8,
    version = version + 1
WHERE tenant_id = $1 AND id = $2 AND version = $3";
