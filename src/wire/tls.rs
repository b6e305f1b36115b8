//! Certificate and key from the config to what rustls needs. A broken key is an error, never plain text.

use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::config::Config;
use crate::error::{Error, Result};

/// TLS as configured; None if there is none.
pub fn tls(config: &Config) -> Result<Option<Arc<ServerConfig>>> {
    let (certificate, key) = (&config.tls.certificate, &config.tls.key);
    if certificate.is_empty() && key.is_empty() {
        return Ok(None);
    }
    let chain = CertificateDer::pem_file_iter(Path::new(certificate))
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unreadable("certificate", certificate, error))?;
    if chain.is_empty() {
        return Err(Error::config(format!("tls.certificate: {certificate} holds no certificate")));
    }
    let key_der = PrivateKeyDer::from_pem_file(Path::new(key))
        .map_err(|error| unreadable("key", key, error))?;
    let server = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key_der))
        .map_err(|error| {
            Error::config(format!("tls.certificate {certificate} and tls.key {key}: {error}"))
        })?;
    Ok(Some(Arc::new(server)))
}

fn unreadable(setting: &str, path: &str, error: rustls::pki_types::pem::Error) -> Error {
    Error::config(format!("tls.{setting}: could not read {path}: {error}"))
}
