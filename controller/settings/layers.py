"""A node's profile out of its layers: the files', the tenant's, the path's, the node's own."""

from collections.abc import Mapping
from dataclasses import dataclass

from controller.core.layers import LAYERS, Layer
from controller.core.path import Path
from controller.core.profile import Profile
from controller.settings.documents import Document
from controller.settings.faults import Fault, SettingsError
from controller.settings.profile import parse_profile, profile_document

STORED = "layers"
"""The name under which a store keeps them."""


@dataclass(frozen=True, slots=True)
class LayerDocument:
    """What operators last said for one layer, as they said it: any part of a profile."""

    version: int
    profile: Document


Layers = Mapping[Layer, LayerDocument]


def patched(document: Mapping[str, object], patch: Mapping[str, object]) -> Document:
    """Change a document by a merge patch (RFC 7396): null takes a setting out."""
    changed = dict(document)
    for name, value in patch.items():
        if value is None:
            changed.pop(name, None)
        elif isinstance(value, Mapping):
            below = changed.get(name)
            changed[name] = patched(below if isinstance(below, Mapping) else {}, value)
        else:
            changed[name] = value
    return changed


def effective(base: Profile, layers: Layers, *, path: Path, source: str) -> Profile:
    """Lay the layers over the profile of the files; the version is that of the uppermost one.

    Tables are merged, anything else replaces what is below. Raises SettingsError with every fault;
    `source` is the topic of what made it so.
    """
    if not layers:
        return base
    document, version = profile_document(base), base.version
    for layer in LAYERS:
        if layer in layers:
            document, version = patched(document, layers[layer].profile), layers[layer].version
    return parse_profile(document, version=version, source=source, path=path)


def layers_document(layers: Layers) -> Document:
    """Give the layers as a store can keep them."""
    return {
        layer: {"version": one.version, "profile": one.profile} for layer, one in layers.items()
    }


def stored_layers(document: Mapping[str, object]) -> dict[Layer, LayerDocument]:
    """Read what `layers_document` gave. Raises SettingsError if it is something else."""
    found: dict[Layer, LayerDocument] = {}
    for layer in LAYERS:
        match document.get(layer):
            case None:
                pass
            case {"version": int(version), "profile": dict(profile)}:
                found[layer] = LayerDocument(version, profile)
            case _:
                hint = "it is left out; send that layer's profile again"
                raise SettingsError("store", [Fault(f"layer {layer}", "cannot be read", hint)])
    return found
