//! Taking over again, or what was cut short, refused or changed meanwhile: everything once.

use access::adoption::{
    ImportQueries, ImportRowFilter, ImportStatus, RowKind, RowState, SurveyedPassword,
};
use access::testing::{mikhmon_survey, sample_profile};
use access::{AccessStore, Actual, GatewayError, GatewayErrorKind, Menu, Tag};
use billing::BillingQueries;
use jobs::JobControl;
use kernel::Secret;
use kernel::testing::OpenVault;
use vouchers::{VouchersStore, code_digest};
use workflows::{Remedy, interrupted};

use super::first;
use crate::world::World;

#[tokio::test]
async fn importing_again_imports_nothing_twice() {
    let world = World::with_mikhmon().await;
    let one = world.look().await;
    world.take_over(one).await.unwrap();
    let (grants, sales) = (world.grants().await.len(), world.sales().await);
    assert_eq!(sales, 2);
    // The same import once more, and a new look at the same router.
    world.take_over(one).await.unwrap();
    let two = world.look().await;
    assert_eq!(
        world.count(two, RowKind::Customer, RowState::Pending).await,
        0
    );
    world.take_over(two).await.unwrap();
    assert_eq!(
        (world.grants().await.len(), world.sales().await),
        (grants, sales)
    );
    assert_eq!(
        world
            .voucher_batches()
            .await
            .iter()
            .map(|it| it.generated)
            .sum::<u32>(),
        6
    );
    assert!(world.reason(two, "gh89").await.contains("exists already"));
}

#[tokio::test]
async fn what_changed_since_the_preview_is_refused_row_by_row() {
    let world = World::with_mikhmon().await;
    let import = world.look().await;
    let mut survey = mikhmon_survey();
    survey.logins[0].password = SurveyedPassword::Shown(Secret::new("new"));
    survey.logins.remove(4);
    survey.sales.remove(0);
    world
        .gateway
        .router
        .set_actual(world.router, Actual::default());
    world.gateway.router.set_survey(world.router, survey);
    world.take_over(import).await.unwrap();
    assert!(world.reason(import, "budi").await.contains("has changed"));
    assert!(world.reason(import, "cd45").await.contains("no longer"));
    assert_eq!(world.grants().await.len(), 7);
    assert_eq!(world.sales().await, 1);
}

#[tokio::test]
async fn a_run_that_was_cut_short_is_finished_by_the_next() {
    let world = World::with_mikhmon().await;
    let import = world.look().await;
    let lost = GatewayError::new(GatewayErrorKind::Ambiguous, "no answer");
    world
        .gateway
        .router
        .refuse(world.router, "budi", Some(lost));
    let failure = world.take_over(import).await.unwrap_err();
    assert!(matches!(failure.remedy, Remedy::WaitFor(_)), "{failure}");
    assert_eq!(
        world
            .count(import, RowKind::Customer, RowState::Recorded)
            .await,
        1
    );

    // The write had happened after all.
    let budi = world
        .gateway
        .router
        .row(world.router, Menu::PppSecret, "budi");
    assert_eq!(budi.unwrap().tag(), None);
    world.gateway.router.refuse(world.router, "budi", None);
    world.take_over(import).await.unwrap();
    assert_eq!(
        world
            .count(import, RowKind::Customer, RowState::Imported)
            .await,
        3
    );
    assert_eq!(world.grants().await.len(), 9);
    world.sync().await.unwrap();
    assert_eq!(world.reconcile_commands().await, [""; 0]);
}

#[tokio::test]
async fn a_tag_that_is_there_already_counts() {
    let world = World::with_mikhmon().await;
    let import = world.look().await;
    let lost = GatewayError::new(GatewayErrorKind::Ambiguous, "no answer");
    world
        .gateway
        .router
        .refuse(world.router, "budi", Some(lost));
    world.take_over(import).await.unwrap_err();
    let budi = world
        .grants()
        .await
        .into_iter()
        .find(|it| it.login().as_str() == "budi");
    let tag = Tag {
        mark: access::Mark::of(world.router),
        id: access::TagId::grant(budi.unwrap().id()),
        revision: 1,
    };
    let mut actual = world.gateway.router.actual(world.router);
    let rows = actual.rows_mut(Menu::PppSecret).iter_mut();
    for row in rows.filter(|it| it.name == "budi") {
        row.comment = tag.adopting(&row.comment).unwrap();
    }
    world.gateway.router.set_actual(world.router, actual);
    world.take_over(import).await.unwrap();
    assert_eq!(
        world
            .count(import, RowKind::Customer, RowState::Imported)
            .await,
        3
    );
}

