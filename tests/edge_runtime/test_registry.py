import pytest

from edge_runtime.contracts.errors import ContractError
from edge_runtime.registry import Registry


def test_a_plug_in_is_imported_when_it_is_asked_for() -> None:
    registry = Registry("thing", {"counter": "collections:Counter", "broken": "no_such_module:Thing"})
    from collections import Counter

    assert registry.load("counter") is Counter
    with pytest.raises(ModuleNotFoundError):
        registry.load("broken")


def test_a_duplicate_is_refused() -> None:
    registry = Registry("thing", {"counter": "collections:Counter"})
    with pytest.raises(ContractError, match="thing 'counter' is registered twice"):
        registry.register("counter", "elsewhere:Counter")


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ContractError, match="no thing 'b'; there are a"):
        Registry("thing", {"a": "collections:Counter"}).load("b")


def test_a_target_must_name_module_and_class() -> None:
    with pytest.raises(ContractError, match="module:Class"):
        Registry("thing", {"a": "collections.Counter"})
