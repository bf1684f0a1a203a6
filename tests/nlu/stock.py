"""Rasa's standard pipeline on the same lines, for comparison: trained within a stated time, then asked like ours."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import subprocess
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import yaml

from casework.processes import environment
from casework.settings import Settings
from nlu.components.decision import Understood
from nlu.components.model import Example
from nlu.lines import digest, training_examples
from tests.nlu.data import ROOT
from tests.nlu.scoring import Score

PIPELINE = ROOT / "tests" / "stock_pipeline.yml"
FALLBACK = "nlu_fallback"
TIMED = 300  # messages whose processor time is measured


class Measured(NamedTuple):
    """What a trained Rasa model scores, and what it costs."""

    score: Score
    cpu_ms: float
    train_seconds: float
    megabytes: float
    epochs: int


def trained(folder: Path, minutes: float) -> tuple[Path, float, int]:
    """Return the standard pipeline trained about `minutes` on today's lines, with its seconds and epochs; kept in
    `folder` so that it is trained once."""
    model = folder / f"stock-nlu-{minutes:g}-{digest(training_examples())}.tar.gz"
    kept = model.with_name(model.name.replace(".tar.gz", ".json"))
    if not kept.exists():
        seconds, epochs = train(model, minutes)
        kept.write_text(json.dumps({"seconds": seconds, "epochs": epochs}))
    found = json.loads(kept.read_text())
    return model, found["seconds"], found["epochs"]


def train(model: Path, minutes: float) -> tuple[float, int]:
    """Train the standard pipeline's understanding on nlu/data for about `minutes`; return seconds and epochs.

    One epoch is timed first, on the same data, to know how many fit.
    """
    one = _train(model, 1)
    epochs = max(1, int(minutes * 60 / one))
    return (_train(model, epochs), epochs) if epochs > 1 else (one, 1)


def measure(model: Path, examples: list[Example], train_seconds: float = 0.0, epochs: int = 0) -> Measured:
    """Ask a trained model file about every line, one at a time, the way a running Rasa does."""
    os.environ.update(environment(Settings.read({})))
    parsed, cpu = asyncio.run(_parse(model, [e.text for e in examples]))
    score = Score(examples, lambda text: _understood(parsed[text]))
    return Measured(score, cpu, train_seconds, model.stat().st_size / 1e6, epochs)


async def _parse(model: Path, texts: list[str]) -> tuple[dict[str, dict], float]:
    import structlog
    from rasa.core.agent import Agent

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))  # as a running Rasa does
    agent = Agent.load(str(model))
    parsed = {}
    for text in texts[:20]:  # warm up
        await agent.parse_message(text)
    started = time.process_time()
    for text in texts[:TIMED]:
        parsed[text] = await agent.parse_message(text)
    cpu = (time.process_time() - started) / min(TIMED, len(texts)) * 1000
    for text in texts[TIMED:]:
        parsed[text] = await agent.parse_message(text)
    return parsed, cpu


def _understood(data: dict) -> Understood:
    ranking = [(r["name"], r["confidence"]) for r in data.get("intent_ranking", []) if r["name"] != FALLBACK]
    topic = data["intent"]["name"]
    confidence = ranking[0][1] if ranking else 0.0
    facets = {e["entity"]: (e["value"], 1.0) for e in data.get("entities", [])}
    return Understood(None if topic == FALLBACK else topic, confidence, ranking, facets)


def _train(model: Path, epochs: int) -> float:
    pipeline = yaml.safe_load(PIPELINE.read_text(encoding="utf-8"))
    for component in pipeline["pipeline"]:
        if "epochs" in component:
            component["epochs"] = epochs
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "config.yml"
        config.write_text(yaml.safe_dump(pipeline), encoding="utf-8")
        command = [
            str(ROOT / ".venv/bin/rasa"), "train", "nlu", "--config", str(config), "--nlu", "nlu/data",
            "--out", str(model.parent), "--fixed-model-name", model.name.removesuffix(".tar.gz"),
        ]  # fmt: skip
        env = {**os.environ, **environment(Settings.read({})), "RASA_CACHE_DIRECTORY": folder}
        started = time.monotonic()
        subprocess.run(command, cwd=ROOT, env=env, check=True, capture_output=True)
    return time.monotonic() - started
