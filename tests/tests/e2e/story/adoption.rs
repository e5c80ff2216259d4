//! A router that other software ran is taken over with everybody on it.

use anyhow::{Result, ensure};
use e2e::{Routers, eventually, text};
use serde_json::json;

use super::{SOON, Stage};
use crate::shop::create;

/// Who is on the router becomes a customer or a voucher; on the router only the comments change.
pub(super) async fn takes_over_a_router(stage: &Stage<'_>) -> Result<()> {
    let (operator, router) = (stage.operator, &stage.routers.c);
    let enrolment = Routers::enrolment("kiosk-c", router);
    let id = create(operator, "/routers", &enrolment).await?;
    let path = format!("/routers/{id}/imports");
    let preview = operator.post(&path, &json!({})).await?;
    let import = format!("{path}/{}", text(&preview, "/id")?);
    ensure!(preview["status"] == "previewed", "{preview}");
    operator
        .post(&format!("{import}/apply"), &json!({}))
        .await?;
    eventually("the import", SOON, async || {
        let import = operator.get(&import).await?;
        Ok((import["status"] == "applied").then_some(()))
    })
    .await?;
    for (menu, name, password, words) in [
        ("/ppp/secret", "budi", "pw", "Budi Santoso"),
        ("/ip/hotspot/user", "ab23", "ab23", "vc-123-08.14.26-kiosk"),
    ] {
        let row = router.row(menu, "name", name).unwrap_or_default();
        let comment = row.get("comment").map_or("", String::as_str);
        ensure!(
            comment.starts_with("[wb:") && comment.ends_with(words),
            "{name}: {comment:?}"
        );
        ensure!(row.get("password").is_some_and(|it| it == password));
    }
    let customers = operator.list("/customers").await?;
    ensure!(
        customers.iter().any(|it| it["name"] == "Budi Santoso"),
        "{customers:?}"
    );
    Ok(())
}
