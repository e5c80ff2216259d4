//! The service `api-ssl`: its certificate, its protocol versions, and what can be wrong with it.

use std::sync::Arc;

use routeros_proto::Command;
use routeros_sim::{Fault, SimCertificate, SimConfig, SimTls, Simulator, VersionProfile};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, ProtocolVersion, SignatureScheme};
use sha2::{Digest, Sha256};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::client::Client;

/// Takes the certificate of one fingerprint and checks nothing else of it.
#[derive(Debug)]
struct Pinned {
    fingerprint: String,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        own: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if hex::encode(Sha256::digest(own)) == self.fingerprint {
            return Ok(ServerCertVerified::assertion());
        }
        Err(rustls::Error::General("another certificate".to_owned()))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        own: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, own, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        own: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, own, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

async fn router_of(version: VersionProfile, tls: SimTls) -> Simulator {
    let config = SimConfig {
        version,
        tls: Some(tls),
        ..SimConfig::new("tower-1")
    };
    Simulator::start(config).await.unwrap()
}

async fn router() -> Simulator {
    router_of(VersionProfile::V7_18, SimTls::generated()).await
}

/// The handshake of a client that trusts this fingerprint.
async fn handshake(router: &Simulator, fingerprint: &str) -> std::io::Result<TlsStream<TcpStream>> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let pinned = Pinned {
        fingerprint: fingerprint.to_owned(),
        provider: Arc::clone(&provider),
    };
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(pinned))
        .with_no_client_auth();
    let stream = TcpStream::connect(router.tls_addr().unwrap()).await?;
    let name = ServerName::try_from("router").unwrap();
    TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
}

async fn login(router: &Simulator) -> Client {
    let stream = handshake(router, &router.fingerprint().unwrap())
        .await
        .unwrap();
    let mut client = Client::over(stream);
    let login = Command::new("/login")
        .attr("name", "admin")
        .attr("password", "password");
    assert!(client.run(login).await.traps.is_empty());
    client
}

async fn names(client: &mut Client) -> Vec<String> {
    let print = Command::new("/system/identity/print");
    client.run(print).await.column("name")
}

#[tokio::test]
async fn the_api_is_spoken_over_tls_beside_the_plain_port() {
    let router = router().await;
    let mut secure = login(&router).await;
    let mut plain = Client::login(&router).await;
    assert_eq!(names(&mut secure).await, ["tower-1"]);
    assert_eq!(names(&mut plain).await, ["tower-1"]);
    let log = router.rows("/log");
    let came = |service: &str| {
        log.iter()
            .any(|line| line["message"].ends_with(&format!("via {service}")))
    };
    assert!(came("api") && came("api-ssl"));
}

#[tokio::test]
async fn a_router_without_the_service_has_no_address_and_no_fingerprint() {
    let router = Simulator::start(SimConfig::new("x")).await.unwrap();
    assert_eq!((router.tls_addr(), router.fingerprint()), (None, None));
    assert!(router.swap_certificate().is_err());
}

#[tokio::test]
async fn a_swapped_certificate_is_another_one_for_the_next_connection() {
    let router = router().await;
    let mut client = login(&router).await;
    let before = router.fingerprint().unwrap();
    assert_eq!(before.len(), 64);
    let after = router.swap_certificate().unwrap();
    assert_ne!(before, after);
    assert_eq!(router.fingerprint(), Some(after.clone()));
    assert!(handshake(&router, &before).await.is_err());
    assert!(handshake(&router, &after).await.is_ok());
    assert_eq!(names(&mut client).await, ["tower-1"], "open ones go on");
}

#[tokio::test]
async fn a_service_without_a_certificate_answers_handshake_failure() {
    let router = router().await;
    router.remove_certificate().unwrap();
    assert_eq!(router.fingerprint(), None);
    let refused = handshake(&router, "any").await.unwrap_err();
    assert!(
        refused.to_string().contains("HandshakeFailure"),
        "{refused}"
    );
    let fingerprint = router.swap_certificate().unwrap();
    assert!(handshake(&router, &fingerprint).await.is_ok());
}

