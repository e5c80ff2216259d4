//! Settings load with their defaults and refuse nonsense by name.

#![allow(clippy::unwrap_used)]

use std::io::Write;

use config::Environment;

use super::{LogFormat, Settings};

fn with(toml: &str) -> anyhow::Result<Settings> {
    let mut file = tempfile::NamedTempFile::new()?;
    file.write_all(toml.as_bytes())?;
    Settings::load(Some(file.path()))
}

#[test]
fn the_defaults_are_an_embedded_installation() {
    let settings = Settings::load(None).unwrap();
    assert!(settings.is_sqlite());
    assert!(settings.worker_is_embedded());
    assert_eq!(settings.server.bind.to_string(), "127.0.0.1:3000");
}

#[test]
fn the_files_of_both_environments_load() {
    for name in ["development", "production"] {
        let path = format!("{}/../../config/{name}.toml", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).unwrap();
        let text = text.replace("[database]", "[database]\nurl = \"postgres://db/name\"");
        assert!(with(&text).is_ok(), "{name}");
    }
}

#[test]
fn an_unknown_setting_is_named() {
    let refused = with("[worker]\nconcurency = 3\n").unwrap_err();
    assert!(format!("{refused:#}").contains("concurency"), "{refused:#}");
}

#[test]
fn a_value_out_of_range_is_named() {
    for (toml, setting) in [
        ("[worker]\nconcurrency = 0\n", "worker.concurrency"),
        ("[database]\nurl = \"mysql://x\"\n", "database.url"),
        (
            "[security]\naccess_token_minutes = 0\n",
            "security.access_token_minutes",
        ),
        ("[worker]\nembedded = \"no\"\n", "worker.embedded"),
        ("[worker]\nprobes = \"nowhere\"\n", "worker.probes"),
        ("[sweeps]\nexpire_vouchers_s = 0\n", "sweeps"),
        ("[sweeps]\ncount_users_s = 0\n", "sweeps"),
        ("[retention]\njobs_days = 0\n", "retention.jobs_days"),
        ("[retention]\nevents_days = 3\n", "retention.events_days"),
        (
            "[retention]\npreviews_days = 0\n",
            "retention.previews_days",
        ),
        (
            "[retention]\nwebhook_bodies_days = 0\n",
            "retention.webhook_bodies_days",
        ),
    ] {
        let refused = with(toml).unwrap_err();
        assert!(format!("{refused:#}").contains(setting), "{refused:#}");
    }
}

/// What [`Settings::load`] reads if the process has these variables.
fn with_variables(toml: &str, variables: &[(&str, &str)]) -> anyhow::Result<Settings> {
    let mut file = tempfile::NamedTempFile::new()?;
    file.write_all(toml.as_bytes())?;
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let variables_by_name = variables;
    let variables = variables.iter().map(owned).collect();
    let environment = Environment::with_prefix("APP").source(Some(variables));
    let find = |name: &str| {
        let found = variables_by_name.iter().find(|it| it.0 == name);
        found.map(|it| it.1.to_owned())
    };
    let seed_names = super::seed_names::settings(find)?;
    Settings::layered(Some(file.path()), seed_names, environment)
}

#[test]
fn environment_beats_file_beats_default() {
    let toml = "[worker]\nconcurrency = 3\npoll_ms = 50\n";
    let variables = [("APP__WORKER__CONCURRENCY", "5"), ("OTHER", "7")];
    let worker = with_variables(toml, &variables).unwrap().worker;
    assert_eq!((worker.concurrency, worker.poll_ms), (5, 50));
    assert_eq!(worker.delivery_attempts, 12);
}

#[test]
fn variables_take_the_type_of_their_setting() {
    let variables = [
        ("APP__DATABASE__URL", "postgres://app:secret@db/isp"),
        ("APP__DATABASE__MIGRATE_AT_START", "false"),
        ("APP__SERVER__BIND", "0.0.0.0:8080"),
        ("APP__FOUNDING__INVOICE_DIGITS", "0"),
        ("APP__FOUNDING__NAME", "4711"),
        ("APP__LOG__FORMAT", "json"),
    ];
    let settings = with_variables("", &variables).unwrap();
    assert!(!settings.is_sqlite());
    assert!(!settings.worker_is_embedded());
    assert!(!settings.database.migrate_at_start);
    assert_eq!(settings.server.bind.port(), 8080);
    assert_eq!(settings.founding.invoice_digits, "0");
    assert_eq!(settings.founding.name, "4711");
    assert_eq!(settings.log.format, LogFormat::Json);
}

#[test]
fn an_unknown_variable_is_named() {
    let refused = with_variables("", &[("APP__WORKER__CONCURENCY", "5")]).unwrap_err();
    assert!(format!("{refused:#}").contains("concurency"), "{refused:#}");
}

#[test]
fn the_database_password_is_never_printed() {
    let variables = [("APP__DATABASE__URL", "postgres://app:hunter2@db/isp")];
    let settings = with_variables("", &variables).unwrap();
    assert!(!format!("{settings:?}").contains("hunter2"));
}

#[test]
fn a_file_that_is_missing_is_named() {
    let missing = std::path::Path::new("no/such/settings.toml");
    let refused = Settings::load(Some(missing)).unwrap_err();
    assert!(
        format!("{refused:#}").contains("settings.toml"),
        "{refused:#}"
    );
}

