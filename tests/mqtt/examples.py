"""One or more examples of every payload; golden/ holds what stands on the wire for them."""

from controller.mqtt import examples
from controller.mqtt.commands import COMMAND_LIMIT_BYTES, Command
from controller.mqtt.payloads import Payload, StatePayload, parse

EXAMPLES: dict[str, Payload] = {
    name: payload for found in examples.EXAMPLES.values() for name, payload in found.items()
}
MESSAGE_OF: dict[str, str] = {
    name: message for message, found in examples.EXAMPLES.items() for name in found
}

STATE = EXAMPLES["state"]
assert isinstance(STATE, StatePayload)
STATE_UNTRUSTED = STATE.model_copy(update={"at": None, "clock_trusted": False})


def parse_command(data: bytes) -> Command:
    """Read a command; raises PayloadError for anything else."""
    return parse(Command, data, COMMAND_LIMIT_BYTES)
