//! Customers known by device, and what routers hold besides customers.

use kernel::StoreError;

use super::{Walk, ok};
use crate::grant::{Allowance, Grant, NewGrant, STILL_ONLINE};
use crate::login::Service;
use crate::menu::Menu;
use crate::ports::{Failure, GRANT_LOGIN_UNIQUE, GrantFilter};
use crate::row::Attribute;
use crate::setup::{Kept, Pool};
use crate::testing::samples::sample_profile;

impl Walk<'_> {
    pub(super) async fn every_service_is_kept(&mut self) {
        for (place, service) in Service::ALL.into_iter().enumerate() {
            let login = match service {
                Service::Pppoe | Service::Hotspot => "by-name".to_owned(),
                Service::StaticIp => "10.7.0.8/29".to_owned(),
                Service::DhcpLease | Service::MacBypass => "02:00:00:00:07:01".to_owned(),
            };
            let mut grant = self.device(service, &login, &format!("kind-{place}")).await;
            ok(self.save(&mut grant).await);
            let kept = self.find(grant.id()).await.expect("kept");
            assert_eq!(kept.snapshot(), grant.snapshot());
            let filter = GrantFilter {
                router: None,
                subject: Some(grant.subject()),
            };
            let page = kernel::PageRequest::default();
            let shown = ok(self.queries.grants(self.scope.tenant, filter, page).await);
            let shown = shown.items.into_iter().next().expect("shown");
            assert_eq!((shown.service, shown.address), (service, grant.address()));
        }
        let mut twin = self
            .device(Service::MacBypass, "02-00-00-00-07-01", "twin")
            .await;
        let taken = self.save(&mut twin).await;
        assert!(taken.is_err_and(|err| err.is_duplicate_of(GRANT_LOGIN_UNIQUE)));
    }

    /// A grant on a profile of its own.
    async fn device(&self, service: Service, login: &str, profile: &str) -> Grant {
        let mut profile = sample_profile(self.ids.next(), profile, service).expect("a profile");
        let mut tx = self.begin().await;
        ok(tx.profiles().save(&mut profile).await);
        ok(tx.commit().await);
        let sample = self.grant(self.subscription(), "sample").snapshot();
        let takes_address = matches!(service, Service::DhcpLease | Service::MacBypass);
        let made = Grant::make(NewGrant {
            id: sample.id,
            router: sample.router,
            subject: sample.subject,
            service,
            login: login.parse().expect("a login"),
            address: takes_address.then(|| std::net::Ipv4Addr::new(10, 7, 1, 9)),
            secret: sample.secret,
            profile: profile.id(),
            allowance: Allowance::Active { until: None },
            limits: sample.limits,
            access_version: 0,
            at: self.now,
        });
        made.expect("a grant")
    }

    pub(super) async fn who_has_paid_meanwhile_is_found(&mut self) {
        let later = self.now.plus(chrono::Duration::seconds(1));
        let mut paid = self.grant(self.subscription(), "paid-meanwhile");
        let mut owing = self.grant(self.subscription(), "owing-meanwhile");
        let until = Some(later.plus(chrono::Duration::days(1)));
        paid.follow(Allowance::Active { until }, paid.profile(), 1, later);
        owing.follow(Allowance::Blocked, owing.profile(), 1, later);
        ok(self.save(&mut paid).await);
        ok(self.save(&mut owing).await);
        let mut tx = self.begin().await;
        let found = ok(tx.grants().paid_since(self.router(), self.now, 5).await);
        let found: Vec<_> = found.iter().map(Grant::id).collect();
        assert_eq!(found, [paid.id()]);
        assert!(ok(tx.grants().paid_since(self.router(), later, 5).await).is_empty());
    }

    pub(super) async fn who_is_online_still_is_counted(&mut self) {
        let mut grant = self.grant(self.subscription(), "stubborn");
        ok(self.save(&mut grant).await);
        let failure = Failure {
            grant: grant.id(),
            reason: STILL_ONLINE.to_owned(),
        };
        let count = || async {
            let shown = self.queries.router(self.scope.tenant, self.router()).await;
            ok(shown).expect("shown").still_online
        };
        assert_eq!(count().await, 0);
        let mut tx = self.begin().await;
        ok(tx.grants().fail_many(&[failure], self.now).await);
        ok(tx.commit().await);
        assert_eq!(count().await, 1);
        self.confirm(&grant, 1).await;
        assert_eq!(count().await, 0, "resolved");
    }

    pub(super) async fn setups_are_kept_whole(&mut self) {
        let router = self.router();
        let mut tx = self.begin().await;
        let mut setup = ok(tx.setups().of(router).await);
        assert!(setup.pools().is_empty() && setup.exceptions().is_empty());
        let mut stale = ok(tx.setups().of(router).await);
        let pool = Pool {
            name: "home".parse().expect("a name"),
            ranges: "10.0.0.2-10.0.0.9,10.0.1.7".parse().expect("ranges"),
        };
        let garden = ["pay.example.com", "192.0.2.0/24"];
        let garden = garden.map(|it| it.parse().expect("a destination"));
        setup.change(vec![pool], garden.to_vec()).expect("changed");
        let kept = vec![Kept::Value {
            attribute: Attribute::RateLimit,
            value: None,
        }];
        setup
            .accept(Menu::PppProfile, "wb-home", kept)
            .expect("accepted");
        ok(tx.setups().save(&mut setup).await);
        ok(tx.commit().await);
        let mut tx = self.begin().await;
        let mut again = ok(tx.setups().of(router).await);
        assert_eq!(again.snapshot(), setup.snapshot());
        again.restore_row(Menu::PppProfile, "wb-home");
        ok(tx.setups().save(&mut again).await);
        ok(tx.commit().await);
        let mut tx = self.begin().await;
        assert_eq!(
            ok(tx.setups().of(router).await).snapshot(),
            again.snapshot()
        );
        stale.change(Vec::new(), garden.to_vec()).expect("changed");
        stale.saved_as(1);
        assert!(matches!(
            tx.setups().save(&mut stale).await,
            Err(StoreError::Conflict)
        ));
    }
}
