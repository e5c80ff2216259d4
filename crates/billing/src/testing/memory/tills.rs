//! Tills in memory.

use async_trait::async_trait;
use kernel::{
    EntityId, Money, MoneyError, OperatorId, Page, PageRequest, PaymentId, StoreError, TenantId,
};

use super::queries::page_of;
use super::rows::{Rows, Write, duplicate};
use super::{MemoryBilling, MemoryTx};
use crate::report_ports::DayPage;
use crate::till::{SuspenseCash, Taking, TakingSource, TillDay, TillDayId, TillDaySnapshot};
use crate::till_ports::{TILL_OPEN_UNIQUE, TillDayView, TillFilter, TillQueries, TillRepository};

#[async_trait]
impl TillRepository for MemoryTx {
    async fn lock(&mut self, id: TillDayId) -> Result<Option<TillDay>, StoreError> {
        if self.rows.till_days.get(&(self.tenant, id)).is_none() {
            return Ok(None);
        }
        let stored = self.rows.till_days.get(&(self.tenant, id)).cloned();
        let mut row = stored.ok_or(StoreError::Conflict)?;
        row.version += 1;
        self.write(Write::TillDay(row.clone()))?;
        Ok(Some(TillDay::restore(row)))
    }

    async fn lock_open(
        &mut self,
        entity: EntityId,
        operator: OperatorId,
    ) -> Result<Option<TillDay>, StoreError> {
        let mut days = self.rows.till_days.of_tenant(self.tenant);
        let open =
            days.find(|it| it.close.is_none() && (it.entity, it.operator) == (entity, operator));
        let open = open.map(|it| it.id);
        drop(days);
        match open {
            Some(id) => self.lock(id).await,
            None => Ok(None),
        }
    }

    async fn taken_on(&mut self, day: &TillDay) -> Result<Money, StoreError> {
        let taken = taken_on(&self.rows, self.tenant, &day.snapshot());
        taken.map_err(StoreError::corrupt)
    }

    async fn take(&mut self, taking: Taking) -> Result<(), StoreError> {
        self.write(Write::Taking(taking))
    }

    async fn take_suspense(&mut self, cash: SuspenseCash) -> Result<(), StoreError> {
        self.write(Write::SuspenseCash(cash))
    }

    async fn save(&mut self, day: &mut TillDay) -> Result<(), StoreError> {
        let mut row = day.snapshot();
        row.version += 1;
        let version = row.version;
        self.keep(day.id(), &day.take_events(), Write::TillDay(row))?;
        day.saved_as(version);
        Ok(())
    }
}

#[async_trait]
impl TillQueries for MemoryBilling {
    async fn till_day(
        &self,
        tenant: TenantId,
        id: TillDayId,
    ) -> Result<Option<TillDayView>, StoreError> {
        let rows = self.lock();
        let row = rows.till_days.get(&(tenant, id));
        row.map(|it| view(&rows, tenant, it)).transpose()
    }

    async fn till_days(
        &self,
        tenant: TenantId,
        filter: TillFilter,
        page: PageRequest,
    ) -> Result<Page<TillDayView>, StoreError> {
        let rows = self.lock();
        let passes = |it: &&TillDaySnapshot| {
            filter.entity.is_none_or(|entity| it.entity == entity)
                && filter.operator.is_none_or(|who| it.operator == who)
                && filter.is_open.is_none_or(|open| it.close.is_none() == open)
        };
        let newest = rows.till_days.of_tenant(tenant).rev().filter(passes);
        let newest = newest.map(|it| view(&rows, tenant, it));
        page_of(newest, page, |it| it.day.id)
    }

    async fn tills_closed(
        &self,
        tenant: TenantId,
        page: DayPage<TillDayId>,
    ) -> Result<Vec<TillDayView>, StoreError> {
        let rows = self.lock();
        let place = |it: &TillDaySnapshot| (it.business_day, it.id);
        let mut found: Vec<_> = rows
            .till_days
            .of_tenant(tenant)
            .filter(|it| it.entity == page.entity && it.close.is_some())
            .filter(|it| (page.from..page.until).contains(&it.business_day))
            .filter(|it| page.after.is_none_or(|after| place(it) > after))
            .collect();
        found.sort_by_key(|it| place(it));
        found.truncate(usize::from(page.limit));
        let views = found.into_iter().map(|it| view(&rows, tenant, it));
        views.collect()
    }
}

impl Rows {
    /// Who recorded a payment, if an operator did.
    pub(super) fn taker_of(&self, tenant: TenantId, payment: PaymentId) -> Option<OperatorId> {
        let key = (tenant, payment.to_string());
        self.takings.get(&key).map(|it| it.operator)
    }

    pub(super) fn put_taking(&mut self, tenant: TenantId, it: Taking) -> Result<(), StoreError> {
        let source = match it.source {
            TakingSource::Payment(id) => id.to_string(),
            TakingSource::Refund(id) => id.to_string(),
        };
        let key = (tenant, source);
        if self.takings.get(&key).is_some() {
            return Err(duplicate("takings_source_id"));
        }
        self.takings.insert_cow(key, it);
        Ok(())
    }

    pub(super) fn put_suspense(
        &mut self,
        tenant: TenantId,
        it: SuspenseCash,
    ) -> Result<(), StoreError> {
        let key = (tenant, it.money, it.amount.is_negative());
        if self.suspense.get(&key).is_some() {
            return Err(duplicate("suspense_takings_unmatched_id_direction"));
        }
        self.suspense.insert_cow(key, it);
        Ok(())
    }

    pub(super) fn put_till_day(
        &mut self,
        tenant: TenantId,
        row: &TillDaySnapshot,
    ) -> Result<(), StoreError> {
        let rival = |it: &TillDaySnapshot| {
            it.id != row.id
                && it.close.is_none()
                && (it.entity, it.operator) == (row.entity, row.operator)
        };
        if row.close.is_none() && self.till_days.of_tenant(tenant).any(rival) {
            return Err(duplicate(TILL_OPEN_UNIQUE));
        }
        super::rows::put(&mut self.till_days, (tenant, row.id), row, |it| it.version)
    }
}

fn view(rows: &Rows, tenant: TenantId, row: &TillDaySnapshot) -> Result<TillDayView, StoreError> {
    let taken = taken_on(rows, tenant, row).map_err(StoreError::corrupt)?;
    let day = row.clone();
    Ok(TillDayView { day, taken })
}

fn taken_on(rows: &Rows, tenant: TenantId, row: &TillDaySnapshot) -> Result<Money, MoneyError> {
    let mine = rows.takings.into_iter();
    let mine = mine.filter(|((owner, _), it)| *owner == tenant && it.day == Some(row.id));
    let strangers = rows.suspense.into_iter();
    let strangers = strangers.filter(|((owner, ..), it)| *owner == tenant && it.day == row.id);
    let all = mine.map(|(_, it)| it.amount);
    let all = all.chain(strangers.map(|(_, it)| it.amount));
    Money::sum(row.opening.currency(), all)
}
