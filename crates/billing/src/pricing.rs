//! What a document costs: amounts cut into parts, discounts, taxes, and the totals of EN 16931.

mod cash;
mod coupon;
mod discount;
mod identities;
mod inclusive;
mod price;
mod record;
mod summing;
mod tax;
mod tax_table;
mod taxing;
mod totals;
pub(crate) mod weights;

pub use cash::{CashRounding, cash_rounding};
pub use coupon::{Coupon, CouponRefusal, CouponStatus, CouponUse};
pub use discount::{
    BadDiscount, Discount, DiscountAmount, DiscountScope, Discounted, SHARE_DECIMALS,
    discount_lines,
};
pub use identities::{
    BadIdentity, BrokenIdentity, Identity, Stated, StatedAmount, StatedTax, StatedTaxTotal,
    check_identity, check_totals,
};
pub use price::{PriceError, PriceTerms, Priced, TaxRounding, Taxable, line_amount, price};
pub use record::TotalsRecord;
pub use tax::{BadTaxRule, TaxBase, TaxCategory, TaxRule, effective_rate, net_of_gross};
pub use tax_table::{BadTaxTable, DatedTaxes, NoTaxes, TaxTable};
pub use totals::{LineTax, TaxGroup, TaxedLine, Totals};
pub use weights::{BadWeights, allocate_by_weights, allocate_equally};
