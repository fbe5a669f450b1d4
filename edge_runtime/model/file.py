"""Reads what a .tflite says about itself, without an interpreter: tensors, last operator, metadata, labels, manifest.

Slot numbers are the order of fields in ``tensorflow/compiler/mlir/lite/schema/schema.fbs`` (identifier TFL3) and
``metadata_schema.fbs`` (identifier M001). Associated files are a zip at the end of the .tflite.
"""

from __future__ import annotations

import mmap
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from edge_runtime.contracts.labels import parse_label_file
from edge_runtime.contracts.manifest import MANIFEST_NAME, Activation, ModelManifest
from edge_runtime.contracts.tensors import TensorSpec
from edge_runtime.errors import ModelFileError
from edge_runtime.model.flatbuffer import FlatTable
from edge_runtime.model.image_input import read_image_input
from edge_runtime.model.says import UserSays
from edge_runtime.model.scores_output import choose_output
from edge_runtime.model.tensor_tables import read_outputs, read_sides, read_tensor

METADATA_NAME = "TFLITE_METADATA"
MODEL_SUFFIXES = frozenset({".lite", ".tflite"})
MAX_ASSOCIATED_BYTES = 16 << 20

_LOGISTIC, _SOFTMAX = 14, 25
_PASSING_ON = {6, 22, 114}  # DEQUANTIZE, RESHAPE, QUANTIZE
_NORMALIZATION_OPTIONS = 1
_AXIS_LABELS = 2

Normalization = tuple[tuple[float, ...], tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class ModelFile:
    """What one .tflite says.

    Attributes:
        input: the image tensor, of the size that the user says where the file leaves it open.
        image_shape: (height, width, channels) of its image; ``contracts.tensors.layout_of`` tells how they lie there.
        output: the scores, shape (1, classes).
        ends_in: "softmax" or "sigmoid" where the last operator makes probabilities, else "none".
        manifest: ours, if it carries one.
        labels: from our manifest or the TFLite metadata; empty where it says none.
        normalization: (mean, std) from the TFLite metadata; None where it says none.
        is_open: whether the file leaves the image size open, so that the interpreter must be told it.
        output_position: of the scores among the graph's outputs, from 0.
        output_name: of the scores, in the signature where there is one.
        guesses: what was guessed about the tensors, as options that overrule it.
    """

    path: Path
    input: TensorSpec
    image_shape: tuple[int, int, int]
    output: TensorSpec
    ends_in: Activation
    manifest: ModelManifest | None
    labels: tuple[str, ...]
    normalization: Normalization | None
    is_open: bool = False
    output_position: int = 0
    output_name: str = ""
    guesses: tuple[str, ...] = ()

    def input_shape(self, batch: int) -> tuple[int, ...]:
        """The shape of the input tensor for so many images.

        Raises:
            ModelFileError: it takes one image, without a dimension for more.
        """
        if batch == 1:
            return self.input.shape
        if len(self.input.shape) == 2:
            raise ModelFileError(
                f"{self.path}: its input {list(self.input.shape)} takes one image, no batch of {batch}"
            )
        return (batch, *self.input.shape[1:])


def read_model_file(path: Path, said: UserSays | None = None) -> ModelFile:
    """Reads and checks ``path``.

    Args:
        path: a .tflite.
        said: by the user; of this only the layout, the output and the image size count here.

    Raises:
        ModelFileError: missing, empty, damaged, or no image classifier with one input.
        ContractError: its manifest or labels break the contract, or the user must say more.
    """
    if path.is_dir() or path.suffix in (".keras", ".h5"):
        found = "a folder" if path.is_dir() else "a Keras model"
        raise ModelFileError(f"{path}: {found}, no .tflite; edge-convert makes one of a RUN folder or a Keras model")
    try:
        with path.open("rb") as file:
            if file.seek(0, 2) == 0:
                raise ModelFileError(f"{path}: the file is empty; convert or copy the model again")
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as buffer:
                return _read(path, buffer, said or UserSays())
    except OSError as error:
        raise ModelFileError(f"{path}: cannot read: {error.strerror or error}") from error


def read_associated_files(path: Path) -> dict[str, bytes]:
    """The files packed at the end of a .tflite; empty where there are none.

    Raises:
        ModelFileError: the zip is damaged or unpacks to more than ``MAX_ASSOCIATED_BYTES``.
    """
    with _associated_files(path) as archive:
        members = [] if archive is None else archive.infolist()
        if sum(member.file_size for member in members) > MAX_ASSOCIATED_BYTES:
            raise ModelFileError(f"{path}: its associated files unpack to more than {MAX_ASSOCIATED_BYTES} bytes")
        return {member.filename: _unpack(archive, member, path) for member in members if archive is not None}


def flatbuffer_size(path: Path) -> int:
    """How many bytes of the file lie before its associated files.

    Raises:
        ModelFileError: the zip is damaged.
    """
    with _associated_files(path) as archive:
        if archive is None:
            return path.stat().st_size
        return min((member.header_offset for member in archive.infolist()), default=archive.start_dir)


@contextmanager
def _associated_files(path: Path) -> Iterator[zipfile.ZipFile | None]:
    """The zip at the end of a file, None where there is none; its errors become ours."""
    if not zipfile.is_zipfile(path):
        yield None
        return
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise ModelFileError(f"{path}: its associated files are damaged: {error}") from error


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path) -> bytes:
    """A member's content: no more than it announces, whatever is packed there."""
    if member.compress_type not in (
        zipfile.ZIP_STORED,
        zipfile.ZIP_DEFLATED,
    ):  # Python unpacks the others whole, however large they are
        raise ModelFileError(f"{path}: its file {member.filename!r} is neither stored nor deflated")
    with archive.open(member) as file:
        return file.read(member.file_size)


