"""Every parser that sees bytes from outside, by name."""

from tests.fuzz import (
    device_targets,
    document_targets,
    file_targets,
    payload_targets,
    store_targets,
)

TARGETS = {
    target.name: target
    for part in (payload_targets, file_targets, store_targets, document_targets, device_targets)
    for target in part.TARGETS
}
