//! The router's API ports: plain, and over TLS.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};

use crate::config::SimConfig;
use crate::tls::TlsDesk;

/// One port that the API is spoken on.
#[derive(Debug)]
pub(crate) struct Door {
    /// Where it is, also while nobody listens.
    pub(crate) addr: SocketAddr,
    pub(crate) tls: Option<TlsDesk>,
    sessions: AtomicUsize,
}

/// The ports of one router.
#[derive(Debug, Clone)]
pub(crate) struct Doors {
    pub(crate) api: Arc<Door>,
    pub(crate) api_ssl: Option<Arc<Door>>,
    /// Where the control port is.
    pub(crate) control: Option<SocketAddr>,
}

/// A port and what takes its connections.
pub(crate) type Listening = (Arc<Door>, TcpListener);

/// What takes the connections of one router.
#[derive(Debug)]
pub(crate) struct Listeners {
    pub(crate) doors: Vec<Listening>,
    pub(crate) control: Option<TcpListener>,
}

/// What a session speaks through.
pub(crate) trait Wire: AsyncRead + AsyncWrite + Send + Unpin + std::fmt::Debug {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin + std::fmt::Debug> Wire for T {}

/// One of the sessions that a port allows; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Place(Arc<Door>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.sessions.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Doors {
    /// Binds every port of the configuration.
    ///
    /// # Errors
    /// When an address is taken, or the certificate cannot be used.
    pub(crate) async fn open(config: &SimConfig) -> io::Result<(Self, Listeners)> {
        let listener = TcpListener::bind(config.bind).await?;
        let api = Arc::new(Door::at(listener.local_addr()?, None));
        let mut listening = vec![(Arc::clone(&api), listener)];
        let mut doors = Self {
            api,
            api_ssl: None,
            control: None,
        };
        if let Some(tls) = &config.tls {
            let listener = TcpListener::bind(tls.bind).await?;
            let desk = TlsDesk::new(tls, &config.identity, config.version.has_tls12_only())?;
            let door = Arc::new(Door::at(listener.local_addr()?, Some(desk)));
            listening.push((Arc::clone(&door), listener));
            doors.api_ssl = Some(door);
        }
        let control = bind(config.control).await?;
        let bound = control.as_ref().map(TcpListener::local_addr);
        doors.control = bound.transpose()?;
        let listeners = Listeners {
            doors: listening,
            control,
        };
        Ok((doors, listeners))
    }

    /// Binds the same ports again.
    ///
    /// # Errors
    /// When a port was taken by somebody else meanwhile.
    pub(crate) async fn reopen(&self) -> io::Result<Listeners> {
        let mut listening = Vec::new();
        for door in std::iter::once(&self.api).chain(&self.api_ssl) {
            listening.push((Arc::clone(door), TcpListener::bind(door.addr).await?));
        }
        Ok(Listeners {
            doors: listening,
            control: bind(self.control).await?,
        })
    }
}

async fn bind(addr: Option<SocketAddr>) -> io::Result<Option<TcpListener>> {
    match addr {
        Some(addr) => TcpListener::bind(addr).await.map(Some),
        None => Ok(None),
    }
}

impl Door {
    fn at(addr: SocketAddr, tls: Option<TlsDesk>) -> Self {
        Self {
            addr,
            tls,
            sessions: AtomicUsize::new(0),
        }
    }

    /// The name of the service in `/ip/service` and in the log.
    pub(crate) fn service(&self) -> &'static str {
        match self.tls {
            Some(_) => "api-ssl",
            None => "api",
        }
    }

    /// Takes a place for a session; `None` when the port has no more than `most`.
    pub(crate) fn enter(self: &Arc<Self>, most: usize) -> Option<Place> {
        let more = |taken: usize| (taken < most).then_some(taken + 1);
        let entered = self
            .sessions
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
        entered.ok().map(|_| Place(Arc::clone(self)))
    }

    /// What a session on this connection speaks through, after the handshake where there is one.
    ///
    /// # Errors
    /// When the handshake fails.
    pub(crate) async fn wire(&self, stream: TcpStream) -> io::Result<Box<dyn Wire>> {
        stream.set_nodelay(true)?;
        match &self.tls {
            Some(desk) => Ok(Box::new(desk.accept(stream).await?)),
            None => Ok(Box::new(stream)),
        }
    }
}
