//! The control port: the same router, by lines of text.

use std::net::SocketAddr;
use std::time::Duration;

use routeros_proto::Command;
use routeros_sim::{SimConfig, SimTls, Simulator};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::client::Client;

const DEADLINE: Duration = Duration::from_secs(10);

/// A connection to the control port.
struct Control(BufReader<TcpStream>);

impl Control {
    async fn connect(router: &Simulator) -> Self {
        let stream = TcpStream::connect(router.control_addr().unwrap()).await;
        Self(BufReader::new(stream.unwrap()))
    }

    /// Says a line and hears the values, or why not.
    async fn ask(&mut self, line: &str) -> Result<Vec<Value>, String> {
        let line = format!("{line}\n");
        self.0.get_mut().write_all(line.as_bytes()).await.unwrap();
        let mut values = Vec::new();
        loop {
            let mut line = String::new();
            let read = timeout(DEADLINE, self.0.read_line(&mut line)).await;
            assert!(read.unwrap().unwrap() > 0, "the port closed");
            let line = line.trim_end();
            if line == "ok" {
                return Ok(values);
            }
            if let Some(why) = line.strip_prefix("error ") {
                return Err(why.to_owned());
            }
            let value = line.strip_prefix("= ").unwrap();
            values.push(serde_json::from_str(value).unwrap());
        }
    }

    /// The only value of an answer.
    async fn one(&mut self, line: &str) -> Value {
        let mut values = self.ask(line).await.unwrap();
        assert_eq!(values.len(), 1, "{line}: {values:?}");
        values.remove(0)
    }

    /// An answer without values.
    async fn done(&mut self, line: &str) {
        assert_eq!(self.ask(line).await, Ok(Vec::new()), "{line}");
    }
}

async fn started() -> (Simulator, Control) {
    let config = SimConfig {
        control: Some(SocketAddr::from(([127, 0, 0, 1], 0))),
        tls: Some(SimTls::generated()),
        ..SimConfig::new("tower-1")
    };
    let router = Simulator::start(config).await.unwrap();
    let control = Control::connect(&router).await;
    (router, control)
}

#[tokio::test]
async fn faults_are_switched_while_it_runs() {
    let (router, mut control) = started().await;
    let mut client = Client::login(&router).await;
    control
        .done("faults on \"trap:/ppp/secret/add:failure: no\"")
        .await;
    control.done("faults on drop-on:9").await;
    let add = || Command::new("/ppp/secret/add").attr("name", "x");
    assert_eq!(client.run(add()).await.trap(), "failure: no");
    let listed = control.ask("faults list").await.unwrap();
    assert_eq!(listed, ["trap:/ppp/secret/add:failure: no", "drop-on:8"]);
    control.done("faults off trap").await;
    assert!(client.run(add()).await.traps.is_empty());
    control.done("faults off").await;
    assert_eq!(control.ask("faults list").await, Ok(Vec::new()));
    let unknown = control.ask("faults on fire").await.unwrap_err();
    assert!(unknown.contains("unknown fault") && unknown.contains("drip"));
    assert!(control.ask("faults off stall").await.is_err());
}

#[tokio::test]
async fn customers_come_use_and_go() {
    let (router, mut control) = started().await;
    control
        .one("add /ppp/profile name=gold remote-address=pppoe-pool rate-limit=5M/20M")
        .await;
    control
        .one("add /ppp/secret name=siti password=pw profile=gold \"comment=top floor\"")
        .await;
    let session = control.one("ppp dial siti pw AA:BB:CC:00:00:01").await;
    assert_eq!(session["interface"], "<pppoe-siti>");
    control.done("traffic add siti 1000 50000").await;
    let interface = control.one("rows /interface name=<pppoe-siti>").await;
    assert_eq!(
        (&interface["rx-byte"], &interface["tx-byte"]),
        (&json!("1000"), &json!("50000"))
    );
    control.done("advance 1h30m").await;
    let active = control.one("rows /ppp/active name=siti").await;
    assert_eq!(active["uptime"], "1h30m");
    control.done("set /ppp/secret siti disabled=yes").await;
    assert_eq!(control.one("ppp hangup siti").await, json!(1));
    assert_eq!(
        control.ask("ppp dial siti pw AA:BB:CC:00:00:01").await,
        Err("the secret is disabled".to_owned())
    );
    let secret = router.row("/ppp/secret", "name", "siti").unwrap();
    assert_eq!(secret["comment"], "top floor");
    control.done("remove /ppp/secret siti").await;
    assert!(router.row("/ppp/secret", "name", "siti").is_none());
}

