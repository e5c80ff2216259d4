//! Encrypts a connection to a router whose certificate is the confirmed one, or one that its authority has issued.
//!
//! Routers sign their own certificates, as a rule without names and by clocks that may be in 1970. So a certificate that
//! an operator has confirmed is compared as a whole (SHA-256 of the DER), and its names and dates do not matter; that
//! the router holds the key is still proven by the signature in the handshake.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use access::{CaCertificate, Fingerprint, GatewayError, GatewayErrorKind as Kind, Host, Trust};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    AlertDescription, CertificateError, ClientConfig, DigitallySignedStruct, Error as TlsError,
    ProtocolVersion, RootCertStore, SignatureScheme,
};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::connect::unreachable;

/// An encrypted connection and what it is made of.
pub(crate) struct Secured {
    /// The connection.
    pub(crate) stream: TlsStream<TcpStream>,
    /// `TLS 1.2` or `TLS 1.3`.
    pub(crate) protocol: &'static str,
    /// The certificate that the router showed.
    pub(crate) seen: Fingerprint,
}

/// Encrypts a connection. With [`Trust::FirstUse`] any certificate will do: nothing may be sent over it then.
pub(crate) async fn secure(
    stream: TcpStream,
    host: &Host,
    trust: &Trust,
) -> Result<Secured, GatewayError> {
    let check = Arc::new(CertificateCheck::new(trust)?);
    let connector = TlsConnector::from(Arc::new(config(Arc::clone(&check))?));
    let name = ServerName::try_from(host.as_str().trim_end_matches('.').to_owned());
    let name = name.map_err(|err| failed(&format!("the host name cannot be used: {err}")))?;
    match connector.connect(name, stream).await {
        Ok(stream) => {
            let protocol = match stream.get_ref().1.protocol_version() {
                Some(ProtocolVersion::TLSv1_3) => "TLS 1.3",
                _ => "TLS 1.2",
            };
            let Some(seen) = check.seen.get().copied() else {
                return Err(failed("the router showed no certificate"));
            };
            Ok(Secured {
                stream,
                protocol,
                seen,
            })
        }
        Err(err) => Err(check.explain(&err)),
    }
}

/// The error for a certificate that nobody has confirmed.
pub(crate) fn unconfirmed(seen: Fingerprint) -> GatewayError {
    let message = format!("nobody has confirmed the router's certificate yet: {seen}");
    GatewayError::new(Kind::CertificateUnconfirmed { seen }, message)
}

fn config(check: Arc<CertificateCheck>) -> Result<ClientConfig, GatewayError> {
    let provider = Arc::clone(&check.provider);
    let builder = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(|err| failed(&err.to_string()))?;
    let mut config = builder
        .dangerous()
        .with_custom_certificate_verifier(check)
        .with_no_client_auth();
    // A resumed session would skip the comparison.
    config.resumption = rustls::client::Resumption::disabled();
    Ok(config)
}

/// Compares the certificate, or asks the authority's rules.
#[derive(Debug)]
struct CertificateCheck {
    pin: Option<Fingerprint>,
    authority: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
    seen: OnceLock<Fingerprint>,
}

impl CertificateCheck {
    fn new(trust: &Trust) -> Result<Self, GatewayError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let (pin, authority) = match trust {
            Trust::FirstUse => (None, None),
            Trust::Pinned(pin) => (Some(*pin), None),
            Trust::Authority(ca) => (None, Some(issued_by(ca, &provider)?)),
        };
        Ok(Self {
            pin,
            authority,
            provider,
            seen: OnceLock::new(),
        })
    }

    /// What a handshake that failed means to a person.
    fn explain(&self, err: &io::Error) -> GatewayError {
        if let (Some(expected), Some(seen)) = (self.pin, self.seen.get().copied())
            && expected != seen
        {
            let message = format!("the router's certificate is {seen} and not {expected}");
            return GatewayError::new(Kind::CertificateChanged { expected, seen }, message);
        }
        let inner = err.get_ref().and_then(|it| it.downcast_ref::<TlsError>());
        inner.map_or_else(|| cut_off(err.kind()), explain)
    }
}

