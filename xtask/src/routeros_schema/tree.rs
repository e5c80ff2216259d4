//! A router's command tree: menus, commands and arguments, as `/console/inspect` describes them.

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// The tree of one router.
pub(super) struct Tree(Value);

impl Tree {
    /// Reads a dump: objects within objects, each with its `_type`.
    ///
    /// # Errors
    /// When the text is no such tree.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let root: Value = serde_json::from_str(text)?;
        let menus = root.as_object().context("a tree is an object")?;
        let any = menus.values().any(|it| it.get("_type").is_some());
        ensure!(any, "no part of it has a _type");
        Ok(Self(root))
    }

    /// Whether there is such a menu.
    pub(super) fn has_menu(&self, menu: &str) -> bool {
        self.node(menu)
            .is_some_and(|it| matches!(kind(it), "dir" | "path"))
    }

    /// Whether a menu has a command.
    pub(super) fn has_command(&self, menu: &str, command: &str) -> bool {
        let found = self.node(menu).and_then(|it| it.get(command));
        found.is_some_and(|it| kind(it) == "cmd")
    }

    /// Whether a command takes an argument.
    pub(super) fn has_argument(&self, menu: &str, command: &str, argument: &str) -> bool {
        let found = self
            .node(menu)
            .and_then(|it| it.get(command)?.get(argument));
        found.is_some_and(|it| kind(it) == "arg")
    }

    fn node(&self, menu: &str) -> Option<&Value> {
        let mut steps = menu.split('/').filter(|it| !it.is_empty());
        steps.try_fold(&self.0, |node, step| node.get(step))
    }
}

fn kind(node: &Value) -> &str {
    node.get("_type")
        .and_then(Value::as_str)
        .unwrap_or_default()
}
