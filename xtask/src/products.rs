//! The shipped programs, built first and alone: whatever runs them beside other packages shares this one build.

use std::path::PathBuf;

use anyhow::Result;

use crate::shell::Shell;

/// The programs' packages. Built together with packages that ask for test-only features, they would have these too.
const PACKAGES: [&str; 5] = [
    "--package",
    "mikrotik-billing-api",
    "--package",
    "mikrotik-billing-worker",
    "--bins",
];

/// How programs are built, and the folder of the target folder that they are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Profile {
    /// As cargo knows it.
    pub(crate) name: &'static str,
    /// As cargo names its folder.
    pub(crate) folder: &'static str,
}

/// As shipped; the only figures that count.
pub(crate) const RELEASE: Profile = Profile {
    name: "release",
    folder: "release",
};
/// As built for the tests; enough to see that something works.
pub(crate) const DEVELOPMENT: Profile = Profile {
    name: "dev",
    folder: "debug",
};

/// Builds them.
///
/// # Errors
/// When they do not compile.
pub(crate) async fn build(shell: &mut Shell, profile: Profile) -> Result<()> {
    let mut cargo = shell.cargo();
    let build = cargo.args(["build", "--profile", profile.name]);
    shell.run(build.args(PACKAGES)).await
}

/// Where the API is once it is built.
pub(crate) fn api(shell: &Shell, profile: Profile) -> PathBuf {
    program(shell, profile, "mikrotik-billing-api")
}

/// Where the worker is once it is built.
pub(crate) fn worker(shell: &Shell, profile: Profile) -> PathBuf {
    program(shell, profile, "mikrotik-billing-worker")
}

fn program(shell: &Shell, profile: Profile, name: &str) -> PathBuf {
    shell.target().join(profile.folder).join(name)
}
