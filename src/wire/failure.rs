//! Error to ErrorResponse; what a client may not see stays in the log.

use crate::engine::reply::Notice;
use crate::error::{Error, SqlState};

use super::backend::Backend;

/// Whether the connection lives on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Severity {
    Error,
    Fatal,
}

pub(super) fn put_error(out: &mut impl Backend, severity: Severity, error: &Error) {
    let severity = match severity {
        Severity::Error => "ERROR",
        Severity::Fatal => "FATAL",
    };
    if error.state == SqlState::INTERNAL_ERROR {
        return put_bug(out, severity, error);
    }
    if let Some(source) = &error.source {
        tracing::debug!(state = error.state.code(), %error, cause = %source, "a statement failed");
    }
    let position = error.position.map(|position| position.to_string());
    let mut fields = head(severity, error.state, &error.message);
    fields.extend(error.detail.as_deref().map(|text| (b'D', text)));
    fields.extend(error.hint.as_deref().map(|text| (b'H', text)));
    fields.extend(position.as_deref().map(|text| (b'P', text)));
    fields.extend(error.context.as_deref().map(|text| (b'W', text)));
    out.fields(b'E', &fields);
}

/// A bug of ours: the cause may hold what the client must not see, so it gets an id to ask by.
fn put_bug(out: &mut impl Backend, severity: &str, error: &Error) {
    let id = format!("{:08x}", rand::random::<u32>());
    let cause = error.source.as_ref().map(|cause| format!("{cause:?}"));
    tracing::error!(id, %error, detail = error.detail, cause, "internal error");
    let hint = format!("The server's log has more under the id {id}.");
    let mut fields = head(severity, error.state, "internal error");
    fields.push((b'H', &hint));
    out.fields(b'E', &fields);
}

pub(super) fn put_notice(out: &mut impl Backend, notice: &Notice) {
    let mut fields = head(notice.severity, notice.state, &notice.message);
    fields.extend(notice.detail.as_deref().map(|text| (b'D', text)));
    out.fields(b'N', &fields);
}

fn head<'a>(severity: &'a str, state: SqlState, message: &'a str) -> Vec<(u8, &'a str)> {
    vec![(b'S', severity), (b'V', severity), (b'C', state.code()), (b'M', message)]
}

#[cfg(test)]
mod tests {
    use super::*;

    use bytes::BytesMut;

    fn shown(error: &Error) -> String {
        let mut out = BytesMut::new();
        put_error(&mut out, Severity::Error, error);
        String::from_utf8_lossy(&out[5..]).replace('\0', "|")
    }

    #[test]
    fn what_helps_is_sent() {
        let error = Error::undefined_table("t").hint("Create it.").at(Some(7));
        let want = "SERROR|VERROR|C42P01|Mrelation \"t\" does not exist|HCreate it.|P7||";
        assert_eq!(shown(&error), want);
    }

    #[test]
    fn the_inside_of_a_bug_is_not() {
        let text = shown(&Error::internal("secret").because("s3://key"));
        assert!(!text.contains("secret") && !text.contains("s3"), "{text}");
        assert!(text.contains("CXX000|Minternal error|H"));
    }
}
