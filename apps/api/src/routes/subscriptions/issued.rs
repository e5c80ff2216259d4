//! What a decision about a subscription was billed on.

use billing::Issued;
use kernel::{CreditNoteId, InvoiceId};
use serde::Serialize;
use utoipa::ToSchema;

/// The documents that a decision brought at once.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IssuedDocuments)]
pub(crate) struct IssuedBody {
    /// The invoice with the prorated lines, if the decision cost anything now.
    #[schema(value_type = Option<String>, pattern = "^inv_[a-z2-7]{25}[aeimquy4]$")]
    invoice: Option<InvoiceId>,
    /// The credit notes over what is given back of earlier invoices: what was paid of it is credit of the account.
    #[schema(value_type = Vec<String>)]
    credit_notes: Vec<CreditNoteId>,
}

impl From<Issued> for IssuedBody {
    fn from(issued: Issued) -> Self {
        Self {
            invoice: issued.invoice,
            credit_notes: issued.notes,
        }
    }
}
