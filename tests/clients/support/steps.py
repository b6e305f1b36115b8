"""A tool's test is a row of steps; the first that fails ends it, with the message the client gave.

    @step("a named cursor reads in pieces")
    def _():
        ...

A step whose time has not come says for what it waits: `@step("…", waits_for="COPY")`. It runs all the same, may fail,
and is told as `later`, so that nothing waits in silence.
"""

import asyncio
import atexit
import inspect
import os
import signal
import sys
import time
import traceback

HOST = os.environ["PGHOST"]
PORT = int(os.environ["PGPORT"])
USER = os.environ["PGUSER"]
PASSWORD = os.environ["PGPASSWORD"]
DATABASE = os.environ["PGDATABASE"]
# A folder that is the test's own and goes when it ends.
SCRATCH = os.environ["CLIENT_SCRATCH"]
# "lakewire", or "postgres" when the steps themselves are put to the test.
ENGINE = os.environ.get("CLIENT_ENGINE", "lakewire")
TOOL = os.environ.get("CLIENT_TOOL", "client")

FLIGHTS = 336776

# To see all that fails rather than the first: the outcome is a failure all the same.
GO_ON = bool(os.environ.get("CLIENT_GO_ON"))

_counts = {"ok": 0, "FAILED": 0, "later": 0}


def step(name, waits_for=None):
    def run(body):
        began = time.perf_counter()
        if waits_for:
            # What is not there yet may also never come to an end.
            signal.signal(signal.SIGALRM, _too_long)
            signal.alarm(60)
        try:
            if inspect.iscoroutinefunction(body):
                asyncio.run(body())
            else:
                body()
        except BaseException as e:  # pytest-like outcomes included: any way out is a failure
            if waits_for and ENGINE == "lakewire" and not isinstance(e, KeyboardInterrupt):
                said = str(e).strip().splitlines()
                _tell("later", f"{name} (waits for {waits_for}: {said[0] if said else type(e).__name__})")
                if GO_ON:
                    print("         " + "\n         ".join(said), flush=True)
                return body
            _tell("FAILED", name)
            if GO_ON and not isinstance(e, KeyboardInterrupt):
                print("         " + str(e).strip().replace("\n", "\n         "), flush=True)
                return body
            traceback.print_exc(file=sys.stdout)
            # Threads and loops of the client's must not hold up the end.
            _close()
        finally:
            signal.alarm(0)
        took = time.perf_counter() - began
        _tell("ok", name + (f" [{waits_for} has come]" if waits_for else "") + (f" ({took:.1f} s)" if took > 2 else ""))
        return body

    return run


def _too_long(*_):
    raise TimeoutError("it took longer than a minute")


def equal(found, wanted):
    assert found == wanted, f"found  {found!r}\nwanted {wanted!r}"


def refused(wanted_state, body):
    """The statement must be refused, with this SQLSTATE, in whatever class the driver gives it."""
    try:
        body()
    except Exception as e:
        state = getattr(e, "sqlstate", None) or getattr(e, "pgcode", None)
        assert state == wanted_state, f"found {state}: {e}, wanted {wanted_state}"
        return e
    raise AssertionError(f"not refused; wanted {wanted_state}")


def _tell(outcome, name):
    if outcome in _counts:
        _counts[outcome] += 1
    print(f"  {outcome:6} {TOOL}: {name}", flush=True)


@atexit.register
def _close():
    later = f", {_counts['later']} later" if _counts["later"] else ""
    print(f"{_counts['ok']} passed, {_counts['FAILED']} failed{later}", flush=True)
    if _counts["FAILED"]:
        os._exit(1)
