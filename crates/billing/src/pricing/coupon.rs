//! Coupons: a discount that is given under conditions and for so many cycles.

use kernel::{Currency, LocalDate, Money, PlanId};

use super::discount::{Discount, DiscountAmount};

/// Whether a coupon is given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CouponStatus {
    /// It can be used.
    Enabled,
    /// Not for now.
    Disabled,
    /// Never again.
    Archived,
}

/// The conditions of a coupon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coupon {
    /// What it takes off.
    pub discount: Discount,
    /// Whether it is given out.
    pub status: CouponStatus,
    /// The first day it can be used.
    pub from: Option<LocalDate>,
    /// The day after the last.
    pub until: Option<LocalDate>,
    /// The plans it is for; all if empty.
    pub plans: Vec<PlanId>,
    /// The least an order must come to.
    pub least_order: Option<Money>,
    /// How often it can be used by all customers together.
    pub most_uses: Option<u32>,
    /// Whether one customer can use it again.
    pub reusable: bool,
    /// For how many cycles it counts; for ever without.
    pub cycles: Option<u32>,
}

/// What a coupon is to be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CouponUse {
    /// The day.
    pub on: LocalDate,
    /// The plan that is bought.
    pub plan: PlanId,
    /// What the order comes to.
    pub order: Money,
    /// How often the coupon was used so far, by anybody.
    pub uses: u32,
    /// Whether this customer has used it.
    pub used_before: bool,
}

/// Why a coupon is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CouponRefusal {
    /// It is disabled.
    #[error("coupon is disabled")]
    Disabled,
    /// It is archived.
    #[error("coupon is archived")]
    Archived,
    /// It cannot be used yet.
    #[error("coupon can be used from {from}, not on {on}")]
    NotYet {
        /// The first day.
        from: LocalDate,
        /// The day of the order.
        on: LocalDate,
    },
    /// It cannot be used any more.
    #[error("coupon could be used before {until}, not on {on}")]
    Expired {
        /// The day after the last.
        until: LocalDate,
        /// The day of the order.
        on: LocalDate,
    },
    /// It is for other plans.
    #[error("coupon is not for plan {plan}")]
    OtherPlan {
        /// The plan that is bought.
        plan: PlanId,
    },
    /// Its amount is in another currency.
    #[error("coupon is in {coupon}, the order in {order}")]
    OtherCurrency {
        /// The coupon's.
        coupon: Currency,
        /// The order's.
        order: Currency,
    },
    /// The order is too small.
    #[error("coupon needs an order of {least}, not {order}")]
    OrderTooSmall {
        /// The least.
        least: Money,
        /// What the order comes to.
        order: Money,
    },
    /// It was used as often as it can be.
    #[error("coupon was used {uses} times of {most}")]
    UsedUp {
        /// How often it was used.
        uses: u32,
        /// How often it can be.
        most: u32,
    },
    /// The customer has used it.
    #[error("coupon can be used once by a customer")]
    Reused,
}

impl Coupon {
    /// A coupon without conditions.
    #[must_use]
    pub const fn of(discount: Discount) -> Self {
        Self {
            discount,
            status: CouponStatus::Enabled,
            from: None,
            until: None,
            plans: Vec::new(),
            least_order: None,
            most_uses: None,
            reusable: false,
            cycles: None,
        }
    }

    /// Whether it is taken for an order.
    ///
    /// # Errors
    /// [`CouponRefusal`] names the first condition that is not met.
    pub fn accept(&self, order: CouponUse) -> Result<(), CouponRefusal> {
        match self.status {
            CouponStatus::Enabled => (),
            CouponStatus::Disabled => return Err(CouponRefusal::Disabled),
            CouponStatus::Archived => return Err(CouponRefusal::Archived),
        }
        self.in_time(order.on)?;
        if !self.plans.is_empty() && !self.plans.contains(&order.plan) {
            return Err(CouponRefusal::OtherPlan { plan: order.plan });
        }
        self.in_money(order.order)?;
        if let Some(most) = self.most_uses.filter(|it| order.uses >= *it) {
            let uses = order.uses;
            return Err(CouponRefusal::UsedUp { uses, most });
        }
        if order.used_before && !self.reusable {
            return Err(CouponRefusal::Reused);
        }
        Ok(())
    }

