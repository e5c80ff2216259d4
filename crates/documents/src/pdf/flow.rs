//! Where everything stands: from top to bottom, over as many pages as it takes.

#![expect(
    clippy::float_arithmetic,
    reason = "places on paper are fractions of points; no amount of money is computed here"
)]

use super::ink::Mark;
use super::press::{Colour, Face, Press, Setting, Side};
use super::{HEIGHT, WIDTH};
use crate::logo::Logo;
use crate::sheet::{Block, Pay, Row, Sheet, Sum};

/// White around a page: 15 millimetres.
const MARGIN: f32 = 42.5;
const RIGHT: f32 = WIDTH - MARGIN;
const FULL: f32 = WIDTH - 2.0 * MARGIN;
const HALF: f32 = FULL / 2.0 - 10.0;
/// Where the text of a page ends; the foot is below.
const BOTTOM: f32 = HEIGHT - 62.0;
const FOOT: f32 = HEIGHT - 48.0;
/// White inside a cell, left and right.
const PAD: f32 = 3.0;

const TEXT: Face = Face::plain(9.5);
const SMALL: Face = Face::plain(8.0).soft();

/// The pages so far, and how far down the last one is full.
pub(super) struct Flow<'a> {
    sheet: &'a Sheet<'a>,
    press: Press,
    leaves: Vec<Vec<Mark>>,
    y: f32,
}

impl<'a> Flow<'a> {
    /// Sets a whole sheet.
    pub(super) fn set(sheet: &'a Sheet<'a>, press: Press) -> Self {
        let mut flow = Self {
            sheet,
            press,
            leaves: vec![Vec::new()],
            y: MARGIN,
        };
        flow.head();
        flow.parties();
        flow.table();
        flow.sums(&sheet.sums);
        if let Some(pay) = &sheet.pay {
            flow.pay(pay);
        }
        for note in &sheet.notes {
            flow.note(note);
        }
        flow.feet();
        flow
    }

    pub(super) fn into_leaves(self) -> Vec<Vec<Mark>> {
        self.leaves
    }

    fn mark(&mut self, mark: Mark) {
        if let Some(leaf) = self.leaves.last_mut() {
            leaf.push(mark);
        }
    }

    fn place(&mut self, setting: Setting, at: (f32, f32)) {
        let setting = Box::new(setting);
        self.mark(Mark::Text { at, setting });
    }

    /// Writes a text and returns where it ends below.
    fn write(&mut self, text: &str, face: Face, at: (f32, f32), width: f32) -> f32 {
        let setting = self.press.set(text, face, width);
        let below = at.1 + setting.height();
        self.place(setting, at);
        below
    }

    fn rule(&mut self, y: f32, from: f32, thickness: f32, colour: Colour) {
        let (at, width) = ((from, y), RIGHT - from);
        self.mark(Mark::Rule {
            at,
            width,
            thickness,
            colour,
        });
    }

    fn next_page(&mut self) {
        self.leaves.push(Vec::new());
        self.y = MARGIN;
    }

    /// Makes room for something that stays together.
    fn room_for(&mut self, height: f32) {
        if self.y + height > BOTTOM && self.y > MARGIN {
            self.next_page();
        }
    }

    fn head(&mut self) {
        let sheet = self.sheet;
        let top = self.y;
        let mut left = top;
        if let Some(logo) = sheet.logo {
            left = self.logo(logo, left) + 8.0;
        }
        let left = self.block(&sheet.seller, (MARGIN, left), 12.0);
        let x = MARGIN + FULL / 2.0;
        let wide = FULL / 2.0;
        let title = Face::plain(20.0).bold().right();
        let mut right = self.write(sheet.title, title, (x, top), wide);
        if !sheet.number.is_empty() {
            right = self.write(&sheet.number, Face::plain(11.0).right(), (x, right), wide);
        }
        if let Some(stamp) = sheet.stamp {
            right = self.stamp(stamp, right + 6.0);
        }
        self.y = left.max(right) + 22.0;
    }

    /// Draws the logo at most 130 by 56 points and returns where it ends below.
    fn logo(&mut self, logo: &Logo, top: f32) -> f32 {
        let image = logo.image();
        let (width, height) = image.size();
        let [width, height] =
            [width, height].map(|it| f32::from(u16::try_from(it).unwrap_or(u16::MAX)));
        let scale = (130.0 / width).min(56.0 / height);
        let size = (width * scale, height * scale);
        let (at, image) = ((MARGIN, top), image.clone());
        self.mark(Mark::Picture { at, size, image });
        top + size.1
    }

    fn stamp(&mut self, text: &str, top: f32) -> f32 {
        let face = Face::plain(11.0).bold().in_colour(Colour::Stamp);
        let setting = self.press.set(text, face, HALF);
        let size = (setting.width() + 16.0, setting.height() + 6.0);
        let at = (RIGHT - size.0, top);
        self.place(setting, (at.0 + 8.0, at.1 + 3.0));
        self.mark(Mark::Frame {
            at,
            size,
            colour: Colour::Stamp,
        });
        top + size.1
    }

    fn block(&mut self, block: &Block, at: (f32, f32), size: f32) -> f32 {
        let mut y = self.write(&block.name, Face::plain(size).bold(), at, HALF);
        for line in &block.lines {
            y = self.write(line, TEXT, (at.0, y), HALF);
        }
        y
    }

    fn parties(&mut self) {
        let sheet = self.sheet;
        let top = self.y;
        let label = self.write(sheet.words.customer, SMALL, (MARGIN, top), HALF);
        let left = self.block(&sheet.buyer, (MARGIN, label), 11.0);
        let x = MARGIN + FULL / 2.0;
        let mut right = top;
        for (label, value) in &sheet.facts {
            let said = self.write(label, TEXT.soft(), (x, right), HALF / 2.0);
            let wide = FULL / 2.0 - HALF / 2.0;
            let told = self.write(value, TEXT.right(), (RIGHT - wide, right), wide);
            right = said.max(told) + 1.0;
        }
        self.y = left.max(right) + 22.0;
    }

