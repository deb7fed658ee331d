"""From reports to needs: what a node takes note of, which lamps that concerns, and until when."""

import math
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.core.effects import Effect, FadeLamp
from controller.core.events import (
    Event,
    MotionReported,
    NeighbourReported,
    OverrideOrdered,
    PassageHeard,
    ProfileChanged,
    TimePassed,
)
from controller.core.lamps import driven
from controller.core.presence import SILENT_S
from controller.core.profile import Profile
from controller.core.site import Site, build_site
from controller.core.track import Track, Window
from controller.core.tracks import Tracks
from controller.core.watch import (
    Need,
    Watch,
    begun,
    came,
    concerned,
    expectations_s,
    followed,
    ground_of,
    motion_taken,
    need,
    neighbour_taken,
    passage_taken,
    resettled,
    unknown,
)
from tests.core.build import (
    SPACING_M,
    Host,
    line,
    settled,
    straight_path,
    with_presence,
)
from tests.core.crowd import RIDER, START_S, P, Passages, riding

# The middle one of three nodes: it has four of the twelve lamps and sensors.
SITE = build_site(straight_path(), "n1")
OWN = frozenset({"M04", "M05", "M06", "M07"})
OTHERS = frozenset(f"M{i:02}" for i in (*range(4), *range(8, 12)))
SETTLING_S = SPACING_M / P.slowest_m_s


def motion(
    watch: Watch, sensor: str, at_s: float, *, active: bool | None, now_s: float | None = None
) -> Watch:
    event = MotionReported(sensor, active, at_s)
    return motion_taken(watch, SITE, event, at_s if now_s is None else now_s)


def word(watch: Watch, sensor: str, now_s: float, *, active: bool, age_s: float = 0.0) -> Watch:
    """Let the sensor's node say something new."""
    seq = watch.evidence[sensor].newest.seq + 1 if sensor in watch.evidence else 0
    return passage_taken(watch, SITE, PassageHeard(sensor, "b", seq, age_s, active), now_s)


def node(watch: Watch, name: str, now_s: float, *, online: bool) -> Watch:
    return neighbour_taken(watch, SITE, NeighbourReported(name, online), now_s)


def quiet() -> Watch:
    """All sensors are read, all neighbours are there, and whoever was on the way was seen."""
    watch = begun(SITE, P, 0.0)
    for sensor in sorted(OWN):
        watch = motion(watch, sensor, 1.0, active=False)
    for name in ("n0", "n2"):
        watch = node(watch, name, 1.0, online=True)
    return followed(watch, SITE, START_S / 2.0)


QUIET = quiet()


def the(watch: Watch) -> Track:
    [track] = watch.tracks.live
    return track


# --- at the start ---------------------------------------------------------------------------------


def test_at_the_start_own_sensors_may_see_somebody_and_others_say_nothing() -> None:
    watch = begun(SITE, P, 100.0)
    assert watch.evidence.keys() == OWN | OTHERS
    assert (watch.occupied, watch.unreadable) == (OWN, OWN)
    assert watch.silent == {"n0": math.inf, "n2": math.inf}
    assert (watch.tracks.live, watch.tracks.deaf) == ((), OTHERS)


def test_it_settles_when_the_slowest_must_have_been_seen_by_some_sensor() -> None:
    assert SITE.longest_unseen_m == SPACING_M
    assert begun(SITE, P, 100.0).settles_s == pytest.approx(100.0 + SETTLING_S)
    slow = replace(P, slowest_m_s=0.35)
    assert begun(SITE, slow, 100.0).settles_s == pytest.approx(100.0 + 2.0 * SETTLING_S)


def test_once_it_has_settled_it_is_settled() -> None:
    watch = begun(SITE, P, 0.0)
    assert followed(watch, SITE, SETTLING_S - 0.01).settles_s is not None
    assert followed(watch, SITE, SETTLING_S).settles_s is None


# --- own sensors ----------------------------------------------------------------------------------


