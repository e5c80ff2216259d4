//! Money goes back: refunds at the counter, reversals by a provider, and refunds above what was paid, which are refused.

use anyhow::{Result, bail, ensure};
use billing::{
    GiveBackError, PaymentView, RefundPayment, ReversePayment, Spoken, refund_payment,
    reverse_payment,
};
use kernel::{Ids, LocalDate, Money, PaymentId};

use super::Life;
use super::deeds::TIMES;
use crate::books::Books;
use crate::carrier::by_hand;
use crate::conduct::Deed;

const REASON: &str = "paid by mistake";

/// What is asked back.
enum Asked {
    Refund(RefundPayment),
    Reversal(ReversePayment),
}

impl Life {
    /// Some of the money that was paid goes back, days or months later.
    pub(super) fn plan_giving_back(&mut self, payment: PaymentId, day: LocalDate) {
        if self.chance.permille(40) {
            let days = self.chance.within(0..=60);
            let deed = Deed::GiveBack(payment);
            self.diary.plan_in(&self.chance, day, days, deed);
        }
    }

    /// What was given back is gone from the books once, however often it is asked; more than is left is refused.
    pub(super) async fn give_back(&mut self, payment: PaymentId, day: LocalDate) -> Result<()> {
        let tenant = self.provider.tenant();
        let Some(before) = self.provider.billing().payment(tenant, payment).await? else {
            bail!("invariant 29: {payment} is gone")
        };
        let left = before.amount.checked_sub(before.returned)?;
        let reverses = self.chance.permille(400);
        // A little above what was paid, now and then.
        let hundredths = self.chance.within(1..=110);
        let part = (before.amount.minor() * hundredths / 100).max(1);
        let part = Money::from_minor(part, left.currency());
        let wanted = if reverses { left } else { part };
        let asked = self.ask_back(&before, reverses, wanted);
        let words = format!("{wanted} of {payment} goes back");
        self.trail.note(before.account, day, words);
        let given = self.have_back(&asked, payment).await?;
        let may = wanted.minor() <= left.minor() && left.is_positive();
        ensure!(
            given == may || (reverses && left.is_zero()),
            "invariant 31: {wanted} of {left} left of {payment} was given back: {given}"
        );
        if given {
            self.known.entry(before.account).or_default().paid -= wanted.minor();
            self.summary.returned += 1;
        }
        self.touched.insert(before.account);
        self.asked_again_changes_nothing(&asked, &before).await
    }

    fn ask_back(&self, before: &PaymentView, reverses: bool, amount: Money) -> Asked {
        let ids: &dyn Ids = self.provider.ids();
        match reverses {
            true => Asked::Reversal(ReversePayment {
                of: Spoken::Payment(before.id),
                reason: REASON.to_owned(),
            }),
            false => Asked::Refund(RefundPayment {
                id: ids.next(),
                payment: before.id,
                amount: Some(amount),
                reason: REASON.to_owned(),
                paid_out_as: None,
            }),
        }
    }

    /// Asks until it is heard; whether the rules allow it.
    async fn have_back(&self, asked: &Asked, payment: PaymentId) -> Result<bool> {
        let provider = &self.provider;
        let (store, clock) = (&provider.stores, &*provider.clock);
        for _ in 0..TIMES {
            self.carrier.start(provider);
            let scope = by_hand(provider);
            let told = match asked {
                Asked::Refund(it) => refund_payment(store, clock, &scope, it.clone()).await,
                Asked::Reversal(it) => reverse_payment(store, clock, &scope, it.clone()).await,
            };
            self.carrier.revive(provider);
            match told {
                Ok(()) => return Ok(true),
                Err(GiveBackError::Refused(_)) => return Ok(false),
                Err(GiveBackError::Store(_)) => {}
                Err(err) => bail!("invariant 31: {payment} cannot go back: {err}"),
            }
        }
        bail!("{payment} cannot go back")
    }

    async fn asked_again_changes_nothing(&self, asked: &Asked, of: &PaymentView) -> Result<()> {
        let before = Books::read(&self.provider, of.account).await?;
        self.have_back(asked, of.id).await?;
        let after = Books::read(&self.provider, of.account).await?;
        ensure!(
            before == after,
            "invariant 42: {} was given back twice",
            of.id
        );
        Ok(())
    }
}
