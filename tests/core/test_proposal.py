import tomllib

import pytest

from controller.core.agreement import Agreement
from controller.core.metering import Meter
from controller.core.path import PowerTable
from controller.core.proposal import proposal_text
from controller.core.site import build_site
from tests.core.build import straight_path

SITE = build_site(straight_path(4), "n0")


def agreement(
    meter: Meter, table: PowerTable | None = None, factor: float | None = None
) -> Agreement:
    return Agreement(meter, 1234.4, 10.0, 9.0, 90.0, 0.0, table, factor)


def test_a_lamps_table_is_one_line_for_the_path_file() -> None:
    table = PowerTable(0.61, ((0.0, 1.9), (10.0, 3.105), (100.0, 13.4)))
    text = proposal_text(agreement(Meter("P1", ("L00",)), table), SITE)
    assert text.splitlines() == [
        "# Meter P1: 1234 samples. In [[lamp]] L00:",
        "power = { standby_w = 0.61, points = [[0, 1.90], [10, 3.10], [100, 13.40]] }",
    ]
    assert tomllib.loads(text)["power"]["points"] == [[0, 1.9], [10, 3.1], [100, 13.4]]


def test_a_group_is_scaled_lamp_by_lamp_and_the_controller_with_it() -> None:
    meter = Meter("P1", ("L00", "L01"), controller=True)
    text = proposal_text(agreement(meter, factor=1.1), SITE)
    assert "+10.0 % against the model" in text
    assert "# In [[lamp]] L01:" in text
    assert text.count("standby_w = 0.44, points = [[0, 1.32], [100, 16.50]]") == 2
    assert text.endswith("# In [[node]] n0:\ncontroller_w = 3.30\n")


@pytest.mark.parametrize("controller", [False, True])
def test_a_group_without_the_controller_leaves_it_alone(*, controller: bool) -> None:
    text = proposal_text(agreement(Meter("P1", ("L00", "L01"), controller), factor=0.9), SITE)
    assert ("controller_w" in text) is controller


def test_nothing_proposed_is_no_text() -> None:
    assert proposal_text(agreement(Meter("P1", ("L00",))), SITE) == ""