impl ServerCertVerifier for CertificateCheck {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        let shown = Fingerprint::new(Sha256::digest(end_entity.as_ref()).into());
        let seen = *self.seen.get_or_init(|| shown);
        if let Some(rules) = &self.authority {
            return rules.verify_server_cert(
                end_entity,
                intermediates,
                server_name,
                ocsp_response,
                now,
            );
        }
        if seen != shown || self.pin.is_some_and(|it| it != shown) {
            let refusal = CertificateError::ApplicationVerificationFailure;
            return Err(TlsError::InvalidCertificate(refusal));
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, dss, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let known = &self.provider.signature_verification_algorithms;
        known.supported_schemes()
    }
}

/// The usual rules of the web, with this authority alone.
fn issued_by(
    ca: &CaCertificate,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<WebPkiServerVerifier>, GatewayError> {
    let unusable = |err: &dyn std::fmt::Display| {
        let field = Some("certificate_authority".to_owned());
        let message = format!("the authority's certificate cannot be used: {err}");
        GatewayError::new(Kind::InvalidArgument { field }, message)
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(ca.as_str().as_bytes()) {
        let certificate = certificate.map_err(|err| unusable(&err))?;
        roots.add(certificate).map_err(|err| unusable(&err))?;
    }
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
        .build()
        .map_err(|err| unusable(&err))
}

fn explain(err: &TlsError) -> GatewayError {
    match err {
        TlsError::AlertReceived(
            AlertDescription::HandshakeFailure | AlertDescription::InsufficientSecurity,
        ) => failed(
            "the router refuses an encrypted connection: as a rule its api-ssl service has no certificate",
        ),
        TlsError::AlertReceived(AlertDescription::ProtocolVersion) => {
            failed("the router offers neither TLS 1.2 nor TLS 1.3")
        }
        TlsError::PeerIncompatible(why) => failed(&format!(
            "the router offers only encryption that is too old: {why:?}"
        )),
        TlsError::InvalidCertificate(why) => {
            let message = format!("the router's certificate is not good: {}", words(why));
            GatewayError::new(Kind::CertificateInvalid, message)
        }
        TlsError::InvalidMessage(_) => {
            let message = "what answers does not speak TLS: is this the port of api-ssl?";
            GatewayError::new(Kind::NotRouterOs, message)
        }
        other => failed(&format!("no encrypted connection could be made: {other}")),
    }
}

fn words(why: &CertificateError) -> String {
    match why {
        CertificateError::UnknownIssuer => "the authority has not issued it".to_owned(),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "it is not for the router's host name or address (subject-alt-name)".to_owned()
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "it has expired".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "it is not valid yet".to_owned()
        }
        CertificateError::BadSignature => "the router does not hold its key".to_owned(),
        CertificateError::BadEncoding => "it is not an X.509 certificate of version 3".to_owned(),
        other => format!("{other}"),
    }
}

fn cut_off(kind: io::ErrorKind) -> GatewayError {
    unreachable(&format!(
        "the connection broke before it was encrypted ({kind}): see the service's certificate, its address list and \
         its session limit"
    ))
}

fn failed(message: &str) -> GatewayError {
    GatewayError::new(Kind::TlsFailed, message)
}

/// Sends what is still held back whenever somebody reads: an encrypted stream may take bytes that the socket has no room
/// for, and only flushing sends them.
#[derive(Debug)]
pub(crate) struct FlushOnRead<S>(pub(crate) S);

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for FlushOnRead<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Poll::Ready(Err(err)) = Pin::new(&mut self.0).poll_flush(cx) {
            return Poll::Ready(Err(err));
        }
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for FlushOnRead<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
