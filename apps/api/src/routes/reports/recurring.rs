//! Recurring revenue by month: every account is read once, page by page, and added to as many months as are asked for.

use billing::{
    AccountPage, BadReport, Ratio, Recurrence, Rounding, annual, churn_rate, per_account,
};
use kernel::StoreError;

use super::{PAGE, Reader};
use crate::report::{Cell, Row};

pub(super) const MOVED: &[&str] = &[
    "month",
    "currency",
    "start_minor",
    "new_minor",
    "expansion_minor",
    "reactivation_minor",
    "contraction_minor",
    "churn_minor",
    "end_minor",
];

pub(super) const ARPU: &[&str] = &[
    "month",
    "currency",
    "accounts",
    "mrr_minor",
    "arpu_minor",
    "arr_minor",
];

pub(super) const CHURN: &[&str] = &[
    "month",
    "currency",
    "accounts_at_start",
    "accounts_lost",
    "account_churn_ppm",
    "mrr_at_start_minor",
    "mrr_lost_minor",
    "mrr_churn_ppm",
];

pub(super) const COHORTS: &[&str] = &["cohort", "month", "currency", "accounts", "mrr_minor"];

pub(super) async fn read(reader: &Reader, mut found: Recurrence) -> Result<Recurrence, StoreError> {
    let mut page = AccountPage {
        entity: reader.id(),
        after: None,
        limit: PAGE,
    };
    loop {
        let accounts = reader.queries.subscribers(reader.tenant, page).await?;
        for (account, all) in &accounts {
            found.add(*account, all).map_err(StoreError::corrupt)?;
        }
        let Some((last, _)) = accounts.last() else {
            return Ok(found);
        };
        page.after = Some(*last);
    }
}

pub(super) fn movements(reader: &Reader, found: &Recurrence) -> Result<Vec<Row>, StoreError> {
    let row = |it: &billing::RecurringMonth| {
        let moved = &it.movement;
        Ok(vec![
            it.month.into(),
            reader.currency().into(),
            moved.start.into(),
            moved.new.into(),
            moved.expansion.into(),
            moved.reactivation.into(),
            moved.contraction.into(),
            moved.churn.into(),
            moved.end().map_err(StoreError::corrupt)?.into(),
        ])
    };
    found.months().iter().map(row).collect()
}

pub(super) fn per_account_rows(
    reader: &Reader,
    found: &Recurrence,
) -> Result<Vec<Row>, StoreError> {
    let row = |it: &billing::RecurringMonth| -> Result<Row, BadReport> {
        let mrr = it.movement.end()?;
        Ok(vec![
            it.month.into(),
            reader.currency().into(),
            it.at_end.into(),
            mrr.into(),
            per_account(mrr, it.at_end)?.into(),
            annual(mrr)?.into(),
        ])
    };
    let rows: Result<Vec<_>, _> = found.months().iter().map(row).collect();
    rows.map_err(StoreError::corrupt)
}

pub(super) fn churn(reader: &Reader, found: &Recurrence) -> Vec<Row> {
    let row = |it: &billing::RecurringMonth| {
        let (start, lost) = (it.movement.start, it.movement.churn);
        vec![
            it.month.into(),
            reader.currency().into(),
            it.at_start.into(),
            it.lost.into(),
            ppm(counted(it.at_start), counted(it.lost)),
            start.into(),
            lost.into(),
            ppm(start.minor(), lost.minor()),
        ]
    };
    found.months().iter().map(row).collect()
}

pub(super) fn cohorts(reader: &Reader, found: &Recurrence) -> Vec<Row> {
    let mut rows = Vec::new();
    for (begun, months) in found.cohorts() {
        for (later, it) in (1_u64..).zip(months) {
            rows.push(vec![
                begun.into(),
                later.into(),
                reader.currency().into(),
                it.accounts.into(),
                it.revenue.into(),
            ]);
        }
    }
    rows
}

fn counted(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A rate in millionths, half away from zero.
fn ppm(at_start: i64, lost: i64) -> Cell {
    let rate = churn_rate(at_start, lost);
    let scaled = rate.and_then(|it| it.checked_mul(Ratio::whole(1_000_000)));
    let ppm = scaled.map(|it| it.round(Rounding::HalfAwayFromZero));
    ppm.and_then(|it| i64::try_from(it).ok())
        .map_or(Cell::Nothing, Cell::Number)
}
