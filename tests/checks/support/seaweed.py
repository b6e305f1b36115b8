"""A production S3 server, SeaweedFS, on ports of its own and with nothing of it reachable from outside."""

import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BUCKET = "lake"
KEY, SECRET = "check-key", "check-secret"


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Seaweed:
    def __enter__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="seaweed"))
        actions = ["Admin", "Read", "Write", "List", "Tagging"]
        identity = {"name": "check", "credentials": [{"accessKey": KEY, "secretKey": SECRET}], "actions": actions}
        (self.folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
        (self.folder / "data").mkdir()
        weed = Path(sys.prefix) / "bin" / "weed"
        self.port = free_ports(1)[0]
        self.log = open(self.folder / "log", "w")
        self.process = subprocess.Popen(
            [
                weed, "mini", f"-dir={self.folder}/data", "-ip=127.0.0.1", "-ip.bind=127.0.0.1",
                f"-s3.port={self.port}", f"-s3.config={self.folder}/s3.json", f"-bucket={BUCKET}",
                "-master.telemetry=false", "-webdav=false", "-admin.ui=false",
                "-s3.port.iceberg=0", "-s3.port.lance=0",
            ],
            stdout=self.log,
            stderr=subprocess.STDOUT,
            cwd=self.folder,
        )
        for _ in range(120):
            time.sleep(0.5)
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    time.sleep(3)  # The port opens before the bucket is made.
                    return self
        raise RuntimeError("SeaweedFS did not start:\n" + (self.folder / "log").read_text()[-3000:])

    def environment(self):
        return {
            "LAKEWIRE_STORAGE_S3_ENDPOINT": f"http://127.0.0.1:{self.port}",
            "LAKEWIRE_STORAGE_S3_REGION": "us-east-1",
            "LAKEWIRE_STORAGE_S3_ACCESS_KEY_ID": KEY,
            "LAKEWIRE_STORAGE_S3_SECRET_ACCESS_KEY": SECRET,
            "LAKEWIRE_STORAGE_S3_PATH_STYLE": "true",
            "LAKEWIRE_STORAGE_S3_ALLOW_HTTP": "true",
        }

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)
