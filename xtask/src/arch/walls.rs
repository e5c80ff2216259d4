//! The walls as data: which crate is which room, who may name whom, who owns which technology.
//!
//! A new crate gets a row in [`ROOMS`]; a new outside crate in a pure one gets a row in its
//! allow-list with the reason why the context cannot compute without it.

/// The kind of a crate. It decides what the crate may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Room {
    /// Values, ids and ports that every context shares.
    Kernel,
    /// One area of the business.
    Context,
    /// What happens across contexts.
    Workflows,
    /// A wire format without IO.
    WireFormat,
    /// The database schema.
    Schema,
    /// Tools of the adapters that know neither the business nor what is called.
    Library,
    /// How the world does it.
    Adapter,
    /// The far end of a protocol, for demonstrations and tests.
    Simulator,
    /// The composition root.
    Root,
    /// A program that is shipped.
    App,
    /// End-to-end stories and measurements.
    Stories,
    /// The developer commands.
    Tooling,
}

impl Room {
    /// Whether the room knows no technology: no runtime, no storage, no network.
    pub(crate) fn is_pure(self) -> bool {
        matches!(
            self,
            Self::Kernel | Self::Context | Self::Workflows | Self::WireFormat
        )
    }

    /// The rooms a crate of this room may name.
    pub(crate) fn may_name(self) -> &'static [Self] {
        use Room::{
            Adapter, App, Context, Kernel, Library, Root, Schema, Simulator, WireFormat, Workflows,
        };
        match self {
            Self::Kernel | Self::WireFormat | Self::Schema | Self::Tooling => &[],
            Self::Simulator => &[WireFormat],
            Self::Context | Self::Library => &[Kernel],
            Self::Workflows => &[Kernel, Context],
            Self::Adapter => &[Kernel, Context, Workflows, Library],
            Self::Root => &[Kernel, Context, Workflows, Adapter],
            Self::App => &[Kernel, Context, Workflows, Root],
            // Nothing names the stories, so they may wire and measure any part of the house.
            Self::Stories => &[
                Kernel, Context, Workflows, WireFormat, Schema, Adapter, Simulator, Root, App,
            ],
        }
    }
}

/// Every member of the workspace.
pub(crate) const ROOMS: &[(&str, Room)] = &[
    ("kernel", Room::Kernel),
    ("access", Room::Context),
    ("billing", Room::Context),
    ("customers", Room::Context),
    ("jobs", Room::Context),
    ("operators", Room::Context),
    ("vouchers", Room::Context),
    ("workflows", Room::Workflows),
    ("routeros-proto", Room::WireFormat),
    ("routeros-sim", Room::Simulator),
    ("migrations", Room::Schema),
    ("resilience", Room::Library),
    ("gateway-sim", Room::Simulator),
    ("crypto-adapter", Room::Adapter),
    ("documents", Room::Adapter),
    ("payment-gateways", Room::Adapter),
    ("postgres-adapter", Room::Adapter),
    ("routeros-adapter", Room::Adapter),
    ("bootstrap", Room::Root),
    ("mikrotik-billing-api", Room::App),
    ("mikrotik-billing-worker", Room::App),
    ("e2e", Room::Stories),
    ("billing-vectors", Room::Stories),
    ("simulation", Room::Stories),
    ("xtask", Room::Tooling),
];

/// The room of a member, if the walls know it.
pub(crate) fn room(name: &str) -> Option<Room> {
    ROOMS
        .iter()
        .find(|(member, _)| *member == name)
        .map(|(_, room)| *room)
}

/// When an extra edge may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Terms {
    Always,
    /// As a dev-dependency only.
    TestsOnly,
    /// As an optional dependency that only this feature switches on.
    Feature(&'static str),
}

/// Edges beyond [`Room::may_name`]: from, to, and on which terms.
pub(crate) const EXTRA_EDGES: &[(&str, &str, Terms)] = &[
    ("postgres-adapter", "migrations", Terms::Always),
    ("routeros-adapter", "routeros-proto", Terms::Always),
    ("routeros-adapter", "routeros-sim", Terms::TestsOnly),
    ("bootstrap", "routeros-sim", Terms::Feature("demo")),
    ("payment-gateways", "gateway-sim", Terms::TestsOnly),
    // A document is one more representation of a resource, beside JSON: docs/adr/0006.
    ("mikrotik-billing-api", "documents", Terms::Always),
];

/// Outside crates that any pure room may name, with the reason.
const EVERY_PURE_CRATE: &[(&str, &str)] =
    &[("thiserror", "error enums are part of a rule's promise")];

/// Outside crates of the contexts and workflows, with the reason.
const CONTEXTS: &[(&str, &str)] = &[
    ("async-trait", "ports are object-safe and asynchronous"),
    ("chrono", "dates and durations are arguments of the rules"),
    (
        "futures",
        "two things awaited at once, whatever the runtime",
    ),
    (
        "serde",
        "events and job payloads are versioned facts that are written down",
    ),
    ("serde_json", "the written form of an event body"),
    (
        "immutable-chunkmap",
        "behind the feature `testing`: every transaction of a fake has a copy of all rows",
    ),
];

