//! Sets text in the bundled fonts: shapes it, and breaks it into lines.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use krilla::text::Font;
use parley::fontique::{Blob, Collection, CollectionOptions, SourceCache};
use parley::style::{FontFamily, FontFamilyName, FontWeight, LineHeight, StyleProperty};
use parley::{Alignment, AlignmentOptions, FontContext, Layout, LayoutContext};

/// Latin first; what it lacks is looked for in Devanagari.
const FAMILIES: [&str; 2] = ["Noto Sans", "Noto Sans Devanagari"];

const FONTS: [&[u8]; 4] = [
    include_bytes!("../../fonts/NotoSans-Regular.ttf"),
    include_bytes!("../../fonts/NotoSans-Bold.ttf"),
    include_bytes!("../../fonts/NotoSansDevanagari-Regular.ttf"),
    include_bytes!("../../fonts/NotoSansDevanagari-Bold.ttf"),
];

/// What a text looks like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Face {
    /// In points.
    pub(super) size: f32,
    pub(super) bold: bool,
    pub(super) colour: Colour,
    pub(super) side: Side,
}

/// What a mark is drawn in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Colour {
    Ink,
    Soft,
    Line,
    Stamp,
}

/// Where the lines of a text stand in its width.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Right,
}

impl Face {
    pub(super) const fn plain(size: f32) -> Self {
        Self {
            size,
            bold: false,
            colour: Colour::Ink,
            side: Side::Left,
        }
    }

    pub(super) const fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    pub(super) const fn soft(self) -> Self {
        self.in_colour(Colour::Soft)
    }

    pub(super) const fn in_colour(self, colour: Colour) -> Self {
        Self { colour, ..self }
    }

    pub(super) const fn right(self) -> Self {
        self.on(Side::Right)
    }

    pub(super) const fn on(self, side: Side) -> Self {
        Self { side, ..self }
    }
}

/// A text that is set.
pub(super) struct Setting {
    pub(super) text: String,
    pub(super) lines: Layout<()>,
    pub(super) colour: Colour,
}

impl Setting {
    /// In points.
    pub(super) fn height(&self) -> f32 {
        self.lines.height()
    }

    /// The longest line, in points.
    pub(super) fn width(&self) -> f32 {
        self.lines.width()
    }
}

/// The fonts, and room to work in.
pub(super) struct Press {
    fonts: FontContext,
    room: LayoutContext<()>,
}

/// The bundled fonts, read once for every document: to set text in, and to draw it by the number of the font.
pub(super) struct Case {
    collection: Collection,
    pub(super) fonts: HashMap<u64, Font>,
}

/// The only one.
pub(super) static CASE: LazyLock<Case> = LazyLock::new(|| {
    let mut collection = Collection::new(CollectionOptions {
        shared: false,
        system_fonts: false,
    });
    let mut fonts = HashMap::new();
    for font in FONTS {
        let file: Blob<u8> = Blob::new(Arc::new(font));
        let (data, id) = file.clone().into_raw_parts();
        fonts.extend(Font::new(data.into(), 0).map(|it| (id, it)));
        collection.register_fonts(file, None);
    }
    Case { collection, fonts }
});

impl Press {
    pub(super) fn new() -> Self {
        Self {
            fonts: FontContext {
                collection: CASE.collection.clone(),
                source_cache: SourceCache::default(),
            },
            room: LayoutContext::new(),
        }
    }

    /// Sets a text in a width.
    pub(super) fn set(&mut self, text: &str, face: Face, width: f32) -> Setting {
        let mut builder = self.room.ranged_builder(&mut self.fonts, text, 1.0, false);
        let names = FAMILIES.map(|it| FontFamilyName::Named(Cow::Borrowed(it)));
        let names = FontFamily::List(Cow::Owned(names.to_vec()));
        builder.push_default(StyleProperty::FontFamily(names));
        builder.push_default(StyleProperty::FontSize(face.size));
        builder.push_default(StyleProperty::LineHeight(LineHeight::FontSizeRelative(
            1.35,
        )));
        if face.bold {
            builder.push_default(StyleProperty::FontWeight(FontWeight::BOLD));
        }
        let mut lines = builder.build(text);
        lines.break_all_lines(Some(width));
        let side = match face.side {
            Side::Left => Alignment::Left,
            Side::Right => Alignment::Right,
        };
        lines.align(side, AlignmentOptions::default());
        Setting {
            text: text.to_owned(),
            lines,
            colour: face.colour,
        }
    }
}
