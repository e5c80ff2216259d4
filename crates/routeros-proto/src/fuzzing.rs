//! What must hold for any bytes: the bodies of the fuzz targets, also run as property tests.
//!
//! Each function takes what a fuzzer makes up and stops the run when a promise is broken.

use std::str::FromStr;

use crate::{
    Command, DecodeError, ItemId, Limits, Mac, Query, RateLimit, RatePair, Reply, Sentence,
    SentenceDecoder, format_bool, format_duration, format_rate, parse_bool, parse_duration,
    parse_rate,
};

/// Small, so that limits are met.
const LIMITS: Limits = Limits {
    max_word_bytes: 1_024,
    max_sentence_bytes: 4_096,
    max_words: 32,
};

/// Bytes from a stranger: however they are cut, the same sentences and the same error come out,
/// what is kept stays within the limits, and every sentence can be looked at.
///
/// The first byte says how the rest is cut.
pub fn decoder(data: &[u8]) {
    let Some((&cut, stream)) = data.split_first() else {
        return;
    };
    let whole = decode(stream, stream.len());
    assert_eq!(decode(stream, usize::from(cut)), whole);
    for sentence in &whole.0 {
        look_at(sentence);
    }
}

/// Words of any bytes: the sentence they make is read back under any cut, beside another one.
///
/// The first byte says how the stream is cut, the second one how the data is divided into words.
pub fn sentences(data: &[u8]) {
    let [cut, len, words @ ..] = data else {
        return;
    };
    let mut words = words.chunks(usize::from(*len).saturating_add(1));
    let first: Vec<&[u8]> = words.by_ref().take(LIMITS.max_words / 2).collect();
    let second: Vec<&[u8]> = words.take(LIMITS.max_words / 2).collect();
    let all: Vec<Sentence> = [first, second]
        .into_iter()
        .filter(|it| !it.is_empty())
        .map(|words| {
            let sentence = Sentence::new(&words);
            assert!(sentence.words().eq(words.iter().copied()));
            sentence
        })
        .collect();
    let mut stream = Vec::new();
    for sentence in &all {
        match sentence.encode() {
            Ok(bytes) => stream.extend(bytes),
            Err(error) => unreachable!("words that are neither empty nor long: {error}"),
        }
    }
    let (read, error) = decode(&stream, usize::from(*cut));
    assert_eq!(error, None);
    assert_eq!(read, all);
}

/// A query word: what is read is written as a word that reads back the same.
pub fn query(data: &[u8]) {
    if let Ok(query) = Query::parse(data) {
        assert_eq!(Query::parse(&query.to_word()), Ok(query));
    }
    let mut word = b"?#".to_vec();
    word.extend_from_slice(data);
    if let Ok(query) = Query::parse(&word) {
        assert_eq!(Query::parse(&query.to_word()), Ok(query));
    }
}

/// A value as a router may print it: whatever can be read is written in a form that reads back
/// as the same value.
pub fn value(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    returns::<RateLimit>(&text);
    returns::<RatePair>(&text);
    returns::<Mac>(&text);
    returns::<ItemId>(&text);
    if let Ok(rate) = parse_rate(&text) {
        assert_eq!(parse_rate(&format_rate(rate)), Ok(rate));
    }
    if let Ok(span) = parse_duration(&text) {
        assert_eq!(parse_duration(&format_duration(span)), Ok(span));
    }
    if let Ok(value) = parse_bool(&text) {
        assert_eq!(parse_bool(format_bool(value)), Ok(value));
    }
    // Either half may be right.
    let (_, _) = (
        crate::classify(&text),
        crate::challenge_response(data, &text),
    );
}

fn returns<T>(text: &str)
where
    T: FromStr<Err: std::fmt::Debug + PartialEq> + ToString + PartialEq + std::fmt::Debug,
{
    if let Ok(value) = text.parse::<T>() {
        assert_eq!(value.to_string().parse::<T>(), Ok(value));
    }
}

/// Everything a stream holds, read in pieces of `cut` bytes (at least one).
fn decode(stream: &[u8], cut: usize) -> (Vec<Sentence>, Option<DecodeError>) {
    let mut decoder = SentenceDecoder::new(LIMITS);
    let mut read = Vec::new();
    for piece in stream.chunks(cut.max(1)) {
        decoder.feed(piece);
        loop {
            match decoder.next_sentence() {
                Ok(Some(sentence)) => read.push(sentence),
                Ok(None) => break,
                Err(error) => return (read, Some(error)),
            }
        }
    }
    (read, None)
}

/// Reads a sentence as both ends do; what is written again says the same.
fn look_at(sentence: &Sentence) {
    let bytes: usize = sentence.words().map(<[u8]>::len).sum();
    assert!(bytes <= LIMITS.max_sentence_bytes);
    assert!(sentence.words().count() <= LIMITS.max_words);
    assert_eq!(
        sentence.encode().map(|bytes| decode(&bytes, 7)),
        Ok((vec![sentence.clone()], None))
    );
    if let Ok(reply) = Reply::parse(sentence) {
        let again = reply.encode().map(|bytes| decode(&bytes, 7).0);
        let again = again.ok().and_then(|it| Reply::parse(it.first()?).ok());
        assert_eq!(again.as_ref(), Some(&reply));
        let (_, _) = (reply.as_trap(), reply.id());
    }
    if let Ok(command) = Command::parse(sentence) {
        let again = command.encode().map(|bytes| decode(&bytes, 7).0);
        let again = again.ok().and_then(|it| Command::parse(it.first()?).ok());
        // Names that are no text grow when they are shown, so the limits may not hold again.
        assert!(again.is_none_or(|it| it == command));
    }
}