def test_who_comes_and_leaves_is_a_track_and_occupies_the_sensor_meanwhile() -> None:
    came = motion(QUIET, "M05", START_S, active=True)
    assert came.occupied == {"M05"}
    assert (the(came).sensor, the(came).rise_s, the(came).fall_s) == ("M05", START_S, None)
    gone = motion(came, "M05", START_S + 3.0, active=False)
    assert gone.occupied == set()
    assert the(gone).fall_s == START_S + 3.0


def test_nothing_that_was_known_is_news() -> None:
    assert motion(QUIET, "M05", 1.0, active=False) is QUIET
    came = motion(QUIET, "M05", START_S, active=True)
    assert motion(came, "M05", START_S, active=True, now_s=START_S + 5.0) is came


@pytest.mark.parametrize("sensor", ["M03", "M99"])
def test_sensors_of_others_are_not_ours_to_report(sensor: str) -> None:
    assert motion(QUIET, sensor, START_S, active=True) is QUIET


def test_a_sensor_that_begins_to_see_somebody_tells_of_one_who_came() -> None:
    seen = motion(QUIET, "M05", START_S, active=True)
    assert came(QUIET, seen, "M05")
    assert not came(QUIET, seen, "M06")
    assert not came(seen, seen, "M05")
    assert not came(seen, motion(seen, "M05", START_S + 5.0, active=False), "M05")
    assert not came(QUIET, motion(QUIET, "M05", START_S, active=None), "M05")


@pytest.mark.parametrize("read_after_s", [0.0, 0.1])
def test_whom_a_sensor_sees_as_it_is_first_read_is_a_track(read_after_s: float) -> None:
    watch = begun(SITE, P, START_S)
    for sensor in sorted(OWN):
        at_s = START_S + read_after_s
        watch = motion(watch, sensor, at_s, active=sensor == "M05")
    [track] = watch.tracks.live
    assert (track.sensor, track.rise_s, track.hits) == ("M05", START_S + read_after_s, 1)
    assert watch.occupied == {"M05"}


def test_nobody_comes_in_the_future() -> None:
    watch = motion(QUIET, "M05", START_S + 60.0, active=True, now_s=START_S)
    assert the(watch).rise_s == START_S


def test_a_sensor_that_cannot_be_read_may_see_somebody_but_tells_of_nobody() -> None:
    lost = motion(QUIET, "M05", START_S, active=None)
    assert lost.occupied == lost.unreadable == {"M05"}
    assert lost.tracks.live == ()
    free = motion(lost, "M05", START_S + 5.0, active=False)
    assert (free.occupied, free.unreadable, free.tracks.live) == (frozenset(), frozenset(), ())
    back = motion(lost, "M05", START_S + 5.0, active=True)
    assert back.occupied == {"M05"}
    assert back.unreadable == set()
    assert the(back).rise_s == START_S + 5.0


def test_who_is_there_as_a_sensor_is_lost_stays_there_until_it_is_read() -> None:
    watch = motion(QUIET, "M05", START_S, active=True)
    watch = motion(watch, "M05", START_S + 5.0, active=None)
    assert the(watch).fall_s is None
    assert watch.occupied == {"M05"}
    watch = motion(watch, "M05", START_S + 60.0, active=False)
    assert the(watch).fall_s == START_S + 60.0


def test_who_is_reported_after_they_left_was_there() -> None:
    # The report of the end was faster.
    watch = motion(QUIET, "M05", START_S, active=False)
    assert watch.tracks.live == ()
    watch = motion(watch, "M05", START_S - 2.0, active=True, now_s=START_S + 1.0)
    assert (the(watch).sensor, the(watch).fall_s) == ("M05", START_S)
    assert watch.occupied == set()


def test_who_comes_again_before_the_end_was_reported_is_the_same() -> None:
    watch = motion(QUIET, "M05", START_S, active=True)
    watch = motion(watch, "M05", START_S + 5.0, active=True)
    assert (the(watch).rise_s, the(watch).fall_s) == (START_S, None)


