//! The program: what it prints first, that it answers, that it stops and keeps its state.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command as Process, Stdio};

use routeros_proto::{Command, Limits, Reply, ReplyKind, SentenceDecoder};

const PROGRAM: &str = env!("CARGO_BIN_EXE_routeros-sim");

/// A running program, stopped when the test is over.
struct Running {
    child: Child,
    addr: String,
}

impl Running {
    fn start(arguments: &[&str]) -> Self {
        let mut child = Process::new(PROGRAM)
            .args(["--listen", "127.0.0.1:0", "--quiet"])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let addr = line
            .trim()
            .strip_prefix("routeros-sim listening on ")
            .unwrap()
            .to_owned();
        Self { child, addr }
    }

    /// Runs commands after a login and gives the `ret` of each `!done`.
    fn run(&self, user: &str, password: &str, commands: &[Command]) -> Vec<Option<String>> {
        let mut stream = TcpStream::connect(&self.addr).unwrap();
        let mut decoder = SentenceDecoder::new(Limits::CLIENT);
        let login = Command::new("/login")
            .attr("name", user)
            .attr("password", password);
        let mut returned = Vec::new();
        for command in std::iter::once(&login).chain(commands) {
            stream.write_all(&command.encode().unwrap()).unwrap();
            returned.push(done(&mut stream, &mut decoder));
        }
        returned.split_off(1)
    }

    /// Stops it as Ctrl-C does, and waits.
    fn stop(mut self) {
        let pid = self.child.id().to_string();
        assert!(
            Process::new("kill")
                .args(["-INT", &pid])
                .status()
                .unwrap()
                .success()
        );
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Already gone after a clean stop.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn done(stream: &mut TcpStream, decoder: &mut SentenceDecoder) -> Option<String> {
    loop {
        while let Some(sentence) = decoder.next_sentence().unwrap() {
            let reply = Reply::parse(&sentence).unwrap();
            assert_ne!(reply.kind(), &ReplyKind::Trap, "{reply:?}");
            if reply.kind() == &ReplyKind::Done {
                return reply.ret().map(std::borrow::Cow::into_owned);
            }
        }
        let mut chunk = [0; 4096];
        let count = stream.read(&mut chunk).unwrap();
        assert!(count > 0, "the program closed the connection");
        decoder.feed(&chunk[..count]);
    }
}

fn count(menu: &str) -> Command {
    Command::new(format!("{menu}/print")).flag("count-only")
}

#[test]
fn it_says_where_it_listens_answers_and_stops_cleanly() {
    let program = Running::start(&[
        "--user",
        "me:secret",
        "--seed-ppp",
        "3",
        "--seed-hotspot",
        "2",
    ]);
    let counts = program.run(
        "me",
        "secret",
        &[count("/ppp/secret"), count("/ip/hotspot/user")],
    );
    // The hotspot has one more user that every router comes with.
    assert_eq!(counts, [Some("3".to_owned()), Some("3".to_owned())]);
    program.stop();
}

#[test]
fn its_tables_survive_in_the_state_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.json");
    let state = ["--state", file.to_str().unwrap(), "--seed-ppp", "2"];
    let program = Running::start(&state);
    program.run(
        "admin",
        "password",
        &[Command::new("/ppp/secret/add").attr("name", "mine")],
    );
    program.stop();
    assert!(Path::new(&file).exists());
    let program = Running::start(&state);
    let counts = program.run("admin", "password", &[count("/ppp/secret")]);
    assert_eq!(counts, [Some("3".to_owned())]);
    program.stop();
}

#[test]
fn it_says_the_fingerprint_of_its_tls_port() {
    let mut child = Process::new(PROGRAM)
        .args(["--listen", "127.0.0.1:0", "--tls-listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let lines: Vec<String> = lines.take(2).map(Result::unwrap).collect();
    // Already gone would be a failure of the lines above.
    let _ = child.kill();
    child.wait().unwrap();
    let (addr, fingerprint) = lines[1]
        .strip_prefix("api-ssl listening on ")
        .and_then(|line| line.split_once(", certificate sha256 "))
        .unwrap();
    assert!(addr.starts_with("127.0.0.1:"));
    assert_eq!(fingerprint.len(), 64);
}

#[test]
fn its_control_port_takes_lines_from_any_language() {
    let mut child = Process::new(PROGRAM)
        .args([
            "--listen",
            "127.0.0.1:0",
            "--control",
            "0",
            "--serial",
            "S1",
        ])
        .args(["--fault", "stall:/ppp"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let lines: Vec<String> = lines.take(2).map(Result::unwrap).collect();
    let addr = lines[1].strip_prefix("control listening on ").unwrap();
    let mut stream = TcpStream::connect(addr).unwrap();
    let said = b"faults list\nfaults off\nrows /system/routerboard\nquit\n";
    stream.write_all(said).unwrap();
    let mut heard = String::new();
    stream.read_to_string(&mut heard).unwrap();
    // Already gone would be a failure of the lines above.
    let _ = child.kill();
    child.wait().unwrap();
    assert!(
        heard.starts_with("= \"stall:/ppp\"\nok\nok\n= {"),
        "{heard}"
    );
    assert!(heard.contains("\"serial-number\":\"S1\""), "{heard}");
    assert!(heard.ends_with("}\nok\nok\n"), "{heard}");
}

#[test]
fn bad_arguments_are_explained() {
    for arguments in [
        ["--version-profile", "5.0"],
        ["--user", "nameonly"],
        ["--fault", "fire"],
    ] {
        let output = Process::new(PROGRAM).args(arguments).output().unwrap();
        assert!(!output.status.success());
        assert!(String::from_utf8_lossy(&output.stderr).contains(arguments[1]));
    }
}
