//! How many connections a router has room for: what its API service takes, less what others have.
//!
//! From 7.16 on `/ip/service` tells `max-sessions` and lists the connections of the moment as dynamic rows. Before that
//! nothing is known, and as many connections are made as are configured.

use access::{GatewayError, SessionLimit};
use routeros_proto::{Command, Query, Reply, parse_bool};

use crate::answer::Answer;
use crate::connect::Wire;
use crate::handshake::exchange_of;

/// Kept free, so that a router whose limit is reached can still be examined, or helped by hand.
const KEPT_FREE: u64 = 1;

/// The most rows that a service has: itself, and its sessions (1 to 1000).
const MAX_ROWS: usize = 1_100;

const SAYS_NOTHING: &str = "this RouterOS does not tell its session limit (7.16 and later do)";
const REFUSES: &str = "the account may not see the session limit in /ip/service";

/// Asks a router how many sessions of a service it takes. `ours` of those that run are our own.
pub(crate) async fn ask(
    wire: &mut Wire,
    service: &str,
    ours: usize,
) -> Result<SessionLimit, GatewayError> {
    let command = Command::new("/ip/service/print")
        .proplist(["name", "max-sessions", "dynamic"])
        .query(Query::equals("name", service));
    let answer = exchange_of(wire, command, MAX_ROWS).await?;
    Ok(match answer.checked() {
        Ok(answer) => read(&answer, service, ours),
        Err(_) => SessionLimit::NotTold { reason: REFUSES },
    })
}

fn read(answer: &Answer, service: &str, ours: usize) -> SessionLimit {
    let is_it = |it: &&Reply| it.get("name").is_some_and(|it| it == service);
    let is_dynamic = |it: &Reply| {
        it.get("dynamic")
            .is_some_and(|it| parse_bool(&it) == Ok(true))
    };
    let rows = || answer.rows.iter().filter(is_it);
    let told = rows().filter(|it| !is_dynamic(it)).find_map(limit);
    let Some(limit) = told else {
        let reason = SAYS_NOTHING;
        return SessionLimit::NotTold { reason };
    };
    let running = rows().filter(|it| is_dynamic(it)).count();
    let others = u64::try_from(running.saturating_sub(ours)).unwrap_or(u64::MAX);
    SessionLimit::Told { limit, others }
}

fn limit(row: &Reply) -> Option<u64> {
    row.get("max-sessions")?.trim().parse().ok()
}

/// How many of the configured connections a router has room for; one at least, or nothing could be done.
pub(crate) fn connections(known: SessionLimit, configured: usize) -> usize {
    match known {
        // The first one finds out.
        SessionLimit::NotAsked => 1,
        SessionLimit::NotTold { .. } => configured,
        SessionLimit::Told { limit, others } => {
            let left = limit.saturating_sub(others).saturating_sub(KEPT_FREE);
            let left = usize::try_from(left).unwrap_or(usize::MAX);
            left.clamp(1, configured)
        }
    }
}

/// Whether another session can be had beside the one that has just asked; where nobody knows, it is assumed.
pub(crate) const fn has_spare(known: SessionLimit) -> bool {
    match known {
        SessionLimit::NotAsked | SessionLimit::NotTold { .. } => true,
        SessionLimit::Told { limit, others } => limit.saturating_sub(others) > 1,
    }
}

#[cfg(test)]
mod tests {
    //! What others have is not ours, and one is always kept free.

    use access::SessionLimit;
    use routeros_proto::Reply;

    use super::{connections, read};
    use crate::answer::Answer;

    fn service(name: &str, limit: &str) -> Reply {
        Reply::data().attr("name", name).attr("max-sessions", limit)
    }

    fn session(name: &str) -> Reply {
        Reply::data().attr("name", name).attr("dynamic", "true")
    }

    fn answer(rows: Vec<Reply>) -> Answer {
        let mut answer = Answer::default();
        for row in rows {
            answer.take(row);
        }
        answer
    }

    #[test]
    fn sessions_of_other_services_do_not_count_and_neither_do_our_own() {
        let rows = vec![
            service("api", "5"),
            service("api-ssl", "20"),
            session("api"),
            session("api"),
            session("api"),
            session("api-ssl"),
        ];
        let found = read(&answer(rows), "api", 1);
        let (limit, others) = (5, 2);
        assert_eq!(found, SessionLimit::Told { limit, others });
        let bare = read(&answer(vec![Reply::data().attr("name", "api")]), "api", 1);
        assert!(matches!(bare, SessionLimit::NotTold { .. }));
    }

    #[test]
    fn never_more_than_is_left_and_never_none() {
        let told = |limit, others| SessionLimit::Told { limit, others };
        let cases = [
            (SessionLimit::NotAsked, 1),
            (SessionLimit::NotTold { reason: "old" }, 4),
            (told(20, 0), 4),
            (told(20, 16), 3),
            (told(5, 0), 4),
            (told(4, 0), 3),
            (told(3, 1), 1),
            (told(1, 0), 1),
            (told(1, 9), 1),
        ];
        for (known, expected) in cases {
            assert_eq!(connections(known, 4), expected, "{known:?}");
        }
    }
}
