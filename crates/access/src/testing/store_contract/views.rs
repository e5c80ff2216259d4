//! What is shown, and to whom.

use kernel::{PageRequest, Scope, TenantId};

use super::{Walk, ok};
use crate::grant::Subject;
use crate::login::Service;
use crate::ports::{GrantFilter, GrantView};
use crate::testing::samples::sample_profile;

impl Walk<'_> {
    pub(super) async fn views_show_no_secrets(&mut self) {
        let (tenant, page) = (self.scope.tenant, PageRequest::new(200, None));
        let router = ok(self.queries.router(tenant, self.router()).await).expect("shown");
        let live = ok(self.begin().await.grants().count_live(self.router()).await);
        assert_eq!(router.grants, live);
        let waiting = u64::try_from(self.pending(self.now).await.len()).expect("few");
        assert_eq!(router.pending, waiting);
        let routers = ok(self.queries.routers(tenant, page).await);
        assert_eq!(routers.items, std::slice::from_ref(&router));
        let profiles = ok(self.queries.profiles(tenant, page).await);
        assert_eq!(profiles.items.len(), 1);
        let one = ok(self.queries.profile(tenant, self.profile().id()).await);
        assert_eq!(one.as_ref(), profiles.items.first());
        let filter = GrantFilter {
            router: Some(self.router()),
            subject: None,
        };
        let first = ok(self.queries.grants(tenant, filter, page).await);
        assert_eq!(first.items.len(), 200);
        let order: Vec<_> = first
            .items
            .iter()
            .map(|it| std::cmp::Reverse(it.id))
            .collect();
        assert!(order.is_sorted(), "newest first");
        let after = first.next.expect("more").parse().expect("a cursor");
        let second = ok(self
            .queries
            .grants(tenant, filter, PageRequest::new(200, Some(after)))
            .await);
        assert!(second.items[0].id < first.items[199].id);
        let masked = |it: &GrantView| match it.subject {
            Subject::Voucher(_) => it.login.ends_with('…'),
            Subject::Subscription(_) => !it.login.ends_with('…'),
        };
        assert!(first.items.iter().chain(&second.items).all(masked));
        let subject = first.items[0].subject;
        let filter = GrantFilter {
            router: None,
            subject: Some(subject),
        };
        let one = ok(self.queries.grants(tenant, filter, page).await);
        assert_eq!(one.items, [first.items[0].clone()]);
    }

    pub(super) async fn tenants_do_not_meet(&mut self, other: TenantId) {
        let page = PageRequest::default();
        let theirs = Scope::system(other, "contract", self.ids.fresh());
        let mut tx = ok(self.store.begin(&theirs).await);
        assert!(ok(tx.routers().find(self.router()).await).is_none());
        assert!(ok(tx.profiles().find(self.profile().id()).await).is_none());
        assert!(ok(tx.grants().pending(self.router(), self.now, 10).await).is_empty());
        assert!(ok(self.queries.router(other, self.router()).await).is_none());
        assert!(ok(self.queries.routers(other, page).await).items.is_empty());
        let mut twin = sample_profile(self.ids.next(), "contract", Service::Hotspot).expect("one");
        ok(tx.profiles().save(&mut twin).await);
        ok(tx.commit().await);
    }
}
