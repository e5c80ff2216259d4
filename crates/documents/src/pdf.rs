//! A sheet as PDF: pages of A4 with text that can be selected, searched and copied.

mod flow;
mod ink;
mod press;

use krilla::Document as Pdf;
use krilla::metadata::Metadata;
use krilla::page::PageSettings;

use crate::sheet::Sheet;
use flow::Flow;
use ink::Ink;
use press::Press;

/// The width of A4, in points.
const WIDTH: f32 = 595.28;

/// The height of A4, in points.
const HEIGHT: f32 = 841.89;

/// The file could not be written; what is printed is at fault, not who asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the document cannot be printed: {0}")]
pub struct CannotPrint(String);

/// The file.
pub(crate) fn print(sheet: &Sheet<'_>) -> Result<Vec<u8>, CannotPrint> {
    let leaves = Flow::set(sheet, Press::new()).into_leaves();
    let mut pdf = Pdf::new();
    let about = Metadata::new()
        .title(sheet.heading())
        .authors(vec![sheet.seller.name.clone()])
        .language(sheet.locale.code().to_owned());
    pdf.set_metadata(about);
    let ink = Ink::new();
    for leaf in leaves {
        let size = PageSettings::from_wh(WIDTH, HEIGHT);
        let size = size.ok_or_else(|| CannotPrint("no such page".to_owned()))?;
        let mut page = pdf.start_page_with(size);
        let mut surface = page.surface();
        for mark in &leaf {
            ink.draw(&mut surface, mark);
        }
        surface.finish();
        page.finish();
    }
    pdf.finish().map_err(|err| CannotPrint(format!("{err:?}")))
}
