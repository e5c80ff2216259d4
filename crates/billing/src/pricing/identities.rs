//! The identities every document must keep: EN 16931 rules BR-CO-10 to BR-CO-17, BR-S-08 and BR-S-09.
//!
//! They are held against what a document states, ours or somebody else's, in major units. Sums must agree exactly once they
//! are rounded to the document's decimals; taxes and taxable amounts of a category may be off by less than one unit, as the
//! published validation artefacts allow.

use std::fmt;
use std::str::FromStr;

use crate::ratio::Ratio;
use crate::rounding::Rounding;

/// One rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Identity {
    /// BR-CO-10: the sum of line nets (BT-106) is the sum of the lines.
    LineSum,
    /// BR-CO-11: the sum of allowances (BT-107) is the sum of the document's allowances.
    AllowanceSum,
    /// BR-CO-12: the sum of charges (BT-108) is the sum of the document's charges.
    ChargeSum,
    /// BR-CO-13: the total without tax (BT-109) is line nets less allowances plus charges.
    TaxExclusive,
    /// BR-CO-14: the total tax (BT-110) is the sum of the taxes by category.
    TaxSum,
    /// BR-CO-15: the total with tax (BT-112) is the total without plus the tax in the document's currency.
    TaxInclusive,
    /// BR-CO-16: what is due (BT-115) is the total with tax less what was prepaid plus the rounding amount.
    Payable,
    /// BR-CO-17: the tax of a category is its taxable amount times its rate.
    CategoryTax,
    /// BR-S-08: the taxable amount of each standard rate is the sum of what bears that rate.
    StandardBase,
    /// BR-S-09: the tax of each standard rate is its taxable amount times its rate.
    StandardTax,
}

/// Not the code of a rule that is known here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code:?} is none of BR-CO-10 to BR-CO-17, BR-S-08 and BR-S-09")]
pub struct BadIdentity {
    /// What was given.
    pub code: String,
}

impl Identity {
    /// Every rule.
    pub const ALL: [Self; 10] = [
        Self::LineSum,
        Self::AllowanceSum,
        Self::ChargeSum,
        Self::TaxExclusive,
        Self::TaxSum,
        Self::TaxInclusive,
        Self::Payable,
        Self::CategoryTax,
        Self::StandardBase,
        Self::StandardTax,
    ];

    /// The code in the standard.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::LineSum => "BR-CO-10",
            Self::AllowanceSum => "BR-CO-11",
            Self::ChargeSum => "BR-CO-12",
            Self::TaxExclusive => "BR-CO-13",
            Self::TaxSum => "BR-CO-14",
            Self::TaxInclusive => "BR-CO-15",
            Self::Payable => "BR-CO-16",
            Self::CategoryTax => "BR-CO-17",
            Self::StandardBase => "BR-S-08",
            Self::StandardTax => "BR-S-09",
        }
    }
}

impl FromStr for Identity {
    type Err = BadIdentity;

    /// Reads a code, with the number of a test case after it or not: `BR-CO-15`, `BR-S-08-2`.
    fn from_str(text: &str) -> Result<Self, BadIdentity> {
        let is = |code: &str| {
            let rest = text.strip_prefix(code);
            rest.is_some_and(|it| it.is_empty() || it.starts_with('-'))
        };
        let found = Self::ALL.into_iter().find(|it| is(it.code()));
        found.ok_or_else(|| BadIdentity {
            code: text.to_owned(),
        })
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// A line, allowance or charge as stated: its amount and the tax it bears.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StatedAmount {
    /// The amount; an allowance's is stated above zero.
    pub amount: Ratio,
    /// The code of its VAT category, if it states one.
    pub category: Option<String>,
    /// Its VAT rate as a fraction, if it states one.
    pub rate: Option<Ratio>,
}

/// One line of the VAT breakdown as stated.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StatedTax {
    /// The code of the category.
    pub category: Option<String>,
    /// The rate as a fraction; a category without one has no tax.
    pub rate: Option<Ratio>,
    /// The taxable amount.
    pub taxable: Option<Ratio>,
    /// The tax.
    pub tax: Option<Ratio>,
}

