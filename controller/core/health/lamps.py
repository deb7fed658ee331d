"""Health of lamps and meters: failed, dim, burning by day or all night, cycling; meter gone."""

from collections.abc import Iterator

from controller.core.arbitration import Rung, arbitrate
from controller.core.health.alarms import Finding, between
from controller.core.health.examination import Examination, Rule
from controller.core.health.meter_log import PowerSample
from controller.core.metering import STALE_S, Metered
from controller.core.state import LampState

# A lamp has failed when it draws less than this share of what it should beyond standby.
FAILED_SHARE, SOUND_SHARE = 0.25, 0.5
# A power table is right to this share of the lamps' power, and the controller's to that.
UNLIKE_SHARE, LIKE_SHARE = 0.3, 0.2
CONTROLLER_SHARE = 0.5
# Off, and drawing this much of one lamp at full, or of all lamps at full, whichever is more.
BURNING_OF_ONE, BURNING_OF_ALL = 0.4, 0.1
DAYLIGHT_LUX, DUSK_LUX = 1000.0, 300.0
CYCLING_TOGGLES, STEADY_TOGGLES = 4.0, 1.0
# A lamp is told to brighten every 15 s: people who come so often keep it lit.
SWITCHING_PER_H, CALM_PER_H = 240.0, 160.0
# In the quietest hour of a night it takes more than 200 passages to keep a lamp lit for so long.
ALL_NIGHT_SHARE, NIGHTLY_SHARE = 0.7, 0.5


def meter_gone(x: Examination) -> Iterator[Finding]:
    """Say which meters give no readings."""
    for meter, metered in x.state.meters.items():
        unread = metered.power_w is None
        evidence = {"cause": "read_fails" if unread else "no_reading"}
        yield Finding(meter, unread or x.moment.mono_s > metered.read_at_s + STALE_S, evidence)


def failed(x: Examination) -> Iterator[Finding]:
    """Say behind which meters the lamps draw as if they were off while they should be lit."""
    for subject, sample in _sampled(x):
        share = sample.lit_share
        uncertain_w = CONTROLLER_SHARE * sample.controller_w
        if share is not None and sample.model_w - sample.off_w > 2.0 * uncertain_w:
            faulty = between(share, fine=SOUND_SHARE, faulty=FAILED_SHARE)
            yield Finding(subject, faulty, _evidence(sample))


def dim(x: Examination) -> Iterator[Finding]:
    """Say behind which meters lit lamps draw clearly less than their power tables say."""
    for subject, sample in _sampled(x):
        if sample.lit_share is not None and sample.lit_share >= FAILED_SHARE:
            faulty = _unlike(sample, sample.model_w - sample.power_w)
            yield Finding(subject, faulty, _evidence(sample))


def overdrawn(x: Examination) -> Iterator[Finding]:
    """Say behind which meters lit lamps draw clearly more than their power tables say."""
    for subject, sample in _sampled(x):
        if sample.lit_share is not None:
            faulty = _unlike(sample, sample.power_w - sample.model_w)
            yield Finding(subject, faulty, _evidence(sample))


def _unlike(sample: PowerSample, off_by_w: float) -> bool | None:
    lamps_w = sample.model_w - sample.controller_w
    uncertain_w = CONTROLLER_SHARE * sample.controller_w
    return between(
        off_by_w,
        fine=uncertain_w + LIKE_SHARE * lamps_w,
        faulty=uncertain_w + UNLIKE_SHARE * lamps_w,
    )


def day_burner(x: Examination) -> Iterator[Finding]:
    """Say behind which meters lamps burn that are told to be off."""
    for subject, sample in _sampled(x):
        if sample.lit_share is None:
            least_w = max(BURNING_OF_ONE * sample.one_w, BURNING_OF_ALL * sample.full_w)
            excess_w = sample.power_w - sample.off_w - CONTROLLER_SHARE * sample.controller_w
            faulty = between(excess_w, fine=least_w / 2.0, faulty=least_w)
            yield Finding(subject, faulty, _evidence(sample))


def lit_in_daylight(x: Examination) -> Iterator[Finding]:
    """Say whether lamps are lit, without an order, where every light sensor reads daylight."""
    readings = x.state.sky.readings.values()
    if readings:
        lux = 10.0 ** min(reading.raw_log for reading in readings) - 1.0
        lit = sum(_lit_unordered(lamp) for lamp in x.state.lamps.values())
        bright = between(lux, fine=DUSK_LUX, faulty=DAYLIGHT_LUX)
        evidence = {"lux": lux, "lamps": float(lit)}
        yield Finding(x.state.site.node, bright if lit else False, evidence)


def _lit_unordered(lamp: LampState) -> bool:
    if lamp.situation is None or lamp.fade.to_pct == 0.0:
        return False
    return arbitrate(lamp.situation)[0].rung not in (Rung.OVERRIDE, Rung.EMERGENCY)


def cycling(x: Examination) -> Iterator[Finding]:
    """Say behind which meters lamps go out and come back by themselves."""
    for meter, log in x.samples.meters.items():
        faulty = between(log.toggles, fine=STEADY_TOGGLES, faulty=CYCLING_TOGGLES)
        yield Finding(_subject(x.state.meters[meter]), faulty, {"toggles_of_late": log.toggles})


def switching(x: Examination) -> Iterator[Finding]:
    """Say which lamps are told to brighten again and again."""
    past = x.hours.past
    for lamp, hour in past.lamps.items() if past else ():
        faulty = between(hour.ups_per_h, fine=CALM_PER_H, faulty=SWITCHING_PER_H)
        yield Finding(lamp, faulty, {"ups_per_h": hour.ups_per_h})


def all_night(x: Examination) -> Iterator[Finding]:
    """Say which lamps people seem to have needed all the last night long."""
    told = x.hours.told
    for lamp, share in told.quietest.items() if told else ():
        faulty = between(share, fine=NIGHTLY_SHARE, faulty=ALL_NIGHT_SHARE)
        yield Finding(lamp, faulty, {"share_of_quietest_hour": share})


def _sampled(x: Examination) -> Iterator[tuple[str, PowerSample]]:
    for meter, log in x.samples.meters.items():
        if log.sample is not None:
            yield _subject(x.state.meters[meter]), log.sample


def _subject(metered: Metered) -> str:
    """Return the lamp that is alone behind a meter, else the meter."""
    return metered.only_lamp or metered.meter.id


def _evidence(sample: PowerSample) -> dict[str, float]:
    return {"measured_w": sample.power_w, "expected_w": sample.model_w}


RULES = (
    Rule("meter_gone", 600.0, 300.0, meter_gone),
    Rule("lamp_failed", 600.0, 600.0, failed),
    Rule("lamp_dim", 1800.0, 1800.0, dim),
    Rule("lamp_overdrawn", 1800.0, 1800.0, overdrawn),
    Rule("day_burner", 1800.0, 600.0, day_burner),
    Rule("lit_in_daylight", 1800.0, 600.0, lit_in_daylight),
    Rule("lamp_cycling", 0.0, 0.0, cycling),
    Rule("lamp_switching", 0.0, 0.0, switching),
    Rule("lamp_lit_all_night", 0.0, 0.0, all_night),
)
