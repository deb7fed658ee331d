import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.accounts.site import SheetError, from_document, sheet_of
from controller.core.path import Path
from controller.core.profile import Baseline, NightTime, Profile
from controller.core.site import build_site
from controller.settings.path import load_path
from tests.accounts.build import sheet
from tests.core.build import graphs, paths
from tests.support.data import ROOT

Change = Callable[[dict[str, Any]], object]


def document() -> dict[str, Any]:
    """A sheet as a store gives it back: it has been JSON in between."""
    return dict(json.loads(json.dumps(sheet().to_document())))


def test_a_sheet_survives_the_store() -> None:
    assert from_document(document()) == sheet()


def test_a_baseline_that_follows_the_sun_survives_too() -> None:
    own = Baseline("own", 4, NightTime("dusk", 60), NightTime("sunrise", -30), 40.0, 70.0)
    kept = json.loads(json.dumps(sheet(baseline=own).to_document()))
    assert from_document(kept).baseline == own


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda doc: doc.pop("layout"), "layout is None"),
        (lambda doc: doc.update(layout=2), "layout is 2"),
        (lambda doc: doc.pop("path_name"), "path_name"),
        (lambda doc: doc.update(timezone="Europe/Berln"), "Europe/Berln"),
        (lambda doc: doc.update(timezone="../etc"), "damaged"),
        (lambda doc: doc.update(lamps=[]), "damaged"),
        (lambda doc: doc["lamps"]["L1"].pop("power"), "power"),
        (lambda doc: doc["lamps"]["L1"]["power"].update(points=[[1]]), "damaged"),
        (lambda doc: doc.update(controller_w="much"), "damaged"),
        (lambda doc: doc["baseline"].update(kind="none"), "none"),
        (lambda doc: doc["baseline"].update(begin={"event": "noon", "minutes": 0}), "noon"),
    ],
)
def test_what_is_no_sheet_is_refused_with_the_reason(change: Change, what: str) -> None:
    spoilt = document()
    change(spoilt)
    with pytest.raises(SheetError) as caught:
        from_document(spoilt)
    assert what in str(caught.value)


def test_a_node_is_described_as_its_path_and_profile_are() -> None:
    path = load_path(ROOT / "config" / "paths" / "kanalpromenade.toml")
    found = sheet_of(build_site(path, "n4"), Profile())
    assert (found.tenant, found.path, found.node) == ("muenster", "kanalpromenade", "n4")
    assert list(found.lamps) == [f"L{i}" for i in range(34, 44)]
    assert {x.stretch_m for x in found.lamps.values()} == {35.0}
    assert found.sections["s1"].length_m == 1505
    assert (found.sections["s1"].width_m, found.sections["s1"].illuminance_lx) == (None, None)
    assert (found.base_pct, found.presence_pct) == (10.0, 100.0)
    assert found.price_per_kwh == Profile().price_per_kwh


@given(paths(graphs(), nodes=("n", "m")), st.data())
def test_the_lamps_of_all_nodes_together_light_every_section_once(
    path: Path, data: st.DataObject
) -> None:
    sheets = [sheet_of(build_site(path, x.id), Profile()) for x in path.nodes]
    lit = sorted({x.section for x in path.lamps})
    section = data.draw(st.sampled_from(lit))
    stretches_m = [x.stretch_m for s in sheets for x in s.lamps.values() if x.section == section]
    length_m = next(x.length_m for x in path.sections if x.id == section)
    assert sum(stretches_m) == pytest.approx(length_m)
    assert min(stretches_m) >= 0.0
