//! `bench`: runs one benchmark and writes its figures; `cargo xtask bench` builds, feeds and reads it.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use e2e::bench::{self, Extent, FloorServer, ReconcileOnce, SimulatedRouters};

/// Runs one benchmark.
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    bench: Bench,
}

#[derive(Debug, Subcommand)]
enum Bench {
    /// A customer by id through the whole API.
    ApiRead(Run),
    /// Voucher codes generated, sealed and stored.
    VoucherIssue(Run),
    /// Every subscription of a legal entity billed.
    BillingRun(Run),
    /// Every account of a legal entity dunned.
    DunningRun(Run),
    /// From a provider's message until the customer is back.
    PayToAccess(Run),
    /// Invoices of one series issued by sixteen cashiers at once.
    InvoiceIssue(Run),
    /// Users created on a router.
    RouterApply(Run),
    /// Users created on a router, beside other people's libraries.
    RouterThroughput(Run),
    /// A router compared with what it should be.
    RouterReconcile(Run),
    /// What healthy routers notice of black holes.
    RouterIsolation(Run),
    /// The wire format alone.
    RouterosCodec(Run),
    /// A life of 36 months, billed by the pure functions.
    BillingPure(Run),
    /// A hundred invoices in every form.
    Documents(Run),
    /// Time to ready, and memory.
    Startup(Run),
    /// The floor of `api-read`; started by it.
    #[command(hide = true)]
    FloorServer(FloorServer),
    /// The routers of `router-reconcile` and `router-isolation`; started by them.
    #[command(hide = true)]
    SimulatedRouters(SimulatedRouters),
    /// One comparison of `router-reconcile`; started by it.
    #[command(hide = true)]
    ReconcileOnce(ReconcileOnce),
}

#[derive(Debug, Args)]
struct Run {
    /// Where the figures go.
    #[arg(long)]
    json_out: PathBuf,
    /// Small and in seconds, only to see that the bench works.
    #[arg(long)]
    smoke: bool,
    /// Interleaved rounds [default: 5, or 1 in a smoke run].
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=100))]
    rounds: Option<u16>,
}

impl Run {
    fn extent(&self) -> Extent {
        let rounds = self.rounds.unwrap_or(if self.smoke { 1 } else { 5 });
        Extent {
            smoke: self.smoke,
            rounds: rounds.into(),
        }
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let (report, run) = match Cli::parse().bench {
        Bench::FloorServer(settings) => return bench::floor_server(settings).await,
        Bench::SimulatedRouters(settings) => return bench::simulated_routers(settings).await,
        Bench::ReconcileOnce(settings) => return bench::reconcile_once(settings).await,
        Bench::ApiRead(run) => (bench::api_read(run.extent()).await?, run),
        Bench::VoucherIssue(run) => (bench::voucher_issue(run.extent()).await?, run),
        Bench::BillingRun(run) => (bench::billing_run(run.extent()).await?, run),
        Bench::DunningRun(run) => (bench::dunning_run(run.extent()).await?, run),
        Bench::PayToAccess(run) => (bench::pay_to_access(run.extent()).await?, run),
        Bench::InvoiceIssue(run) => (bench::invoice_issue(run.extent()).await?, run),
        Bench::RouterApply(run) => (bench::router_apply(run.extent()).await?, run),
        Bench::RouterThroughput(run) => (bench::router_throughput(run.extent()).await?, run),
        Bench::RouterReconcile(run) => (bench::router_reconcile(run.extent()).await?, run),
        Bench::RouterIsolation(run) => (bench::router_isolation(run.extent()).await?, run),
        Bench::RouterosCodec(run) => (bench::routeros_codec(run.extent())?, run),
        Bench::BillingPure(run) => (bench::billing_pure(run.extent())?, run),
        Bench::Documents(run) => (bench::documents(run.extent())?, run),
        Bench::Startup(run) => (bench::startup(run.extent()).await?, run),
    };
    report.write(&run.json_out)
}
