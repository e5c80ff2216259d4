//! An invoice's row, without its lines.

use billing::{Invoice, InvoiceSnapshot, InvoiceView, Totals, Voided};
use kernel::{AccountId, EntityId, InvoiceId, LocalDate, Money, StoreError};
use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use serde_json::Value;
use uuid::Uuid;

use super::invoice_lines::Written;
use crate::row;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "invoices")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(super) id: Uuid,
    account_id: Uuid,
    entity_id: Uuid,
    series: String,
    number: i64,
    total_minor: i64,
    allocated_minor: i64,
    currency: String,
    issued_on: LocalDate,
    due_on: LocalDate,
    figures: Option<Value>,
    discount_minor: i64,
    tax_minor: i64,
    rounding_minor: i64,
    credited_minor: i64,
    written_off_minor: i64,
    voided_on: Option<LocalDate>,
    void_reason: Option<String>,
    version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The row of an aggregate, with the version it is about to have.
    pub(super) fn of(tenant: Uuid, it: &InvoiceSnapshot) -> Result<Self, StoreError> {
        let figures = it.figures.as_deref();
        let minor = |of: fn(&Totals) -> Money| figures.map_or(0, |it| of(it).minor());
        let record = figures.map(|it| serde_json::to_value(it.record()));
        Ok(Self {
            tenant_id: tenant,
            id: it.id.uuid(),
            account_id: it.account.uuid(),
            entity_id: it.entity.uuid(),
            series: it.series.clone(),
            number: row::column("number", it.number)?,
            total_minor: it.total.minor(),
            allocated_minor: it.allocated.minor(),
            currency: it.total.currency().code().to_owned(),
            issued_on: it.issued_on,
            due_on: it.due_on,
            figures: record.transpose().map_err(StoreError::corrupt)?,
            discount_minor: minor(|it| it.discount),
            tax_minor: minor(|it| it.tax_total),
            rounding_minor: minor(|it| it.rounding),
            credited_minor: it.credited.minor(),
            written_off_minor: it.written_off.minor(),
            voided_on: it.voided.as_ref().map(|it| it.on),
            void_reason: it.voided.as_ref().map(|it| it.reason.clone()),
            version: it.version + 1,
        })
    }

    /// The aggregate with its lines.
    pub(super) fn into_invoice(self, written: Written) -> Result<Invoice, StoreError> {
        Ok(Invoice::restore(self.into_snapshot(written)?))
    }

    /// The view with its lines.
    pub(super) fn into_view(self, written: Written) -> Result<InvoiceView, StoreError> {
        InvoiceView::of(self.into_snapshot(written)?).map_err(StoreError::corrupt)
    }

    pub(super) fn into_snapshot(self, written: Written) -> Result<InvoiceSnapshot, StoreError> {
        let money = |minor: i64| row::money(minor, &self.currency);
        let reason = self.void_reason.unwrap_or_default();
        Ok(InvoiceSnapshot {
            id: InvoiceId::from_uuid(self.id),
            account: AccountId::from_uuid(self.account_id),
            entity: EntityId::from_uuid(self.entity_id),
            number: row::number("number", self.number)?,
            figures: figures(self.figures, &written)?,
            lines: written.lines,
            fees: written.fees,
            total: money(self.total_minor)?,
            issued_on: self.issued_on,
            due_on: self.due_on,
            allocated: money(self.allocated_minor)?,
            credited: money(self.credited_minor)?,
            written_off: money(self.written_off_minor)?,
            voided: self.voided_on.map(|on| Voided { on, reason }),
            series: self.series,
            version: self.version,
        })
    }
}

/// An invoice without figures is its lines and their sum, as all from before there were any.
fn figures(stored: Option<Value>, written: &Written) -> Result<Option<Box<Totals>>, StoreError> {
    let Some(stored) = stored else {
        return Ok(None);
    };
    let record = serde_json::from_value(stored).map_err(StoreError::corrupt)?;
    let fees = written.fees.iter().map(|it| it.amount);
    let amounts: Vec<Money> = written
        .lines
        .iter()
        .map(|it| it.amount)
        .chain(fees)
        .collect();
    let totals = Totals::of_record(record, &amounts).map_err(StoreError::corrupt)?;
    Ok(Some(Box::new(totals)))
}
