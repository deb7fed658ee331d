"""A lamp of the path file: where it stands, what it draws, and how it ages."""

import itertools
from typing import Annotated

from pydantic import AfterValidator, Field

from controller.core import path as core
from controller.settings.shape import Identifier, Table, refusal

MOST_BURN_H = 500_000


Points = tuple[tuple[float, float], ...]
Advice = tuple[str, str]
"""(what is wrong, what to do)"""


def _rising_table(points: Points) -> Points:
    first_pct, last_pct = points[0][0], points[-1][0]
    if (first_pct, last_pct) != (0, 100):
        problem = f"runs from {first_pct:g} to {last_pct:g} % of flux"
        raise refusal(problem, "the first point is at 0, the last at 100")
    return _in_order(
        points,
        ("is not sorted by flux", "let each point have more flux than the one before"),
        ("has power falling while flux rises", "measure again, or swap the values"),
    )


def _spent_curve(points: Points) -> Points:
    first_h = points[0][0]
    if first_h != 0:
        problem = f"begins at {first_h:g} hours"
        raise refusal(problem, "let the first point say what the new lamp needs, at 0 hours")
    return _in_order(
        points,
        ("is not sorted by hours", "let each point have more hours than before"),
        ("has output falling with the hours", "an old lamp needs more of its output"),
    )


def _in_order(points: Points, unsorted: Advice, falling: Advice) -> Points:
    """Refuse points whose first values do not rise, or whose second ones fall."""
    steps = list(itertools.pairwise(points))
    if any(later[0] <= earlier[0] for earlier, later in steps):
        raise refusal(*unsorted)
    if any(later[1] < earlier[1] for earlier, later in steps):
        raise refusal(*falling)
    return points


def _warm_first(range_k: tuple[float, float]) -> tuple[float, float]:
    if range_k[0] >= range_k[1]:
        raise refusal("does not go from warm to cold", "warm light has fewer kelvin: [2200, 4000]")
    return range_k


Chainage = Annotated[
    float, Field(ge=0, description="metres along the section, from the junction it comes from")
]
Percent = Annotated[float, Field(ge=0, le=100)]
Kelvin = Annotated[float, Field(ge=1500, le=10_000)]
Watts = Annotated[float, Field(ge=0, le=1000)]
Point = Annotated[tuple[Percent, Watts], Field(strict=False)]
BurnHours = Annotated[float, Field(ge=0, le=MOST_BURN_H)]
Output = Annotated[float, Field(ge=50, le=100)]
AgePoint = Annotated[tuple[BurnHours, Output], Field(strict=False)]


class Power(Table):
    """What a lamp draws: when off, and at points of (flux in %, W), linear between them."""

    standby_w: Watts = Field(description="watts while the lamp is off, 0 to 1000")
    points: Annotated[tuple[Point, ...], AfterValidator(_rising_table)] = Field(
        strict=False,
        min_length=2,
        max_length=101,
        description="points of [flux in %, watts], rising from 0 to 100 %",
    )


class ConstantLight(Table):
    """Constant light output: what a lamp needs of its output for full light, by hours burned."""

    points: Annotated[tuple[AgePoint, ...], AfterValidator(_spent_curve)] = Field(
        strict=False,
        min_length=2,
        max_length=101,
        description="points of [hours burned, % of output], from 0 hours on, 50 to 100 %, rising",
    )
    burned_h: float = Field(
        default=0,
        ge=-MOST_BURN_H,
        le=MOST_BURN_H,
        description="hours that the luminaire burned before this controller counted; negative "
        "if a new luminaire has taken its place: minus what was counted until then",
    )


class Lamp(Table):
    """One luminaire."""

    id: Identifier
    section: Identifier
    at_m: Chainage
    node: Identifier = Field(description="the node that drives the lamp")
    rated_w: float = Field(gt=0, le=1000, description="watts at full light, above 0 up to 1000")
    power: Power | None = Field(
        default=None, description="a measured table { standby_w = ..., points = [[0, ...], ...] }"
    )
    cct_k: (
        Annotated[tuple[Kelvin, Kelvin], Field(strict=False), AfterValidator(_warm_first)] | None
    ) = Field(
        default=None,
        description="[warm, cold] in kelvin, 1500 to 10000, of a lamp that can be tuned",
    )
    clo: ConstantLight | None = Field(
        default=None,
        description="constant light output { points = [[0, 82], ...] } of a lamp whose gear does "
        "not do that itself",
    )


def core_lamp(lamp: Lamp) -> core.Lamp:
    """Return the lamp that the rules know."""
    power = core.PowerTable.for_rated(lamp.rated_w)
    if lamp.power is not None:
        power = core.PowerTable(lamp.power.standby_w, lamp.power.points)
    clo = None if lamp.clo is None else core.ConstantLight(lamp.clo.points, lamp.clo.burned_h)
    return core.Lamp(
        lamp.id, lamp.section, lamp.at_m, lamp.node, lamp.rated_w, power, lamp.cct_k, clo
    )
