"""LiteRT's CompiledModel, of the package ai-edge-litert: on the CPU, or on a GPU through WebGPU (Vulkan on Linux)."""

from __future__ import annotations

import atexit
import os
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from edge_runtime.backends.base import BackendInfo, check_output, check_threads
from edge_runtime.backends.refusal import refuse_custom_operators, refuse_model
from edge_runtime.console.command import logger
from edge_runtime.console.distribution import install_command
from edge_runtime.console.native import native_output_as_debug
from edge_runtime.errors import BackendError
from edge_runtime.model import ModelFile

_STREAMS = (1, 2)  # the library logs on both, and stdout is for results
_FAULTS = (ValueError, RuntimeError)


class LiteRTCompiledBackend:
    """Runs a model in ``CompiledModel`` on the CPU."""

    name = "litert-compiled"

    def __init__(self, model: ModelFile, threads: int, batch: int = 1) -> None:
        check_threads(threads)
        self._image = np.zeros(model.input_shape(batch), model.input.dtype)
        self._output_size, self._output_dtype = batch * max(model.output.shape), np.dtype(model.output.dtype)
        self._output = model.output_position
        self._inputs: Any = None
        self._outputs: Any = None
        with native_output_as_debug(*_STREAMS) as said:
            library = _import_library(self.name)
            self._compiled, fallback = self._compile(library, model, threads)
            self._bind(model, batch)
        self.info = self._describe(
            BackendInfo(self.name, library.version, threads, _cpu_delegate(said)), said, fallback
        )

    def write(self, fill: Callable[[NDArray[Any]], None]) -> None:
        """Lets ``fill`` set the input, which is then copied to where the model reads it."""
        fill(self._image)
        self._inputs[0].write(self._image)

    def invoke(self) -> None:
        """Runs the model.

        Raises:
            BackendError: the model failed.
        """
        try:
            self._compiled.run_by_index(0, self._inputs, self._outputs)
        except _FAULTS as error:
            raise BackendError(f"{self.name}: the model failed: {error}") from error

    def read(self) -> NDArray[Any]:
        """A copy of the raw output, (batch * classes,).

        Raises:
            BackendError: it cannot be read.
        """
        try:
            scores: NDArray[Any] = self._outputs[self._output].read(self._output_size, self._output_dtype)
        except _FAULTS as error:
            raise BackendError(f"{self.name}: the output cannot be read: {error}") from error
        return scores

    def close(self) -> None:
        """Frees the model."""
        with native_output_as_debug(*_STREAMS):
            self._inputs = self._outputs = self._compiled = None

    def _compile(self, library: _Library, model: ModelFile, threads: int) -> tuple[Any, str | None]:
        """The compiled model, and why it does not run where the backend's name says."""
        return library.compile(self.name, model, threads, "CPU"), None

    def _bind(self, model: ModelFile, batch: int) -> None:
        """Makes the tensors; the first write makes the library set up what it needs for it, and log about that."""
        try:
            if batch != 1 or model.is_open:
                self._compiled.resize_input_tensor(0, list(self._image.shape), strict=False)
            self._inputs = self._compiled.create_input_buffers(0)
            self._outputs = self._compiled.create_output_buffers(0)
            names = list(self._compiled.get_signature_by_index(0)["outputs"])
            if model.output_name in names:  # its order is that of the signature
                self._output = names.index(model.output_name)
            if model.is_open:  # else the first of more numbers would be read, and taken for the scores
                check_output(model, batch, self._outputs[self._output].get_tensor_details()["shape"])
            self._inputs[0].write(self._image)
        except _FAULTS as error:
            height, width, _ = model.image_shape
            asked = f"images of {height}x{width}" if model.is_open else f"batch {batch}"
            raise BackendError(f"{model.path}: {self.name} cannot run it with {asked}: {error}") from error

    def _describe(self, info: BackendInfo, _said: Sequence[str], _fallback: str | None) -> BackendInfo:
        return info


