//! Promises about tills.

use kernel::{OperatorId, PageRequest};

use super::{World, day, kes, must_conflict, noon, outcome};
use crate::report_ports::DayPage;
use crate::till::{SuspenseCash, Taking, TakingSource, TillDay};
use crate::till_ports::{TILL_OPEN_UNIQUE, TillFilter};

impl World<'_> {
    pub(super) async fn till_promises(&self) {
        let world = self.of_entity(self.found().await);
        world.a_day_reads_back_with_what_is_in_it().await;
        world.an_operator_has_one_open_day().await;
        world.a_day_that_was_counted_meanwhile_takes_nothing().await;
        world.cash_of_nobody_is_in_the_till_too().await;
    }

    fn open(&self, operator: OperatorId, on: &str) -> TillDay {
        let whose = (self.entity, operator);
        TillDay::open(self.ids.next(), whose, (day(on), noon()), kes(1_000)).unwrap()
    }

    async fn opened(&self, on: &str) -> TillDay {
        let mut day = self.open(self.ids.next(), on);
        let mut tx = self.tx().await;
        tx.tills().save(&mut day).await.unwrap();
        tx.commit().await.unwrap();
        day
    }

    fn taking(&self, day: &TillDay, minor: i64, is_refund: bool) -> Taking {
        let payment = self.ids.next();
        let source = match is_refund {
            true => TakingSource::Refund(self.ids.next()),
            false => TakingSource::Payment(payment),
        };
        Taking {
            source,
            payment,
            entity: self.entity,
            operator: day.operator(),
            day: Some(day.id()),
            amount: kes(minor),
            at: noon(),
        }
    }

    async fn a_day_reads_back_with_what_is_in_it(&self) {
        let first = self.opened("2026-11-20").await;
        let second = self.opened("2026-11-21").await;
        let mut tx = self.tx().await;
        let open = tx.tills().lock_open(self.entity, second.operator()).await;
        let mut open = open.unwrap().unwrap();
        assert_eq!(open.id(), second.id());
        for taking in [
            self.taking(&open, 700, false),
            self.taking(&open, -200, true),
            self.taking(&first, 5, false),
        ] {
            tx.tills().take(taking).await.unwrap();
        }
        let taken = tx.tills().taken_on(&open).await.unwrap();
        assert_eq!(taken, kes(500));
        open.close(
            (kes(1_400), taken),
            Some("a coin"),
            (second.operator(), noon()),
        )
        .unwrap();
        tx.tills().save(&mut open).await.unwrap();
        tx.commit().await.unwrap();
        let view = self.queries.till_day(self.tenant(), second.id()).await;
        let view = view.unwrap().unwrap();
        assert_eq!((&view.day, view.taken), (&open.snapshot(), kes(500)));
        let mut tx = self.tx().await;
        let none = tx.tills().lock_open(self.entity, second.operator()).await;
        assert!(none.unwrap().is_none(), "it is closed");
        drop(tx);
        let filter = |is_open| TillFilter {
            entity: Some(self.entity),
            operator: None,
            is_open,
        };
        let page = PageRequest::new(10, None);
        for (is_open, wanted) in [
            (None, vec![second.id(), first.id()]),
            (Some(true), vec![first.id()]),
            (Some(false), vec![second.id()]),
        ] {
            let found = self.queries.till_days(self.tenant(), filter(is_open), page);
            let found: Vec<_> = found.await.unwrap().items;
            let found: Vec<_> = found.iter().map(|it| it.day.id).collect();
            assert_eq!(found, wanted);
        }
        let days = DayPage {
            entity: self.entity,
            from: day("2026-11-20"),
            until: day("2026-11-22"),
            after: None,
            limit: 5,
        };
        let closed = self.queries.tills_closed(self.tenant(), days).await;
        assert_eq!(closed.unwrap(), std::slice::from_ref(&view));
        let after = DayPage {
            after: Some((view.day.business_day, view.day.id)),
            ..days
        };
        let rest = self.queries.tills_closed(self.tenant(), after).await;
        assert_eq!(rest.unwrap(), []);
    }

    async fn cash_of_nobody_is_in_the_till_too(&self) {
        let day = self.opened("2026-11-20").await;
        let cash = |minor| SuspenseCash {
            money: kernel::Id::from_uuid(day.id().uuid()),
            operator: day.operator(),
            day: day.id(),
            amount: kes(minor),
            at: noon(),
        };
        let mut tx = self.tx().await;
        tx.tills().take(self.taking(&day, 30, false)).await.unwrap();
        tx.tills().take_suspense(cash(700)).await.unwrap();
        tx.tills().take_suspense(cash(-200)).await.unwrap();
        assert_eq!(tx.tills().taken_on(&day).await.unwrap(), kes(530));
        tx.commit().await.unwrap();
        let view = self.queries.till_day(self.tenant(), day.id()).await;
        assert_eq!(view.unwrap().unwrap().taken, kes(530));
        let mut tx = self.tx().await;
        let written = tx.tills().take_suspense(cash(700)).await;
        let refused = outcome(tx, written).await.unwrap_err();
        let once = "suspense_takings_unmatched_id_direction";
        assert!(refused.is_duplicate_of(once), "{refused:?}");
    }

    async fn an_operator_has_one_open_day(&self) {
        let first = self.opened("2026-11-20").await;
        let mut second = self.open(first.operator(), "2026-11-21");
        let mut tx = self.tx().await;
        let written = tx.tills().save(&mut second).await;
        let refused = outcome(tx, written).await.unwrap_err();
        assert!(refused.is_duplicate_of(TILL_OPEN_UNIQUE), "{refused:?}");
    }

    async fn a_day_that_was_counted_meanwhile_takes_nothing(&self) {
        let mut stale = self.opened("2026-11-20").await;
        let mut tx = self.tx().await;
        let mut day = tx.tills().lock(stale.id()).await.unwrap().unwrap();
        let who = (stale.operator(), noon());
        day.close((kes(1_000), kes(0)), None, who).unwrap();
        tx.tills().save(&mut day).await.unwrap();
        tx.commit().await.unwrap();
        stale.close((kes(1_000), kes(0)), None, who).unwrap();
        let mut tx = self.tx().await;
        let written = tx.tills().save(&mut stale).await;
        must_conflict(&outcome(tx, written).await);
    }
}
