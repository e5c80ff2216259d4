//! On which papers a bill is written: what is given back of issued invoices, and what is charged.

use kernel::{InvoiceId, Money, MoneyError};
use serde::{Deserialize, Serialize};

use crate::difference::Due;
use crate::generate::{Proposal, ProposedLine};

/// How money that is given back is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CreditBy {
    /// A credit note for each issued invoice of which something is given back, beside the invoice of the charges: what
    /// tax offices ask for.
    #[default]
    CreditNote,
    /// Negative lines on the new invoice; what they exceed its charges by becomes credit of the account. For invoices
    /// that are drafts or not paid, and for countries that let it be.
    NegativeLines,
}

/// One paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Paper {
    /// An invoice, its total zero or more.
    Invoice {
        /// Its lines.
        lines: Vec<ProposedLine>,
        /// Their sum, plus what had to be moved to the credit of the account to bring it up to zero.
        total: Money,
        /// What is moved to the credit of the account, zero or more.
        to_credit: Money,
    },
    /// A credit note.
    CreditNote {
        /// The invoice of which something is given back.
        of: InvoiceId,
        /// What is given back, each below zero.
        lines: Vec<ProposedLine>,
        /// What is given back in all, above zero.
        total: Money,
    },
}

/// The papers of a proposal: credit notes by the invoice they are for, then the invoice if there is one.
///
/// # Errors
/// [`MoneyError`] if the amounts cannot be summed.
pub fn papers(proposal: &Proposal, credit: CreditBy) -> Result<Vec<Paper>, MoneyError> {
    let currency = proposal.total.currency();
    let sum = |lines: &[ProposedLine]| Money::sum(currency, lines.iter().map(|it| it.due.amount()));
    let (mut notes, mut rest) = (Vec::<(InvoiceId, Vec<ProposedLine>)>::new(), Vec::new());
    for line in &proposal.lines {
        match line.due {
            Due::Repair { of, .. } if credit == CreditBy::CreditNote => {
                match notes.iter_mut().find(|(invoice, _)| *invoice == of.invoice) {
                    Some((_, lines)) => lines.push(*line),
                    None => notes.push((of.invoice, vec![*line])),
                }
            }
            Due::Repair { .. } | Due::Charge { .. } => rest.push(*line),
        }
    }
    notes.sort_by_key(|(invoice, _)| *invoice);
    let mut papers = Vec::new();
    for (of, lines) in notes {
        let total = sum(&lines)?.checked_neg()?;
        papers.push(Paper::CreditNote { of, lines, total });
    }
    if !rest.is_empty() {
        let net = sum(&rest)?;
        let zero = Money::zero(currency);
        let (total, to_credit) = match net.is_negative() {
            true => (zero, net.checked_neg()?),
            false => (net, zero),
        };
        papers.push(Paper::Invoice {
            lines: rest,
            total,
            to_credit,
        });
    }
    Ok(papers)
}

#[cfg(test)]
mod tests {
    //! What is given back goes to credit notes or, as an option, to the account.

    #![allow(clippy::unwrap_used)]

    use kernel::Money;

    use super::{CreditBy, Paper, papers};
    use crate::generate::tests::{changed_account, usd};

    #[test]
    fn an_issued_invoice_gets_a_credit_note() {
        let (first, proposal) = changed_account();
        let written = papers(&proposal, CreditBy::CreditNote).unwrap();
        let [
            Paper::CreditNote {
                of, total: back, ..
            },
            Paper::Invoice {
                total, to_credit, ..
            },
        ] = &written[..]
        else {
            unreachable!("a note and an invoice, not {written:?}");
        };
        assert_eq!((*of, *back), (first, usd(48_383)));
        assert_eq!((*total, *to_credit), (usd(802), usd(0)));
    }

    #[test]
    fn negative_lines_become_credit_where_they_exceed_the_charges() {
        let (_, proposal) = changed_account();
        let written = papers(&proposal, CreditBy::NegativeLines).unwrap();
        let [
            Paper::Invoice {
                lines,
                total,
                to_credit,
            },
        ] = &written[..]
        else {
            unreachable!("one invoice, not {written:?}");
        };
        assert_eq!(lines.len(), 2);
        assert_eq!(
            (*total, *to_credit),
            (Money::zero(total.currency()), usd(47_581))
        );
    }
}
