"""What a node remembers from before its start: settings, orders, and what it announced."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import structlog

from controller.core.energy import SECONDS_PER_HOUR
from controller.core.layers import Layer
from controller.core.profile import Profile
from controller.counting import STORED as TALLY
from controller.discovery import STORED as DISCOVERY
from controller.discovery import stored_topics
from controller.housekeeping import METERS
from controller.nightly import STORED as DIARY
from controller.orders import STORED as ORDERS
from controller.orders import Order, boot_id, stored_orders
from controller.settings.faults import SettingsError
from controller.settings.layers import STORED as LAYERS
from controller.settings.layers import LayerDocument, effective, stored_layers
from controller.settings.site import Installation
from controller.store.ledger import Ledger
from controller.store.store import Store, StoreError
from controller.vitals import STORED as STARTS

_log = structlog.get_logger()

OTHERS = (TALLY, DIARY, METERS, STARTS)
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Memory:
    """`profile` is that of the files with the layers over it; `documents` are kept by others.

    `burned_h`: for how long each lamp burned by the ledger, None if that cannot be read.
    `readable`: whether what was kept could be read at all, if only that.
    """

    store: Store | None
    profile: Profile
    layers: dict[Layer, LayerDocument]
    orders: tuple[Order, ...]
    announced: tuple[str, ...]
    boot: str
    documents: Mapping[str, Mapping[str, object]]
    burned_h: Mapping[str, float] | None
    readable: bool


def recall(installation: Installation) -> Memory:
    """Open the store and read what is remembered. Blocks; never raises.

    What cannot be used is logged and left out: the profile of the files is always sound. A store
    that cannot be written any more may still be read.
    """
    store = _opened(installation)
    ledger = store or _read_only(installation)
    memory = _remembered(installation, store, ledger)
    if ledger is not None and ledger is not store:
        ledger.close()
    return memory


def _remembered(installation: Installation, store: Store | None, ledger: Ledger | None) -> Memory:
    boot = boot_id()
    nothing: dict[Layer, LayerDocument] = {}
    layers = _read(lambda: stored_layers(_document(ledger, LAYERS) or {}), nothing)
    profile: Profile | None = _read(
        lambda: effective(
            installation.profile, layers, path=installation.path, source="last good profile"
        ),
        None,
    )
    return Memory(
        store=store,
        profile=installation.profile if profile is None else profile,
        layers={} if profile is None else layers,
        orders=tuple(_read(lambda: stored_orders(_document(ledger, ORDERS), boot), [])),
        announced=tuple(_read(lambda: stored_topics(_document(ledger, DISCOVERY)), [])),
        boot=boot,
        documents={
            x: found for x in OTHERS if (found := _read(partial(_document, ledger, x), None))
        },
        burned_h=None if ledger is None else _read(partial(_burned_h, ledger), None),
        readable=ledger is not None,
    )


def _opened(installation: Installation) -> Store | None:
    try:
        store = Store(installation.settings.state_dir)
    except StoreError as error:
        _log.error("store_unusable", error=str(error))
        return None
    if store.set_aside is not None:
        _log.error("store_damaged", put_aside=str(store.set_aside))
    return store


def _read_only(installation: Installation) -> Ledger | None:
    try:
        return Ledger.read_only(installation.settings.state_dir)
    except StoreError:
        return None  # why the store cannot be used is told already


def _burned_h(ledger: Ledger) -> Mapping[str, float] | None:
    totals = ledger.totals()
    return {lamp: total.burn_s / SECONDS_PER_HOUR for lamp, total in totals.lamps.items()}


def _document(ledger: Ledger | None, name: str) -> dict[str, object] | None:
    return None if ledger is None else ledger.kept(name)


def _read(read: Callable[[], _T], otherwise: _T) -> _T:
    try:
        return read()
    except (StoreError, SettingsError) as error:
        _log.error("stored_settings_unusable", error=str(error))
        return otherwise
