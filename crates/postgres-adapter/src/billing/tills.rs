//! Days of tills, and who took which money.

use async_trait::async_trait;
use billing::{
    DayPage, SuspenseCash, Taking, TakingSource, TillClose, TillDay, TillDayId, TillDaySnapshot,
    TillDayView, TillFilter, TillQueries, TillRepository,
};
use kernel::{
    Cursor, EntityId, LocalDate, Money, OperatorId, Page, PageRequest, StoreError, TenantId,
};
use sea_orm::entity::prelude::{
    ActiveModelBehavior, DateTimeUtc, DeriveEntityModel, DerivePrimaryKey, DeriveRelation,
    EntityTrait, EnumIter, PrimaryKeyTrait,
};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ConnectionTrait, FromQueryResult, QueryFilter, Value};
use std::collections::HashMap;
use uuid::Uuid;

use crate::error::Stored;
use crate::store::Store;
use crate::tx::Tx;
use crate::{row, sql};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "till_days")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    entity_id: Uuid,
    operator_id: Uuid,
    currency: String,
    business_day: LocalDate,
    opened_at: DateTimeUtc,
    opening_minor: i64,
    status: String,
    closed_at: Option<DateTimeUtc>,
    closed_by: Option<Uuid>,
    expected_minor: Option<i64>,
    counted_minor: Option<i64>,
    note: Option<String>,
    version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

#[derive(Debug, FromQueryResult)]
struct TakenRow {
    till_day_id: Uuid,
    taken_minor: i64,
}

impl Model {
    fn of(tenant: Uuid, it: &TillDaySnapshot) -> Self {
        let close = it.close.as_ref();
        let status = if close.is_some() { "closed" } else { "open" };
        Self {
            tenant_id: tenant,
            id: it.id.uuid(),
            entity_id: it.entity.uuid(),
            operator_id: it.operator.uuid(),
            currency: it.opening.currency().code().to_owned(),
            business_day: it.business_day,
            opened_at: it.opened_at.utc(),
            opening_minor: it.opening.minor(),
            status: status.to_owned(),
            closed_at: close.map(|it| it.at.utc()),
            closed_by: close.map(|it| it.by.uuid()),
            expected_minor: close.map(|it| it.expected.minor()),
            counted_minor: close.map(|it| it.counted.minor()),
            note: close.and_then(|it| it.note.clone()),
            version: it.version + 1,
        }
    }

    fn into_snapshot(self) -> Result<TillDaySnapshot, StoreError> {
        let money = |minor: i64| row::money(minor, &self.currency);
        let parts = (
            self.closed_at,
            self.closed_by,
            self.expected_minor,
            self.counted_minor,
        );
        let close = match parts {
            (None, None, None, None) => None,
            (Some(at), Some(by), Some(expected), Some(counted)) => Some(TillClose {
                at: row::instant(at),
                by: OperatorId::from_uuid(by),
                expected: money(expected)?,
                counted: money(counted)?,
                note: self.note,
            }),
            _ => return Err(row::bad("closed_at", "half a close")),
        };
        Ok(TillDaySnapshot {
            id: TillDayId::from_uuid(self.id),
            entity: EntityId::from_uuid(self.entity_id),
            operator: OperatorId::from_uuid(self.operator_id),
            business_day: self.business_day,
            opened_at: row::instant(self.opened_at),
            opening: money(self.opening_minor)?,
            close,
            version: self.version,
        })
    }
}

#[async_trait]
impl TillRepository for Tx {
    async fn lock(&mut self, id: TillDayId) -> Result<Option<TillDay>, StoreError> {
        let values: [Value; 2] = [self.tenant().into(), id.uuid().into()];
        self.locked_till("id = $2", values).await
    }

    async fn lock_open(
        &mut self,
        entity: EntityId,
        operator: OperatorId,
    ) -> Result<Option<TillDay>, StoreError> {
        let values: [Value; 3] = [
            self.tenant().into(),
            entity.uuid().into(),
            operator.uuid().into(),
        ];
        let which = "entity_id = $2 AND operator_id = $3 AND status = 'open'";
        self.locked_till(which, values).await
    }

    async fn taken_on(&mut self, day: &TillDay) -> Result<Money, StoreError> {
        let ids = [day.id().uuid()];
        let taken = taken_on(self.connection(), self.tenant(), &ids).await?;
        let minor = taken.get(&day.id().uuid()).copied().unwrap_or(0);
        let currency = day.snapshot().opening.currency();
        Ok(Money::from_minor(minor, currency))
    }

    async fn take(&mut self, it: Taking) -> Result<(), StoreError> {
        let source = match it.source {
            TakingSource::Payment(id) => id.uuid(),
            TakingSource::Refund(id) => id.uuid(),
        };
        let values: [Value; 9] = [
            self.tenant().into(),
            source.into(),
            it.payment.uuid().into(),
            it.entity.uuid().into(),
            it.operator.uuid().into(),
            it.day.map(TillDayId::uuid).into(),
            it.amount.minor().into(),
            it.amount.currency().code().into(),
            it.at.utc().into(),
        ];
        sql::execute(self.connection(), TAKE, values).await?;
        Ok(())
    }

    async fn take_suspense(&mut self, it: SuspenseCash) -> Result<(), StoreError> {
        let direction = if it.amount.is_negative() { "out" } else { "in" };
        let values: [Value; 8] = [
            self.tenant().into(),
            it.money.uuid().into(),
            direction.into(),
            it.operator.uuid().into(),
            it.day.uuid().into(),
            it.amount.minor().into(),
            it.amount.currency().code().into(),
            it.at.utc().into(),
        ];
        sql::execute(self.connection(), TAKE_SUSPENSE, values).await?;
        Ok(())
    }

