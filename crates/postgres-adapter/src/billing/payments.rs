//! Payments in a transaction; their allocations only ever grow: what is taken off again is a row below zero.

use async_trait::async_trait;
use billing::{Allocation, Payment, PaymentMethod, PaymentRepository};
use kernel::{AccountId, InvoiceId, PaymentId, StoreError};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, Select, Value,
};
use uuid::Uuid;

use super::payment_row::{self, Entity, Model};
use crate::error::Stored;
use crate::tx::Tx;
use crate::{row, sql};

const COLUMNS: usize = 6;

/// Allocations per statement.
const CHUNK: usize = 500;

#[async_trait]
impl PaymentRepository for Tx {
    async fn find(&mut self, id: PaymentId) -> Result<Option<Payment>, StoreError> {
        let wanted = Entity::find_by_id((self.tenant(), id.uuid()));
        let found = wanted.one(self.connection()).await.stored()?;
        let payments = self.with_allocations(found.into_iter().collect()).await?;
        Ok(payments.into_iter().next())
    }

    async fn lock_reference(
        &mut self,
        method: PaymentMethod,
        reference: &str,
    ) -> Result<(), StoreError> {
        let name = format!("{}/{}/{reference}", self.tenant(), method.as_str());
        let Some(lock) = self.dialect().lock_name() else {
            return Ok(());
        };
        sql::execute(self.connection(), lock, [name.into()]).await?;
        Ok(())
    }

    async fn find_by_reference(
        &mut self,
        method: PaymentMethod,
        reference: &str,
    ) -> Result<Option<Payment>, StoreError> {
        let wanted = Entity::find()
            .filter(Expr::col("reference").eq(reference))
            .filter(Expr::col("method").eq(method.as_str()));
        self.one_payment(wanted).await
    }

    async fn find_asked(
        &mut self,
        provider: &str,
        asked_as: &str,
    ) -> Result<Option<Payment>, StoreError> {
        let wanted = Entity::find()
            .filter(Expr::col("provider").eq(provider))
            .filter(Expr::col("asked_as").eq(asked_as));
        self.one_payment(wanted).await
    }

    async fn with_credit(&mut self, account: AccountId) -> Result<Vec<Payment>, StoreError> {
        let found = Entity::find()
            .filter(Expr::col("tenant_id").eq(self.tenant()))
            .filter(Expr::col("account_id").eq(account.uuid()))
            .filter(Expr::col("allocated_minor").lt(Expr::col("amount_minor")))
            .order_by_asc(Expr::col("received_at"))
            .order_by_asc(Expr::col("id"))
            .all(self.connection())
            .await
            .stored()?;
        self.with_allocations(found).await
    }

    async fn that_paid(&mut self, invoice: InvoiceId) -> Result<Vec<Payment>, StoreError> {
        that_paid(self.connection(), self.tenant(), invoice).await
    }

    async fn save(&mut self, payment: &mut Payment) -> Result<(), StoreError> {
        let snapshot = payment.snapshot();
        let row = Model::of(self.tenant(), payment)?;
        let identity = (self.tenant(), snapshot.id.uuid());
        row::save::<Entity, _>(self.connection(), row, identity, snapshot.version).await?;
        self.write_allocations(snapshot.id, &snapshot.allocations)
            .await?;
        self.record(snapshot.id, payment.take_events())?;
        payment.saved_as(snapshot.version + 1);
        Ok(())
    }
}

impl Tx {
    async fn one_payment(&self, wanted: Select<Entity>) -> Result<Option<Payment>, StoreError> {
        let wanted = wanted.filter(Expr::col("tenant_id").eq(self.tenant()));
        let found = wanted.one(self.connection()).await.stored()?;
        let payments = self.with_allocations(found.into_iter().collect()).await?;
        Ok(payments.into_iter().next())
    }

    async fn with_allocations(&self, rows: Vec<Model>) -> Result<Vec<Payment>, StoreError> {
        with_allocations(self.connection(), self.tenant(), rows).await
    }

    /// Those that are there already stay as they are.
    async fn write_allocations(
        &self,
        payment: PaymentId,
        allocations: &[Allocation],
    ) -> Result<(), StoreError> {
        let numbered: Vec<(i64, &Allocation)> = (0..).zip(allocations).collect();
        for chunk in numbered.chunks(CHUNK) {
            let places = sql::placeholders(self.connection(), chunk.len(), COLUMNS);
            let text = format!("{INSERT}{places} ON CONFLICT DO NOTHING");
            let values = chunk
                .iter()
                .flat_map(|(place, it)| self.part(payment, *place, it));
            sql::execute(self.connection(), text, values).await?;
        }
        Ok(())
    }

    fn part(&self, payment: PaymentId, place: i64, it: &Allocation) -> [Value; COLUMNS] {
        [
            self.tenant().into(),
            payment.uuid().into(),
            place.into(),
            it.invoice.uuid().into(),
            it.amount.minor().into(),
            it.amount.currency().code().into(),
        ]
    }
}

async fn with_allocations<C: ConnectionTrait>(
    connection: &C,
    tenant: Uuid,
    rows: Vec<Model>,
) -> Result<Vec<Payment>, StoreError> {
    let ids: Vec<Uuid> = rows.iter().map(|it| it.id).collect();
    let mut parts = payment_row::allocations_of(connection, tenant, &ids).await?;
    rows.into_iter()
        .map(|row| {
            let own = parts.remove(&row.id).unwrap_or_default();
            row.into_payment(own)
        })
        .collect()
}

#[derive(Debug, FromQueryResult)]
struct PayerRow {
    payment_id: Uuid,
}

/// The payments that pay a part of an invoice now, the earliest received first.
pub(super) async fn that_paid<C: ConnectionTrait>(
    connection: &C,
    tenant: Uuid,
    invoice: InvoiceId,
) -> Result<Vec<Payment>, StoreError> {
    let values = [tenant.into(), invoice.uuid().into()];
    let payers: Vec<PayerRow> = sql::rows(connection, PAYERS, values).await?;
    let found = Entity::find()
        .filter(Expr::col("tenant_id").eq(tenant))
        .filter(Expr::col("id").is_in(payers.iter().map(|it| it.payment_id)))
        .order_by_asc(Expr::col("received_at"))
        .order_by_asc(Expr::col("id"))
        .all(connection)
        .await
        .stored()?;
    with_allocations(connection, tenant, found).await
}

const PAYERS: &str = "\
SELECT payment_id FROM allocations WHERE tenant_id = $1 AND invoice_id = $2
GROUP BY payment_id HAVING sum(amount_minor) > 0";

const INSERT: &str = "\
INSERT INTO allocations (tenant_id, payment_id, place, invoice_id, amount_minor, currency) VALUES ";
