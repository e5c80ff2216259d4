//! What people do, as commands to the product; who hears of a crash asks again.

use anyhow::{Result, anyhow, bail};
use billing::{
    AmendSubscription, Amendment, At, BillDay, CancelSubscription, ChangePlan, Ending,
    PaymentMethod, RecordPayment, RecordPaymentError, ResumeSubscription, SubscriptionError,
    SuspendSubscription, amend_subscription, cancel_subscription, change_plan, record_payment,
    resume_subscription, suspend_subscription,
};
use customers::{CustomerKind, NewCustomer, RegisterCustomer, register_customer};
use kernel::testing::OpenVault;
use kernel::{InvoiceId, LocalDate, Money, PaymentId, PlanId, Secret};
use workflows::{SellSubscription, SellSubscriptionError, sell_subscription};

use super::Life;
use crate::books::Books;
use crate::carrier::by_hand;
use crate::conduct::{self, Deed, Person};
use crate::known::Known;

/// How often somebody asks again after a crash.
pub(super) const TIMES: usize = 20;

impl Life {
    pub(super) async fn perform(&mut self, deed: Deed, day: LocalDate) -> Result<()> {
        match deed {
            Deed::SignUp(number) => self.sign_up(number, day).await,
            Deed::ComeBack(number) => self.come_back(number, day).await,
            Deed::Pay(number, invoice, part) => self.pay(number, invoice, part, day).await,
            Deed::PayAhead(number) => self.pay_ahead(number, day).await,
            Deed::TellAgain(payment) => self.tell_again(payment, day).await,
            Deed::GiveBack(payment) => self.give_back(payment, day).await,
            Deed::Passes(deed) => self.deal_in_passes(deed, day).await,
            Deed::Outage(router) => {
                self.summary.faults.outages += 1;
                let router = self.provider.routers[router];
                self.away.insert(router);
                self.provider.reach(router, false);
                Ok(())
            }
            Deed::Repair(router) => {
                let router = self.provider.routers[router];
                self.away.remove(&router);
                self.provider.reach(router, true);
                self.wait_a_minute();
                Ok(())
            }
            Deed::Discount(number, times) => self.agree(number, times, day).await,
            Deed::Correct(invoice, how) => self.correct(invoice, how, day).await,
            Deed::Change(number, ..)
            | Deed::Quantity(number, ..)
            | Deed::Add(number, ..)
            | Deed::Remove(number, ..)
            | Deed::Suspend(number)
            | Deed::Resume(number)
            | Deed::Cancel(number, ..) => self.steer(number, deed, day).await,
        }
    }

    async fn sign_up(&mut self, number: u32, day: LocalDate) -> Result<()> {
        let customer = NewCustomer {
            id: self.provider.ids().next(),
            kind: CustomerKind::Personal,
            name: format!("Customer {number}").parse()?,
            phone: None,
            email: None,
            address: None,
            note: None,
        };
        let person = Person {
            customer: customer.id,
            account: self.provider.ids().next(),
            subscription: self.provider.ids().next(),
            payer: conduct::payer(&self.chance),
            number,
        };
        let command = RegisterCustomer { customer };
        let (ports, clock) = (&self.provider.stores.ports, &*self.provider.clock);
        register_customer(&*ports.customers, clock, &by_hand(&self.provider), command).await?;
        self.summary.customers += 1;
        self.people.insert(number, person);
        self.by_account.insert(person.account, number);
        self.known.insert(person.account, Known::default());
        self.sell(person, day).await?;
        if self.chance.permille(120) {
            let times = u32::try_from(self.chance.within(1..=4))?;
            let days = self.chance.within(0..=40);
            let deed = Deed::Discount(number, times);
            self.diary.plan_in(&self.chance, day, days, deed);
        }
        Ok(())
    }

    /// A new subscription on the old account.
    async fn come_back(&mut self, number: u32, day: LocalDate) -> Result<()> {
        let Some(person) = self.people.get_mut(&number) else {
            return Ok(());
        };
        person.subscription = self.provider.ids().next();
        let person = *person;
        self.sell(person, day).await
    }