def test_an_end_that_was_not_heard_tells_nothing_of_those_who_came_before() -> None:
    # A rider comes by M04, M05 and M06; of M05 the end is lost, and somebody else comes there.
    watch = QUIET
    for at_s, sensor, active in (
        (0.0, "M04", True),
        (2.8, "M04", False),
        (7.0, "M05", True),
        (14.0, "M06", True),
    ):
        watch = motion(watch, sensor, START_S + at_s, active=active)
    assert the(watch).seen_before == ("M05", START_S + 7.0)
    again = motion(watch, "M05", START_S + 19.0, active=True)
    rider, other = again.tracks.live
    assert rider == the(watch)._replace(seen_before=None)
    assert (other.sensor, other.rise_s, other.fall_s) == ("M05", START_S + 19.0, None)


def test_a_sensor_is_blind_since_its_last_end() -> None:
    # Two riders 3.5 s apart, the second behind the first: M06 is blind when the second comes.
    watch = QUIET
    for at_s, sensor, active in (
        (0.0, "M04", True),
        (2.8, "M04", False),
        (7.0, "M05", True),
        (9.8, "M05", False),
        (10.0, "M06", True),
        (13.0, "M06", False),
        (15.9, "M06", True),
    ):
        watch = followed(watch, SITE, START_S + at_s)
        watch = motion(watch, sensor, START_S + at_s, active=active)
    # Foretold for 14 s, seen at 15.9 s when the sensor saw again.
    track = next(t for t in watch.tracks.live if t.hits == 3)
    assert track.sensor == "M06"
    assert track.rise_s == pytest.approx(START_S + 14.0)


# --- sensors of other nodes -----------------------------------------------------------------------


def test_a_neighbour_tells_who_comes_and_leaves() -> None:
    came = word(QUIET, "M03", START_S, active=True, age_s=0.5)
    assert came.occupied == {"M03"}
    assert (the(came).sensor, the(came).rise_s) == ("M03", START_S - 0.5)
    gone = word(came, "M03", START_S + 4.0, active=False, age_s=0.2)
    assert (gone.occupied, the(gone).fall_s) == (frozenset(), START_S + 3.8)


def test_whoever_came_unheard_was_there_until_the_end_that_is_heard() -> None:
    gone = word(QUIET, "M03", START_S, active=False, age_s=0.5)
    assert (the(gone).sensor, the(gone).fall_s, gone.occupied) == (
        "M03",
        START_S - 0.5,
        frozenset(),
    )


def test_who_is_still_there_is_news_of_nobody_else() -> None:
    came = word(QUIET, "M03", START_S, active=True)
    again = word(came, "M03", START_S + 10.0, active=True, age_s=10.0)
    assert again.tracks is came.tracks
    assert again.evidence["M03"].heard_at_s == START_S + 10.0


def test_nobody_comes_in_the_future_of_a_neighbour() -> None:
    assert the(word(QUIET, "M03", START_S, active=True, age_s=-5.0)).rise_s == START_S


def test_doubles_are_no_news() -> None:
    came = word(QUIET, "M03", START_S, active=True)
    again = PassageHeard("M03", "b", came.evidence["M03"].newest.seq, 1.0, active=False)
    assert passage_taken(came, SITE, again, START_S + 1.0) is came


@pytest.mark.parametrize("sensor", ["M05", "M99"])
def test_others_have_no_word_about_own_sensors_nor_about_unknown_ones(sensor: str) -> None:
    assert word(QUIET, sensor, START_S, active=True) is QUIET


def test_of_whom_nothing_more_is_heard_is_gone() -> None:
    came = word(QUIET, "M03", START_S, active=True)
    came = word(came, "M03", START_S + 10.0, active=True, age_s=10.0)
    gone_s = START_S + 10.0 + SILENT_S
    waiting = followed(came, SITE, gone_s - 0.01)
    assert waiting is came
    gone = followed(came, SITE, gone_s)
    assert (gone.occupied, gone.evidence["M03"].occupied) == (frozenset(), False)
    assert (the(gone).sensor, the(gone).fall_s) == ("M03", gone_s)
    # How long they were there is not known: they are no group, and did not stand there.
    assert (the(gone).tail_s, the(gone).rise_s) == (the(came).tail_s, START_S)


def test_own_sensors_need_not_speak_again() -> None:
    came = motion(QUIET, "M05", START_S, active=True)
    assert followed(came, SITE, START_S + 3600.0) is came


