//! The program `routeros-sim`: one simulated router on a port, until Ctrl-C.

use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::Parser;
use routeros_sim::{
    Change, Fault, SimCertificate, SimConfig, SimTls, SimUser, Simulator, VersionProfile,
};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

/// A simulated MikroTik router that speaks the RouterOS API.
///
/// The first line on standard output says where it listens; the lines after it say what happens
/// on the router. It stops at Ctrl-C.
#[derive(Debug, Parser)]
#[command(name = "routeros-sim", version)]
struct Arguments {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8728")]
    listen: SocketAddr,

    /// Speak the API over TLS there too, as the service api-ssl. Port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS:PORT")]
    tls_listen: Option<SocketAddr>,

    /// The certificate chain of the TLS port, in PEM. Without it one is made at the start.
    #[arg(long, value_name = "FILE", requires_all = ["tls_listen", "tls_key"])]
    tls_certificate: Option<PathBuf>,

    /// The private key of the certificate, in PEM.
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    tls_key: Option<PathBuf>,

    /// Have no certificate: every TLS client is told handshake_failure.
    #[arg(long, requires = "tls_listen", conflicts_with = "tls_certificate")]
    tls_no_certificate: bool,

    /// Offer TLS 1.2 only, as version profiles before 7 always do.
    #[arg(long, requires = "tls_listen")]
    tls_1_2_only: bool,

    /// A control port for tests in any language, see the README. An address may stand before the
    /// port; without it the port is on the loopback.
    #[arg(long, value_name = "[ADDRESS:]PORT", value_parser = parse_local)]
    control: Option<SocketAddr>,

    /// The router's identity; its serial number follows from it.
    #[arg(long, value_name = "NAME", default_value = "MikroTik")]
    identity: String,

    /// The serial number of the board.
    #[arg(long, value_name = "SERIAL")]
    serial: Option<String>,

    /// Be a virtual machine: there is no /system/routerboard and no serial number.
    #[arg(long, conflicts_with = "serial")]
    virtual_machine: bool,

    /// Have no time server: after a reboot the clock starts in 1970.
    #[arg(long)]
    no_ntp: bool,

    /// The RouterOS version to play: 6.40, 6.42, 6.43, 6.49, 7.9, 7.16, 7.18 or 7.21.
    #[arg(long, value_name = "VERSION", default_value = "7.18")]
    version_profile: VersionProfile,

    /// An API account with every policy; may be given several times. [default: admin:password]
    #[arg(long = "user", value_name = "NAME:PASSWORD", value_parser = parse_user)]
    users: Vec<SimUser>,

    /// Answer logins with a challenge, as routers before 6.43 do.
    #[arg(long)]
    legacy_login: bool,

    /// Latency of each command, in milliseconds. Commands in flight overlap.
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 0)]
    delay_ms: u64,

    /// API sessions at a time.
    #[arg(long, value_name = "N", default_value_t = 20)]
    max_sessions: usize,

    /// A fault from the start, such as stall:/ppp/secret/add; may be given several times. A
    /// wrong one is answered with the list of all.
    #[arg(long = "fault", value_name = "FAULT")]
    faults: Vec<Fault>,

    /// Begin with this many PPP secrets, seed-1 to seed-N, password "seed".
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed_ppp: u32,

    /// Begin with this many hotspot users, guest-1 to guest-N, password "guest".
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed_hotspot: u32,

    /// Keep the router's tables in this file across runs.
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,

    /// Do not print what happens on the router.
    #[arg(long)]
    quiet: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to tell when standard error is gone too.
            let _ = writeln!(io::stderr(), "routeros-sim: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> io::Result<()> {
    let simulator = Simulator::start(config(&arguments)?).await?;
    seed(&simulator, &arguments).map_err(io::Error::other)?;
    for fault in arguments.faults {
        simulator.set_fault(fault);
    }
    say_where(&simulator)?;
    tokio::select! {
        stopped = stop_signal() => stopped?,
        () = tell(simulator.changes()), if !arguments.quiet => {}
    }
    simulator.shutdown().await;
    Ok(())
}

/// The first lines: where each port is.
fn say_where(simulator: &Simulator) -> io::Result<()> {
    let mut out = io::stdout();
    writeln!(out, "routeros-sim listening on {}", simulator.addr())?;
    if let Some(addr) = simulator.tls_addr() {
        let fingerprint = simulator.fingerprint();
        let fingerprint = fingerprint.as_deref().unwrap_or("none");
        writeln!(
            out,
            "api-ssl listening on {addr}, certificate sha256 {fingerprint}"
        )?;
    }
    if let Some(addr) = simulator.control_addr() {
        writeln!(out, "control listening on {addr}")?;
    }
    out.flush()
}

