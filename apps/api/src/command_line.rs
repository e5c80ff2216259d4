//! What a person types: serve, migrate or print the description.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use bootstrap::Settings;
use clap::{Parser, Subcommand};

use crate::host;

/// Runs MikroTik Billing: billing for internet providers whose customers come in through MikroTik routers.
///
/// Without a database in the settings it keeps everything in ./data and runs the background work inside. On PostgreSQL
/// start as many of these and of mikrotik-billing-worker as you like.
#[derive(Debug, Parser)]
#[command(name = "mikrotik-billing-api", version, about, long_about)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,

    /// A file with settings that differ from the defaults; environment variables such as APP__DATABASE__URL beat it.
    #[arg(long, value_name = "FILE", env = "APP_CONFIG", global = true)]
    config: Option<PathBuf>,

    /// Shows the product at work: two simulated routers and a provider with customers, vouchers and invoices.
    #[cfg(feature = "demo")]
    #[arg(long)]
    demo: bool,
}

#[derive(Debug, Clone, Subcommand)]
enum Command {
    /// Serves the API; this is what happens without a command.
    Serve,
    /// Brings the database's schema up to date and exits.
    Migrate,
    /// Gives an operator a new password, prints it once and exits; for a first password that was lost.
    ResetPassword {
        /// Whose, as at sign-in: the provider's name, a slash, the login.
        #[arg(value_name = "TENANT/LOGIN")]
        who: String,
    },
    /// Prints the API's description (OpenAPI 3.1, JSON) and exits.
    Openapi,
}

/// Runs the process: reads the arguments, does what they say, and reports how it went.
#[must_use]
pub fn run() -> ExitCode {
    bootstrap::run_to_exit(obey(Arguments::parse()))
}

async fn obey(arguments: Arguments) -> anyhow::Result<()> {
    let config = arguments.config.as_deref();
    match arguments.command.as_ref().unwrap_or(&Command::Serve) {
        Command::Serve => serve(config, &arguments).await,
        Command::ResetPassword { who } => reset_password(config, who).await,
        Command::Migrate => migrate(config).await,
        Command::Openapi => print_description(),
    }
}

#[cfg(feature = "demo")]
async fn serve(config: Option<&Path>, arguments: &Arguments) -> anyhow::Result<()> {
    let mut settings = Settings::load(config)?;
    if arguments.demo {
        bootstrap::demo::adapt(&mut settings);
        return host::serve_demo(settings).await;
    }
    host::serve_product(settings).await
}

#[cfg(not(feature = "demo"))]
async fn serve(config: Option<&Path>, _arguments: &Arguments) -> anyhow::Result<()> {
    host::serve_product(Settings::load(config)?).await
}

async fn migrate(config: Option<&Path>) -> anyhow::Result<()> {
    let settings = Settings::load(config)?;
    let said = match bootstrap::migrate(&settings).await? {
        true => "the schema is up to date now",
        false => "the schema was up to date already",
    };
    writeln!(std::io::stdout(), "{said}")?;
    Ok(())
}

async fn reset_password(config: Option<&Path>, who: &str) -> anyhow::Result<()> {
    let settings = Settings::load(config)?;
    let password = bootstrap::reset_password(&settings, who).await?;
    bootstrap::show_new_password(who, &password)?;
    Ok(())
}

fn print_description() -> anyhow::Result<()> {
    writeln!(std::io::stdout(), "{}", crate::openapi().to_pretty_json()?)?;
    Ok(())
}
