"""Answers desired profiles: applied and kept, or refused with every error and nothing changed."""

from collections.abc import Mapping
from typing import cast

import structlog
from pydantic import JsonValue

from controller.bookkeeping import Bookkeeper
from controller.core.events import ProfileChanged
from controller.core.layers import LAYERS, Layer
from controller.core.path import Path
from controller.core.profile import Profile
from controller.inbox import Inbox
from controller.mqtt.broker import Inbound
from controller.mqtt.config import (
    DesiredConfig,
    LayerReport,
    ReportedConfig,
    Trouble,
    bounded_errors,
    parse_desired,
)
from controller.mqtt.topics import Topics
from controller.mqtt.wire import PayloadError, encode_json
from controller.reporting import Keeper
from controller.settings.faults import Fault, SettingsError
from controller.settings.layers import (
    STORED,
    LayerDocument,
    effective,
    layers_document,
    patched,
    stored_layers,
)
from controller.settings.profile import profile_document
from controller.settings.schema import desired_schema
from controller.store.store import StoreError

_log = structlog.get_logger()

_FORM = 'send {"version": a whole number from 1, "profile": {...}}, or "patch" with "if_version"'


class Configuration:
    """The profile in use, layer by layer, and the answers to what operators desire of it.

    A layer that is refused because of another one is tried again when that one changes: in the
    end only what is desired counts, not the order in which it came.
    """

    def __init__(  # noqa: PLR0913 each has a meaning of its own
        self,
        base: Profile,
        layers: dict[Layer, LayerDocument] | None,
        *,
        path: Path,
        topics: Topics,
        inbox: Inbox,
        books: Bookkeeper,
        keeper: Keeper,
    ) -> None:
        """Begin with the profile of the files and sound layers over it.

        None: what layers there were could not be read. They are taken up as soon as they can be.
        """
        self._base = base
        self._layers = dict(layers or {})
        self._recalled = layers is not None
        self._path = path
        self._active = effective(base, self._layers, path=path, source="store")
        self._refused: dict[Layer, DesiredConfig] = {}
        self._topics = topics
        self._layer_of: Mapping[str, Layer] = dict(zip(topics.config_desired, LAYERS, strict=True))
        self._inbox = inbox
        self._books = books
        self._keeper = keeper

    def report(self) -> None:
        """Tell which profile is in use, and what a profile may say."""
        self._keeper.keep(self._topics.config_schema, encode_json(desired_schema()))
        self._answer(None, None, ())

    async def store_works(self) -> None:
        """Take up what a store that failed kept from us, or would not keep. Raises StoreError."""
        await self._recollect()
        refused = dict(self._refused)
        await self._try_refused_again()
        for layer in refused.keys() - self._refused.keys():
            self._answer(layer, refused[layer].version, ())

    async def _recollect(self) -> None:
        """Read the layers, if that was not possible before."""
        if self._recalled:
            return
        document = await self._books.ask(lambda store: store.kept(STORED))
        self._recalled = True
        try:
            known = stored_layers(document or {})
            profile = effective(self._base, known, path=self._path, source="store")
        except SettingsError as error:
            _log.error("stored_settings_unusable", error=str(error))
            return
        self._layers = known
        self._use(profile)
        self._answer(None, None, ())

    async def take(self, message: Inbound) -> None:
        """Apply and keep a desired profile, or say everything that is wrong with it."""
        layer = self._layer_of[message.topic]
        self._refused.pop(layer, None)
        if not message.payload:
            return  # somebody removed the retained message: nothing is desired, nothing changes
        try:
            desired = parse_desired(message.payload)
        except PayloadError as error:
            self._refuse(layer, None, [Trouble(place="message", problem=str(error), hint=_FORM)])
            return
        troubles = await self._tried(layer, desired)
        if troubles:
            self._refuse(layer, desired.version, troubles)
        else:
            await self._try_refused_again()
            self._answer(layer, desired.version, ())

    async def _try_refused_again(self) -> None:
        """Adopt what other layers were refused for, as far as that has changed."""
        progress = bool(self._refused)
        while progress:
            tried = [await self._tried(*one) for one in list(self._refused.items())]
            progress = [] in tried

    async def _tried(self, layer: Layer, desired: DesiredConfig) -> list[Trouble]:
        """Adopt a layer; return why it cannot be. Then it is tried again when another changes."""
        self._refused.pop(layer, None)
        try:
            await self._recollect()
            await self._adopt(layer, desired)
        except SettingsError as error:
            self._refused[layer] = desired
            return [_trouble(fault) for fault in error.faults]
        except StoreError as error:
            self._refused[layer] = desired
            hint = "free the disk, resend"
            return [Trouble(place="state_dir", problem=str(error), hint=hint)]
        return []

    async def _adopt(self, layer: Layer, desired: DesiredConfig) -> None:
        """Take over a layer. Raises SettingsError or StoreError; then nothing has changed."""
        document = self._document(layer, desired)
        layers = {**self._layers, layer: document}
        if layers == self._layers:
            return
        topic = self._topics.config_desired[LAYERS.index(layer)]
        profile = effective(self._base, layers, path=self._path, source=topic)
        await self._books.keep(STORED, layers_document(layers))
        self._layers[layer] = document
        self._use(profile)

    def _use(self, profile: Profile) -> None:
        if profile != self._active:
            self._active = profile
            self._inbox.put(ProfileChanged(profile))
            _log.info("profile_applied", version=profile.version)

    def _document(self, layer: Layer, desired: DesiredConfig) -> LayerDocument:
        """Return what the layer is to say. Raises SettingsError if it changed in between."""
        now = self._layers.get(layer, LayerDocument(0, {}))
        if desired.version == now.version and desired.profile in (None, now.profile):
            return now  # retained, and applied before
        if desired.if_version is not None and desired.if_version != now.version:
            problem = f"is {desired.if_version}, but the layer {layer} is at version {now.version}"
            hint = "read config/reported and send the change anew"
            topic = self._topics.config_desired[LAYERS.index(layer)]
            raise SettingsError(topic, [Fault("if_version", problem, hint)])
        if desired.profile is not None:
            return LayerDocument(desired.version, dict(desired.profile))
        return LayerDocument(desired.version, patched(now.profile, desired.patch or {}))

    def _refuse(self, layer: Layer, version: int | None, errors: list[Trouble]) -> None:
        _log.warning("profile_refused", layer=layer, version=version, errors=len(errors))
        self._answer(layer, version, tuple(errors))

    def _answer(
        self, layer: Layer | None, version: int | None, errors: tuple[Trouble, ...]
    ) -> None:
        reported = ReportedConfig(
            layer=layer,
            version=version,
            applied=not errors,
            active_version=self._active.version,
            layers={one: self._layer_report(one) for one in LAYERS},
            profile=cast("dict[str, JsonValue]", profile_document(self._active)),
            errors=bounded_errors(errors),
        )
        self._keeper.keep(self._topics.config_reported, reported.to_bytes())

    def _layer_report(self, layer: Layer) -> LayerReport:
        known, refused = self._layers.get(layer), self._refused.get(layer)
        return LayerReport(
            version=0 if known is None else known.version,
            refused_version=None if refused is None else refused.version,
        )


def _trouble(fault: Fault) -> Trouble:
    return Trouble(place=fault.place, problem=fault.problem, hint=fault.hint)
