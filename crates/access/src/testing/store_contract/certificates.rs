//! How routers are reached, and what their certificates have come to, is kept.

use super::{Walk, ok};
use crate::gateway::{GatewayError, GatewayErrorKind};
use crate::router::{Endpoint, Router, RouterSnapshot};
use crate::testing::samples::sample_facts;
use crate::transport::{Fingerprint, Transport, Trust};

impl Walk<'_> {
    /// Leads a router through every kind of trust; gives it back as it was, with its newest version.
    pub(super) async fn certificates_are_kept(&self, before: Router) -> Router {
        let was = before.snapshot();
        let (old, new) = (Fingerprint::new([1; 32]), Fingerprint::new([2; 32]));
        let mut router = before;
        let endpoint = |transport: Transport| Endpoint {
            transport,
            ..was.endpoint.clone()
        };
        let first_use = endpoint(Transport::Tls(Trust::FirstUse));
        let waits = router.change_unconfirmed(was.name.clone(), first_use, old);
        assert_eq!(waits, Ok(()));
        router = self.kept(router).await;
        let facts = sample_facts(router.id());
        assert_eq!(router.trust(old, facts.clone(), self.now), Ok(()));
        router = self.kept(router).await;
        let kind = GatewayErrorKind::CertificateChanged {
            expected: old,
            seen: new,
        };
        assert!(router.failed(&GatewayError::new(kind, "another certificate"), self.now));
        router = self.kept(router).await;
        let pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----";
        let authority = Trust::Authority(pem.parse().expect("a certificate"));
        let vouched = endpoint(Transport::Tls(authority));
        let moved = router.change(was.name.clone(), vouched, Some(facts));
        assert_eq!(moved, Ok(()));
        router = self.kept(router).await;
        let version = router.snapshot().version;
        self.kept(Router::restore(RouterSnapshot { version, ..was }))
            .await
    }

    /// Saves a router and finds it again as it was, also as it is shown.
    async fn kept(&self, mut router: Router) -> Router {
        let mut tx = self.begin().await;
        ok(tx.routers().save(&mut router).await);
        ok(tx.commit().await);
        let found = ok(self.begin().await.routers().find(router.id()).await).expect("kept");
        let snapshot = router.snapshot();
        assert_eq!(found.snapshot(), snapshot);
        let view = ok(self.queries.router(self.scope.tenant, router.id()).await).expect("shown");
        assert_eq!(view.transport, snapshot.endpoint.transport);
        assert_eq!(view.status, snapshot.status);
        found
    }
}