# --- neighbours -----------------------------------------------------------------------------------


def test_of_a_neighbour_that_is_not_there_nothing_is_expected() -> None:
    gone = node(QUIET, "n2", START_S, online=False)
    assert gone.silent == {"n2": math.inf}
    assert gone.tracks.deaf == {"M08", "M09", "M10", "M11"}
    assert followed(gone, SITE, START_S + 1e6).silent == {"n2": math.inf}


def test_a_neighbour_that_comes_back_could_not_tell_of_those_who_came_before() -> None:
    back = node(node(QUIET, "n2", START_S, online=False), "n2", START_S + 60.0, online=True)
    settled_s = START_S + 60.0 + SETTLING_S
    assert back.silent == pytest.approx({"n2": settled_s})
    assert back.tracks.deaf == set()
    assert followed(back, SITE, settled_s - 0.01).silent == back.silent
    assert followed(back, SITE, settled_s).silent == {}


def test_a_neighbour_that_is_back_is_silent_no_longer_than_one_that_stays_away() -> None:
    gone = node(node(QUIET, "n0", START_S, online=False), "n2", START_S, online=False)
    back = node(gone, "n2", START_S + 60.0, online=True)
    assert followed(back, SITE, START_S + 60.0 + SETTLING_S).silent == {"n0": math.inf}


def test_a_neighbour_that_goes_again_before_that_is_gone() -> None:
    back = node(node(QUIET, "n2", START_S, online=False), "n2", START_S + 60.0, online=True)
    assert node(back, "n2", START_S + 61.0, online=True) is back
    assert node(back, "n2", START_S + 61.0, online=False).silent == {"n2": math.inf}


@pytest.mark.parametrize("online", [True, False])
def test_what_was_known_of_a_neighbour_is_no_news(*, online: bool) -> None:
    watch = QUIET if online else node(QUIET, "n2", START_S, online=False)
    assert node(watch, "n2", START_S + 60.0, online=online) is watch


@pytest.mark.parametrize("name", ["n1", "n9"])
@pytest.mark.parametrize("online", [True, False])
def test_nodes_that_concern_nothing_here_do_not_matter(name: str, *, online: bool) -> None:
    assert node(QUIET, name, START_S, online=online) is QUIET


def test_tracks_are_planned_anew_when_a_neighbour_goes() -> None:
    watch = motion(QUIET, "M07", START_S, active=True)
    watch = motion(watch, "M07", START_S + 3.0, active=False)
    gone = node(watch, "n2", START_S + 3.0, online=False)
    # M08 would have seen them; now the end of the path is the limit, far away.
    assert the(gone).review_s > the(watch).review_s + SETTLING_S


# --- settings -------------------------------------------------------------------------------------


def test_other_settings_plan_all_tracks_anew_and_keep_what_is_known() -> None:
    watch = node(motion(QUIET, "M05", START_S, active=True), "n2", START_S, online=False)
    wide = replace(P, fade_up_s=3.0)
    again = resettled(watch, SITE, wide)
    assert again.tracks.ground == ground_of(SITE, wide)
    assert again.tracks.deaf == watch.tracks.deaf
    assert again._replace(tracks=watch.tracks) == watch
    for lamp, before in the(watch).windows.items():
        assert the(again).windows[lamp] == before._replace(from_s=before.from_s - 2.0)


# --- what runs out --------------------------------------------------------------------------------


def test_it_is_known_when_what_is_expected_runs_out() -> None:
    watch = begun(SITE, P, START_S)
    assert sorted(expectations_s(watch, SITE)) == pytest.approx(
        [START_S + SETTLING_S, math.inf, math.inf, math.inf]
    )
    watch = word(QUIET, "M03", START_S, active=True)
    watch = motion(watch, "M05", START_S, active=True)
    watch = motion(watch, "M05", START_S + 3.0, active=False)
    review_s = next(track.review_s for track in watch.tracks.live if track.sensor == "M05")
    assert sorted(expectations_s(watch, SITE)) == pytest.approx(
        sorted([review_s, START_S + SILENT_S])
    )


