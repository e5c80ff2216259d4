//! Writes the samples of all countries, and a hundred invoices as UBL, into a folder: to be looked at and to be checked by others.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "../tests/documents/any.rs"]
mod any;
#[path = "../tests/documents/sample.rs"]
mod sample;

use std::error::Error;
use std::path::Path;

use documents::Width;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("which folder?")?;
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder)?;
    for country in &sample::COUNTRIES {
        let it = sample::document(country);
        let name = |end: &str| folder.join(format!("{}{end}", country.locale));
        std::fs::write(name(".pdf"), it.pdf()?)?;
        std::fs::write(name(".html"), it.html(Width::A4))?;
        std::fs::write(name("-58.html"), it.html(Width::Roll58))?;
        std::fs::write(name(".xml"), it.ubl()?)?;
    }
    let long = sample::long_document(&sample::COUNTRIES[0], 60);
    std::fs::write(folder.join("long.pdf"), long.pdf()?)?;
    let mut runner = TestRunner::deterministic();
    for number in 0..100 {
        let it = any::invoices()
            .new_tree(&mut runner)
            .map_err(|err| err.to_string())?;
        let name = format!("any-{number:03}.xml");
        std::fs::write(folder.join(name), it.current().ubl()?)?;
    }
    Ok(())
}
