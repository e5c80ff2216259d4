//! Reads everything an import may be made of, one menu after the other.
//!
//! Each menu is turned into its short form before the next is asked for, so that no more than one answer is in memory.

use std::borrow::Cow;
use std::time::Duration;

use access::adoption::{
    MAX_SURVEY_ROWS, Raw, Survey, SurveyedLease, SurveyedLogin, SurveyedPassword, SurveyedProfile,
    SurveyedQueue, SurveyedRate, SurveyedScript, UnreadMenu,
};
use access::{Burst, GatewayError, GatewayErrorKind as Kind, RateLimit, RowId, Service};
use kernel::Secret;
use routeros_proto::{Command, Query, RatePair, Reply, parse_bool, parse_optional_duration};

use crate::line::Line;

/// What Mikhmon writes into the comment of a sale.
const SALES_COMMENT: &str = "mikhmon";

/// Everything an import may be made of.
pub(crate) async fn survey(line: &Line) -> Result<Survey, GatewayError> {
    let mut survey = Survey {
        zone: zone(line).await?,
        ..Survey::default()
    };
    for service in [Service::Pppoe, Service::Hotspot] {
        let rows = rows(line, profile_print(service)).await?;
        let profiles = rows.iter().filter_map(|it| profile(service, it));
        survey.profiles.extend(profiles);
    }
    for service in [Service::Pppoe, Service::Hotspot] {
        let rows = rows(line, login_print(service)).await?;
        let logins = rows.iter().filter_map(|it| login(service, it));
        survey.logins.extend(logins);
    }
    sort_out_hidden_passwords(&mut survey.logins);
    let unread = &mut survey.unread;
    let queues = optional(line, "/queue/simple", queue_print(), unread).await?;
    survey.queues = queues.iter().filter_map(queue).collect();
    let leases = optional(line, "/ip/dhcp-server/lease", lease_print(), unread).await?;
    survey.leases = leases.iter().filter_map(lease).collect();
    let scripts = optional(line, "/system/script", sales_print(), unread).await?;
    survey.sales = scripts.iter().filter_map(script).collect();
    Ok(survey)
}

/// The rows of a menu; none if the router lacks it.
async fn rows(line: &Line, command: Command) -> Result<Vec<Reply>, GatewayError> {
    let menu = command.path().to_owned();
    let rows = match line.read_table(command).await {
        Ok(answer) => answer.rows,
        Err(err) if err.kind == Kind::Unsupported => Vec::new(),
        Err(err) => return Err(err),
    };
    if rows.len() > MAX_SURVEY_ROWS {
        let message = format!(
            "{menu} shows more than {MAX_SURVEY_ROWS} rows, which is too many for an import"
        );
        return Err(GatewayError::new(Kind::Other, message));
    }
    Ok(rows)
}

/// The same for a menu an import can do without: if the router refuses it, that is noted.
async fn optional(
    line: &Line,
    menu: &'static str,
    command: Command,
    unread: &mut Vec<UnreadMenu>,
) -> Result<Vec<Reply>, GatewayError> {
    match rows(line, command).await {
        Err(err) if !err.concerns_router() => {
            let reason = err.message;
            unread.push(UnreadMenu { menu, reason });
            Ok(Vec::new())
        }
        rows => rows,
    }
}

async fn zone(line: &Line) -> Result<Option<String>, GatewayError> {
    let print = Command::new("/system/clock/print").proplist(["time-zone-name"]);
    match line.read(print).await {
        Ok(answer) => Ok(answer
            .rows
            .first()
            .and_then(|it| text(it, "time-zone-name"))),
        Err(err) if err.concerns_router() => Err(err),
        Err(_) => Ok(None),
    }
}

fn print(menu: &str, properties: &[&str]) -> Command {
    Command::new(format!("{menu}/print")).proplist(properties.iter().copied())
}

fn profile_print(service: Service) -> Command {
    let common = [
        ".id",
        "name",
        "rate-limit",
        "address-list",
        "session-timeout",
        "idle-timeout",
    ];
    if service == Service::Hotspot {
        let own = ["address-pool", "shared-users", "on-login"];
        return print("/ip/hotspot/user/profile", &[&common[..], &own].concat());
    }
    print(
        "/ppp/profile",
        &[&common[..], &["remote-address", "local-address"]].concat(),
    )
}

