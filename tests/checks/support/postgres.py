"""A PostgreSQL 15 of one's own to compare with: a temporary cluster, trusted logins, no fsync."""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

from .seaweed import free_ports

BIN = Path(os.environ.get("POSTGRES_BIN", "/usr/lib/postgresql/15/bin"))


class Postgres:
    def __enter__(self):
        if not (BIN / "initdb").exists():
            raise SystemExit(f"no PostgreSQL 15 in {BIN}: apt-get install postgresql-15, or set POSTGRES_BIN")
        self.folder = Path(tempfile.mkdtemp(prefix="postgres"))
        self.port = free_ports(1)[0]
        self.user = {}
        if os.getuid() == 0:
            # initdb refuses to run as root.
            shutil.chown(self.folder, "postgres")
            self.user = {"user": pwd.getpwnam("postgres").pw_uid}
        self.run("initdb", "-D", self.folder / "db", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C")
        settings = f"-p {self.port} -h 127.0.0.1 -k {self.folder} -c fsync=off -c shared_buffers=2GB -c max_wal_size=8GB"
        self.run("pg_ctl", "-D", self.folder / "db", "-w", "-l", self.folder / "log", "-o", settings, "start")
        return self

    def run(self, program, *arguments):
        subprocess.run([BIN / program, *arguments], check=True, stdout=subprocess.DEVNULL, cwd="/", **self.user)

    def connect(self):
        import psycopg

        return psycopg.connect(
            host="127.0.0.1", port=self.port, user="postgres", dbname="postgres", autocommit=True
        )

    def __exit__(self, *_):
        try:
            self.run("pg_ctl", "-D", self.folder / "db", "-m", "immediate", "stop")
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)