def test_who_was_due_and_was_not_seen_is_judged_when_time_has_passed() -> None:
    watch = motion(QUIET, "M05", START_S, active=True)
    watch = motion(watch, "M05", START_S + 3.0, active=False)
    due_s = the(watch).review_s
    assert followed(watch, SITE, due_s - 0.01) is watch
    assert followed(watch, SITE, due_s).tracks.live == ()


# --- what is not known ----------------------------------------------------------------------------


def unknowns(watch: Watch, site: Site = SITE) -> dict[str, str]:
    return {lamp: unknown(watch, site, lamp) for lamp in site.lamps}


def test_when_all_speak_and_it_has_settled_enough_is_known() -> None:
    assert set(unknowns(QUIET).values()) == {""}
    assert QUIET.unknowns == (frozenset(), frozenset(), None)


def test_before_it_has_settled_nothing_is_known_of_any_lamp() -> None:
    watch = QUIET._replace(settles_s=START_S)
    assert set(unknowns(watch).values()) == {"just_started"}
    assert watch.unknowns[2] == START_S


def test_a_sensor_that_cannot_be_read_matters_to_the_lamps_around_it() -> None:
    lost = motion(QUIET, "M05", START_S, active=None)
    assert SITE.around["M05"] == {"L04", "L05", "L06"}
    assert {x for x, why in unknowns(lost).items() if why} == {"L04", "L05", "L06"}
    assert set(unknowns(lost).values()) == {"", "sensor_unreadable"}
    assert lost.unknowns[0] == {"M05"}


def test_nothing_is_expected_of_a_silent_neighbour_whatever_is_learned_of_its_sensors() -> None:
    host = settled("n1")
    host.hear("M08", 1, active=True)
    host.tell(NeighbourReported("n2", online=False))
    assert "M08" in host.state.watch.tracks.deaf
    host.run_to(host.now_s + 200.0)  # a lone passage: it is dropped and counted
    assert host.state.watch.tracks.habits["M08"].lone > 0.0
    assert "M08" in host.state.watch.tracks.deaf


def test_a_silent_neighbour_matters_to_the_lamps_that_it_guards() -> None:
    gone = node(QUIET, "n2", START_S, online=False)
    guarded = SITE.guards["n2"]
    assert {"L07"} <= guarded < SITE.lamps.keys()
    assert {x for x, why in unknowns(gone).items() if why} == guarded
    assert set(unknowns(gone).values()) == {"", "neighbour_silent"}
    assert gone.unknowns[1] == {"n2"}
    back = node(gone, "n2", START_S + 60.0, online=True)
    assert unknowns(back) == unknowns(gone)


def test_a_lamp_without_any_sensor_near_is_never_known() -> None:
    site = build_site(line(400.0, {"near": 10.0, "far": 350.0}, {"M": 10.0}), "n")
    watch = begun(site, P, 0.0)
    assert unknowns(watch, site) == {"near": "just_started", "far": "no_sensor_near"}


# --- needs ----------------------------------------------------------------------------------------


def windowed(
    *windows: Window, sensors: str = "ABCDEF", occupied: frozenset[str] = frozenset()
) -> Watch:
    """Tracks that need lamp L05 at these times."""
    live = tuple(
        RIDER._replace(sensor=sensor, windows={"L05": window})
        for sensor, window in zip(sensors, windows, strict=False)
    )
    return QUIET._replace(tracks=Tracks.none(QUIET.tracks.ground)._replace(live=live))._replace(
        occupied=occupied
    )


def window(
    from_s: float = math.inf,
    until_s: float = -math.inf,
    calm_from_s: float = math.inf,
    calm_until_s: float = -math.inf,
) -> Window:
    return Window(from_s, until_s, calm_from_s, calm_until_s)


def asked(
    watch: Watch, now_s: float, *, lit: bool = False, lamp: str = "L05"
) -> tuple[Need | None, float]:
    return need(watch, SITE, lamp, now_s, lit=lit)


def test_nobody_needs_a_lamp_for_whom_no_track_does() -> None:
    assert asked(windowed(), 10.0) == (None, math.inf)
    assert asked(windowed(window(0.0, 20.0)), 10.0, lamp="L06") == (None, math.inf)