fn tls(arguments: &Arguments) -> io::Result<Option<SimTls>> {
    let Some(bind) = arguments.tls_listen else {
        return Ok(None);
    };
    let certificate = match (&arguments.tls_certificate, &arguments.tls_key) {
        (Some(chain), Some(key)) => SimCertificate::Pem {
            chain: std::fs::read(chain)?,
            key: std::fs::read(key)?,
        },
        _ if arguments.tls_no_certificate => SimCertificate::Missing,
        _ => SimCertificate::Generated,
    };
    Ok(Some(SimTls {
        bind,
        certificate,
        only_tls12: arguments.tls_1_2_only,
    }))
}

fn config(arguments: &Arguments) -> io::Result<SimConfig> {
    let mut config = SimConfig::new(arguments.identity.as_str());
    config.bind = arguments.listen;
    if let Some(serial) = &arguments.serial {
        config.serial.clone_from(serial);
    }
    config.has_routerboard = !arguments.virtual_machine;
    config.has_ntp = !arguments.no_ntp;
    config.control = arguments.control;
    config.tls = tls(arguments)?;
    config.version = arguments.version_profile;
    config.legacy_login = arguments.legacy_login;
    config.per_command_delay = Duration::from_millis(arguments.delay_ms);
    config.max_sessions = arguments.max_sessions;
    config.state_file = arguments.state.clone();
    config.started_at_unix = unix_now();
    config.follows_real_time = true;
    if !arguments.users.is_empty() {
        config.users = arguments.users.clone();
    }
    Ok(config)
}

/// The one place where the simulator looks at a real clock: everything inside is given the time.
#[expect(clippy::disallowed_methods, reason = "a program owns its clock")]
fn unix_now() -> i64 {
    let since_1970 = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since_1970.as_secs()).unwrap_or(i64::MAX)
}

/// Adds the asked-for rows; those that a state file brought back stay as they are.
fn seed(simulator: &Simulator, arguments: &Arguments) -> Result<(), String> {
    let profiles = [
        (
            "/ppp/profile",
            arguments.seed_ppp,
            ("remote-address", "pppoe-pool"),
        ),
        (
            "/ip/hotspot/user/profile",
            arguments.seed_hotspot,
            ("shared-users", "1"),
        ),
    ];
    for (menu, wanted, attribute) in profiles {
        if wanted > 0 && simulator.row(menu, "name", "seed").is_none() {
            simulator.insert(
                menu,
                &[("name", "seed"), ("rate-limit", "5M/20M"), attribute],
            )?;
        }
    }
    seed_users(simulator, "/ppp/secret", "seed", arguments.seed_ppp)?;
    seed_users(
        simulator,
        "/ip/hotspot/user",
        "guest",
        arguments.seed_hotspot,
    )
}

fn seed_users(simulator: &Simulator, menu: &str, stem: &str, count: u32) -> Result<(), String> {
    for number in 1..=count {
        let name = format!("{stem}-{number}");
        if simulator.row(menu, "name", &name).is_none() {
            let attributes = [
                ("name", name.as_str()),
                ("password", stem),
                ("profile", "seed"),
            ];
            simulator.insert(menu, &attributes)?;
        }
    }
    Ok(())
}

/// Prints what happens, for ever. A reader that went away is no reason to stop the router.
async fn tell(mut changes: Receiver<Change>) {
    let mut out = io::stdout();
    loop {
        let told = match changes.recv().await {
            Ok(change) => writeln!(out, "{change}"),
            Err(RecvError::Lagged(missed)) => writeln!(out, "... {missed} more changes"),
            Err(RecvError::Closed) => return std::future::pending().await,
        };
        if told.is_err() {
            return std::future::pending().await;
        }
    }
}

#[cfg(unix)]
async fn stop_signal() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        stopped = tokio::signal::ctrl_c() => stopped,
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn stop_signal() -> io::Result<()> {
    tokio::signal::ctrl_c().await
}

/// A port alone is one of the loopback.
fn parse_local(text: &str) -> Result<SocketAddr, String> {
    if let Ok(port) = text.parse() {
        return Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    }
    text.parse()
        .map_err(|_| "expected PORT or ADDRESS:PORT".to_owned())
}

fn parse_user(text: &str) -> Result<SimUser, String> {
    let (name, password) = text.split_once(':').ok_or("expected NAME:PASSWORD")?;
    if name.is_empty() {
        return Err("the name must not be empty".to_owned());
    }
    Ok(SimUser::full(name, password))
}
