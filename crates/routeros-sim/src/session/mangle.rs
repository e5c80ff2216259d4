//! Legal and less legal things done to answers on their way out, by fault.

use routeros_proto::{decode_length, encode_length};

use crate::fault::Mangling;

/// A word in the Windows codepage, as WinBox writes comments: no UTF-8.
const FOREIGN: &[u8] = b"caf\xE9";

/// The whole sentences of these bytes, their words without lengths, and what is left after them.
pub(super) fn sentences(bytes: &[u8]) -> (Vec<Vec<&[u8]>>, &[u8]) {
    let mut sentences = Vec::new();
    let mut words = Vec::new();
    let (mut rest, mut whole) = (bytes, bytes);
    while let Some((word, after)) = next_word(rest) {
        rest = after;
        if word.is_empty() {
            sentences.push(std::mem::take(&mut words));
            whole = rest;
        } else {
            words.push(word);
        }
    }
    (sentences, whole)
}

fn next_word(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, taken) = decode_length(bytes).ok().flatten()?;
    let after = bytes.get(taken..)?;
    after.split_at_checked(usize::try_from(length).ok()?)
}

/// What is sent instead of these bytes. A half sentence at their end stays as it is.
pub(super) fn mangled(bytes: &[u8], how: Mangling) -> Vec<u8> {
    let (sentences, half) = sentences(bytes);
    let mut out = Vec::with_capacity(bytes.len() * 2);
    for sentence in sentences {
        for sentence in changed(&sentence, how) {
            for word in &sentence {
                put_word(word, how, &mut out);
            }
            put_word(b"", how, &mut out);
        }
    }
    out.extend_from_slice(half);
    out
}

/// One sentence as it is sent, after the one that was put before it.
fn changed(words: &[&[u8]], how: Mangling) -> Vec<Vec<Vec<u8>>> {
    let mut words: Vec<Vec<u8>> = words.iter().map(|word| word.to_vec()).collect();
    let kind = words.first().cloned().unwrap_or_default();
    match kind.as_slice() {
        b"!trap" if how.extra_trap_attribute => insert(&mut words, b"=reason=simulated".to_vec()),
        b"!re" => {
            if how.bad_utf8 {
                spoil_comment(&mut words);
            }
            if how.duplicate_keys {
                duplicate(&mut words);
            }
        }
        b"!done" if how.unknown_reply => {
            let mut unknown = vec![b"!note".to_vec()];
            unknown.extend(words.iter().filter(|word| is_tag(word)).cloned());
            return vec![unknown, words];
        }
        _ => {}
    }
    vec![words]
}

fn is_tag(word: &[u8]) -> bool {
    word.starts_with(b".tag=")
}

/// Puts a word behind the attributes and before the tag.
fn insert(words: &mut Vec<Vec<u8>>, word: Vec<u8>) {
    let at = words.iter().position(|word| is_tag(word));
    words.insert(at.unwrap_or(words.len()), word);
}

fn spoil_comment(words: &mut Vec<Vec<u8>>) {
    let comment = words.iter_mut().find(|word| word.starts_with(b"=comment="));
    match comment {
        Some(comment) => {
            comment.push(b' ');
            comment.extend_from_slice(FOREIGN);
        }
        None => insert(words, [b"=comment=", FOREIGN].concat()),
    }
}

fn duplicate(words: &mut Vec<Vec<u8>>) {
    let last = words.iter().rfind(|word| word.starts_with(b"=")).cloned();
    for word in last
        .into_iter()
        .chain([b"=.about=first".to_vec(), b"=.about=second".to_vec()])
    {
        insert(words, word);
    }
}

fn put_word(word: &[u8], how: Mangling, out: &mut Vec<u8>) {
    // Words of answers are far shorter; one that is not would have been refused when encoded.
    let length = u32::try_from(word.len()).unwrap_or(u32::MAX);
    if how.long_lengths {
        out.push(0xF0);
        out.extend_from_slice(&length.to_be_bytes());
    } else {
        encode_length(length, out);
    }
    out.extend_from_slice(word);
}
