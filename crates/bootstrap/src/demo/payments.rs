//! The payment provider of the demonstration: inside the process, without money, and with an account at it.

use std::sync::Arc;

use anyhow::Context;
use billing::PaymentMethod;
use billing::gateway::{AddGatewayAccount, GatewayMode, SandboxGateway, add_gateway_account};
use kernel::{Scope, Secret};

use crate::ports::Ports;
use crate::product::the_clock;

/// A provider whose customers pay on pages at this address. It forgets at its end what it was asked for.
#[must_use]
pub fn sandbox(pages: String) -> Arc<SandboxGateway> {
    Arc::new(SandboxGateway::new(the_clock()).with_pages(pages))
}

/// The account that payment links are opened on. Nobody outside may tell of payments: its secret is thrown away.
pub(super) async fn open_account(ports: &Ports, scope: &Scope) -> anyhow::Result<()> {
    let secret = ports.ids.fresh().simple().to_string();
    let command = AddGatewayAccount {
        id: ports.ids.next(),
        gateway: "sandbox".to_owned(),
        name: "Sandbox".parse()?,
        mode: GatewayMode::Test,
        method: PaymentMethod::Card,
        api_key: Secret::new("sandbox_key"),
        webhook_secrets: vec![Secret::new(secret)],
    };
    let added = add_gateway_account(ports.gateway_desk(), &*ports.randomness, scope, command);
    added.await.context("the account at the sandbox")?;
    Ok(())
}