def test_a_lamp_is_needed_from_the_first_moment_until_the_last() -> None:
    watch = windowed(window(10.0, 20.0))
    assert asked(watch, 9.99) == (None, 10.0)
    assert asked(watch, 10.0) == (Need(20.0, "A"), 20.0)
    assert asked(watch, 19.99) == (Need(20.0, "A"), 20.0)
    assert asked(watch, 20.0) == (None, math.inf)


def test_of_several_the_last_counts_and_the_first_who_comes() -> None:
    watch = windowed(window(10.0, 20.0), window(5.0, 30.0), window(40.0, 50.0), window(35.0, 60.0))
    assert asked(watch, 12.0) == (Need(30.0, "B"), 30.0)
    assert asked(watch, 32.0) == (None, 35.0)
    assert asked(watch, 45.0) == (Need(60.0, "D"), 60.0)


def test_of_several_who_need_it_as_long_the_first_is_named() -> None:
    needed, soon = window(5.0, 20.0), window(15.0, 18.0, 5.0, 20.0)
    assert asked(windowed(needed, needed), 12.0) == (Need(20.0, "A"), 20.0)
    for both in ((needed, soon), (soon, needed)):
        assert asked(windowed(*both), 12.0, lit=True) == (Need(20.0, "A"), 20.0)


def test_a_lamp_that_is_lit_stays_so_where_it_is_needed_again_soon() -> None:
    watch = windowed(window(20.0, 30.0, 10.0, 25.0))
    assert asked(watch, 9.0, lit=True) == (None, 20.0)
    assert asked(watch, 10.0, lit=True) == (Need(25.0, "A"), 25.0)
    assert asked(watch, 10.0, lit=False) == (None, 20.0)
    assert asked(watch, 22.0, lit=True) == (Need(30.0, "A"), 30.0)
    assert asked(watch, 30.0, lit=True) == (None, math.inf)


def test_calm_of_one_who_may_not_come_at_all_ends() -> None:
    watch = windowed(window(calm_from_s=10.0, calm_until_s=25.0), window(5.0, 12.0))
    assert asked(watch, 11.0, lit=True) == (Need(25.0, "A"), 25.0)
    assert asked(watch, 11.0) == (Need(12.0, "B"), 12.0)
    assert asked(watch, 25.0, lit=True) == (None, math.inf)


def test_calm_does_not_shorten_a_need() -> None:
    watch = windowed(window(0.0, 40.0, 10.0, 25.0))
    assert asked(watch, 11.0, lit=True) == (Need(40.0, "A"), 40.0)


def test_as_long_as_a_sensor_sees_somebody_the_lamps_it_looks_at_are_needed() -> None:
    watch = windowed(window(0.0, 40.0), occupied=frozenset({"M05"}))
    assert SITE.watchers["M05"] == {"L05"}
    assert asked(watch, 11.0) == (Need(math.inf, "M05"), math.inf)
    assert asked(watch, 11.0, lamp="L06") == (None, math.inf)


times_s = st.floats(0.0, 100.0)


@st.composite
def windows(draw: st.DrawFn) -> Window:
    needed = sorted(draw(st.tuples(times_s, times_s)))
    calm = sorted(draw(st.tuples(times_s, times_s)))
    nothing = math.inf, -math.inf
    return Window(
        *(needed if draw(st.booleans()) else nothing), *(calm if draw(st.booleans()) else nothing)
    )


@given(
    those=st.lists(windows(), max_size=5),
    now_s=times_s,
    share=st.floats(0.0, 0.999),
    lit=st.booleans(),
)
def test_asking_again_when_it_says_is_early_enough(
    those: list[Window], now_s: float, share: float, *, lit: bool
) -> None:
    watch = windowed(*those)
    needed, next_s = asked(watch, now_s, lit=lit)
    assert next_s > now_s
    between_s = now_s + share * (min(next_s, 200.0) - now_s)
    again, _ = asked(watch, between_s, lit=needed is not None)
    assert (again is None) == (needed is None)


