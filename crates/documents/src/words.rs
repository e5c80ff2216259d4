//! What is printed around the facts, in every language.

mod en;
mod es;
mod hi;
mod id;
mod pt;
mod sw;

use kernel::Locale;

/// The words of a language. A word that is missing does not compile.
#[derive(Debug)]
pub(crate) struct Words {
    pub(crate) invoice: &'static str,
    pub(crate) credit_note: &'static str,
    pub(crate) statement: &'static str,
    pub(crate) number: &'static str,
    pub(crate) date: &'static str,
    pub(crate) due_on: &'static str,
    pub(crate) for_invoice: &'static str,
    pub(crate) reason: &'static str,
    pub(crate) customer: &'static str,
    pub(crate) tax_id: &'static str,
    pub(crate) description: &'static str,
    pub(crate) quantity: &'static str,
    pub(crate) amount: &'static str,
    pub(crate) subtotal: &'static str,
    pub(crate) discount: &'static str,
    pub(crate) net: &'static str,
    pub(crate) tax: &'static str,
    /// Between a tax and what it is charged on: `VAT 16% on 1,000.00`.
    pub(crate) on: &'static str,
    pub(crate) rounding: &'static str,
    pub(crate) prepaid: &'static str,
    pub(crate) total: &'static str,
    pub(crate) paid: &'static str,
    pub(crate) credited: &'static str,
    pub(crate) written_off: &'static str,
    pub(crate) due: &'static str,
    pub(crate) settled: &'static str,
    pub(crate) void: &'static str,
    pub(crate) pay: &'static str,
    pub(crate) period: &'static str,
    pub(crate) opening: &'static str,
    pub(crate) closing: &'static str,
    pub(crate) balance: &'static str,
    pub(crate) payment: &'static str,
    pub(crate) refund: &'static str,
    pub(crate) reversal: &'static str,
    pub(crate) write_off_reversed: &'static str,
    pub(crate) other: &'static str,
    pub(crate) receipt: &'static str,
    pub(crate) method: &'static str,
    pub(crate) reference: &'static str,
    pub(crate) credit_left: &'static str,
    pub(crate) received: &'static str,
    pub(crate) refunded: &'static str,
    pub(crate) taken_back: &'static str,
    pub(crate) cash: &'static str,
    pub(crate) mobile_money: &'static str,
    pub(crate) card: &'static str,
    pub(crate) bank_transfer: &'static str,
    pub(crate) late_fee: &'static str,
    pub(crate) reconnection: &'static str,
    pub(crate) page: &'static str,
    /// January to December, as short as they are written in dates.
    pub(crate) months: [&'static str; 12],
}

/// The words of a language.
pub(crate) const fn of(locale: Locale) -> &'static Words {
    match locale {
        Locale::En => &en::WORDS,
        Locale::Id => &id::WORDS,
        Locale::Es => &es::WORDS,
        Locale::Pt => &pt::WORDS,
        Locale::Sw => &sw::WORDS,
        Locale::Hi => &hi::WORDS,
    }
}
