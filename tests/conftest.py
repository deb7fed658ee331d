from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support.broker import Mosquitto, StartMosquitto

# A busy machine must not fail a test: what is slow is measured by `make bench`. Everybody tries the
# same examples, so that a change is judged by what it changes; `--hypothesis-profile=search` tries
# others.
settings.register_profile("cyclelight", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None)
settings.load_profile("cyclelight")


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