class LiteRTGpuBackend(LiteRTCompiledBackend):
    """Runs a model in ``CompiledModel`` on a GPU; operators that the GPU does not take run on the CPU.

    Where no GPU can be used, the whole model runs on the CPU; a warning and ``info.fallback`` say so.
    """

    name = "litert-gpu"

    def __init__(self, model: ModelFile, threads: int, batch: int = 1) -> None:
        if model.is_open:
            raise BackendError(
                f"{model.path}: litert-gpu only runs files of one image size, and this one leaves it open; take "
                "another backend, or make a file of one size: edge-convert --image-size"
            )
        if batch != 1:  # it would run, with the right scores for the first image only
            raise BackendError(
                f"{model.path}: litert-gpu only runs the batch that the file was converted with, 1, not {batch}"
            )
        super().__init__(model, threads, batch)
        self._scores = np.zeros(self._output_size, self._output_dtype)

    def invoke(self) -> None:
        """Runs the model and waits for its output: a GPU's work is done only when that can be read.

        Raises:
            BackendError: the model failed.
        """
        super().invoke()
        self._scores = super().read()

    def read(self) -> NDArray[Any]:
        """The raw output, (batch * classes,), of the last ``invoke``."""
        return self._scores

    def _compile(self, library: _Library, model: ModelFile, threads: int) -> tuple[Any, str | None]:
        try:
            return library.compile(self.name, model, threads, "GPU", "CPU"), None
        except BackendError as error:
            logger.debug("%s", error)
        return library.compile(self.name, model, threads, "CPU"), "no GPU that WebGPU can use took the model"

    def _describe(self, info: BackendInfo, said: Sequence[str], fallback: str | None) -> BackendInfo:
        if fallback is not None:
            logger.warning(
                "litert-gpu: %s; it runs on the CPU; a GPU needs its Vulkan driver and: sudo apt install libvulkan1",
                fallback,
            )
            return replace(info, fallback=fallback)
        delegate = "webgpu" if self._compiled.is_fully_accelerated() else _gpu_share(said)
        info = replace(info, delegate=delegate, device="gpu", device_name=_adapter(said))
        if info.is_software:
            logger.warning("litert-gpu: %s is a software driver; it computes on the CPU, slowly", info.device_name)
        return info


class _Library(NamedTuple):
    """What of ai-edge-litert is used."""

    version: str
    compiled_model: Any

    def compile(self, name: str, model: ModelFile, threads: int, *accelerators: str) -> Any:
        """A ``CompiledModel`` on the first of ``accelerators``, and on the others what that does not take.

        Raises:
            BackendError: the model is refused, or there is no such accelerator.
        """
        refuse_custom_operators(model.path, name, self.version)
        library = self.compiled_model
        chosen = library.HardwareAccelerator(0)
        for accelerator in accelerators:
            chosen |= library.HardwareAccelerator[accelerator]
        options = library.Options(hardware_accelerators=chosen, cpu_options=library.CpuOptions(num_threads=threads))
        try:
            return library.CompiledModel.from_file(str(model.path), options=options)
        except _FAULTS as error:
            raise refuse_model(model.path, name, self.version, str(error)) from error


def _import_library(name: str) -> _Library:
    try:
        import ai_edge_litert
        from ai_edge_litert import compiled_model
    except ImportError as error:
        raise BackendError(
            f"backend {name}: cannot import ai-edge-litert ({error}); run: {install_command('litert')}"
        ) from error
    _silence_the_end()
    return _Library(ai_edge_litert.__version__, compiled_model)


@cache
def _silence_the_end() -> None:
    """The library logs once more when the process ends, after Python did."""

    def silence() -> None:
        if sys.stderr is not None:  # a service may have none
            sys.stderr.flush()
        with open(os.devnull, "w") as nowhere:  # noqa: PTH123 - pathlib adds nothing here
            os.dup2(nowhere.fileno(), 2)

    atexit.register(silence)


def _cpu_delegate(said: Sequence[str]) -> str:
    return "xnnpack" if any("XNNPACK delegate" in line for line in said) else "unknown"


def _gpu_share(said: Sequence[str]) -> str:
    """How much of the graph the GPU took, in words."""
    pattern = re.compile(r"(\d+) operations will run on the GPU, and the remaining (\d+) operations")
    found = next(filter(None, map(pattern.search, said)), None)
    if found is None:
        return "webgpu (in part)"
    return f"webgpu ({found[1]} of {int(found[1]) + int(found[2])} operators)"


def _adapter(said: Sequence[str]) -> str | None:
    """The GPU's name; one that only computes in software is marked so."""
    found = next(filter(None, (re.search(r"Selected adapter: (.+?), arch=.*adapterType=(.+)", s) for s in said)), None)
    if found is None:
        return None
    return f"{found[1]} [software]" if "software" in found[2].lower() else found[1]
