//! `routeros-codec`: the wire format alone, beside copying the same bytes.
//!
//! The ways in which a user meets it: `decode` looks at the words of each sentence and keeps none, `decode-kept` takes
//! sentences that may be kept, `encode` sends sentences that are there already, `build` writes names and values. `read`
//! keeps every reply of the answer until it has ended. It has no bar: about a third of its time the kernel takes to give out
//! the memory for what is kept (page faults), while the room for the copy is there already.

use std::hint::black_box;
use std::time::Instant;

use anyhow::{Result, ensure};
use routeros_proto::{Limits, Reply, Sentence, SentenceDecoder, SentenceWriter};

use super::Extent;
use super::report::{Figure, Report};

/// How much arrives at a time, as the gateway reads it.
const READ_BYTES: usize = 16 * 1_024;

/// What a router answers when all its hotspot users are read; in a smoke run fewer.
const ROWS: u32 = 100_000;

/// Runs of each way in one round; the fastest counts, the others were interrupted.
const TRIES: usize = 7;

/// Measures decoding and encoding of one large answer.
///
/// # Errors
/// When the codec does not read what it wrote.
pub fn routeros_codec(extent: Extent) -> Result<Report> {
    let rows = extent.pick(ROWS, 1_000);
    let table = Table::of(rows)?;
    let mut found = Rates::default();
    for _ in 0..extent.rounds {
        found.take(&table)?;
    }
    let size = format!(
        "one answer of {rows} hotspot users, {} bytes, floor is copying it",
        table.wire.len()
    );
    let [decode, keep, read, encode, build] = found.ours;
    let figure = |id, ours: Vec<f64>, what: &str| {
        let figure = Figure::beside(id, "GB/s", ours, found.copy.clone());
        figure.note(format!("{what}; {size}"))
    };
    Ok(Report {
        bench: "routeros-codec",
        figures: vec![
            figure(
                "routeros-codec/decode",
                decode,
                "whole sentences, none kept",
            ),
            figure(
                "routeros-codec/decode-kept",
                keep,
                "sentences that may be kept",
            ),
            figure("routeros-codec/read", read, "replies, all kept to the end"),
            figure("routeros-codec/encode", encode, "sentences to bytes"),
            figure(
                "routeros-codec/build",
                build,
                "names and values to bytes, the same few rows again and again",
            ),
        ],
    })
}

/// The sentences of an answer, and how they are sent.
struct Table {
    sentences: Vec<Sentence>,
    wire: Vec<u8>,
}

impl Table {
    fn of(rows: u32) -> Result<Self> {
        let mut wire = Vec::new();
        for number in 0..rows {
            user(number).encode_into(&mut wire)?;
        }
        let mut decoder = SentenceDecoder::new(Limits::CLIENT);
        decoder.feed(&wire);
        let mut sentences = Vec::new();
        while let Some(sentence) = decoder.next_sentence()? {
            sentences.push(sentence);
        }
        Ok(Self { sentences, wire })
    }
}

/// A user as the gateway asks for it.
fn user(number: u32) -> Reply {
    Reply::data()
        .attr(".id", format!("*{number:X}"))
        .attr("name", format!("guest-{number}"))
        .attr("profile", "gold")
        .attr("limit-uptime", "1d2h3m")
        .attr("limit-bytes-total", "5000000000")
        .attr(
            "comment",
            format!("[wb:k3j9x2:g{number:012}:1] table {number}"),
        )
        .attr("password", format!("pw{number:08}"))
        .attr("dynamic", "false")
        .attr("disabled", "false")
        .tagged("17")
}

/// GB/s in each round.
#[derive(Default)]
struct Rates {
    copy: Vec<f64>,
    /// Decoded, decoded and kept, read, encoded, built.
    ours: [Vec<f64>; 5],
}

