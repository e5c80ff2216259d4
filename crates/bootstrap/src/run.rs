//! Runs a program's future on the runtime and turns its result into an exit code and a message.

use std::io::Write;
use std::process::ExitCode;

use crate::pages::stay_small;

/// Runs to the end. An error is printed with everything that caused it, one cause a line.
pub fn run_to_exit(program: impl Future<Output = anyhow::Result<()>>) -> ExitCode {
    stay_small();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(err) => return fail(&anyhow::Error::new(err).context("the runtime cannot start")),
    };
    match runtime.block_on(program) {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => fail(&err),
    }
}

fn fail(err: &anyhow::Error) -> ExitCode {
    let mut out = std::io::stderr().lock();
    let mut causes = err.chain();
    if let Some(first) = causes.next() {
        let _ = writeln!(out, "error: {first}");
    }
    for cause in causes {
        let _ = writeln!(out, "  because {cause}");
    }
    ExitCode::FAILURE
}
