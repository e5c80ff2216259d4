//! Draws marks on a page.

#![expect(
    clippy::float_arithmetic,
    reason = "places on paper are fractions of points; no amount of money is computed here"
)]

use std::collections::HashMap;

use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point, Rect, Size, Transform};
use krilla::image::Image;
use krilla::num::NormalizedF32;
use krilla::paint::{Fill, Stroke};
use krilla::surface::Surface;
use krilla::text::{Font, GlyphId, KrillaGlyph};
use parley::layout::Run;

use super::press::{CASE, Colour, Setting};

/// Something on a page; places are points from its upper left corner.
pub(super) enum Mark {
    /// A text.
    Text {
        at: (f32, f32),
        setting: Box<Setting>,
    },
    /// A horizontal rule.
    Rule {
        at: (f32, f32),
        width: f32,
        thickness: f32,
        colour: Colour,
    },
    /// A frame.
    Frame {
        at: (f32, f32),
        size: (f32, f32),
        colour: Colour,
    },
    /// A picture.
    Picture {
        at: (f32, f32),
        size: (f32, f32),
        image: Image,
    },
    /// Dark squares in rows, as (column, row, length), and how many squares the whole is wide.
    Code {
        at: (f32, f32),
        side: f32,
        squares: u16,
        runs: Vec<(u16, u16, u16)>,
    },
}

/// Draws on the pages of one document.
pub(super) struct Ink {
    fonts: &'static HashMap<u64, Font>,
}

impl Ink {
    pub(super) fn new() -> Self {
        Self { fonts: &CASE.fonts }
    }

    pub(super) fn draw(&self, surface: &mut Surface<'_>, mark: &Mark) {
        match mark {
            Mark::Text { at, setting } => self.text(surface, *at, setting),
            Mark::Rule {
                at,
                width,
                thickness,
                colour,
            } => {
                surface.set_fill(Some(fill(*colour)));
                rectangle(surface, *at, (*width, *thickness));
            }
            Mark::Frame { at, size, colour } => {
                surface.set_fill(None);
                surface.set_stroke(Some(Stroke {
                    paint: shade(*colour).into(),
                    width: 1.5,
                    ..Stroke::default()
                }));
                rectangle(surface, *at, *size);
                surface.set_stroke(None);
            }
            Mark::Picture { at, size, image } => {
                let Some(size) = Size::from_wh(size.0, size.1) else {
                    return;
                };
                surface.push_transform(&Transform::from_translate(at.0, at.1));
                surface.draw_image(image.clone(), size);
                surface.pop();
            }
            Mark::Code {
                at,
                side,
                squares,
                runs,
            } => code(surface, *at, side / f32::from(*squares), runs),
        }
    }

    fn text(&self, surface: &mut Surface<'_>, at: (f32, f32), setting: &Setting) {
        surface.set_fill(Some(fill(setting.colour)));
        for line in setting.lines.lines() {
            let metrics = line.metrics();
            let mut x = at.0 + metrics.offset;
            let y = at.1 + metrics.baseline;
            for run in line.runs() {
                if let Some(font) = self.font(&run) {
                    let glyphs = glyphs(&run);
                    let size = run.font_size();
                    surface.draw_glyphs(
                        Point::from_xy(x, y),
                        &glyphs,
                        font,
                        &setting.text,
                        size,
                        false,
                    );
                }
                x += run.advance();
            }
        }
    }

    /// The font of a run: the press has nothing but what is in the case.
    fn font(&self, run: &Run<'_, ()>) -> Option<Font> {
        self.fonts.get(&run.font().data.id()).cloned()
    }
}

/// The glyphs of a run, each with the text it stands for: that is what makes it searchable.
fn glyphs(run: &Run<'_, ()>) -> Vec<KrillaGlyph> {
    let size = run.font_size();
    let mut glyphs: Vec<KrillaGlyph> = Vec::new();
    for cluster in run.visual_clusters() {
        if cluster.is_ligature_continuation() {
            // It has no glyph of its own; its text belongs to the one before.
            if let Some(last) = glyphs.last_mut() {
                last.text_range.end = cluster.text_range().end;
            }
            continue;
        }
        glyphs.extend(cluster.glyphs().map(|it| {
            KrillaGlyph::new(
                GlyphId::new(it.id),
                it.advance / size,
                it.x / size,
                it.y / size,
                0.0,
                cluster.text_range(),
                None,
            )
        }));
    }
    glyphs
}

fn code(surface: &mut Surface<'_>, at: (f32, f32), square: f32, runs: &[(u16, u16, u16)]) {
    let mut path = PathBuilder::new();
    for (column, row, length) in runs {
        let (x, y) = (f32::from(*column), f32::from(*row));
        if let Some(dark) = Rect::from_xywh(x, y, f32::from(*length), 1.0) {
            path.push_rect(dark);
        }
    }
    // In units of squares under one transform the numbers in the file stay short.
    surface.push_transform(&Transform::from_row(square, 0.0, 0.0, square, at.0, at.1));
    surface.set_fill(Some(fill(Colour::Ink)));
    if let Some(path) = path.finish() {
        surface.draw_path(&path);
    }
    surface.pop();
}

fn rectangle(surface: &mut Surface<'_>, at: (f32, f32), size: (f32, f32)) {
    let mut path = PathBuilder::new();
    if let Some(shape) = Rect::from_xywh(at.0, at.1, size.0, size.1) {
        path.push_rect(shape);
    }
    if let Some(path) = path.finish() {
        surface.draw_path(&path);
    }
}

fn fill(colour: Colour) -> Fill {
    Fill {
        paint: shade(colour).into(),
        opacity: NormalizedF32::ONE,
        ..Fill::default()
    }
}

fn shade(colour: Colour) -> rgb::Color {
    let (red, green, blue) = match colour {
        Colour::Ink => (26, 31, 43),
        Colour::Soft => (91, 100, 114),
        Colour::Line => (201, 206, 214),
        Colour::Stamp => (154, 42, 32),
    };
    rgb::Color::new(red, green, blue)
}
