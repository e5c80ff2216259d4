//! The benchmarks: each measures the product and, in the same run and interleaved with it, a floor to compare with.

// Figures are measurements, not money.
#![allow(clippy::float_arithmetic)]

mod api_read;
mod billing_pure;
mod billing_run;
mod customers;
mod documents;
mod dunning_run;
mod finished_rows;
mod floor_server;
mod grants;
mod invoice_issue;
mod load;
mod memory;
mod pay_to_access;
mod permitted;
mod program;
mod reconcile_site;
mod report;
mod router_apply;
mod router_isolation;
mod router_reconcile;
mod router_throughput;
mod routeros_codec;
mod simulated_routers;
mod startup;
mod statistics;
mod storage;
mod voucher_issue;

pub use api_read::api_read;
pub use billing_pure::billing_pure;
pub use billing_run::billing_run;
pub use documents::documents;
pub use dunning_run::dunning_run;
pub use floor_server::{FloorServer, floor_server};
pub use invoice_issue::invoice_issue;
pub use pay_to_access::pay_to_access;
pub use reconcile_site::{ReconcileOnce, reconcile_once};
pub use report::{Figure, Report};
pub use router_apply::router_apply;
pub use router_isolation::router_isolation;
pub use router_reconcile::router_reconcile;
pub use router_throughput::router_throughput;
pub use routeros_codec::routeros_codec;
pub use simulated_routers::{SimulatedRouters, simulated_routers};
pub use startup::startup;
pub use voucher_issue::voucher_issue;

/// How much a bench does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// Small and in seconds: only to see that the bench works.
    pub smoke: bool,
    /// Interleaved rounds of floor and product.
    pub rounds: usize,
}

impl Extent {
    /// One of two sizes.
    #[must_use]
    pub const fn pick<T: Copy>(self, full: T, smoke: T) -> T {
        if self.smoke { smoke } else { full }
    }
}
