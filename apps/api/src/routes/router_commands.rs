//! `/routers/{id}/execute` and `/statistics`: any command on a router, and how the talking to it goes.

use std::collections::BTreeMap;

use access::{
    ExecuteCommand, Execution, ExecutionAnswer, Freshness, GatewayStatistics, LatencyFigures,
    NewExecution, PoolFigures, SessionLimit,
};
use axum::Json;
use axum::extract::State;
use kernel::{Priority, RouterKind};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use validator::Validate;

use crate::api::Api;
use crate::extract::{May, PathId, Valid};
use crate::problem::Problem;
use crate::rights::{ExecuteCommands, ReadRouters};
use crate::words;

/// A command for a router.
#[derive(Debug, Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExecuteBody {
    /// The full path. Commands that never end need the argument `once`, `count` or `duration`.
    #[validate(length(min = 2, max = 200))]
    #[schema(min_length = 2, max_length = 200, example = "/ip/hotspot/active/print")]
    command: String,
    /// Names and values, such as `.proplist`; an empty value for switches.
    #[serde(default)]
    arguments: BTreeMap<String, String>,
    /// Query words of a print, such as `?name=ann`; their order is significant.
    #[serde(default)]
    queries: Vec<String>,
    /// `critical`, `high`, `normal` or `low`.
    #[serde(default = "high")]
    #[schema(value_type = words::PriorityWord, default = "high")]
    priority: Priority,
    /// Seconds it may take. The request itself ends after `server.request_timeout_s`; the command then goes on.
    #[serde(default = "seconds")]
    #[validate(range(min = 1, max = 120))]
    #[schema(minimum = 1, maximum = 120, default = 30)]
    timeout_s: u16,
    /// Whether a print may be answered from memory, a few minutes old at most.
    #[serde(default)]
    use_cache: bool,
}

const fn high() -> Priority {
    Priority::High
}

const fn seconds() -> u16 {
    30
}

impl TryFrom<ExecuteBody> for Execution {
    type Error = Problem;

    fn try_from(body: ExecuteBody) -> Result<Self, Problem> {
        let new = NewExecution {
            path: body.command,
            arguments: body.arguments.into_iter().collect(),
            queries: body.queries,
            timeout_s: body.timeout_s,
            freshness: match body.use_cache {
                true => Freshness::MayBeCached,
                false => Freshness::Fresh,
            },
        };
        Ok(Self::new(new)?)
    }
}

/// What the router answered.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExecutionAnswer)]
pub(crate) struct AnswerBody {
    /// The rows, at most 5000; passwords and other secrets as `***`.
    rows: Vec<BTreeMap<String, String>>,
    /// What it returned at the end: the id of an added row, or a count.
    ret: Option<String>,
    /// Whether there were more rows.
    is_truncated: bool,
}

impl From<ExecutionAnswer> for AnswerBody {
    fn from(answer: ExecutionAnswer) -> Self {
        let rows = answer.rows.into_iter();
        Self {
            rows: rows.map(|row| row.into_iter().collect()).collect(),
            ret: answer.ret,
            is_truncated: answer.is_truncated,
        }
    }
}

/// How the talking to a router goes in this process, since it began.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RouterStatistics)]
pub(crate) struct StatisticsBody {
    pool: PoolBody,
    /// Null if it is switched off.
    breaker: Option<BreakerBody>,
    limiter: LimiterBody,
    cache: CacheBody,
    /// Commands sent.
    requests: u64,
    /// Calls that came to nothing, by kind.
    errors: BTreeMap<String, u64>,
    latency: LatencyBody,
}

/// The connections to a router.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PoolStatistics)]
pub(crate) struct PoolBody {
    /// With commands in flight.
    active: usize,
    /// Ready.
    idle: usize,
    /// At most, now: what is configured, or less where the router has no room for so many.
    max: usize,
    /// How many API sessions the router takes from everybody together; `null` where it was not asked or does not tell.
    session_limit: Option<u64>,
    /// How many of them others had when it was last asked.
    sessions_of_others: Option<u64>,
    /// Why the limit is not known, where the router was asked.
    session_limit_unknown: Option<&'static str>,
}

impl From<PoolFigures> for PoolBody {
    fn from(it: PoolFigures) -> Self {
        let (limit, others, reason) = match it.sessions {
            SessionLimit::NotAsked => (None, None, None),
            SessionLimit::Told { limit, others } => (Some(limit), Some(others), None),
            SessionLimit::NotTold { reason } => (None, None, Some(reason)),
        };
        Self {
            active: it.active,
            idle: it.idle,
            max: it.max,
            session_limit: limit,
            sessions_of_others: others,
            session_limit_unknown: reason,
        }
    }
}

/// A router's circuit breaker.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BreakerStatistics)]
pub(crate) struct BreakerBody {
    /// `closed`, `open` or `half_open`.
    #[schema(example = "closed")]
    state: &'static str,
    /// Failures it has counted.
    failures: u64,
    /// Calls it turned away.
    rejected: u64,
    /// Seconds it stays open yet.
    open_for_s: Option<u64>,
}

