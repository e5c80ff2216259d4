//! One change to a router, printable as the exact command it will become.

use std::fmt;

use kernel::{GrantId, Secret};

use crate::login::LoginRef;
use crate::menu::Menu;
use crate::row::{Attribute, RowId};
use crate::setup::shown_name;
use crate::tag::Tag;

/// What to do to one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The menu.
    pub menu: Menu,
    /// The row's name.
    pub name: String,
    /// What to do.
    pub action: Action,
    /// The grant it serves; `None` for profiles and for rows that no grant explains.
    pub grant: Option<GrantId>,
    /// Whether running sessions of the login must end after it.
    pub cuts: bool,
}

/// What to do to a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Make it.
    Create {
        /// What it is to be.
        edits: Vec<Edit>,
        /// Its tag: an existing row with the same one is the fruit of an earlier try.
        tag: Tag,
    },
    /// Change attributes of it.
    Update {
        /// Which row.
        id: RowId,
        /// What to set.
        edits: Vec<Edit>,
    },
    /// Remove it.
    Remove {
        /// Which row.
        id: RowId,
    },
}

/// One attribute to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// An attribute.
    Set {
        /// Which.
        attribute: Attribute,
        /// Its new canonical value; `None` to clear it.
        to: Option<String>,
        /// Its value before, if it was set.
        was: Option<String>,
    },
    /// The password.
    Password(Secret),
    /// The comment.
    Comment(String),
}

/// A value on its way to a router.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Printable.
    Plain(String),
    /// Never printed.
    Hidden(Secret),
}

impl Value {
    /// The text to send.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Plain(text) => text,
            Self::Hidden(secret) => secret.expose(),
        }
    }
}

/// A command as the router takes it: a path and attributes in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouterCommand {
    /// The full path: `/ppp/secret/add`.
    pub path: String,
    /// The attributes.
    pub attributes: Vec<(&'static str, Value)>,
}

impl Change {
    /// The exact command.
    #[must_use]
    pub fn command(&self) -> RouterCommand {
        match &self.action {
            Action::Create { edits, .. } => self.of("add", (self.menu.key(), &self.name), edits),
            Action::Update { id, edits } => self.of("set", (".id", id.as_str()), edits),
            Action::Remove { id } => self.of("remove", (".id", id.as_str()), &[]),
        }
    }

    /// The command that turns an existing row into what a creation asked for.
    #[must_use]
    pub fn as_update_of(&self, id: RowId) -> Self {
        let edits = match &self.action {
            Action::Create { edits, .. } | Action::Update { edits, .. } => edits.clone(),
            Action::Remove { .. } => return self.clone(),
        };
        Self {
            action: Action::Update { id, edits },
            ..self.clone()
        }
    }

    /// The hotspot server that the row is to be bound to, if it is to one.
    #[must_use]
    pub fn server(&self) -> Option<&str> {
        let (Action::Create { edits, .. } | Action::Update { edits, .. }) = &self.action else {
            return None;
        };
        edits.iter().find_map(|it| match it {
            Edit::Set {
                attribute: Attribute::Server,
                to,
                ..
            } => to.as_deref(),
            _ => None,
        })
    }

    /// The login the change is about; `None` for rows that nobody's sessions depend on.
    #[must_use]
    pub fn login(&self) -> Option<LoginRef> {
        self.menu.login_of(&self.name)
    }

    /// The command as one would type it, the row's name cut down to its first two characters: it may be a code that is
    /// worth money.
    #[must_use]
    pub fn masked(&self) -> String {
        let name = shown_name(Menu::HotspotUser, &self.name);
        Self {
            name,
            ..self.clone()
        }
        .to_string()
    }

    fn of(&self, verb: &str, first: (&'static str, &str), edits: &[Edit]) -> RouterCommand {
        let mut attributes = vec![(first.0, Value::Plain(first.1.to_owned()))];
        attributes.extend(edits.iter().map(|it| it.attribute(self.menu)));
        RouterCommand {
            path: format!("{}/{verb}", self.menu.path()),
            attributes,
        }
    }
}

impl Edit {
    fn attribute(&self, menu: Menu) -> (&'static str, Value) {
        match self {
            Self::Set { attribute, to, .. } => {
                let cleared = || attribute.cleared_in(menu).to_owned();
                (
                    attribute.name_in(menu),
                    Value::Plain(to.clone().unwrap_or_else(cleared)),
                )
            }
            Self::Password(secret) => ("password", Value::Hidden(secret.clone())),
            Self::Comment(text) => ("comment", Value::Plain(text.clone())),
        }
    }
}

impl fmt::Display for Change {
    /// The command as one would type it, with `***` for the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.command().fmt(f)
    }
}

impl fmt::Display for RouterCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        for (name, value) in &self.attributes {
            match value {
                Value::Hidden(_) => write!(f, " {name}=***")?,
                Value::Plain(text) => write!(f, " {name}={}", quoted(text))?,
            }
        }
        Ok(())
    }
}

/// Quotes what a console would take apart.
fn quoted(text: &str) -> String {
    let plain = |it: char| it.is_ascii_alphanumeric() || "-_./:@*+".contains(it);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    let escaped = text
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('$', "\\$");
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    //! A dry run shows the very command, and no secret.
    #![allow(clippy::unwrap_used)]

    use super::{Action, Change, Edit};
    use crate::menu::Menu;
    use crate::row::{Attribute, RowId};
    use crate::tag::{Mark, Tag, TagId};
    use crate::testing::numbered;
    use kernel::Secret;

    fn change(action: Action) -> Change {
        Change {
            menu: Menu::PppSecret,
            name: "siti".to_owned(),
            action,
            grant: Some(numbered(1)),
            cuts: false,
        }
    }

    fn set(attribute: Attribute, to: Option<&str>) -> Edit {
        Edit::Set {
            attribute,
            to: to.map(str::to_owned),
            was: None,
        }
    }

    #[test]
    fn a_creation_prints_as_add_without_its_password() {
        let tag = Tag {
            mark: Mark::of(numbered(7)),
            id: TagId::grant(numbered(1)),
            revision: 1,
        };
        let edits = vec![
            Edit::Password(Secret::new("open sesame")),
            set(Attribute::Service, Some("pppoe")),
            set(Attribute::Profile, Some("wb-home")),
            Edit::Comment(tag.to_string()),
        ];
        let text = change(Action::Create {
            edits,
            tag: tag.clone(),
        })
        .to_string();
        let expected =
            "/ppp/secret/add name=siti password=*** service=pppoe profile=wb-home comment=";
        assert_eq!(text, format!("{expected}\"{tag}\""));
    }

    #[test]
    fn updates_and_removals_name_the_row_by_id() {
        let id = RowId::new("*1A");
        let edits = vec![
            set(Attribute::Disabled, None),
            set(Attribute::Profile, Some("wb-b")),
        ];
        let update = change(Action::Update {
            id: id.clone(),
            edits,
        });
        assert_eq!(
            update.to_string(),
            "/ppp/secret/set .id=*1A disabled=no profile=wb-b"
        );
        let removal = change(Action::Remove { id });
        assert_eq!(removal.to_string(), "/ppp/secret/remove .id=*1A");
    }

    #[test]
    fn texts_a_console_would_take_apart_are_quoted() {
        let edits = vec![Edit::Comment("a \"b\" $c".to_owned())];
        let update = change(Action::Update {
            id: RowId::new("*1"),
            edits,
        });
        let expected = r#"/ppp/secret/set .id=*1 comment="a \"b\" \$c""#;
        assert_eq!(update.to_string(), expected);
    }
}
