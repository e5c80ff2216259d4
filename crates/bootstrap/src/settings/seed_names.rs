//! Variables by the names that the product's forerunner gave them: taken as they are, `APP__…` beats them.

use anyhow::{Context, bail};
use config::Config;

/// How a value becomes that of the setting.
#[derive(Debug, Clone, Copy)]
enum Form {
    /// As it is.
    Number,
    /// Milliseconds become seconds, rounded up.
    Millis,
    /// A number of answers becomes KiB, 4 for each.
    Answers,
    /// Yes or no.
    Flag,
    /// No makes it this number; yes says nothing.
    OffIs(u64),
}

/// The variable, the setting, and how the value is read.
const NAMES: [(&str, &str, Form); 23] = [
    (
        "MIKROTIK_TIMEOUT",
        "routers.command_timeout_s",
        Form::Millis,
    ),
    ("MAX_CONCURRENCY", "routers.in_flight", Form::Number),
    ("MIN_CONNECTIONS", "routers.pool.min", Form::Number),
    ("MAX_CONNECTIONS", "routers.pool.max", Form::Number),
    (
        "HEALTH_CHECK_INTERVAL",
        "routers.pool.health_check_s",
        Form::Millis,
    ),
    (
        "ACQUIRE_TIMEOUT",
        "routers.pool.acquire_timeout_s",
        Form::Millis,
    ),
    ("IDLE_TIMEOUT", "routers.pool.idle_timeout_s", Form::Millis),
    (
        "ENABLE_CONNECTION_POOLING",
        "routers.pool.max",
        Form::OffIs(1),
    ),
    (
        "ENABLE_CONNECTION_POOLING",
        "routers.pool.min",
        Form::OffIs(1),
    ),
    (
        "RATE_LIMIT_BUCKET_SIZE",
        "routers.limiter.burst",
        Form::Number,
    ),
    (
        "RATE_LIMIT_REFILL_RATE",
        "routers.limiter.refill",
        Form::Number,
    ),
    (
        "RATE_LIMIT_REFILL_INTERVAL",
        "routers.limiter.interval_ms",
        Form::Number,
    ),
    (
        "MAX_RATE_LIMIT_QUEUE",
        "routers.limiter.queue",
        Form::Number,
    ),
    (
        "REQUEST_QUEUE_MAX_SIZE",
        "routers.limiter.queue",
        Form::Number,
    ),
    (
        "ENABLE_PRIORITY_QUEUE",
        "routers.limiter.prioritised",
        Form::Flag,
    ),
    (
        "ENABLE_QUEUE_PRIORITY",
        "routers.limiter.prioritised",
        Form::Flag,
    ),
    (
        "ENABLE_RATE_LIMITING",
        "routers.limiter.burst",
        Form::OffIs(0),
    ),
    (
        "CIRCUIT_BREAKER_THRESHOLD",
        "routers.breaker.threshold",
        Form::Number,
    ),
    (
        "CIRCUIT_BREAKER_TIMEOUT",
        "routers.breaker.open_s",
        Form::Millis,
    ),
    (
        "ENABLE_CIRCUIT_BREAKER",
        "routers.breaker.threshold",
        Form::OffIs(0),
    ),
    ("CACHE_DEFAULT_TTL", "routers.cache.ttl_s", Form::Millis),
    ("CACHE_MAX_SIZE", "routers.cache.max_kib", Form::Answers),
    (
        "ENABLE_CACHE_INTEGRITY",
        "routers.cache.integrity",
        Form::Flag,
    ),
];

/// Switched off last, so that it beats the time.
const LAST: (&str, &str, Form) = ("ENABLE_CACHING", "routers.cache.ttl_s", Form::OffIs(0));

/// The settings that these variables make.
///
/// # Errors
/// Names the variable that is no number, no yes or no, or says something else than another one.
pub(super) fn settings(find: impl Fn(&str) -> Option<String>) -> anyhow::Result<Config> {
    let mut said: Vec<(&str, &str, String)> = Vec::new();
    let mut layer = Config::builder();
    for (variable, setting, form) in NAMES.into_iter().chain([LAST]) {
        let Some(text) = find(variable) else {
            continue;
        };
        let Some(value) = read(variable, &text, form)? else {
            continue;
        };
        let switches_off = matches!(form, Form::OffIs(_));
        let other = said
            .iter()
            .find(|it| it.1 == setting && it.2 != value && !switches_off);
        if let Some((other, ..)) = other {
            bail!("the variables `{other}` and `{variable}` contradict each other: set one");
        }
        said.push((variable, setting, value.clone()));
        layer = layer.set_override(setting, value)?;
    }
    layer.build().context("the settings cannot be read")
}

/// The value of the setting; `None` if the variable says nothing.
fn read(variable: &str, text: &str, form: Form) -> anyhow::Result<Option<String>> {
    let number = || {
        let number = text.trim().parse::<u64>();
        number.with_context(|| format!("the variable `{variable}` must be a number, not {text:?}"))
    };
    let value = match form {
        Form::Number => number()?.to_string(),
        Form::Millis => number()?.div_ceil(1_000).to_string(),
        Form::Answers => number()?.saturating_mul(4).to_string(),
        Form::Flag => flag(variable, text)?.to_string(),
        Form::OffIs(off) => match flag(variable, text)? {
            true => return Ok(None),
            false => off.to_string(),
        },
    };
    Ok(Some(value))
}

fn flag(variable: &str, text: &str) -> anyhow::Result<bool> {
    match text.trim() {
        "true" | "1" | "yes" => Ok(true),
        "false" | "0" | "no" => Ok(false),
        _ => bail!("the variable `{variable}` must be true or false, not {text:?}"),
    }
}
