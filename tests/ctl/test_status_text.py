"""The status as text, to the letter."""

from datetime import timedelta

from controller.ctl.addresses import Address
from controller.ctl.changes import changes
from controller.ctl.status import status_json, status_lines
from controller.ctl.survey import AVAILABILITY, STATE, Node, Survey
from controller.mqtt.broker import Inbound
from controller.mqtt.payloads import LampReport, StatePayload
from tests.ctl.consoles import console
from tests.ctl.fake import NOW, PATH, TENANT, state

ORDERED = LampReport(
    target_pct=60.0,
    level_pct=37.5,
    power_w=9.48,
    reason="override",
    until=NOW + timedelta(hours=2),
)
DARK = state(
    "L01", alarms=("motion_sensor_unreadable:M05", "neighbour_silent:n08"), clock_trusted=False
)


def lit(**lamps: LampReport) -> StatePayload:
    before = state("L02", "L03")
    return before.model_copy(update={"lamps": {**before.lamps, **lamps}})


def survey(address: Address | None = None, **said: tuple[bytes, StatePayload | bytes]) -> Survey:
    found = Survey(address or Address(TENANT, PATH, None))
    for node, (availability, told) in said.items():
        start = f"cyclelight/v1/{TENANT}/{PATH}/{node}"
        payload = told if isinstance(told, bytes) else told.to_bytes()
        found.take(Inbound(f"{start}/{AVAILABILITY}", availability, retained=True, qos=1))
        found.take(Inbound(f"{start}/{STATE}", payload, retained=True, qos=1))
    return found


PATHWIDE = survey(
    n09=(b"offline", state("L04")), n07=(b"online", DARK), n08=(b"online", lit(L02=ORDERED))
)


def test_a_path_is_readable_in_80_columns() -> None:
    lines = status_lines(PATHWIDE, console(width=80))
    assert "\n".join(lines) == (
        'path "stadt/kanal"\n'
        "\n"
        "node  online   daylight    clock      profile  alarms\n"
        "n07   online   dark (sun)  untrusted        3  motion_sensor_unreadable:M05\n"
        "                                               neighbour_silent:n08\n"
        "n08   online   dark (sun)  trusted          3  none\n"
        "n09   offline  dark (sun)  trusted          3  none\n"
        "\n"
        "lamp  node   level  target  power  reason        until\n"
        "L01   n07     10 %    10 %  2.6 W  base\n"
        "L02   n08   37.5 %    60 %  9.5 W  override      19:03\n"
        "L03   n08     10 %    10 %  2.6 W  base\n"
        "L04   n09        -       -      -  node offline"
    )
    assert max(map(len, lines)) <= 80


def test_a_tenant_names_the_path_of_every_node() -> None:
    lines = status_lines(
        survey(Address(TENANT, None, None), n07=(b"online", state("L01"))), console()
    )
    assert lines[0] == 'tenant "stadt"'
    assert lines[3].startswith("kanal/n07  online")


def test_an_order_that_ends_on_another_day_has_its_date() -> None:
    tomorrow = ORDERED.model_copy(update={"until": NOW + timedelta(hours=20)})
    lines = status_lines(survey(n08=(b"online", lit(L02=tomorrow))), console())
    assert lines[-2].endswith("override  2026-01-16 13:03")


def test_a_state_that_cannot_be_read_is_told_as_an_alarm() -> None:
    lines = status_lines(survey(n07=(b"maybe", b"{}")), console())
    assert lines[3].startswith("n07   unknown  -         -            -  state cannot be read: at:")


def test_what_a_newer_node_adds_is_left_out() -> None:
    payload = state("L01").to_bytes().replace(b'"clock_trusted"', b'"clock_set":1,"clock_trusted"')
    payload = payload.replace(b'"level_pct"', b'"kelvin":{"now":3000},"level_pct"')
    found = survey(n07=(b"online", payload))
    (node,) = found.nodes.values()
    assert node.state == state("L01")


def test_json_has_everything_as_it_was_told() -> None:
    told = status_json(survey(n07=(b"online", state("L01"))))
    (node,) = told["nodes"]  # type: ignore[misc] # JSON is not typed
    assert (node["path"], node["node"], node["online"]) == (PATH, "n07", True)
    assert node["state"]["at"] == "2026-01-15T17:03:22+01:00"
    assert node["state"]["lamps"]["L01"]["reason"] == "base"


def test_colours_say_what_needs_attention() -> None:
    lines = "\n".join(status_lines(PATHWIDE, console(colours=True)))
    for text in ("31moffline", "31mneighbour_silent:n08", "33muntrusted", "36moverride"):
        assert f"\x1b[{text}\x1b[0m" in lines


def test_topics_of_others_are_nobodys_news() -> None:
    found = survey()
    for topic in (
        f"cyclelight/v1/{TENANT}/other/n07/state",
        f"cyclelight/v1/{TENANT}/{PATH}/all/state",
        f"cyclelight/v1/{TENANT}/{PATH}/n07/passage",
        "cyclelight/v1",
        "",
    ):
        assert found.take(Inbound(topic, b"online", retained=False, qos=0)) is None
    assert found.nodes == {}


# what has changed


def test_the_first_word_of_a_node_tells_everything() -> None:
    assert list(changes(Node(), Node(online=True, state=DARK))) == [
        "online",
        "profile version 3",
        "clock not trusted",
        "dark (sun)",
        "alarm motion_sensor_unreadable:M05",
        "alarm neighbour_silent:n08",
        "L01 10 %: base",
    ]


def test_later_only_what_is_new() -> None:
    before = Node(online=True, state=DARK)
    ordered = LampReport(target_pct=60.0, level_pct=10.0, power_w=2.6, reason="override")
    now = DARK.model_copy(update={"alarms": ("neighbour_silent:n08",), "lamps": {"L01": ordered}})
    assert list(changes(before, Node(online=True, state=now))) == [
        "alarm over motion_sensor_unreadable:M05",
        "L01 60 %: override",
    ]
    assert list(changes(before, Node(online=False, state=DARK))) == ["offline"]


def test_a_lamp_on_its_way_is_no_news() -> None:
    fading = {"L02": ORDERED.model_copy(update={"level_pct": 55.0})}
    before, now = Node(state=lit(L02=ORDERED)), Node(state=lit(**fading))
    assert list(changes(before, now)) == []
    assert list(changes(Node(state=state("L02", "L03")), now)) == ["L02 60 %: override until 19:03"]
