"""Answers that cannot be used: the same faults, word for word, that `cyclelight check` tells."""

from collections.abc import Mapping
from dataclasses import replace

from pydantic import BaseModel, ValidationError

from controller.settings.faults import Fault
from controller.settings.path import PathFile
from controller.settings.translate import findings


class RefusedError(Exception):
    """An answer that cannot be used."""

    def __init__(self, fault: Fault) -> None:
        """Keep what is wrong with it."""
        super().__init__(fault)
        self.fault = fault


def refused(place: str, problem: str, hint: str) -> RefusedError:
    """Say what is wrong with an answer."""
    return RefusedError(Fault(place, problem, hint))


def check_header(field: str, value: object) -> None:
    """Refuse what [path] of a path file could not say."""
    _check(PathFile, {"path": {field: value}}, f"path.{field}", f"path.{field}")


def check_entry(table: str, entry: Mapping[str, object], field: str) -> None:
    """Refuse what a field of `[[table]]` of a path file could not say."""
    place = f'{table} "{entry["id"]}" {field}' if field != "id" else f"{table} #1 id"
    _check(PathFile, {table: [entry]}, place, place)


def check_setting(model: type[BaseModel], field: str, value: object, table: str) -> None:
    """Refuse what a field of a node file's table could not say. `table`: its name for people."""
    _check(model, {field: value}, field, f"{table}.{field}")


def _check(
    model: type[BaseModel], document: Mapping[str, object], place: str, told_place: str
) -> None:
    """Raise the fault at one place of a document that has little else yet."""
    try:
        model.model_validate(document)
    except ValidationError as error:
        for fault in findings(error, model, document).faults:
            if fault.place == place:
                raise RefusedError(replace(fault, place=told_place)) from None