    fn in_time(&self, on: LocalDate) -> Result<(), CouponRefusal> {
        if let Some(from) = self.from.filter(|it| on < *it) {
            return Err(CouponRefusal::NotYet { from, on });
        }
        match self.until.filter(|it| on >= *it) {
            Some(until) => Err(CouponRefusal::Expired { until, on }),
            None => Ok(()),
        }
    }

    fn in_money(&self, order: Money) -> Result<(), CouponRefusal> {
        let own = match self.discount.amount() {
            DiscountAmount::Percent(_) => None,
            DiscountAmount::Fixed(money) | DiscountAmount::PercentUpTo(_, money) => Some(money),
        };
        for money in own.into_iter().chain(self.least_order) {
            if money.currency() != order.currency() {
                return Err(CouponRefusal::OtherCurrency {
                    coupon: money.currency(),
                    order: order.currency(),
                });
            }
        }
        match self.least_order.filter(|it| order.minor() < it.minor()) {
            Some(least) => Err(CouponRefusal::OrderTooSmall { least, order }),
            None => Ok(()),
        }
    }

    /// The discount it gives in a cycle, counted from 1 for the first it was used in; none once its cycles are over.
    #[must_use]
    pub fn in_cycle(&self, cycle: u32) -> Option<&Discount> {
        let counts = self.cycles.is_none_or(|it| cycle <= it);
        counts.then_some(&self.discount)
    }
}

#[cfg(test)]
mod tests {
    //! Every condition refuses by itself, with its figures.

    use kernel::testing::CountingIds;
    use kernel::{Currency, Ids, Money, PlanId};

    use super::{Coupon, CouponRefusal, CouponStatus, CouponUse};
    use crate::pricing::discount::Discount;

    fn kes(minor: i64) -> Money {
        Money::from_minor(minor, "KES".parse().unwrap())
    }

    fn plan(number: u64) -> PlanId {
        let ids: &dyn Ids = &CountingIds::from(number);
        ids.next()
    }

    fn order() -> CouponUse {
        CouponUse {
            on: "2026-11-21".parse().unwrap(),
            plan: plan(7),
            order: kes(1000),
            uses: 3,
            used_before: true,
        }
    }

    fn refused(change: impl FnOnce(&mut Coupon)) -> Option<CouponRefusal> {
        let mut coupon = Coupon::of(Discount::fixed(kes(100)).unwrap());
        coupon.reusable = true;
        change(&mut coupon);
        coupon.accept(order()).err()
    }

    #[test]
    fn each_condition_refuses() {
        assert_eq!(refused(|_| ()), None);
        let disabled = refused(|it| it.status = CouponStatus::Disabled);
        assert_eq!(disabled, Some(CouponRefusal::Disabled));
        let archived = refused(|it| it.status = CouponStatus::Archived);
        assert_eq!(archived, Some(CouponRefusal::Archived));
        let (from, until) = ("2026-11-22".parse().unwrap(), "2026-11-21".parse().unwrap());
        let on = until;
        let early = refused(|it| it.from = Some(from));
        assert_eq!(early, Some(CouponRefusal::NotYet { from, on }));
        let late = refused(|it| it.until = Some(until));
        assert_eq!(late, Some(CouponRefusal::Expired { until, on }));
        let other = plan(8);
        let plan = order().plan;
        let plans = refused(|it| it.plans = vec![other]);
        assert_eq!(plans, Some(CouponRefusal::OtherPlan { plan }));
        let least = kes(1001);
        let small = refused(|it| it.least_order = Some(least));
        let order = order().order;
        assert_eq!(small, Some(CouponRefusal::OrderTooSmall { least, order }));
        let used = refused(|it| it.most_uses = Some(3));
        assert_eq!(used, Some(CouponRefusal::UsedUp { uses: 3, most: 3 }));
        let again = refused(|it| it.reusable = false);
        assert_eq!(again, Some(CouponRefusal::Reused));
        let idr: Currency = "IDR".parse().unwrap();
        let foreign = Discount::fixed(Money::from_minor(1, idr)).unwrap();
        let foreign = refused(|it| it.discount = foreign);
        assert!(matches!(foreign, Some(CouponRefusal::OtherCurrency { .. })));
    }

    #[test]
    fn its_cycles_end() {
        let mut coupon = Coupon::of(Discount::fixed(kes(100)).unwrap());
        assert!(coupon.in_cycle(99).is_some());
        coupon.cycles = Some(2);
        assert!(coupon.in_cycle(2).is_some());
        assert!(coupon.in_cycle(3).is_none());
    }
}
