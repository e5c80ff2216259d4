//! The first start on a database of its own: one provider, one operator, one legal entity.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::first_start;
use crate::{Product, Settings};

fn settings(dir: &tempfile::TempDir) -> Settings {
    let mut settings = Settings::load(None).unwrap();
    settings.data.dir = dir.path().to_owned();
    settings.database.url = String::new();
    settings
}

#[tokio::test]
async fn the_operator_is_shown_once() {
    let dir = tempfile::tempdir().unwrap();
    let settings = settings(&dir);
    let product = Product::open(&settings).await.unwrap();
    let first = first_start(product.ports(), &settings.founding).await;
    let first = first.unwrap().expect("an operator");
    assert_eq!(
        (first.slug.as_str(), first.login.as_str()),
        ("isp", "admin")
    );
    assert!(first.password.expose().len() >= 12);
    let again = first_start(product.ports(), &settings.founding).await;
    assert!(again.unwrap().is_none());
    let entities = &product.ports().billing_queries;
    assert_eq!(entities.entities(first.tenant).await.unwrap().len(), 1);
    product.close().await;
}

#[tokio::test]
async fn of_two_starts_at_once_one_founds() {
    let dir = tempfile::tempdir().unwrap();
    let settings = settings(&dir);
    let product = Product::open(&settings).await.unwrap();
    let ports = product.ports();
    let (one, other) = tokio::join!(
        first_start(ports, &settings.founding),
        first_start(ports, &settings.founding)
    );
    let shown: Vec<_> = [one.unwrap(), other.unwrap()]
        .into_iter()
        .flatten()
        .collect();
    assert_eq!(shown.len(), 1);
    assert_eq!(ports.tenants.all().await.unwrap().len(), 1);
    product.close().await;
}

#[tokio::test]
async fn unusable_founding_settings_are_named_and_found_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let good = settings(&dir);
    let product = Product::open(&good).await.unwrap();
    let mut bad = vec![];
    for (setting, spoil) in SPOILED {
        let mut founding = good.founding.clone();
        spoil(&mut founding);
        bad.push((setting, founding));
    }
    for (setting, founding) in bad {
        let refused = first_start(product.ports(), &founding).await;
        let refused = refused.err().expect("a refusal");
        assert!(format!("{refused:#}").contains(setting), "{refused:#}");
    }
    assert!(product.ports().tenants.all().await.unwrap().is_empty());
    product.close().await;
}

type Spoil = fn(&mut crate::FoundingSettings);

const SPOILED: [(&str, Spoil); 5] = [
    ("founding.currency", |it| it.currency = "XXQ".to_owned()),
    ("founding.zone", |it| it.zone = "Mars/Olympus".to_owned()),
    ("founding.tenant", |it| it.tenant = "Not A Slug".to_owned()),
    ("founding.operator", |it| it.operator = String::new()),
    ("founding.invoice_digits", |it| {
        it.invoice_digits = "two".to_owned();
    }),
];
