//! What a router can do, by the version of RouterOS that it says it runs.

use std::fmt;
use std::str::FromStr;

/// A version of RouterOS: `7.18.2`. What follows a number (`rc1`, `beta4`, `(stable)`) is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RouterOsVersion {
    /// The first number.
    pub major: u16,
    /// The second number.
    pub minor: u16,
    /// The third number, 0 if there is none.
    pub patch: u16,
}

/// The text is no version of RouterOS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no version of RouterOS")]
pub struct BadVersion;

impl RouterOsVersion {
    /// A version without a third number.
    #[must_use]
    pub const fn new(major: u16, minor: u16) -> Self {
        Self {
            major,
            minor,
            patch: 0,
        }
    }
}

impl FromStr for RouterOsVersion {
    type Err = BadVersion;

    /// Accepts what `/system/resource` prints, with or without the channel.
    fn from_str(text: &str) -> Result<Self, BadVersion> {
        let bare = text.split_whitespace().next().unwrap_or_default();
        let mut parts = bare.split('.').map(leading_number);
        let mut next = || parts.next().flatten();
        let (Some(major), Some(minor)) = (next(), next()) else {
            return Err(BadVersion);
        };
        Ok(Self {
            major,
            minor,
            patch: next().unwrap_or(0),
        })
    }
}

fn leading_number(text: &str) -> Option<u16> {
    let end = text.find(|it: char| !it.is_ascii_digit());
    text.get(..end.unwrap_or(text.len()))?.parse().ok()
}

impl fmt::Display for RouterOsVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)?;
        match self.patch {
            0 => Ok(()),
            patch => write!(f, ".{patch}"),
        }
    }
}

/// Something that not every version can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Feature {
    /// Logging in with name and password in one sentence, without a challenge.
    PlainLogin,
    /// WireGuard tunnels, a safe way to a router behind address translation.
    WireGuard,
    /// Dates as `2026-11-21` instead of `nov/21/2026`.
    IsoDates,
    /// The list of services shows how many sessions each takes.
    SessionLimit,
    /// `/system/device-mode` may forbid the hotspot.
    DeviceMode,
    /// `!empty` in answers without rows.
    EmptyReplies,
    /// Passwords are shown only when asked for.
    ShowSensitive,
}

impl Feature {
    /// Every one, oldest first.
    pub const ALL: [Self; 7] = [
        Self::PlainLogin,
        Self::WireGuard,
        Self::IsoDates,
        Self::SessionLimit,
        Self::DeviceMode,
        Self::EmptyReplies,
        Self::ShowSensitive,
    ];

    /// The first version that has it (manual and command trees of RouterOS).
    #[must_use]
    pub const fn since(self) -> RouterOsVersion {
        match self {
            Self::PlainLogin => RouterOsVersion::new(6, 43),
            Self::WireGuard => RouterOsVersion::new(7, 1),
            Self::IsoDates => RouterOsVersion::new(7, 10),
            Self::SessionLimit => RouterOsVersion::new(7, 16),
            Self::DeviceMode => RouterOsVersion::new(7, 17),
            Self::EmptyReplies => RouterOsVersion::new(7, 18),
            Self::ShowSensitive => RouterOsVersion::new(7, 21),
        }
    }

    /// Its name in words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PlainLogin => "plain login",
            Self::WireGuard => "WireGuard",
            Self::IsoDates => "ISO dates",
            Self::SessionLimit => "session limit",
            Self::DeviceMode => "device mode",
            Self::EmptyReplies => "!empty replies",
            Self::ShowSensitive => "show-sensitive",
        }
    }
}

/// Why something cannot be done on a router.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Absence {
    /// Its version is too old.
    #[error("{} needs RouterOS {} and the router has {found}", feature.name(), feature.since())]
    TooOld {
        /// What is wanted.
        feature: Feature,
        /// The version of the router.
        found: RouterOsVersion,
    },
    /// It has not said its version in a form that is known.
    #[error("{} needs RouterOS {} and the router's version is not known", feature.name(), feature.since())]
    Unknown {
        /// What is wanted.
        feature: Feature,
    },
}

/// What a router can do. A version that is not known can do what every version can.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    version: Option<RouterOsVersion>,
}

impl Capabilities {
    /// By what `/system/resource` prints as the version.
    #[must_use]
    pub fn of(version: &str) -> Self {
        Self {
            version: version.parse().ok(),
        }
    }

    /// The version, if it is known.
    #[must_use]
    pub const fn version(self) -> Option<RouterOsVersion> {
        self.version
    }

    /// Whether the router has it.
    #[must_use]
    pub fn has(self, feature: Feature) -> bool {
        self.require(feature).is_ok()
    }

    /// Passes if the router has it.
    ///
    /// # Errors
    /// [`Absence`] with the reason, to be shown instead.
    pub fn require(self, feature: Feature) -> Result<(), Absence> {
        match self.version {
            Some(found) if found >= feature.since() => Ok(()),
            Some(found) => Err(Absence::TooOld { feature, found }),
            None => Err(Absence::Unknown { feature }),
        }
    }

    /// Everything it lacks, with the reasons.
    pub fn absent(self) -> impl Iterator<Item = Absence> {
        Feature::ALL
            .into_iter()
            .filter_map(move |it| self.require(it).err())
    }
}

#[cfg(test)]
mod tests {
    //! Versions are read as routers print them, and decide what there is.

    use super::{BadVersion, Capabilities, Feature, RouterOsVersion};

    #[test]
    fn versions_are_read_as_routers_print_them() {
        let table = [
            ("7.18.2 (stable)", "7.18.2"),
            ("6.49.17 (long-term)", "6.49.17"),
            ("7.21rc1", "7.21"),
            ("7.1beta4 (testing)", "7.1"),
            ("7.9", "7.9"),
        ];
        for (printed, version) in table {
            let read = printed.parse::<RouterOsVersion>();
            assert_eq!(read.map(|it| it.to_string()), Ok(version.to_owned()));
        }
        for nonsense in ["", "seven", "7", "v7.1", "7.x"] {
            assert_eq!(nonsense.parse::<RouterOsVersion>(), Err(BadVersion));
        }
        assert!(RouterOsVersion::new(7, 9) < RouterOsVersion::new(7, 18));
    }

    #[test]
    fn each_version_has_what_came_before_it() {
        let table = [
            ("6.40.9 (bugfix)", 0),
            ("6.49.17 (long-term)", 1),
            ("7.9.2 (stable)", 2),
            ("7.16 (stable)", 4),
            ("7.18.2 (stable)", 6),
            ("7.24 (stable)", 7),
            ("???", 0),
        ];
        for (version, count) in table {
            let can = Capabilities::of(version);
            let has = Feature::ALL.into_iter().filter(|it| can.has(*it));
            assert_eq!(has.count(), count, "{version}");
            assert_eq!(can.absent().count(), Feature::ALL.len() - count);
        }
    }

    #[test]
    fn what_is_absent_says_why() {
        let reason = Capabilities::of("7.9.2 (stable)").require(Feature::DeviceMode);
        let expected = "device mode needs RouterOS 7.17 and the router has 7.9.2";
        assert_eq!(
            reason.map_err(|it| it.to_string()),
            Err(expected.to_owned())
        );
        let reason = Capabilities::of("").require(Feature::PlainLogin);
        let expected = "plain login needs RouterOS 6.43 and the router's version is not known";
        assert_eq!(
            reason.map_err(|it| it.to_string()),
            Err(expected.to_owned())
        );
    }
}
