//! Named points of execution, so that a test can stop a process exactly there.

/// Told whenever execution reaches a named point; the product passes [`NoProbe`].
pub trait Probe: Send + Sync {
    /// Execution has reached this point, such as `store.before_commit`.
    fn reached(&self, point: &'static str);
}

/// Ignores every point.
#[derive(Debug, Clone, Copy)]
pub struct NoProbe;

impl Probe for NoProbe {
    fn reached(&self, _point: &'static str) {}
}
