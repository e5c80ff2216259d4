//! Credit notes: written once under a number of their own series, with what they take off which line.

use std::collections::HashMap;

use billing::{
    CreditNote, CreditNoteKind, CreditedPiece, IssuedNote, LineRef, NoteDraft, NoteFilter,
    NoteView, Period,
};
use kernel::{
    AccountId, CreditNoteId, EntityId, InvoiceId, LocalDate, Money, PageRequest, StoreError,
    SubscriptionId,
};
use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ConnectionTrait, FromQueryResult, QueryFilter, QueryOrder, Value};
use serde_json::Value as Json;
use uuid::Uuid;

use super::invoice_lines;
use crate::error::Stored;
use crate::{row, sql};

const PIECE_COLUMNS: usize = 11;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "credit_notes")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    account_id: Uuid,
    entity_id: Uuid,
    invoice_id: Uuid,
    series: String,
    number: i64,
    kind: String,
    reason: String,
    net_minor: i64,
    tax_minor: i64,
    rounding_minor: i64,
    total_minor: i64,
    currency: String,
    body: Json,
    issued_on: LocalDate,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

#[derive(Debug, FromQueryResult)]
pub(super) struct PieceRow {
    credit_note_id: Uuid,
    invoice_id: Uuid,
    line: i64,
    subscription_id: Uuid,
    cycle_end: LocalDate,
    period_start: Option<LocalDate>,
    period_end: Option<LocalDate>,
    amount_minor: i64,
    currency: String,
}

impl PieceRow {
    /// The line that something is taken off.
    pub(super) fn of(&self) -> Result<LineRef, StoreError> {
        invoice_lines::line_ref(self.invoice_id, self.line)
    }

    pub(super) const fn subscription(&self) -> SubscriptionId {
        SubscriptionId::from_uuid(self.subscription_id)
    }

    pub(super) fn to_piece(&self) -> Result<CreditedPiece, StoreError> {
        let days = match (self.period_start, self.period_end) {
            (None, None) => None,
            (Some(start), Some(end)) => Some(Period { start, end }),
            _ => return Err(row::bad("period_end", "half a period")),
        };
        Ok(CreditedPiece {
            line: self.of()?.line,
            subscription: self.subscription(),
            cycle_end: self.cycle_end,
            days,
            amount: row::money(self.amount_minor, &self.currency)?,
        })
    }
}

impl Model {
    fn of(tenant: Uuid, it: &IssuedNote) -> Result<Self, StoreError> {
        let draft = &it.draft;
        let total = draft.total().map_err(StoreError::corrupt)?;
        let tax = draft.note.tax().map_err(StoreError::corrupt)?;
        Ok(Self {
            tenant_id: tenant,
            id: draft.id.uuid(),
            account_id: draft.account.uuid(),
            entity_id: draft.entity.uuid(),
            invoice_id: draft.invoice.uuid(),
            series: it.series.clone(),
            number: row::column("number", it.number)?,
            kind: draft.note.kind.as_str().to_owned(),
            reason: draft.reason.clone(),
            net_minor: draft.note.net.minor(),
            tax_minor: tax.minor(),
            rounding_minor: draft.rounding.minor(),
            total_minor: total.minor(),
            currency: total.currency().code().to_owned(),
            body: serde_json::to_value(draft.note.record()).map_err(StoreError::corrupt)?,
            issued_on: draft.issued_on,
        })
    }

    fn into_note(self, pieces: Vec<CreditedPiece>) -> Result<IssuedNote, StoreError> {
        let zero = row::money(0, &self.currency)?;
        let kind = CreditNoteKind::from_word(&self.kind);
        let kind = kind.ok_or_else(|| row::bad("kind", &self.kind))?;
        let record = serde_json::from_value(self.body).map_err(StoreError::corrupt)?;
        let note = CreditNote::of_record(kind, record, zero).map_err(StoreError::corrupt)?;
        let draft = NoteDraft {
            id: CreditNoteId::from_uuid(self.id),
            account: AccountId::from_uuid(self.account_id),
            entity: EntityId::from_uuid(self.entity_id),
            invoice: InvoiceId::from_uuid(self.invoice_id),
            note,
            rounding: Money::from_minor(self.rounding_minor, zero.currency()),
            pieces,
            reason: self.reason,
            issued_on: self.issued_on,
        };
        let number = row::number("number", self.number)?;
        Ok(IssuedNote::restore(draft, self.series, number))
    }
}

/// Writes a note with its pieces.
pub(super) async fn insert<C: ConnectionTrait>(
    connection: &C,
    tenant: Uuid,
    note: &IssuedNote,
) -> Result<(), StoreError> {
    let row = Model::of(tenant, note)?;
    let identity = (tenant, note.draft.id.uuid());
    row::save::<Entity, _>(connection, row, identity, 0).await?;
    if note.draft.pieces.is_empty() {
        return Ok(());
    }
    let places = sql::placeholders(connection, note.draft.pieces.len(), PIECE_COLUMNS);
    let numbered = (0_i64..).zip(&note.draft.pieces);
    let values = numbered.flat_map(|(number, it)| values(tenant, note, number, it));
    sql::execute(connection, format!("{INSERT}{places}"), values).await?;
    Ok(())
}