fn login_print(service: Service) -> Command {
    let common = [
        ".id", "name", "profile", "password", "comment", "disabled", "dynamic",
    ];
    if service == Service::Hotspot {
        let own = [
            "server",
            "limit-uptime",
            "limit-bytes-total",
            "uptime",
            "bytes-in",
            "bytes-out",
        ];
        return print("/ip/hotspot/user", &[&common[..], &own].concat());
    }
    print("/ppp/secret", &[&common[..], &["service"]].concat())
}

fn queue_print() -> Command {
    print(
        "/queue/simple",
        &[
            ".id",
            "name",
            "target",
            "max-limit",
            "burst-limit",
            "burst-threshold",
            "burst-time",
            "parent",
            "dst",
            "packet-marks",
            "time",
            "comment",
            "disabled",
            "dynamic",
        ],
    )
}

fn lease_print() -> Command {
    print(
        "/ip/dhcp-server/lease",
        &[
            ".id",
            "address",
            "mac-address",
            "server",
            "rate-limit",
            "address-lists",
            "block-access",
            "comment",
            "disabled",
            "dynamic",
        ],
    )
}

fn sales_print() -> Command {
    print("/system/script", &[".id", "name"]).query(Query::equals("comment", SALES_COMMENT))
}

fn profile(service: Service, row: &Reply) -> Option<SurveyedProfile> {
    let set = |name| text(row, name).filter(|it| it != "none");
    let pool = if service == Service::Hotspot {
        "address-pool"
    } else {
        "remote-address"
    };
    Some(SurveyedProfile {
        service,
        row: id(row)?,
        name: raw(row, "name"),
        rate: rate(&text(row, "rate-limit").unwrap_or_default()),
        pool: set(pool),
        address_list: set("address-list"),
        local_address: set("local-address"),
        shared_users: set("shared-users"),
        session_timeout_s: seconds(row, "session-timeout"),
        idle_timeout_s: seconds(row, "idle-timeout"),
        on_login: raw(row, "on-login"),
    })
}

/// The speed, where the product has words for it: no priority, no guarantee, one averaging time.
fn rate(text: &str) -> SurveyedRate {
    let Ok(limit) = text.parse::<routeros_proto::RateLimit>() else {
        return if text.trim().is_empty() {
            SurveyedRate::Unlimited
        } else {
            SurveyedRate::Other(text.to_owned())
        };
    };
    if limit == routeros_proto::RateLimit::steady(RatePair::ZERO) {
        return SurveyedRate::Unlimited;
    }
    known_rate(&limit).map_or_else(|| SurveyedRate::Other(text.to_owned()), SurveyedRate::Known)
}

fn known_rate(limit: &routeros_proto::RateLimit) -> Option<RateLimit> {
    if limit.guaranteed.is_some() || limit.priority.is_some_and(|it| it != 8) {
        return None;
    }
    let steady = RateLimit::steady(limit.rate.rx_bps, limit.rate.tx_bps);
    let Some(it) = limit.burst else {
        return Some(steady);
    };
    let time_s = u32::try_from(it.rx_seconds).ok()?;
    (it.rx_seconds == it.tx_seconds).then_some(RateLimit {
        burst: Some(Burst {
            up_bps: it.rate.rx_bps,
            down_bps: it.rate.tx_bps,
            up_threshold_bps: it.threshold.rx_bps,
            down_threshold_bps: it.threshold.tx_bps,
            time_s,
        }),
        ..steady
    })
}

fn login(service: Service, row: &Reply) -> Option<SurveyedLogin> {
    let bytes = |name| text(row, name).and_then(|it| it.parse::<u64>().ok());
    let server = row
        .get_raw("server")
        .filter(|it| !it.is_empty() && *it != b"all");
    let used = bytes("bytes-in").unwrap_or(0);
    Some(SurveyedLogin {
        service,
        row: id(row)?,
        name: raw(row, "name"),
        profile: raw(row, "profile"),
        server: server.map(Raw::new),
        ppp_service: text(row, "service").filter(|it| it != "any"),
        password: password(row),
        comment: raw(row, "comment"),
        is_disabled: flag(row, "disabled"),
        is_dynamic: flag(row, "dynamic"),
        limit_uptime_s: seconds(row, "limit-uptime"),
        limit_bytes: bytes("limit-bytes-total").filter(|it| *it > 0),
        uptime_s: seconds(row, "uptime").unwrap_or(0),
        bytes: used.saturating_add(bytes("bytes-out").unwrap_or(0)),
    })
}

