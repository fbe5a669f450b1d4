"""Finds the classes that folders or columns of labels name, also where one side is numbered."""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

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
    finders = _finders(tuple(names), classes)
    found: dict[str, int] = {}
    for name, here in names.items():
        places: Sequence[int] = next(filter(None, (find(name) for find in finders)), ())
        if not places:
            raise ContractError(f"{here}: {noun} {name!r} is none of the classes {_listed(classes)}")
        if len(places) > 1:
            choices = " or ".join(repr(f"{place} {classes[place]}") for place in places[:_SHOWN])
            raise ContractError(f"{here}: {noun} {name!r} may be more than one class; call it {choices}")
        found[name] = places[0]
    _refuse_two_for_one(found, classes, where, noun)
    _say(found, classes, where, noun)
    return found


def _finders(names: Sequence[str], classes: Sequence[str]) -> Sequence[Callable[[str], Sequence[int]]]:
    """From the strictest to the laxest: each gives the indices of the classes that a name may mean."""
    exact, plain, bare = (_places(classes, key) for key in (str, _plain, _bare))
    first = _first_number([int(name) for name in names if is_number(name) and name not in exact], len(classes))

    def of_number(name: str) -> Sequence[int]:
        if not is_number(name):
            return ()
        places = [int(name)] if first is None else [int(name) - first]
        places += [int(name) - 1] if first is None else []
        return [place for place in places if 0 <= place < len(classes)]

    def narrowed(name: str) -> Sequence[int]:
        """Without the number before the name; the number decides where several classes are called so."""
        places = plain.get(_bare(name), ())
        number = _NUMBERED.fullmatch(name.strip())
        if number and len(places) > 1:
            return [place for place in places if place == int(number["number"])] or places
        return places

    def both_numbered(name: str) -> Sequence[int]:
        number = _NUMBERED.fullmatch(name.strip())
        return [
            place
            for place in bare.get(_bare(name), ())
            if not (number and (other := _NUMBERED.fullmatch(classes[place]))) or int(number[1]) == int(other[1])
        ]

    return (
        lambda name: exact.get(name, ()),
        lambda name: plain.get(_plain(name), ()),
        narrowed,
        both_numbered,
        of_number,
    )


def _first_number(numbers: Sequence[int], classes: int) -> int | None:
    """What numbers alone begin with: 0, or 1 where one of them is the number of classes; None where that is open."""
    if 0 in numbers:
        return 0
    return 1 if classes in numbers else None


def _places(classes: Sequence[str], key: Callable[[str], str]) -> Mapping[str, Sequence[int]]:
    places = defaultdict(list)
    for place, name in enumerate(classes):
        places[key(name)].append(place)
    return dict(places)


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
