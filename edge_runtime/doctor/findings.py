"""Finding: one thing the doctor looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

from edge_runtime.contracts.errors import ContractError

Status = Literal["ok", "warning", "problem", "absent"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found.

    Attributes:
        name: of the check; other programs may rely on it.
        status: "ok"; "warning": works, with a drawback; "problem": the runtime fails or will fail; "absent": not here,
            or the machine does not tell.
        detail: what was seen, one line.
        fix: the command or step that fixes it; None where there is nothing to fix or nothing is known to.

    Raises:
        ContractError: the fields do not go together.
    """

    name: str
    status: Status
    detail: str
    fix: str | None = None

    def __post_init__(self) -> None:
        if self.status not in get_args(Status):
            raise ContractError(f"{self.name}: status {self.status!r} is not one of {', '.join(get_args(Status))}")
        if not self.name or not self.detail or "\n" in self.detail:
            raise ContractError(f"finding {self.name!r}: name and detail must each be one line")
        if self.status == "ok" and self.fix is not None:
            raise ContractError(f"{self.name}: what is ok needs no fix")
        if self.status in ("warning", "problem") and not self.fix:
            raise ContractError(f"{self.name}: a {self.status} needs a fix")

    def to_json(self) -> dict[str, Any]:
        """The finding for other programs, which rely on the name that the key for the fix has always had."""
        return {"name": self.name, "status": self.status, "detail": self.detail, "mend": self.fix}