    async fn sell(&mut self, person: Person, day: LocalDate) -> Result<()> {
        let plan = *self.chance.one_of(&self.provider.plans);
        let bill_day = match self.chance.permille(400) {
            true => Some(BillDay::new(u8::try_from(self.chance.within(1..=31))?)?),
            false => None,
        };
        let router = usize::try_from(person.number)? % self.provider.routers.len();
        let grant = self.provider.ids().next();
        let login = format!("c{}-{}", person.number, person.subscription);
        self.trail.note(
            person.account,
            day,
            format!("buys {plan}, bill day {bill_day:?}"),
        );
        for _ in 0..TIMES {
            let command = SellSubscription {
                subscription: person.subscription,
                new_account: person.account,
                grant,
                customer: person.customer,
                plan,
                router: self.provider.routers[router],
                login: login.parse().map_err(|err| anyhow!("{login}: {err}"))?,
                address: None,
                password: Secret::new("pw"),
                quantity: 1,
                bill_day,
                starts_on: None,
            };
            self.carrier.start(&self.provider);
            let provider = &self.provider;
            let scope = by_hand(provider);
            let sold = sell_subscription(
                &provider.stores,
                &*provider.stores.ports.customer_queries,
                &OpenVault,
                provider.ids(),
                &*provider.clock,
                &scope,
                command,
            );
            let sold = sold.await;
            self.carrier.revive(&self.provider);
            let (tenant, id) = (self.provider.tenant(), person.subscription);
            let billing = self.provider.billing();
            if billing.subscription(tenant, id).await?.is_some() {
                self.touched.insert(person.account);
                return Ok(());
            }
            match sold {
                Err(SellSubscriptionError::MayNotBuy(_)) => return Ok(()),
                Ok(_) => bail!("invariant 40: a sale was confirmed and is not there"),
                Err(_) => {}
            }
        }
        bail!("nothing can be sold to customer {}", person.number)
    }

    async fn pay(
        &mut self,
        number: u32,
        invoice: InvoiceId,
        part: i64,
        day: LocalDate,
    ) -> Result<()> {
        let billing = self.provider.billing();
        let Some(invoice) = billing.invoice(self.provider.tenant(), invoice).await? else {
            bail!("invariant 23: an invoice is gone")
        };
        let amount = Money::from_minor(
            (invoice.due.minor() * part / 100).max(1),
            invoice.due.currency(),
        );
        if invoice.due.is_zero() {
            return Ok(());
        }
        self.receive(number, amount, day).await
    }

    async fn pay_ahead(&mut self, number: u32, day: LocalDate) -> Result<()> {
        let price = self.provider.prices[0];
        let amount = price.minor() * self.chance.within(1..=5);
        let amount = Money::from_minor(amount + self.chance.within(0..=999), price.currency());
        self.receive(number, amount, day).await
    }

    async fn receive(&mut self, number: u32, amount: Money, day: LocalDate) -> Result<()> {
        let person = self.people[&number];
        let id: PaymentId = self.provider.ids().next();
        let command = RecordPayment {
            id,
            account: person.account,
            amount,
            method: PaymentMethod::MobileMoney,
            reference: Some(format!("MM-{id}")),
            received_at: None,
        };
        self.trail
            .note(person.account, day, format!("pays {amount} as {id}"));
        self.tell(&command).await?;
        self.summary.payments += 1;
        self.known.entry(person.account).or_default().paid += amount.minor();
        self.touched.insert(person.account);
        self.commands.insert(id, command);
        self.plan_giving_back(id, day);
        if self.scenario.faults && self.chance.permille(150) {
            let days = self.chance.within(0..=9);
            self.diary
                .plan_in(&self.chance, day, days, Deed::TellAgain(id));
        }
        Ok(())
    }

    /// A provider's message is repeated until it is heard.
    async fn tell(&self, command: &RecordPayment) -> Result<()> {
        let provider = &self.provider;
        for _ in 0..TIMES {
            self.carrier.start(provider);
            let scope = by_hand(provider);
            let told = record_payment(&provider.stores, &*provider.clock, &scope, command.clone());
            let told = told.await;
            self.carrier.revive(provider);
            match told {
                Ok(()) => return Ok(()),
                Err(RecordPaymentError::Store(_)) => {}
                Err(err) => bail!("invariant 42: {} is refused: {err}", command.id),
            }
        }
        bail!("a payment cannot be recorded")
    }

