//! A seller's logo: a small PNG or JPEG that is known to print.

use std::sync::Arc;

use krilla::geom::Size;
use krilla::image::Image;
use krilla::page::PageSettings;

/// The largest logo, in bytes.
pub const LARGEST_LOGO: usize = 131_072;

/// The longest side of a logo, in pixels.
pub const LONGEST_SIDE: u32 = 2_000;

/// How a logo is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogoFormat {
    /// Portable Network Graphics.
    Png,
    /// Joint Photographic Experts Group.
    Jpeg,
}

impl LogoFormat {
    /// The media type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
        }
    }

    /// What begins like this.
    fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            _ => None,
        }
    }
}

/// A picture that prints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logo {
    format: LogoFormat,
    bytes: Arc<Vec<u8>>,
    image: Image,
}

/// Why a file cannot be a logo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadLogo {
    /// Too large a file.
    #[error("a logo may have {LARGEST_LOGO} bytes, not {bytes}")]
    TooLarge {
        /// How large it is.
        bytes: usize,
    },
    /// Too many pixels.
    #[error("a logo may be {LONGEST_SIDE} pixels wide and high, not {width} by {height}")]
    TooManyPixels {
        /// Its width.
        width: u32,
        /// Its height.
        height: u32,
    },
    /// Neither PNG nor JPEG, or a broken one.
    #[error("a logo must be a PNG or JPEG file that can be read")]
    Unreadable,
}

impl Logo {
    /// Reads a file, and prints it once to see that it can be. It takes milliseconds: not for a thread that others wait on.
    ///
    /// # Errors
    /// [`BadLogo`] for what is too large or cannot be printed.
    pub fn read(bytes: Vec<u8>) -> Result<Self, BadLogo> {
        let logo = Self::kept(bytes)?;
        prints(&logo.image).ok_or(BadLogo::Unreadable)?;
        Ok(logo)
    }

    /// Takes a file that was [read](Self::read) before it was kept.
    ///
    /// # Errors
    /// [`BadLogo`] for what is no logo by its first bytes and its size.
    pub fn kept(bytes: Vec<u8>) -> Result<Self, BadLogo> {
        if bytes.len() > LARGEST_LOGO {
            return Err(BadLogo::TooLarge { bytes: bytes.len() });
        }
        let format = LogoFormat::of(&bytes).ok_or(BadLogo::Unreadable)?;
        let bytes = Arc::new(bytes);
        let image = match format {
            LogoFormat::Png => Image::from_png(Arc::clone(&bytes).into(), true),
            LogoFormat::Jpeg => Image::from_jpeg(Arc::clone(&bytes).into(), true),
        };
        let image = image.map_err(|_| BadLogo::Unreadable)?;
        let (width, height) = image.size();
        if width > LONGEST_SIDE || height > LONGEST_SIDE {
            return Err(BadLogo::TooManyPixels { width, height });
        }
        Ok(Self {
            format,
            bytes,
            image,
        })
    }

    /// How it is stored.
    #[must_use]
    pub const fn format(&self) -> LogoFormat {
        self.format
    }

    /// The file.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) const fn image(&self) -> &Image {
        &self.image
    }
}

/// A file is decoded when a page with it is written, so it is written once.
fn prints(image: &Image) -> Option<()> {
    let mut trial = krilla::Document::new();
    let mut page = trial.start_page_with(PageSettings::from_wh(10.0, 10.0)?);
    let mut surface = page.surface();
    surface.draw_image(image.clone(), Size::from_wh(10.0, 10.0)?);
    surface.finish();
    page.finish();
    trial.finish().ok().map(|_| ())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::{BadLogo, LARGEST_LOGO, Logo, LogoFormat};

    /// Two by two pixels in colour.
    pub(crate) const PIXELS: &str = "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFUlEQVR4nGM4IScnd0KOAUh8+CAHAB9EBQt2xSOfAAAAAElFTkSuQmCC";

    pub(crate) fn pixels() -> Vec<u8> {
        data_encoding::BASE64.decode(PIXELS.as_bytes()).unwrap()
    }

    #[test]
    fn a_png_is_known_by_its_beginning() {
        let logo = Logo::read(pixels()).unwrap();
        assert_eq!(logo.format(), LogoFormat::Png);
        assert_eq!(logo.image().size(), (2, 2));
        assert_eq!(logo.bytes(), pixels());
    }

    #[test]
    fn what_cannot_be_printed_is_refused() {
        assert_eq!(Logo::read(b"GIF89a".to_vec()), Err(BadLogo::Unreadable));
        assert_eq!(Logo::read(Vec::new()), Err(BadLogo::Unreadable));
        let mut cut = pixels();
        cut.truncate(50);
        assert_eq!(Logo::read(cut), Err(BadLogo::Unreadable));
        let large = vec![0; LARGEST_LOGO + 1];
        let bytes = large.len();
        assert_eq!(Logo::read(large), Err(BadLogo::TooLarge { bytes }));
    }
}
