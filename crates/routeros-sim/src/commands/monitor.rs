//! `/interface/monitor-traffic`: one sample of the named interfaces.

use routeros_proto::{Command, Reply};

use super::Answer;
use crate::refusal::Refusal;
use crate::router::Router;

/// What a packet is assumed to carry, in bytes.
const BYTES_PER_PACKET: u64 = 1_000;

/// One sample: what the customers behind each interface use in a second.
pub(super) fn traffic(router: &Router, command: &Command) -> Result<Answer, Refusal> {
    let interfaces = &router[router.menus.interfaces];
    let names = command.get("interface").unwrap_or_default();
    let mut answer = Answer {
        is_listing: true,
        ..Answer::default()
    };
    for name in names.split(',') {
        let row = interfaces.find_one("name", name);
        let row = row.ok_or_else(|| Refusal::no_match("interface"))?;
        let (up, down) = router.interface_rate(row.id);
        let mut reply = Reply::data().attr("name", name);
        for (direction, bytes) in [("rx", up), ("tx", down)] {
            let packets = bytes.div_ceil(BYTES_PER_PACKET);
            let bits = bytes.saturating_mul(8);
            for (unit, rate) in [("packets", packets), ("bits", bits)] {
                let name = format!("{direction}-{unit}-per-second");
                reply = reply.attr(&name, rate.to_string());
            }
        }
        if let Some(tag) = command.tag() {
            reply = reply.tagged(tag);
        }
        reply.encode_into(&mut answer.sentences)?;
        answer.rows += 1;
    }
    Ok(answer)
}
