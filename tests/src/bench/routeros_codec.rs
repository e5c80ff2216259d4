//! `routeros-codec`: the wire format alone, beside copying the same bytes.

use std::hint::black_box;
use std::time::Instant;

use anyhow::{Result, ensure};
use routeros_proto::{Limits, Reply, SentenceDecoder, SentenceWriter};

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
    let table = Table::of(rows);
    let mut found = Rates::default();
    for _ in 0..extent.rounds {
        found.take(&table)?;
    }
    let size = format!(
        "one answer of {rows} hotspot users, {} bytes, floor is copying it",
        table.wire.len()
    );
    let [decode, keep, read, encode] = found.ours;
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
            figure(
                "routeros-codec/encode",
                encode,
                "names and values to sentences",
            ),
        ],
    })
}

/// Rows as names and values, and as they are sent.
struct Table {
    rows: Vec<Vec<(&'static str, Vec<u8>)>>,
    wire: Vec<u8>,
}

impl Table {
    fn of(rows: u32) -> Self {
        let rows: Vec<_> = (0..rows).map(row).collect();
        let mut wire = Vec::new();
        for row in &rows {
            write(row, &mut wire);
        }
        Self { rows, wire }
    }
}

/// A user as the gateway asks for it.
fn row(number: u32) -> Vec<(&'static str, Vec<u8>)> {
    let texts = [
        (".id", format!("*{number:X}")),
        ("name", format!("guest-{number}")),
        ("profile", "gold".to_owned()),
        ("limit-uptime", "1d2h3m".to_owned()),
        ("limit-bytes-total", "5000000000".to_owned()),
        (
            "comment",
            format!("[wb:k3j9x2:g{number:012}:1] table {number}"),
        ),
        ("password", format!("pw{number:08}")),
        ("dynamic", "false".to_owned()),
        ("disabled", "false".to_owned()),
    ];
    texts
        .into_iter()
        .map(|(name, value)| (name, value.into_bytes()))
        .collect()
}

fn write(row: &[(&'static str, Vec<u8>)], out: &mut Vec<u8>) {
    let mut writer = SentenceWriter::new(out);
    // None of these words is empty or longer than the format allows.
    let _always = writer.word(b"!re");
    for (name, value) in row {
        let _always = writer.attribute(name, value);
    }
    let _always = writer.tag("17");
    writer.end();
}

/// GB/s in each round.
#[derive(Default)]
struct Rates {
    copy: Vec<f64>,
    /// Decoded, decoded and kept, read, encoded.
    ours: [Vec<f64>; 4],
}

impl Rates {
    fn take(&mut self, table: &Table) -> Result<()> {
        let wire = &table.wire[..];
        let mut room = vec![0_u8; wire.len()];
        let mut out = Vec::with_capacity(wire.len() + READ_BYTES);
        let mut copy = || {
            black_box(&mut room[..]).copy_from_slice(wire);
            Ok(table.rows.len())
        };
        let mut encode = || {
            out.clear();
            let rows = black_box(&table.rows);
            rows.iter().for_each(|row| write(row, &mut out));
            Ok(rows.len())
        };
        let mut best = [f64::MAX; 5];
        for _ in 0..TRIES {
            let times = [
                table.time(&mut copy)?,
                table.time(|| decode(wire))?,
                table.time(|| decode_kept(wire))?,
                table.time(|| read(wire))?,
                table.time(&mut encode)?,
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
        ensure!(count == self.rows.len(), "{count} rows came through");
        Ok(time)
    }
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
            replies.push(Reply::parse(&sentence)?);
        }
    }
    Ok(black_box(replies).len())
}
