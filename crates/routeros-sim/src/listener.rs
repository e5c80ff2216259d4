//! The tasks of a running simulator: the ports, the clock and the state file.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::control;
use crate::door::{Door, Listeners, Listening};
use crate::fault::Fault;
use crate::session::{Peer, Session};
use crate::shared::Shared;

/// How often the router's clock follows the real one.
const CLOCK_TICK: Duration = Duration::from_millis(500);
/// How often a changed state is saved.
const SAVE_TICK: Duration = Duration::from_secs(2);
/// How long to wait before the port is tried again.
const BIND_RETRY: Duration = Duration::from_millis(20);
/// How long a client may take for the TLS handshake.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(30);

/// Starts the tasks on listeners that are bound already.
pub(crate) fn spawn(shared: &Arc<Shared>, listeners: Listeners) {
    let token = shared.running_token();
    if let Some(listener) = listeners.control {
        let shared_there = Arc::clone(shared);
        shared.tasks.spawn(control::keep_listening(
            shared_there,
            listener,
            token.clone(),
        ));
    }
    for listening in listeners.doors {
        shared
            .tasks
            .spawn(keep_listening(Arc::clone(shared), listening, token.clone()));
    }
    if shared.config.follows_real_time {
        shared
            .tasks
            .spawn(follow_time(Arc::clone(shared), token.clone()));
    }
    if shared.config.state_file.is_some() {
        shared.tasks.spawn(keep_saving(Arc::clone(shared), token));
    }
}

/// The port, as it is.
enum Port {
    Open(TcpListener),
    /// To be opened again; it may be in use for a moment longer.
    Opening,
    /// Refusing connections: there is no listener at all.
    Closed,
}

/// Accepts connections, opening and closing the port as the faults say.
async fn keep_listening(
    shared: Arc<Shared>,
    (door, listener): Listening,
    token: CancellationToken,
) {
    let mut is_open = shared.is_open.subscribe();
    let mut port = Port::Open(listener);
    loop {
        let wanted = *is_open.borrow_and_update();
        port = match port {
            _ if !wanted => Port::Closed,
            Port::Open(listener) => Port::Open(listener),
            Port::Opening | Port::Closed => TcpListener::bind(door.addr)
                .await
                .map_or(Port::Opening, Port::Open),
        };
        tokio::select! {
            () = token.cancelled() => return,
            changed = is_open.changed() => if changed.is_err() { return },
            (stream, peer) = accept(&port) => welcome(&shared, &door, stream, peer),
            () = sleep(BIND_RETRY), if matches!(port, Port::Opening) => {}
        }
    }
}

/// The next connection; never, while the port is not open.
async fn accept(port: &Port) -> (TcpStream, SocketAddr) {
    let Port::Open(listener) = port else {
        return std::future::pending().await;
    };
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) => {
                tracing::warn!(%error, "connection was not accepted");
                sleep(BIND_RETRY).await;
            }
        }
    }
}

/// Serves a connection, or closes it at once when there are too many or the port is to refuse.
fn welcome(shared: &Arc<Shared>, door: &Arc<Door>, stream: TcpStream, peer: SocketAddr) {
    if !*shared.is_open.borrow() {
        return;
    }
    shared.stats().connections += 1;
    let Some(place) = door.enter(shared.max_sessions(door.service())) else {
        return;
    };
    shared.stats().open_connections += 1;
    let door = Arc::clone(door);
    let shared_after = Arc::clone(shared);
    let task = serve(Arc::clone(shared), door, stream, peer);
    shared.tasks.spawn(async move {
        if let Err(error) = task.await {
            tracing::debug!(%peer, %error, "session ended");
        }
        shared_after.stats().open_connections -= 1;
        drop(place);
    });
}

/// One connection from the handshake to its end.
async fn serve(
    shared: Arc<Shared>,
    door: Arc<Door>,
    stream: TcpStream,
    peer: SocketAddr,
) -> io::Result<()> {
    let token = shared.sessions_token();
    let running = shared.running_token();
    if door.tls.is_some() {
        tokio::select! {
            () = running.cancelled() => return Ok(()),
            () = token.cancelled() => return Ok(()),
            () = out_of_the_black_hole(&shared) => {}
        }
    }
    let wire = tokio::select! {
        () = running.cancelled() => return Ok(()),
        () = token.cancelled() => return Ok(()),
        wire = timeout(HANDSHAKE_LIMIT, door.wire(stream)) => wire??,
    };
    let peer = Peer {
        address: peer,
        service: door.service(),
    };
    Session::new(shared, wire, peer).run().await
}

/// A black hole swallows the handshake too.
async fn out_of_the_black_hole(shared: &Shared) {
    let mut faults = shared.is_open.subscribe();
    while shared.faults().has(&Fault::BlackHole) {
        if faults.changed().await.is_err() {
            return;
        }
    }
}

async fn follow_time(shared: Arc<Shared>, token: CancellationToken) {
    let mut tick = interval(CLOCK_TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut last = Instant::now();
    loop {
        tokio::select! {
            () = token.cancelled() => return,
            now = tick.tick() => {
                shared.router().elapse(now.saturating_duration_since(last));
                last = last.max(now);
            }
        }
    }
}

/// Saves now and then, and once more when the simulator stops.
async fn keep_saving(shared: Arc<Shared>, token: CancellationToken) {
    let mut tick = interval(SAVE_TICK);
    loop {
        let is_last = tokio::select! {
            () = token.cancelled() => true,
            _ = tick.tick() => false,
        };
        if let Err(error) = save(&shared).await {
            tracing::error!(%error, "the router's state was not saved");
        }
        if is_last {
            return;
        }
    }
}

async fn save(shared: &Arc<Shared>) -> io::Result<()> {
    let shared = Arc::clone(shared);
    tokio::task::spawn_blocking(move || shared.save_if_dirty())
        .await
        .map_err(io::Error::other)?
}
