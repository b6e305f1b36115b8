//! The program in a process of its own, for tests that kill it or look at its memory.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use tokio_postgres::{Client, NoTls};

use super::server::{PASSWORD, Store};

pub struct Program {
    child: Child,
    pub address: SocketAddr,
}

impl Program {
    pub fn start(store: &Store, variables: &[(&str, &str)]) -> Program {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lakewire"));
        // A developer's own settings are not the test's.
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("LAKEWIRE_")) {
            command.env_remove(name);
        }
        let mut child = command
            .args(["serve", "--listen", "127.0.0.1:0", "--lake", &store.url()])
            .env("LAKEWIRE_SUPERUSER_PASSWORD", PASSWORD)
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let address = lines
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("listening on ")?.parse().ok())
            .expect("it says where it listens");
        Program { child, address }
    }

    pub async fn connect(&self) -> Client {
        let mut config = tokio_postgres::Config::new();
        let host = self.address.ip().to_string();
        config.host(host).port(self.address.port());
        config.user("postgres").password(PASSWORD).dbname("lake");
        let (client, connection) = config.connect(NoTls).await.expect("a login");
        tokio::spawn(connection);
        client
    }

    /// Memory that it holds.
    pub fn resident_kib(&self) -> u64 {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(path).expect("a Linux machine");
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("it says so");
        line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).expect("a number")
    }

    /// SIGKILL.
    pub fn kill(self) {
        drop(self);
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
