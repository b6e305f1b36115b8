//! Arguments to Config to the server; the exit code.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use lakewire::config::{Config, Flags};
use lakewire::error::{Error, Result};
use lakewire::server::{self, PASSWORD_VARIABLE, Server};
use lakewire::{audit, check, demo, observe};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Your data lake, as a Postgres.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve a lake.
    Serve(Options),
    /// Build a lake of real flights, then serve it.
    Demo(Options),
    /// Look at config, store, rights and conditional put, and say what to do.
    Check(Options),
    /// Look after the audit log.
    Audit {
        #[command(subcommand)]
        command: AuditCommand,
    },
    /// Is a server answering at HOST:PORT? For health checks.
    Ping { address: String },
}

#[derive(Subcommand)]
enum AuditCommand {
    /// Prove that nothing in the audit log was altered or removed, or say what was.
    Verify {
        #[command(flatten)]
        options: Options,
        /// A head that an earlier run printed: shows that nothing was cut off since.
        #[arg(long, value_name = "VERSION:DIGEST")]
        head: Option<String>,
    },
}

#[derive(clap::Args, Default)]
struct Options {
    /// The config file.
    #[arg(long, value_name = "FILE", env = "LAKEWIRE_CONFIG")]
    config: Option<PathBuf>,
    /// A folder, or s3://bucket/prefix.
    #[arg(long, value_name = "LOCATION")]
    lake: Option<String>,
    /// Where to listen.
    #[arg(long, value_name = "HOST:PORT")]
    listen: Option<String>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // Two providers are compiled in; rustls must be told which one to use.
    let installed = rustls::crypto::aws_lc_rs::default_provider().install_default();
    if installed.is_err() {
        complain(&Error::internal("TLS could not be set up"));
        return ExitCode::FAILURE;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        // Binding nests as deeply as a statement does.
        .thread_stack_size(16 << 20)
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(e) => {
            complain(&Error::config(format!("could not start: {e}")));
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(Box::pin(run(arguments.command))) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(e) => {
            complain(&e);
            ExitCode::FAILURE
        }
    }
}

/// False where the answer is no.
async fn run(command: Command) -> Result<bool> {
    match command {
        Command::Ping { address } => server::ping(&address).await.map(|()| true),
        Command::Check(options) => {
            let config = load(options)?;
            observe::start(&config.log)?;
            Ok(check::run(&config, say).await)
        }
        Command::Audit { command: AuditCommand::Verify { options, head } } => {
            let config = load(options)?;
            observe::start(&config.log)?;
            audit::verify::run(&config, head.as_deref(), say).await
        }
        Command::Serve(options) => serve(load(options)?, false).await,
        Command::Demo(options) => serve(load(options)?, true).await,
    }
}

fn load(options: Options) -> Result<Config> {
    let Options { config, lake, listen } = options;
    Config::load(&Flags { config, lake, listen }, std::env::vars())
}

async fn serve(config: Config, with_demo: bool) -> Result<bool> {
    observe::start(&config.log)?;
    let listener = server::listen(&config).await?;
    let database = config.server.database.clone();
    let lake = config.server.lake.clone();
    let server = Server::open(config, std::env::var(PASSWORD_VARIABLE).ok()).await?;
    say(&format!("lake: {lake}"));
    if let Some(password) = &server.generated_password {
        say(&format!("superuser: postgres, password: {password} (shown once, stored nowhere)"));
    }
    if with_demo {
        say("building the demo:");
        demo::build(&server, say).await?;
    }
    announce(&listener, &database, with_demo)?;
    let stop = CancellationToken::new();
    tokio::spawn(on_signal(stop.clone()));
    server.serve(listener, stop).await?;
    say("stopped");
    Ok(true)
}

fn announce(listener: &TcpListener, database: &str, with_demo: bool) -> Result<()> {
    let address = listener.local_addr().map_err(|e| Error::config(e.to_string()))?;
    say(&format!("listening on {address}"));
    let (host, port) = (address.ip(), address.port());
    if with_demo {
        say("\npaste into another terminal (password: analyst):");
        say(&format!("  psql \"host={host} port={port} user=analyst dbname={database}\""));
        say("then ask:");
        say(
            "  SELECT origin, dest, flights, arr_delay_min FROM curated.worst_routes ORDER BY place LIMIT 5;",
        );
        say("  SELECT tailnum FROM curated.flights LIMIT 1;   -- refused");
    } else {
        say(&format!("  psql \"host={host} port={port} user=postgres dbname={database}\""));
    }
    Ok(())
}

/// Ctrl-C and SIGTERM drain; a second one is for the impatient.
async fn on_signal(stop: CancellationToken) {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return };
    for round in 0..2 {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
        if round == 0 {
            say("stopping: running statements may finish; once more to stop at once");
            stop.cancel();
        }
    }
    std::process::exit(130);
}

/// Standard output is for people; the log goes to standard error.
fn say(line: &str) {
    use std::io::Write;
    // A closed pipe is no reason to stop serving.
    let _ = writeln!(std::io::stdout(), "{line}");
}

fn complain(e: &Error) {
    use std::io::Write;
    let mut out = std::io::stderr();
    let _ = writeln!(out, "lakewire: {e}");
    for (title, text) in [("Detail", &e.detail), ("Hint", &e.hint)] {
        if let Some(text) = text {
            let _ = writeln!(out, "  {title}: {text}");
        }
    }
}
