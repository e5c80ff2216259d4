//! A day is counted once, and what differs is explained.

#![allow(clippy::unwrap_used)]

use kernel::testing::CountingIds;
use kernel::{Ids, Money, OperatorId, Timestamp};

use super::{TillDay, TillRefusal};

fn kes(minor: i64) -> Money {
    Money::from_minor(minor, "KES".parse().unwrap())
}

fn noon() -> Timestamp {
    Timestamp::from_utc("2026-11-21T09:00:00Z".parse().unwrap())
}

fn opened(minor: i64) -> Result<(TillDay, OperatorId), TillRefusal> {
    let ids: &dyn Ids = &CountingIds::from(1);
    let by = ids.next();
    let day = "2026-11-21".parse().unwrap();
    let till = TillDay::open(ids.next(), (ids.next(), by), (day, noon()), kes(minor))?;
    Ok((till, by))
}

#[test]
fn a_difference_is_explained_or_there_is_none() {
    let (mut day, by) = opened(1_000).unwrap();
    let unexplained = TillRefusal::Unexplained {
        counted: kes(1_400),
        expected: kes(1_500),
    };
    let close =
        |day: &mut TillDay, counted, note| day.close((kes(counted), kes(500)), note, (by, noon()));
    assert_eq!(close(&mut day, 1_400, None), Err(unexplained.clone()));
    assert_eq!(close(&mut day, 1_400, Some("  ")), Err(unexplained));
    assert_eq!(
        close(&mut day, -1, None),
        Err(TillRefusal::Negative(kes(-1)))
    );
    close(&mut day, 1_400, Some("a coin fell")).unwrap();
    let kept = day.snapshot().close.unwrap();
    assert_eq!(kept.difference(), Ok(kes(-100)));
    close(&mut day, 1_400, Some("a coin fell")).unwrap();
    assert_eq!(day.take_events().len(), 2, "opened and closed, once");
    let refused = close(&mut day, 1_500, None);
    assert!(matches!(refused, Err(TillRefusal::Closed { .. })));
    assert_eq!(day.snapshot().close.unwrap(), kept);
}

#[test]
fn a_till_that_is_right_needs_no_note() {
    let (mut day, by) = opened(0).unwrap();
    day.close((kes(500), kes(500)), None, (by, noon())).unwrap();
    assert_eq!(day.snapshot().close.unwrap().difference(), Ok(kes(0)));
    assert!(opened(-1).is_err());
}
