"""How far a quantized network's answers are from the float network's, as a number that gradients can lower."""

from __future__ import annotations

from dataclasses import dataclass

from ai_edge_litert import schema_py_generated as schema

from converter.quantize.distill.network import TensorFlowNetwork
from converter.quantize.distill.operators import Values
from edge_runtime.contracts.manifest import Activation

_Code = schema.BuiltinOperator
_PASSED = (_Code.QUANTIZE, _Code.DEQUANTIZE, _Code.RESHAPE)
_ACTIVATIONS: dict[int, Activation] = {_Code.SOFTMAX: "softmax", _Code.LOGISTIC: "sigmoid"}


@dataclass(frozen=True)
class Goal:
    """What is compared.

    Attributes:
        logits: the tensor that a network's answers are read from.
        activation: what makes probabilities of it.
    """

    logits: int
    activation: Activation


def find_goal(network: TensorFlowNetwork, appended: Activation) -> Goal:
    """Where the answers of ``network`` come from.

    Args:
        network: quantized or float.
        appended: what makes probabilities of its output; "none" where the network does that, or nothing does.
    """
    index = network.output
    makers = {node.output: node for node in network.nodes}
    while index in makers and makers[index].code in _PASSED:
        index = makers[index].inputs[0]
    if index in makers and makers[index].code in _ACTIVATIONS:
        return Goal(makers[index].inputs[0], _ACTIVATIONS[makers[index].code])
    return Goal(network.output, appended)


def distance(activation: Activation, wanted: Values, given: Values) -> Values:
    """Of each image: the divergence from what the float network says; of plain numbers the mean square.

    Args:
        activation: what makes probabilities of both.
        wanted: the float network's numbers, (images, classes).
        given: the quantized network's.
    """
    import tensorflow as tf

    wanted, given = (tf.reshape(values, (tf.shape(values)[0], -1)) for values in (wanted, given))
    if activation == "softmax":
        difference = tf.nn.log_softmax(wanted) - tf.nn.log_softmax(given)
        return tf.reduce_sum(tf.nn.softmax(wanted) * difference, axis=1)
    if activation == "sigmoid":
        truth = tf.sigmoid(wanted)
        crossed, least = (
            tf.nn.sigmoid_cross_entropy_with_logits(labels=truth, logits=logits) for logits in (given, wanted)
        )
        return tf.reduce_sum(crossed - least, axis=1)
    return tf.reduce_mean(tf.square(wanted - given), axis=1)
