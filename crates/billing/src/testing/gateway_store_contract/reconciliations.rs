//! What is kept of comparisons with providers, and what of our side they are made of.

use chrono::Duration;
use kernel::{LocalDate, Money, PageRequest};

use super::{World, now};
use crate::gateway::{
    Difference, DifferenceKind, Findings, ListSpan, Reconciliation, ReconciliationStatus, Side,
};

fn day(text: &str) -> LocalDate {
    text.parse().unwrap()
}

impl World<'_> {
    async fn save_reconciliation(&self, it: &mut Reconciliation) {
        let mut tx = self.store.begin(&self.scope).await.unwrap();
        tx.reconciliations().save(it).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub(super) async fn comparisons_are_kept_and_found_by_day(&self) {
        let account = self.stored_account(&self.scope, "Compared").await;
        let other = self.stored_account(&self.scope, "Not compared").await;
        let until = |account| self.queries.reconciled_until(self.scope.tenant, account);
        assert_eq!(until(account).await.unwrap(), None);
        let days = (day("2026-11-01"), day("2026-11-03"));
        let mut first = Reconciliation::ask(self.ids.next(), account, days, now()).unwrap();
        self.save_reconciliation(&mut first).await;
        let days = (day("2026-10-01"), day("2026-10-02"));
        let mut earlier = Reconciliation::ask(self.ids.next(), account, days, now()).unwrap();
        self.save_reconciliation(&mut earlier).await;
        assert_eq!(until(account).await.unwrap(), Some(day("2026-11-03")));
        assert_eq!(until(other).await.unwrap(), None);
        let amount = Money::from_minor(-5, "IDR".parse().unwrap());
        let found = Findings {
            compared: 7,
            is_complete: true,
            differences: vec![Difference {
                kind: DifferenceKind::AmountDiffers,
                reference: "pi_1".to_owned(),
                transaction: Some("pi_1".to_owned()),
                payment: Some(self.ids.next()),
                link: None,
                here: Some(Side {
                    status: "paid".to_owned(),
                    amount: Some(amount),
                }),
                there: None,
            }],
        };
        first.done(found, now());
        self.save_reconciliation(&mut first).await;
        let mut tx = self.store.begin(&self.scope).await.unwrap();
        let id = first.snapshot().id;
        let kept = tx.reconciliations().find(id).await.unwrap().unwrap();
        assert_eq!(kept.snapshot(), first.snapshot());
        assert_eq!(kept.snapshot().status, ReconciliationStatus::Done);
        drop(tx);
        let page = PageRequest::default();
        let tenant = self.scope.tenant;
        let to_look_at = || self.queries.reconciliations_to_look_at(tenant, page);
        let listed = to_look_at().await.unwrap().items;
        assert_eq!(listed, [first.snapshot().clone()], "it has a difference");
        earlier.failed("the provider has no list", now());
        self.save_reconciliation(&mut earlier).await;
        let listed = to_look_at().await.unwrap().items;
        let both = [earlier.snapshot().clone(), first.snapshot().clone()];
        assert_eq!(listed, both);
        let days = (day("2026-10-01"), day("2026-10-03"));
        let mut again = Reconciliation::ask(self.ids.next(), account, days, now()).unwrap();
        again.done(
            Findings {
                compared: 3,
                is_complete: true,
                differences: Vec::new(),
            },
            now(),
        );
        self.save_reconciliation(&mut again).await;
        let listed = to_look_at().await.unwrap().items;
        assert_eq!(
            listed,
            [first.snapshot().clone()],
            "the days were compared again"
        );
        let theirs = self.neighbour.tenant;
        let theirs = self.queries.reconciliations_to_look_at(theirs, page).await;
        assert!(theirs.unwrap().items.is_empty());
        let listed = self.queries.reconciliations(tenant, account, page).await;
        let all = [&again, &earlier, &first].map(|it| it.snapshot().clone());
        assert_eq!(listed.unwrap().items, all);
        let theirs = self.neighbour.tenant;
        let theirs = self.queries.reconciliations(theirs, account, page).await;
        assert!(theirs.unwrap().items.is_empty());
    }

    pub(super) async fn a_span_has_what_began_in_it(&self) {
        let account = self.stored_account(&self.scope, "Span").await;
        let mut link = self.link(account);
        self.save_link(&self.scope, &mut link).await;
        let mut collection = self.collection(account, "pi_span");
        self.save_collection(&mut collection).await.unwrap();
        let second = Duration::seconds(1);
        let page = PageRequest::default();
        for (since, until, is_in) in [
            (now(), now().plus(second), true),
            (now().minus(second), now(), false),
            (now().plus(second), now().plus(second + second), false),
        ] {
            let (tenant, span) = (self.scope.tenant, ListSpan { since, until });
            let links = self.queries.links_opened(tenant, account, span, page).await;
            let links = links.unwrap().items;
            let collected = self.queries.collected(tenant, account, span, page).await;
            let collected = collected.unwrap().items;
            let found = (links.len(), collected.len());
            assert_eq!(found, (usize::from(is_in), usize::from(is_in)));
        }
    }
}
