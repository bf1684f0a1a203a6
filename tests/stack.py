"""The running system as the tests see it."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import time
from pathlib import Path

import requests
from honcho.environ import parse_procfile

from casework.processes import environment
from casework.settings import ROOT, Settings

READY_WITHIN = 120


# Below the kernel's own range: a port it hands to an outgoing connection, or twice, would be taken when we need it.
# Test processes beside each other each have a range of their own.
_first = 20000 + 1000 * (int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % 12)
_ports = iter(random.Random(os.getpid()).sample(range(_first, _first + 1000), 1000))


def free_port() -> int:
    """Return a port nobody listens on; never the same one twice."""
    for port in _ports:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no free port left")


class Stack:
    """The processes of the Procfile, started one by one."""

    def __init__(self, **ports: int) -> None:
        names = {"port": "PORT", "rasa_port": "VEJVISER_RASA_PORT", "actions_port": "VEJVISER_ACTIONS_PORT"}
        own = {**os.environ, **{names[k]: str(v) for k, v in ports.items()}}
        self.settings = Settings.read(own)
        self.env = {**own, **environment(self.settings)}
        self.url = f"http://127.0.0.1:{self.settings.port}"
        self.logs = Path(self.settings.data_dir)
        self.processes: dict[str, subprocess.Popen] = {}
        self._commands = parse_procfile((ROOT / "Procfile").read_text()).processes

    def start(self, name: str) -> None:
        """Start one process."""
        log = open(self.logs / f"{name}.log", "ab")  # noqa: SIM115 - the process owns it
        self.processes[name] = subprocess.Popen(
            ["/bin/bash", "-c", self._commands[name]],
            cwd=ROOT,
            env=self.env,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )

    def start_all(self) -> None:
        """Start every process and wait until the system says it is ready."""
        for name in self._commands:
            self.start(name)
        self.wait_ready()

    def wait_ready(self) -> None:
        """Wait for /readyz; fail with the logs when it takes too long."""
        deadline = time.monotonic() + READY_WITHIN
        while time.monotonic() < deadline:
            try:
                if requests.get(f"{self.url}/readyz", timeout=5).status_code == 200:
                    return
            except requests.RequestException:
                pass
            time.sleep(0.3)
        raise AssertionError("not ready:\n" + "\n".join(self.log(name)[-2000:] for name in self._commands))

    def kill(self, name: str) -> None:
        """End one process at once, as a crash would."""
        process = self.processes[name]
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def signal(self, name: str, number: int) -> None:
        """Send a signal to one process and its children."""
        os.killpg(self.processes[name].pid, number)

    def stop_all(self) -> None:
        """End everything."""
        for process in self.processes.values():
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def log(self, name: str) -> str:
        """Return what a process has printed."""
        path = self.logs / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def chat(self, message, token: str | None = None, **extra) -> requests.Response:
        """Post to the chat API as an integrator would."""
        body = {"message": message, **({"conversation": token} if token else {}), **extra}
        return requests.post(f"{self.url}/api/chat", json=body, timeout=30)


class Citizen:
    """One conversation through the API."""

    def __init__(self, stack: Stack) -> None:
        self.stack, self.token = stack, None
        self.latest: dict = {}

    def says(self, message: str) -> dict:
        """Say something and return the whole reply."""
        response = self.stack.chat(message, self.token)
        assert response.status_code == 200, response.text
        self.latest = response.json()
        self.token = self.latest["conversation"]
        return self.latest

    def presses(self, label: str) -> dict:
        """Press the choice with this label in the latest reply."""
        choices = [c for m in self.latest["messages"] for c in m["choices"]]
        return self.says(next(c["value"] for c in choices if c["label"] == label))

    @property
    def text(self) -> str:
        """All that was said in the latest reply."""
        return "\n".join(m["text"] for m in self.latest["messages"])
