//! Arguments to Config to `server::run`; the exit code.

fn main() {}
