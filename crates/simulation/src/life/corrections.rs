//! What operators correct: invoices are written off, voided and credited in part, and discounts are agreed.

use anyhow::{Result, bail};
use billing::{
    AgreedDiscount, CorrectInvoiceError, CreditInvoice, CreditPart, DiscountAmount, DiscountError,
    Ratio, VoidInvoice, WriteOffInvoice, agree_discount, credit_invoice, void_invoice,
    write_off_invoice,
};
use kernel::{CreditNoteId, Ids, InvoiceId, LocalDate};

use super::Life;
use super::deeds::TIMES;
use crate::carrier::by_hand;
use crate::conduct::Correction;
use crate::rules::GOODWILL;

impl Life {
    /// Corrects an invoice; what its state does not allow is refused, and that is right.
    pub(super) async fn correct(
        &mut self,
        invoice: InvoiceId,
        how: Correction,
        day: LocalDate,
    ) -> Result<()> {
        let found = self
            .provider
            .billing()
            .invoice(self.provider.tenant(), invoice)
            .await?;
        let Some(view) = found else {
            bail!("invariant 23: an invoice is gone")
        };
        // It is the same command until it is heard.
        let id = self.provider.ids().next();
        for _ in 0..TIMES {
            self.carrier.start(&self.provider);
            let done = self.ask_to_correct(id, invoice, how).await;
            self.carrier.revive(&self.provider);
            let outcome = match done {
                Ok(()) => "done".to_owned(),
                Err(CorrectInvoiceError::Store(_)) => continue,
                Err(CorrectInvoiceError::Refused(why)) => format!("refused: {why}"),
                Err(CorrectInvoiceError::NotCredited(why)) => format!("refused: {why}"),
                Err(err) => bail!("{how:?} of {invoice} fails: {err:?}"),
            };
            let words = format!("{how:?} of {}: {outcome}", view.number);
            self.trail.note(view.account, day, words);
            self.summary.corrections += 1;
            self.touched.insert(view.account);
            return Ok(());
        }
        bail!("{how:?} of {invoice} never ends")
    }

    async fn ask_to_correct(
        &self,
        id: CreditNoteId,
        invoice: InvoiceId,
        how: Correction,
    ) -> Result<(), CorrectInvoiceError> {
        let provider = &self.provider;
        let (store, clock, scope) = (&provider.stores, &*provider.clock, by_hand(provider));
        match how {
            Correction::WriteOff => {
                let reason = "moved away".to_owned();
                let command = WriteOffInvoice { invoice, reason };
                write_off_invoice(store, clock, &scope, command).await
            }
            Correction::Void => {
                let reason = "a mistake".to_owned();
                let command = VoidInvoice {
                    id,
                    invoice,
                    reason,
                };
                void_invoice(store, clock, &scope, command).await
            }
            Correction::Goodwill(hundredths) => {
                let part = Ratio::new(i128::from(hundredths), 100).unwrap_or(Ratio::ONE);
                let command = CreditInvoice {
                    id,
                    invoice,
                    requests: vec![(0, CreditPart::Share(part)).into()],
                    reason: GOODWILL.to_owned(),
                };
                credit_invoice(store, clock, &scope, command).await
            }
        }
    }

    /// Agrees a discount that is good for so many invoices.
    pub(super) async fn agree(&mut self, number: u32, times: u32, day: LocalDate) -> Result<()> {
        let account = self.people[&number].account;
        let percent = self.chance.within(1..=60);
        let ids: &dyn Ids = self.provider.ids();
        let new = AgreedDiscount {
            id: ids.next(),
            name: "Welcome".to_owned(),
            subscription: None,
            amount: DiscountAmount::Percent(format!("{percent}%").parse()?),
            from: day,
            until: None,
            times: Some(times),
            used: 0,
            used_on: Vec::new(),
            reason: "new here".to_owned(),
        };
        for _ in 0..TIMES {
            self.carrier.start(&self.provider);
            let provider = &self.provider;
            let (store, clock, scope) = (&provider.stores, &*provider.clock, by_hand(provider));
            let done = agree_discount(store, clock, &scope, account, new.clone()).await;
            self.carrier.revive(&self.provider);
            match done {
                Ok(()) => {
                    self.trail
                        .note(account, day, format!("{percent} % off, {times} times"));
                    self.known.entry(account).or_default().discounts += times;
                    self.touched.insert(account);
                    return Ok(());
                }
                // Whoever bought nothing has no account.
                Err(DiscountError::NotFound(_)) => return Ok(()),
                Err(DiscountError::Store(_)) => {}
                Err(err) => bail!("a discount cannot be agreed: {err:?}"),
            }
        }
        bail!("a discount is never agreed")
    }
}
