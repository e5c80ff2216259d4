//! Somebody else's hand on the router at the worst moment: between a client's read and its write.

use routeros_proto::Command;

use crate::router::Router;

/// A row that is overwritten once, just before a command is executed.
#[derive(Debug)]
pub(crate) struct Meddling {
    /// A path such as `/ppp/secret/set`, or a menu for all of its commands.
    pub(crate) command: String,
    pub(crate) menu: String,
    pub(crate) key: String,
    pub(crate) attrs: Vec<(String, Vec<u8>)>,
}

impl Meddling {
    fn is_due(&self, command: &Command) -> bool {
        let rest = command.path().strip_prefix(self.command.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    fn happen(&self, router: &mut Router) {
        let attrs = self.attrs.iter();
        let attrs: Vec<(&str, &[u8])> = attrs
            .map(|(name, value)| (name.as_str(), value.as_slice()))
            .collect();
        // A row that is gone by then is nobody's to change.
        let written = router.overwrite(&self.menu, &self.key, &attrs);
        if let Err(refusal) = written {
            tracing::warn!(menu = self.menu, key = self.key, err = %refusal.message, "nothing was overwritten");
        }
    }
}

/// Lets everything happen that was arranged for just before this command; each happens once.
pub(crate) fn before(arranged: &mut Vec<Meddling>, router: &mut Router, command: &Command) {
    for due in arranged.extract_if(.., |it| it.is_due(command)) {
        due.happen(router);
    }
}
