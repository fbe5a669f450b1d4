"""What a user writes as MODEL goes in; a float model that can be run and converted comes out. One file a kind."""

from __future__ import annotations

from converter.models.base import FloatModel
from converter.models.contract import SettledContract, contract_of_record, contract_of_stranger, look_at_outputs
from converter.models.source import Source, load_source, open_source

__all__ = [
    "FloatModel",
    "SettledContract",
    "Source",
    "contract_of_record",
    "contract_of_stranger",
    "load_source",
    "look_at_outputs",
    "open_source",
]
