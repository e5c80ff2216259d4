//! A payment provider inside the process, for tests and the demonstration: it moves no money and forgets at its end.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use kernel::{Clock, Money, Secret, Timestamp};

use super::{
    BadCredentials, Checkout, GatewayCapabilities, GatewayCredentials, GatewayMode, ListSpan,
    Notice, Order, OrderReference, PaymentGateway, ProviderError, ProviderPayment,
    ProviderReference, ProviderStatus, Received, RefundAbility, RefundOrder, RefundProgress,
    Refusal, WebhookAnswer, WebhookRefusal, WebhookRequest, same_secret,
};
use crate::payment::RefundId;

/// The header that carries the webhook secret.
const SECRET_HEADER: &str = "x-sandbox-secret";

/// Where the pages of a sandbox are that nobody serves.
const NO_PAGES: &str = "https://sandbox.invalid/pay";

#[derive(Debug, Clone)]
struct Sale {
    order: Order,
    begun_at: Timestamp,
    status: ProviderStatus,
    refunds: BTreeMap<RefundId, Money>,
}

/// The provider. Every test key is one of its keys, except [`SandboxGateway::WRONG_KEY`].
pub struct SandboxGateway {
    clock: Arc<dyn Clock>,
    pages: String,
    sales: Mutex<BTreeMap<String, Sale>>,
    is_away: AtomicBool,
    holds_refunds: AtomicBool,
}

impl SandboxGateway {
    /// The one key that it does not take.
    pub const WRONG_KEY: &'static str = "sandbox_wrong";

    /// A provider without payments, whose pages nobody serves.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            pages: NO_PAGES.to_owned(),
            sales: Mutex::new(BTreeMap::new()),
            is_away: AtomicBool::new(false),
            holds_refunds: AtomicBool::new(false),
        }
    }

    /// The page of an order is at this address, followed by `/` and the provider's name for the payment.
    #[must_use]
    pub fn with_pages(mut self, address: impl Into<String>) -> Self {
        self.pages = address.into();
        self
    }

    /// What is to be paid, and what became of it; `None` if it does not know the payment.
    #[must_use]
    pub fn order(&self, payment: &ProviderReference) -> Option<(Order, ProviderStatus)> {
        let sales = self.lock();
        let sale = sales.get(payment.as_str())?;
        Some((sale.order.clone(), sale.status.clone()))
    }

    /// The customer pays an order that can still be paid. Says whether there was one.
    pub fn pay(&self, payment: &ProviderReference, amount: Money) -> bool {
        self.settle(payment, |sale| {
            ProviderStatus::Paid(Received {
                transaction: format!("sandbox-{}", sale.order.reference),
                amount,
                refunded: Money::zero(amount.currency()),
                at: Some(self.clock.now()),
            })
        })
    }

    /// The customer lets the time for an order pass. Says whether there was one.
    pub fn expire(&self, payment: &ProviderReference) -> bool {
        self.settle(payment, |_| ProviderStatus::Expired)
    }

    /// The customer's bank takes back what was paid. Says whether anything was.
    pub fn charge_back(&self, payment: &ProviderReference) -> bool {
        let mut sales = self.lock();
        let Some(sale) = sales.get_mut(payment.as_str()) else {
            return false;
        };
        let ProviderStatus::Paid(received) = sale.status.clone() else {
            return false;
        };
        sale.status = ProviderStatus::ChargedBack(received);
        true
    }

    /// The customer's bank takes a part back, of which the provider does not say how much. Says whether anything was paid.
    pub fn charge_a_part_back(&self, payment: &ProviderReference) -> bool {
        let mut sales = self.lock();
        let Some(sale) = sales.get_mut(payment.as_str()) else {
            return false;
        };
        let ProviderStatus::Paid(received) = sale.status.clone() else {
            return false;
        };
        sale.status = ProviderStatus::PartlyChargedBack(received);
        true
    }

    /// The customer's bank gives up what it had taken back. Says whether it had.
    pub fn win(&self, payment: &ProviderReference) -> bool {
        let mut sales = self.lock();
        let Some(sale) = sales.get_mut(payment.as_str()) else {
            return false;
        };
        let ProviderStatus::ChargedBack(received) = sale.status.clone() else {
            return false;
        };
        sale.status = ProviderStatus::Paid(received);
        true
    }

    /// Somebody at the provider gives money back. Says whether it was left.
    pub fn refund_there(&self, refund: &RefundOrder) -> bool {
        let mut sales = self.lock();
        let sale = sales.get_mut(refund.payment.as_str());
        sale.is_some_and(|it| give_back(it, refund).is_ok())
    }

    /// It loses everything that it knew of a payment. Says whether it knew it.
    pub fn forget(&self, payment: &ProviderReference) -> bool {
        self.lock().remove(payment.as_str()).is_some()
    }

    /// From now on refunds stay pending, or do not any more.
    pub fn hold_refunds(&self, holds: bool) {
        self.holds_refunds.store(holds, Ordering::SeqCst);
    }

    /// It answers no more calls.
    pub fn go_away(&self) {
        self.is_away.store(true, Ordering::SeqCst);
    }

    /// It answers again.
    pub fn come_back(&self) {
        self.is_away.store(false, Ordering::SeqCst);
    }

    /// What it would send about a payment, signed with a secret.
    #[must_use]
    pub fn delivery(&self, payment: &ProviderReference, secret: &Secret) -> WebhookRequest {
        let news = self.lock().get(payment.as_str()).map_or(0, news_of);
        WebhookRequest {
            headers: vec![(SECRET_HEADER.to_owned(), secret.expose().to_owned())],
            body: format!("{{\"payment\":\"{payment}\",\"news\":\"{news}\"}}").into_bytes(),
        }
    }

    fn settle(
        &self,
        payment: &ProviderReference,
        status: impl FnOnce(&Sale) -> ProviderStatus,
    ) -> bool {
        let mut sales = self.lock();
        let Some(sale) = sales.get_mut(payment.as_str()) else {
            return false;
        };
        if sale.status != ProviderStatus::Pending {
            return false;
        }
        sale.status = status(sale);
        true
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Sale>> {
        self.sales.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn admit(&self, credentials: &GatewayCredentials) -> Result<(), ProviderError> {
        if self.is_away.load(Ordering::SeqCst) {
            return Err(ProviderError::Retry {
                after_s: Some(30),
                reason: "the sandbox is away".to_owned(),
            });
        }
        if credentials.api_key().expose() == Self::WRONG_KEY {
            return Err(ProviderError::refused(Refusal::Credentials, "wrong key"));
        }
        Ok(())
    }
}

impl fmt::Debug for SandboxGateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("SandboxGateway");
        shown.field("sales", &self.lock().len());
        shown.finish_non_exhaustive()
    }
}

