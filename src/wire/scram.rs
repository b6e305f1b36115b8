//! The SCRAM-SHA-256 exchange: the password itself never comes here.

use pgwire::api::auth::sasl::scram::{
    ScramSecret, ScramServerAuth, ScramServerAuthWaitingForClientFinal,
};

use crate::catalog::verifier::Verifier;
use crate::error::{Error, Result};

use super::frames::{Fields, Frame};

pub(super) const METHOD: &str = "SCRAM-SHA-256";

/// The exchange after the server's first answer.
pub(super) struct Exchange {
    waiting: ScramServerAuthWaitingForClientFinal,
    /// False for a role that does not exist or has no password: whatever the client proves, it fails.
    real: bool,
}

/// Takes the client's first message; gives the answer to it.
pub(super) fn begin(frame: &Frame, verifier: Verifier, real: bool) -> Result<(String, Exchange)> {
    let mut fields = Fields::new(password_message(frame)?);
    let method = fields.text()?;
    if method != METHOD {
        return Err(Error::protocol("client selected an invalid SASL authentication mechanism"));
    }
    let first = fields.value()?.ok_or_else(malformed)?;
    fields.end()?;
    let secret = ScramSecret::Verifier {
        salt: verifier.salt,
        iterations: verifier.iterations.get() as usize,
        stored_key: verifier.stored_key,
        server_key: verifier.server_key,
    };
    let (answer, waiting) = ScramServerAuth::new()
        .on_client_first_message_with_secret(&first, secret)
        .map_err(|error| malformed().because(error))?;
    Ok((answer, Exchange { waiting, real }))
}

impl Exchange {
    /// Takes the client's proof; gives the server's, or None if the password was wrong.
    pub(super) fn finish(self, frame: &Frame) -> Result<Option<String>> {
        use pgwire::error::PgWireError::InvalidPassword;
        let proof = password_message(frame)?;
        match self.waiting.on_client_final_message(&proof) {
            Ok(answer) => Ok(self.real.then_some(answer)),
            Err(InvalidPassword(_)) => Ok(None),
            Err(error) => Err(malformed().because(error)),
        }
    }
}

fn password_message(frame: &Frame) -> Result<bytes::Bytes> {
    if frame.kind != b'p' {
        let message = format!("expected SASL response, got message type {}", frame.kind);
        return Err(Error::protocol(message));
    }
    Ok(frame.body.clone())
}

fn malformed() -> Error {
    Error::protocol("malformed SCRAM message")
}
