//! The house stays tidy: layers point down, every file says its idea, and what is written down exists.

use std::path::{Path, PathBuf};

use lakewire::config::Config;

/// From the ground up. A room may import rooms that stand before it, and its own files.
const ROOMS: [&str; 15] = [
    "error",
    "config",
    "parser",
    "storage",
    "catalog",
    "audit",
    "functions",
    "system",
    "planner",
    "access",
    "engine",
    "session",
    "wire",
    "server",
    "main",
];
/// Rooms beside or above `server`, imported by `main` only.
const ABOVE: [&str; 3] = ["observe", "check", "demo"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder of the repository") {
        let path = entry.expect("a folder entry can be read").path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// `src/wire/rows/mod.rs` is of the room `wire`, `src/server.rs` of `server`.
fn room(file: &Path) -> String {
    let inside = file.strip_prefix(root().join("src")).expect("a file under src");
    let first = inside.components().next().expect("a name").as_os_str().to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

/// The rooms named by `crate::room` in code, comments left out.
fn imports(text: &str) -> Vec<String> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    code.flat_map(|line| {
        line.match_indices("crate::").filter_map(|(at, found)| {
            // `pgwire::…` and `$crate::…` are no imports of ours.
            let before = line[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$') {
                return None;
            }
            let rest = &line[at + found.len()..];
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            Some(rest[..end].to_owned())
        })
    })
    .filter(|name| !name.is_empty())
    .collect()
}

#[test]
fn layers_point_down() {
    let mut wrong = Vec::new();
    for file in rust_files(&root().join("src")) {
        let own = room(&file);
        if own == "lib" || ABOVE.contains(&own.as_str()) {
            continue;
        }
        let Some(height) = ROOMS.iter().position(|name| *name == own) else {
            wrong.push(format!("{}: no room of the house", file.display()));
            continue;
        };
        for import in imports(&read(&file)) {
            if import == own {
                continue;
            }
            let below = ROOMS[..height].contains(&import.as_str());
            if !below {
                wrong.push(format!("{}: imports crate::{import}", file.display()));
            }
        }
    }
    wrong.dedup();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn rooms_are_named_whole_in_imports() {
    // `use crate::{a, b}` would hide a room from the test above.
    for file in rust_files(&root().join("src")) {
        let text = read(&file);
        assert!(!text.contains("use crate::{"), "{} hides what it imports", file.display());
    }
}

#[test]
fn every_file_says_its_idea() {
    for folder in ["src", "tests", "benches"] {
        let folder = root().join(folder);
        if !folder.exists() {
            continue;
        }
        for file in rust_files(&folder) {
            let text = read(&file);
            assert!(text.starts_with("//! "), "{} does not open with //!", file.display());
        }
    }
}

#[test]
fn the_config_file_shows_the_defaults() {
    let text = read(&root().join("config/lakewire.toml"));
    let shown: Config = toml::from_str(&text).expect("config/lakewire.toml is a config");
    assert_eq!(shown, Config::default());
    let names = toml::Table::try_from(Config::default()).expect("the defaults are a table");
    let file: toml::Table = text.parse().expect("a table");
    for (section, settings) in &names {
        let Some(settings) = settings.as_table() else { continue };
        for name in settings.keys() {
            let there = file.get(section).and_then(|section| section.get(name));
            assert!(there.is_some(), "config/lakewire.toml does not show {section}.{name}");
        }
    }
}

#[test]
fn what_the_readme_names_exists() {
    let text = read(&root().join("README.md"));
    let main = read(&root().join("src/main.rs"));
    // Links to files of the repository.
    for piece in text.split("](").skip(1) {
        let target = piece.split(')').next().expect("split gives one");
        if target.contains("://") || target.starts_with('#') {
            continue;
        }
        assert!(root().join(target).exists(), "README.md links to {target}");
    }
    // Paths in backticks that look like ours.
    for piece in text.split('`').skip(1).step_by(2) {
        let ours = ["src/", "tests/", "config/", "sql/", "benches/"];
        let is_path = ours.iter().any(|folder| piece.starts_with(folder));
        if is_path && !piece.contains(char::is_whitespace) && !piece.contains('*') {
            assert!(root().join(piece).exists(), "README.md names {piece}");
        }
    }
    // `cargo run … -- word` is a command of the program, whose variants are spelled in main.rs.
    for line in text.lines().filter(|line| line.trim_start().starts_with("cargo run")) {
        let word = line.split(" -- ").nth(1).and_then(|rest| rest.split_whitespace().next());
        let word = word.expect("it runs a command");
        let variant = format!("{}{}", word[..1].to_uppercase(), &word[1..]);
        assert!(main.contains(&format!("{variant}(Options)")), "README.md runs {word}");
    }
    assert!(text.contains("tests/run"), "README.md says how the tests are run");
}

#[test]
fn the_dockerfile_names_only_what_exists() {
    let text = read(&root().join("Dockerfile"));
    let mut stages = Vec::new();
    let mut user = None;
    let mut healthy = false;
    let lines = text.replace("\\\n", " ");
    for line in lines.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["FROM", _, "AS", name] => stages.push((*name).to_owned()),
            ["FROM", _] => stages.push(String::new()),
            ["COPY", sources @ .., _] if !sources.iter().any(|s| s.starts_with("--from")) => {
                for source in sources.iter().filter(|source| !source.starts_with("--")) {
                    assert!(root().join(source).exists(), "Dockerfile copies {source}");
                }
            }
            ["COPY", from, ..] if from.starts_with("--from=") => {
                let stage = &from["--from=".len()..];
                assert!(stages.iter().any(|name| name == stage), "Dockerfile copies from {stage}");
            }
            ["USER", name, ..] => user = Some((*name).to_owned()),
            ["HEALTHCHECK", ..] => healthy = true,
            _ => {}
        }
    }
    assert_eq!(stages.len(), 2, "two stages: {stages:?}");
    assert!(user.is_some_and(|user| user != "root" && user != "0"), "it does not run as root");
    assert!(healthy, "it has a health check");
    let binary = read(&root().join("Cargo.toml"));
    assert!(text.contains("lakewire") && binary.contains("name = \"lakewire\""));
}
