//! An invoice's row, without its lines.

use billing::{Invoice, InvoiceSnapshot, InvoiceView, Line, LineView, Settlement, printed_number};
use kernel::{AccountId, EntityId, InvoiceId, LocalDate, StoreError};
use sea_orm::entity::prelude::{
    ActiveModelBehavior, DeriveEntityModel, DerivePrimaryKey, DeriveRelation, EntityTrait,
    EnumIter, PrimaryKeyTrait,
};
use uuid::Uuid;

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
    version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The row of an aggregate, with the version it is about to have.
    pub(super) fn of(tenant: Uuid, it: &InvoiceSnapshot) -> Result<Self, StoreError> {
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
            version: it.version + 1,
        })
    }

    /// The aggregate with its lines.
    pub(super) fn into_invoice(self, lines: Vec<Line>) -> Result<Invoice, StoreError> {
        Ok(Invoice::restore(self.into_snapshot(lines)?))
    }

    /// The view with its lines.
    pub(super) fn into_view(self, lines: Vec<Line>) -> Result<InvoiceView, StoreError> {
        let it = self.into_snapshot(lines)?;
        let due = it.total.checked_sub(it.allocated);
        Ok(InvoiceView {
            id: it.id,
            account: it.account,
            number: printed_number(&it.series, it.number),
            lines: it.lines.iter().map(LineView::from).collect(),
            total: it.total,
            allocated: it.allocated,
            due: due.map_err(StoreError::corrupt)?,
            settlement: Settlement::of(it.total.minor(), it.allocated.minor()),
            issued_on: it.issued_on,
            due_on: it.due_on,
        })
    }

    fn into_snapshot(self, lines: Vec<Line>) -> Result<InvoiceSnapshot, StoreError> {
        Ok(InvoiceSnapshot {
            id: InvoiceId::from_uuid(self.id),
            account: AccountId::from_uuid(self.account_id),
            entity: EntityId::from_uuid(self.entity_id),
            series: self.series,
            number: row::number("number", self.number)?,
            lines,
            total: row::money(self.total_minor, &self.currency)?,
            issued_on: self.issued_on,
            due_on: self.due_on,
            allocated: row::money(self.allocated_minor, &self.currency)?,
            version: self.version,
        })
    }
}
