"""A lakewire started as people start it: the program, a lake, a port of its own."""

import os
import re
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from .packages import ROOT, TARGET

PASSWORD = "check"


def program():
    """The release build if there is one, else the debug build, made if need be. CHECK_PROGRAM wins."""
    named = os.environ.get("CHECK_PROGRAM")
    if named:
        return Path(named)
    for profile in ("release", "debug"):
        if (TARGET / profile / "lakewire").exists():
            return TARGET / profile / "lakewire"
    subprocess.run(["cargo", "build", "--bin", "lakewire"], cwd=ROOT, check=True)
    return TARGET / "debug" / "lakewire"


class Lakewire:
    def __init__(self, lake, environment=None):
        self.lake = str(lake)
        self.environment = {**os.environ, "LAKEWIRE_SUPERUSER_PASSWORD": PASSWORD, **(environment or {})}
        self.process = None
        self.port = None

    def start(self, patience=60):
        """Starts the program and waits until it says that it listens. Gives the seconds that took."""
        self.log = tempfile.TemporaryFile("w+")
        began = time.perf_counter()
        self.process = subprocess.Popen(
            [program(), "serve", "--lake", self.lake, "--listen", "127.0.0.1:0"],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
        )
        for line in self.process.stdout:
            found = re.search(r"listening on \S+:(\d+)", line)
            if found:
                self.port = int(found.group(1))
                # A full pipe would stop the server.
                threading.Thread(target=self.process.stdout.read, daemon=True).start()
                return time.perf_counter() - began
            if time.perf_counter() - began > patience:
                break
        raise RuntimeError(f"lakewire did not start:\n{self.said()}")

    def said(self):
        self.log.seek(0)
        return self.log.read()[-4000:]

    def connect(self, as_role="postgres", **settings):
        import psycopg

        settings = {"autocommit": True, "connect_timeout": 20, **settings}
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user=as_role, password=PASSWORD, dbname="lake", **settings
        )

    def kill(self):
        """SIGKILL: nothing in the program runs any more."""
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()

    def memory_kib(self, field="VmRSS"):
        """Of the running program; VmHWM is the most it ever had."""
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"{field}:\s+(\d+)", text).group(1))

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