/// Outside crates of the kernel beyond those of the contexts, with the reason.
const KERNEL: &[(&str, &str)] = &[
    (
        "chrono-tz",
        "a billing date lives in the zone of its legal entity",
    ),
    ("data-encoding", "public ids are unpadded base32 text"),
    ("iso_currency", "money needs the exponent of its currency"),
    (
        "rlibphonenumber",
        "a phone number is valid by its country's numbering plan",
    ),
    (
        "uuid",
        "the representation of an id; drawing one is the work of an adapter",
    ),
    (
        "zeroize",
        "a secret is wiped from memory when it is dropped",
    ),
];

/// Outside crates of the wire format, with the reason.
const WIRE_FORMAT: &[(&str, &str)] = &[
    (
        "bytes",
        "sentences share the memory they arrived in instead of copying every word",
    ),
    ("hex", "the login challenge is hexadecimal text"),
    (
        "md-5",
        "the challenge login of old routers is defined by MD5",
    ),
];

/// Outside crates that tests of a pure crate may use on top.
pub(crate) const PURE_TESTS: &[&str] = &["mockall", "proptest", "tokio"];

/// The outside crates that `room` may name, as lists of (crate, reason).
pub(crate) fn allow_lists(room: Room) -> &'static [&'static [(&'static str, &'static str)]] {
    match room {
        Room::Kernel => &[EVERY_PURE_CRATE, CONTEXTS, KERNEL],
        Room::Context | Room::Workflows => &[EVERY_PURE_CRATE, CONTEXTS],
        Room::WireFormat => &[EVERY_PURE_CRATE, WIRE_FORMAT],
        _ => &[],
    }
}

/// Features of `uuid` that draw ids from a clock or from randomness.
pub(crate) const DRAWING_FEATURES: &[&str] = &[
    "fast-rng",
    "rng",
    "rng-getrandom",
    "rng-rand",
    "v1",
    "v4",
    "v6",
    "v7",
];

/// A technology that is kept in one place.
pub(crate) struct Technology {
    /// The crates that mean this technology.
    pub(crate) crates: &'static [&'static str],
    /// The members that may name them, in any scope.
    pub(crate) owners: &'static [&'static str],
    /// What everyone else does instead.
    pub(crate) instead: &'static str,
}

/// Every technology with an owner.
pub(crate) const TECHNOLOGIES: &[Technology] = &[
    Technology {
        crates: &["sea-orm"],
        owners: &["postgres-adapter"],
        instead: "put the statement in postgres-adapter behind a port of the context",
    },
    Technology {
        crates: &["sea-orm-migration"],
        owners: &["migrations", "postgres-adapter"],
        instead: "put the schema change in migrations",
    },
    Technology {
        // e2e measures the floor of a benchmark with plain statements.
        crates: &["sqlx"],
        owners: &["postgres-adapter", "migrations", "e2e"],
        instead: "put the statement in postgres-adapter behind a port of the context",
    },
    Technology {
        // The worker answers probes; e2e measures the floor of a benchmark with a bare handler; the simulated payment
        // providers are servers.
        crates: &["axum", "axum-extra"],
        owners: &[
            "mikrotik-billing-api",
            "mikrotik-billing-worker",
            "gateway-sim",
            "e2e",
        ],
        instead: "return a value and let apps/api turn it into a response",
    },
    Technology {
        crates: &["utoipa", "utoipa-axum", "utoipa-scalar", "validator"],
        owners: &["mikrotik-billing-api"],
        instead: "describe requests and responses in apps/api",
    },
    Technology {
        crates: &["redis"],
        owners: &["redis-cache"],
        instead: "put the call in redis-cache behind a port",
    },
    Technology {
        crates: &["reqwest", "hyper", "ureq"],
        owners: &["whatsapp-notify", "payment-gateways", "bootstrap", "e2e"],
        instead: "put the request in a notification or payment adapter behind a port",
    },
    Technology {
        crates: &["argon2", "chacha20poly1305"],
        owners: &["crypto-adapter"],
        instead: "put the cryptography in crypto-adapter behind a port",
    },
    Technology {
        // How a provider signs is part of its protocol.
        crates: &["hmac"],
        owners: &["crypto-adapter", "payment-gateways", "gateway-sim"],
        instead: "put the cryptography in crypto-adapter behind a port",
    },
    Technology {
        // e2e forges tokens to see them refused.
        crates: &["jsonwebtoken"],
        owners: &["crypto-adapter", "e2e"],
        instead: "put the token in crypto-adapter behind a port",
    },
    Technology {
        crates: &["krilla", "parley", "fast_qr"],
        owners: &["documents"],
        instead: "let documents set the page",
    },
    Technology {
        crates: &["failsafe"],
        owners: &["resilience"],
        instead: "take a breaker of resilience",
    },
    Technology {
        crates: &["deadpool"],
        owners: &["routeros-adapter"],
        instead: "sea-orm and redis have pools of their own",
    },
    Technology {
        crates: &[
            "config",
            "tracing-opentelemetry",
            "metrics-exporter-prometheus",
        ],
        owners: &["bootstrap"],
        instead: "take the setting as an argument and let bootstrap read it",
    },
    Technology {
        crates: &["anyhow"],
        owners: &[
            "mikrotik-billing-api",
            "mikrotik-billing-worker",
            "bootstrap",
            "billing-vectors",
            "simulation",
            "e2e",
            "xtask",
        ],
        instead: "write an error enum with thiserror, so that callers can choose",
    },
];
