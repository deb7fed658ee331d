from pathlib import Path

import pytest

from controller.mqtt.link import Broker
from tests.support.broker import HOST


@pytest.mark.parametrize(
    ("place", "about"),
    [
        ("host", {"host": ""}),
        ("host", {"host": "a..b"}),
        ("client_id", {"client_id": ""}),
        ("port", {"port": 0}),
        ("protocol", {"protocol": "3"}),
        ("keepalive_s", {"keepalive_s": 0}),
        ("cert_file", {"cert_file": Path("x")}),
        ("key_file", {"ca_file": Path("x"), "key_file": Path("x")}),
    ],
)
def test_a_broker_that_could_never_work_is_refused(place: str, about: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=f"^{place}: "):
        Broker(**{"host": HOST, "client_id": "n1", **about})  # type: ignore[arg-type] # wrong on purpose
