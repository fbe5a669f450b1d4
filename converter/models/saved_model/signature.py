"""Which tensors of a SavedModel are the image and the scores: its signatures say it, where several fit the user."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tensorflow.core.framework.types_pb2 import DataType
from tensorflow.core.protobuf.meta_graph_pb2 import MetaGraphDef, SignatureDef, TensorInfo

from converter.errors import SourceError
from converter.models.base import Shape
from converter.models.saved_model.names import listed, printable
from edge_runtime.console.command import logger

_SERVING = "serving_default"
_OWN_SIGNATURES = "__saved_model_"
_BYTES = {DataType.DT_UINT8, DataType.DT_UINT16, DataType.DT_INT16, DataType.DT_INT32, DataType.DT_INT64}
_FLOATS = {DataType.DT_FLOAT, DataType.DT_HALF, DataType.DT_BFLOAT16, DataType.DT_DOUBLE}


@dataclass(frozen=True)
class Signature:
    """A way to call a SavedModel with an image.

    Attributes:
        image: the tensor that is fed.
        scores: the name of the tensor that is fetched.
        output: what the signature calls it.
    """

    image: TensorInfo
    scores: str
    output: str

    @property
    def takes_bytes(self) -> bool:
        """Whether the image is of integers: then the model scales pixels of 0..255 itself."""
        return self.image.dtype in _BYTES

    @property
    def image_shape(self) -> Shape:
        """Of the tensor that is fed, the batch first."""
        return _shape(self.image)


def read_signature(path: Path, meta: MetaGraphDef, name: str | None, output: str | None) -> Signature:
    """The signature ``name``; where that is None the default one, or the only one.

    Args:
        path: of the model, for errors.
        meta: its graph.
        name: of the signature.
        output: the name of the scores among its outputs, or their number in the order of names; None where that is
            not said.

    Raises:
        SourceError: there is none of that name, it takes or gives something else, or which is meant has to be said;
            the message lists what there is.
    """
    signature = _choose(path, meta, name)
    if len(signature.inputs) != 1:
        raise SourceError(f"{path}: it has {len(signature.inputs)} inputs ({listed(sorted(signature.inputs))}); "
                          "edge-convert takes models of one image")  # fmt: skip
    ((called, image),) = signature.inputs.items()
    if image.dtype == DataType.DT_STRING:
        others = [key for key, other in _signatures(meta).items() if _takes_pixels(other)]
        fix = f"take another with --signature: {listed(sorted(others))}" if others else "export it with an image input"
        raise SourceError(f"{path}: its input {printable(called)} takes files or text, not pixels; {fix}")
    if image.dtype not in _BYTES | _FLOATS or not image.name.endswith(":0"):
        raise SourceError(f"{path}: its input {printable(called)} is of type {DataType.Name(image.dtype)}; "
                          "export the model with an image of float32 or uint8")  # fmt: skip
    scores = _scores_output(path, signature, output)
    return Signature(image, signature.outputs[scores].name, scores)


def _scores_output(path: Path, signature: SignatureDef, said: str | None) -> str:
    """The name of the one output that may be scores: those of text and of whole numbers cannot."""
    names = sorted(signature.outputs)
    scores = [name for name in names if signature.outputs[name].dtype in _FLOATS]
    if said is not None:
        numbered = {str(number): name for number, name in enumerate(names)}
        name = said if said in names else numbered.get(said, "")
        if name not in scores:
            raise SourceError(f"{path}: it has no output {said[:40]!r} of scores; --output is one of: {listed(scores)}")
        return name
    if not scores:
        raise SourceError(f"{path}: none of its outputs is of floating-point numbers ({listed(names)}), as "
                          "scores are; take another signature with --signature, or export it with scores")  # fmt: skip
    if len(scores) > 1:
        raise SourceError(f"{path}: it has {len(scores)} outputs that may be the scores ({listed(scores)}); of a "
                          "SavedModel, say which with --output")  # fmt: skip
    if len(names) > 1:
        logger.info(
            "%s: its output %s is taken for the scores: the others are no floating-point numbers", path, scores[0]
        )
    return scores[0]


def _choose(path: Path, meta: MetaGraphDef, name: str | None) -> SignatureDef:
    signatures = _signatures(meta)
    names = listed(sorted(signatures))
    if not signatures:
        raise SourceError(f"{path}: it has no signature; export it with one, in Keras with model.export()")
    if name is not None:
        if name not in signatures:
            raise SourceError(f"{path}: it has no signature {name!r}; --signature names one of: {names}")
        return signatures[name]
    if _SERVING in signatures:
        return signatures[_SERVING]
    if len(signatures) > 1:
        raise SourceError(f"{path}: it has several signatures; say which with --signature: {names}")
    return next(iter(signatures.values()))


def _signatures(meta: MetaGraphDef) -> dict[str, SignatureDef]:
    return {key: value for key, value in meta.signature_def.items() if not key.startswith(_OWN_SIGNATURES)}


def _takes_pixels(signature: SignatureDef) -> bool:
    return all(info.dtype in _BYTES | _FLOATS for info in signature.inputs.values())


def _shape(info: TensorInfo) -> Shape:
    return tuple(side.size if side.size >= 0 else None for side in info.tensor_shape.dim)