#[tokio::test]
async fn a_refused_tag_leaves_the_row_to_its_owner() {
    let world = World::with_mikhmon().await;
    let import = world.look().await;
    let refusal = GatewayError::new(GatewayErrorKind::Forbidden, "not enough permissions (9)");
    world
        .gateway
        .router
        .refuse(world.router, "ab23", Some(refusal));
    world.take_over(import).await.unwrap();
    assert!(
        world
            .reason(import, "ab23")
            .await
            .contains("not enough permissions")
    );
    world.gateway.router.refuse(world.router, "ab23", None);
    world.sync().await.unwrap();
    let row = world
        .gateway
        .router
        .row(world.router, Menu::HotspotUser, "ab23");
    assert_eq!(row.unwrap().comment, "vc-123-08.14.26-kiosk");
    let digest = code_digest(&OpenVault, &Secret::new("ab23"));
    let mut tx = VouchersStore::begin(&world.vouchers, &world.scope)
        .await
        .unwrap();
    assert!(
        tx.vouchers()
            .find_by_digest(digest)
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn an_unreachable_router_is_waited_for() {
    let world = World::with_mikhmon().await;
    let import = world.look().await;
    let away = GatewayError::new(GatewayErrorKind::Unreachable, "no route");
    world.gateway.router.fail_with(world.router, Some(away));
    let failure = world.take_over(import).await.unwrap_err();
    assert!(matches!(failure.remedy, Remedy::WaitFor(_)));
    world.gateway.router.fail_with(world.router, None);
    world.take_over(import).await.unwrap();
    assert_eq!(world.grants().await.len(), 9);
}

#[tokio::test]
async fn a_refused_profile_leaves_no_plan_behind() {
    let world = World::with_mikhmon().await;
    let plans = || async { world.billing.plans(world.tenant(), first()).await.unwrap() };
    let before = plans().await.items.len();
    let import = world.look().await;
    let rows = world.rows(import, ImportRowFilter::default()).await;
    let mut tx = world.access.begin(&world.scope).await.unwrap();
    for row in rows {
        let access::adoption::Proposal::Profile(it) = row.proposal else {
            continue;
        };
        let taken = sample_profile(world.ids().next(), it.slug.as_str(), it.service);
        tx.profiles().save(&mut taken.unwrap()).await.unwrap();
    }
    tx.commit().await.unwrap();
    world.take_over(import).await.unwrap();
    assert_eq!(plans().await.items.len(), before);
}

#[tokio::test]
async fn an_import_whose_job_was_cancelled_begins_again() {
    let world = World::with_mikhmon().await;
    let import = world.look().await;
    let first = world.request(import).await;
    world.queue_what_access_asked_for().await;
    assert_eq!(world.request(import).await, first, "it is at it still");
    let status = || async {
        let view = world.access.import(world.tenant(), import).await.unwrap();
        view.unwrap().import.status
    };
    let ended = || async {
        let status = status().await;
        interrupted(&world.jobs, world.tenant(), &status).await
    };
    assert_eq!(ended().await.unwrap(), None);

    let cancelled = world.jobs.cancel(world.tenant(), first, world.now());
    cancelled.await.unwrap();
    assert_eq!(ended().await.unwrap(), Some(first));
    let second = world.request(import).await;
    assert_ne!(second, first);
    let since = world.now();
    let now_by = ImportStatus::Applying { since, job: second };
    assert_eq!(status().await, now_by);
}

#[tokio::test]
async fn vouchers_found_later_are_sold_under_the_plan_that_exists() {
    let world = World::with_mikhmon().await;
    let one = world.look().await;
    world.take_over(one).await.unwrap();
    let sold = world.voucher_batches().await;
    let sold = sold.iter().find(|it| it.name.as_str().ends_with("kiosk"));
    let plan = sold.unwrap().plan;
    let mut survey = mikhmon_survey();
    let mut fresh = survey.logins[3].clone();
    fresh.row = access::RowId::new("*77");
    fresh.name = "zz77".into();
    fresh.comment = "vc-900-11.20.26-new".into();
    survey.logins.push(fresh);
    world
        .gateway
        .router
        .set_actual(world.router, Actual::default());
    world.gateway.router.set_survey(world.router, survey);
    let two = world.look().await;
    world.take_over(two).await.unwrap();
    let batches = world.voucher_batches().await;
    let new = batches.iter().find(|it| it.name.as_str().ends_with("new"));
    assert_eq!(new.unwrap().plan, plan);
}