impl Rates {
    fn take(&mut self, table: &Table) -> Result<()> {
        let wire = &table.wire[..];
        let mut room = vec![0_u8; wire.len()];
        let mut out = Vec::with_capacity(wire.len() + READ_BYTES);
        let mut copy = || {
            black_box(&mut room[..]).copy_from_slice(wire);
            Ok(table.sentences.len())
        };
        let mut encode = || {
            out.clear();
            let sentences = black_box(&table.sentences);
            for sentence in sentences {
                sentence.encode_into(&mut out)?;
            }
            Ok(sentences.len())
        };
        let some = few_rows();
        let mut built = Vec::with_capacity(wire.len() + READ_BYTES);
        let mut best = [f64::MAX; 6];
        for _ in 0..TRIES {
            let times = [
                table.time(&mut copy)?,
                table.time(|| decode(wire))?,
                table.time(|| decode_kept(wire))?,
                table.time(|| read(wire))?,
                table.time(&mut encode)?,
                table.time(|| Ok(build(&some, table.sentences.len(), &mut built)))?,
            ];
            for (best, time) in best.iter_mut().zip(times) {
                *best = best.min(time);
            }
        }
        ensure!(out == wire, "what was written is not what it should be");
        let gigabytes = f64::from(u32::try_from(wire.len())?) / 1e9;
        let [copy, ours @ ..] = best.map(|time| gigabytes / time);
        self.copy.push(copy);
        for (rates, rate) in self.ours.iter_mut().zip(ours) {
            rates.push(rate);
        }
        Ok(())
    }
}

impl Table {
    /// Seconds that some work on all rows takes.
    fn time(&self, work: impl FnOnce() -> Result<usize>) -> Result<f64> {
        let begun = Instant::now();
        let count = work()?;
        let time = begun.elapsed().as_secs_f64();
        ensure!(count == self.sentences.len(), "{count} rows came through");
        Ok(time)
    }
}

/// Rows as names and values, few enough to stay near.
fn few_rows() -> Vec<Vec<(String, Vec<u8>)>> {
    let rows = (ROWS - 100..ROWS).map(user);
    let parts = |row: Reply| {
        let pairs = row.attributes();
        pairs
            .map(|(name, value)| (name.to_owned(), value.to_vec()))
            .collect()
    };
    rows.map(parts).collect()
}

/// Writes `count` rows, word by word.
fn build(some: &[Vec<(String, Vec<u8>)>], count: usize, out: &mut Vec<u8>) -> usize {
    out.clear();
    for row in black_box(some).iter().cycle().take(count) {
        let mut writer = SentenceWriter::new(out);
        // None of these words is empty or longer than the format allows.
        let _always = writer.word(b"!re");
        for (name, value) in row {
            let _always = writer.attribute(name, value);
        }
        let _always = writer.tag("17");
        writer.end();
    }
    black_box(out);
    count
}

fn decode(wire: &[u8]) -> Result<usize> {
    let mut decoder = SentenceDecoder::new(Limits::CLIENT);
    let mut count = 0;
    for piece in wire.chunks(READ_BYTES) {
        decoder.feed(piece);
        while let Some(words) = decoder.next_words()? {
            black_box(&words);
            count += 1;
        }
    }
    Ok(count)
}

fn decode_kept(wire: &[u8]) -> Result<usize> {
    let mut decoder = SentenceDecoder::new(Limits::CLIENT);
    let mut count = 0;
    for piece in wire.chunks(READ_BYTES) {
        decoder.feed(piece);
        while let Some(sentence) = decoder.next_sentence()? {
            black_box(&sentence);
            count += 1;
        }
    }
    Ok(count)
}

fn read(wire: &[u8]) -> Result<usize> {
    let mut decoder = SentenceDecoder::new(Limits::CLIENT);
    let mut replies = Vec::new();
    for piece in wire.chunks(READ_BYTES) {
        decoder.feed(piece);
        while let Some(sentence) = decoder.next_sentence()? {
            replies.push(Reply::try_from(sentence)?);
        }
    }
    Ok(black_box(replies).len())
}
