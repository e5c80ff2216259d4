//! Makes a connection to a router: resolves, checks where that leads, connects, encrypts, logs in and checks who answers.

use std::net::{IpAddr, SocketAddr};

use access::{BadHost, GatewayError, GatewayErrorKind as Kind, Target, Transport, Trust};
use routeros_proto::{Limits, SentenceDecoder};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::handshake;
use crate::settings::GatewaySettings;
use crate::tls::{self, FlushOnRead, Secured};

/// How many addresses of one name are tried.
const MAX_ADDRESSES: usize = 4;

/// A connection, in the parts it is worked with. Until it is known who answers it takes only what a login needs.
pub(crate) struct Wire {
    /// Where replies come from.
    pub(crate) reader: Box<dyn AsyncRead + Send + Unpin>,
    /// Where commands go.
    pub(crate) writer: Box<dyn AsyncWrite + Send + Unpin>,
    /// What has arrived and is not a whole sentence yet.
    pub(crate) decoder: SentenceDecoder,
}

impl Wire {
    /// A connection in the clear.
    pub(crate) fn plain(stream: TcpStream) -> Self {
        let (reader, writer) = stream.into_split();
        Self {
            reader: Box::new(reader),
            writer: Box::new(writer),
            decoder: SentenceDecoder::new(Limits::BEFORE_LOGIN),
        }
    }

    /// An encrypted connection.
    pub(crate) fn secured(secured: Secured) -> Self {
        let (reader, writer) = tokio::io::split(FlushOnRead(secured.stream));
        Self {
            reader: Box::new(reader),
            writer: Box::new(writer),
            decoder: SentenceDecoder::new(Limits::BEFORE_LOGIN),
        }
    }
}

/// A connection that is logged in, to the router that is meant.
pub(crate) async fn connect(
    target: &Target,
    settings: &GatewaySettings,
) -> Result<Wire, GatewayError> {
    let addresses = resolve(target, settings).await?;
    let stream = dial(&addresses, settings).await?;
    let begun = timeout(settings.login_timeout, begin(stream, target, settings)).await;
    begun.unwrap_or_else(|_| Err(silent(target)))
}

/// Encrypts where that is asked for, and logs in. Nothing is sent to a router whose certificate is not confirmed.
async fn begin(
    stream: TcpStream,
    target: &Target,
    settings: &GatewaySettings,
) -> Result<Wire, GatewayError> {
    let mut wire = match &target.transport {
        Transport::Plain => Wire::plain(stream),
        Transport::Tls(trust) => {
            let secured = tls::secure(stream, &target.host, trust).await?;
            if *trust == Trust::FirstUse {
                return Err(tls::unconfirmed(secured.seen));
            }
            Wire::secured(secured)
        }
    };
    handshake::greet(&mut wire, target).await?;
    wire.decoder.set_limits(settings.limits);
    Ok(wire)
}

/// The addresses that may be connected to. Exactly these are used, so a name cannot lead elsewhere afterwards.
pub(crate) async fn resolve(
    target: &Target,
    settings: &GatewaySettings,
) -> Result<Vec<SocketAddr>, GatewayError> {
    let found: Vec<IpAddr> = match target.host.address() {
        Some(address) => vec![address],
        None => lookup(target, settings).await?,
    };
    let mut refusal = BadHost::Syntax;
    let mut allowed = Vec::new();
    for address in found.into_iter().take(MAX_ADDRESSES) {
        match settings.host_rules.check(address) {
            Ok(()) => allowed.push(SocketAddr::new(address, target.port)),
            Err(err) => refusal = err,
        }
    }
    if allowed.is_empty() {
        let message = format!("{} cannot be used: the address {refusal}", target.host);
        return Err(GatewayError::new(Kind::BadHost, message));
    }
    Ok(allowed)
}

async fn lookup(target: &Target, settings: &GatewaySettings) -> Result<Vec<IpAddr>, GatewayError> {
    let name = target.host.as_str();
    let found = timeout(
        settings.connect_timeout,
        tokio::net::lookup_host((name, target.port)),
    );
    match found.await {
        Ok(Ok(addresses)) => Ok(addresses.map(|it| it.ip()).collect()),
        Ok(Err(_)) | Err(_) => Err(unreachable(&format!("the name {name} cannot be resolved"))),
    }
}

/// The first address that takes the connection.
pub(crate) async fn dial(
    addresses: &[SocketAddr],
    settings: &GatewaySettings,
) -> Result<TcpStream, GatewayError> {
    let mut last = unreachable("there is no address to connect to");
    for address in addresses {
        match timeout(settings.connect_timeout, TcpStream::connect(address)).await {
            // Each command is one small write that must leave at once.
            Ok(Ok(stream)) => match stream.set_nodelay(true) {
                Ok(()) => return Ok(stream),
                Err(err) => last = unreachable(&format!("{address}: {}", err.kind())),
            },
            Ok(Err(err)) => last = unreachable(&format!("{address}: {}", err.kind())),
            Err(_) => last = unreachable(&format!("{address} does not answer")),
        }
    }
    Err(last)
}

/// A router that is known is out of order; at a new address there may be something else.
pub(crate) fn silent(target: &Target) -> GatewayError {
    if target.expected_serial.is_some() {
        let message = "the router takes the connection but does not answer";
        return GatewayError::new(Kind::Timeout, message);
    }
    let message =
        "something takes the connection but does not answer: is this the port of the API service?";
    GatewayError::new(Kind::NotRouterOs, message)
}

pub(crate) fn unreachable(message: &str) -> GatewayError {
    GatewayError::new(Kind::Unreachable, message)
}
