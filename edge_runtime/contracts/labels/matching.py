"""Finds the classes that folders or columns of labels name, also where one side is numbered."""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from edge_runtime.contracts.errors import ContractError
from edge_runtime.contracts.labels.numbering import is_number
from edge_runtime.contracts.version import DISTRIBUTION

_NUMBERED = re.compile(r"(?P<number>[0-9]{1,6})[\s_.:,;)-]+(?P<name>.*\S)")
_SHOWN = 3


def match_classes(names: Mapping[str, str], classes: Sequence[str], where: str, noun: str) -> Mapping[str, int]:
    """The index of the class that each of ``names`` means.

    A name is looked for as it stands, then without regard to case and underscores, then without the number before it
    or before the class ("0_red", "red" and "0 red" are one). Numbers alone ("00") are class numbers where no class is
    called so. What was not found as it stands is said once.

    Args:
        names: each with the place where it stands, for errors.
        classes: the names of the classes.
        where: the folder or file that the names are in.
        noun: what the names are: "folder" or "label".

    Raises:
        ContractError: a name means no class, or may mean several, or two names mean one class.
    """
    finder = _Finder(names, classes)
    found: dict[str, int] = {}
    for name, here in names.items():
        places = finder.find(name)
        if not places:
            raise ContractError(f"{here}: {noun} {name!r} is none of the classes {_listed(classes)}")
        if len(places) > 1:
            choices = " or ".join(repr(f"{place} {classes[place]}") for place in places[:_SHOWN])
            raise ContractError(f"{here}: {noun} {name!r} may be more than one class; call it {choices}")
        found[name] = places[0]
    _refuse_two_for_one(found, classes, where, noun)
    _say(found, classes, where, noun)
    return found


class _Finder:
    """Looks names up, from the strictest way to the laxest; each way gives all classes that a name may mean."""

    def __init__(self, names: Iterable[str], classes: Sequence[str]) -> None:
        self._classes = classes
        self._exact, self._plain, self._bare = (_places(classes, key) for key in (str, _plain, _bare))
        alone = [int(name) for name in names if is_number(name) and name not in self._exact]
        self._firsts = (0,) if 0 in alone else (1,) if len(classes) in alone else (0, 1)

    def find(self, name: str) -> Sequence[int]:
        """The indices of the classes that ``name`` may mean."""
        return (
            self._exact.get(name)
            or self._plain.get(_plain(name))
            or self._by_name_alone(name)
            or self._among_numbered(name)
            or self._by_number_alone(name)
        )

    def _by_name_alone(self, name: str) -> Sequence[int]:
        """Without the number before the name; it decides where several classes are called so."""
        places = self._plain.get(_bare(name), ())
        number = _number(name)
        return [place for place in places if place == number] or places

    def _among_numbered(self, name: str) -> Sequence[int]:
        """Without the number before the class; where both have one, it is the same."""
        number = _number(name)
        return [
            place
            for place in self._bare.get(_bare(name), ())
            if None in (number, other := _number(self._classes[place])) or number == other
        ]

    def _by_number_alone(self, name: str) -> Sequence[int]:
        """Numbers begin with 0, or with 1 where one of them is the number of classes; else that is open."""
        places = [int(name) - first for first in self._firsts] if is_number(name) else []
        return [place for place in places if 0 <= place < len(self._classes)]


def _places(classes: Sequence[str], key: Callable[[str], str]) -> Mapping[str, Sequence[int]]:
    places = defaultdict(list)
    for place, name in enumerate(classes):
        places[key(name)].append(place)
    return dict(places)


def _number(name: str) -> int | None:
    """The number before a name."""
    match = _NUMBERED.fullmatch(name.strip())
    return int(match["number"]) if match else None


def _plain(name: str) -> str:
    return " ".join(name.replace("_", " ").casefold().split())


def _bare(name: str) -> str:
    match = _NUMBERED.fullmatch(name.strip())
    return _plain(match["name"] if match else name)


def _refuse_two_for_one(found: Mapping[str, int], classes: Sequence[str], where: str, noun: str) -> None:
    by_class: dict[int, str] = {}
    for name, place in found.items():
        other = by_class.setdefault(place, name)
        if other != name:
            raise ContractError(
                f"{where}: {noun}s {other!r} and {name!r} are both class {classes[place]!r}; make one of them"
            )


def _say(found: Mapping[str, int], classes: Sequence[str], where: str, noun: str) -> None:
    changed = [f"{name!r} is class {classes[place]!r}" for name, place in found.items() if name != classes[place]]
    if changed:
        more = f" and {len(changed) - _SHOWN} more" if len(changed) > _SHOWN else ""
        logging.getLogger(DISTRIBUTION).info("%s: %s %s%s", where, noun, ", ".join(changed[:_SHOWN]), more)


def _listed(classes: Sequence[str]) -> str:
    most = 10
    return ", ".join(classes[:most]) + (f" and {len(classes) - most} more" if len(classes) > most else "")
