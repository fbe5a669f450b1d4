"""Refuses a configuration of Keras 2 that could run code or read files, before tf_keras sees it.

tf_keras imports modules and looks up functions by the names in a file. So every name is on a list, or is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from converter.errors import SourceError

_LAYERS = """
    Activation ActivityRegularization Add AdditiveAttention AlphaDropout Attention Average AveragePooling1D
    AveragePooling2D AveragePooling3D BatchNormalization BatchNormalizationV1 BatchNormalizationV2 Bidirectional
    CategoryEncoding CenterCrop Concatenate Conv1D Conv1DTranspose Conv2D Conv2DTranspose Conv3D Conv3DTranspose
    ConvLSTM1D ConvLSTM2D ConvLSTM3D Cropping1D Cropping2D Cropping3D Dense DepthwiseConv1D DepthwiseConv2D
    Discretization Dot Dropout ELU EinsumDense Embedding Flatten GRU GRUCell GaussianDropout GaussianNoise
    GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D GlobalMaxPooling1D GlobalMaxPooling2D
    GlobalMaxPooling3D GroupNormalization Identity InputLayer LSTM LSTMCell LayerNormalization LeakyReLU
    LocallyConnected1D LocallyConnected2D Masking MaxPooling1D MaxPooling2D MaxPooling3D Maximum Minimum
    MultiHeadAttention Multiply Normalization PReLU Permute RNN RandomBrightness RandomContrast RandomCrop RandomFlip
    RandomHeight RandomRotation RandomTranslation RandomWidth RandomZoom ReLU RepeatVector Rescaling Reshape Resizing
    SeparableConv1D SeparableConv2D SimpleRNN SimpleRNNCell Softmax SpatialDropout1D SpatialDropout2D SpatialDropout3D
    SpectralNormalization StackedRNNCells Subtract SyncBatchNormalization ThresholdedReLU TimeDistributed
    UnitNormalization UpSampling1D UpSampling2D UpSampling3D ZeroPadding1D ZeroPadding2D ZeroPadding3D
"""
_MODELS = "Functional Model Sequential"
_SETTINGS = """
    Constant GlorotNormal GlorotUniform HeNormal HeUniform LecunNormal LecunUniform Ones Orthogonal RandomNormal
    RandomUniform TruncatedNormal VarianceScaling Zeros L1 L1L2 L2 OrthogonalRegularizer MaxNorm MinMaxNorm NonNeg
    RadialConstraint UnitNorm Policy
"""
_VALUES = "TensorShape __ellipsis__ __numpy__ __tensor__ __tuple__"
_OPERATORS = "InstanceProperty SlicingOpLambda TFOpLambda TensorFlowOpLayer"
_CLASSES = frozenset(" ".join((_LAYERS, _MODELS, _SETTINGS, _VALUES, _OPERATORS)).split())
_MODULE = re.compile(r"(?:builtins|(?:tf_)?keras(?:\.\w+)*)?")
_ACTIVATIONS = {
    "elu", "exponential", "gelu", "hard_sigmoid", "linear", "mish", "relu", "selu", "sigmoid", "softmax", "softplus",
    "softsign", "swish", "tanh",
}  # fmt: skip
_FUNCTION = re.compile(
    r"(?:compat\.v1\.)?(?:"
    r"(?:bitwise|image|linalg|math|nn|signal)\.[a-z]\w*"
    r"|random\.(?:normal|uniform|truncated_normal|stateless_\w+)"
    r"|__operators__\.[a-z_]+"
    r"|(?:abs|acos|add|add_n|argmax|argmin|asin|atan|boolean_mask|broadcast_to|cast|clip_by_norm|clip_by_value|concat|cos"
    r"|cosh|cumsum|depth_to_space|divide|einsum|ensure_shape|equal|exp|expand_dims|eye|fill|floor|gather|gather_nd|greater"
    r"|greater_equal|identity|less|less_equal|linspace|logical_and|logical_not|logical_or|matmul|maximum|minimum|multiply"
    r"|negative|norm|not_equal|one_hot|ones|ones_like|pad|pow|range|rank|realdiv|reduce_\w+|reshape|reverse|roll|round"
    r"|scalar_mul|shape|sigmoid|sign|sin|sinh|size|slice|space_to_depth|split|sqrt|square|squeeze|stack|stop_gradient"
    r"|strided_slice|subtract|tan|tanh|tensordot|tile|transpose|truediv|unstack|where|zeros|zeros_like)"
    r")"
)
"""Functions of TensorFlow that compute one tensor from others."""
_LONGEST = 60


def refuse_code(path: Path, config: Any) -> None:
    """Looks at every name in a configuration.

    Raises:
        SourceError: one could run code, read a file, or is of the author's own code; the message names it.
    """
    for entry in _dictionaries(config):
        if "class_name" in entry:
            _check_class(path, str(entry["class_name"]), entry.get("config"))
        if not _MODULE.fullmatch(str(entry.get("module") or "")):
            raise _own_code(path, f"{entry['module']}.{entry.get('class_name')}")


def _check_class(path: Path, name: str, config: Any) -> None:
    if name in ("Lambda", "__lambda__"):
        raise SourceError(
            f"{path}: it holds Python code (a Lambda layer), which is not executed; replace that layer by one of Keras"
        )
    if name == "function":
        if str(config) not in _ACTIVATIONS:
            raise _own_code(path, config)
        return
    if name not in _CLASSES:
        raise _own_code(path, name)
    if name in ("TFOpLambda", "SlicingOpLambda"):
        _check_function(path, config)
    if name == "TensorFlowOpLayer":
        _check_operator(path, config)


def _check_function(path: Path, config: Any) -> None:
    function = config.get("function") if isinstance(config, dict) else None
    if not isinstance(function, str) or not _FUNCTION.fullmatch(function):
        raise SourceError(
            f"{path}: refused, and nothing of it was run: its layer calls {_short(function)}, which is not among the "
            "functions of TensorFlow that image classifiers need"
        )


def _check_operator(path: Path, config: Any) -> None:
    from google.protobuf import json_format
    from tensorflow.core.framework.node_def_pb2 import NodeDef

    from converter.models.saved_model.operators import COMPUTES, refusal

    saved = config.get("node_def") if isinstance(config, dict) else None
    try:
        if isinstance(saved, dict):
            node = json_format.ParseDict(saved, NodeDef())
        else:
            node = NodeDef.FromString(str(saved).encode())
    except Exception as error:  # the parser raises nearly anything
        raise SourceError(f"{path}: damaged: it has an operator that cannot be read") from error
    if why := refusal(node, COMPUTES):
        raise SourceError(f"{path}: refused, and nothing of it was run: its operator {_short(node.op)} {why}")


def _own_code(path: Path, name: Any) -> SourceError:
    return SourceError(
        f"{path}: it needs {_short(name)}, which is neither in the file nor a layer of Keras 2 that image classifiers "
        "need; build the model without it in Keras 3, or save it as a SavedModel"
    )


def _short(name: Any) -> str:
    return repr(name) if len(repr(name)) <= _LONGEST else f"{repr(name)[:_LONGEST]}…"


def _dictionaries(value: Any) -> Iterator[dict[str, Any]]:
    """All dictionaries in a JSON value, at any depth."""
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield value
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
