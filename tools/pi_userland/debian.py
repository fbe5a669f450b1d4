"""Debian packages of another release and architecture, from the mirror that this machine's apt uses; needs no root.

apt resolves, downloads and verifies them in a folder of its own, so neither this machine's package lists nor what is
installed on it plays a part, and nothing is installed: the packages are only unpacked.
"""

from __future__ import annotations

import platform
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

from tools.pi_userland.steps import UserlandError, run

_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")

_APT_CONF = """\
Dir::State "{folder}";
Dir::State::status "{folder}/status";
Dir::State::lists "{folder}/lists";
Dir::Cache "{folder}";
Dir::Cache::archives "{folder}/archives";
Dir::Etc::sourcelist "{folder}/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
APT::Architecture "{architecture}";
#clear APT::Architectures;
APT::Architectures {{ "{architecture}"; }};
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "3";
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
"""


def unpack_packages(
    suite: str, architecture: str, packages: Iterable[str], into: Path, members: Iterable[str] = ()
) -> None:
    """Unpacks packages and all they depend on below ``into``; their scripts do not run.

    Args:
        suite: such as "bookworm".
        architecture: Debian's name of it.
        packages: their names.
        into: an existing folder.
        members: unpack only these files ("./usr/bin/…") of the named packages, without what they depend on.

    Raises:
        UserlandError: this is no Debian, or apt failed.
    """
    with tempfile.TemporaryDirectory(prefix="pi-userland-apt-") as name:
        folder = Path(name)
        apt = _private_apt(folder, suite, architecture)
        run([*apt, "update"])
        run([*apt, "install", "-y", "--no-install-recommends", "--download-only", *packages])
        for archive in sorted((folder / "archives").glob("*.deb")):
            if not members:
                run(["dpkg-deb", "-x", archive, into])
            elif archive.name.partition("_")[0] in packages:
                _unpack_members(archive, members, into)


def host_architecture() -> str:
    """Debian's name of this machine's architecture."""
    return run(["dpkg", "--print-architecture"]).strip()


def _private_apt(folder: Path, suite: str, architecture: str) -> list[str]:
    """The start of an apt-get command whose whole state lies in ``folder``."""
    source = f"deb [target=Packages signed-by={_KEYRING}] {mirror()} {suite} main\n"
    (folder / "sources.list").write_text(source)
    (folder / "status").touch()
    for name in ("lists", "archives"):
        (folder / name / "partial").mkdir(parents=True)
    (folder / "apt.conf").write_text(_APT_CONF.format(folder=folder, architecture=architecture))
    return ["apt-get", "-q", "-c", str(folder / "apt.conf")]


def mirror() -> str:
    """Where this machine's apt gets Debian itself from.

    Raises:
        UserlandError: this is no Debian, or its apt does not know.
    """
    this = platform.freedesktop_os_release()
    if this.get("ID") != "debian":
        raise UserlandError(f"needs Debian, whose apt knows a mirror of Debian; this is {this.get('PRETTY_NAME')}")
    if not _KEYRING.is_file():
        raise UserlandError(f"{_KEYRING} is missing; run: apt-get install debian-archive-keyring")
    wanted = ("Created-By: Packages", f"Release: {this['VERSION_CODENAME']}", "Component: main")
    found = run(["apt-get", "indextargets", "--format", "$(REPO_URI)", *wanted]).split()
    if not found:
        raise UserlandError(f"apt knows no mirror of {this['PRETTY_NAME']}; run (as root): apt-get update")
    return found[0]


def _unpack_members(archive: Path, members: Iterable[str], into: Path) -> None:
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", archive], stdout=subprocess.PIPE) as package:
        subprocess.run(["tar", "-x", "-C", into, *members], stdin=package.stdout, check=True)