/// What became of a sale, as a number: the same state is told as the same event.
fn news_of(sale: &Sale) -> i64 {
    match &sale.status {
        ProviderStatus::Paid(received) => received.refunded.minor().saturating_add(1),
        ProviderStatus::ChargedBack(_) => -1,
        ProviderStatus::PartlyChargedBack(_) => -2,
        _ => 0,
    }
}

fn reference_of(order: OrderReference) -> Result<ProviderReference, ProviderError> {
    let name = order.to_string().parse();
    name.map_err(|_| ProviderError::refused(Refusal::Other, "no such name"))
}

fn payment_of(sale: &Sale) -> Result<ProviderPayment, ProviderError> {
    Ok(ProviderPayment {
        reference: reference_of(sale.order.reference)?,
        order: Some(sale.order.reference),
        asked: sale.order.amount,
        status: sale.status.clone(),
    })
}

fn unknown() -> ProviderError {
    ProviderError::refused(Refusal::NotFound, "there is no such payment")
}

/// Adds a refund to what was given back, if it is not above what is left.
fn give_back(sale: &mut Sale, refund: &RefundOrder) -> Result<(), ProviderError> {
    let ProviderStatus::Paid(received) = &mut sale.status else {
        return Err(ProviderError::refused(Refusal::State, "it was not paid"));
    };
    if sale.refunds.contains_key(&refund.id) {
        return Ok(());
    }
    let refunded = received.refunded.checked_add(refund.amount);
    let refunded =
        refunded.map_err(|it| ProviderError::refused(Refusal::Amount, it.to_string()))?;
    if !refund.amount.is_positive() || refunded.minor() > received.amount.minor() {
        let message = "a refund is above zero and not above what is left";
        return Err(ProviderError::refused(Refusal::Amount, message));
    }
    received.refunded = refunded;
    sale.refunds.insert(refund.id, refund.amount);
    Ok(())
}

#[async_trait]
impl PaymentGateway for SandboxGateway {
    fn capabilities(&self) -> GatewayCapabilities {
        GatewayCapabilities {
            name: "sandbox",
            is_create_repeatable: true,
            knows_untouched: true,
            refund: RefundAbility::Partial,
            can_list: true,
        }
    }

