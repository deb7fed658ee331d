"""Whatever is in a file, a message or the environment: settings, or one clear refusal."""

import copy
import pathlib
import tomllib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.core.path import Path
from controller.core.profile import Profile
from controller.settings.check import check_files
from controller.settings.faults import SettingsError
from controller.settings.node import NodeSettings, load_node
from controller.settings.path import PathFile, path_from
from controller.settings.profile import ProfileSettings, parse_profile
from controller.settings.shape import names_in

UNHURRIED = settings(deadline=None)
"""Time zones and files are read from a disk that others may keep busy."""

CONFIG = pathlib.Path(__file__).parents[2] / "config"

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.just(10**400)
    | st.floats()
    | st.text(alphabet=st.characters(), max_size=50)
)


def words(model: type[Any]) -> list[str]:
    """Give the names of a model's settings, tables and fields alike."""
    tables = names_in(model)
    return [*tables, *(name for one in tables.values() for name in names_in(one.annotation))]


def documents(model: type[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Give nested tables that often use the model's own names."""
    keys = st.sampled_from(words(model)) | st.text(alphabet=st.characters(), max_size=10)
    trees = st.recursive(
        SCALARS,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=6),
        max_leaves=30,
    )
    return st.dictionaries(keys, trees, max_size=8)


def accepted(make: Callable[[], object], wanted: type[Any]) -> None:
    """Expect a result or a refusal that can be printed and sent."""
    try:
        result = make()
    except SettingsError as refusal:
        faults = refusal.faults
        text = str(refusal)
    else:
        faults, text = (), ""
        assert isinstance(result, wanted)
    assert len(text.encode().splitlines()) == (len(faults) + 1 if faults else 0)


@given(documents(ProfileSettings) | SCALARS | st.lists(SCALARS))
@UNHURRIED
def test_a_profile_or_a_refusal(data: object) -> None:
    accepted(lambda: parse_profile(data, version=1, source="test"), Profile)


@given(documents(PathFile))
@UNHURRIED
def test_a_path_or_a_refusal(data: dict[str, Any]) -> None:
    accepted(lambda: path_from(data, source="test"), Path)


SMALL = tomllib.loads((CONFIG / "paths" / "small.toml").read_text())


def tables_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Give every table of a path file, in order."""
    parts = (part if isinstance(part, list) else [part] for part in document.values())
    return [table for part in parts for table in part]


TABLES = tables_of(SMALL)
FIELDS = sorted({field for table in TABLES for field in table} | {"power", "controller_w"})


@given(
    st.lists(
        st.tuples(st.integers(0, len(TABLES) - 1), st.sampled_from(FIELDS), SCALARS),
        min_size=1,
        max_size=5,
    )
)
@UNHURRIED
def test_a_spoilt_path_or_a_refusal(changes: list[tuple[int, str, object]]) -> None:
    document = copy.deepcopy(SMALL)
    for index, field, value in changes:
        tables_of(document)[index][field] = value
    accepted(lambda: path_from(document, source="test"), Path)


@given(content=st.binary(max_size=400) | st.text(max_size=200).map(str.encode))
@UNHURRIED
def test_a_file_or_a_refusal(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "hostile.toml"
    file.write_bytes(content)
    (report,) = check_files([file], {})
    assert report.lines()


NODE = CONFIG / "nodes" / "small-n1.toml"


@given(
    st.dictionaries(
        st.lists(st.sampled_from([*(word.upper() for word in words(NodeSettings)), "L1", ""]))
        .map("__".join)
        .map("CYCLELIGHT_{}".format),
        st.text(max_size=20),
        max_size=5,
    )
)
@settings(max_examples=60, deadline=None)
def test_an_environment_or_a_refusal(environ: dict[str, str]) -> None:
    accepted(lambda: load_node(NODE, environ), NodeSettings)
