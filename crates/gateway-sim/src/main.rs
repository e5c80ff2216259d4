//! `gateway-sim`: the simulated payment providers as a program, for other people's client libraries.

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Parser;
use gateway_sim::{GatewaySim, SimSettings};

/// Answers like Stripe and Midtrans; nobody's money moves.
#[derive(Debug, Parser)]
struct Options {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:8420")]
    listen: SocketAddr,
    /// Stripe's secret key.
    #[arg(long, default_value = "sk_test_sim")]
    stripe_key: String,
    /// What Stripe signs its events with.
    #[arg(long, default_value = "whsec_sim")]
    stripe_webhook_secret: String,
    /// Midtrans' server key.
    #[arg(long, default_value = "SB-Mid-server-sim")]
    midtrans_key: String,
}

#[expect(
    clippy::disallowed_methods,
    reason = "the other libraries that talk to it live in the present"
)]
fn now_s() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |it| i64::try_from(it.as_secs()).unwrap_or(0))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let options = Options::parse();
    let settings = SimSettings {
        listen: options.listen,
        stripe_key: options.stripe_key,
        stripe_webhook_secret: options.stripe_webhook_secret,
        midtrans_key: options.midtrans_key,
    };
    let sim = GatewaySim::start(settings, now_s).await?;
    let mut stdout = io::stdout();
    writeln!(stdout, "gateway-sim listening on {}", sim.address())?;
    stdout.flush()?;
    sim.wait().await;
    Ok(())
}
