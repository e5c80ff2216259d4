//! The API with the test hooks: its clock can be moved and it can be killed at named points.

fn main() -> std::process::ExitCode {
    mikrotik_billing_api::run()
}
