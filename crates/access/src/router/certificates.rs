//! What becomes of a router as its certificate is seen, confirmed and changed.

use kernel::{Name, RouterId, Timestamp};

use super::{Endpoint, Router, RouterFacts, RouterRefusal, RouterStatus};
use crate::events::AccessEvent;
use crate::gateway::{GatewayError, GatewayErrorKind};
use crate::transport::{Fingerprint, Transport, Trust};

impl Router {
    /// Enrols a router whose certificate an operator must confirm first. Nothing was sent to it yet.
    #[must_use]
    pub fn enrol_unconfirmed(
        id: RouterId,
        name: Name,
        endpoint: Endpoint,
        seen: Fingerprint,
    ) -> Self {
        let mut router = Self {
            id,
            name,
            endpoint,
            facts: RouterFacts::unknown(),
            status: RouterStatus::Enrolled,
            last_reconcile: None,
            version: 0,
            events: Vec::new(),
        };
        router.await_confirmation(seen);
        router
    }

    /// Changes its name and how it is reached, to where a certificate was seen that nobody has confirmed.
    ///
    /// # Errors
    /// [`RouterRefusal::Retired`].
    pub fn change_unconfirmed(
        &mut self,
        name: Name,
        endpoint: Endpoint,
        seen: Fingerprint,
    ) -> Result<(), RouterRefusal> {
        self.change(name, endpoint, None)?;
        self.await_confirmation(seen);
        Ok(())
    }

    /// Whether the certificate that it shows can be confirmed by an operator.
    ///
    /// # Errors
    /// [`RouterRefusal`] if it is retired, is reached without encryption or has an authority to vouch for it.
    pub fn may_be_trusted(&self) -> Result<(), RouterRefusal> {
        self.in_service()?;
        if self.endpoint.transport.is_confirmed_by_hand() {
            return Ok(());
        }
        Err(RouterRefusal::NothingToConfirm)
    }

    /// Confirms its certificate, over which it has just said what it is.
    ///
    /// # Errors
    /// [`RouterRefusal`] as in [`Router::may_be_trusted`], or if another router answered.
    pub fn trust(
        &mut self,
        certificate: Fingerprint,
        facts: RouterFacts,
        at: Timestamp,
    ) -> Result<(), RouterRefusal> {
        self.may_be_trusted()?;
        self.is_same_board(&facts)?;
        let is_first = self.facts.is_unknown();
        if self.endpoint.transport.pin() != Some(certificate) {
            self.endpoint.transport = Transport::Tls(Trust::Pinned(certificate));
            self.events.push(AccessEvent::RouterTrusted {
                router: self.id,
                certificate,
            });
        }
        self.facts = facts;
        if is_first {
            self.met();
        } else {
            self.answered(at);
        }
        Ok(())
    }

    /// Notes why it could not be worked with. Returns whether that is news worth saving.
    pub fn failed(&mut self, err: &GatewayError, at: Timestamp) -> bool {
        match err.kind {
            GatewayErrorKind::CertificateUnconfirmed { seen } => self.await_confirmation(seen),
            GatewayErrorKind::CertificateChanged { expected, seen } => {
                self.certificate_changed(expected, seen, at)
            }
            _ => self.went_silent(&err.message, at),
        }
    }

    /// Notes the first answer ever.
    pub(super) fn met(&mut self) {
        self.status = RouterStatus::Enrolled;
        self.events.push(AccessEvent::RouterEnrolled {
            router: self.id,
            name: self.name.to_string(),
            serial: self.facts.serial.clone(),
            version: self.facts.version.clone(),
        });
    }

    fn await_confirmation(&mut self, seen: Fingerprint) -> bool {
        let status = RouterStatus::AwaitingConfirmation { seen };
        if matches!(self.status, RouterStatus::Retired) || self.status == status {
            return false;
        }
        self.status = status;
        self.events.push(AccessEvent::RouterAwaitsConfirmation {
            router: self.id,
            seen,
        });
        true
    }

    fn certificate_changed(
        &mut self,
        expected: Fingerprint,
        seen: Fingerprint,
        at: Timestamp,
    ) -> bool {
        let since = match &self.status {
            RouterStatus::Retired => return false,
            RouterStatus::CertificateChanged {
                expected: known,
                seen: before,
                ..
            } if (*known, *before) == (expected, seen) => return false,
            RouterStatus::CertificateChanged { since, .. }
            | RouterStatus::Unreachable { since, .. } => *since,
            RouterStatus::Enrolled
            | RouterStatus::Online
            | RouterStatus::AwaitingConfirmation { .. } => at,
        };
        self.status = RouterStatus::CertificateChanged {
            since,
            expected,
            seen,
        };
        self.events.push(AccessEvent::RouterCertificateChanged {
            router: self.id,
            expected,
            seen,
        });
        true
    }
}