    fn check(&self, credentials: &GatewayCredentials) -> Result<(), BadCredentials> {
        credentials.require_mode(GatewayMode::Test)
    }

    async fn create(
        &self,
        credentials: &GatewayCredentials,
        order: &Order,
    ) -> Result<Checkout, ProviderError> {
        self.admit(credentials)?;
        if !order.amount.is_positive() {
            let message = "the amount must be above zero";
            return Err(ProviderError::refused(Refusal::Amount, message));
        }
        let reference = reference_of(order.reference)?;
        let sale = Sale {
            order: order.clone(),
            begun_at: self.clock.now(),
            status: ProviderStatus::Pending,
            refunds: BTreeMap::new(),
        };
        let mut sales = self.lock();
        let known = sales.entry(reference.as_str().to_owned()).or_insert(sale);
        if known.order != *order {
            let message = "there is another order of this name";
            return Err(ProviderError::refused(Refusal::Duplicate, message));
        }
        Ok(Checkout {
            pay_url: format!("{}/{reference}", self.pages),
            reference,
        })
    }

    async fn query(
        &self,
        credentials: &GatewayCredentials,
        payment: &ProviderReference,
    ) -> Result<ProviderPayment, ProviderError> {
        self.admit(credentials)?;
        let sales = self.lock();
        payment_of(sales.get(payment.as_str()).ok_or_else(unknown)?)
    }

    async fn refund(
        &self,
        credentials: &GatewayCredentials,
        refund: &RefundOrder,
    ) -> Result<RefundProgress, ProviderError> {
        self.admit(credentials)?;
        let mut sales = self.lock();
        let sale = sales.get_mut(refund.payment.as_str());
        give_back(sale.ok_or_else(unknown)?, refund)?;
        Ok(match self.holds_refunds.load(Ordering::SeqCst) {
            true => RefundProgress::Pending,
            false => RefundProgress::Done,
        })
    }

    async fn cancel(
        &self,
        credentials: &GatewayCredentials,
        payment: &ProviderReference,
    ) -> Result<(), ProviderError> {
        self.admit(credentials)?;
        let mut sales = self.lock();
        let sale = sales.get_mut(payment.as_str()).ok_or_else(unknown)?;
        match sale.status {
            ProviderStatus::Pending | ProviderStatus::Cancelled => {
                sale.status = ProviderStatus::Cancelled;
                Ok(())
            }
            ProviderStatus::Expired | ProviderStatus::Failed { .. } => Ok(()),
            ProviderStatus::Review
            | ProviderStatus::Paid(_)
            | ProviderStatus::ChargedBack(_)
            | ProviderStatus::PartlyChargedBack(_) => {
                Err(ProviderError::refused(Refusal::State, "it was paid"))
            }
        }
    }

    async fn list(
        &self,
        credentials: &GatewayCredentials,
        span: ListSpan,
    ) -> Result<Vec<ProviderPayment>, ProviderError> {
        self.admit(credentials)?;
        let sales = self.lock();
        let begun = sales.values();
        let begun = begun.filter(|it| (span.since..span.until).contains(&it.begun_at));
        begun.map(payment_of).collect()
    }

    fn verify(
        &self,
        credentials: &GatewayCredentials,
        request: &WebhookRequest,
        _now: Timestamp,
    ) -> Result<Vec<Notice>, WebhookRefusal> {
        if credentials.webhook_secrets().is_empty() {
            return Err(WebhookRefusal::NoSecret);
        }
        let sent = request.header(SECRET_HEADER);
        let sent = sent.ok_or(WebhookRefusal::Unsigned)?;
        let mut secrets = credentials.webhook_secrets().iter();
        if !secrets.any(|it| same_secret(it, sent)) {
            return Err(WebhookRefusal::WrongSignature);
        }
        let body: BTreeMap<String, String> =
            serde_json::from_slice(&request.body).map_err(|_| WebhookRefusal::Unreadable)?;
        let payment = body.get("payment").ok_or(WebhookRefusal::Unreadable)?;
        Ok(vec![Notice {
            event: format!("event-{payment}-{}", body.get("news").map_or("", |it| it)),
            order: payment.parse().ok(),
            payment: payment.parse().map_err(|_| WebhookRefusal::Unreadable)?,
        }])
    }

    fn ack(&self) -> WebhookAnswer {
        WebhookAnswer {
            content_type: "application/json",
            body: "{\"received\":true}",
        }
    }
}
