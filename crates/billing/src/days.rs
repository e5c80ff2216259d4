//! Arithmetic of half-open periods: what is left of one without some others.

use crate::schedule::Period;

/// What is left of a period without some others, the earliest first.
pub(crate) fn without(period: Period, others: impl IntoIterator<Item = Period>) -> Vec<Period> {
    let mut left = Vec::with_capacity(2);
    left.push(period);
    for other in others {
        if left.iter().any(|it| it.overlap(other).is_some()) {
            left = left.into_iter().flat_map(|it| minus(it, other)).collect();
        }
    }
    left.retain(|it| it.start < it.end);
    left
}

/// Whether every day of one lies in the other.
pub(crate) fn lies_within(inner: Period, outer: Period) -> bool {
    outer.start <= inner.start && inner.end <= outer.end && inner.start < inner.end
}

fn minus(period: Period, other: Period) -> impl Iterator<Item = Period> {
    let parts = match period.overlap(other) {
        None => [
            period,
            Period {
                start: period.end,
                end: period.end,
            },
        ],
        Some(both) => [
            Period {
                start: period.start,
                end: both.start,
            },
            Period {
                start: both.end,
                end: period.end,
            },
        ],
    };
    parts.into_iter().filter(|it| it.start < it.end)
}

#[cfg(test)]
mod tests {
    //! Every day is either in the others or left, never both.

    use chrono::{Days, NaiveDate};
    use proptest::prelude::{Strategy, prop_assert_eq, proptest};

    use super::{Period, lies_within, without};
    use kernel::LocalDate;

    fn nth(number: u64) -> LocalDate {
        NaiveDate::MIN + Days::new(1_000_000 + number)
    }

    fn any_period() -> impl Strategy<Value = Period> {
        (0_u64..40, 0_u64..20).prop_map(|(start, days)| Period {
            start: nth(start),
            end: nth(start + days),
        })
    }

    fn has(period: Period, day: LocalDate) -> bool {
        period.start <= day && day < period.end
    }

    proptest! {
        #[test]
        fn every_day_is_taken_or_left(whole in any_period(), others in proptest::collection::vec(any_period(), 0..5)) {
            let left = without(whole, others.iter().copied());
            for day in (0..60).map(nth) {
                let wanted = has(whole, day) && !others.iter().any(|it| has(*it, day));
                prop_assert_eq!(left.iter().filter(|it| has(**it, day)).count(), usize::from(wanted));
            }
            for part in left {
                prop_assert_eq!(lies_within(part, whole), true);
            }
        }
    }
}