def weights_sha256(path: Path) -> str:
    """The SHA-256 of the flatbuffer: all of the file before its associated files, which the manifest vouches for."""
    import hashlib  # here, since OpenSSL behind it costs the device 4 MB for nothing

    return hashlib.sha256(path.read_bytes()[: flatbuffer_size(path)]).hexdigest()


def _read(path: Path, buffer: mmap.mmap, said: UserSays) -> ModelFile:
    model = FlatTable.root(buffer, b"TFL3", str(path))
    subgraphs = model.tables(2)
    if not subgraphs:
        raise ModelFileError(f"{path}: damaged: it has no graph")
    graph = subgraphs[0]
    tensors = graph.tables(0)
    inputs, outputs = graph.numbers(1, "i"), graph.numbers(2, "i")
    if len(inputs) != 1 or not outputs:
        raise ModelFileError(
            f"{path}: no image classifier: it has {len(inputs)} inputs and {len(outputs)} outputs; it needs one image "
            "and one row of scores"
        )
    for index in (*inputs, *outputs):
        if not 0 <= index < len(tensors):
            raise ModelFileError(f"{path}: damaged: it has no tensor {index}")
    table = tensors[int(inputs[0])]
    tensor = read_tensor(table, "input", path)
    image = read_image_input(path, read_sides(table, tensor.shape), said)
    scores, guess = choose_output(path, read_outputs(model, tensors, outputs, path), said.output)
    input_spec, output_spec = replace(tensor, shape=image.shape), scores.spec
    files = read_associated_files(path)
    manifest = _manifest(files, input_spec, output_spec, path)
    metadata = _metadata(model, path)
    labels = manifest.labels if manifest else _labels(metadata, files, path)
    return ModelFile(
        path=path,
        input=input_spec,
        image_shape=image.image_shape,
        output=output_spec,
        ends_in=_ends_in(model, graph, scores.tensor),
        manifest=manifest,
        labels=labels,
        normalization=_normalization(metadata),
        is_open=image.is_open,
        output_position=scores.position,
        output_name=scores.names[0],
        guesses=(guess,) if guess else (),
    )


def _ends_in(model: FlatTable, graph: FlatTable, output: int) -> Activation:
    """The activation that makes the output, looking through operators that only pass values on."""
    codes = [max(code.number(0, "b"), code.number(3, "i")) for code in model.tables(1)]
    made_by = {}
    for operator in graph.tables(3):
        for tensor in operator.numbers(2, "i"):
            made_by[tensor] = operator
    source: float = output
    while source in made_by:
        operator = made_by.pop(source)  # popped, so that a damaged file's circle ends
        index = operator.number(0, "I")
        code = codes[index] if index < len(codes) else -1
        if code == _SOFTMAX:
            return "softmax"
        if code == _LOGISTIC:
            return "sigmoid"
        sources = operator.numbers(1, "i")
        if code not in _PASSING_ON or not sources:
            break
        source = sources[0]
    return "none"


def _manifest(
    files: dict[str, bytes], input_spec: TensorSpec, output_spec: TensorSpec, path: Path
) -> ModelManifest | None:
    if MANIFEST_NAME not in files:
        return None
    manifest = ModelManifest.from_json(files[MANIFEST_NAME], f"{path}: {MANIFEST_NAME}")
    for role, said, found in (("input", manifest.input, input_spec), ("output", manifest.output, output_spec)):
        if said != found:
            raise ModelFileError(
                f"{path}: its manifest is of another model: {role} is {found}, the manifest says {said}"
            )
    return manifest


def _metadata(model: FlatTable, path: Path) -> FlatTable | None:
    """The graph's SubGraphMetadata in the TFLite metadata, if there is any."""
    buffers = model.tables(4)
    for entry in model.tables(6):
        if entry.text(0) == METADATA_NAME:
            number = entry.number(1, "I")
            if number >= len(buffers):
                raise ModelFileError(f"{path}: damaged: it has no buffer {number}")
            content = bytes(buffers[number].blob(0))
            graphs = FlatTable.root(content, b"M001", f"{path}: TFLite metadata").tables(3)
            return graphs[0] if graphs else None
    return None


def _normalization(metadata: FlatTable | None) -> Normalization | None:
    for tensor in metadata.tables(2) if metadata else []:
        for unit in tensor.tables(4):
            options = unit.table(1)
            if unit.number(0, "B") == _NORMALIZATION_OPTIONS and options is not None:
                return options.numbers(0, "f"), options.numbers(1, "f")
    return None


def _labels(metadata: FlatTable | None, files: dict[str, bytes], path: Path) -> tuple[str, ...]:
    for tensor in metadata.tables(3) if metadata else []:
        for file in tensor.tables(6):
            name = file.text(0)
            if file.number(2, "b") == _AXIS_LABELS and not file.text(3):
                if name not in files:
                    raise ModelFileError(
                        f"{path}: its metadata names the label file {name!r}, which is not in it; is the end cut off?"
                    )
                return parse_label_file(files[name], f"{path}: {name}")
    return ()
