//! What was charged, came in, and is owed to the state: documents and payments read page by page, added up by key.

use std::collections::HashMap;

use access::{AccessQueries, Subject};
use billing::{DayPage, Earned, Line, Revenue, Taxes, TimePage};
use kernel::{LocalDate, RouterId, StoreError, SubscriptionId};

use super::{Days, PAGE, Reader};
use crate::report::{Cell, Row};

pub(super) const COLUMNS: &[&str] = &[
    "key",
    "currency",
    "count",
    "gross_minor",
    "back_minor",
    "net_minor",
];

pub(super) const TAX_COLUMNS: &[&str] = &[
    "name",
    "category",
    "rate",
    "currency",
    "taxable_minor",
    "tax_minor",
    "taxable_back_minor",
    "tax_back_minor",
    "owed_minor",
];

pub(super) async fn by_day(reader: &Reader, days: Days) -> Result<Vec<Row>, StoreError> {
    let mut revenue = Revenue::new(reader.entity.currency);
    charged(reader, days, &mut revenue, |on, _| on).await?;
    rows(reader, &revenue, |on| (*on).into())
}

pub(super) async fn by_plan(reader: &Reader, days: Days) -> Result<Vec<Row>, StoreError> {
    let mut revenue = Revenue::new(reader.entity.currency);
    charged(reader, days, &mut revenue, |_, line| line.map(|it| it.plan)).await?;
    rows(reader, &revenue, |it| it.map(|it| it.to_string()).into())
}

/// By the subscription first, and then by the router that its login is on: as many numbers as there are subscriptions.
pub(super) async fn by_router(
    reader: &Reader,
    access: &dyn AccessQueries,
    days: Days,
) -> Result<Vec<Row>, StoreError> {
    let mut charges = Revenue::new(reader.entity.currency);
    charged(reader, days, &mut charges, |_, line| {
        line.map(|it| it.subscription)
    })
    .await?;
    let sold: Vec<SubscriptionId> = charges.rows().filter_map(|(it, _)| *it).collect();
    let mut routers: HashMap<SubscriptionId, RouterId> = HashMap::new();
    for some in sold.chunks(usize::from(PAGE)) {
        let subjects: Vec<_> = some.iter().map(|it| Subject::Subscription(*it)).collect();
        for (subject, router) in access.routers_of(reader.tenant, &subjects).await? {
            if let Subject::Subscription(id) = subject {
                routers.insert(id, router);
            }
        }
    }
    let by_router = charges.regrouped(|it| routers.get(it.as_ref()?).copied());
    let by_router = by_router.map_err(StoreError::corrupt)?;
    rows(reader, &by_router, |it| it.map(|it| it.to_string()).into())
}

pub(super) async fn by_method(reader: &Reader, days: Days) -> Result<Vec<Row>, StoreError> {
    let mut revenue = Revenue::new(reader.entity.currency);
    received(reader, days, &mut revenue, |it| it.payment.method.as_str()).await?;
    rows(reader, &revenue, |method| (*method).into())
}

pub(super) async fn by_operator(reader: &Reader, days: Days) -> Result<Vec<Row>, StoreError> {
    let mut revenue = Revenue::new(reader.entity.currency);
    received(reader, days, &mut revenue, |it| it.taken_by).await?;
    rows(reader, &revenue, |it| it.map(|it| it.to_string()).into())
}

pub(super) async fn taxes(reader: &Reader, days: Days) -> Result<Vec<Row>, StoreError> {
    let mut taxes = Taxes::new(reader.entity.currency);
    let mut page = first(reader, days);
    loop {
        let found = reader.queries.invoices_issued(reader.tenant, page).await?;
        for it in &found {
            taxes.charge(it).map_err(StoreError::corrupt)?;
        }
        let Some(last) = found.last() else {
            break;
        };
        page.after = Some((last.issued_on, last.id));
    }
    let mut page = first(reader, days);
    loop {
        let found = reader.queries.notes_issued(reader.tenant, page).await?;
        for (note, invoice) in &found {
            let given = taxes.give_back(note, invoice);
            given.map_err(StoreError::corrupt)?;
        }
        let Some((last, _)) = found.last() else {
            break;
        };
        page.after = Some((last.draft.issued_on, last.draft.id));
    }
    let row = |(key, sum): (&billing::TaxKey, &billing::TaxSum)| {
        Ok(vec![
            key.name.clone().into(),
            key.category.into(),
            key.rate.clone().into(),
            reader.currency().into(),
            sum.taxable.into(),
            sum.tax.into(),
            sum.taxable_back.into(),
            sum.tax_back.into(),
            sum.owed().map_err(StoreError::corrupt)?.into(),
        ])
    };
    taxes.rows().map(row).collect()
}

/// Adds every invoice and credit note of some days.
async fn charged<K: Ord>(
    reader: &Reader,
    days: Days,
    revenue: &mut Revenue<K>,
    key: impl Fn(LocalDate, Option<&Line>) -> K,
) -> Result<(), StoreError> {
    let mut page = first(reader, days);
    loop {
        let found = reader.queries.invoices_issued(reader.tenant, page).await?;
        for it in &found {
            revenue.charge(it, &key).map_err(StoreError::corrupt)?;
        }
        let Some(last) = found.last() else {
            break;
        };
        page.after = Some((last.issued_on, last.id));
    }
    let mut page = first(reader, days);
    loop {
        let found = reader.queries.notes_issued(reader.tenant, page).await?;
        for (note, invoice) in &found {
            let given = revenue.give_back(note, invoice, &key);
            given.map_err(StoreError::corrupt)?;
        }
        let Some((last, _)) = found.last() else {
            return Ok(());
        };
        page.after = Some((last.draft.issued_on, last.draft.id));
    }
}

/// Adds every payment that came in on some days.
async fn received<K: Ord>(
    reader: &Reader,
    days: Days,
    revenue: &mut Revenue<K>,
    key: impl Fn(&billing::TakenPayment) -> K,
) -> Result<(), StoreError> {
    let (since, before) = reader.time(days);
    let mut page = TimePage {
        entity: reader.id(),
        since,
        before,
        after: None,
        limit: PAGE,
    };
    loop {
        let found = reader
            .queries
            .payments_received(reader.tenant, page)
            .await?;
        for it in &found {
            revenue.receive(it, &key).map_err(StoreError::corrupt)?;
        }
        let Some(last) = found.last() else {
            return Ok(());
        };
        page.after = Some((last.payment.received_at, last.payment.id));
    }
}

fn first<P>(reader: &Reader, days: Days) -> DayPage<P> {
    DayPage {
        entity: reader.id(),
        from: days.from,
        until: days.until,
        after: None,
        limit: PAGE,
    }
}

fn rows<K: Ord>(
    reader: &Reader,
    revenue: &Revenue<K>,
    cell: impl Fn(&K) -> Cell,
) -> Result<Vec<Row>, StoreError> {
    let row = |(key, earned): (&K, &Earned)| {
        Ok(vec![
            cell(key),
            reader.currency().into(),
            earned.count.into(),
            earned.gross.into(),
            earned.back.into(),
            earned.net().map_err(StoreError::corrupt)?.into(),
        ])
    };
    revenue.rows().map(row).collect()
}