/// One note.
pub(super) async fn find<C: ConnectionTrait>(
    connection: &C,
    tenant: Uuid,
    id: CreditNoteId,
) -> Result<Option<IssuedNote>, StoreError> {
    let found = Entity::find_by_id((tenant, id.uuid()));
    let found = found.one(connection).await.stored()?;
    let notes = with_pieces(connection, tenant, found.into_iter().collect()).await?;
    Ok(notes.into_iter().next())
}

/// The notes of an invoice, in the order of their numbers.
pub(super) async fn of_invoice<C: ConnectionTrait>(
    connection: &C,
    tenant: Uuid,
    invoice: InvoiceId,
) -> Result<Vec<IssuedNote>, StoreError> {
    let found = Entity::find()
        .filter(Expr::col("tenant_id").eq(tenant))
        .filter(Expr::col("invoice_id").eq(invoice.uuid()))
        .order_by_asc(Expr::col("number"))
        .all(connection)
        .await
        .stored()?;
    with_pieces(connection, tenant, found).await
}

/// A page of notes, newest first, with one more if there is one.
pub(super) async fn page<C: ConnectionTrait>(
    connection: &C,
    tenant: Uuid,
    filter: NoteFilter,
    page: PageRequest,
) -> Result<Vec<NoteView>, StoreError> {
    let mut wanted = Entity::find();
    if let Some(account) = filter.account {
        wanted = wanted.filter(Expr::col("account_id").eq(account.uuid()));
    }
    if let Some(invoice) = filter.invoice {
        wanted = wanted.filter(Expr::col("invoice_id").eq(invoice.uuid()));
    }
    let rows = row::newest(connection, wanted, tenant, page).await?;
    let notes = with_pieces(connection, tenant, rows).await?;
    let view = |it| NoteView::of(it).map_err(StoreError::corrupt);
    notes.into_iter().map(view).collect()
}

/// What notes took off lines of some subscriptions, in cycles that end after a day; `places` are those of the ids, which
/// follow tenant and day.
pub(super) async fn pieces_of<C: ConnectionTrait>(
    connection: &C,
    (tenant, after): (Uuid, LocalDate),
    subscriptions: &[Uuid],
) -> Result<Vec<PieceRow>, StoreError> {
    let places = sql::list_from(subscriptions.len(), 3);
    let text = format!("{PIECES} cycle_end > $2 AND subscription_id IN ({places}) {IN_ORDER}");
    let ids = subscriptions.iter().map(|it| Value::from(*it));
    let values = [tenant.into(), after.into()].into_iter().chain(ids);
    sql::rows(connection, text, values).await
}

/// What was taken off a line by notes: amounts alone, and days with theirs.
#[derive(Debug, Default)]
pub(super) struct TakenOff {
    pub(super) adjusted: i64,
    pub(super) repaired: Vec<(Period, Money)>,
}

/// Pieces by the line that they take something off.
pub(super) fn by_line(pieces: &[PieceRow]) -> Result<HashMap<LineRef, TakenOff>, StoreError> {
    let mut taken = HashMap::<LineRef, TakenOff>::new();
    for row in pieces {
        let piece = row.to_piece()?;
        let own = taken.entry(row.of()?).or_default();
        match piece.days {
            Some(days) => own.repaired.push((days, piece.amount)),
            None => own.adjusted = own.adjusted.saturating_add(piece.amount.minor()),
        }
    }
    Ok(taken)
}

pub(super) async fn with_pieces<C: ConnectionTrait>(
    connection: &C,
    tenant: Uuid,
    rows: Vec<Model>,
) -> Result<Vec<IssuedNote>, StoreError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let places = sql::list_from(rows.len(), 2);
    let text = format!("{PIECES} credit_note_id IN ({places}) {IN_ORDER}");
    let ids = rows.iter().map(|it| Value::from(it.id));
    let values = std::iter::once(tenant.into()).chain(ids);
    let mut pieces = HashMap::<Uuid, Vec<CreditedPiece>>::new();
    for row in sql::rows::<PieceRow, _>(connection, text, values).await? {
        let own = pieces.entry(row.credit_note_id).or_default();
        own.push(row.to_piece()?);
    }
    let note = |it: Model| {
        let own = pieces.remove(&it.id).unwrap_or_default();
        it.into_note(own)
    };
    rows.into_iter().map(note).collect()
}

fn values(
    tenant: Uuid,
    note: &IssuedNote,
    number: i64,
    it: &CreditedPiece,
) -> [Value; PIECE_COLUMNS] {
    [
        tenant.into(),
        note.draft.id.uuid().into(),
        number.into(),
        note.draft.invoice.uuid().into(),
        i64::from(it.line).into(),
        it.subscription.uuid().into(),
        it.cycle_end.into(),
        it.days.map(|it| it.start).into(),
        it.days.map(|it| it.end).into(),
        it.amount.minor().into(),
        it.amount.currency().code().into(),
    ]
}

const INSERT: &str = "\
INSERT INTO credit_note_pieces (tenant_id, credit_note_id, piece, invoice_id, line, subscription_id, cycle_end,
    period_start, period_end, amount_minor, currency) VALUES ";

const PIECES: &str = "\
SELECT credit_note_id, invoice_id, line, subscription_id, cycle_end, period_start, period_end, amount_minor, currency
FROM credit_note_pieces WHERE tenant_id = $1 AND";

const IN_ORDER: &str = "ORDER BY credit_note_id, piece";
