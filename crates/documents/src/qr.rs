//! A QR code as the rows of its squares.

use fast_qr::{ECL, QRBuilder};

/// The squares of a code, row by row; dark is true.
#[derive(Debug)]
pub(crate) struct Code {
    size: usize,
    dark: Vec<bool>,
}

/// White squares around a code, so that cameras find it (ISO/IEC 18004: four).
pub(crate) const QUIET: usize = 4;

impl Code {
    /// The code of a text; `None` for one that is too long for any code.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let code = QRBuilder::new(text).ecl(ECL::M).build().ok()?;
        let rows = code.data.chunks(code.size).take(code.size);
        Some(Self {
            size: code.size,
            dark: rows.flatten().map(|it| it.value()).collect(),
        })
    }

    /// Squares on a side, the quiet zone included.
    pub(crate) const fn side(&self) -> usize {
        self.size + 2 * QUIET
    }

    /// Runs of dark squares as (column, row, length), counted from the corner of the quiet zone.
    pub(crate) fn runs(&self) -> Vec<(usize, usize, usize)> {
        let mut runs = Vec::new();
        for (row, squares) in self.dark.chunks(self.size).enumerate() {
            let mut column = 0;
            while column < squares.len() {
                let rest = squares.iter().skip(column);
                let length = rest.take_while(|it| **it).count();
                if length > 0 {
                    runs.push((column + QUIET, row + QUIET, length));
                }
                column += length.max(1);
            }
        }
        runs
    }

    /// The code as an image that needs no file.
    pub(crate) fn svg(&self) -> String {
        let side = self.side();
        let mut path = String::new();
        for (x, y, length) in self.runs() {
            path.push_str(&format!("M{x} {y}h{length}v1h-{length}z"));
        }
        format!(
            r##"<svg class="qr" viewBox="0 0 {side} {side}" shape-rendering="crispEdges" role="img" aria-label="QR"><path fill="#fff" d="M0 0h{side}v{side}H0z"/><path d="{path}"/></svg>"##
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{Code, QUIET};

    #[test]
    fn the_three_finders_stand_in_their_corners() {
        let code = Code::of("https://pay.example.net/INV-000042").unwrap();
        let runs = code.runs();
        let far = code.side() - QUIET - 7;
        for (x, y) in [(QUIET, QUIET), (far, QUIET), (QUIET, far)] {
            for row in [y, y + 6] {
                let found = runs.iter().any(|it| it.0 == x && it.1 == row && it.2 >= 7);
                assert!(found, "no finder at {x}, {row}");
            }
        }
        assert!(code.svg().contains("<path d=\"M4 4h7v1h-7z"));
    }

    #[test]
    fn a_text_beyond_every_code_has_none() {
        assert!(Code::of(&"x".repeat(3_000)).is_none());
    }
}
