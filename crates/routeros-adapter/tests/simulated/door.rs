//! A TLS service in front of a simulated router, that writes down what it is told.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use access::Fingerprint;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// A certificate and its key, as a router would have them.
pub(crate) struct Identity {
    pub(crate) certificate: CertificateDer<'static>,
    key: Vec<u8>,
}

/// An authority of the operator's own.
pub(crate) struct Authority {
    pub(crate) pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Identity {
    /// Signed by itself for `names`, dated far from today: as a router without a right clock does.
    pub(crate) fn self_signed(names: &[&str]) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = params(names);
        params.not_before = rcgen::date_time_ymd(1970, 1, 2);
        params.not_after = rcgen::date_time_ymd(1971, 1, 2);
        let certificate = params.self_signed(&key).unwrap();
        Self {
            certificate: certificate.der().clone(),
            key: key.serialize_der(),
        }
    }

    pub(crate) fn fingerprint(&self) -> Fingerprint {
        Fingerprint::new(Sha256::digest(self.certificate.as_ref()).into())
    }
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = params(&[]);
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap();
        let body = data_encoding::BASE64.encode(certificate.der().as_ref());
        Self {
            pem: format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n"),
            issuer: Issuer::new(params, key),
        }
    }

    /// A certificate for `names`.
    pub(crate) fn issue(&self, names: &[&str]) -> Identity {
        let key = KeyPair::generate().unwrap();
        let certificate = params(names).signed_by(&key, &self.issuer).unwrap();
        Identity {
            certificate: certificate.der().clone(),
            key: key.serialize_der(),
        }
    }
}

fn params(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|it| (*it).to_owned()).collect();
    CertificateParams::new(names).unwrap()
}

/// The service.
#[derive(Clone)]
pub(crate) struct Door {
    pub(crate) port: u16,
    acceptor: Arc<Mutex<TlsAcceptor>>,
    heard: Arc<Mutex<Vec<u8>>>,
}

impl Door {
    /// Opens a door to a router in the clear behind it.
    pub(crate) async fn open(
        identity: &Identity,
        versions: &[&'static rustls::SupportedProtocolVersion],
        behind: SocketAddr,
    ) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let door = Self {
            port: listener.local_addr().unwrap().port(),
            acceptor: Arc::new(Mutex::new(acceptor(identity, versions))),
            heard: Arc::default(),
        };
        let this = door.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = this.acceptor.lock().unwrap().clone();
                tokio::spawn(pass(acceptor, stream, behind, Arc::clone(&this.heard)));
            }
        });
        door
    }

    /// Shows another certificate from now on.
    pub(crate) fn show(&self, identity: &Identity) {
        *self.acceptor.lock().unwrap() = acceptor(identity, rustls::ALL_VERSIONS);
    }

    /// What clients have said, decrypted.
    pub(crate) fn heard(&self) -> Vec<u8> {
        self.heard.lock().unwrap().clone()
    }
}

fn acceptor(
    identity: &Identity,
    versions: &[&'static rustls::SupportedProtocolVersion],
) -> TlsAcceptor {
    let key = PrivatePkcs8KeyDer::from(identity.key.clone());
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![identity.certificate.clone()], key.into())
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

async fn pass(
    acceptor: TlsAcceptor,
    stream: TcpStream,
    behind: SocketAddr,
    heard: Arc<Mutex<Vec<u8>>>,
) -> std::io::Result<()> {
    let outside = acceptor.accept(stream).await?;
    let inside = TcpStream::connect(behind).await?;
    inside.set_nodelay(true)?;
    let (mut from_client, mut to_client) = tokio::io::split(outside);
    let (mut from_router, mut to_router) = inside.into_split();
    let up = async {
        while let Some(bytes) = next(&mut from_client).await? {
            heard.lock().unwrap().extend_from_slice(&bytes);
            to_router.write_all(&bytes).await?;
        }
        to_router.shutdown().await
    };
    let down = async {
        while let Some(bytes) = next(&mut from_router).await? {
            to_client.write_all(&bytes).await?;
            to_client.flush().await?;
        }
        to_client.shutdown().await
    };
    tokio::try_join!(up, down).map(|_| ())
}

async fn next(from: &mut (impl AsyncRead + Unpin)) -> std::io::Result<Option<Vec<u8>>> {
    let mut buffer = [0; 4_096];
    let count = from.read(&mut buffer).await?;
    Ok((count > 0).then(|| buffer[..count].to_vec()))
}
