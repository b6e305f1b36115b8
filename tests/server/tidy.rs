//! The house stays tidy: layers point down, every file says its idea, and what is written down exists.

use std::path::{Path, PathBuf};

use lakewire::config::Config;

/// From the ground up. A room may import rooms that stand before it, and its own files.
const ROOMS: [&str; 16] = [
    "error",
    "patience",
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

/// Instructions of the Dockerfile, each on one line, comments left out.
fn instructions() -> Vec<(String, String)> {
    let text = read(&root().join("Dockerfile"));
    let text: String =
        text.lines().filter(|l| !l.starts_with('#')).map(|l| format!("{l}\n")).collect();
    let text = text.replace("\\\n", " ");
    let lines = text.lines().filter_map(|line| line.split_once(' '));
    lines.map(|(word, rest)| (word.to_owned(), rest.trim().to_owned())).collect()
}

/// What the program can be told to do, as `lakewire --help` lists it.
fn commands() -> Vec<String> {
    let main = read(&root().join("src/main.rs"));
    let body = main.split("enum Command {").nth(1).and_then(|rest| rest.split("\n}").next());
    let lines = body.expect("main.rs lists commands").lines().map(str::trim);
    lines
        .filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase()))
        .map(|line| line.split(['(', ' ', '{']).next().unwrap_or(line).to_lowercase())
        .collect()
}

#[test]
fn the_dockerfile_copies_only_what_exists() {
    let mut stages = Vec::new();
    let mut made: Vec<String> = Vec::new();
    for (word, rest) in instructions() {
        let words: Vec<&str> = rest.split_whitespace().collect();
        match word.as_str() {
            "FROM" => stages.push(words.last().copied().unwrap_or_default().to_owned()),
            "RUN" => {
                // `cp target/release/lakewire /usr/local/bin/lakewire` makes its last word.
                made.extend(words.iter().filter(|w| w.starts_with('/')).map(|w| (*w).to_owned()));
            }
            "COPY" => {
                let from = words[0].strip_prefix("--from=");
                let sources = &words[usize::from(from.is_some())..words.len() - 1];
                for source in sources {
                    match from {
                        None => assert!(root().join(source).exists(), "it copies {source}"),
                        Some(stage) => {
                            assert!(stages.iter().any(|s| s == stage), "it copies from {stage}");
                            assert!(made.iter().any(|m| m == source), "nothing makes {source}");
                        }
                    }
                }
            }
            _ => {}
        }
    }
    assert_eq!(stages.len(), 2, "two stages: {stages:?}");
}

#[test]
fn the_dockerfile_builds_a_binary_that_exists() {
    let built: Vec<String> = instructions()
        .into_iter()
        .filter(|(word, _)| word == "RUN")
        .filter_map(|(_, rest)| {
            Some(rest.split("--bin ").nth(1)?.split_whitespace().next()?.to_owned())
        })
        .collect();
    assert_eq!(built, [env!("CARGO_PKG_NAME")], "the package's one binary");
    assert!(root().join("src/main.rs").exists());
    assert!(root().join("Cargo.lock").exists(), "--locked needs it");
    // The toolchain of the first stage is new enough for the package.
    let image = instructions().into_iter().find(|(word, _)| word == "FROM").expect("a stage").1;
    let version =
        |text: &str| -> Vec<u32> { text.split('.').filter_map(|n| n.parse().ok()).collect() };
    let tag = image.split([':', '-']).nth(1).expect("a tag");
    let wanted = version(env!("CARGO_PKG_RUST_VERSION"));
    assert!(version(tag) >= wanted, "{image} is older than {wanted:?}");
    // What Docker must not send is what the build does not need.
    let ignored = read(&root().join(".dockerignore"));
    for needed in ["src", "sql", "data", "Cargo.toml", "Cargo.lock"] {
        let hidden = ignored.lines().any(|line| line.trim().trim_matches('/') == needed);
        assert!(!hidden, ".dockerignore hides {needed}, which the build reads");
    }
}

#[test]
fn the_image_runs_without_root_and_answers_for_its_health() {
    let last = |wanted: &str| {
        let found = instructions().into_iter().rfind(|(word, _)| word == wanted);
        found.unwrap_or_else(|| panic!("no {wanted}")).1
    };
    let user = last("USER");
    assert!(!["root", "0"].contains(&user.as_str()), "it runs as {user}");
    let makes_user = |(word, rest): &(String, String)| {
        word == "RUN" && rest.contains("useradd") && rest.contains(&format!(" {user}"))
    };
    assert!(instructions().iter().any(makes_user), "nothing makes the user {user}");
    // ["lakewire", "ping", "127.0.0.1:5432"]: a program and a command that exist.
    for (instruction, from) in [("HEALTHCHECK", "CMD "), ("ENTRYPOINT", ""), ("CMD", "")] {
        let text = last(instruction);
        let list = text.split_once(from).map_or(text.as_str(), |(_, list)| list);
        let words: Vec<String> = serde_json::from_str(list).expect("a list of words");
        let command = match instruction {
            "CMD" => &words[0],
            _ => {
                assert_eq!(words[0], env!("CARGO_PKG_NAME"), "{instruction}");
                let Some(command) = words.get(1) else { continue };
                command
            }
        };
        assert!(commands().contains(command), "{instruction} runs {command}: {:?}", commands());
    }
    let exposed = last("EXPOSE");
    assert!(last("HEALTHCHECK").contains(&format!(":{exposed}")), "the port that is asked");
}

#[test]
fn the_image_sets_only_settings_that_exist() {
    let mut environment = Vec::new();
    for (word, rest) in instructions() {
        if word == "ENV" {
            let pairs = rest.split_whitespace().filter_map(|pair| pair.split_once('='));
            environment.extend(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
        }
    }
    assert!(!environment.is_empty());
    let config = Config::load(&lakewire::config::Flags::default(), environment.into_iter())
        .expect("each is a setting");
    assert!(config.server.listen.starts_with("0.0.0.0:"), "a mapped port needs every interface");
}
