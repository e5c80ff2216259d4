//! The TLS port's certificate: made, read, swapped, missing.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::version::{TLS12, TLS13};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::config::{SimCertificate, SimTls};

/// A TLS record: the fatal alert `handshake_failure` (RFC 5246, section 7.2).
const HANDSHAKE_FAILURE: [u8; 7] = [0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28];

/// The certificate of the moment and what follows from it.
#[derive(Debug)]
pub(crate) struct TlsDesk {
    only_tls12: bool,
    current: Mutex<Option<Shown>>,
}

/// What a TLS port shows.
#[derive(Debug, Clone)]
struct Shown {
    acceptor: Acceptor,
    fingerprint: String,
}

/// `TlsAcceptor` says nothing about itself.
#[derive(Clone)]
struct Acceptor(TlsAcceptor);

impl std::fmt::Debug for Acceptor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TlsAcceptor")
    }
}

impl TlsDesk {
    /// A desk for a router of this name.
    ///
    /// # Errors
    /// When the configured certificate or key cannot be used.
    pub(crate) fn new(tls: &SimTls, identity: &str, only_tls12: bool) -> io::Result<Self> {
        let desk = Self {
            only_tls12: tls.only_tls12 || only_tls12,
            current: Mutex::default(),
        };
        desk.show(&tls.certificate, identity)?;
        Ok(desk)
    }

    /// Shows another certificate from the next connection on.
    ///
    /// # Errors
    /// When the certificate or key cannot be used; the old one stays.
    pub(crate) fn show(&self, certificate: &SimCertificate, identity: &str) -> io::Result<()> {
        let shown = match certificate {
            SimCertificate::Missing => None,
            SimCertificate::Generated => Some(self.shown(generate(identity)?)?),
            SimCertificate::Pem { chain, key } => Some(self.shown(read(chain, key)?)?),
        };
        *self.lock() = shown;
        Ok(())
    }

    /// SHA-256 of the certificate's DER, 64 lower-case hexadecimal digits.
    pub(crate) fn fingerprint(&self) -> Option<String> {
        self.lock().as_ref().map(|shown| shown.fingerprint.clone())
    }

    /// The server's side of the handshake.
    ///
    /// # Errors
    /// When the client does not agree, or there is no certificate.
    pub(crate) async fn accept(&self, mut stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let acceptor = self.lock().as_ref().map(|shown| shown.acceptor.0.clone());
        let Some(acceptor) = acceptor else {
            take_record(&mut stream).await?;
            stream.write_all(&HANDSHAKE_FAILURE).await?;
            stream.shutdown().await?;
            return Err(io::Error::other("the service has no certificate"));
        };
        acceptor.accept(stream).await
    }

    fn shown(&self, (chain, key): Credentials) -> io::Result<Shown> {
        let own = chain.first();
        let own = own.ok_or_else(|| invalid("there is no certificate in the file"))?;
        let fingerprint = hex::encode(Sha256::digest(own));
        let versions = match self.only_tls12 {
            true => vec![&TLS12],
            false => vec![&TLS13, &TLS12],
        };
        let provider = Arc::new(aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&versions)
            .map_err(invalid)?
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(invalid)?;
        Ok(Shown {
            acceptor: Acceptor(TlsAcceptor::from(Arc::new(config))),
            fingerprint,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Option<Shown>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes the ClientHello: with bytes unread, a reset would overtake the alert.
async fn take_record(stream: &mut TcpStream) -> io::Result<()> {
    let mut header = [0; 5];
    stream.read_exact(&mut header).await?;
    let [_, _, _, high, low] = header;
    let mut body = vec![0; usize::from(u16::from_be_bytes([high, low]))];
    stream.read_exact(&mut body).await?;
    Ok(())
}

type Credentials = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// A self-signed certificate without any host name, as routers make them.
fn generate(identity: &str) -> io::Result<Credentials> {
    let key = KeyPair::generate().map_err(io::Error::other)?;
    let mut params = CertificateParams::new(Vec::new()).map_err(io::Error::other)?;
    params.distinguished_name = DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::CommonName, identity.to_owned());
    let certificate = params.self_signed(&key).map_err(io::Error::other)?;
    let key = PrivatePkcs8KeyDer::from(key.serialize_der());
    Ok((vec![certificate.der().clone()], key.into()))
}

fn read(chain: &[u8], key: &[u8]) -> io::Result<Credentials> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(chain).collect();
    let key = PrivateKeyDer::from_pem_slice(key).map_err(invalid)?;
    Ok((chain.map_err(invalid)?, key))
}

fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, error)
}