    /// The same message again, perhaps long after: nothing may change.
    async fn tell_again(&mut self, payment: PaymentId, day: LocalDate) -> Result<()> {
        let Some(command) = self.commands.get(&payment).cloned() else {
            return Ok(());
        };
        self.summary.faults.repeated_payments += 1;
        self.trail
            .note(command.account, day, format!("{payment} is told again"));
        let before = Books::read(&self.provider, command.account).await?;
        self.tell(&command).await?;
        let after = Books::read(&self.provider, command.account).await?;
        if before != after {
            bail!(
                "invariant 29: a repeated payment changed the books of {}",
                command.account
            );
        }
        Ok(())
    }

    /// Changes to a subscription; what its state does not allow is refused, and that is right.
    async fn steer(&mut self, number: u32, deed: Deed, day: LocalDate) -> Result<()> {
        let person = self.people[&number];
        for _ in 0..TIMES {
            self.carrier.start(&self.provider);
            let done = self.ask(deed, person).await;
            let died = self.provider.stores.peril.is_dead();
            self.carrier.revive(&self.provider);
            let outcome = match &done {
                Ok(()) => "done".to_owned(),
                Err(SubscriptionError::Store(_) | SubscriptionError::Billing(_)) if died => {
                    continue;
                }
                Err(SubscriptionError::Refused(why)) => format!("refused: {why}"),
                Err(err) => bail!("{deed:?} fails: {err:?}"),
            };
            self.trail
                .note(person.account, day, format!("{deed:?}: {outcome}"));
            self.touched.insert(person.account);
            return Ok(());
        }
        bail!("{deed:?} never ends")
    }

    async fn ask(&self, deed: Deed, person: Person) -> Result<(), SubscriptionError> {
        let provider = &self.provider;
        let (store, ids, clock) = (&provider.stores, provider.ids(), &*provider.clock);
        let (scope, subscription) = (by_hand(provider), person.subscription);
        match deed {
            Deed::Change(_, plan, when) => {
                let plan = provider.plans[plan];
                let command = ChangePlan {
                    subscription,
                    plan,
                    when,
                };
                change_plan(store, ids, clock, &scope, command)
                    .await
                    .map(|_| ())
            }
            Deed::Suspend(_) => {
                let reason = "moved away for a while".to_owned();
                let command = SuspendSubscription {
                    subscription,
                    reason,
                };
                suspend_subscription(store, clock, &scope, command).await
            }
            Deed::Resume(_) => {
                let command = ResumeSubscription {
                    subscription,
                    when: At::Now,
                };
                resume_subscription(store, clock, &scope, command).await
            }
            Deed::Quantity(..) | Deed::Add(..) | Deed::Remove(..) => {
                let Some(what) = amendment(deed, provider.add_on.0) else {
                    return Ok(());
                };
                let command = AmendSubscription { subscription, what };
                amend_subscription(store, ids, clock, &scope, command)
                    .await
                    .map(|_| ())
            }
            Deed::Cancel(_, when, unused) => {
                let ending = Ending {
                    unused,
                    ..Ending::at(when)
                };
                let command = CancelSubscription {
                    subscription,
                    ending,
                };
                cancel_subscription(store, ids, clock, &scope, command)
                    .await
                    .map(|_| ())
            }
            _ => Ok(()),
        }
    }
}

/// The decision behind a deed, if there is one.
fn amendment(deed: Deed, add_on: PlanId) -> Option<Amendment> {
    Some(match deed {
        Deed::Quantity(_, quantity, when) => Amendment::Quantity {
            component: 0,
            quantity,
            when,
        },
        Deed::Add(_, quantity, when) => Amendment::Add {
            plan: add_on,
            quantity,
            when,
        },
        Deed::Remove(_, component, when) => Amendment::Remove { component, when },
        _ => return None,
    })
}
