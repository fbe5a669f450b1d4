"""Training on several GPUs or machines at once, with tf.distribute.

All workers go through the whole training with the same data; a step computes each worker's share of the batch, and
within a worker each GPU's. Keras 3's ``fit`` refuses ``MultiWorkerMirroredStrategy``
(https://github.com/keras-team/keras/issues/20585), and under ``MirroredStrategy`` it spends a batch on looking at it.
So models are built without a strategy, and :class:`SyncedModel` adds up the gradients.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from trainer.errors import ConfigError
from trainer.networks import KerasModel

CLUSTER_VARIABLE = "TF_CONFIG"


@dataclass(frozen=True)
class Workers:
    """The processes and devices that train together.

    Attributes:
        worker: this process's number; 0 writes the files.
        workers: how many processes there are.
        strategy: the ``tf.distribute.Strategy``, or None.
    """

    worker: int = 0
    workers: int = 1
    strategy: Any = None

    @property
    def devices(self) -> int:
        """How many devices each process shares its part of a batch among."""
        return 1 if self.strategy is None else len(self.strategy.extended.worker_devices)

    def model(self, inputs: Any, outputs: Any) -> KerasModel:
        """A model to be trained, from symbolic inputs and outputs."""
        if self.strategy is None:
            return keras.Model(inputs, outputs)
        return SyncedModel(inputs, outputs, self.strategy)


ALONE = Workers()
"""One process on one device."""


def join_workers(distribute: str) -> Workers:
    """Connects to the other workers, where there are some; call it before TensorFlow computes anything.

    Raises:
        ConfigError: "multiworker" is wanted and ``TF_CONFIG`` does not describe a cluster.
    """
    if distribute == "mirrored":
        return Workers(strategy=tf.distribute.MirroredStrategy())
    if distribute == "multiworker":
        worker, workers = _read_cluster()
        return Workers(worker, workers, tf.distribute.MultiWorkerMirroredStrategy())
    return ALONE


def _read_cluster() -> tuple[int, int]:
    """This worker's number and how many there are."""
    text = os.environ.get(CLUSTER_VARIABLE, "")
    try:
        content = json.loads(text)
        workers, task = content["cluster"]["worker"], content["task"]
        worker, count = task["index"], len(workers)
        if task["type"] != "worker" or set(content["cluster"]) != {"worker"} or not 0 <= worker < count:
            raise ValueError("only workers, and an index among them")
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f"distribute multiworker: the variable {CLUSTER_VARIABLE} must name the cluster, as in "
            '{"cluster": {"worker": ["host1:2222", "host2:2222"]}, "task": {"type": "worker", "index": 0}}; '
            f"it is {text!r} ({type(error).__name__}: {error})"
        ) from error
    return worker, count


class SyncedModel(keras.Model):
    """A model whose gradients are those of all shares of a batch together.

    BatchNorm must be frozen: its moving statistics are not brought together.
    """

    def __init__(self, inputs: Any, outputs: Any, strategy: Any) -> None:
        super().__init__(inputs, outputs)
        self._shares = strategy

    def train_step(self, data: Any) -> Any:
        """One step of Keras's ``fit``; the loss it reports is that of the whole batch, the metrics this worker's."""
        inputs, targets = data
        results = self._shares.run(self._summed, (inputs, targets))
        truth, outputs = (tf.concat(self._local(result), 0) for result in results[:2])
        count, loss, *gradients = (self._local(result)[0] for result in results[2])
        self.optimizer.apply([gradient / count for gradient in gradients], self.trainable_variables)
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss / count, sample_weight=count)
            else:
                metric.update_state(truth, outputs)
        return self.get_metrics_result()

    def _local(self, value: Any) -> Any:
        return self._shares.experimental_local_results(value)

    def _summed(self, inputs: Any, targets: Any) -> Any:
        """Runs the model on this device's share of the batch, and adds up what all devices found."""
        context = tf.distribute.get_replica_context()
        devices = len(self._shares.extended.worker_devices)
        device = context.replica_id_in_sync_group % devices
        inputs, targets = inputs[device::devices], targets[device::devices]
        with tf.GradientTape() as tape:
            outputs = self(inputs, training=True)
            loss = self.compute_loss(inputs, targets, outputs)
        gradients = tape.gradient(loss, self.trainable_variables)
        count = tf.cast(tf.shape(targets)[0], tf.float32)
        shares = [count, loss * count, *(gradient * count for gradient in gradients)]
        return targets, outputs, context.all_reduce(tf.distribute.ReduceOp.SUM, shares)
