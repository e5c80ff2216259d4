//! The first password can be lost, and the product with it could not be used.

#![allow(clippy::unwrap_used)]

use operators::{SignIn, SignInPorts, sign_in};

use super::reset_password;
use crate::{Product, Settings, first_start, sign_in_policy};

#[tokio::test]
async fn a_reset_password_opens_and_the_lost_one_does_not() {
    let dir = tempfile::tempdir().unwrap();
    let mut settings = Settings::load(None).unwrap();
    settings.data.dir = dir.path().to_owned();
    settings.database.url = String::new();
    let product = Product::open(&settings).await.unwrap();
    let first = first_start(product.ports(), &settings.founding).await;
    let lost = first.unwrap().unwrap().password;
    product.close().await;

    let fresh = reset_password(&settings, "isp/admin").await.unwrap();
    assert_ne!(fresh, lost);

    let product = Product::open(&settings).await.unwrap();
    let ports = product.ports();
    let sign_in_ports = SignInPorts {
        store: &*ports.operators,
        tenants: &*ports.tenants,
        hasher: &*ports.hasher,
        signer: &*ports.signer,
        vault: &*ports.vault,
        clock: &*ports.clock,
        randomness: &*ports.randomness,
        policy: &sign_in_policy(&settings),
    };
    for (password, opens) in [(fresh, true), (lost, false)] {
        let command = SignIn {
            tenant: "isp".parse().unwrap(),
            login: "admin".parse().unwrap(),
            password,
            session: ports.ids.next(),
            trace: None,
        };
        assert_eq!(sign_in(sign_in_ports, command).await.is_ok(), opens);
    }
    product.close().await;
}

#[tokio::test]
async fn only_an_operator_who_exists_gets_a_new_password() {
    let dir = tempfile::tempdir().unwrap();
    let mut settings = Settings::load(None).unwrap();
    settings.data.dir = dir.path().to_owned();
    settings.database.url = String::new();
    let product = Product::open(&settings).await.unwrap();
    first_start(product.ports(), &settings.founding)
        .await
        .unwrap();
    product.close().await;
    for (who, complaint) in [
        ("admin", "tenant/login"),
        ("nobody/admin", "no provider nobody"),
        ("isp/nobody", "no operator nobody"),
    ] {
        let refused = reset_password(&settings, who).await.unwrap_err();
        assert!(format!("{refused:#}").contains(complaint), "{refused:#}");
    }
}