@given(those=st.lists(windows(), max_size=5), now_s=times_s, lit=st.booleans())
def test_a_lamp_is_needed_if_anybody_needs_it_and_until_nobody_does(
    those: list[Window], now_s: float, *, lit: bool
) -> None:
    needed, _ = asked(windowed(*those), now_s, lit=lit)
    ends_s = [w.until_s for w in those if w.from_s <= now_s < w.until_s]
    if lit:
        ends_s += [w.calm_until_s for w in those if w.calm_from_s <= now_s < w.calm_until_s]
    assert (needed and needed.until_s) == (max(ends_s) if ends_s else None)


# --- which lamps it concerns ----------------------------------------------------------------------


def test_what_changes_nothing_concerns_no_lamp() -> None:
    watch = motion(QUIET, "M05", START_S, active=True)
    assert concerned(watch, watch, SITE) == set()
    assert concerned(watch, followed(watch, SITE, START_S + 1.0), SITE) == set()


def test_a_sensor_that_sees_somebody_concerns_the_lamps_it_looks_at() -> None:
    before = QUIET._replace(occupied=frozenset({"M04"}))
    after = QUIET._replace(occupied=frozenset({"M04", "M06"}))
    assert concerned(before, after, SITE) == {"L06"}
    assert concerned(after, before, SITE) == {"L06"}


def test_a_new_track_concerns_all_that_it_needs_and_so_does_one_that_is_dropped() -> None:
    came = motion(QUIET, "M05", START_S, active=True)
    assert concerned(QUIET, came, SITE) == the(came).windows.keys()
    dropped = came._replace(tracks=QUIET.tracks)
    assert concerned(came, dropped, SITE) == the(came).windows.keys()


def test_a_track_that_is_planned_anew_concerns_the_lamps_whose_windows_are_other_ones() -> None:
    def planned(**those: Window) -> Watch:
        track = RIDER._replace(windows=those)
        return QUIET._replace(tracks=QUIET.tracks._replace(live=(other, track)))

    other = RIDER._replace(windows={"L07": window(0.0, 1.0)})
    before = planned(L04=window(0.0, 10.0), L05=window(0.0, 20.0))
    after = planned(L05=window(0.0, 20.0), L06=window(5.0, 30.0))
    assert concerned(before, after, SITE) == {"L04", "L06"}
    assert concerned(before, planned(L04=window(0.0, 10.0), L05=window(0.0, 20.0)), SITE) == set()


def test_a_track_that_lights_nothing_any_more_or_again_concerns_all_that_it_lit() -> None:
    lit, dark = (RIDER._replace(windows=those) for those in ({"L04": window(0.0, 10.0)}, {}))
    before, after = (
        QUIET._replace(tracks=QUIET.tracks._replace(live=(track,))) for track in (lit, dark)
    )
    assert concerned(before, after, SITE) == {"L04"}
    assert concerned(after, before, SITE) == {"L04"}


def test_where_several_change_all_their_lamps_are_concerned() -> None:
    one, two = (RIDER._replace(windows={x: window(0.0, 10.0)}) for x in ("L04", "L05"))
    before = QUIET._replace(tracks=QUIET.tracks._replace(live=(one,)))
    new = one._replace(windows={"L04": window(0.0, 10.0)})
    after = QUIET._replace(tracks=QUIET.tracks._replace(live=(new, two)))
    assert concerned(before, after, SITE) == {"L04", "L05"}


# --- any course of events -------------------------------------------------------------------------

HALF = straight_path(8, 4)
HALF_SITE = build_site(HALF, "n0")
Timed = tuple[float, Event]


@dataclass
class Witness(Host):
    """Decides all lamps anew after every step: nothing may have been overlooked."""

    told: int = 0

    def tell(self, event: Event) -> tuple[Effect, ...]:
        effects = super().tell(event)
        self.told += 1
        anew: list[Effect] = []
        again = driven(self.state, self.state.lamps, self.now_s, anew, needs_only=False)
        assert anew == []
        assert again.lamps == self.state.lamps
        for lamp, due_s in self.state.due_s.items():
            assert self.now_s < due_s <= again.due_s[lamp]
        # Whatever runs out lies ahead, and it wakes before.
        runs_out_s = [*expectations_s(self.state.watch, HALF_SITE), *self.state.due_s.values()]
        assert self.now_s < self.wake_at_s <= min(runs_out_s, default=math.inf)
        return effects