    /// Where each column begins and how wide it is.
    fn columns(&self) -> Vec<(f32, f32, Side)> {
        let columns = &self.sheet.columns;
        let whole: u16 = columns.iter().map(|it| it.share).sum();
        let mut x = MARGIN;
        let each = columns.iter().map(|it| {
            let width = FULL * f32::from(it.share) / f32::from(whole.max(1));
            let side = if it.numeric { Side::Right } else { Side::Left };
            let column = (x + PAD, width - 2.0 * PAD, side);
            x += width;
            column
        });
        each.collect()
    }

    fn table(&mut self) {
        let columns = self.columns();
        self.table_head(&columns);
        let sheet = self.sheet;
        for row in &sheet.rows {
            self.row(row, &columns);
        }
        self.y += 8.0;
    }

    fn table_head(&mut self, columns: &[(f32, f32, Side)]) {
        let top = self.y;
        let mut below = top;
        let sheet = self.sheet;
        for (column, (x, width, side)) in sheet.columns.iter().zip(columns) {
            let face = Face::plain(8.0).bold().on(*side);
            below = below.max(self.write(column.head, face, (*x, top), *width));
        }
        self.rule(below + 2.0, MARGIN, 1.0, Colour::Ink);
        self.y = below + 5.0;
    }

    fn row(&mut self, row: &Row, columns: &[(f32, f32, Side)]) {
        let cells = row.cells.iter().zip(columns);
        let cells: Vec<_> = cells
            .map(|(text, (x, width, side))| (self.press.set(text, TEXT.on(*side), *width), *x))
            .collect();
        let first = columns.first().map_or((MARGIN, FULL), |it| (it.0, it.1));
        let below = row.below.as_deref();
        let below = below.map(|text| self.press.set(text, SMALL, first.1));
        let under = cells.first().map_or(0.0, |it| it.0.height());
        let whole = under + below.as_ref().map_or(0.0, Setting::height);
        let height = cells.iter().fold(whole, |most, it| most.max(it.0.height()));
        if self.y + height > BOTTOM {
            self.next_page();
            self.table_head(columns);
        }
        let y = self.y;
        for (setting, x) in cells {
            self.place(setting, (x, y));
        }
        if let Some(setting) = below {
            self.place(setting, (first.0, y + under));
        }
        self.rule(y + height + 2.5, MARGIN, 0.5, Colour::Line);
        self.y = y + height + 6.0;
    }

    fn sums(&mut self, sums: &[Sum]) {
        let x = MARGIN + FULL * 0.42;
        let half = (RIGHT - x) / 2.0;
        let set = |flow: &mut Self, sum: &Sum| {
            let face = match sum.strong {
                true => Face::plain(11.0).bold(),
                false => TEXT,
            };
            let label = flow.press.set(&sum.label, face, half * 1.2);
            let value = flow.press.set(&sum.value, face.right(), half * 0.8 - PAD);
            (label, value, sum.strong)
        };
        let sums: Vec<_> = sums.iter().map(|sum| set(self, sum)).collect();
        let heights = sums.iter().map(|it| it.0.height().max(it.1.height()) + 4.0);
        self.room_for(heights.sum());
        for (label, value, strong) in sums {
            let height = label.height().max(value.height());
            if strong {
                self.rule(self.y, x, 1.0, Colour::Ink);
                self.y += 3.0;
            }
            self.place(label, (x, self.y));
            self.place(value, (x + half * 1.2, self.y));
            self.y += height + 3.0;
        }
        self.y += 14.0;
    }

    fn pay(&mut self, pay: &Pay<'_>) {
        const SIDE: f32 = 84.0;
        self.room_for(SIDE);
        let small = |it: usize| u16::try_from(it).unwrap_or(u16::MAX);
        let runs = pay.code.runs().into_iter();
        let runs = runs.map(|(x, y, length)| (small(x), small(y), small(length)));
        let code = Mark::Code {
            at: (MARGIN, self.y),
            side: SIDE,
            squares: small(pay.code.side()),
            runs: runs.collect(),
        };
        self.mark(code);
        let x = MARGIN + SIDE + 12.0;
        let words = self.sheet.words.pay;
        let below = self.write(
            words,
            Face::plain(10.5).bold(),
            (x, self.y + 24.0),
            RIGHT - x,
        );
        self.write(pay.link, SMALL, (x, below), RIGHT - x);
        self.y += SIDE + 14.0;
    }

    fn note(&mut self, note: &str) {
        let setting = self.press.set(note, SMALL, FULL);
        let height = setting.height();
        self.room_for(height);
        self.place(setting, (MARGIN, self.y));
        self.y += height + 6.0;
    }

    /// What stands at the foot of every page: what it is, and which of how many.
    fn feet(&mut self) {
        let sheet = self.sheet;
        let all = self.leaves.len();
        let heading = sheet.heading();
        for place in 0..all {
            let page = format!("{} {} / {all}", sheet.words.page, place + 1);
            let left = self.press.set(&heading, SMALL, HALF);
            let right = self.press.set(&page, SMALL.right(), HALF);
            if let Some(leaf) = self.leaves.get_mut(place) {
                leaf.push(Mark::Text {
                    at: (MARGIN, FOOT),
                    setting: Box::new(left),
                });
                leaf.push(Mark::Text {
                    at: (RIGHT - HALF, FOOT),
                    setting: Box::new(right),
                });
            }
        }
    }
}
