//! Which taxes are in force on a day: rates are dated data, never constants.

use kernel::LocalDate;
use serde::{Deserialize, Serialize};

use super::tax::TaxRule;

/// A list of taxes and the days it is in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatedTaxes {
    /// The first day.
    pub from: LocalDate,
    /// The day after the last; `None` while no end is known.
    pub until: Option<LocalDate>,
    /// The taxes, in the order they are charged.
    pub rules: Vec<TaxRule>,
}

/// Lists of taxes without gaps or overlaps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<DatedTaxes>")]
pub struct TaxTable(Vec<DatedTaxes>);

/// Lists that contradict each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadTaxTable {
    /// There is no list.
    #[error("a tax table needs at least one list")]
    Empty,
    /// A list ends before it begins.
    #[error("taxes from {from} must end after that day, not on {until}")]
    Backwards {
        /// Its first day.
        from: LocalDate,
        /// The day after its last.
        until: LocalDate,
    },
    /// Days without a list.
    #[error("no taxes are given from {from} to {until}")]
    Gap {
        /// The first day without one.
        from: LocalDate,
        /// The first day with one again.
        until: LocalDate,
    },
    /// Days with two lists.
    #[error("taxes from {from} begin before those that end on {until}")]
    Overlap {
        /// The first day of the later list.
        from: LocalDate,
        /// The end of the earlier one; `None` is shown as the later list's first day.
        until: LocalDate,
    },
}

/// A day without taxes: nothing can be priced for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no taxes are given for {day}: they begin on {from}{}", until.map(|it| format!(" and end on {it}")).unwrap_or_default())]
pub struct NoTaxes {
    /// The day that was asked for.
    pub day: LocalDate,
    /// The first day of the table.
    pub from: LocalDate,
    /// The day after its last.
    pub until: Option<LocalDate>,
}

impl TryFrom<Vec<DatedTaxes>> for TaxTable {
    type Error = BadTaxTable;

    fn try_from(lists: Vec<DatedTaxes>) -> Result<Self, BadTaxTable> {
        Self::new(lists)
    }
}

impl TaxTable {
    /// A table of these lists, in any order.
    ///
    /// # Errors
    /// [`BadTaxTable`] names the days of the first gap or overlap.
    pub fn new(mut lists: Vec<DatedTaxes>) -> Result<Self, BadTaxTable> {
        lists.sort_by_key(|it| it.from);
        for list in &lists {
            if let Some(until) = list.until.filter(|it| *it <= list.from) {
                return Err(BadTaxTable::Backwards {
                    from: list.from,
                    until,
                });
            }
        }
        for (earlier, later) in lists.iter().zip(lists.iter().skip(1)) {
            meet(earlier, later)?;
        }
        match lists.is_empty() {
            true => Err(BadTaxTable::Empty),
            false => Ok(Self(lists)),
        }
    }

    /// The taxes in force on a day.
    ///
    /// # Errors
    /// [`NoTaxes`] before the first day or after the last.
    pub fn on(&self, day: LocalDate) -> Result<&[TaxRule], NoTaxes> {
        let at = self.0.partition_point(|it| it.from <= day);
        let list = at.checked_sub(1).and_then(|it| self.0.get(it));
        let list = list.filter(|it| it.until.is_none_or(|end| day < end));
        list.map(|it| it.rules.as_slice()).ok_or_else(|| NoTaxes {
            day,
            from: self.0.first().map_or(day, |it| it.from),
            until: self.0.last().and_then(|it| it.until),
        })
    }

    /// The lists, the earliest first.
    #[must_use]
    pub fn lists(&self) -> &[DatedTaxes] {
        &self.0
    }
}

fn meet(earlier: &DatedTaxes, later: &DatedTaxes) -> Result<(), BadTaxTable> {
    match earlier.until {
        Some(until) if until < later.from => Err(BadTaxTable::Gap {
            from: until,
            until: later.from,
        }),
        Some(until) if until == later.from => Ok(()),
        until => Err(BadTaxTable::Overlap {
            from: later.from,
            until: until.unwrap_or(later.from),
        }),
    }
}

#[cfg(test)]
mod tests {
    //! Every day has one list, or nothing is priced.

    use super::{BadTaxTable, DatedTaxes, NoTaxes, TaxTable};
    use crate::pricing::tax::TaxRule;
    use kernel::LocalDate;

    fn day(text: &str) -> LocalDate {
        text.parse().unwrap()
    }

    fn list(from: &str, until: Option<&str>, rate: &str) -> DatedTaxes {
        DatedTaxes {
            from: day(from),
            until: until.map(day),
            rules: vec![TaxRule::new("VAT", rate.parse().unwrap()).unwrap()],
        }
    }

    #[test]
    fn the_list_in_force_is_found() {
        let later = list("2025-01-01", None, "12%");
        let earlier = list("2022-04-01", Some("2025-01-01"), "11%");
        let table = TaxTable::new(vec![later.clone(), earlier.clone()]).unwrap();
        assert_eq!(table.on(day("2024-12-31")), Ok(earlier.rules.as_slice()));
        assert_eq!(table.on(day("2025-01-01")), Ok(later.rules.as_slice()));
        let refused = NoTaxes {
            day: day("2022-03-31"),
            from: day("2022-04-01"),
            until: None,
        };
        assert_eq!(table.on(day("2022-03-31")), Err(refused));
    }

    #[test]
    fn gaps_and_overlaps_are_refused_with_their_days() {
        let open = list("2024-01-01", None, "11%");
        let closed = list("2024-01-01", Some("2024-12-01"), "11%");
        let later = list("2025-01-01", None, "12%");
        let (from, until) = (day("2024-12-01"), day("2025-01-01"));
        let gap = TaxTable::new(vec![closed, later.clone()]);
        assert_eq!(gap, Err(BadTaxTable::Gap { from, until }));
        let overlap = TaxTable::new(vec![open, later]);
        let from = until;
        assert_eq!(overlap, Err(BadTaxTable::Overlap { from, until }));
        assert_eq!(TaxTable::new(Vec::new()), Err(BadTaxTable::Empty));
        let backwards = list("2024-01-01", Some("2024-01-01"), "11%");
        assert!(TaxTable::new(vec![backwards]).is_err());
    }
}
