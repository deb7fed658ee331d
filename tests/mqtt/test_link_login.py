"""Passwords and certificates, with a real mosquitto."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests.mqtt.links import make_link, running
from tests.mqtt.relay import Relay
from tests.mqtt.watching import until
from tests.support.broker import StartMosquitto, make_tls_files

USERNAME, PASSWORD, WRONG = "n1", "right horse", "open sesame"


@pytest.mark.parametrize("protocol", ["auto", "3.1.1"])
async def test_a_wrong_password_is_tried_again_quietly_and_never_logged(
    start_mosquitto: StartMosquitto, protocol: str
) -> None:
    mosquitto = start_mosquitto(login=(USERNAME, PASSWORD))
    async with Relay(mosquitto.port) as relay:
        link = make_link(relay.port, protocol=protocol, username=USERNAME, password=WRONG)
        with capture_logs() as logs:
            async with running(link):
                await until(lambda: relay.connections >= 3, "three attempts")
    (entry,) = logs
    assert "authorized" in entry["reason"]
    assert WRONG not in repr((logs, vars(link)))


async def test_the_right_password_connects(start_mosquitto: StartMosquitto) -> None:
    mosquitto = start_mosquitto(login=(USERNAME, PASSWORD))
    async with running(make_link(mosquitto.port, username=USERNAME, password=PASSWORD)) as link:
        await until(lambda: link.connected, "the link to be connected")


async def test_connects_to_a_broker_whose_certificate_it_trusts(
    start_mosquitto: StartMosquitto, tmp_path: Path
) -> None:
    tls = make_tls_files(tmp_path / "tls")
    mosquitto = start_mosquitto(tls=tls)
    async with running(make_link(mosquitto.port, ca_file=tls.ca_file)) as link:
        await until(lambda: link.connected, "the link to be connected")


# paho leaves the socket of a failed handshake to the garbage collector.
@pytest.mark.filterwarnings("ignore:.*ssl.SSLSocket:pytest.PytestUnraisableExceptionWarning")
async def test_stays_away_from_a_broker_whose_certificate_it_does_not_trust(
    start_mosquitto: StartMosquitto, tmp_path: Path
) -> None:
    mosquitto = start_mosquitto(tls=make_tls_files(tmp_path / "theirs"))
    other = make_tls_files(tmp_path / "ours")
    with capture_logs() as logs:
        async with running(make_link(mosquitto.port, ca_file=other.ca_file)):
            await until(lambda: logs, "a complaint")
    assert "certificate verify failed" in logs[0]["reason"]


async def test_says_which_file_of_the_certificates_is_missing(tmp_path: Path) -> None:
    missing = tmp_path / "missing.crt"
    with capture_logs() as logs:
        async with running(make_link(1, ca_file=missing)):
            await until(lambda: logs, "a complaint")
    assert str(missing) in logs[0]["reason"]
