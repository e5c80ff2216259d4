//! What taxes a line bears: an ordered list of rates, each with what it is charged on.

use serde::{Deserialize, Serialize};

use crate::ratio::Ratio;

/// A VAT category as documents name it (UN/CEFACT 5305, EN 16931 BT-151).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TaxCategory {
    /// Taxed at a rate.
    #[serde(rename = "S")]
    Standard,
    /// Taxed at zero.
    #[serde(rename = "Z")]
    ZeroRated,
    /// Exempt.
    #[serde(rename = "E")]
    Exempt,
    /// The customer owes the tax.
    #[serde(rename = "AE")]
    ReverseCharge,
    /// Supply within a community of states.
    #[serde(rename = "K")]
    IntraCommunity,
    /// Export.
    #[serde(rename = "G")]
    Export,
    /// Not subject to tax at all.
    #[serde(rename = "O")]
    OutOfScope,
    /// Taxed at a rate of the Canary Islands.
    #[serde(rename = "L")]
    CanaryIslands,
    /// Taxed at a rate of Ceuta and Melilla.
    #[serde(rename = "M")]
    CeutaMelilla,
}

impl TaxCategory {
    /// Every category.
    pub const ALL: [Self; 9] = [
        Self::Standard,
        Self::ZeroRated,
        Self::Exempt,
        Self::ReverseCharge,
        Self::IntraCommunity,
        Self::Export,
        Self::OutOfScope,
        Self::CanaryIslands,
        Self::CeutaMelilla,
    ];

    /// Whether something of it can be taxed at a rate above zero.
    #[must_use]
    pub const fn has_rate(self) -> bool {
        matches!(
            self,
            Self::Standard | Self::CanaryIslands | Self::CeutaMelilla
        )
    }

    /// The code on documents.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Standard => "S",
            Self::ZeroRated => "Z",
            Self::Exempt => "E",
            Self::ReverseCharge => "AE",
            Self::IntraCommunity => "K",
            Self::Export => "G",
            Self::OutOfScope => "O",
            Self::CanaryIslands => "L",
            Self::CeutaMelilla => "M",
        }
    }

    /// The category with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.code() == code)
    }
}

/// What a rate is charged on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaxBase {
    /// The net amount.
    #[default]
    Net,
    /// The net amount and every tax that stands before it in the list: excise and then VAT on top, compound taxes.
    NetAndEarlier,
    /// The amount with this tax in it (Brazil's "por dentro"): 18 % of 100 on a net amount of 82.
    Gross,
}

/// One tax of a list.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "RawRule")]
pub struct TaxRule {
    name: String,
    category: TaxCategory,
    rate: Ratio,
    base: TaxBase,
    factor: Ratio,
}

/// A rule as it is stored, before it is checked.
#[derive(Deserialize)]
struct RawRule {
    name: String,
    category: TaxCategory,
    rate: Ratio,
    base: TaxBase,
    factor: Ratio,
}

impl TryFrom<RawRule> for TaxRule {
    type Error = BadTaxRule;

    fn try_from(raw: RawRule) -> Result<Self, BadTaxRule> {
        let rule = Self::of_category(&raw.name, raw.category, raw.rate)?;
        rule.on(raw.base).with_factor(raw.factor)
    }
}

/// A tax that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadTaxRule {
    /// A rate or factor below zero.
    #[error("{name}: rate {rate} and factor {factor} must not be below zero")]
    Negative {
        /// The tax.
        name: String,
        /// Its rate.
        rate: Ratio,
        /// Its factor.
        factor: Ratio,
    },
    /// A rate where the category has none.
    #[error("{name}: category {} has no rate, but {rate} is given", category.code())]
    NoRateHere {
        /// The tax.
        name: String,
        /// Its category.
        category: TaxCategory,
        /// The rate.
        rate: Ratio,
    },
}

impl TaxRule {
    /// A tax of the standard category on the net amount. The rate is a fraction: `"16%".parse()`.
    ///
    /// # Errors
    /// [`BadTaxRule::Negative`] for a rate below zero.
    pub fn new(name: &str, rate: Ratio) -> Result<Self, BadTaxRule> {
        Self::of_category(name, TaxCategory::Standard, rate)
    }

    /// A tax of any category on the net amount.
    ///
    /// # Errors
    /// [`BadTaxRule`] for a rate below zero, or above zero where the category has none.
    pub fn of_category(name: &str, category: TaxCategory, rate: Ratio) -> Result<Self, BadTaxRule> {
        let rule = Self {
            name: name.to_owned(),
            category,
            rate,
            base: TaxBase::Net,
            factor: Ratio::ONE,
        };
        if !category.has_rate() && !rate.is_zero() {
            let name = rule.name;
            return Err(BadTaxRule::NoRateHere {
                name,
                category,
                rate,
            });
        }
        rule.checked()
    }

    /// The same tax charged on something else.
    #[must_use]
    pub const fn on(mut self, base: TaxBase) -> Self {
        self.base = base;
        self
    }

    /// The same tax charged on a part of its base only: Indonesia charges 12 % on 11/12 of the price (PMK 131/2024).
    ///
    /// # Errors
    /// [`BadTaxRule::Negative`] for a factor below zero.
    pub fn with_factor(mut self, factor: Ratio) -> Result<Self, BadTaxRule> {
        self.factor = factor;
        self.checked()
    }

