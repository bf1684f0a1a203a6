"""The processes of a running system: what they are told, starting them together, waiting until they are ready."""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import requests
from honcho.environ import parse_procfile
from honcho.manager import Manager
from honcho.printer import Printer

from casework.errors import ConfigurationError
from casework.settings import ROOT, Settings

READY_WITHIN_SECONDS = 180
MODEL_INPUTS = ("config.yml", "bot/domain", "bot/rules", "nlu", "uv.lock")


def model_path(settings: Settings) -> Path:
    """Return where the model trained on today's inputs is, or will be: its name is a hash of all it is made from."""
    digest = hashlib.sha256()
    for name in MODEL_INPUTS:
        path = ROOT / name
        files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.suffix in (".yml", ".py"))
        for file in files:
            digest.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes() + b"\0")
    return settings.data_dir / "models" / f"{digest.hexdigest()[:20]}.tar.gz"


def train(settings: Settings) -> Path:
    """Train the model if its inputs changed and return its path. Raises ConfigurationError when training fails."""
    path = model_path(settings)
    if path.exists():
        path.touch()  # the latest is the one in use
    else:
        put_into_use(candidate_of(settings), path)
    return path


def candidate_of(settings: Settings) -> Path:
    """Train on today's inputs and return the file, which is not in use yet. Raises ConfigurationError."""
    path = model_path(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    name = path.name.removesuffix(".tar.gz")
    made = path.with_name(name + "-part.tar.gz")
    done = _rasa(
        settings, "train", "--skip-validation", "--out", str(path.parent), "--fixed-model-name", name + "-part"
    )
    if not (done and made.exists()):
        raise ConfigurationError("Modellen kunne ikke trænes. Se meddelelsen herover; data ligger i nlu/data og bot/.")
    return made


def put_into_use(candidate: Path, path: Path) -> None:
    """Give a trained model its name, and let those go that have not been in use for a fortnight."""
    candidate.rename(path)
    for old in path.parent.glob("*.tar.gz"):
        if old != path and time.time() - old.stat().st_mtime > 14 * 24 * 3600:
            old.unlink()


def validate(settings: Settings) -> None:
    """Let Rasa check domain, rules and examples against each other. Raises ConfigurationError when they disagree."""
    if not _rasa(settings, "data", "validate"):
        raise ConfigurationError("Domæne, regler og eksempler passer ikke sammen. Se meddelelsen herover.")


def _rasa(settings: Settings, *command: str) -> bool:
    """Run a Rasa command on our domain and rules; return whether it went well, and show why when not. The importer that
    config.yml names brings the examples."""
    inputs = ("--domain", "bot/domain", "--data", "bot/rules")
    whole = [str(ROOT / ".venv/bin/rasa"), *command, *inputs]
    done = subprocess.run(whole, cwd=ROOT, env=environment(settings), capture_output=True, text=True)
    if done.returncode:
        sys.stderr.write(done.stdout[-4000:] + done.stderr[-4000:])
    return done.returncode == 0


def rasa_token(settings: Settings) -> str:
    """Return the key to Rasa's HTTP API and to our channel into it."""
    return settings.derived_key("rasa").hex()


def environment(settings: Settings) -> dict[str, str]:
    """Return the environment of the processes: the one we have, and what Rasa's own files ask for."""
    redis = urlsplit(settings.redis_url)
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "ignore",
        "RASA_TELEMETRY_ENABLED": "false",
        "RASA_CACHE_DIRECTORY": str(settings.data_dir / "rasa-cache"),
        "RASA_MAX_CACHE_SIZE": "0",  # it would not notice changed code; the name of the model file does
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "SANIC_HOST": "127.0.0.1",
        "LOG_LEVEL_LIBRARIES": "ERROR",
        "PORT": str(settings.port),
        "VEJVISER_RASA_PORT": str(settings.rasa_port),
        "VEJVISER_ACTIONS_PORT": str(settings.actions_port),
        "VEJVISER_MODEL": str(model_path(settings)),
        "VEJVISER_RASA_TOKEN": rasa_token(settings),
        "VEJVISER_ACTIONS_URL": settings.actions_url,
        "VEJVISER_TRACKER_URL": settings.database_url,
        "VEJVISER_LOCK_STORE": "redis" if settings.redis_url else "in_memory",
        "VEJVISER_LOCK_HOST": redis.hostname or "127.0.0.1",
        "VEJVISER_LOCK_PORT": str(redis.port or 6379),
        "VEJVISER_LOCK_DB": redis.path.strip("/") or "0",
        "VEJVISER_LOCK_PASSWORD": redis.password or "",
    }


def start(settings: Settings, announce) -> int:
    """Run the processes of the Procfile until one ends or Ctrl-C; return the exit code.

    `announce` is called once, when the system answers that it is ready.
    """
    _refuse_taken_ports(settings)
    manager = Manager(Printer(sys.stdout, colour=sys.stdout.isatty()))
    env = environment(settings)
    for name, command in parse_procfile((ROOT / "Procfile").read_text()).processes.items():
        manager.add_process(name, command, env=env, cwd=str(ROOT))
    threading.Thread(target=_announce_when_ready, args=(settings, announce), daemon=True).start()
    manager.loop()
    return manager.returncode or 0


def _announce_when_ready(settings: Settings, announce) -> None:
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    while time.monotonic() < deadline:
        if is_ready(settings):
            announce()
            return
        time.sleep(0.5)
    sys.stderr.write(f"Systemet blev ikke klar. Se http://127.0.0.1:{settings.port}/readyz for hvilken del.\n")


def is_ready(settings: Settings) -> bool:
    """Return whether the web application says that all parts are ready."""
    try:
        return requests.get(f"http://127.0.0.1:{settings.port}/readyz", timeout=5).status_code == 200
    except requests.RequestException:
        return False


def _refuse_taken_ports(settings: Settings) -> None:
    asked: dict[int, str] = {}
    for name, port in (
        ("PORT", settings.port),
        ("VEJVISER_RASA_PORT", settings.rasa_port),
        ("VEJVISER_ACTIONS_PORT", settings.actions_port),
    ):
        if port in asked:
            raise ConfigurationError(f"{asked[port]} og {name} er den samme port, {port}. Giv dem hver sin.")
        asked[port] = name
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                raise ConfigurationError(f"Port {port} er optaget. Luk det andet program, eller sæt {name}.") from None
