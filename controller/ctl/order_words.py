"""The words of commands that are sent to nodes."""

import argparse
from typing import TYPE_CHECKING

from controller.core.layers import LAYERS
from controller.ctl.durations import duration_s, level_pct
from controller.ctl.leaves import leaf

if TYPE_CHECKING:
    from controller.ctl.leaves import Commands


def add_orders(inside: "Commands") -> None:
    """Add what changes light."""
    override = _order(inside, "override", "override", "take lamps to a level for a while")
    _add_lamps(override)
    override.add_argument(
        "--level", type=level_pct, required=True, metavar="PCT", help="percent of full light"
    )
    _add_for(override, "2h, 90min, 30s; left out: the profile's time")
    _add_scope(override)

    clear = _order(inside, "clear", "clear_override", "hand lamps back to automatic control")
    _add_lamps(clear)
    _add_scope(clear)

    emergency = _order(inside, "emergency", "emergency", "light everything fully, above all else")
    how = emergency.add_mutually_exclusive_group()
    _add_for(how, "1h; left out: the profile's time")
    how.add_argument("--end", action="store_true", help="end it before its time")
    _add_scope(emergency)


def add_questions(inside: "Commands") -> None:
    """Add what asks, or helps to find a lamp."""
    explain = _order(inside, "explain", "explain", "say why a lamp is as it is")
    explain.add_argument("lamp", metavar="LAMP")
    identify = _order(inside, "identify", "identify", "let a lamp pulse, to find it outside")
    identify.add_argument("lamp", metavar="LAMP")
    _add_for(identify, "30s; left out: 30 s")
    _add_scope(_order(inside, "ping", "ping", "see who answers, and how fast"))
    what = "ask the nodes for the state of lamps, sensors and store; changes no light"
    _add_scope(_order(inside, "selftest", "selftest", what))
    _add_scope(_order(inside, "report", "report", "let the nodes tell their state again"))


def _order(inside: "Commands", name: str, sent: str, what: str) -> argparse.ArgumentParser:
    parser = leaf(inside, name, "order", what)
    parser.set_defaults(command_name=sent)
    return parser


def _add_lamps(parser: argparse.ArgumentParser) -> None:
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--lamp", action="append", metavar="LAMP", help="may stand several times")
    which.add_argument("--all", action="store_true", help="every lamp")


def _add_for(parser: argparse._ActionsContainer, what: str) -> None:
    parser.add_argument("--for", dest="duration_s", type=duration_s, metavar="TIME", help=what)


def _add_scope(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--scope", choices=LAYERS, help="left out: node if there is --node, else path"
    )
