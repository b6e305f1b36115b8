//! How long work may go on: until its client cancels it or its time is up. What waits is woken; what computes without
//! ever waiting, as planning does, asks now and then.

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use crate::error::{Error, Result};

/// Looking at the clock costs more than what is done between two questions.
const QUESTIONS_A_LOOK: u32 = 64;

/// What is computed nests as deeply as a statement does, most of all in debug builds.
const RED_ZONE: usize = 12 << 20;
const STACK: usize = 16 << 20;

#[derive(Clone, Debug)]
pub struct Patience {
    pub cancel: CancellationToken,
    /// When `statement_timeout` ends it.
    pub deadline: Option<Instant>,
}

thread_local! {
    /// Of what this thread is computing.
    static OWN: RefCell<Option<Patience>> = const { RefCell::new(None) };
    static ASKED: Cell<u32> = const { Cell::new(0) };
}

impl Patience {
    /// From now on, for so many milliseconds; for ever with none.
    pub fn new(cancel: CancellationToken, timeout_ms: u64) -> Patience {
        let limit = (timeout_ms > 0).then(|| Duration::from_millis(timeout_ms));
        Patience { cancel, deadline: limit.and_then(|limit| Instant::now().checked_add(limit)) }
    }

    pub fn check(&self) -> Result<()> {
        if self.cancel.is_cancelled() {
            return Err(by_request());
        }
        match self.deadline {
            Some(deadline) if Instant::now() >= deadline => Err(by_timeout()),
            _ => Ok(()),
        }
    }

    /// Waits for `work`, but no longer than the client and the time-out allow.
    pub async fn wait<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let timeout = async {
            match self.deadline {
                Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            outcome = work => outcome,
            () = self.cancel.cancelled() => Err(by_request()),
            () = timeout => Err(by_timeout()),
        }
    }

    /// Has what computes below ask this.
    pub fn over<T>(&self, work: impl FnOnce() -> T) -> T {
        let _back = Back(OWN.replace(Some(self.clone())));
        work()
    }

    /// Computes on a thread where it stops nobody, and waits for it. One that is no longer waited for ends when
    /// it next asks; it must have no effects.
    pub async fn compute<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let own = self.clone();
        let work = tokio::task::spawn_blocking(move || {
            let made = own.over(|| stacker::maybe_grow(RED_ZONE, STACK, work))?;
            // What was refused on the way may have been taken for something else.
            own.check().map(|()| made)
        });
        self.wait(async {
            match work.await {
                Ok(outcome) => outcome,
                Err(e) => match e.try_into_panic() {
                    Ok(panic) => std::panic::resume_unwind(panic),
                    Err(e) => Err(Error::internal("planning ended").because(e.to_string())),
                },
            }
        })
        .await
    }
}

/// What the thread had before, put back also by a panic.
struct Back(Option<Patience>);

impl Drop for Back {
    fn drop(&mut self) {
        OWN.set(self.0.take());
    }
}

/// That of what this thread computes, for what it makes to ask later.
pub fn own() -> Option<Patience> {
    OWN.with_borrow(Option::clone)
}

/// Whether what this thread computes is still wanted.
pub fn check() -> Result<()> {
    let asked = ASKED.get().wrapping_add(1);
    ASKED.set(asked);
    if !asked.is_multiple_of(QUESTIONS_A_LOOK) {
        return Ok(());
    }
    OWN.with_borrow(|own| own.as_ref().map_or(Ok(()), Patience::check))
}

pub fn by_request() -> Error {
    Error::canceled("canceling statement due to user request")
}

fn by_timeout() -> Error {
    Error::canceled("canceling statement due to statement timeout")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask_until_refused() -> Error {
        loop {
            if let Err(e) = check() {
                return e;
            }
        }
    }

    #[tokio::test]
    async fn what_computes_without_end_ends_with_its_patience() {
        let cancel = CancellationToken::new();
        let patience = Patience::new(cancel.clone(), 0);
        cancel.cancel();
        let error = patience.over(ask_until_refused);
        assert_eq!(error.message, "canceling statement due to user request");
        let patience = Patience::new(CancellationToken::new(), 20);
        let error = patience.compute(|| Err::<(), _>(ask_until_refused())).await.unwrap_err();
        assert_eq!(error.message, "canceling statement due to statement timeout");
    }

    #[test]
    fn it_is_that_of_the_work_alone() {
        let cancel = CancellationToken::new();
        cancel.cancel();
        Patience::new(cancel, 0).over(|| ());
        (0..1_000).for_each(|_| check().unwrap());
    }
}
