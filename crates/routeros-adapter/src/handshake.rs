//! Logs in on a fresh connection and makes sure that it is the right router that answers.

use access::{GatewayError, GatewayErrorKind as Kind, LoginMethod, Target};
use routeros_proto::{Command, Reply, ReplyKind, TrapKind, challenge_response, decode_length};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::answer::{Answer, MAX_SMALL_ANSWER};
use crate::connect::{Wire, unreachable};
use crate::failure::refusal;
use crate::inspect::serial_in;

/// How many replies one answer may have where one row is asked, so that nobody is kept waiting by replies without end.
const MAX_SMALL_REPLIES: usize = 64;

/// Logs in and, where a serial is expected, compares it.
pub(crate) async fn greet(wire: &mut Wire, target: &Target) -> Result<(), GatewayError> {
    match target.method {
        LoginMethod::Plain => plain(wire, target).await?,
        LoginMethod::LegacyMd5 => challenged(wire, target).await?,
    }
    let Some(expected) = &target.expected_serial else {
        return Ok(());
    };
    let found = serial(wire).await?;
    if found.as_ref() == Some(expected) {
        return Ok(());
    }
    let found = found.unwrap_or_else(|| "none".to_owned());
    let message = format!("another router answers: serial {found} instead of {expected}");
    Err(GatewayError::new(Kind::WrongRouter, message))
}

async fn plain(wire: &mut Wire, target: &Target) -> Result<(), GatewayError> {
    let login = Command::new("/login")
        .attr("name", &target.username)
        .attr("password", target.password.expose());
    let answer = login_answer(exchange(wire, login).await?)?;
    if answer.ret.is_some() {
        let message = "the router is older than RouterOS 6.43: choose the login method legacy_md5";
        return Err(GatewayError::new(Kind::Unsupported, message));
    }
    Ok(())
}

async fn challenged(wire: &mut Wire, target: &Target) -> Result<(), GatewayError> {
    let not_offered = || {
        let message = "the router offers no MD5 challenge: choose the login method plain";
        GatewayError::new(Kind::Unsupported, message)
    };
    let bare = exchange(wire, Command::new("/login")).await?;
    let Ok(Answer {
        ret: Some(challenge),
        ..
    }) = bare.checked()
    else {
        return Err(not_offered());
    };
    let password = target.password.expose().as_bytes();
    let response = challenge_response(password, &challenge).map_err(|_| not_offered())?;
    let login = Command::new("/login")
        .attr("name", &target.username)
        .attr("response", response);
    login_answer(exchange(wire, login).await?)?;
    Ok(())
}

/// Whatever the words, a refused login is a refused login, unless it is about permissions.
fn login_answer(answer: Answer) -> Result<Answer, GatewayError> {
    answer.checked().map_err(|trap| match trap.kind {
        TrapKind::Forbidden => refusal(&trap),
        _ => GatewayError::new(Kind::AuthFailed, trap.message),
    })
}

/// The serial of the router that answers, if it tells one.
async fn serial(wire: &mut Wire) -> Result<Option<String>, GatewayError> {
    for menu in ["/system/routerboard/print", "/system/license/print"] {
        let answer = exchange(wire, Command::new(menu)).await?;
        let rows = answer.checked().map(|it| it.rows).unwrap_or_default();
        if let Some(serial) = rows.iter().find_map(serial_in) {
            return Ok(Some(serial));
        }
    }
    Ok(None)
}

/// One command and its whole answer, before anything else may be in flight.
pub(crate) async fn exchange(wire: &mut Wire, command: Command) -> Result<Answer, GatewayError> {
    exchange_of(wire, command, MAX_SMALL_REPLIES).await
}

/// The same where the answer may have more replies.
pub(crate) async fn exchange_of(
    wire: &mut Wire,
    command: Command,
    max_replies: usize,
) -> Result<Answer, GatewayError> {
    let bytes = command.encode().map_err(|_| broke("a word is too long"))?;
    wire.writer
        .write_all(&bytes)
        .await
        .map_err(|err| broke(&err.kind().to_string()))?;
    let mut answer = Answer::default();
    for _ in 0..max_replies {
        let reply = next_reply(wire).await?;
        if *reply.kind() == ReplyKind::Fatal {
            let text = reply.fatal_text().unwrap_or_default().into_owned();
            return Err(unreachable(&format!(
                "the router ended the connection: {text}"
            )));
        }
        if answer.take(reply) {
            return Ok(answer);
        }
        if answer.bytes() > MAX_SMALL_ANSWER {
            break;
        }
    }
    Err(broke("an answer is larger than can be taken"))
}

/// The next reply that arrives.
pub(crate) async fn next_reply(wire: &mut Wire) -> Result<Reply, GatewayError> {
    let mut buffer = [0_u8; 4 * 1024];
    loop {
        let sentence = wire.decoder.next_sentence().map_err(|_| not_router_os())?;
        if let Some(sentence) = sentence {
            return Reply::try_from(sentence).map_err(|_| not_router_os());
        }
        let fresh = !wire.decoder.is_mid_sentence();
        let count = wire.reader.read(&mut buffer).await;
        let count = count.map_err(|err| broke(&err.kind().to_string()))?;
        if count == 0 {
            let message = "it was closed before the login: see the service's address list and \
                           session limit";
            return Err(if fresh {
                broke(message)
            } else {
                not_router_os()
            });
        }
        let bytes = buffer.get(..count).unwrap_or_default();
        if fresh && !begins_a_reply(bytes) {
            return Err(not_router_os());
        }
        wire.decoder.feed(bytes);
    }
}

/// A reply begins with a word that begins with `!`, its length in whatever form; greetings of other services do not.
fn begins_a_reply(bytes: &[u8]) -> bool {
    match decode_length(bytes) {
        Ok(Some((0, prefix))) => begins_a_reply(bytes.get(prefix..).unwrap_or_default()),
        Ok(Some((len, prefix))) => len > 1 && bytes.get(prefix).is_none_or(|first| *first == b'!'),
        Ok(None) => true,
        Err(_) => false,
    }
}

fn not_router_os() -> GatewayError {
    let message = "what answers does not speak the RouterOS API: is this the port of the API?";
    GatewayError::new(Kind::NotRouterOs, message)
}

fn broke(reason: &str) -> GatewayError {
    unreachable(&format!("the connection broke: {reason}"))
}

#[cfg(test)]
mod tests {
    //! Other services are told from routers by their first bytes.

    use super::begins_a_reply;

    #[test]
    fn greetings_of_other_services_are_no_replies() {
        assert!(begins_a_reply(b"\x05!done\0"));
        assert!(begins_a_reply(b"\x05") && begins_a_reply(b"\0\0\x05!done"));
        assert!(begins_a_reply(b"\xf0\0\0\0\x05!done") && begins_a_reply(b"\xf0\0"));
        let others: [&[u8]; 5] = [
            b"HTTP/1.1 400 Bad Request\r\n",
            b"SSH-2.0-ROSSSH\r\n",
            b"\x15\x03\x01\0\x02",
            b"\xff",
            b"\xf0\0\0\0\x05hello",
        ];
        for other in others {
            assert!(!begins_a_reply(other), "{other:?}");
        }
    }
}