@st.composite
def people(draw: st.DrawFn) -> Passages:
    """Somebody who comes by some of the sensors, either way, or stands at one of them."""
    numbers = draw(st.sets(st.integers(0, 7), min_size=1))
    return riding(
        sorted(numbers, reverse=draw(st.booleans())),
        100.0 + draw(st.integers(0, 600)) / 4.0,
        speed_m_s=draw(st.sampled_from([0.7, 1.4, 3.0, 5.0, 8.3])),
        output_s=draw(st.sampled_from([0.0, 0.0, 2.0, 40.0])),
    )


def told(passages: Passages) -> list[Timed]:
    """What is reported: own sensors speak for themselves, of others the neighbour tells."""
    there: dict[str, int] = {}
    found: list[Timed] = []
    for seq, (at_s, sensor, change) in enumerate(sorted(passages)):
        before = there.get(sensor, 0)
        there[sensor] = before + change
        if bool(before) == bool(there[sensor]):
            continue
        if sensor in HALF_SITE.own_sensors:
            found.append((at_s, MotionReported(sensor, bool(there[sensor]), at_s)))
        else:
            found.append((at_s, PassageHeard(sensor, "b", seq, 0.0, bool(there[sensor]))))
    return found


disturbances = st.one_of(
    st.builds(
        MotionReported,
        st.sampled_from(sorted(HALF_SITE.own_sensors)),
        st.sampled_from([True, False, None]),
        st.integers(100, 400).map(float),
    ),
    st.builds(
        PassageHeard,
        st.sampled_from(["M04", "M05", "M07"]),
        st.just("c"),
        st.integers(1, 5),
        st.sampled_from([0.0, 3.0, 30.0]),
        st.booleans(),
    ),
    st.builds(NeighbourReported, st.just("n1"), st.booleans()),
    st.sampled_from([Profile(), with_presence(hold_s=20.0), with_presence(calm_s=0.0)]).map(
        ProfileChanged
    ),
    st.builds(OverrideOrdered, st.just(("L01", "L02")), st.just(42.0), st.just(30.0)),
    st.just(TimePassed()),
)


@st.composite
def courses(draw: st.DrawFn) -> list[Timed]:
    """People, and whatever else may happen, in order of time."""
    crowd = [one for those in draw(st.lists(people(), max_size=4)) for one in those]
    others = draw(
        st.lists(st.tuples(st.integers(400, 2000).map(lambda x: x / 4.0), disturbances), max_size=8)
    )
    return sorted([*told(crowd), *others], key=lambda one: one[0])


BEGUN = settled("n0", path=HALF)


def lived(host: Host, course: list[Timed]) -> Host:
    for at_s, event in course:
        host.run_to(at_s)
        host.tell(event)
    host.run_to(1500.0)
    return host


@given(course=courses())
def test_after_any_course_of_events_every_lamp_is_as_if_it_were_decided_anew(
    course: list[Timed],
) -> None:
    host = lived(Witness(BEGUN.state, BEGUN.now_s, wake_at_s=BEGUN.wake_at_s), course)
    assert isinstance(host, Witness)
    assert host.told >= len(course)
    # Ten minutes after the last of them nobody is left, but where a sensor says so.
    assert {track.sensor for track in host.state.watch.tracks.live} <= host.state.watch.occupied


@given(course=courses(), extra_s=st.lists(st.integers(400, 6000).map(lambda x: x / 4.0)))
def test_a_step_too_many_changes_nothing(course: list[Timed], extra_s: list[float]) -> None:
    more = sorted([*course, *((at_s, TimePassed()) for at_s in extra_s)], key=lambda one: one[0])

    def commands(those: list[Timed]) -> list[tuple[float, Effect]]:
        host = Host(BEGUN.state, BEGUN.now_s, wake_at_s=BEGUN.wake_at_s)
        return [x for x in lived(host, those).effects if isinstance(x[1], FadeLamp)]

    assert commands(more) == commands(course)
