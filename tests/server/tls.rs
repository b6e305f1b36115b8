//! TLS with a certificate authority of the test's own, judged by libpq: refused, demanded, verified.

use std::path::PathBuf;

use lakewire::config::Config;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DnType, IsCa, Issuer,
    KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams, SerialNumber, date_time_ymd,
};

use crate::psql::Psql;
use crate::support::server::{Server, Store, block_on};

/// A certificate for `localhost`, its key, and the authority that vouches for it, as PEM files.
pub struct Keys {
    folder: tempfile::TempDir,
    issuer: Issuer<'static, KeyPair>,
}

impl Keys {
    pub fn new() -> Keys {
        let mut authority = CertificateParams::new(Vec::new()).expect("no names");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        authority.distinguished_name.push(DnType::CommonName, "a test authority");
        let authority_key = KeyPair::generate().expect("a key");
        let authority_pem = authority.self_signed(&authority_key).expect("signed").pem();
        let issuer = Issuer::new(authority, authority_key);
        let key = KeyPair::generate().expect("a key");
        let server = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
        let server_pem = server.signed_by(&key, &issuer).expect("signed").pem();
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (name, text) in [
            ("ca.pem", authority_pem),
            ("server.pem", server_pem),
            ("server.key", key.serialize_pem()),
        ] {
            std::fs::write(folder.path().join(name), text).expect("it can be written");
        }
        Keys { folder, issuer }
    }

    /// A certificate for a client, as libpq wants to be told of it.
    pub fn client(&self, common_name: &str, serial: u64) -> String {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.serial_number = Some(SerialNumber::from(serial));
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, common_name);
        let key = KeyPair::generate().expect("a key");
        let pem = params.signed_by(&key, &self.issuer).expect("signed").pem();
        let (pem_file, key_file) = (format!("{serial}.pem"), format!("{serial}.key"));
        std::fs::write(self.path(&pem_file), pem).expect("it can be written");
        std::fs::write(self.path(&key_file), key.serialize_pem()).expect("it can be written");
        // libpq takes no key that others could read.
        let only_mine = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(self.path(&key_file), only_mine).expect("it is ours");
        let path = |name: &str| self.path(name).display().to_string();
        format!("sslmode=require sslcert={} sslkey={}", path(&pem_file), path(&key_file))
    }

    /// A list that revokes one certificate.
    pub fn revoke(&self, serial: u64) -> String {
        let list = CertificateRevocationListParams {
            this_update: date_time_ymd(2024, 1, 1),
            next_update: date_time_ymd(4096, 1, 1),
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: vec![RevokedCertParams {
                serial_number: SerialNumber::from(serial),
                revocation_time: date_time_ymd(2024, 1, 1),
                reason_code: None,
                invalidity_date: None,
            }],
            key_identifier_method: KeyIdMethod::Sha256,
        };
        let pem = list.signed_by(&self.issuer).expect("signed").pem().expect("as text");
        std::fs::write(self.path("revoked.pem"), pem).expect("it can be written");
        self.path("revoked.pem").display().to_string()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn serve(&self, config: &mut Config) {
        config.tls.certificate = self.path("server.pem").display().to_string();
        config.tls.key = self.path("server.key").display().to_string();
    }
}

/// `SELECT 1` over a connection with these settings; what psql said if it could not.
async fn ask(server: &Server, settings: &str) -> Result<String, String> {
    Psql::new(server).ask(settings, "SELECT 1").await
}

#[test]
fn a_server_without_a_certificate_refuses_tls_and_nothing_else() {
    block_on(async {
        let server = Server::start(Store::folder()).await;
        assert!(ask(&server, "sslmode=disable").await.is_ok());
        assert!(ask(&server, "sslmode=prefer").await.is_ok());
        let refused = ask(&server, "sslmode=require").await.unwrap_err();
        assert!(refused.contains("does not support SSL"), "{refused}");
        server.stop().await;
    });
}

#[test]
fn a_certificate_can_be_verified_in_full() {
    block_on(async {
        let keys = Keys::new();
        let server = Server::start_with(Store::folder(), |config| keys.serve(config)).await;
        let root = keys.path("ca.pem").display().to_string();
        let verified = format!("host=localhost sslmode=verify-full sslrootcert={root}");
        assert_eq!(ask(&server, &verified).await.unwrap(), "1");
        let other = format!("host=127.0.0.1 sslmode=verify-full sslrootcert={root}");
        assert!(ask(&server, &other).await.is_err(), "the name in the certificate is another");
        let stranger = Keys::new().path("ca.pem").display().to_string();
        let unknown = format!("host=localhost sslmode=verify-full sslrootcert={stranger}");
        assert!(ask(&server, &unknown).await.is_err(), "the authority is another");
        // Not demanded, so plaintext still works.
        assert_eq!(ask(&server, "sslmode=disable").await.unwrap(), "1");
        server.stop().await;
    });
}

#[test]
fn plaintext_can_be_refused() {
    block_on(async {
        let keys = Keys::new();
        let server = Server::start_with(Store::folder(), |config| {
            keys.serve(config);
            config.tls.required = true;
        })
        .await;
        let refused = ask(&server, "sslmode=disable").await.unwrap_err();
        assert!(refused.contains("FATAL"), "{refused}");
        assert!(
            !refused.contains("password"),
            "it is refused before a password is asked: {refused}"
        );
        assert_eq!(ask(&server, "sslmode=require").await.unwrap(), "1");
        server.stop().await;
    });
}

#[test]
fn a_broken_key_stops_the_start() {
    block_on(async {
        let keys = Keys::new();
        std::fs::write(keys.path("server.key"), "not a key").expect("it can be written");
        let outcome = Server::try_start(Store::folder(), |config| keys.serve(config)).await;
        let Ok(server) = outcome else { return };
        let error = server.outcome().await.expect_err("it must not serve in plaintext");
        assert!(error.to_string().contains("server.key"), "{error}");
    });
}

#[test]
fn a_key_of_another_certificate_stops_the_start() {
    block_on(async {
        let keys = Keys::new();
        std::fs::copy(Keys::new().path("server.key"), keys.path("server.key")).expect("a copy");
        let outcome = Server::try_start(Store::folder(), |config| keys.serve(config)).await;
        let Ok(server) = outcome else { return };
        server.outcome().await.expect_err("it must not serve with a key that does not fit");
    });
}

#[test]
fn old_versions_of_tls_are_not_spoken() {
    block_on(async {
        let keys = Keys::new();
        let server = Server::start_with(Store::folder(), |config| keys.serve(config)).await;
        for (version, spoken) in [("TLSv1.1", false), ("TLSv1.2", true), ("TLSv1.3", true)] {
            // libpq wants a floor that is not above the ceiling.
            let only = format!(
                "sslmode=require ssl_min_protocol_version={version} \
                 ssl_max_protocol_version={version}"
            );
            let outcome = ask(&server, &only).await;
            assert_eq!(outcome.is_ok(), spoken, "{version}: {outcome:?}");
        }
        server.stop().await;
    });
}
