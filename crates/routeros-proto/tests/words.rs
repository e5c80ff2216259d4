//! Word lengths, sentences and the decoder, against the table of known encodings.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::{Strategy, any, prop};
use proptest::{prop_assert_eq, proptest};
use routeros_proto::{
    DecodeError, EncodeError, LengthError, Limits, Sentence, SentenceDecoder, SentenceWriter,
    decode_length, encode_length,
};

/// Lengths and their minimal encodings (MikroTik manual, "API words").
const LENGTHS: [(u32, &str); 12] = [
    (0, "00"),
    (1, "01"),
    (127, "7f"),
    (128, "8080"),
    (256, "8100"),
    (16_383, "bfff"),
    (16_384, "c04000"),
    (2_097_151, "dfffff"),
    (2_097_152, "e0200000"),
    (268_435_455, "efffffff"),
    (268_435_456, "f010000000"),
    (4_294_967_295, "f0ffffffff"),
];

fn decoder() -> SentenceDecoder {
    SentenceDecoder::new(Limits::CLIENT)
}

fn small(max_word_bytes: usize, max_sentence_bytes: usize, max_words: usize) -> SentenceDecoder {
    SentenceDecoder::new(Limits {
        max_word_bytes,
        max_sentence_bytes,
        max_words,
    })
}

#[test]
fn every_length_form_is_written_minimally() {
    for (len, expected) in LENGTHS {
        let mut out = Vec::new();
        encode_length(len, &mut out);
        assert_eq!(hex::encode(&out), expected, "length {len}");
    }
}

#[test]
fn every_length_form_is_read_back_and_cut_forms_wait_for_more() {
    for (len, encoded) in LENGTHS {
        let bytes = hex::decode(encoded).unwrap();
        assert_eq!(decode_length(&bytes), Ok(Some((len, bytes.len()))));
        for cut in 0..bytes.len() {
            assert_eq!(decode_length(&bytes[..cut]), Ok(None));
        }
    }
}

#[test]
fn longer_forms_than_needed_are_accepted() {
    for encoded in ["05", "8005", "c00005", "e0000005", "f000000005"] {
        let bytes = hex::decode(encoded).unwrap();
        assert_eq!(decode_length(&bytes), Ok(Some((5, bytes.len()))));
    }
}

#[test]
fn control_bytes_are_refused() {
    for byte in 0xF8..=0xFF {
        assert_eq!(decode_length(&[byte, 0, 0, 0, 0]), Err(LengthError(byte)));
    }
    for byte in 0xF0..=0xF7 {
        assert_eq!(decode_length(&[byte, 0, 0, 0, 9]), Ok(Some((9, 5))));
    }
}

#[test]
fn words_with_five_byte_lengths_make_a_sentence() {
    let mut decoder = decoder();
    decoder.feed(&hex::decode("f0000000052f71756974f000000000").unwrap());
    let sentence = decoder.next_sentence().unwrap().unwrap();
    assert_eq!(sentence, Sentence::new(["/quit"]));
    assert_eq!(sentence.encode().unwrap(), b"\x05/quit\0");
    let again = Sentence::new(["/quit"]);
    assert_eq!(sentence.words().count(), again.words().count());
    assert_eq!(decoder.next_sentence(), Ok(None));
    assert!(!decoder.is_mid_sentence());
}

#[test]
fn empty_sentences_are_ignored() {
    let mut decoder = decoder();
    decoder.feed(&[0, 0, 0]);
    assert_eq!(decoder.next_sentence(), Ok(None));
    decoder.feed(&Sentence::new(["!done"]).encode().unwrap());
    assert_eq!(decoder.next_sentence(), Ok(Some(Sentence::new(["!done"]))));
}

#[test]
fn words_are_read_without_keeping_them_and_from_shared_memory() {
    let bytes = [Sentence::new(["!re", "=a=1"]), Sentence::new(["!done"])]
        .map(|it| it.encode().unwrap())
        .concat();
    let mut decoder = decoder();
    decoder.feed_shared(bytes::Bytes::from(bytes.clone()));
    let words = decoder.next_words().unwrap().unwrap();
    assert_eq!(words.collect::<Vec<_>>(), [&b"!re"[..], b"=a=1"]);
    assert!(decoder.is_mid_sentence());
    // The second one comes in two pieces, the last of them shared.
    let rest = bytes::Bytes::from(bytes);
    assert_eq!(decoder.next_sentence(), Ok(Some(Sentence::new(["!done"]))));
    assert!(!decoder.is_mid_sentence());
    decoder.feed(&rest[..3]);
    decoder.feed_shared(rest.slice(3..));
    let count = std::iter::from_fn(|| decoder.next_sentence().unwrap()).count();
    assert_eq!(count, 2);
}

#[test]
fn an_unfinished_sentence_is_noticed() {
    let mut decoder = decoder();
    decoder.feed(&[5, b'!', b'd', b'o']);
    assert_eq!(decoder.next_sentence(), Ok(None));
    assert!(decoder.is_mid_sentence());
}

