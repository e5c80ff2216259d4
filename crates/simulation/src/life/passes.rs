//! Prepaid passes: vouchers that are ordered, sold at a kiosk, used once on a hotspot, and over when their time is.

use access::{LoginRef, Menu, Service};
use anyhow::{Context, Result, bail, ensure};
use chrono::Duration;
use kernel::testing::OpenVault;
use kernel::{BatchId, Clock, LocalDate, PageRequest, RouterId, Timestamp, Vault, VoucherId};
use serde_json::json;
use vouchers::{
    Alphabet, SellVoucher, VoucherFilter, VoucherStateName, VoucherView, sell_voucher,
    voucher_owner,
};
use workflows::{OrderVouchers, OrderVouchersPorts, job_kinds, order_vouchers};

use super::Life;
use super::deeds::TIMES;
use crate::carrier::by_hand;
use crate::conduct::Deed;

/// Days a pass may lie unused.
const SHELF_DAYS: u16 = 30;

/// What is done about passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PassDeed {
    /// A kiosk orders some for a router.
    Order(usize),
    /// They have come, and are sold.
    Sell(BatchId),
    /// Somebody logs in with one.
    Use(VoucherId),
}

/// A pass that was sold.
#[derive(Debug, Clone)]
pub(super) struct Pass {
    router: RouterId,
    login: LoginRef,
    /// How long it lasts from its first use on.
    lasts: Duration,
    /// When somebody first got in with it.
    used_at: Option<Timestamp>,
    /// Whether that was seen.
    is_seen: bool,
}

impl Life {
    /// Every router's kiosk orders now and then.
    pub(super) fn plan_passes(&mut self) {
        let all = (self.end() - crate::provider::first_day()).num_days();
        for router in 0..self.provider.routers.len() {
            let mut day = self.chance.within(0..=40);
            while day < all {
                let deed = Deed::Passes(PassDeed::Order(router));
                let first = crate::provider::first_day();
                self.diary.plan_in(&self.chance, first, day, deed);
                day += self.chance.within(15..=60);
            }
        }
    }

    pub(super) async fn deal_in_passes(&mut self, deed: PassDeed, day: LocalDate) -> Result<()> {
        match deed {
            PassDeed::Order(router) => self.order(router, day).await,
            PassDeed::Sell(batch) => self.sell_batch(batch, day).await,
            PassDeed::Use(voucher) => {
                self.use_pass(voucher, day);
                Ok(())
            }
        }
    }

    async fn order(&mut self, router: usize, day: LocalDate) -> Result<()> {
        let (plan, _) = *self.chance.one_of(&self.provider.passes);
        let command = OrderVouchers {
            id: self.provider.ids().next(),
            job: self.provider.ids().next(),
            name: "Kiosk".parse()?,
            plan,
            router: self.provider.routers[router],
            count: u32::try_from(self.chance.within(2..=6))?,
            alphabet: Alphabet::Mix,
            length: 10,
            prefix: String::new(),
            shelf_days: Some(SHELF_DAYS),
            online_s: None,
            data_bytes: None,
        };
        let batch = command.id;
        for _ in 0..TIMES {
            let (provider, ports) = (&self.provider, &self.provider.stores.ports);
            let order = OrderVouchersPorts {
                vouchers: &provider.stores,
                billing: &*ports.billing_queries,
                access: &*ports.access_queries,
                clock: &*provider.clock,
            };
            self.carrier.start(provider);
            let ordered = order_vouchers(order, &by_hand(provider), command.clone()).await;
            self.carrier.revive(provider);
            let queries = &ports.voucher_queries;
            if queries.batch(provider.tenant(), batch).await?.is_some() {
                let deed = Deed::Passes(PassDeed::Sell(batch));
                self.diary.plan_in(&self.chance, day, 2, deed);
                return Ok(());
            }
            ensure!(ordered.is_err(), "invariant 40: an order is gone");
        }
        bail!("no passes can be ordered")
    }

    /// Most of them are used within days; some lie until they are worth nothing.
    async fn sell_batch(&mut self, batch: BatchId, day: LocalDate) -> Result<()> {
        let tenant = self.provider.tenant();
        let queries = std::sync::Arc::clone(&self.provider.stores.ports.voucher_queries);
        let ordered = queries.batch(tenant, batch).await?;
        let ordered = ordered.context("the batch is gone")?;
        let page = PageRequest::new(PageRequest::MAX_LIMIT, None);
        let filter = VoucherFilter {
            batch: Some(batch),
            state: None,
        };
        let vouchers = queries.vouchers(tenant, filter, page).await?.items;
        let all = u32::try_from(vouchers.len())? == ordered.count;
        ensure!(all, "{batch} was ordered two days ago and is not there");
        for voucher in vouchers {
            let days = self.provider.passes.iter();
            let lasts = days.clone().find(|(plan, _)| *plan == ordered.plan);
            let (_, days) = lasts.context("a pass of no plan")?;
            let pass = Pass {
                router: ordered.router,
                login: self.login_of(voucher.id).await?,
                lasts: Duration::days(*days),
                used_at: None,
                is_seen: false,
            };
            self.passes.insert(voucher.id, pass);
            self.sell_one(voucher.id).await?;
            if self.chance.permille(800) {
                let deed = Deed::Passes(PassDeed::Use(voucher.id));
                let days = self.chance.within(0..=24);
                self.diary.plan_in(&self.chance, day, days, deed);
            }
        }
        Ok(())
    }

