//! Logging in: name and password, or a challenge and its response.

use routeros_proto::{Command, Reply, challenge_response};

use super::{Flow, Session};
use crate::accounts::ActiveAccount;
use crate::refusal::Refusal;

impl Session {
    /// `/login`, in whichever way this router knows.
    ///
    /// Before 6.43 the password is not looked at and every login without a response gets a
    /// challenge. Later routers still give one to a bare `/login`, and from 6.45 on refuse the
    /// response.
    pub(super) fn login(&mut self, command: &Command) -> Flow {
        let config = &self.shared.config;
        let wants_challenge = config.legacy_login || config.version.has_challenge_login_only();
        let takes_response = wants_challenge || config.version.takes_challenge_responses();
        let response = command.get("response");
        let is_bare = command.get_raw("name").is_none();
        if response.is_none() && (wants_challenge || is_bare) {
            self.send_challenge(command);
            return Flow::Continue;
        }
        let name = command.get("name").unwrap_or_default().into_owned();
        let passed = match &response {
            Some(response) if takes_response => self.is_right_response(&name, response),
            Some(_) => false,
            None => self.is_right_password(&name, command.get_raw("password").unwrap_or_default()),
        };
        let passed = passed && self.shared.router().has_policy(&name, "api");
        let refusal = match wants_challenge {
            true => "cannot log in",
            false => "invalid user name or password (6)",
        };
        if passed {
            self.let_in(&name, command);
        } else {
            self.refuse_login(&name, refusal, command);
        }
        Flow::Continue
    }

    fn send_challenge(&mut self, command: &Command) {
        let challenge = fresh_challenge();
        self.reply(Reply::done().attr("ret", &challenge), command.tag());
        self.challenge = Some(challenge);
    }

    /// A challenge is good for one answer.
    fn is_right_response(&mut self, name: &str, response: &str) -> bool {
        let Some(challenge) = self.challenge.take() else {
            return false;
        };
        let Some(password) = self.password_of(name) else {
            return false;
        };
        challenge_response(&password, &challenge).is_ok_and(|right| right == response)
    }

    fn is_right_password(&self, name: &str, password: &[u8]) -> bool {
        self.password_of(name)
            .is_some_and(|right| right == password)
    }

    fn password_of(&self, name: &str) -> Option<Vec<u8>> {
        let router = self.shared.router();
        let users = &router[router.menus.users];
        let user = users.find_one("name", name)?;
        let password = users.value(user, "password");
        Some(
            password
                .map(|password| password.as_bytes().to_vec())
                .unwrap_or_default(),
        )
    }

    fn let_in(&mut self, name: &str, command: &Command) {
        self.shared.stats().logins += 1;
        let (from, service) = (self.peer.address.ip(), self.peer.service);
        let mut router = self.shared.router();
        let users = router.menus.users;
        let date = router.date();
        let user = router[users].find_one("name", name).map(|row| row.id);
        if let Some(user) = user {
            router.write(users, user, "last-logged-in", date);
        }
        router.log(
            "system,info,account",
            &format!("user {name} logged in from {from} via {service}"),
        );
        drop(router);
        self.active = None;
        self.active = Some(ActiveAccount::new(
            &self.shared,
            name,
            self.peer.address,
            self.peer.service,
        ));
        self.account = Some(name.to_owned());
        self.widen_limits();
        self.reply(Reply::done(), command.tag());
    }

    fn refuse_login(&mut self, name: &str, text: &str, command: &Command) {
        self.shared.stats().failed_logins += 1;
        let (from, service) = (self.peer.address.ip(), self.peer.service);
        let line = format!("login failure for user {name} from {from} via {service}");
        self.shared.router().log("system,error,critical", &line);
        self.refuse(&Refusal::plain(text), command.tag());
    }
}

/// Sixteen random bytes in hexadecimal.
#[expect(
    clippy::disallowed_methods,
    reason = "a simulated router draws its own challenges"
)]
fn fresh_challenge() -> String {
    format!("{:032x}", rand::random::<u128>())
}