#[test]
fn limits_stop_a_hostile_stream_before_it_is_stored() {
    let mut decoder = small(8, 100, 100);
    decoder.feed(&[0xEF, 0xFF, 0xFF, 0xFF]);
    let too_long = DecodeError::WordTooLong {
        announced: 268_435_455,
        limit: 8,
    };
    assert_eq!(decoder.next_sentence(), Err(too_long));

    let mut decoder = small(8, 10, 100);
    decoder.feed(b"\x06abcdef\x06abcdef\x00");
    assert_eq!(
        decoder.next_sentence(),
        Err(DecodeError::SentenceTooLong { limit: 10 })
    );

    let mut decoder = small(8, 100, 2);
    decoder.feed(b"\x01a\x01b\x01c\x00");
    assert_eq!(
        decoder.next_sentence(),
        Err(DecodeError::TooManyWords { limit: 2 })
    );
}

#[test]
fn a_broken_stream_stays_broken() {
    let mut decoder = decoder();
    decoder.feed(&[0xFF]);
    let broken = decoder.next_sentence();
    assert_eq!(broken, Err(DecodeError::BadLength(LengthError(0xFF))));
    decoder.feed(&Sentence::new(["!done"]).encode().unwrap());
    assert_eq!(decoder.next_sentence(), broken);
}

#[test]
fn limits_may_be_widened_on_the_way() {
    let mut decoder = small(2, 100, 100);
    decoder.set_limits(Limits::CLIENT);
    decoder.feed(b"\x03abc\x00");
    assert_eq!(decoder.next_sentence(), Ok(Some(Sentence::new(["abc"]))));
}

#[test]
fn an_empty_word_cannot_be_sent() {
    assert_eq!(
        Sentence::new(["/quit", ""]).encode(),
        Err(EncodeError::EmptyWord)
    );
}

/// A word as the manual says: its length, then its bytes.
fn plainly(word: &[u8], out: &mut Vec<u8>) {
    encode_length(u32::try_from(word.len()).unwrap(), out);
    out.extend_from_slice(word);
}

#[test]
fn names_and_values_of_every_length_are_written_as_the_manual_says() {
    let text: String = ('a'..='z').cycle().take(150).collect();
    let (mut written, mut expected) = (b"before".to_vec(), b"before".to_vec());
    for name in (0..text.len()).map(|len| &text[..len]) {
        let mut writer = SentenceWriter::new(&mut written);
        for value in (0..text.len()).map(|len| &text.as_bytes()[text.len() - len..]) {
            writer.attribute(name, value).unwrap();
            let word = [b"=", name.as_bytes(), b"=", value].concat();
            plainly(&word, &mut expected);
        }
        writer.word(format!("/{name}").as_bytes()).unwrap();
        plainly(format!("/{name}").as_bytes(), &mut expected);
        writer.tag(name).unwrap();
        plainly(format!(".tag={name}").as_bytes(), &mut expected);
        writer.end();
        expected.push(0);
        assert_eq!(written, expected, "names of {} bytes", name.len());
        written.truncate(6);
        expected.truncate(6);
    }
}

#[test]
fn a_sentence_that_is_not_ended_leaves_nothing_behind() {
    let mut out = b"before".to_vec();
    for long in [3, 127, 128, 5_000] {
        let mut writer = SentenceWriter::new(&mut out);
        writer.word(&vec![b'x'; long]).unwrap();
        drop(writer);
        assert_eq!(out, b"before");
    }
}

#[test]
fn a_refused_word_leaves_the_others() {
    let mut out = Vec::new();
    let mut writer = SentenceWriter::new(&mut out);
    writer.word(b"/a").unwrap();
    assert_eq!(writer.word(b""), Err(EncodeError::EmptyWord));
    writer.attribute("", b"").unwrap();
    writer.end();
    assert_eq!(out, b"\x02/a\x02==\0");
}

fn any_sentence() -> impl Strategy<Value = Sentence> {
    let word = prop::collection::vec(any::<u8>(), 1..300);
    prop::collection::vec(word, 1..8).prop_map(Sentence::new)
}

proptest! {
    #[test]
    fn sentences_survive_any_cut(
        sentences in prop::collection::vec(any_sentence(), 1..4),
        chunk in 1_usize..50,
    ) {
        let mut bytes = Vec::new();
        for sentence in &sentences {
            bytes.extend(sentence.encode().unwrap());
        }
        let mut decoder = decoder();
        let mut read = Vec::new();
        for piece in bytes.chunks(chunk) {
            decoder.feed(piece);
            while let Some(sentence) = decoder.next_sentence().unwrap() {
                read.push(sentence);
            }
        }
        prop_assert_eq!(read, sentences);
    }

    #[test]
    fn arbitrary_bytes_never_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..600),
        chunk in 1_usize..40,
    ) {
        let mut decoder = small(64, 128, 4);
        for piece in bytes.chunks(chunk) {
            decoder.feed(piece);
            while let Ok(Some(sentence)) = decoder.next_sentence() {
                let _ = routeros_proto::Command::parse(&sentence);
                let _ = routeros_proto::Reply::parse(&sentence);
            }
        }
    }

    #[test]
    fn every_length_round_trips(len in any::<u32>()) {
        let mut out = Vec::new();
        encode_length(len, &mut out);
        prop_assert_eq!(decode_length(&out), Ok(Some((len, out.len()))));
    }
}
