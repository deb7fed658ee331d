"""JSON Schema of the settings files, for editors and for whoever writes profiles by machine."""

from controller.settings.check import KINDS, Kind
from controller.settings.profile import ProfileSettings

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema(kind: Kind) -> dict[str, object]:
    """Give the JSON Schema of one kind of file, as JSON can carry it."""
    return {"$schema": DIALECT, **KINDS[kind].model_json_schema()}


def desired_schema() -> dict[str, object]:
    """Give the JSON Schema of what a profile may say over MQTT: its version stands outside."""
    return {"$schema": DIALECT, **ProfileSettings.model_json_schema()}
