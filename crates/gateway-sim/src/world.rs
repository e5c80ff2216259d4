//! Everything the simulated providers know, and what customers and bad networks do to them.

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Value, json};

use crate::exchange::{Answered, Asked};
use crate::sale::{Progress, Refund, Sale};
use crate::{midtrans, stripe};

/// What goes wrong with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing is done, the answer is 503.
    Refuse,
    /// It is done, the answer is 500.
    Lose,
    /// It is done, the answer is a web page.
    Garble,
    /// It is done, the answer is longer than anybody should read.
    Flood,
    /// It is done, and no answer ever comes.
    Stall,
}

impl Fault {
    const NAMED: [(&'static str, Self); 5] = [
        ("refuse", Self::Refuse),
        ("lose", Self::Lose),
        ("garble", Self::Garble),
        ("flood", Self::Flood),
        ("stall", Self::Stall),
    ];

    fn named(name: &str) -> Option<Self> {
        let found = Self::NAMED.iter().find(|it| it.0 == name)?;
        Some(found.1)
    }
}

/// A webhook as a provider would send it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Names in lower case, and their values.
    pub headers: Vec<(String, String)>,
    /// The body, byte for byte what is signed.
    pub body: String,
}

/// The keys that the providers take.
#[derive(Debug, Clone)]
pub(crate) struct Keys {
    pub(crate) stripe: String,
    pub(crate) stripe_webhook: String,
    pub(crate) midtrans: String,
}

/// An answer that Stripe remembers, and what it was an answer to.
#[derive(Debug, Clone)]
pub(crate) struct Remembered {
    pub(crate) request: String,
    pub(crate) answer: Answered,
}

/// Everything there is.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) keys: Keys,
    pub(crate) stripe: Vec<Sale>,
    pub(crate) midtrans: Vec<Sale>,
    pub(crate) remembered: BTreeMap<String, Remembered>,
    pub(crate) calls: u64,
    /// Whether Stripe takes refunds on without doing them.
    pub(crate) holds_refunds: bool,
    /// What goes wrong with the coming calls; a call may go well in between.
    faults: VecDeque<Option<Fault>>,
}

impl World {
    pub(crate) const fn new(keys: Keys) -> Self {
        Self {
            keys,
            stripe: Vec::new(),
            midtrans: Vec::new(),
            remembered: BTreeMap::new(),
            calls: 0,
            holds_refunds: false,
            faults: VecDeque::new(),
        }
    }

    pub(crate) fn plan(&mut self, fault: Fault) {
        self.faults.push_back(Some(fault));
    }

    pub(crate) fn spare(&mut self, calls: usize) {
        self.faults.extend(std::iter::repeat_n(None, calls));
    }

    /// Answers a request; `now_s` is in seconds since 1970.
    pub(crate) fn answer(&mut self, asked: &Asked, now_s: i64) -> (Answered, Option<Fault>) {
        if asked.path.starts_with("/_control/") {
            return (self.control(asked, now_s), None);
        }
        self.calls += 1;
        let fault = self.faults.pop_front().flatten();
        if fault == Some(Fault::Refuse) {
            let answer = Answered::new(503, json!({ "message": "come back later" }));
            return (answer, fault);
        }
        let answer = match asked.parts().as_slice() {
            ["v1", ..] => stripe::answer(self, asked, now_s),
            ["snap", "v1", ..] | ["v2", ..] => midtrans::answer(self, asked, now_s),
            _ => Answered::new(404, json!({ "message": "no such path" })),
        };
        (answer, fault)
    }

    /// The sale with a provider's reference, whoever the provider is.
    fn sale(&mut self, reference: &str) -> Option<&mut Sale> {
        if reference.starts_with("cs_") || reference.starts_with("pi_") {
            let mut sales = self.stripe.iter_mut();
            return sales.find(|it| stripe::is_named(it, reference));
        }
        self.midtrans.iter_mut().find(|it| it.order == reference)
    }

    /// Moves a sale that is still open. Says whether there was one.
    pub(crate) fn move_on(&mut self, reference: &str, to: Progress) -> bool {
        let sale = self.sale(reference).filter(|it| it.progress.is_open());
        sale.map(|it| it.progress = to).is_some()
    }

    /// Somebody gives money of a paid sale back in the provider's dashboard. Says whether there was so much.
    pub(crate) fn refund(&mut self, reference: &str, amount: i64) -> bool {
        let paid = self.sale(reference);
        let Some(sale) = paid.filter(|it| it.progress == Progress::Paid) else {
            return false;
        };
        let has_it = amount > 0 && amount <= sale.amount - sale.refunded();
        if has_it {
            sale.refunds.push(Refund {
                key: String::new(),
                amount,
                status: "succeeded",
            });
        }
        has_it
    }

    /// Every refund of a sale that is pending is done, or has failed. Says whether there was one.
    pub(crate) fn finish_refunds(&mut self, reference: &str, is_done: bool) -> bool {
        let refunds = self.sale(reference).map(|it| &mut it.refunds);
        let pending = refunds.into_iter().flatten();
        let mut found = false;
        for refund in pending.filter(|it| it.status == "pending") {
            refund.status = if is_done { "succeeded" } else { "failed" };
            found = true;
        }
        found
    }

    /// The customer's bank disputes a paid sale, or decides about it. Says whether there was one.
    pub(crate) fn dispute(&mut self, reference: &str, status: &str) -> bool {
        let paid = self.sale(reference);
        let paid = paid.filter(|it| it.progress == Progress::Paid);
        paid.map(|it| it.dispute = Some(status.to_owned()))
            .is_some()
    }

    /// What the provider would send about a sale.
    pub(crate) fn delivery(&mut self, reference: &str, now_s: i64) -> Option<Delivery> {
        let sale = self.sale(reference)?.clone();
        if reference.starts_with("cs_") || reference.starts_with("pi_") {
            stripe::delivery(&self.keys, &sale, now_s)
        } else {
            Some(midtrans::delivery(&self.keys, &sale))
        }
    }

    fn control(&mut self, asked: &Asked, now_s: i64) -> Answered {
        let parts = asked.parts();
        let is_done = match parts.as_slice() {
            [_, "begin", reference] => self.move_on(reference, Progress::Begun),
            [_, "pay", reference] => self.move_on(reference, Progress::Paid),
            [_, "expire", reference] => self.move_on(reference, Progress::Expired),
            [_, "refund", reference, amount] => {
                let amount = amount.parse().unwrap_or(0);
                self.refund(reference, amount)
            }
            [_, "dispute", reference, status] => self.dispute(reference, status),
            [_, "fault", name] => Fault::named(name).map(|it| self.plan(it)).is_some(),
            [_, "delivery", reference] => {
                return match self.delivery(reference, now_s) {
                    Some(delivery) => Answered::new(200, written(&delivery)),
                    None => Answered::new(404, json!({})),
                };
            }
            _ => false,
        };
        Answered::new(if is_done { 200 } else { 404 }, json!({ "done": is_done }))
    }
}

fn written(delivery: &Delivery) -> Value {
    let headers: BTreeMap<_, _> = delivery.headers.iter().cloned().collect();
    json!({ "headers": headers, "body": delivery.body })
}
