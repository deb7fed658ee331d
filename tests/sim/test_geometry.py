import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.core.path import Section
from firmware_sim.geometry import lamp_cells, leaf_junctions, shortest_way, zone
from firmware_sim.intervals import gaps, intersection, total, union
from tests.sim.scenes import fork, path_of, straight


def test_union_merges_what_touches_and_drops_what_is_empty() -> None:
    assert union([(3, 4), (0, 1), (1, 2), (5, 5)]) == [(0, 2), (3, 4)]


def test_gaps_and_intersection_divide_a_stretch() -> None:
    covered = [(-5.0, -1.0), (1.0, 2.0), (3.0, 9.0)]
    open_parts = gaps((0.0, 5.0), covered)
    assert open_parts == [(0.0, 1.0), (2.0, 3.0)]
    assert total(open_parts) + total(intersection(covered, [(0.0, 5.0)])) == 5.0


edges_m = st.lists(st.integers(0, 20), min_size=2, max_size=12).map(sorted)


@given(edges_m, st.tuples(st.integers(0, 20), st.integers(0, 20)).filter(lambda x: x[0] < x[1]))
def test_gaps_and_what_is_covered_make_up_the_whole(
    edges: list[int], whole: tuple[int, int]
) -> None:
    covered = union(zip(edges[::2], edges[1::2], strict=False))
    parts = [*gaps(whole, covered), *intersection(covered, [whole])]
    assert union(parts) == [whole]
    assert total(parts) == whole[1] - whole[0]


def test_people_enter_where_one_section_ends() -> None:
    assert leaf_junctions(fork()) == ("west", "north", "south")


def test_a_way_leads_through_sections_in_either_direction() -> None:
    way = shortest_way(fork(), "north", "south")
    assert [(t.section, t.forward) for t in way] == [("b", False), ("c", False)]
    assert [t.ends_m for t in way] == [(70.0, 0.0), (70.0, 0.0)]


def test_the_shorter_of_two_ways_is_taken() -> None:
    sections = [
        Section("in", "west", "a", 10.0),
        Section("long", "a", "b", 90.0),
        Section("x", "a", "m", 20.0),
        Section("y", "m", "b", 20.0),
        Section("out", "b", "east", 10.0),
    ]
    way = shortest_way(path_of(sections, [("in", 5.0)]), "west", "east")
    assert [t.section for t in way] == ["in", "x", "y", "out"]


def test_no_way_is_an_error() -> None:
    sections = [Section("a", "w", "x", 10.0), Section("b", "y", "e", 10.0)]
    with pytest.raises(ValueError, match="no way"):
        shortest_way(path_of(sections, [("a", 5.0)]), "w", "e")


def test_reach_goes_round_a_junction() -> None:
    assert zone(fork(), "a", 65.0, 7.0) == {
        "a": [(58.0, 70.0)],
        "b": [(0.0, 2.0)],
        "c": [(68.0, 70.0)],
    }


def test_cells_are_half_the_spacing_on_either_side() -> None:
    cells = lamp_cells(straight(3))["s"]
    assert [(c.lamp, c.from_m, c.to_m) for c in cells] == [
        ("L0", 0.0, 35.0),
        ("L1", 35.0, 70.0),
        ("L2", 70.0, 105.0),
    ]


def test_a_stretch_at_a_junction_belongs_to_the_nearest_lamp() -> None:
    sections = [Section("a", "west", "m", 100.0), Section("b", "m", "east", 100.0)]
    cells = lamp_cells(path_of(sections, [("a", 80.0), ("b", 60.0)]))
    assert [(c.lamp, c.from_m, c.to_m) for c in cells["a"]] == [("L0", 0.0, 100.0)]
    assert [(c.lamp, c.from_m, c.to_m) for c in cells["b"]] == [
        ("L0", 0.0, 20.0),
        ("L1", 20.0, 100.0),
    ]
