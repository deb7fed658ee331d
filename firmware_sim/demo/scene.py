"""What is built for the demo: a short straight path, four nodes of four lamps, and their files.

The real rules at a small scale: lamps stand close together and nobody slower than a walker is
waited for, so that an empty stretch is seen to dim within seconds.
"""

from datetime import datetime

TENANT = "demo"
PATH_ID = "demo"
SECTION = "s1"
NODES = ("n1", "n2", "n3", "n4")
LAMPS_PER_NODE = 4
SPACING_M = 8.0
LAMPS = LAMPS_PER_NODE * len(NODES)
LENGTH_M = SPACING_M * LAMPS
REACH_M = 3.0
RATED_W = 15.0
LAMP_PINS = (12, 13, 18, 19)
MOTION_PINS = (17, 27, 22, 23)
RECORD_S = 1

PROFILE = """\
version = 1

[levels]
base_pct = 10.0
presence_pct = 100.0

[presence]
hold_s = 2.0
behind_m = 3.0
slowest_m_s = 1.3
fastest_m_s = 4.5
preview_cap_m = 10.0
fade_up_s = 0.5
fade_down_s = 1.5
"""


def lamp(index: int) -> str:
    """Return the name of a lamp, counted from 0 along the path."""
    return f"L{index + 1:02}"


def sensor(index: int) -> str:
    """Return the name of the motion sensor at a lamp, counted from 0 along the path."""
    return f"M{index + 1:02}"


def place_m(index: int) -> float:
    """Return where a lamp and its sensor stand, in metres from the path's west end."""
    return SPACING_M * (index + 0.5)


def longitude_at_midnight(utc: datetime) -> float:
    """Return the longitude in degrees, -180 to 180, where the mean sun is lowest at `utc`.

    At the equator the night lasts another five hours there, all year round.
    """
    hours = utc.hour + utc.minute / 60 + utc.second / 3600
    return (180.0 - 15.0 * hours) % 360.0 - 180.0


def path_text(longitude_deg: float) -> str:
    """Return the path file."""
    nodes = "".join(f'\n[[node]]\nid = "{node}"\n' for node in NODES)
    points = "".join(_point_text(index) for index in range(LAMPS))
    return f"""\
[path]
tenant = "{TENANT}"
id = "{PATH_ID}"
name = "Demo path"
latitude = 0.0
longitude = {longitude_deg:.3f}
timezone = "Etc/UTC"

[[junction]]
id = "west"

[[junction]]
id = "east"

[[section]]
id = "{SECTION}"
from = "west"
to = "east"
length_m = {LENGTH_M}
{nodes}{points}"""


def _point_text(index: int) -> str:
    node = NODES[index // LAMPS_PER_NODE]
    return f"""
[[lamp]]
id = "{lamp(index)}"
section = "{SECTION}"
at_m = {place_m(index)}
node = "{node}"
rated_w = {RATED_W}

[[motion_sensor]]
id = "{sensor(index)}"
section = "{SECTION}"
at_m = {place_m(index)}
node = "{node}"
reach_m = {REACH_M}
"""


def node_text(number: int, port: int, protocol: str) -> str:
    """Return the file of node `number`, counted from 0; broker at `port` of this machine."""
    return f"""\
path_file = "path.toml"
profile_file = "profile.toml"
node = "{NODES[number]}"
state_dir = "state-{NODES[number]}"

[clock]
trust = "always"

[ledger]
record_s = {RECORD_S}

[mqtt]
host = "127.0.0.1"
port = {port}
protocol = "{protocol}"
{_wiring_text(number)}"""


def _wiring_text(number: int) -> str:
    first = number * LAMPS_PER_NODE
    lamps = (
        f'\n[lamps.{lamp(first + i)}]\nkind = "gpio_pwm"\npin = {pin}\n'
        for i, pin in enumerate(LAMP_PINS)
    )
    sensors = (
        f'\n[motion.{sensor(first + i)}]\nkind = "gpio"\npin = {pin}\n'
        for i, pin in enumerate(MOTION_PINS)
    )
    return "".join((*lamps, *sensors))
