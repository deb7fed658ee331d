from collections.abc import AsyncIterator

import pytest

from tests.mqtt.relay import Relay
from tests.support.broker import Mosquitto


@pytest.fixture
async def relay(mosquitto: Mosquitto) -> AsyncIterator[Relay]:
    async with Relay(mosquitto.port) as relay:
        yield relay
