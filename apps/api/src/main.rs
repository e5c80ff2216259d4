//! The process entry point.

use std::process::ExitCode;

fn main() -> ExitCode {
    mikrotik_billing_api::run()
}