/// Hidden passwords are left out or shown as stars; so, left out, are empty ones.
fn password(row: &Reply) -> SurveyedPassword {
    let Some(bytes) = row.get_raw("password").filter(|it| !it.is_empty()) else {
        return SurveyedPassword::Empty;
    };
    match std::str::from_utf8(bytes) {
        Ok(text) if text.bytes().all(|it| it == b'*') => SurveyedPassword::Hidden,
        Ok(text) => SurveyedPassword::Shown(Secret::new(text)),
        Err(_) => SurveyedPassword::NotText,
    }
}

/// A router that shows no password at all hides them: then none is known to be empty.
fn sort_out_hidden_passwords(logins: &mut [SurveyedLogin]) {
    let shows = |it: &SurveyedLogin| {
        matches!(
            it.password,
            SurveyedPassword::Shown(_) | SurveyedPassword::NotText
        )
    };
    if logins.iter().any(shows) {
        return;
    }
    for login in logins {
        login.password = SurveyedPassword::Hidden;
    }
}

fn queue(row: &Reply) -> Option<SurveyedQueue> {
    let made = !flag(row, "dynamic");
    made.then_some(SurveyedQueue {
        row: id(row)?,
        name: raw(row, "name"),
        target: text(row, "target").unwrap_or_default(),
        max_limit: text(row, "max-limit").unwrap_or_default(),
        rate: queue_rate(row),
        parent: text(row, "parent").filter(|it| it != "none"),
        is_narrow: ["dst", "packet-marks", "time"]
            .iter()
            .any(|it| text(row, it).is_some_and(|it| it != "0.0.0.0/0")),
        is_disabled: flag(row, "disabled"),
        comment: raw(row, "comment"),
    })
}

/// The speed of a queue and its burst, in the words of a profile.
fn queue_rate(row: &Reply) -> SurveyedRate {
    let pair = |name| {
        let text = text(row, name).unwrap_or_default();
        match text.trim() {
            "" => Ok(RatePair::ZERO),
            text => text.parse::<RatePair>(),
        }
    };
    let (steady, burst, threshold) = (
        pair("max-limit"),
        pair("burst-limit"),
        pair("burst-threshold"),
    );
    let (Ok(steady), Ok(burst), Ok(threshold)) = (steady, burst, threshold) else {
        return SurveyedRate::Other(text(row, "max-limit").unwrap_or_default());
    };
    let steady_only = RateLimit::steady(steady.rx_bps, steady.tx_bps);
    if burst == RatePair::ZERO {
        return match steady {
            RatePair::ZERO => SurveyedRate::Unlimited,
            _ => SurveyedRate::Known(steady_only),
        };
    }
    let Some(time_s) = burst_seconds(&text(row, "burst-time").unwrap_or_default()) else {
        return SurveyedRate::Other(text(row, "burst-time").unwrap_or_default());
    };
    SurveyedRate::Known(RateLimit {
        burst: Some(Burst {
            up_bps: burst.rx_bps,
            down_bps: burst.tx_bps,
            up_threshold_bps: threshold.rx_bps,
            down_threshold_bps: threshold.tx_bps,
            time_s,
        }),
        ..steady_only
    })
}

/// The averaging time, if it is the same in both directions: `10s/10s`.
fn burst_seconds(text: &str) -> Option<u32> {
    let (up, down) = text.split_once('/').unwrap_or((text, text));
    let seconds = |it: &str| Some(parse_optional_duration(it).ok()??.as_secs());
    let up = seconds(up)?;
    (seconds(down) == Some(up)).then(|| u32::try_from(up).ok())?
}

