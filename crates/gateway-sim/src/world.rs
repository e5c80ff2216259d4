//! Everything the simulated providers know, and what customers and bad networks do to them.

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Value, json};

use crate::exchange::{Answered, Asked};
use crate::sale::{Progress, Sale};
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