#[tokio::test]
async fn old_routers_speak_tls_1_2_and_new_ones_1_3_unless_told_otherwise() {
    let only_tls12 = SimTls {
        only_tls12: true,
        ..SimTls::generated()
    };
    for (version, tls, expected) in [
        (
            VersionProfile::V6_49,
            SimTls::generated(),
            ProtocolVersion::TLSv1_2,
        ),
        (
            VersionProfile::V7_18,
            SimTls::generated(),
            ProtocolVersion::TLSv1_3,
        ),
        (VersionProfile::V7_18, only_tls12, ProtocolVersion::TLSv1_2),
    ] {
        let router = router_of(version, tls).await;
        let fingerprint = router.fingerprint().unwrap();
        let stream = handshake(&router, &fingerprint).await.unwrap();
        assert_eq!(stream.get_ref().1.protocol_version(), Some(expected));
    }
}

#[tokio::test]
async fn a_certificate_of_ones_own_is_shown() {
    let key = rcgen::KeyPair::generate().unwrap();
    let made = rcgen::CertificateParams::new(Vec::new())
        .unwrap()
        .self_signed(&key)
        .unwrap();
    let der = made.der();
    let certificate = SimCertificate::Pem {
        chain: pem("CERTIFICATE", der),
        key: pem("PRIVATE KEY", &key.serialize_der()),
    };
    let tls = SimTls {
        certificate,
        ..SimTls::generated()
    };
    let router = router_of(VersionProfile::V7_18, tls).await;
    assert_eq!(router.fingerprint(), Some(hex::encode(Sha256::digest(der))));
    login(&router).await;
    let broken = SimCertificate::Pem {
        chain: b"nothing".to_vec(),
        key: Vec::new(),
    };
    assert!(router.set_certificate(&broken).is_err());
    login(&router).await;
}

#[tokio::test]
async fn each_port_has_its_own_places() {
    let config = SimConfig {
        max_sessions: 1,
        tls: Some(SimTls::generated()),
        ..SimConfig::new("x")
    };
    let router = Simulator::start(config).await.unwrap();
    let _plain = Client::login(&router).await;
    let _secure = login(&router).await;
    assert!(Client::connect(&router).await.is_closed().await);
    let fingerprint = router.fingerprint().unwrap();
    assert!(handshake(&router, &fingerprint).await.is_err());
}

#[tokio::test]
async fn replies_can_come_in_records_of_one_byte() {
    let router = router().await;
    let mut client = login(&router).await;
    router.set_fault(Fault::FragmentReplies);
    assert_eq!(names(&mut client).await, ["tower-1"]);
}

#[tokio::test]
async fn a_black_hole_swallows_the_handshake() {
    let router = router().await;
    router.set_fault(Fault::BlackHole);
    let fingerprint = router.fingerprint().unwrap();
    let moment = std::time::Duration::from_millis(100);
    let swallowed = tokio::time::timeout(moment, handshake(&router, &fingerprint)).await;
    assert!(swallowed.is_err());
    router.clear_faults();
    login(&router).await;
}

#[tokio::test]
async fn the_port_and_the_certificate_survive_a_restart() {
    let router = router().await;
    let (addr, fingerprint) = (router.tls_addr(), router.fingerprint());
    router.restart().await.unwrap();
    assert_eq!(
        (router.tls_addr(), router.fingerprint()),
        (addr, fingerprint)
    );
    login(&router).await;
}

/// Text around DER, in lines of 64 characters.
fn pem(label: &str, der: &[u8]) -> Vec<u8> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = format!("-----BEGIN {label}-----\n").into_bytes();
    for (at, three) in der.chunks(3).enumerate() {
        let bits = three.iter().chain([0; 2].iter()).take(3);
        let bits = bits.fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
        for place in 0..4 {
            let digit = DIGITS[bits >> (18 - 6 * place) & 63];
            text.push(if place > three.len() { b'=' } else { digit });
        }
        if at % 16 == 15 {
            text.push(b'\n');
        }
    }
    text.extend(format!("\n-----END {label}-----\n").into_bytes());
    text
}