fn lease(row: &Reply) -> Option<SurveyedLease> {
    let made = !flag(row, "dynamic");
    made.then_some(SurveyedLease {
        row: id(row)?,
        address: text(row, "address").unwrap_or_default(),
        device: text(row, "mac-address").unwrap_or_default(),
        server: text(row, "server").unwrap_or_default(),
        rate: rate(&text(row, "rate-limit").unwrap_or_default()),
        address_lists: text(row, "address-lists").unwrap_or_default(),
        is_blocked: flag(row, "block-access"),
        is_disabled: flag(row, "disabled"),
        comment: raw(row, "comment"),
    })
}

fn script(row: &Reply) -> Option<SurveyedScript> {
    Some(SurveyedScript {
        row: id(row)?,
        name: raw(row, "name"),
    })
}

fn id(row: &Reply) -> Option<RowId> {
    text(row, ".id").map(RowId::new)
}

fn text(row: &Reply, name: &str) -> Option<String> {
    row.get(name)
        .map(Cow::into_owned)
        .filter(|it| !it.is_empty())
}

fn raw(row: &Reply, name: &str) -> Raw {
    Raw::new(row.get_raw(name).unwrap_or_default())
}

fn flag(row: &Reply, name: &str) -> bool {
    row.get(name).is_some_and(|it| parse_bool(&it) == Ok(true))
}

/// Whole seconds, if the router names a span above zero.
fn seconds(row: &Reply, name: &str) -> Option<u64> {
    let span = parse_optional_duration(&text(row, name)?).ok().flatten()?;
    (span > Duration::ZERO).then_some(span.as_secs())
}

#[cfg(test)]
mod tests {
    //! Rows of every kind, as routers print them.
    #![allow(clippy::unwrap_used)]

    use access::Service;
    use access::adoption::{Raw, SurveyedPassword, SurveyedRate};
    use routeros_proto::Reply;

    use super::{login, rate, sort_out_hidden_passwords};

    fn row(password: &[u8]) -> Reply {
        Reply::data()
            .attr(".id", "*1")
            .attr("name", "ab23")
            .attr("password", password)
            .attr("comment", b"caf\xe9")
            .attr("limit-uptime", "1h")
            .attr("uptime", "1m5s")
            .attr("bytes-in", "100")
            .attr("bytes-out", "23")
            .attr("disabled", "true")
    }

    #[test]
    fn bytes_stay_bytes_and_counters_add_up() {
        let found = login(Service::Hotspot, &row(b"pw")).unwrap();
        assert_eq!(found.comment, Raw::new(&b"caf\xe9"[..]));
        assert_eq!(found.limit_uptime_s, Some(3_600));
        assert_eq!((found.uptime_s, found.bytes), (65, 123));
        assert!(found.is_disabled && !found.is_dynamic);
    }

    #[test]
    fn an_empty_password_and_a_hidden_one_are_told_apart() {
        let passwords = |rows: &[&[u8]]| {
            let logins = rows
                .iter()
                .filter_map(|it| login(Service::Hotspot, &row(it)));
            let mut logins: Vec<_> = logins.collect();
            sort_out_hidden_passwords(&mut logins);
            logins.into_iter().map(|it| it.password).collect::<Vec<_>>()
        };
        let [first, second] = &passwords(&[b"", b"pw"])[..] else {
            return assert!(passwords(&[b"", b"pw"]).len() == 2);
        };
        assert_eq!(*first, SurveyedPassword::Empty);
        assert!(matches!(second, SurveyedPassword::Shown(_)));
        assert_eq!(
            passwords(&[b"", b"****"]),
            [SurveyedPassword::Hidden, SurveyedPassword::Hidden]
        );
        assert_eq!(passwords(&[b"\xe9"]), [SurveyedPassword::NotText]);
    }

    #[test]
    fn speeds_without_words_here_keep_the_routers() {
        assert_eq!(rate(""), SurveyedRate::Unlimited);
        assert_eq!(rate("0/0"), SurveyedRate::Unlimited);
        assert!(matches!(rate("2M/8M"), SurveyedRate::Known(it) if it.down_bps == 8_000_000));
        assert!(matches!(
            rate("5M/20M 8M/30M 4M/15M 10/10"),
            SurveyedRate::Known(_)
        ));
        assert!(matches!(
            rate("5M/20M 8M/30M 4M/15M 10/10 1"),
            SurveyedRate::Other(_)
        ));
        assert!(matches!(rate("fast"), SurveyedRate::Other(_)));
    }
}