/// The total tax in one currency as stated, with its breakdown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StatedTaxTotal {
    /// The code of its currency; without one it is the document's.
    pub currency: Option<String>,
    /// The total.
    pub amount: Option<Ratio>,
    /// By category and rate.
    pub breakdown: Vec<StatedTax>,
}

/// What a document states. What it does not state is `None`, and counts as zero where the standard lets it be absent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stated {
    /// Decimals of its amounts: two in the standard, the currency's for our own.
    pub decimals: u32,
    /// The code of its currency.
    pub currency: Option<String>,
    /// Its lines.
    pub lines: Vec<StatedAmount>,
    /// Its allowances on the whole.
    pub allowances: Vec<StatedAmount>,
    /// Its charges on the whole.
    pub charges: Vec<StatedAmount>,
    /// Its taxes: one in its own currency, perhaps one more in that of the tax office.
    pub taxes: Vec<StatedTaxTotal>,
    /// BT-106.
    pub sum_line_net: Option<Ratio>,
    /// BT-107.
    pub allowance_total: Option<Ratio>,
    /// BT-108.
    pub charge_total: Option<Ratio>,
    /// BT-109.
    pub tax_exclusive: Option<Ratio>,
    /// BT-112.
    pub tax_inclusive: Option<Ratio>,
    /// BT-113.
    pub prepaid: Option<Ratio>,
    /// BT-114.
    pub rounding: Option<Ratio>,
    /// BT-115.
    pub payable: Option<Ratio>,
}

/// A rule that does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{rule}: {} is stated, {} is right", shown(*stated), shown(*computed))]
pub struct BrokenIdentity {
    /// The rule.
    pub rule: Identity,
    /// What is stated, in major units.
    pub stated: Option<Ratio>,
    /// What would be right; `None` where it cannot be said.
    pub computed: Option<Ratio>,
}

fn shown(amount: Option<Ratio>) -> String {
    amount.map_or_else(|| "nothing".to_owned(), |it| it.to_string())
}

/// Holds every rule against a document.
///
/// # Errors
/// All rules that do not hold, in the order of the standard.
pub fn check_totals(stated: &Stated) -> Result<(), Vec<BrokenIdentity>> {
    let broken = Identity::ALL
        .into_iter()
        .filter_map(|rule| check_identity(rule, stated).err());
    let broken: Vec<_> = broken.collect();
    if broken.is_empty() {
        Ok(())
    } else {
        Err(broken)
    }
}

/// Holds one rule against a document.
///
/// # Errors
/// What is stated and what would be right.
pub fn check_identity(rule: Identity, document: &Stated) -> Result<(), BrokenIdentity> {
    let own = document.own_taxes();
    let is = |stated: Option<Ratio>, computed: Option<Ratio>| {
        let computed = computed.and_then(|it| document.rounded(it));
        equal(rule, stated, computed)
    };
    let amounts = |of: &[StatedAmount]| sum(of.iter().map(|it| Some(it.amount)));
    let or_zero = |it: Option<Ratio>| Some(it.unwrap_or(Ratio::ZERO));
    match rule {
        Identity::LineSum => is(document.sum_line_net, amounts(&document.lines)),
        Identity::AllowanceSum => is(
            or_zero(document.allowance_total),
            amounts(&document.allowances),
        ),
        Identity::ChargeSum => is(or_zero(document.charge_total), amounts(&document.charges)),
        Identity::TaxExclusive => {
            let plus = sum([document.sum_line_net, or_zero(document.charge_total)]);
            is(document.tax_exclusive, less(plus, document.allowance_total))
        }
        Identity::TaxSum => match own {
            Some(total) if !total.breakdown.is_empty() => {
                is(total.amount, sum(total.breakdown.iter().map(|it| it.tax)))
            }
            _ => Ok(()),
        },
        Identity::TaxInclusive => {
            let tax = own.and_then(|it| it.amount);
            is(document.tax_inclusive, sum([document.tax_exclusive, tax]))
        }
        Identity::Payable => {
            let due = less(document.tax_inclusive, document.prepaid);
            is(document.payable, sum([due, or_zero(document.rounding)]))
        }
        Identity::CategoryTax => each(document, |it| document.tax_fits(rule, it)),
        Identity::StandardTax => each(document, |it| match it.is_standard() {
            true => document.tax_fits(rule, it),
            false => Ok(()),
        }),
        Identity::StandardBase => each(document, |it| match (it.is_standard(), it.rate) {
            (true, Some(rate)) => near(rule, it.taxable, document.bearing(rate)),
            _ => Ok(()),
        }),
    }
}

