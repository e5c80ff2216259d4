//! What accounts owe by age, and the closed days of tills, page by page.

use billing::{AccountPage, AgeBucket, DayPage, Receivable, TillDayId, TillDayView, aging};
use kernel::{LocalDate, StoreError};

use super::{Days, PAGE, Reader};
use crate::report::{NextPage, Pages, Row};

pub(super) const COLUMNS: &[&str] = &[
    "account",
    "customer",
    "currency",
    "current_minor",
    "days_1_30_minor",
    "days_31_60_minor",
    "days_61_90_minor",
    "days_over_90_minor",
    "total_minor",
    "unused_credit_minor",
];

pub(super) const TILL_COLUMNS: &[&str] = &[
    "business_day",
    "till_day",
    "operator",
    "closed_at",
    "closed_by",
    "currency",
    "opening_minor",
    "taken_minor",
    "expected_minor",
    "counted_minor",
    "difference_minor",
    "note",
];

/// Accounts by id.
pub(super) struct AgingPages {
    reader: Reader,
    today: LocalDate,
    page: AccountPage,
}

impl AgingPages {
    pub(super) const fn new(reader: Reader, today: LocalDate) -> Self {
        let page = AccountPage {
            entity: reader.id(),
            after: None,
            limit: PAGE,
        };
        Self {
            reader,
            today,
            page,
        }
    }

    fn row(&self, it: &Receivable) -> Result<Row, StoreError> {
        let aged = aging(self.reader.entity.currency, &it.open, it.credit, self.today);
        let aged = aged.map_err(StoreError::corrupt)?;
        let mut row: Row = vec![
            it.account.to_string().into(),
            it.customer.to_string().into(),
            self.reader.currency().into(),
        ];
        row.extend(AgeBucket::ALL.map(|bucket| aged.of(bucket).into()));
        row.push(aged.total().map_err(StoreError::corrupt)?.into());
        row.push(aged.unused_credit.into());
        Ok(row)
    }
}

impl Pages for AgingPages {
    fn next(&mut self) -> NextPage<'_> {
        Box::pin(async {
            let queries = &self.reader.queries;
            let found = queries.receivables(self.reader.tenant, self.page).await?;
            let Some(last) = found.last() else {
                return Ok(None);
            };
            self.page.after = Some(last.account);
            found
                .iter()
                .map(|it| self.row(it))
                .collect::<Result<_, _>>()
                .map(Some)
        })
    }
}

/// Closed days by business day.
pub(super) struct TillPages {
    reader: Reader,
    page: DayPage<TillDayId>,
}

impl TillPages {
    pub(super) const fn new(reader: Reader, days: Days) -> Self {
        let page = DayPage {
            entity: reader.id(),
            from: days.from,
            until: days.until,
            after: None,
            limit: PAGE,
        };
        Self { reader, page }
    }

    fn row(&self, it: &TillDayView) -> Result<Row, StoreError> {
        let close = it.day.close.as_ref();
        let close = close.ok_or_else(|| StoreError::corrupt("an open day among closed ones"))?;
        Ok(vec![
            it.day.business_day.into(),
            it.day.id.to_string().into(),
            it.day.operator.to_string().into(),
            close.at.to_string().into(),
            close.by.to_string().into(),
            self.reader.currency().into(),
            it.day.opening.into(),
            it.taken.into(),
            close.expected.into(),
            close.counted.into(),
            close.difference().map_err(StoreError::corrupt)?.into(),
            close.note.clone().into(),
        ])
    }
}

impl Pages for TillPages {
    fn next(&mut self) -> NextPage<'_> {
        Box::pin(async {
            let queries = &self.reader.queries;
            let found = queries.tills_closed(self.reader.tenant, self.page).await?;
            let Some(last) = found.last() else {
                return Ok(None);
            };
            self.page.after = Some((last.day.business_day, last.day.id));
            found
                .iter()
                .map(|it| self.row(it))
                .collect::<Result<_, _>>()
                .map(Some)
        })
    }
}