    async fn login_of(&self, voucher: VoucherId) -> Result<LoginRef> {
        let scope = by_hand(&self.provider);
        let store = &self.provider.stores.ports.vouchers;
        let found = store.begin(&scope).await?.vouchers().find(voucher).await?;
        let found = found.context("a pass is gone")?;
        let owner = voucher_owner(found.batch(), voucher);
        let code = OpenVault.open(&owner, found.code())?;
        Ok(LoginRef::new(Service::Hotspot, code.expose()))
    }

    async fn sell_one(&self, voucher: VoucherId) -> Result<()> {
        let provider = &self.provider;
        for _ in 0..TIMES {
            self.carrier.start(provider);
            let command = SellVoucher { voucher };
            let scope = by_hand(provider);
            let sold = sell_voucher(&provider.stores, &*provider.clock, &scope, command).await;
            let died = provider.stores.peril.is_dead();
            self.carrier.revive(provider);
            match sold {
                Ok(()) => return Ok(()),
                Err(_) if died => {}
                Err(err) => bail!("{voucher} cannot be sold: {err}"),
            }
        }
        bail!("{voucher} cannot be sold")
    }

    /// Somebody who is not let in tries again the next day.
    fn use_pass(&mut self, voucher: VoucherId, day: LocalDate) {
        let Some(pass) = self.passes.get_mut(&voucher) else {
            return;
        };
        let gateway = &self.provider.gateway;
        if !gateway.dial(pass.router, &pass.login, &pass.login.name) {
            let deed = Deed::Passes(PassDeed::Use(voucher));
            self.diary.plan_in(&self.chance, day, 1, deed);
            return;
        }
        pass.used_at = Some(self.provider.clock.now());
        self.summary.passes += 1;
        let (router, kind) = (pass.router, job_kinds::WATCH_ROUTER);
        let payload = json!({ "router": router });
        self.carrier
            .add_job(&self.provider, kind, &format!("watch:{router}"), payload);
    }

    /// A pass lasts as long as it was sold for, from its first use on; the router lets in whoever may.
    pub(super) async fn judge_passes(&mut self) -> Result<()> {
        let queries = std::sync::Arc::clone(&self.provider.stores.ports.voucher_queries);
        let (mut seen, mut over) = (Vec::new(), Vec::new());
        for (id, pass) in &self.passes {
            let view = queries.voucher(self.provider.tenant(), *id).await?;
            let view = view.with_context(|| format!("{id} is gone"))?;
            self.judge_pass(pass, &view)?;
            if view.state == VoucherStateName::Active {
                seen.push(*id);
            }
            let is_settled =
                self.carrier.is_idle_about(*id, pass.router) && !self.away.contains(&pass.router);
            if is_settled {
                self.pass_is_enforced(pass, &view)?;
            }
            if is_settled && view.state == VoucherStateName::Expired {
                over.push(*id);
            }
        }
        for id in seen {
            if let Some(pass) = self.passes.get_mut(&id) {
                pass.is_seen = true;
            }
        }
        over.iter().for_each(|id| drop(self.passes.remove(id)));
        Ok(())
    }

    fn judge_pass(&self, pass: &Pass, view: &VoucherView) -> Result<()> {
        let (id, now) = (view.id, self.provider.clock.now());
        let (since, until) = (view.state_since, view.expires_at);
        match (view.state, pass.used_at) {
            (VoucherStateName::Sold, None) => {}
            // Whoever got in before the router could be watched is seen when it can.
            (VoucherStateName::Sold, Some(_)) if self.away.contains(&pass.router) => {}
            (VoucherStateName::Active, Some(used_at)) => {
                let since = since.context("in use since never")?;
                ensure!(since >= used_at, "invariant 39: {id} began before its use");
                ensure!(
                    until == Some(since.plus(pass.lasts)),
                    "invariant 39: {id} is used since {since:?}, until {until:?}"
                );
            }
            (VoucherStateName::Expired, Some(used_at)) => {
                let ended = since.is_some_and(|it| it >= used_at.plus(pass.lasts));
                // One whose use its router, being away, never told of is over when it has lain for too long.
                ensure!(
                    ended || !pass.is_seen,
                    "invariant 39: {id}, used at {used_at:?}, was over at {since:?}"
                );
                return Ok(());
            }
            (VoucherStateName::Expired, None) => {
                let lay = Duration::days(i64::from(SHELF_DAYS));
                let made = since.map(|it| it.plus(-lay));
                ensure!(made < Some(now), "invariant 39: {id} is over too soon");
                return Ok(());
            }
            (state, used_at) => bail!("invariant 39: {id} is {state:?}, used at {used_at:?}"),
        }
        ensure!(
            until.is_none_or(|it| it > now),
            "invariant 39: {id} is {:?} after {until:?}",
            view.state
        );
        Ok(())
    }

    fn pass_is_enforced(&self, pass: &Pass, view: &VoucherView) -> Result<()> {
        let (gateway, name) = (&self.provider.gateway, &pass.login.name);
        let has_row = gateway.row(pass.router, Menu::HotspotUser, name).is_some();
        let may = matches!(
            view.state,
            VoucherStateName::Sold | VoucherStateName::Active
        );
        ensure!(
            has_row == may,
            "invariant 37: the login of {} is on its router: {has_row}, by right: {may}",
            view.id
        );
        let is_online = gateway.online(pass.router).contains(&pass.login);
        ensure!(
            may || !is_online,
            "invariant 37: {} is over and still online",
            view.id
        );
        Ok(())
    }
}
