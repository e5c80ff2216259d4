//! The receipt of a payment as plain data: what came in, what it paid, and what has gone back of it.

use billing::{PaymentMethod, ReceiptView, ReturnKind};
use kernel::{LocalDate, Money};

use crate::document::{Paper, Party};
use crate::issued::Frame;
use crate::statement::Movement;

/// Money of a payment that went back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Returned {
    /// The day.
    pub on: LocalDate,
    /// What happened: [`Movement::Refund`], [`Movement::Reversal`], or [`Movement::Payment`] where it came again.
    pub movement: Movement,
    /// How much; below zero where it came again.
    pub amount: Money,
}

/// The receipt of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// What it is called: the id of the payment.
    pub number: String,
    /// The day the money came in.
    pub received_on: LocalDate,
    /// How it came.
    pub method: PaymentMethod,
    /// What the payer or the provider calls it.
    pub reference: Option<String>,
    /// Who received it.
    pub seller: Party,
    /// Who paid.
    pub payer: Party,
    /// How much came in.
    pub amount: Money,
    /// The invoices it paid when it came in, by number, and how much of each.
    pub paid: Vec<(String, Money)>,
    /// What was left as credit then.
    pub credit: Money,
    /// What has gone back since, in order.
    pub returns: Vec<Returned>,
    /// How it is written down.
    pub paper: Paper,
}

impl Receipt {
    /// The receipt that billing tells of.
    #[must_use]
    pub fn of_view(it: ReceiptView, frame: Frame) -> Self {
        let returns = it.returns.into_iter().map(|it| Returned {
            on: it.on,
            movement: match it.why {
                ReturnKind::Refund { .. } => Movement::Refund,
                ReturnKind::Reversal => Movement::Reversal,
                ReturnKind::Undone => Movement::Payment,
            },
            amount: it.amount,
        });
        Self {
            number: it.payment.id.to_string(),
            received_on: it.received_on,
            method: it.payment.method,
            reference: it.payment.reference,
            seller: frame.seller,
            payer: frame.buyer,
            amount: it.payment.amount,
            paid: it
                .paid
                .into_iter()
                .map(|it| (it.number, it.amount))
                .collect(),
            credit: it.credit,
            returns: returns.collect(),
            paper: frame.paper,
        }
    }

    /// What is left of the money that came in.
    pub(crate) fn kept(&self) -> Option<Money> {
        let returned = self.returns.iter().map(|it| it.amount);
        let returned = Money::sum(self.amount.currency(), returned).ok()?;
        self.amount.checked_sub(returned).ok()
    }
}
