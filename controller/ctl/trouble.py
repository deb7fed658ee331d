"""What stops a command: each fault with its place and a remedy, and the exit status it gives."""

from controller.mqtt.broker import Broker
from controller.mqtt.operator import BrokerError, TroubleKind
from controller.settings.faults import Fault

FINE, OUR_FAULT, INPUT_FAULT, INTERRUPTED = 0, 1, 2, 130
NOBODY_ANSWERED = OUR_FAULT


class CtlError(Exception):
    """A command that cannot go on; `status` is the exit status."""

    def __init__(self, status: int, *faults: Fault) -> None:
        """Keep what is wrong."""
        super().__init__(status, faults)
        self.status = status
        self.faults = faults

    def __str__(self) -> str:
        """Give one line a fault."""
        return "\n".join(str(fault) for fault in self.faults)


def input_fault(place: str, problem: str, hint: str) -> CtlError:
    """Give the error for something that was given and cannot be used."""
    return CtlError(INPUT_FAULT, Fault(place, problem, hint))


_BROKER: dict[TroubleKind, tuple[int, str, str]] = {
    "unreachable": (
        NOBODY_ANSWERED,
        "nobody answers",
        "compare --broker with the node file; is the broker running and the network up?",
    ),
    "denied": (
        INPUT_FAULT,
        "the broker does not let us in",
        "compare --username and --password-file with the broker's users",
    ),
    "untrusted": (
        INPUT_FAULT,
        "the encrypted connection failed",
        "compare --ca-file with the broker's certificate, and --broker with the name in it",
    ),
    "refused": (
        INPUT_FAULT,
        "the broker refused",
        "let this user do it in the broker's access list; docs/ctl.md has an example",
    ),
    "lost": (
        NOBODY_ANSWERED,
        "the connection was lost",
        "try again; what was sent before may have been carried out",
    ),
}


def broker_trouble(error: BrokerError, broker: Broker) -> CtlError:
    """Say what is wrong with the broker, and where to look."""
    status, problem, hint = _BROKER[error.kind]
    return CtlError(status, Fault(broker_name(broker), f"{problem} ({error.reason})", hint))


def broker_name(broker: Broker) -> str:
    """Name a broker in a message."""
    return f"broker {broker.host}:{broker.port}"
