//! Grants in numbers: inserted, pending, confirmed, failed and ended by the hundred.

use chrono::Duration;
use kernel::{GrantId, PageRequest, StoreError};

use super::{Walk, ok};
use crate::grant::{Allowance, Grant, GrantSnapshot, Subject};
use crate::login::{LoginRef, Service};
use crate::ports::{Confirmation, Failure, GRANT_LOGIN_UNIQUE};

impl Walk<'_> {
    pub(super) async fn many_are_inserted_once(&mut self) {
        let voucher = || Subject::Voucher(self.ids.next());
        let many: Vec<Grant> = (0..1_200)
            .map(|it| self.grant(voucher(), &format!("v{it:05}")))
            .collect();
        let mut tx = self.begin().await;
        assert_eq!(ok(tx.grants().insert_many(many.clone()).await), 1_200);
        ok(tx.commit().await);
        let first = many.first().expect("many").id();
        let kept = self.find(first).await.expect("kept").snapshot();
        let made = many.first().expect("many").snapshot();
        assert_eq!(kept, GrantSnapshot { version: 1, ..made });
        let mut tx = self.begin().await;
        let mut again = many;
        again.push(self.grant(voucher(), "one-more"));
        assert_eq!(
            ok(tx.grants().insert_many(again).await),
            1,
            "known subjects are skipped"
        );
        assert_eq!(ok(tx.grants().insert_many(Vec::new()).await), 0);
        ok(tx.commit().await);
        let mut tx = self.begin().await;
        let clash = tx
            .grants()
            .insert_many(vec![self.grant(voucher(), "one-more")])
            .await;
        assert!(clash.is_err_and(|err| err.is_duplicate_of(GRANT_LOGIN_UNIQUE)));
    }

    pub(super) async fn pending_grants_come_in_order(&mut self) {
        let mut unpaid = self.grant(self.subscription(), "unpaid");
        unpaid.follow(Allowance::Blocked, unpaid.profile(), 1, self.now);
        ok(self.save(&mut unpaid).await);
        let mut paid = self.grant(self.subscription(), "paid");
        ok(self.save(&mut paid).await);
        let waiting = self.pending(self.now).await;
        let place = |of: &Grant| waiting.iter().position(|it| it.id() == of.id());
        assert!(place(&paid) < place(&unpaid), "who has paid goes first");
        let pending = self
            .pending(self.now)
            .await
            .into_iter()
            .take(400)
            .collect::<Vec<_>>();
        let voucher = |it: &Grant| matches!(it.subject(), Subject::Voucher(_));
        let paid = |it: &Grant| !voucher(it) && matches!(it.allowance(), Allowance::Active { .. });
        let order: Vec<_> = pending
            .iter()
            .map(|it| (!paid(it), voucher(it), it.id()))
            .collect();
        assert!(order.is_sorted(), "who has paid, subscriptions, then by id");
        assert!(!voucher(&pending[0]) && pending.iter().any(voucher));
        let few = ok(self
            .begin()
            .await
            .grants()
            .pending(self.router(), self.now, 3)
            .await);
        assert_eq!(few.len(), 3);
        let other = ok(self
            .begin()
            .await
            .grants()
            .pending(self.ids.next(), self.now, 3)
            .await);
        assert!(other.is_empty());
    }

    pub(super) async fn confirmations_and_failures_are_kept(&mut self) {
        let mut grant = self.grant(self.subscription(), "confirmed");
        let until = self.now.plus(Duration::hours(1));
        assert!(grant.follow(
            Allowance::Active { until: Some(until) },
            grant.profile(),
            1,
            self.now
        ));
        ok(self.save(&mut grant).await);
        let refused = vec![Failure {
            grant: grant.id(),
            reason: "no such pool".to_owned(),
        }];
        let mut tx = self.begin().await;
        ok(tx.grants().fail_many(&refused, self.now).await);
        ok(tx
            .grants()
            .fail_many(&refused, self.now.plus(Duration::minutes(1)))
            .await);
        ok(tx.grants().fail_many(&[], self.now).await);
        ok(tx.commit().await);
        let failing = self.find(grant.id()).await.expect("kept");
        assert_eq!(failing.applied().error.as_deref(), Some("no such pool"));
        assert_eq!(failing.applied().failing_since, Some(self.now));
        let last = self.pending(self.now).await.pop().map(|it| it.id());
        assert_eq!(last, Some(grant.id()), "who has failed comes last");
        let page = PageRequest::default();
        let shown = ok(self
            .queries
            .not_applied(self.scope.tenant, None, page)
            .await);
        let shown = shown.items.into_iter().find(|it| it.grant.id == grant.id());
        let shown = shown.expect("listed as not applied");
        assert_eq!(shown.reason.as_deref(), Some("no such pool"));
        assert_eq!(shown.since, self.now);
        self.confirm(&grant, 1).await;
        let half = self.find(grant.id()).await.expect("kept");
        assert!(half.is_pending(self.now), "an older revision is not enough");
        self.confirm(&grant, 2).await;
        self.confirm(&grant, 1).await;
        let done = self.find(grant.id()).await.expect("kept");
        assert_eq!(
            (done.applied().revision, done.applied().error.clone()),
            (2, None)
        );
        assert!(!done.is_pending(self.now) && !done.must_cut(self.now));
        let ids: Vec<GrantId> = self.pending(until).await.iter().map(Grant::id).collect();
        assert!(
            ids.contains(&grant.id()),
            "its time has run out and the router was not told"
        );
        let ids: Vec<GrantId> = self.pending(self.now).await.iter().map(Grant::id).collect();
        assert!(!ids.contains(&grant.id()));
        grant.follow(Allowance::Blocked, grant.profile(), 9, self.now);
        let stale = self.save(&mut grant).await;
        assert!(
            matches!(stale, Err(StoreError::Conflict)),
            "a confirmation bumps the version"
        );
    }

    pub(super) async fn confirm(&self, grant: &Grant, revision: u32) {
        let it = Confirmation {
            grant: grant.id(),
            subject: grant.subject(),
            revision,
        };
        let mut tx = self.begin().await;
        ok(tx
            .grants()
            .confirm_many(self.router(), &[it], self.now)
            .await);
        ok(tx.grants().confirm_many(self.router(), &[], self.now).await);
        ok(tx.commit().await);
    }

    pub(super) async fn ended_grants_leave_when_confirmed(&mut self) {
        let before = ok(self.begin().await.grants().count_live(self.router()).await);
        let mut grant = self.grant(self.subscription(), "ending");
        ok(self.save(&mut grant).await);
        assert!(grant.end(self.now));
        ok(self.save(&mut grant).await);
        let pages = self.all_pages().await;
        assert!(
            pages.is_sorted() && pages.contains(&grant.id()),
            "its end is not confirmed"
        );
        let mut next = self.grant(self.subscription(), "ending");
        ok(self.save(&mut next).await);
        let live = ok(self.begin().await.grants().count_live(self.router()).await);
        assert_eq!(live, before + 1, "the login of an ended grant is free");
        self.confirm(&grant, 2).await;
        assert!(!self.all_pages().await.contains(&grant.id()));
    }

    pub(super) async fn many_end_at_once(&mut self) {
        let first = self.subscription();
        let second = self.subscription();
        for (subject, login) in [(first, "many-1"), (second, "many-2")] {
            ok(self.save(&mut self.grant(subject, login)).await);
        }
        let logins = ["many-1", "many-2", "nobody"].map(|it| LoginRef::new(Service::Hotspot, it));
        let whose = self.subjects_of(&logins).await;
        assert_eq!(
            whose,
            [(logins[0].clone(), first), (logins[1].clone(), second)]
        );
        let mut tx = self.begin().await;
        let subjects = [first, second, self.subscription()];
        assert_eq!(
            ok(tx.grants().end_many(&subjects, self.now).await),
            [self.router()]
        );
        assert_eq!(
            ok(tx.grants().end_many(&subjects, self.now).await),
            [],
            "ended already"
        );
        assert_eq!(ok(tx.grants().end_many(&[], self.now).await), []);
        ok(tx.commit().await);
        let mut tx = self.begin().await;
        let ended = ok(tx.grants().find_by_subject(first).await)
            .expect("kept")
            .snapshot();
        assert_eq!(
            (ended.allowance, ended.revision, ended.version),
            (Allowance::Ended, 2, 2)
        );
        assert!(ended.cut_owed && ended.changed_at == self.now);
        assert_eq!(self.subjects_of(&logins).await, []);
        assert_eq!(self.subjects_of(&[]).await, []);
        let tenant = self.scope.tenant;
        let mut routers = ok(self.queries.routers_of(tenant, &subjects).await);
        routers.sort();
        let mut wanted = [(first, self.router()), (second, self.router())];
        wanted.sort();
        assert_eq!(routers, wanted, "ended or not");
        assert_eq!(ok(self.queries.routers_of(tenant, &[]).await), []);
    }

    async fn subjects_of(&self, logins: &[LoginRef]) -> Vec<(LoginRef, Subject)> {
        let found = self
            .queries
            .subjects_of(self.scope.tenant, self.router(), logins)
            .await;
        let mut found = ok(found);
        found.sort_by(|a, b| a.0.cmp(&b.0));
        found
    }

    async fn all_pages(&self) -> Vec<GrantId> {
        let mut ids: Vec<GrantId> = Vec::new();
        loop {
            let mut tx = self.begin().await;
            let page = ok(tx
                .grants()
                .page_of(self.router(), ids.last().copied(), 500)
                .await);
            if page.is_empty() {
                return ids;
            }
            ids.extend(page.iter().map(Grant::id));
        }
    }
}