#[tokio::test]
async fn devices_log_in_and_out_of_the_hotspot() {
    let (_router, mut control) = started().await;
    control
        .one("add /ip/hotspot/user name=C1 password=C1")
        .await;
    let session = control.one("hotspot login C1 C1 EA:52:FD:F7:82:13").await;
    assert_eq!(session["login-by"], "http-chap");
    assert_eq!(control.one("hotspot logout C1").await, json!(1));
    let session = control.one("hotspot cookie EA:52:FD:F7:82:13").await;
    assert_eq!(session["login-by"], "mac-cookie");
    let refused = control
        .ask("hotspot login C1 wrong EA:52:FD:F7:82:14")
        .await;
    assert_eq!(refused, Err("invalid username or password".to_owned()));
}

#[tokio::test]
async fn customers_do_things_by_themselves_while_time_passes() {
    let (_router, mut control) = started().await;
    control
        .one("add /ppp/profile name=gold remote-address=pppoe-pool")
        .await;
    control
        .one("add /ppp/secret name=siti password=pw profile=gold")
        .await;
    let session = control.one("ppp keep siti pw AA:BB:CC:00:00:01 5").await;
    assert_eq!(session["name"], "siti");
    control.done("traffic rate siti 10 20").await;
    control.done("advance 10").await;
    let interface = control.one("rows /interface name=<pppoe-siti>").await;
    assert_eq!(interface["tx-byte"], "200");
    control.done("remove /ppp/active siti").await;
    control.done("advance 5").await;
    control.one("rows /ppp/active name=siti").await;

    control
        .one("add /ip/hotspot/user name=C1 password=C1")
        .await;
    control.one("hotspot login C1 C1 EA:52:FD:F7:82:13").await;
    control.done("hotspot returns EA:52:FD:F7:82:13 3s").await;
    let row = control.one("rows /ip/hotspot/active user=C1").await;
    let id = row[".id"].as_str().unwrap();
    control
        .done(&format!("remove /ip/hotspot/active {id}"))
        .await;
    control.done("advance 3").await;
    let row = control.one("rows /ip/hotspot/active user=C1").await;
    assert_eq!(row["login-by"], "cookie");
    assert_eq!(control.one("hotspot vanish C1").await, json!(1));
    control.done("advance 2m").await;
    assert_eq!(control.ask("rows /ip/hotspot/active").await, Ok(Vec::new()));
    assert!(control.ask("hotspot returns phone 3s").await.is_err());
}

#[tokio::test]
async fn somebody_else_changes_a_row_between_a_read_and_a_write() {
    let (router, mut control) = started().await;
    control
        .one("add /ppp/secret name=siti password=pw comment=mine")
        .await;
    let mut client = Client::login(&router).await;
    control
        .done("overwrite-before /ppp/secret/set /ppp/secret siti comment=theirs disabled=true")
        .await;
    let read = client.run(Command::new("/ppp/secret/print")).await;
    assert_eq!(read.column("comment"), ["mine"], "not yet");
    let set = |value| {
        Command::new("/ppp/secret/set")
            .attr(".id", "siti")
            .attr("password", value)
    };
    client.run(set("new")).await;
    let row = control.one("rows /ppp/secret name=siti").await;
    assert_eq!(
        (&row["comment"], &row["password"]),
        (&json!("theirs"), &json!("new"))
    );
    assert_eq!(row["disabled"], "true");
    control.done("set /ppp/secret siti comment=mine").await;
    client.run(set("newer")).await;
    let row = control.one("rows /ppp/secret name=siti").await;
    assert_eq!(row["comment"], "mine", "once and no more");

    control.done("overwrite /system/license 0 nlevel=4").await;
    assert_eq!(control.one("rows /system/license").await["nlevel"], "4");
    let refused = control.ask("overwrite /ppp/secret nobody comment=x").await;
    assert_eq!(refused, Err("no such item".to_owned()));
    let refused = control.ask("overwrite-before /x /no/menu a b=c").await;
    assert!(refused.unwrap_err().contains("no such command"));
}

#[tokio::test]
async fn a_dhcp_client_asks_and_gets_its_lease() {
    let (_router, mut control) = started().await;
    let refused = control.ask("dhcp ask AA:BB:CC:00:00:09").await;
    assert_eq!(refused, Err("no dhcp server answers".to_owned()));
    control
        .one("add /ip/pool name=lan ranges=192.168.7.10-192.168.7.20")
        .await;
    control
        .one("add /ip/dhcp-server name=lan interface=ether1 address-pool=lan disabled=no")
        .await;
    let address = control.one("dhcp ask AA:BB:CC:00:00:09 phone").await;
    let lease = control.one("rows /ip/dhcp-server/lease").await;
    assert_eq!(lease["address"], address);
    assert_eq!(
        (&lease["host-name"], &lease["status"]),
        (&json!("phone"), &json!("bound"))
    );
    let again = control.one("dhcp ask aa:bb:cc:00:00:09").await;
    assert_eq!(again, address);
}

