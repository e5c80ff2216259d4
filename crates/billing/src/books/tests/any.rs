//! Histories of an account, drawn at random.

use proptest::prelude::{BoxedStrategy, Strategy, any, prop_oneof};

use super::super::{BooksRefusal, Refund, SettledPayment};
use super::{Desk, kes, settled};
use kernel::{InvoiceId, PaymentId};

/// One thing that happens; numbers choose among what is there.
#[derive(Debug, Clone, Copy)]
pub(super) enum Happening {
    Invoice {
        net: i64,
        tax: i64,
    },
    Payment {
        minor: i64,
        meant_for: Option<usize>,
    },
    Grant {
        minor: i64,
    },
    TakeBack {
        which: usize,
    },
    Note {
        which: usize,
        net: i64,
        tax: i64,
    },
    Refund {
        which: usize,
        minor: i64,
        adjusts: bool,
    },
    Reverse {
        which: usize,
    },
    Win {
        which: usize,
    },
    WriteOff {
        which: usize,
    },
    Void {
        which: usize,
    },
    Return {
        which: usize,
    },
}

pub(super) fn histories() -> BoxedStrategy<Vec<Happening>> {
    proptest::collection::vec(happening(), 0..24).boxed()
}

fn happening() -> BoxedStrategy<Happening> {
    let minor = || 1_i64..500;
    let which = || 0_usize..6;
    prop_oneof![
        4 => (0_i64..500, 0_i64..80).prop_map(|(net, tax)| Happening::Invoice { net, tax }),
        4 => (minor(), proptest::option::of(which())).prop_map(|(minor, meant_for)| Happening::Payment { minor, meant_for }),
        1 => minor().prop_map(|minor| Happening::Grant { minor }),
        1 => which().prop_map(|which| Happening::TakeBack { which }),
        2 => (which(), 0_i64..300, 0_i64..40).prop_map(|(which, net, tax)| Happening::Note { which, net, tax }),
        2 => (which(), minor(), any::<bool>()).prop_map(|(which, minor, adjusts)| Happening::Refund { which, minor, adjusts }),
        1 => which().prop_map(|which| Happening::Reverse { which }),
        1 => which().prop_map(|which| Happening::Win { which }),
        1 => which().prop_map(|which| Happening::WriteOff { which }),
        1 => which().prop_map(|which| Happening::Void { which }),
        1 => which().prop_map(|which| Happening::Return { which }),
    ]
    .boxed()
}

/// Books with the ids of what is in them.
pub(super) struct Story {
    pub(super) desk: Desk,
    pub(super) invoices: Vec<InvoiceId>,
    pub(super) payments: Vec<PaymentId>,
    credits: Vec<super::CreditId>,
}

impl Story {
    pub(super) fn new() -> Self {
        Self {
            desk: Desk::open(),
            invoices: Vec::new(),
            payments: Vec::new(),
            credits: Vec::new(),
        }
    }

    /// Lets it happen. Choosing what is not there is nothing.
    pub(super) fn happens(&mut self, what: Happening) -> Result<(), BooksRefusal> {
        let invoice = |which: usize| self.invoices.get(which).copied();
        let payment = |which: usize| self.payments.get(which).copied();
        let books = &mut self.desk.books;
        match what {
            Happening::Invoice { net, tax } => {
                let bill = self.desk.bill(net, tax);
                self.desk.books.issue(bill)?;
                self.invoices.push(bill.invoice);
            }
            Happening::Payment { minor, meant_for } => {
                let meant_for = meant_for.and_then(invoice);
                let id = self.desk.id();
                let new = SettledPayment {
                    meant_for,
                    ..settled(id, minor)
                };
                self.desk.books.settle(new)?;
                self.payments.push(id);
            }
            Happening::Grant { minor } => {
                let credit = self.desk.grant(minor);
                self.credits.push(credit);
            }
            Happening::TakeBack { which } => {
                if let Some(credit) = self.credits.get(which) {
                    books.take_back(*credit)?;
                }
            }
            Happening::Note { which, net, tax } => {
                if let Some(invoice) = invoice(which) {
                    self.desk.note(invoice, net, tax)?;
                }
            }
            Happening::Refund {
                which,
                minor,
                adjusts,
            } => {
                let kind = match adjusts {
                    true => Refund::Adjusting,
                    false => Refund::Reopening,
                };
                if let Some(payment) = payment(which) {
                    books.refund(payment, Some(kes(minor)), kind)?;
                }
            }
            Happening::Reverse { which } => {
                if let Some(payment) = payment(which) {
                    books.reverse(payment)?;
                }
            }
            Happening::Win { which } => {
                if let Some(payment) = payment(which) {
                    books.undo_reversal(payment)?;
                }
            }
            Happening::WriteOff { which } => {
                if let Some(invoice) = invoice(which) {
                    books.write_off(invoice)?;
                }
            }
            Happening::Void { which } => {
                if let Some(invoice) = invoice(which) {
                    books.void(invoice)?;
                }
            }
            Happening::Return { which } => {
                if let Some(invoice) = invoice(which) {
                    books.return_invoice(invoice)?;
                }
            }
        }
        Ok(())
    }
}
