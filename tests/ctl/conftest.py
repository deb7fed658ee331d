import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.broker import Mosquitto

StartMosquitto = Callable[..., Mosquitto]


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("CYCLELIGHT_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "80")  # argparse folds its usage there


@pytest.fixture
def start_mosquitto(tmp_path: Path) -> Iterator[StartMosquitto]:
    """Start a broker with the options of `Mosquitto`; it is stopped after the test."""
    started: list[Mosquitto] = []

    def start(**options: object) -> Mosquitto:
        broker = Mosquitto(tmp_path, **options)  # type: ignore[arg-type] # as the test says
        started.append(broker)
        broker.start()
        return broker

    yield start
    for broker in started:
        broker.stop()


@pytest.fixture
def mosquitto(start_mosquitto: StartMosquitto) -> Mosquitto:
    return start_mosquitto()
