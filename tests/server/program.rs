//! The program itself: what it says when it is told wrong things, and how it starts and stops.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lakewire"));
    command.args(arguments).stdin(Stdio::null());
    // A developer's own settings are not the test's.
    for (name, _) in std::env::vars() {
        if name.starts_with("LAKEWIRE_") || name.starts_with("AWS_") {
            command.env_remove(name);
        }
    }
    command
}

fn output(arguments: &[&str]) -> Output {
    program(arguments).output().expect("the program runs")
}

/// It fails, and says this on standard error, not as a panic.
#[track_caller]
fn complains(arguments: &[&str], words: &[&str]) {
    let output = output(arguments);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{arguments:?}");
    assert!(!said.contains("panicked"), "{said}");
    for word in words {
        assert!(said.contains(word), "{arguments:?} does not say {word}: {said}");
    }
}

#[test]
fn what_is_wrong_on_the_command_line_is_said() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("it can be written");
        path.display().to_string()
    };
    complains(&["frobnicate"], &["frobnicate"]);
    complains(&["serve", "--nosuch"], &["--nosuch"]);
    complains(&["serve", "--config", "/no/such/file.toml"], &["/no/such/file.toml"]);
    let unknown = file("unknown.toml", "[server]\nlisten_on = \"x\"\n");
    complains(&["serve", "--config", &unknown], &["listen_on"]);
    let broken = file("broken.toml", "[server\n");
    complains(&["serve", "--config", &broken], &["broken.toml"]);
    complains(&["serve", "--listen", "nowhere"], &["nowhere"]);
    complains(&["ping", "127.0.0.1:1"], &["127.0.0.1:1"]);
    complains(&["ping", "nonsense"], &["nonsense"]);
    // A file where the folder should be.
    let taken = file("taken", "");
    complains(&["serve", "--lake", &taken, "--listen", "127.0.0.1:0"], &["taken"]);
    let mut misspelled = program(&["serve"]);
    let output = misspelled.env("LAKEWIRE_SERVER_LISTEM", "x").output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("LAKEWIRE_SERVER_LISTEM"), "{said}");
}

struct Running {
    child: Child,
    lines: Vec<String>,
    rest: BufReader<std::process::ChildStdout>,
}

impl Running {
    fn start(lake: &Path) -> Running {
        let lake = lake.display().to_string();
        let mut command = program(&["serve", "--lake", &lake, "--listen", "127.0.0.1:0"]);
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
        let mut rest = BufReader::new(child.stdout.take().expect("piped"));
        let mut lines = Vec::new();
        while !lines.last().is_some_and(|line: &String| line.starts_with("listening on")) {
            let mut line = String::new();
            assert!(rest.read_line(&mut line).expect("text") > 0, "it ended: {lines:?}");
            lines.push(line.trim_end().to_owned());
        }
        Running { child, lines, rest }
    }

    fn address(&self) -> String {
        let last = self.lines.last().expect("it said where it listens");
        last.trim_start_matches("listening on ").to_owned()
    }

    fn password(&self) -> Option<String> {
        let line = self.lines.iter().find(|line| line.contains("password: "))?;
        Some(line.split("password: ").nth(1)?.split_whitespace().next()?.to_owned())
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status().expect("kill exists");
        assert!(sent.success());
    }

    /// Waits for the end; what was said last.
    fn end(mut self) -> (std::process::ExitStatus, String) {
        let mut said = String::new();
        std::io::Read::read_to_string(&mut self.rest, &mut said).expect("text");
        (self.child.wait().expect("it ends"), said)
    }
}

fn all_files(folder: &Path) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        match path.is_dir() {
            true => found.extend(all_files(&path)),
            false => found.push(std::fs::read(&path).expect("a file")),
        }
    }
    found
}

#[test]
fn the_first_password_is_said_once_and_stored_nowhere() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let lake = folder.path().join("lake");
    let first = Running::start(&lake);
    let password = first.password().expect("it generates one and says so");
    assert!(password.len() >= 16, "{password} is short");
    assert!(output(&["ping", &first.address()]).status.success());
    let works = psql(&first.address(), &password);
    assert_eq!(String::from_utf8_lossy(&works.stdout).trim(), "lake");
    first.signal("TERM");
    let (status, said) = first.end();
    assert!(status.success(), "{status}");
    assert!(said.contains("stopped"), "{said}");
    let clear = password.as_bytes();
    for bytes in all_files(&lake) {
        assert!(!bytes.windows(clear.len()).any(|part| part == clear), "it lies in the lake");
    }
    // The second start knows it and says nothing; Ctrl-C ends it as well.
    let second = Running::start(&lake);
    assert_eq!(second.password(), None);
    assert!(psql(&second.address(), &password).status.success());
    assert!(!psql(&second.address(), "wrong").status.success());
    second.signal("INT");
    let (status, said) = second.end();
    assert!(status.success() && said.contains("stopped"), "{status}: {said}");
}

fn psql(address: &str, password: &str) -> Output {
    let (host, port) = address.split_once(':').expect("host and port");
    Command::new("psql")
        .args(["-X", "-A", "-t", "-c", "SELECT current_database()"])
        .arg(format!("host={host} port={port} user=postgres dbname=lake"))
        .env("PGPASSWORD", password)
        .output()
        .expect("psql is needed: apt-get install postgresql-client")
}
