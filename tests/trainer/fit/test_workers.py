"""Several workers on this machine: they train one model together, on shares of each batch."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from children import running
from image_folders import write_image_folder

from edge_runtime.console.child_process import console_script
from edge_runtime.contracts.training import TrainingRecord
from trainer.cli import main
from trainer.fit.feeds.order import Order

pytestmark = pytest.mark.tensorflow

OPTIONS = ["--backbone", "small-cnn", "--image-size", "12", "--epochs", "3", "--batch-size", "8", "--dropout", "0"]


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [server.getsockname()[1] for server in sockets]
    for server in sockets:
        server.close()
    return ports


@contextmanager
def _worker(data: Path, run: Path, addresses: list[str], index: int) -> Iterator[subprocess.Popen[str]]:
    cluster = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
    command = [*console_script("edge-train"), str(data), "--out", str(run), "--distribute", "multiworker", *OPTIONS]
    told = {**os.environ, "TF_CONFIG": json.dumps(cluster)}
    with running(command, env=told, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        yield process


@pytest.mark.slow  # two devices of one process share batches below
def test_two_processes_train_one_model_and_one_of_them_writes_it(tmp_path: Path) -> None:
    data = write_image_folder(tmp_path / "data", {"red": 14, "green": 14, "blue": 14})
    addresses = [f"127.0.0.1:{port}" for port in _free_ports(2)]
    worker = partial(_worker, data, tmp_path / "run", addresses)
    with worker(0) as first, worker(1) as second:
        workers = (first, second)
        outputs = [each.communicate() for each in workers]
    assert [worker.returncode for worker in workers] == [0, 0], outputs
    assert "worker 1: done; worker 0 writes" in outputs[1][1]
    assert outputs[0][0] == outputs[1][0], "both measure the same model"
    together = TrainingRecord.load(tmp_path / "run")
    assert not (tmp_path / "run" / "checkpoint").exists()

    assert main([str(data), "--out", str(tmp_path / "alone"), *OPTIONS]) == 0
    alone = TrainingRecord.load(tmp_path / "alone")
    for figure in ("loss", "val_loss"):  # dropout inside the network differs from worker to worker
        np.testing.assert_allclose(
            together.history["training"][figure], alone.history["training"][figure], rtol=0.5, atol=0.1
        )


@pytest.mark.parametrize(
    "cluster", ["", "{", '{"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": 1}}', '{"cluster": {}}']
)
def test_a_cluster_that_is_not_described_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], cluster: str
) -> None:
    data = write_image_folder(tmp_path / "data", {"red": 6, "green": 6})
    monkeypatch.setenv("TF_CONFIG", cluster)
    assert main([str(data), "--out", str(tmp_path / "run"), "--distribute", "multiworker", *OPTIONS]) == 2
    last = capfd.readouterr().err.splitlines()[-1]
    assert "distribute multiworker: the variable TF_CONFIG must name the cluster" in last
    assert not (tmp_path / "run").exists()


_MIRRORED = """
import sys
import tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
make = tf.distribute.MirroredStrategy
tf.distribute.MirroredStrategy = lambda: make(["CPU:0", "CPU:1"])  # it takes GPUs by itself, and there is none
from trainer.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.slow  # trains twice
def test_two_devices_of_one_process_train_one_model(tmp_path: Path) -> None:
    data = write_image_folder(tmp_path / "data", {"red": 14, "green": 14, "blue": 14})
    command = [sys.executable, "-c", _MIRRORED, str(data), "--out", str(tmp_path / "run"), "--distribute", "mirrored"]
    done = subprocess.run([*command, *OPTIONS], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert TrainingRecord.load(tmp_path / "run").metrics["accuracy"] >= 0.5


@pytest.mark.parametrize("count", [1, 7, 8, 9, 23])
@pytest.mark.parametrize("workers", [1, 2, 3])
def test_workers_share_each_batch_without_overlap(count: int, workers: int) -> None:
    orders = [Order(8, 5, worker, workers, smallest=workers) for worker in range(workers)]
    shares = [list(order.batches(count, epoch=2)) for order in orders]
    assert {len(batches) for batches in shares} == {orders[0].steps(count)}
    seen = np.concatenate([np.concatenate(batches) for batches in shares]) if shares[0] else np.array([])
    assert len(set(seen.tolist())) == len(seen) >= count - (workers - 1)
    assert all(len(batch) for batches in shares for batch in batches)
