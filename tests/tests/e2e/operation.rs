//! Starting, stopping and settings, as whoever runs the product meets them.

use anyhow::{Context, Result, ensure};
use e2e::{Product, Sabotage, Shape};
use serde_json::json;

use crate::{programs, running};

#[tokio::test(flavor = "multi_thread")]
async fn an_embedded_product_keeps_everything_over_a_restart() {
    restart(Shape::Sqlite).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_production_product_keeps_everything_over_a_restart() {
    restart(Shape::POSTGRES).await.unwrap();
}

/// The password is printed at the first start and never again; Ctrl-C ends every process well.
async fn restart(shape: Shape) -> Result<()> {
    let mut product = running(shape).await?;
    let customer = json!({ "kind": "business", "name": "Warung Kopi", "phone": "+628123456789" });
    product.admin().await?.post("/customers", &customer).await?;
    product.stop().await?;
    product.start(&Sabotage::default()).await?;
    let customers = product.admin().await?.list("/customers").await?;
    ensure!(
        customers.len() == 1 && customers[0]["name"] == "Warung Kopi",
        "{customers:?}"
    );
    // Output of both runs goes to the same file.
    ensure!(
        product.count_printed_passwords()? == 1,
        "the first password is printed once"
    );
    product.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setting_that_breaks_a_rule_stops_the_start_by_name() {
    let cases = [
        ("WORKER__POLL_MS", "1", "worker.poll_ms"),
        ("WORKER__EMBEDDED", "no", "worker.embedded"),
        ("DATABASE__URL", "mysql://localhost/x", "database.url"),
        (
            "DATABASE__MAX_CONNECTIONS",
            "many",
            "database.max_connections",
        ),
        ("SERVER__BIND", "somewhere", "server.bind"),
        ("SERVER__COLOUR", "red", "colour"),
        ("SECURITY__SESSION_DAYS", "0", "security.session_days"),
        ("ROUTERS__IN_FLIGHT", "1000", "routers.in_flight"),
        ("LOG__FORMAT", "poem", "log.format"),
        ("LOG__FILTER", "a=b=c", "log.filter"),
        ("DATABASE__MIGRATE_AT_START", "false", "migrate"),
    ];
    for (setting, value, named) in cases {
        let refused = refused(setting, value).await.unwrap();
        assert!(
            refused.contains(named),
            "{setting}={value} should name {named}: {refused}"
        );
    }
}

async fn refused(setting: &str, value: &str) -> Result<String> {
    let product = Product::install(programs(), Shape::Sqlite)
        .await?
        .with(setting, value);
    product
        .refusal(&[])
        .await
        .with_context(|| format!("{setting}={value}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_settings_file_with_an_unknown_name_stops_the_start_by_name() {
    let product = Product::install(programs(), Shape::Sqlite).await.unwrap();
    let file = product.folder().join("wrong.toml");
    std::fs::write(&file, "[worker]\nconcurency = 4\n").unwrap();
    let refused = product
        .refusal(&["--config", &file.display().to_string()])
        .await
        .unwrap();
    assert!(refused.contains("concurency"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_process_on_the_same_port_says_so() {
    let mut product = running(Shape::Sqlite).await.unwrap();
    let port = product.base_urls().pop().unwrap();
    let port = port.rsplit(':').next().unwrap().to_owned();
    let bind = format!("127.0.0.1:{port}");
    let second = Product::install(programs(), Shape::Sqlite).await.unwrap();
    let second = second.with("SERVER__BIND", &bind);
    let refused = second.refusal(&[]).await.unwrap();
    assert!(refused.contains(&bind), "{refused}");
    product.stop().await.unwrap();
}
