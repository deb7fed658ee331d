import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.support.broker import Mosquitto
from tests.system.live import Town


@pytest.fixture
async def town() -> AsyncIterator[Town]:
    # not tmp_path: a Unix socket's path must be short
    with tempfile.TemporaryDirectory() as directory:
        async with AsyncExitStack() as stack:
            yield Town(Path(directory), stack)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    mosquitto = Mosquitto(tmp_path)
    mosquitto.start()
    yield mosquitto
    mosquitto.stop()