impl StatedTax {
    fn is_standard(&self) -> bool {
        self.category.as_deref() == Some("S")
    }
}

impl Stated {
    /// The tax in the document's own currency.
    fn own_taxes(&self) -> Option<&StatedTaxTotal> {
        let is_own = |it: &&StatedTaxTotal| it.currency.is_none() || it.currency == self.currency;
        self.taxes.iter().find(is_own)
    }

    /// To the document's decimals, on absolute values as the artefacts do.
    fn rounded(&self, amount: Ratio) -> Option<Ratio> {
        let step = Ratio::new(1, 10_i128.checked_pow(self.decimals)?)?;
        amount.round_to(step, Rounding::HalfAwayFromZero)
    }

    /// What bears a standard rate: lines and charges less allowances.
    fn bearing(&self, rate: Ratio) -> Option<Ratio> {
        let of = |all: &[StatedAmount]| {
            let bears =
                |it: &&StatedAmount| it.category.as_deref() == Some("S") && it.rate == Some(rate);
            sum(all.iter().filter(bears).map(|it| Some(it.amount)))
        };
        less(
            sum([of(&self.lines), of(&self.charges)]),
            of(&self.allowances),
        )
    }

    fn tax_fits(&self, rule: Identity, of: &StatedTax) -> Result<(), BrokenIdentity> {
        let absolute = |it: Ratio| {
            if it.is_negative() {
                it.checked_neg()
            } else {
                Some(it)
            }
        };
        let stated = of.tax.and_then(absolute);
        match of.rate.filter(|it| !it.is_zero()) {
            // Without a rate there is no tax; the artefacts look at whole units.
            None => match stated.map(|it| it.round(Rounding::HalfAwayFromZero)) {
                Some(0) => Ok(()),
                _ => equal(rule, stated, Some(Ratio::ZERO)),
            },
            Some(rate) => {
                let exact = of
                    .taxable
                    .and_then(absolute)
                    .and_then(|it| it.checked_mul(rate));
                near(rule, stated, exact.and_then(|it| self.rounded(it)))
            }
        }
    }
}

fn each(
    document: &Stated,
    check: impl Fn(&StatedTax) -> Result<(), BrokenIdentity>,
) -> Result<(), BrokenIdentity> {
    let breakdown = document
        .own_taxes()
        .into_iter()
        .flat_map(|it| &it.breakdown);
    breakdown.into_iter().try_for_each(check)
}

fn equal(
    rule: Identity,
    stated: Option<Ratio>,
    computed: Option<Ratio>,
) -> Result<(), BrokenIdentity> {
    match stated.is_some() && stated == computed {
        true => Ok(()),
        false => Err(BrokenIdentity {
            rule,
            stated,
            computed,
        }),
    }
}

/// Less than one unit apart.
fn near(
    rule: Identity,
    stated: Option<Ratio>,
    computed: Option<Ratio>,
) -> Result<(), BrokenIdentity> {
    let apart = less(stated, computed).filter(|_| stated.is_some() && computed.is_some());
    let minus_one = Ratio::whole(-1);
    match apart.is_some_and(|it| it > minus_one && it < Ratio::ONE) {
        true => Ok(()),
        false => Err(BrokenIdentity {
            rule,
            stated,
            computed,
        }),
    }
}

fn sum(amounts: impl IntoIterator<Item = Option<Ratio>>) -> Option<Ratio> {
    amounts
        .into_iter()
        .try_fold(Ratio::ZERO, |sum, it| sum.checked_add(it?))
}

/// What is left; nothing stated takes nothing off.
fn less(from: Option<Ratio>, what: Option<Ratio>) -> Option<Ratio> {
    match what {
        Some(what) => from?.checked_sub(what),
        None => from,
    }
}
