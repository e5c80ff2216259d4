//! The command line: one subcommand per developer command.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// The developer commands of this workspace.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) task: Task,
}

/// One developer command.
#[derive(Debug, Subcommand)]
pub(crate) enum Task {
    /// Check the walls between the crates
    ///
    /// Reads `cargo metadata` and compares it with the walls in xtask/src/arch/walls.rs: who may
    /// name whom, which outside crates a pure crate may use, who owns which technology. Prints a
    /// line for each violation: crate, rule, what to do instead.
    Arch,

    /// Check file headers, sizes, names, unfinished marks, tests and migrations
    ///
    /// Looks at every file that git tracks or would track.
    Tidy {
        /// Write down the checksums of NEW migrations (known ones are never changed)
        #[arg(long)]
        accept_migrations: bool,
    },

    /// Everything that needs no running server: format, clippy, arch, tidy, pure crates, deny
    ///
    /// Clippy's warnings are errors. Each pure crate is built alone. Licences, bans and sources
    /// are always checked, advisories whenever their database can be had; when it cannot, the
    /// table at the end says so. Installs cargo-deny when it is missing.
    Check(Check),

    /// All tests, on throwaway servers of its own
    ///
    /// Finds the server programs of PostgreSQL and Redis (or uses DATABASE_URL and REDIS_URL),
    /// installs them with apt-get when it may, starts them in a temporary folder on free ports,
    /// runs all tests with cargo-nextest and the doc tests, and stops the servers again. Nothing
    /// is skipped: what cannot be had is a failure that says what to install.
    Test {
        /// Passed on to `cargo nextest run`, as in: cargo xtask test -- -p billing
        #[arg(last = true)]
        arguments: Vec<String>,
    },

    /// Let other people's RouterOS libraries talk to the simulator
    ///
    /// Installs the Python libraries of xtask/peers/requirements.txt in target/peers-venv and the
    /// JavaScript library of xtask/peers/package.json in target/peers-node, and runs the checks in
    /// xtask/peers against simulated routers: one of today, one that still asks for the challenge
    /// login, and one older than 7.18 for the library that stops at `!empty`.
    Peers(Peers),

    /// Check that every command our gateway may send exists on real routers
    ///
    /// Compares the gateway's table with dumps of routers' own command trees, one for each version,
    /// and fails when a menu, a command or an argument is missing. Says how to make a dump.
    RouterosSchema {
        /// Command trees as JSON, named after their versions: 7.18.2.json or 7.18.2/inspect.json
        dumps: Vec<PathBuf>,
    },

    /// Measure against floors: the API, vouchers, routers, the wire format, startup
    ///
    /// Builds in release mode, starts a throwaway PostgreSQL, writes target/bench/<name>.json and
    /// prints a table that compares each figure with its bar. The bars inform; a figure below its
    /// bar is no failure.
    Bench(Bench),

    /// Run the product with simulated routers and a seeded ISP
    Demo {
        /// Passed on to the product, as in: cargo xtask demo -- --help
        #[arg(last = true)]
        arguments: Vec<String>,
    },

    /// Write docs/openapi.json from the code
    Openapi {
        /// Compare only, and fail when the file is out of date
        #[arg(long)]
        check: bool,
    },

    /// Write the simulator's menus from a crawled command tree
    ///
    /// Joins the tree (menus, commands, arguments and the versions that have them) with
    /// crates/routeros-sim/data/facts.txt and writes crates/routeros-sim/data/schema.json.
    Schema {
        /// The tree, a JSON file; it is not kept
        tree: PathBuf,
    },

    /// Put real cases of other billing systems to ours
    ///
    /// Runs every case of a folder (files named after their theme, as in crates/billing-vectors)
    /// through the billing crate and prints passed, failed and skipped with reasons, by theme. Bring
    /// your own: cargo xtask vectors FOLDER
    Vectors(Vectors),

    /// Simulate a whole provider over years, with faults, against the invariants of billing
    ///
    /// The same seed gives the same history. A promise that does not hold ends it with the rule, the
    /// seed and what happened to the one account. `--mutations` breaks rules on purpose and proves
    /// that each is caught.
    Simulate(Simulate),
}

/// What history.
#[derive(Debug, Args)]
pub(crate) struct Simulate {
    /// Who signs up in all
    #[arg(long, default_value_t = 200)]
    pub(crate) customers: u32,

    /// For how many years
    #[arg(long, default_value_t = 1)]
    pub(crate) years: u32,

    /// The first seed
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,

    /// How many seeds, as many at once as there are cores
    #[arg(long, default_value_t = 1)]
    pub(crate) seeds: u64,