    async fn save(&mut self, day: &mut TillDay) -> Result<(), StoreError> {
        let snapshot = day.snapshot();
        let row = Model::of(self.tenant(), &snapshot);
        let identity = (self.tenant(), snapshot.id.uuid());
        row::save::<Entity, _>(self.connection(), row, identity, snapshot.version).await?;
        self.record(snapshot.id, day.take_events())?;
        day.saved_as(snapshot.version + 1);
        Ok(())
    }
}

impl Tx {
    /// Counting the version up locks the row.
    async fn locked_till(
        &self,
        which: &str,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<Option<TillDay>, StoreError> {
        let text = format!(
            "UPDATE till_days SET version = version + 1 WHERE tenant_id = $1 AND {which} RETURNING *"
        );
        let found: Option<Model> = sql::row(self.connection(), text, values).await?;
        let found = found.map(Model::into_snapshot).transpose()?;
        Ok(found.map(TillDay::restore))
    }
}

#[async_trait]
impl TillQueries for Store {
    async fn till_day(
        &self,
        tenant: TenantId,
        id: TillDayId,
    ) -> Result<Option<TillDayView>, StoreError> {
        let wanted = Entity::find_by_id((tenant.uuid(), id.uuid()));
        let found = wanted.one(self.reader()).await.stored()?;
        let views = self.till_views(tenant, found.into_iter().collect()).await?;
        Ok(views.into_iter().next())
    }

    async fn till_days(
        &self,
        tenant: TenantId,
        filter: TillFilter,
        page: PageRequest,
    ) -> Result<Page<TillDayView>, StoreError> {
        let mut wanted = Entity::find();
        if let Some(entity) = filter.entity {
            wanted = wanted.filter(Expr::col("entity_id").eq(entity.uuid()));
        }
        if let Some(operator) = filter.operator {
            wanted = wanted.filter(Expr::col("operator_id").eq(operator.uuid()));
        }
        if let Some(is_open) = filter.is_open {
            let status = if is_open { "open" } else { "closed" };
            wanted = wanted.filter(Expr::col("status").eq(status));
        }
        let rows = row::newest(self.reader(), wanted, tenant.uuid(), page).await?;
        let views = self.till_views(tenant, rows).await?;
        Ok(Page::from_overfetch(views, page, |it| {
            Cursor::after(it.day.id)
        }))
    }

    async fn tills_closed(
        &self,
        tenant: TenantId,
        page: DayPage<TillDayId>,
    ) -> Result<Vec<TillDayView>, StoreError> {
        let mut values: Vec<Value> = vec![
            tenant.uuid().into(),
            page.entity.uuid().into(),
            page.from.into(),
            page.until.into(),
            i64::from(page.limit).into(),
        ];
        let beyond = match page.after {
            Some((on, id)) => {
                values.extend::<[Value; 2]>([on.into(), id.uuid().into()]);
                "AND (business_day, id) > ($6, $7)"
            }
            None => "",
        };
        let text = format!(
            "SELECT * FROM till_days WHERE tenant_id = $1 AND entity_id = $2 AND business_day >= $3 \
             AND business_day < $4 AND status = 'closed' {beyond} ORDER BY business_day, id LIMIT $5"
        );
        let rows: Vec<Model> = sql::rows(self.reader(), text, values).await?;
        self.till_views(tenant, rows).await
    }
}

impl Store {
    async fn till_views(
        &self,
        tenant: TenantId,
        rows: Vec<Model>,
    ) -> Result<Vec<TillDayView>, StoreError> {
        let ids: Vec<Uuid> = rows.iter().map(|it| it.id).collect();
        let taken = taken_on(self.reader(), tenant.uuid(), &ids).await?;
        let view = |it: Model| {
            let minor = taken.get(&it.id).copied().unwrap_or(0);
            let day = it.into_snapshot()?;
            let taken = Money::from_minor(minor, day.opening.currency());
            Ok(TillDayView { day, taken })
        };
        rows.into_iter().map(view).collect()
    }
}

/// The cash of some days; those without any are absent.
async fn taken_on<C: ConnectionTrait>(
    connection: &C,
    tenant: Uuid,
    days: &[Uuid],
) -> Result<HashMap<Uuid, i64>, StoreError> {
    if days.is_empty() {
        return Ok(HashMap::new());
    }
    let text = format!(
        "SELECT till_day_id, CAST(sum(amount_minor) AS BIGINT) AS taken_minor FROM (\
         SELECT till_day_id, amount_minor FROM takings WHERE tenant_id = $1 AND till_day_id IN ({0}) \
         UNION ALL \
         SELECT till_day_id, amount_minor FROM suspense_takings WHERE tenant_id = $1 AND till_day_id IN ({0})\
         ) AS cash GROUP BY till_day_id",
        sql::list_from(days.len(), 2)
    );
    let ids = days.iter().map(|it| Value::from(*it));
    let values = std::iter::once(tenant.into()).chain(ids);
    let rows: Vec<TakenRow> = sql::rows(connection, text, values).await?;
    let pairs = rows.into_iter().map(|it| (it.till_day_id, it.taken_minor));
    Ok(pairs.collect())
}

const TAKE: &str = "\
INSERT INTO takings (tenant_id, source_id, payment_id, entity_id, operator_id, till_day_id, amount_minor, currency,
    taken_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

const TAKE_SUSPENSE: &str = "\
INSERT INTO suspense_takings (tenant_id, unmatched_id, direction, operator_id, till_day_id, amount_minor, currency,
    taken_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
