"""Starting and stopping the whole system the way `make run` does."""

import os
import re
import signal
import socket
import subprocess
import time

import pytest
import requests

from casework.settings import ROOT
from tests.stack import free_port

pytestmark = pytest.mark.once


@pytest.fixture
def running(migrated, tmp_path):
    env = {
        **os.environ,
        "PORT": str(free_port()),
        "VEJVISER_RASA_PORT": str(free_port()),
        "VEJVISER_ACTIONS_PORT": str(free_port()),
    }
    out = open(tmp_path / "out", "w+")  # noqa: SIM115 - read while the process writes
    process = subprocess.Popen(
        [str(ROOT / ".venv/bin/vejviser"), "start"], cwd=ROOT, env=env, stdout=out, stderr=out, start_new_session=True
    )
    process.env, process.out = env, out
    wait_for(process, "Ctrl-C stopper")
    yield process
    if process.poll() is None:  # asked, not killed: the runner must get to end its processes
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)


def printed(process):
    process.out.flush()
    process.out.seek(0)
    return process.out.read()


def wait_for(process, text, seconds=120):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if text in printed(process):
            return
        assert process.poll() is None, printed(process)
        time.sleep(0.3)
    raise AssertionError(printed(process))


def pids(process):
    return {name: int(pid) for name, pid in re.findall(r"(\w+) started \(pid=(\d+)\)", printed(process))}


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rsplit(")", 1)[1].split()[0] != "Z"


def listening():
    """Return (address, port) of every listening TCP socket, read from the kernel."""
    found = set()
    for name, loopback in (("tcp", "0100007F"), ("tcp6", "00000000000000000000000001000000")):
        with open(f"/proc/net/{name}") as table:
            for line in list(table)[1:]:
                address, port = line.split()[1].split(":")
                if line.split()[3] == "0A":
                    found.add(("loopback" if address == loopback else "everywhere", int(port, 16)))
    return found


def test_the_addresses_are_printed_only_the_web_port_is_open_and_ctrl_c_ends_it_all(running):
    port = running.env["PORT"]
    assert f"http://127.0.0.1:{port}/" in printed(running)
    assert f"http://127.0.0.1:{port}/personale" in printed(running)
    where = listening()
    assert ("everywhere", int(port)) in where
    for name in ("VEJVISER_RASA_PORT", "VEJVISER_ACTIONS_PORT"):
        assert ("loopback", int(running.env[name])) in where
        assert ("everywhere", int(running.env[name])) not in where
    assert requests.get(f"http://127.0.0.1:{port}/personale/login", timeout=10).status_code == 200
    rasa = f"http://127.0.0.1:{running.env['VEJVISER_RASA_PORT']}"
    for path in ("/status", "/conversations/x/tracker", "/webhooks/vejviser/ready", "/webhooks/rest/webhook"):
        assert requests.get(rasa + path, timeout=10).status_code in (401, 404)
    assert (
        requests.post(
            f"{rasa}/webhooks/vejviser/webhook", json={"sender": "x", "message": "hej"}, timeout=10
        ).status_code
        == 401
    )
    started = pids(running)
    os.kill(running.pid, signal.SIGINT)
    running.wait(timeout=30)
    time.sleep(0.5)
    assert len(started) == 4
    assert not any(alive(pid) for pid in started.values())


def test_a_crash_of_one_process_ends_the_others(running):
    started = pids(running)
    os.kill(started["actions"], signal.SIGKILL)
    assert running.wait(timeout=30) != 0
    time.sleep(0.5)
    assert not any(alive(pid) for pid in started.values())


def test_a_taken_port_is_said_in_danish_before_anything_starts(migrated):
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        refused = subprocess.run(
            [str(ROOT / ".venv/bin/vejviser"), "start"],
            cwd=ROOT,
            env={**os.environ, "PORT": str(port)},
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert refused.returncode == 1
    assert f"Port {port} er optaget" in refused.stderr


def test_two_processes_given_the_same_port_are_refused_before_anything_starts(migrated):
    port = str(free_port())
    command = [str(ROOT / ".venv/bin/vejviser"), "start"]
    env = {**os.environ, "PORT": port, "VEJVISER_ACTIONS_PORT": port, "VEJVISER_RASA_PORT": str(free_port())}
    refused = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60)
    assert refused.returncode == 1
    assert f"PORT og VEJVISER_ACTIONS_PORT er den samme port, {port}" in refused.stderr


def test_production_does_not_start_with_a_default_secret_or_a_demo_user(migrated):
    env = {k: v for k, v in os.environ.items() if k != "VEJVISER_TODAY"}
    command = [str(ROOT / ".venv/bin/vejviser"), "start"]
    weak = subprocess.run(command, cwd=ROOT, env={**env, "VEJVISER_ENV": "production"}, capture_output=True, text=True)
    assert weak.returncode == 1
    assert "VEJVISER_SECRET_KEY" in weak.stderr
    from casework import clock, staff
    from casework.db import session

    with session() as db, db.begin():
        staff.set_demo_user(db, email="demo@vejviser.invalid", password="en lang adgangskode", now=clock.now())
    strong = {**env, "VEJVISER_ENV": "production", "VEJVISER_SECRET_KEY": "k3Jx9-aaQ7zz_Lm28vBnc0PqRst56WyU"}
    demo = subprocess.run(command, cwd=ROOT, env=strong, capture_output=True, text=True)
    assert demo.returncode == 1
    assert "demo-brugere" in demo.stderr


def test_the_command_line_makes_accounts_and_tokens(migrated):
    def run(*args):
        return subprocess.run([str(ROOT / ".venv/bin/vejviser"), *args], cwd=ROOT, capture_output=True, text=True)

    assert run("token", "create", "--role", "reader").stdout.startswith("vv_")
    made = run("staff", "add", "--email", "ny@ltk.invalid", "--name", "Ny", "--password", "en lang adgangskode")
    assert made.returncode == 0, made.stderr
    short = run("staff", "add", "--email", "kort@ltk.invalid", "--name", "Kort", "--password", "kort")
    assert short.returncode == 1
    assert "mindst 12 tegn" in short.stderr