    /// Routers go away, processes die, messages repeat, sweeps are missed
    #[arg(long)]
    pub(crate) faults: bool,

    /// 2,000 customers over 3 years with faults, 20 seeds
    #[arg(long)]
    pub(crate) deep: bool,

    /// On the real store, a SQLite file in a temporary folder: the history must come to the same end
    #[arg(long, conflicts_with = "deep")]
    pub(crate) sqlite: bool,

    /// Break rules in a copy of the sources, one at a time, and see each caught
    #[arg(long, conflicts_with_all = ["deep", "sqlite"])]
    pub(crate) mutations: bool,
}

/// Which cases, and what to do with them.
#[derive(Debug, Args)]
pub(crate) struct Vectors {
    /// The folder of cases
    pub(crate) folder: PathBuf,

    /// Only themes whose name contains this
    #[arg(long)]
    pub(crate) theme: Option<String>,

    /// Write the project's own copy, crates/billing-vectors/data, instead of running them
    #[arg(long, conflicts_with = "theme")]
    pub(crate) transcribe: bool,

    /// Change what each passing case expects, piece by piece: a runner that does not notice is hollow
    #[arg(long, conflicts_with = "transcribe")]
    pub(crate) prove: bool,
}

/// How deep to look.
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Run every fuzz target for a while, on top of everything else
    ///
    /// With a nightly toolchain and cargo-fuzz (installed when missing); without nightly the same
    /// functions run on inputs that proptest makes up.
    #[arg(long)]
    pub(crate) deep: bool,

    /// How long each fuzz target runs
    #[arg(long, default_value_t = 300, requires = "deep", value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub(crate) seconds: u32,
}

/// What the libraries are to show.
#[derive(Debug, Args)]
pub(crate) struct Peers {
    /// Our gateway and the libraries before faulty routers; writes docs/ROUTEROS_PEERS.md
    #[arg(long)]
    pub(crate) faults: bool,

    /// Payment providers instead of routers: the official libraries of Stripe and Midtrans, and localstripe
    #[arg(long, conflicts_with_all = ["faults", "simulator"])]
    pub(crate) gateways: bool,

    /// Validators of UBL and EN 16931 read a hundred exported invoices
    #[arg(long, conflicts_with_all = ["faults", "gateways", "simulator"])]
    pub(crate) documents: bool,

    /// Use this simulator instead of building one
    #[arg(long, value_name = "PROGRAM")]
    pub(crate) simulator: Option<PathBuf>,
}

/// What to measure, and how long.
#[derive(Debug, Args)]
pub(crate) struct Bench {
    /// Only this one; all of them when left out
    pub(crate) name: Option<BenchName>,

    /// A small run in seconds with a development build, to see that each still works
    #[arg(long)]
    pub(crate) smoke: bool,

    /// Interleaved rounds of measured code and floor
    #[arg(long)]
    pub(crate) rounds: Option<u32>,
}

/// The benchmarks by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum BenchName {
    /// GET a customer by id through the whole stack
    ApiRead,
    /// Generate, seal and store voucher codes
    VoucherIssue,
    /// Bill every subscription of a legal entity, at three sizes
    BillingRun,
    /// Dun every account of a legal entity, all of them long overdue
    DunningRun,
    /// From a payment provider's message until the customer's session is back
    PayToAccess,
    /// Issue invoices of one series, sixteen cashiers at once
    InvoiceIssue,
    /// Create users on a router
    RouterApply,
    /// Decode and encode one large answer of a router
    RouterosCodec,
    /// Bill a life of 36 months by the pure functions
    BillingPure,
    /// A hundred invoices as PDF, HTML and UBL
    Documents,
    /// Commands per second through our gateway, beside other people's libraries
    RouterThroughput,
    /// Compare a router with what it should be, at three sizes
    RouterReconcile,
    /// Healthy routers beside black holes
    RouterIsolation,
    /// Time until ready and memory of the embedded product
    Startup,
}

impl BenchName {
    /// The name as typed and as used in file names.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::ApiRead => "api-read",
            Self::VoucherIssue => "voucher-issue",
            Self::BillingRun => "billing-run",
            Self::DunningRun => "dunning-run",
            Self::PayToAccess => "pay-to-access",
            Self::InvoiceIssue => "invoice-issue",
            Self::RouterApply => "router-apply",
            Self::RouterosCodec => "routeros-codec",
            Self::BillingPure => "billing-pure",
            Self::Documents => "documents",
            Self::RouterThroughput => "router-throughput",
            Self::RouterReconcile => "router-reconcile",
            Self::RouterIsolation => "router-isolation",
            Self::Startup => "startup",
        }
    }
}