    fn checked(self) -> Result<Self, BadTaxRule> {
        if self.rate.is_negative() || self.factor.is_negative() {
            return Err(BadTaxRule::Negative {
                name: self.name,
                rate: self.rate,
                factor: self.factor,
            });
        }
        Ok(self)
    }

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its category.
    #[must_use]
    pub const fn category(&self) -> TaxCategory {
        self.category
    }

    /// Its rate, as a fraction of its base.
    #[must_use]
    pub const fn rate(&self) -> Ratio {
        self.rate
    }

    /// What it is charged on.
    #[must_use]
    pub const fn base(&self) -> TaxBase {
        self.base
    }

    /// The part of the base that is taxed.
    #[must_use]
    pub const fn factor(&self) -> Ratio {
        self.factor
    }

    /// Rate and factor in one: what a unit of the base bears.
    pub(crate) fn weight(&self) -> Option<Ratio> {
        match self.factor == Ratio::ONE {
            true => Some(self.rate),
            false => self.rate.checked_mul(self.factor),
        }
    }
}

/// What the tax at a place of the list is charged on, before its factor; `taxes` are those of the places before.
///
/// `None` on overflow, or when taxes inside the price leave nothing of it.
pub(crate) fn base_of(
    rules: &[TaxRule],
    place: usize,
    net: Ratio,
    taxes: &[Ratio],
) -> Option<Ratio> {
    let earlier = || rules.iter().zip(taxes).take(place);
    match rules.get(place)?.base {
        TaxBase::Net => Some(net),
        TaxBase::NetAndEarlier => earlier().try_fold(net, |sum, (_, tax)| sum.checked_add(*tax)),
        TaxBase::Gross => {
            let outside = earlier().filter(|(rule, _)| rule.base != TaxBase::Gross);
            let priced = outside
                .into_iter()
                .try_fold(net, |sum, (_, tax)| sum.checked_add(*tax))?;
            let inside = rules.iter().filter(|it| it.base == TaxBase::Gross);
            let left = inside
                .into_iter()
                .try_fold(Ratio::ONE, |left, it| left.checked_sub(it.weight()?))?;
            (left > Ratio::ZERO).then(|| priced.checked_div(left))?
        }
    }
}

/// The exact taxes of an exact net amount, place by place; `None` as for [`base_of`].
pub(crate) fn exact_taxes(rules: &[TaxRule], net: Ratio) -> Option<Vec<Ratio>> {
    let mut taxes = Vec::with_capacity(rules.len());
    for (place, rule) in rules.iter().enumerate() {
        let base = base_of(rules, place, net, &taxes)?;
        taxes.push(base.checked_mul(rule.weight()?)?);
    }
    Some(taxes)
}

/// What a whole list adds to a net amount, as a fraction of it: 11 % for 12 % on 11/12, 12.35 % for 5 % and 7 % on top.
///
/// `None` on overflow, or when taxes inside the price leave nothing of it.
#[must_use]
pub fn effective_rate(rules: &[TaxRule]) -> Option<Ratio> {
    let taxes = exact_taxes(rules, Ratio::ONE)?;
    taxes.into_iter().try_fold(Ratio::ZERO, Ratio::checked_add)
}

/// The exact net amount in a price with its taxes: `gross / (1 + effective rate)`.
///
/// `None` as for [`effective_rate`].
#[must_use]
pub fn net_of_gross(gross: Ratio, rules: &[TaxRule]) -> Option<Ratio> {
    gross.checked_div(Ratio::ONE.checked_add(effective_rate(rules)?)?)
}

#[cfg(test)]
mod tests {
    //! Lists of taxes add up as their countries say.

    use super::{BadTaxRule, TaxBase, TaxCategory, TaxRule, effective_rate, net_of_gross};
    use crate::ratio::Ratio;

    fn tax(rate: &str) -> TaxRule {
        TaxRule::new("VAT", rate.parse().unwrap()).unwrap()
    }

    fn rate(text: &str) -> Option<Ratio> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn lists_add_up() {
        let indonesia = tax("12%").with_factor("11/12".parse().unwrap()).unwrap();
        assert_eq!(effective_rate(&[indonesia]), rate("11%"));
        let kenya = [tax("15%"), tax("16%").on(TaxBase::NetAndEarlier)];
        assert_eq!(effective_rate(&kenya), rate("33.4%"));
        assert_eq!(effective_rate(&[tax("9%"), tax("9%")]), rate("18%"));
        let brazil = [tax("18%").on(TaxBase::Gross)];
        assert_eq!(effective_rate(&brazil), rate("18/82"));
        assert_eq!(net_of_gross(Ratio::whole(100), &brazil), rate("82"));
        assert_eq!(effective_rate(&[tax("100%").on(TaxBase::Gross)]), None);
    }

    #[test]
    fn a_rate_where_there_is_none_is_refused() {
        let rate = Ratio::ONE;
        let refused = TaxRule::of_category("VAT", TaxCategory::Exempt, rate);
        assert_eq!(
            refused,
            Err(BadTaxRule::NoRateHere {
                name: "VAT".to_owned(),
                category: TaxCategory::Exempt,
                rate
            })
        );
        assert!(TaxRule::new("VAT", Ratio::whole(-1)).is_err());
    }
}
