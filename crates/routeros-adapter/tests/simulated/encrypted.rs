//! Encrypted connections: only to the certificate that was confirmed, and nothing is sent to any other.

use access::testing::{Bench, router_gateway_contract};
use access::{
    Fingerprint, GatewayErrorKind as Kind, LoginRef, RouterGateway, Target, Transport, Trust,
};
use routeros_adapter::RouterOsGateway;
use routeros_sim::{SimConfig, SimTls};

use crate::door::{Authority, Door, Identity};
use crate::site::{Site, gateway, impatient, router_id, target};
use crate::strangers::stranger;

struct Behind {
    site: Site,
    door: Door,
    pin: Fingerprint,
}

impl Behind {
    async fn new(versions: &[&'static rustls::SupportedProtocolVersion]) -> Self {
        let identity = Identity::self_signed(&[]);
        let site = Site::new().await;
        let door = Door::open(&identity, versions, site.router.addr()).await;
        let pin = identity.fingerprint();
        Self { site, door, pin }
    }

    fn at(&self, trust: Trust) -> Target {
        encrypted(self.door.port, trust)
    }

    fn gateway(&self) -> &RouterOsGateway {
        &self.site.gateway
    }
}

fn encrypted(port: u16, trust: Trust) -> Target {
    Target {
        transport: Transport::Tls(trust),
        ..target("127.0.0.1", port)
    }
}

impl Bench for Behind {
    fn gateway(&self) -> &dyn RouterGateway {
        &self.site.gateway
    }

    fn target(&self) -> Target {
        self.at(Trust::Pinned(self.pin))
    }

    fn insert_by_hand(&self, login: &LoginRef, comment: &str) {
        self.site.insert_by_hand(login, comment);
    }

    fn dial(&self, login: &LoginRef, password: &str) -> bool {
        self.site.dial(login, password)
    }

    fn use_up(&self, login: &LoginRef, up: u64, down: u64) {
        self.site.use_up(login, up, down);
    }

