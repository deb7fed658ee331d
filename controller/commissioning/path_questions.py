"""What `cyclelight init` asks about the path: where it is, and what stands along it."""

from collections.abc import Callable
from pathlib import Path

from controller.commissioning import reading
from controller.commissioning.question import Question, Texts
from controller.commissioning.refusing import check_entry, check_header, refused
from controller.settings.faults import counted, quoted
from controller.settings.path import MOST_ENTRIES

USUAL_SPACING_M = 35.0
USUAL_RATED_W, USUAL_REACH_M = "15", "7"
LOCAL_TIME = Path("/etc/localtime")


def system_timezone() -> str:
    """Return this machine's time zone, UTC where it says none."""
    _, found, name = str(LOCAL_TIME.resolve()).partition("/zoneinfo/")
    return name if found else "Etc/UTC"


def _header(field: str, *, is_number: bool = False) -> Callable[[str, Texts], None]:
    def check(text: str, _: Texts) -> None:
        check_header(field, reading.number(text) if is_number else text)

    return check


PLACE = (
    Question("tenant", "Tenant: whose path it is, in one word", _header("tenant")),
    Question("id", "Id of the path, in one word", _header("id")),
    Question("name", "Name of the path for people", _header("name"), lambda x: x["id"]),
    Question("latitude", "Latitude, degrees north", _header("latitude", is_number=True)),
    Question("longitude", "Longitude, degrees east", _header("longitude", is_number=True)),
    Question("timezone", "Time zone", _header("timezone"), lambda _: system_timezone()),
)


def lamps_in(texts: Texts) -> list[int]:
    """Return the number of lamps of each section."""
    return _lamps(texts["lamps"], texts)


def _lamps(text: str, texts: Texts) -> list[int]:
    numbers = reading.counts(text, "lamps", len(reading.stretches(texts["sections"])), "section")
    if not 1 <= sum(numbers) <= MOST_ENTRIES:
        problem = f"{sum(numbers)} is not a number of lamps"
        raise refused("lamps", problem, f"a path has 1 to {MOST_ENTRIES}")
    return numbers


def _usual_lamps(texts: Texts) -> str:
    lengths_m = (x.length_m for x in reading.stretches(texts["sections"]))
    return ", ".join(str(max(1, round(length_m / USUAL_SPACING_M))) for length_m in lengths_m)


def spacings_m(text: str, texts: Texts) -> list[float]:
    """Return the metres between the lamps of each section; one number holds for all."""
    stretches, numbers = reading.stretches(texts["sections"]), lamps_in(texts)
    given = [reading.number(word) for word in reading.words(text)]
    found = [x for x in given if isinstance(x, float) and x > 0.0]
    if len(found) != len(given) or len(found) not in (1, len(stretches)):
        hint = "write metres above 0: one number, or one for each section with commas between"
        raise refused("spacing_m", f"{quoted(text)} is no spacing", hint)
    each = found if len(found) == len(stretches) else found * len(stretches)
    for stretch, lamps, spacing_m in zip(stretches, numbers, each, strict=True):
        taken_m = (lamps - 1) * spacing_m
        if taken_m > stretch.length_m:
            problem = f"{counted(lamps, 'lamp')} take {taken_m:g} m"
            hint = f'section "{stretch.id}" has {stretch.length_m:g} m: place them nearer'
            raise refused("spacing_m", problem, hint)
    return each


def _usual_spacings(texts: Texts) -> str:
    stretches = reading.stretches(texts["sections"])
    pairs = zip(stretches, lamps_in(texts), strict=True)
    each = [f"{stretch.length_m / max(1, lamps):.4g}" for stretch, lamps in pairs]
    return each[0] if len(set(each)) == 1 else ", ".join(each)


def has_sensors(texts: Texts) -> bool:
    """Whether a motion sensor stands at each lamp."""
    return reading.yes(texts["sensors"], "sensors")


BUILT = (
    Question(
        "sections",
        "Length in metres, or sections as ID FROM TO METRES; ID FROM TO METRES",
        lambda text, _: reading.stretches(text),
    ),
    Question("lamps", "Number of lamps (of each section)", _lamps, _usual_lamps),
    Question("spacing_m", "Metres from lamp to lamp", spacings_m, _usual_spacings),
    Question(
        "rated_w",
        "Watts of a lamp at full light",
        lambda text, _: check_entry(
            "lamp", {"id": "L", "rated_w": reading.number(text)}, "rated_w"
        ),
        lambda _: USUAL_RATED_W,
    ),
    Question(
        "sensors",
        "A motion sensor at each lamp? y or n",
        lambda text, _: reading.yes(text, "sensors"),
        lambda _: "y",
    ),
    Question(
        "reach_m",
        "Metres that a motion sensor sees",
        lambda text, _: check_entry(
            "motion_sensor", {"id": "M", "reach_m": reading.number(text)}, "reach_m"
        ),
        lambda _: USUAL_REACH_M,
        has_sensors,
    ),
)
