//! What every handler shares: the ports, the settings and the slots for requests in flight.

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::settings::ApiSettings;
use bootstrap::Ports;

/// The state of the API; cheap to clone.
#[derive(Clone)]
pub(crate) struct Api(Arc<Shared>);

/// What [`Api`] shares.
pub(crate) struct Shared {
    /// Everything the handlers talk to.
    pub(crate) ports: Ports,
    /// The limits.
    pub(crate) settings: ApiSettings,
    /// One slot per request in flight.
    pub(crate) slots: Semaphore,
}

impl Api {
    /// Shares the ports and settings.
    #[must_use]
    pub(crate) fn new(ports: Ports, settings: ApiSettings) -> Self {
        let slots = Semaphore::new(settings.max_in_flight);
        Self(Arc::new(Shared {
            ports,
            settings,
            slots,
        }))
    }
}

impl std::ops::Deref for Api {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}