/// The queue, the limiter and the window of a router.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LimiterStatistics)]
pub(crate) struct LimiterBody {
    waiting: WaitingBody,
    /// Commands in flight.
    in_flight: usize,
    /// Commands that may be sent at once; null without a limit.
    tokens: Option<u32>,
    /// Commands refused because too many waited.
    refused: u64,
}

/// Commands that wait, by priority.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WaitingStatistics)]
pub(crate) struct WaitingBody {
    critical: usize,
    high: usize,
    normal: usize,
    low: usize,
}

/// A router's read cache.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CacheStatistics)]
pub(crate) struct CacheBody {
    /// Answers that were there.
    hits: u64,
    /// Answers that were not.
    misses: u64,
    /// Answers that were damaged, and were not given out.
    corrupt: u64,
    /// Answers it holds, roughly.
    entries: u64,
    /// Bytes it holds, roughly.
    bytes: u64,
}

/// How long the last commands took, up to 1024 of them.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LatencyStatistics)]
pub(crate) struct LatencyBody {
    /// How many.
    samples: usize,
    /// Half took at most so many microseconds.
    p50_us: Option<u32>,
    /// All but one in a hundred took at most so many microseconds.
    p99_us: Option<u32>,
}

impl From<LatencyFigures> for LatencyBody {
    fn from(figures: LatencyFigures) -> Self {
        Self {
            samples: figures.samples,
            p50_us: figures.p50_us,
            p99_us: figures.p99_us,
        }
    }
}

impl From<GatewayStatistics> for StatisticsBody {
    fn from(it: GatewayStatistics) -> Self {
        let [critical, high, normal, low] = it.limiter.waiting;
        let errors = it.errors.into_iter();
        Self {
            pool: it.pool.into(),
            breaker: it.breaker.map(|it| BreakerBody {
                state: it.state,
                failures: it.failures,
                rejected: it.rejected,
                open_for_s: it.open_for_s,
            }),
            limiter: LimiterBody {
                waiting: WaitingBody {
                    critical,
                    high,
                    normal,
                    low,
                },
                in_flight: it.limiter.in_flight,
                tokens: it.limiter.tokens,
                refused: it.limiter.refused,
            },
            cache: CacheBody {
                hits: it.cache.hits,
                misses: it.cache.misses,
                corrupt: it.cache.corrupt,
                entries: it.cache.entries,
                bytes: it.cache.bytes,
            },
            requests: it.requests,
            errors: errors
                .map(|(kind, count)| (kind.to_owned(), count))
                .collect(),
            latency: it.latency.into(),
        }
    }
}

/// The figures of a router, if there are any.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MaybeRouterStatistics)]
pub(crate) struct StatisticsAnswer {
    /// Null if this process has not talked to the router.
    statistics: Option<StatisticsBody>,
}

/// The routes of this resource.
pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(execute))
        .routes(routes!(statistics))
}

/// Executes any command on a router, once. Recorded with the names of its arguments, never with their values.
#[utoipa::path(
    post, path = "/routers/{id}/execute", operation_id = "execute_router_command", tag = "routers",
    params(("id" = String, Path, description = "A router id")),
    request_body = ExecuteBody,
    responses(
        (status = 200, description = "What the router answered", body = AnswerBody),
        (status = 502, description = "The router does not answer", body = crate::problem::ProblemBody, content_type = "application/problem+json")
    )
)]
async fn execute(
    State(api): State<Api>,
    caller: May<ExecuteCommands>,
    PathId(router): PathId<RouterKind>,
    Valid(body): Valid<ExecuteBody>,
) -> Result<Json<AnswerBody>, Problem> {
    let command = ExecuteCommand {
        router,
        priority: body.priority,
        execution: body.try_into()?,
    };
    let scope = caller.scope();
    // On a task of its own: a client that goes away must not keep it from being written down. And not repeated on a
    // conflict, because it would be executed again.
    let executed = tokio::spawn(async move {
        let it = &api.ports;
        let (store, gateway, vault, clock) = (&*it.access, &*it.gateway, &*it.vault, &*it.clock);
        access::execute_command(store, gateway, vault, clock, &scope, command).await
    });
    let answer = executed.await.map_err(|err| Problem::internal(&err))??;
    Ok(Json(answer.into()))
}

/// Shows how the talking to a router goes in this process.
#[utoipa::path(
    get, path = "/routers/{id}/statistics", operation_id = "get_router_statistics", tag = "routers",
    params(("id" = String, Path, description = "A router id")),
    responses((status = 200, description = "The figures", body = StatisticsAnswer))
)]
async fn statistics(
    State(api): State<Api>,
    caller: May<ReadRouters>,
    PathId(id): PathId<RouterKind>,
) -> Result<Json<StatisticsAnswer>, Problem> {
    let it = &api.ports;
    let found = it.access_queries.router(caller.tenant(), id).await?;
    found.ok_or_else(|| Problem::not_found("router", id))?;
    let statistics = it.gateway.statistics(id).map(StatisticsBody::from);
    Ok(Json(StatisticsAnswer { statistics }))
}
