//! Certificate, key and client authorities from the config to what rustls needs. A file that cannot be used is an
//! error, never plain text and never a client that goes unchecked.

use std::path::Path;
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig};
use x509_certificate::X509Certificate;

use crate::config::Config;
use crate::error::{Error, Result};

/// TLS as configured; None if there is none.
pub fn tls(config: &Config) -> Result<Option<Arc<ServerConfig>>> {
    let (certificate, key) = (&config.tls.certificate, &config.tls.key);
    if certificate.is_empty() && key.is_empty() {
        return Ok(None);
    }
    let chain = certificates("certificate", certificate)?;
    let key_der = PrivateKeyDer::from_pem_file(Path::new(key))
        .map_err(|error| unreadable("key", key, error))?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let clients = clients(config, &provider)?;
    let mut server = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| {
            builder.with_client_cert_verifier(clients).with_single_cert(chain, key_der)
        })
        .map_err(|error| {
            Error::config(format!("tls.certificate {certificate} and tls.key {key}: {error}"))
        })?;
    // A resumed session would bring back a certificate that may have been revoked since.
    server.session_storage = Arc::new(NoServerSessionStorage {});
    server.send_tls13_tickets = 0;
    Ok(Some(Arc::new(server)))
}

/// A client may come without a certificate, for the login rules to judge; one that it shows must hold.
fn clients(config: &Config, provider: &Arc<CryptoProvider>) -> Result<Arc<dyn ClientCertVerifier>> {
    let (authorities, revoked) = (&config.tls.client_ca, &config.tls.client_crl);
    if authorities.is_empty() {
        return Ok(WebPkiClientVerifier::no_client_auth());
    }
    let mut roots = RootCertStore::empty();
    for authority in certificates("client_ca", authorities)? {
        roots.add(authority).map_err(|error| {
            Error::config(format!(
                "tls.client_ca: {authorities} holds an unusable certificate: {error}"
            ))
        })?;
    }
    let builder =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider));
    let mut builder = builder.allow_unauthenticated();
    if !revoked.is_empty() {
        let lists = CertificateRevocationListDer::pem_file_iter(Path::new(revoked))
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| unreadable("client_crl", revoked, error))?;
        if lists.is_empty() {
            return Err(Error::config(format!("tls.client_crl: {revoked} holds no list")));
        }
        builder = builder.with_crls(lists).enforce_revocation_expiration();
    }
    builder.build().map_err(|error| Error::config(format!("tls.client_ca {authorities}: {error}")))
}

fn certificates(setting: &str, path: &str) -> Result<Vec<CertificateDer<'static>>> {
    let found = CertificateDer::pem_file_iter(Path::new(path))
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unreadable(setting, path, error))?;
    if found.is_empty() {
        return Err(Error::config(format!("tls.{setting}: {path} holds no certificate")));
    }
    Ok(found)
}

/// The common name of a certificate that has been checked. One with a NUL in it could be read as another by
/// whoever signed it, so it is none.
pub(super) fn common_name(certificate: &CertificateDer<'_>) -> Option<String> {
    let certificate = X509Certificate::from_der(certificate).ok()?;
    certificate.subject_common_name().filter(|name| !name.is_empty() && !name.contains('\0'))
}

fn unreadable(setting: &str, path: &str, error: rustls::pki_types::pem::Error) -> Error {
    Error::config(format!("tls.{setting}: could not read {path}: {error}"))
}
