//! A sheet as a page that a browser shows and prints: no script, nothing to fetch.

use std::fmt::Write;

use data_encoding::BASE64;

use crate::sheet::{Block, Pay, Row, Sheet, Sum};

/// What paper it goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Width {
    /// A sheet of A4.
    A4,
    /// A roll of a thermal printer, 58 millimetres wide.
    Roll58,
    /// A roll of a thermal printer, 80 millimetres wide.
    Roll80,
}

const STYLE: &str = include_str!("html/print.css");

impl Width {
    const fn class(self) -> &'static str {
        match self {
            Self::A4 => "sheet",
            Self::Roll58 | Self::Roll80 => "slip",
        }
    }

    /// The printable width of a roll is 48 or 72 millimetres.
    const fn page(self) -> &'static str {
        match self {
            Self::A4 => "@page { size: A4; margin: 15mm; }",
            Self::Roll58 => "@page { size: 58mm auto; margin: 2mm 5mm; } .slip { width: 58mm; }",
            Self::Roll80 => "@page { size: 80mm auto; margin: 2mm 4mm; } .slip { width: 80mm; }",
        }
    }
}

/// The page.
pub(crate) fn page(sheet: &Sheet<'_>, width: Width) -> String {
    let mut out = Page(String::with_capacity(8_192));
    out.raw("<!doctype html>\n<html lang=\"");
    out.text(sheet.locale.code());
    out.raw("\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>");
    out.text(&sheet.heading());
    out.raw("</title><style>");
    out.raw(STYLE);
    out.raw(width.page());
    out.raw("</style></head>\n<body class=\"");
    out.raw(width.class());
    out.raw("\"><main>\n");
    out.head(sheet);
    out.parties(sheet);
    out.table(sheet);
    out.sums(&sheet.sums);
    if let Some(pay) = &sheet.pay {
        out.pay(pay, sheet.words.pay);
    }
    for note in &sheet.notes {
        out.element("footer", note);
    }
    out.raw("</main></body></html>\n");
    out.0
}

/// What is written so far.
struct Page(String);

impl Page {
    fn raw(&mut self, markup: &str) {
        self.0.push_str(markup);
    }

    /// Text from outside: never markup.
    fn text(&mut self, text: &str) {
        for it in text.chars() {
            match it {
                '&' => self.raw("&amp;"),
                '<' => self.raw("&lt;"),
                '>' => self.raw("&gt;"),
                '"' => self.raw("&quot;"),
                '\'' => self.raw("&#39;"),
                it => self.0.push(it),
            }
        }
    }

    fn element(&mut self, name: &str, text: &str) {
        self.raw("<");
        self.raw(name);
        self.raw(">");
        self.text(text);
        self.raw("</");
        self.raw(name);
        self.raw(">\n");
    }

    fn head(&mut self, sheet: &Sheet<'_>) {
        self.raw("<header><div>");
        if let Some(logo) = sheet.logo {
            let (kind, data) = (logo.format().media_type(), BASE64.encode(logo.bytes()));
            self.raw("<img alt=\"\" src=\"data:");
            self.raw(kind);
            self.raw(";base64,");
            self.raw(&data);
            self.raw("\"/>");
        }
        self.block(&sheet.seller);
        self.raw("</div><div class=\"end\">");
        self.element("h1", sheet.title);
        self.raw("<p>");
        self.text(&sheet.number);
        self.raw("</p>");
        if let Some(stamp) = sheet.stamp {
            self.raw("<p class=\"stamp\">");
            self.text(stamp);
            self.raw("</p>");
        }
        self.raw("</div></header>\n");
    }

    fn block(&mut self, block: &Block) {
        self.element("h2", &block.name);
        for line in &block.lines {
            self.element("p", line);
        }
    }

    fn parties(&mut self, sheet: &Sheet<'_>) {
        self.raw("<section class=\"parties\"><div><p class=\"soft\">");
        self.text(sheet.words.customer);
        self.raw("</p>");
        self.block(&sheet.buyer);
        self.raw("</div><dl>");
        for (label, value) in &sheet.facts {
            self.element("dt", label);
            self.element("dd", value);
        }
        self.raw("</dl></section>\n");
    }

    fn table(&mut self, sheet: &Sheet<'_>) {
        self.raw("<table><thead><tr>");
        for column in &sheet.columns {
            self.raw(match column.numeric {
                true => "<th class=\"number\">",
                false => "<th>",
            });
            self.text(column.head);
            self.raw("</th>");
        }
        self.raw("</tr></thead><tbody>\n");
        for row in &sheet.rows {
            self.row(sheet, row);
        }
        self.raw("</tbody></table>\n");
    }

    fn row(&mut self, sheet: &Sheet<'_>, row: &Row) {
        self.raw("<tr>");
        let last = row.cells.len().saturating_sub(1);
        for (place, (cell, column)) in row.cells.iter().zip(&sheet.columns).enumerate() {
            let numeric = if column.numeric { "number" } else { "" };
            let middle = if (1..last).contains(&place) {
                " middle"
            } else {
                ""
            };
            // Writing to a text cannot fail.
            let _ = write!(self.0, "<td class=\"{numeric}{middle}\">");
            self.text(cell);
            if let Some(below) = row.below.as_ref().filter(|_| place == 0) {
                self.raw("<div class=\"below\">");
                self.text(below);
                self.raw("</div>");
            }
            self.raw("</td>");
        }
        self.raw("</tr>\n");
    }

    fn sums(&mut self, sums: &[Sum]) {
        self.raw("<table class=\"sums\"><tbody>\n");
        for sum in sums {
            self.raw(if sum.strong {
                "<tr class=\"strong\"><td>"
            } else {
                "<tr><td>"
            });
            self.text(&sum.label);
            self.raw("</td><td class=\"number\">");
            self.text(&sum.value);
            self.raw("</td></tr>\n");
        }
        self.raw("</tbody></table>\n");
    }

    fn pay(&mut self, pay: &Pay<'_>, words: &str) {
        self.raw("<section class=\"pay\">");
        self.raw(&pay.code.svg());
        self.raw("<div><h2>");
        self.text(words);
        self.raw("</h2><p class=\"below\">");
        self.text(pay.link);
        self.raw("</p></div></section>\n");
    }
}
