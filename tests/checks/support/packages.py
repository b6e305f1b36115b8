"""Packages live in target/checks and nowhere else; a check started without them starts itself again with them."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))


def ensure():
    """Makes the environment on first use; then this process goes on inside it."""
    place = TARGET / "checks"
    if Path(sys.prefix).resolve() == place.resolve():
        return
    python = place / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", place], check=True)
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--requirement", ROOT / "tests/checks/requirements.txt"], check=True)
    os.execv(python, [str(python), *sys.argv])