#[tokio::test]
async fn every_command_that_help_names_is_known() {
    let (_router, mut control) = started().await;
    for line in control.ask("help").await.unwrap() {
        let (usage, _) = line.as_str().unwrap().split_once(": ").unwrap();
        let words = usage.split(['[', '|']).next().unwrap();
        if words == "quit" {
            continue;
        }
        let refused = control.ask(words).await.err().unwrap_or_default();
        assert!(!refused.contains("unknown command"), "{words}: {refused}");
    }
}

#[tokio::test]
async fn the_box_is_handled() {
    let (router, mut control) = started().await;
    let before = control.one("clock").await.as_i64().unwrap();
    control.done("clock jump -60").await;
    assert_eq!(control.one("clock").await, json!(before - 60));
    control.done("clock set 86400").await;
    assert_eq!(control.one("clock").await, json!(86_400));
    control.one("add /ppp/secret name=kept").await;

    let mut client = Client::login(&router).await;
    control.done("disconnect").await;
    assert!(client.is_closed().await);
    let mut client = Client::login(&router).await;
    control.done("advance 600").await;
    control.done("reboot").await;
    assert!(client.is_closed().await);
    assert_eq!(control.one("rows /system/resource").await["uptime"], "0s");

    control.done("board NEW123").await;
    assert_eq!(
        control.one("rows /system/routerboard").await["serial-number"],
        "NEW123"
    );
    control.one("rows /ppp/secret name=kept").await;
    control.done("reset").await;
    assert_eq!(control.ask("rows /ppp/secret").await, Ok(Vec::new()));
    assert_eq!(
        control.one("rows /system/routerboard").await["serial-number"],
        "NEW123"
    );
    Client::login(&router).await;
    let stats = control.one("stats").await;
    assert_eq!(stats["logins"], 3);
}

#[tokio::test]
async fn the_certificate_is_swapped() {
    let (router, mut control) = started().await;
    let before = control.one("tls fingerprint").await;
    let after = control.one("tls swap").await;
    assert_ne!(before, after);
    assert_eq!(router.fingerprint().as_deref(), after.as_str());
    control.done("tls remove").await;
    assert_eq!(control.one("tls fingerprint").await, Value::Null);
}

#[tokio::test]
async fn what_is_not_understood_is_answered_and_goes_on() {
    let (_router, mut control) = started().await;
    for line in [
        "fire",
        "faults",
        "advance soon",
        "traffic add x y z",
        "add /ppp/secret name",
        "add /nothing name=x",
        "\"open",
        "remove /ppp/secret nobody",
    ] {
        assert!(control.ask(line).await.is_err(), "{line}");
    }
    control.done("").await;
    let help = control.ask("help").await.unwrap();
    assert!(help.len() > 20);
}

#[tokio::test]
async fn it_ends_with_quit_and_with_the_router() {
    let (router, mut control) = started().await;
    control.0.get_mut().write_all(b"quit\n").await.unwrap();
    let mut rest = String::new();
    control.0.read_to_string(&mut rest).await.unwrap();
    assert_eq!(rest, "ok\n");
    let mut control = Control::connect(&router).await;
    control.done("delay 1").await;
    let addr = router.control_addr().unwrap();
    drop(router);
    let mut rest = String::new();
    let end = timeout(DEADLINE, control.0.read_to_string(&mut rest)).await;
    assert_eq!(end.unwrap().unwrap_or(0), 0, "{rest}");
    let closed = timeout(DEADLINE, async {
        while TcpStream::connect(addr).await.is_ok() {
            tokio::task::yield_now().await;
        }
    });
    closed.await.unwrap();
}

#[tokio::test]
async fn an_endless_line_is_cut_off() {
    let (_router, mut control) = started().await;
    let line = vec![b'x'; 100_000];
    // The port may close before everything is written.
    let _ = control.0.get_mut().write_all(&line).await;
    let mut rest = Vec::new();
    let _ = timeout(DEADLINE, control.0.read_to_end(&mut rest))
        .await
        .unwrap();
}

#[tokio::test]
async fn many_lines_at_once_are_answered_in_order() {
    let (_router, mut control) = started().await;
    let lines = "clock set 5\nclock\nclock set 6\nclock\nquit\n";
    control
        .0
        .get_mut()
        .write_all(lines.as_bytes())
        .await
        .unwrap();
    let mut rest = String::new();
    control.0.read_to_string(&mut rest).await.unwrap();
    assert_eq!(rest, "ok\n= 5\nok\nok\n= 6\nok\nok\n");
}
