//! Invoices, credit notes, receipts and statements on paper: pages that print, PDF files, and UBL for machines.
//!
//! Everything here is a pure function of plain data: nothing is loaded, fetched or counted. Amounts stand as they were issued
//! and are never computed again; what is exported is exact to the minor unit.

mod document;
mod html;
mod issued;
mod logo;
mod pdf;
mod qr;
mod receipt;
mod sheet;
mod stated;
mod statement;
mod ubl;
mod words;
mod written;

pub use document::{
    Corrected, Document, Extra, Kind, Line, Paper, Party, Standing, Sums, Tax, Vat,
};
pub use html::Width;
pub use issued::Frame;
pub use logo::{BadLogo, LARGEST_LOGO, LONGEST_SIDE, Logo, LogoFormat};
pub use pdf::CannotPrint;
pub use receipt::{Receipt, Returned};
pub use statement::{Entry, Movement, Statement};
pub use ubl::CannotExport;

use sheet::Sheet;

impl Document {
    /// A page that a browser shows and prints.
    #[must_use]
    pub fn html(&self, width: Width) -> String {
        html::page(&Sheet::of_document(self), width)
    }

    /// A PDF file. It takes milliseconds: not for a thread that others wait on.
    ///
    /// # Errors
    /// [`CannotPrint`] if the file cannot be written.
    pub fn pdf(&self) -> Result<Vec<u8>, CannotPrint> {
        pdf::print(&Sheet::of_document(self))
    }

    /// A UBL 2.1 invoice or credit note by EN 16931.
    ///
    /// # Errors
    /// [`CannotExport`] names what the standard wants and the document lacks.
    pub fn ubl(&self) -> Result<String, CannotExport> {
        ubl::export(self)
    }
}

impl Receipt {
    /// A page that a browser shows and prints.
    #[must_use]
    pub fn html(&self, width: Width) -> String {
        html::page(&Sheet::of_receipt(self), width)
    }

    /// A PDF file. It takes milliseconds: not for a thread that others wait on.
    ///
    /// # Errors
    /// [`CannotPrint`] if the file cannot be written.
    pub fn pdf(&self) -> Result<Vec<u8>, CannotPrint> {
        pdf::print(&Sheet::of_receipt(self))
    }
}

impl Statement {
    /// A page that a browser shows and prints.
    #[must_use]
    pub fn html(&self) -> String {
        html::page(&Sheet::of_statement(self), Width::A4)
    }

    /// A PDF file. It takes milliseconds: not for a thread that others wait on.
    ///
    /// # Errors
    /// [`CannotPrint`] if the file cannot be written.
    pub fn pdf(&self) -> Result<Vec<u8>, CannotPrint> {
        pdf::print(&Sheet::of_statement(self))
    }
}
