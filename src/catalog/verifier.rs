//! SCRAM-SHA-256 verifiers, the only form in which a password is kept (RFC 5802, RFC 7677).
//!
//! `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`, as in `pg_authid.rolpassword`.

use std::num::NonZeroU32;

use aws_lc_rs::{digest, hmac, pbkdf2};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::error::{Error, Result};

/// PostgreSQL's own number of iterations.
pub const ITERATIONS: NonZeroU32 = NonZeroU32::new(4_096).expect("4,096 is not zero");
const SALT_BYTES: usize = 16;
const METHOD: &str = "SCRAM-SHA-256";

/// What a server must know to check a password without knowing it.
#[derive(Clone, PartialEq, Eq)]
pub struct Verifier {
    pub iterations: NonZeroU32,
    pub salt: Vec<u8>,
    pub stored_key: Vec<u8>,
    pub server_key: Vec<u8>,
}

/// For CREATE ROLE … PASSWORD: a new verifier, or the one given if it is one already. An MD5 hash is refused.
pub fn make(password: &str) -> Result<String> {
    if Verifier::parse(password).is_some() {
        return Ok(password.to_owned());
    }
    if password.is_empty() {
        return Err(Error::invalid_parameter("a password must not be empty"));
    }
    let md5 = password
        .strip_prefix("md5")
        .is_some_and(|hex| hex.len() == 32 && hex.chars().all(|c| c.is_ascii_hexdigit()));
    if md5 {
        return Err(Error::unsupported("an MD5-encrypted password")
            .hint("Give the password itself, or a SCRAM-SHA-256 verifier."));
    }
    let salt: [u8; SALT_BYTES] = rand::random();
    Ok(Verifier::new(password, &salt, ITERATIONS).to_string())
}

impl Verifier {
    pub fn new(password: &str, salt: &[u8], iterations: NonZeroU32) -> Verifier {
        let salted = salted_password(password, salt, iterations);
        let client_key = sign(&salted, b"Client Key");
        Verifier {
            iterations,
            salt: salt.to_vec(),
            stored_key: digest::digest(&digest::SHA256, &client_key).as_ref().to_vec(),
            server_key: sign(&salted, b"Server Key"),
        }
    }

    pub fn parse(text: &str) -> Option<Verifier> {
        let mut parts = text.split('$');
        let (method, work, keys) = (parts.next()?, parts.next()?, parts.next()?);
        if method != METHOD || parts.next().is_some() {
            return None;
        }
        let (iterations, salt) = work.split_once(':')?;
        let (stored, server) = keys.split_once(':')?;
        let verifier = Verifier {
            iterations: iterations.parse().ok()?,
            salt: BASE64.decode(salt).ok()?,
            stored_key: BASE64.decode(stored).ok()?,
            server_key: BASE64.decode(server).ok()?,
        };
        (verifier.stored_key.len() == 32 && verifier.server_key.len() == 32).then_some(verifier)
    }
}

impl std::fmt::Display for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{METHOD}${}:{}${}:{}",
            self.iterations,
            BASE64.encode(&self.salt),
            BASE64.encode(&self.stored_key),
            BASE64.encode(&self.server_key)
        )
    }
}

fn salted_password(password: &str, salt: &[u8], iterations: NonZeroU32) -> [u8; 32] {
    // A password that SASLprep forbids is used as it is, as PostgreSQL does.
    let prepared = stringprep::saslprep(password);
    let prepared = prepared.as_deref().unwrap_or(password);
    let mut salted = [0; 32];
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, iterations, salt, prepared.as_bytes(), &mut salted);
    salted
}

fn sign(key: &[u8], message: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message).as_ref().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7677, section 3: the server's signature over its messages must come out.
    #[test]
    fn the_example_of_the_standard() {
        let salt = BASE64.decode("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
        let verifier = Verifier::new("pencil", &salt, ITERATIONS);
        let messages = "n=user,r=rOprNGfwEbeRWgbNEkqO,\
            r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,\
            c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
        let signature = BASE64.encode(sign(&verifier.server_key, messages.as_bytes()));
        assert_eq!(signature, "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
        assert!(Verifier::parse(&verifier.to_string()) == Some(verifier));
    }

    #[test]
    fn no_md5_and_no_empty_password() {
        assert!(make("md5d41d8cd98f00b204e9800998ecf8427e").is_err());
        assert!(make("").is_err());
        assert!(Verifier::parse("SCRAM-SHA-256$4096:x$y:z").is_none());
    }
}
