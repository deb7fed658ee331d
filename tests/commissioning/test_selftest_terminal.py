"""Somebody stands in front of the lamps and answers."""

import json

import pytest

from tests.commissioning.bench import Place
from tests.commissioning.terminal import Terminal, on_terminal


def words(place: Place, *more: str) -> tuple[str, ...]:
    return ("selftest", "--node", str(place.node_file), *more)


def test_lamps_are_looked_at_and_sensors_walked_to(place: Place) -> None:
    record = place.folder / "record.json"
    more = ("--lamps", "L1", "--sensors", "M1,D1", "--record", str(record))
    with on_terminal(*words(place, *more)) as terminal:
        terminal.until("Nobody drives L1 now. Is it at full light? [y/n] ")
        terminal.types("perhaps")
        terminal.until("Please type y or n.")
        terminal.until("Is it at full light? [y/n] ")
        terminal.types("Y")
        terminal.until("Look at L1: full light, 10 %, off, full light.")
        terminal.until("Did L1 do this? [y/n] ")
        terminal.types("yes")
        terminal.until("Walk to M1 (section s1 at 17.5 m) and past it.")
        place.put(pin=17, value=1)
        terminal.until("M1 has seen you. Go on until it rests.")
        place.put(pin=17, value=0)
        terminal.until("ok       motion sensor M1: saw somebody, and then nobody")
        assert terminal.ends() == 0
    told = json.loads(record.read_text())
    assert told["way"] == "with somebody at the lamps"
    texts = {(x["step"], x["subject"]): x["text"] for x in told["results"]}
    assert texts["lamp", "L1"] == "seen: full light, 10 %, off, full light"
    assert texts["pull", "L1"].startswith("seen: full light when nobody drives it")


def test_what_somebody_did_not_see_has_failed(place: Place) -> None:
    with on_terminal(*words(place, "--lamps", "L1", "--sensors", "")) as terminal:
        terminal.until("Is it at full light? [y/n] ")
        terminal.types("n")
        terminal.until("failed   pull L1: dark when nobody drives it; its line is pulled to light")
        terminal.until("Did L1 do this? [y/n] ")
        terminal.types("n")
        terminal.until("failed   lamp L1: did not show full light, 10 %, off, full light. Hint: ")
        assert terminal.ends() == 1


def test_who_stands_at_the_sensor_is_asked_to_step_away(place: Place) -> None:
    place.put(pin=17, value=1)
    with on_terminal(*words(place, "--lamps", "", "--sensors", "M1")) as terminal:
        terminal.until("M1 sees somebody. Step away from it until it rests.")
        place.put(pin=17, value=0)
        terminal.until("Walk to M1")
        place.put(pin=17, value=1)
        terminal.until("has seen you")
        assert "ok       motion sensor" not in terminal.shown


def test_a_sensor_that_does_not_rest_again(place: Place) -> None:
    more = ("--lamps", "", "--sensors", "M1", "--wait", "2")
    with on_terminal(*words(place, *more)) as terminal:
        terminal.until("Walk to M1")
        place.put(pin=17, value=1)
        terminal.until("failed   motion sensor M1: saw somebody, and did not rest again for 2 s.")
        assert terminal.ends() == 1


@pytest.mark.parametrize("leave", [Terminal.interrupts, Terminal.ends_input])
def test_whoever_leaves_leaves_lamps_lit_and_no_record(place: Place, leave: object) -> None:
    assert callable(leave)
    record = place.folder / "record.txt"
    place.duties(12)
    more = ("--lamps", "L1", "--sensors", "", "--record", str(record))
    with on_terminal(*words(place, *more)) as terminal:
        terminal.until("Nobody drives L1 now. Is it at full light? [y/n] ")
        terminal.types("y")
        terminal.until("Did L1 do this? [y/n] ")
        leave(terminal)
        terminal.until("stopped: lamps are left to their wiring, no record is written")
        assert terminal.ends() == 130
    assert "Traceback" not in terminal.shown
    assert not record.exists()
    last = [x for x in place.outside.so_far() if x["pin"] == 12][-1]
    assert (last["duty"], last["driven"]) == (1.0, False)
