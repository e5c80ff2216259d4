//! The task of one router: connects when there is something to do, and keeps the connection.

use std::sync::Arc;

use access::{GatewayError, GatewayErrorKind, Target};
use kernel::Randomness;
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;
use tracing::{debug, info};

use crate::connect::connect;
use crate::failure::Failure;
use crate::gate::Gate;
use crate::line::Request;
use crate::pump::{End, Pump};
use crate::settings::GatewaySettings;

/// What reaches the task from its handles.
pub(crate) struct Ends {
    /// Commands to run.
    pub(crate) inbox: mpsc::Receiver<Request>,
    /// Told whenever a caller goes away.
    pub(crate) dropped: Arc<Notify>,
}

/// Serves a router until its last handle is dropped.
pub(crate) async fn run(
    target: Arc<Target>,
    settings: Arc<GatewaySettings>,
    randomness: Arc<dyn Randomness>,
    mut ends: Ends,
) {
    let mut gate = Gate::default();
    while let Some(first) = ends.inbox.recv().await {
        if first.reply.is_closed() {
            continue;
        }
        if let Some(err) = gate.check(Instant::now()).filter(|_| !first.insists) {
            refuse(first, err);
            continue;
        }
        let stream = match connect(&target, &settings).await {
            Ok(stream) => stream,
            Err(err) => {
                debug!(router = %target.router, %err, "router cannot be reached");
                gate.fail(err.clone(), Instant::now(), &settings, randomness.as_ref());
                refuse(first, err);
                continue;
            }
        };
        info!(router = %target.router, "connected to the router");
        let mut pump = Pump::new(stream, &settings);
        match pump.run(first, &mut ends).await {
            End::Closed => return,
            End::Broken(reason) => {
                info!(router = %target.router, reason, "connection to the router ended");
                after_break(&mut gate, &pump, reason, &settings, randomness.as_ref());
            }
        }
    }
}

/// A connection that served somebody may be made again at once; one that never did counts as a failure.
fn after_break(
    gate: &mut Gate,
    pump: &Pump,
    reason: String,
    settings: &GatewaySettings,
    randomness: &dyn Randomness,
) {
    if pump.has_served() {
        gate.open();
        return;
    }
    let err = GatewayError::new(GatewayErrorKind::Unreachable, reason);
    gate.fail(err, Instant::now(), settings, randomness);
}

fn refuse(request: Request, err: GatewayError) {
    // A caller that has gone away needs no answer.
    let _gone = request.reply.send(Err(Failure::NoConnection(err)));
}
