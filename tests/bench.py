"""Measures the running system against Rasa's standard pipeline: `make bench`.

Both systems run at the same time behind the same web application, trained on the same data; the load goes to one and
then the other, so that what the machine does meanwhile hits both. Only ratios are to be trusted on a shared machine.
"""

from __future__ import annotations

import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = Path(tempfile.mkdtemp(prefix="vejviser-bench-"))
os.environ.update(VEJVISER_TODAY="2026-11-23", VEJVISER_CHAT_LIMIT="1000000 per minute", VEJVISER_RASA_TIMEOUT="60")

LEVELS = (1, 8, 32)
SECONDS = float(os.environ.get("BENCH_SECONDS", "20"))
REPORT = ROOT / "var" / "bench.md"
SAID = (
    "hej",
    "Må jeg tage min søster med til mødet på jobcentret?",
    "Hvem skal jeg tale med om byggetilladelse?",
    "Jeg vil gerne klage over et afslag på hjemmehjælp",
    "kan jeg se hvad de har skrevet om mig",
    "hvad er telefonnummeret til borgerrådgiveren",
    "Hvem vinder Superligaen i år?",
    "Hvordan giver jeg min datter digital fuldmagt?",
    "tak for hjælpen",
)


def main() -> None:
    """Train both, start both, load both in turn, write the report."""
    from casework.processes import environment, model_path
    from casework.settings import Settings

    real = Settings.read()
    ours_model = model_path(real)
    started = time.monotonic()
    stock_model = _train_stock(environment(real), real.data_dir / "models")
    stock_seconds = time.monotonic() - started
    systems = {"ours": _system("ours", ours_model), "stock": _system("stock", stock_model)}
    try:
        for system in systems.values():
            system.start_all()
            _load(system, 4, 3)  # warm up
        rows = []
        for level in LEVELS:
            rows.append((level, {name: _measure(system, level) for name, system in systems.items()}))
            _say(f"{level} citizens: " + ", ".join(f"{n} {r['rate']:.1f} turns/s" for n, r in rows[-1][1].items()))
        memory = {name: _memory(system) for name, system in systems.items()}
    finally:
        for system in systems.values():
            system.stop_all()
        shutil.rmtree(FOLDER, ignore_errors=True)
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(_report(rows, memory, ours_model, stock_model, stock_seconds), encoding="utf-8")
    _say(REPORT.read_text(encoding="utf-8"))


def _train_stock(env: dict, folder: Path) -> Path:
    """Train the standard pipeline on our data unless it has been trained on exactly these."""
    from casework.processes import model_path
    from casework.settings import Settings

    path = folder / f"stock-{model_path(Settings.read()).name}"
    if not path.exists():
        _say("Training the standard pipeline, one epoch (some minutes) …")
        command = [
            str(ROOT / ".venv/bin/rasa"), "train", "--config", "tests/stock_pipeline.yml", "--domain", "bot/domain",
            "--data", "nlu/data", "bot/rules", "--out", str(folder), "--fixed-model-name", path.name.split(".")[0],
        ]  # fmt: skip
        threads = {"OPENBLAS_NUM_THREADS": "2", "OMP_NUM_THREADS": "2"}
        subprocess.run(command, cwd=ROOT, env={**env, **threads}, check=True, capture_output=True)
    return path


def _system(name: str, model: Path):
    """Return a system of its own: ports, database and data folder, with the given model."""
    from casework.cli import main as cli  # noqa: F401 - makes sure the package is whole before processes start
    from tests.stack import Stack, free_port

    folder = FOLDER / name
    folder.mkdir()
    os.environ["VEJVISER_DATA_DIR"] = str(folder)
    subprocess.run([str(ROOT / ".venv/bin/vejviser"), "migrate"], cwd=ROOT, check=True, capture_output=True)
    system = Stack(port=free_port(), rasa_port=free_port(), actions_port=free_port())
    system.env["VEJVISER_MODEL"] = str(model)
    return system


def _measure(system, citizens: int) -> dict:
    before, started = _cpu(system), time.monotonic()
    times = _load(system, citizens, SECONDS)
    elapsed = time.monotonic() - started
    return {
        "rate": len(times) / elapsed,
        "p50": statistics.median(times) * 1000,
        "p95": sorted(times)[int(len(times) * 0.95) - 1] * 1000,
        "cpu": (_cpu(system) - before) / len(times) * 1000,
    }


def _load(system, citizens: int, seconds: float) -> list[float]:
    """Let `citizens` talk at once for a while; return how long each turn took, in seconds."""
    import requests

    times: list[float] = []
    until = time.monotonic() + seconds

    def talk(number: int) -> None:
        http, token, turn = requests.Session(), None, number
        while time.monotonic() < until:
            if turn % len(SAID) == 0:
                token = None  # a new citizen
            body = {"message": SAID[turn % len(SAID)], **({"conversation": token} if token else {})}
            started = time.monotonic()
            answer = http.post(f"{system.url}/api/chat", json=body, timeout=120)
            times.append(time.monotonic() - started)
            answer.raise_for_status()
            token, turn = answer.json()["conversation"], turn + 1

    threads = [threading.Thread(target=talk, args=(i,)) for i in range(citizens)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(p for child in children for p in _family(int(child)))]


def _cpu(system) -> float:
    """Return the processor seconds all processes of a system have used."""
    ticks = 0
    for process in system.processes.values():
        for pid in _family(process.pid):
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _memory(system) -> float:
    """Return the megabytes a system holds, shared pages counted by share."""
    kilobytes = 0
    for process in system.processes.values():
        for pid in _family(process.pid):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    kilobytes += int(line.split()[1])
    return kilobytes / 1024


def _report(rows, memory, ours_model: Path, stock_model: Path, stock_seconds: float) -> str:
    lines = [
        "# Fart og hukommelse mod Rasas standardpipeline", "",
        f"{platform.machine()}, {os.cpu_count()} kerner, Python {platform.python_version()}. "
        f"{SECONDS:.0f} sekunder pr. måling, skiftevis; begge systemer kører bag den samme webapplikation. "
        "Standardpipelinen er trænet med én epoke: farten afhænger ikke af antallet.", "",
        "| Borgere ad gangen | | Vejviser | Standard | Forhold |", "|---|---|---|---|---|",
    ]  # fmt: skip
    names = {"rate": "svar pr. sekund", "p50": "p50, ms", "p95": "p95, ms", "cpu": "processortid pr. svar, ms"}
    for level, result in rows:
        for key, name in names.items():
            ours, stock = result["ours"][key], result["stock"][key]
            lines.append(f"| {level} | {name} | {ours:.1f} | {stock:.1f} | {ours / stock:.2f} |")
    ours, stock = memory["ours"], memory["stock"]
    lines.append(f"| | hukommelse, MB | {ours:.0f} | {stock:.0f} | {ours / stock:.2f} |")
    size = {name: path.stat().st_size / 1e6 for name, path in (("ours", ours_model), ("stock", stock_model))}
    lines.append(f"| | modelfil, MB | {size['ours']:.1f} | {size['stock']:.1f} | {size['ours'] / size['stock']:.2f} |")
    if stock_seconds > 5:
        lines += ["", f"Standardpipelinen tog {stock_seconds:.0f} sekunder at træne én epoke."]
    return "\n".join(lines) + "\n"


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
