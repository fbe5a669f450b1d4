"""A zip for one device: the model, its golden images, a list of checksums and a script that starts it."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path

from converter.deliver.finished import FinishedFile
from converter.tflite.metadata_write import ZIP_TIME

_MODEL, _START, _SUMS = "model.tflite", "start.sh", "SHA256SUMS"
_SELF_TEST = 'edge-run "$here/model.tflite" --self-test >&2\n'


def bundle_files(file: FinishedFile) -> dict[Path, bytes]:
    """The zip, beside ``file`` and with its name; the same model gives the same bytes."""
    name, has_golden = file.path.stem, bool(file.golden)
    files = {
        _MODEL: file.content,
        **{f"golden/{image}": content for image, content in file.golden.items()},
        _START: _start_script(has_golden=has_golden).encode(),
        "README.txt": _readme(name, has_golden=has_golden).encode(),
    }
    sums = "".join(f"{hashlib.sha256(content).hexdigest()}  {member}\n" for member, content in files.items())
    return {file.path.with_suffix(".bundle.zip"): _zip(name, {**files, _SUMS: sums.encode()})}


def _zip(folder: str, files: dict[str, bytes]) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, file in files.items():
            entry = zipfile.ZipInfo(f"{folder}/{name}", ZIP_TIME)
            entry.external_attr = (0o755 if name == _START else 0o644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, file)
    return whole.getvalue()


def _start_script(*, has_golden: bool) -> str:
    return f"""\
#!/bin/sh
# Checks this bundle, proves the device with the model's golden images, then runs edge-run.
#   sh start.sh camera:0 --sink console
set -eu
here=$(cd "$(dirname "$0")" && pwd)
(cd "$here" && sha256sum -c --quiet {_SUMS} >&2)
if ! command -v edge-run >/dev/null; then
  echo "start.sh: edge-run is not installed; run: pip install 'edge-deploy-runtime[litert]'" >&2
  exit 1
fi
{_SELF_TEST if has_golden else ""}if [ $# -eq 0 ]; then
  echo "start.sh: all is well; name a source: sh start.sh camera:0" >&2
  exit 0
fi
exec edge-run "$here/{_MODEL}" "$@"
"""


def _readme(name: str, *, has_golden: bool) -> str:
    golden = "golden/     images and the scores that the model gave them where it was made\n" if has_golden else ""
    return f"""\
{name}: an image classifier for edge-run

{_MODEL}  weights, labels and preprocessing in one file
{golden}{_SUMS}  what start.sh checks first
{_START}    sh start.sh camera:0   (any source and option of edge-run)
"""