#[test]
fn the_protection_of_routers_is_as_documented() {
    let routers = Settings::load(None).unwrap().routers;
    assert_eq!((routers.pool.min, routers.pool.max), (1, 1));
    assert_eq!(routers.pool.acquire_timeout_s, 10);
    assert_eq!(routers.pool.idle_timeout_s, 300);
    assert_eq!(routers.pool.health_check_s, 30);
    let limiter = routers.limiter;
    assert_eq!(
        (
            limiter.burst,
            limiter.refill,
            limiter.interval_ms,
            limiter.queue
        ),
        (100, 10, 100, 1_000)
    );
    assert_eq!((routers.breaker.threshold, routers.breaker.open_s), (5, 60));
}

#[test]
fn contradictions_about_routers_are_refused_by_name() {
    for (toml, setting) in [
        ("[routers.pool]\nmin = 3\nmax = 2\n", "routers.pool.min"),
        ("[routers.pool]\nmax = 20\n", "routers.pool.max"),
        (
            "[routers.pool]\nidle_timeout_s = 5\n",
            "routers.pool.idle_timeout_s",
        ),
        ("[routers.limiter]\nrefill = 0\n", "routers.limiter.refill"),
        (
            "[routers.limiter]\nrefill = 200\n",
            "routers.limiter.refill",
        ),
        ("[routers.limiter]\nqueue = 0\n", "routers.limiter.queue"),
        ("[routers.breaker]\nopen_s = 0\n", "routers.breaker.open_s"),
        ("[routers.cache]\nmax_kib = 0\n", "routers.cache.max_kib"),
    ] {
        let refused = with(toml).unwrap_err();
        let text = format!("{refused:#}");
        assert!(text.contains(&format!("`{setting}`")), "{text}");
    }
    let off = "[routers.limiter]\nburst = 0\nrefill = 0\n[routers.breaker]\nthreshold = 0\n[routers.cache]\nttl_s = 0\n";
    let off = with(off).unwrap().routers;
    assert_eq!(off.limiter.bucket(), None);
    assert_eq!(
        Option::<routeros_adapter::BreakerSettings>::from(off.breaker),
        None
    );
    assert_eq!(
        Option::<routeros_adapter::CacheSettings>::from(off.cache),
        None
    );
}

#[test]
fn the_names_of_the_forerunner_are_taken_as_they_are() {
    let variables = [
        ("MIKROTIK_TIMEOUT", "30000"),
        ("ENABLE_CONNECTION_POOLING", "true"),
        ("MAX_CONNECTIONS", "5"),
        ("MIN_CONNECTIONS", "2"),
        ("HEALTH_CHECK_INTERVAL", "15500"),
        ("RATE_LIMIT_BUCKET_SIZE", "50"),
        ("RATE_LIMIT_REFILL_RATE", "5"),
        ("MAX_RATE_LIMIT_QUEUE", "200"),
        ("REQUEST_QUEUE_MAX_SIZE", "200"),
        ("ENABLE_PRIORITY_QUEUE", "false"),
        ("CIRCUIT_BREAKER_TIMEOUT", "90000"),
        ("CACHE_DEFAULT_TTL", "600000"),
        ("CACHE_MAX_SIZE", "1000"),
        ("MAX_CONCURRENCY", "1"),
        ("APP__ROUTERS__POOL__MIN", "3"),
    ];
    let routers = with_variables("", &variables).unwrap().routers;
    assert_eq!((routers.pool.min, routers.pool.max), (3, 5));
    assert_eq!(routers.pool.health_check_s, 16, "rounded up");
    assert_eq!((routers.limiter.burst, routers.limiter.refill), (50, 5));
    assert_eq!(
        (routers.limiter.queue, routers.limiter.prioritised),
        (200, false)
    );
    assert_eq!((routers.breaker.threshold, routers.breaker.open_s), (5, 90));
    assert_eq!((routers.cache.ttl_s, routers.cache.max_kib), (600, 4_000));
    assert_eq!((routers.in_flight, routers.command_timeout_s), (1, 30));
    let off = [
        ("ENABLE_RATE_LIMITING", "false"),
        ("RATE_LIMIT_BUCKET_SIZE", "50"),
        ("ENABLE_CIRCUIT_BREAKER", "false"),
        ("ENABLE_CACHING", "false"),
        ("CACHE_DEFAULT_TTL", "600000"),
    ];
    let routers = with_variables("", &off).unwrap().routers;
    assert_eq!(routers.limiter.burst, 0);
    assert_eq!((routers.breaker.threshold, routers.cache.ttl_s), (0, 0));
}

#[test]
fn nonsense_under_the_names_of_the_forerunner_is_refused_by_name() {
    let contradicting = [
        ("MAX_RATE_LIMIT_QUEUE", "200"),
        ("REQUEST_QUEUE_MAX_SIZE", "1000"),
    ];
    for (variables, name) in [
        (&[("MAX_CONNECTIONS", "many")][..], "MAX_CONNECTIONS"),
        (&[("ENABLE_CACHING", "perhaps")], "ENABLE_CACHING"),
        (&contradicting, "REQUEST_QUEUE_MAX_SIZE"),
        (&[("MAX_CONNECTIONS", "50")], "routers.pool.max"),
    ] {
        let refused = with_variables("", variables).unwrap_err();
        assert!(format!("{refused:#}").contains(name), "{refused:#}");
    }
}

#[test]
fn what_is_kept_follows_the_settings() {
    let settings = with("[retention]\nevents_days = 30\n[sweeps]\ncount_users_s = 90\n").unwrap();
    let keeping = settings.retention.keeping(settings.sweeps.count_users_s);
    assert_eq!(keeping.events, Some(chrono::Duration::days(30)));
    assert_eq!(keeping.count_users_every, chrono::Duration::seconds(90));
    let standard = Settings::load(None).unwrap();
    let standard = standard.retention.keeping(standard.sweeps.count_users_s);
    assert_eq!(standard, workflows::Keeping::standard());
}
