//! `/interface/monitor-traffic`: one sample of the named interfaces.

use routeros_proto::{Command, Reply};

use super::Answer;
use crate::refusal::Refusal;
use crate::router::Router;

const RATES: [&str; 4] = [
    "rx-packets-per-second",
    "rx-bits-per-second",
    "tx-packets-per-second",
    "tx-bits-per-second",
];

/// Nothing moves between two samples of a simulated line, so every rate is zero.
pub(super) fn traffic(router: &Router, command: &Command) -> Result<Answer, Refusal> {
    let interfaces = &router[router.menus.interfaces];
    let names = command.get("interface").unwrap_or_default();
    let mut answer = Answer {
        is_listing: true,
        ..Answer::default()
    };
    for name in names.split(',') {
        if interfaces.find_one("name", name).is_none() {
            return Err(Refusal::no_match("interface"));
        }
        let mut reply = Reply::data().attr("name", name);
        for rate in RATES {
            reply = reply.attr(rate, "0");
        }
        if let Some(tag) = command.tag() {
            reply = reply.tagged(tag);
        }
        reply.encode_into(&mut answer.sentences)?;
        answer.rows += 1;
    }
    Ok(answer)
}
