"""The root of every error a user can fix, and the one raised when data breaks a contract.

    EdgeDeployError             one clear line for the user; the command ends with ``exit_code``
    └── ContractError           a manifest, record or specification that says something impossible
        └── NewerFileError      a file that a newer version of this project wrote

Each package grows its own branch below :class:`EdgeDeployError`: ``edge_runtime.errors``, ``trainer.errors``,
``converter.errors``, ``benchmarks.errors``.
"""

from __future__ import annotations


class EdgeDeployError(Exception):
    """An error whose message names the file and the fix; commands print it as one line."""

    exit_code = 1


class ContractError(EdgeDeployError, ValueError):
    """Data that does not keep a contract; the message names the field."""


class NewerFileError(ContractError):
    """A file that a newer version of this project wrote: to update, not to repair."""
