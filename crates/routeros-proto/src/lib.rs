//! The RouterOS API wire format: words, sentences, replies, queries and logins, without IO.
//!
//! A client writes [`Command`]s and reads [`Reply`]s; a server does the reverse. Bytes come from
//! anywhere: [`SentenceDecoder`] is fed what arrived and yields whole sentences, so any runtime
//! (or none) can drive it. Words are bytes, because routers store bytes: text accessors are lossy
//! and each has a raw twin.
//!
//! ```
//! use routeros_proto::{Command, Limits, Query, Reply, SentenceDecoder};
//!
//! let command = Command::new("/ppp/secret/print")
//!     .query(Query::equals("name", "siti"))
//!     .proplist([".id", "name"])
//!     .tagged("7");
//! let on_the_wire = command.encode()?;
//!
//! let mut decoder = SentenceDecoder::new(Limits::CLIENT);
//! decoder.feed(&on_the_wire);
//! let sentence = decoder.next_sentence()?.ok_or("a whole sentence was fed")?;
//! assert_eq!(Command::parse(&sentence)?, command);
//!
//! let reply = Reply::data().attr(".id", "*1A").attr("name", "siti").tagged("7");
//! assert_eq!(reply.get("name").as_deref(), Some("siti"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod boolean;
mod command;
mod decoder;
mod duration;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod item_id;
mod login;
mod mac;
mod query;
mod rate;
mod rate_limit;
mod reply;
mod sentence;
mod trap;
mod word;
mod words;
mod writer;

pub use boolean::{BadBool, format_bool, parse_bool};
pub use command::{Command, CommandError};
pub use decoder::{DecodeError, Limits, SentenceDecoder};
pub use duration::{BadDuration, format_duration, parse_duration, parse_optional_duration};
pub use item_id::{BadItemId, ItemId};
pub use login::{BadChallenge, challenge_response};
pub use mac::{BadMac, Mac};
pub use query::{BadQuery, Query, QueryOp};
pub use rate::{BadRate, RatePair, format_rate, parse_rate};
pub use rate_limit::{BadRateLimit, Burst, RateLimit};
pub use reply::{Attributes, Reply, ReplyError, ReplyKind};
pub use sentence::Sentence;
pub use trap::{Trap, TrapKind, classify};
pub use word::{EncodeError, LengthError, decode_length, encode_length};
pub use words::Words;
pub use writer::SentenceWriter;