    fn hang_up(&self, login: &LoginRef) {
        self.site.hang_up(login);
    }
}

#[tokio::test]
async fn the_gateway_keeps_its_promises_over_tls_1_3() {
    router_gateway_contract(&Behind::new(&[&rustls::version::TLS13]).await).await;
}

#[tokio::test]
async fn the_gateway_keeps_its_promises_over_tls_1_2() {
    router_gateway_contract(&Behind::new(&[&rustls::version::TLS12]).await).await;
}

#[tokio::test]
async fn nothing_is_sent_before_the_certificate_is_confirmed() {
    for version in rustls::ALL_VERSIONS {
        let behind = Behind::new(&[version]).await;
        let seen = behind.pin;
        let first = behind.at(Trust::FirstUse);
        let refused = behind.gateway().inspect(&first).await.unwrap_err();
        assert_eq!(refused.kind, Kind::CertificateUnconfirmed { seen });
        assert!(refused.message.contains(&seen.to_string()), "{refused}");
        assert_eq!(behind.door.heard(), b"", "not a byte");
        let pinned = behind.at(Trust::Pinned(seen));
        assert!(behind.gateway().inspect(&pinned).await.is_ok());
    }
}

#[tokio::test]
async fn another_certificate_than_the_confirmed_one_is_told_nothing() {
    let behind = Behind::new(rustls::ALL_VERSIONS).await;
    let pinned = behind.at(Trust::Pinned(behind.pin));
    behind.gateway().inspect(&pinned).await.unwrap();
    let heard = behind.door.heard().len();
    assert!(heard > 0);
    let other = Identity::self_signed(&["127.0.0.1"]);
    behind.door.show(&other);
    let fresh = gateway(impatient());
    let refused = fresh.inspect(&pinned).await.unwrap_err();
    let expected = Kind::CertificateChanged {
        expected: behind.pin,
        seen: other.fingerprint(),
    };
    assert_eq!(refused.kind, expected);
    assert!(!refused.is_transient() && refused.concerns_router());
    assert_eq!(behind.door.heard().len(), heard, "not a byte more");
}

#[tokio::test]
async fn an_authority_vouches_for_the_address_and_nothing_else() {
    let site = Site::with(SimConfig::new("tower-7"), impatient()).await;
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    let trust = |it: &Authority| Trust::Authority(it.pem.parse().unwrap());
    let inspect = async |identity: &Identity, trust: Trust| {
        let door = Door::open(identity, rustls::ALL_VERSIONS, site.router.addr()).await;
        let target = encrypted(door.port, trust);
        let outcome = gateway(impatient()).inspect(&target).await;
        assert_eq!(outcome.is_err(), door.heard().is_empty());
        outcome
    };
    let good = ours.issue(&["127.0.0.1"]);
    assert!(inspect(&good, trust(&ours)).await.is_ok());
    let foreign = inspect(&good, trust(&theirs)).await.unwrap_err();
    assert_eq!(foreign.kind, Kind::CertificateInvalid);
    assert!(foreign.message.contains("has not issued"), "{foreign}");
    let elsewhere = ours.issue(&["10.9.9.9"]);
    let misnamed = inspect(&elsewhere, trust(&ours)).await.unwrap_err();
    assert!(misnamed.message.contains("subject-alt-name"), "{misnamed}");
    let own = Identity::self_signed(&["127.0.0.1"]);
    let refused = inspect(&own, trust(&ours)).await.unwrap_err();
    assert_eq!(refused.kind, Kind::CertificateInvalid, "{refused}");
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----";
    let unusable = inspect(&good, Trust::Authority(broken.parse().unwrap())).await;
    let field = Some("certificate_authority".to_owned());
    assert_eq!(unusable.unwrap_err().kind, Kind::InvalidArgument { field });
}

#[tokio::test]
async fn a_service_without_a_certificate_is_told_from_one_that_is_no_tls() {
    let no_certificate = stranger(b"\x15\x03\x03\x00\x02\x02\x28", true).await;
    let kind = async |port| {
        let target = encrypted(port, Trust::FirstUse);
        let err = gateway(impatient()).inspect(&target).await.unwrap_err();
        (err.kind.clone(), err.advice())
    };
    let (refused, advice) = kind(no_certificate).await;
    assert_eq!(refused, Kind::TlsFailed);
    assert!(advice.contains("/certificate add") && advice.contains("/certificate sign"));
    let web = stranger(b"HTTP/1.1 400 Bad Request\r\n\r\n", true).await;
    assert_eq!(kind(web).await.0, Kind::NotRouterOs);
    let closes = stranger(b"", true).await;
    assert_eq!(kind(closes).await.0, Kind::Unreachable);
    let silent = stranger(b"", false).await;
    assert_eq!(kind(silent).await.0, Kind::NotRouterOs);
}

#[tokio::test]
async fn a_router_that_changes_and_loses_its_certificate_is_told_so_each_time() {
    let tls = SimTls {
        only_tls12: true,
        ..SimTls::generated()
    };
    let config = SimConfig {
        tls: Some(tls),
        ..SimConfig::new("tower-7")
    };
    let site = Site::with(config, impatient()).await;
    let port = site.router.tls_addr().unwrap().port();
    let pin: Fingerprint = site.router.fingerprint().unwrap().parse().unwrap();
    let at = |pin: Fingerprint| encrypted(port, Trust::Pinned(pin));
    assert!(site.gateway.inspect(&at(pin)).await.is_ok());
    let new: Fingerprint = site.router.swap_certificate().unwrap().parse().unwrap();
    site.gateway.forget(router_id()).await;
    let changed = site.gateway.inspect(&at(pin)).await.unwrap_err();
    let expected = Kind::CertificateChanged {
        expected: pin,
        seen: new,
    };
    assert_eq!(changed.kind, expected);
    assert!(site.gateway.inspect(&at(new)).await.is_ok());
    site.router.remove_certificate().unwrap();
    site.gateway.forget(router_id()).await;
    let none = site.gateway.inspect(&at(new)).await.unwrap_err();
    assert_eq!(none.kind, Kind::TlsFailed);
    assert!(none.message.contains("no certificate"), "{none}");
}
