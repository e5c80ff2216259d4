//! Named points of execution, so that a test can stop a process exactly there.

/// Told whenever execution reaches a named point, and what was made.
pub trait Probe: Send + Sync {
    /// Execution has reached this point, such as `store.before_commit`.
    fn reached(&self, point: &'static str);

    /// So many of a thing were made and stored, such as `vouchers`. Ignored unless somebody counts.
    fn made(&self, thing: &'static str, count: u64) {
        let _nobody_counts = (thing, count);
    }
}

/// Ignores every point.
#[derive(Debug, Clone, Copy)]
pub struct NoProbe;

impl Probe for NoProbe {
    fn reached(&self, _point: &'static str) {}
}
