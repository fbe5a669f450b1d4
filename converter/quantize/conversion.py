"""What makes .tflite files of one float model, whichever converter does the work."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from converter.quantize.recipes import Variant

Inputs = Callable[[], Iterator[NDArray[np.float32]]]
"""Gives the calibration inputs anew at each call: float32 (1, height, width, channels)."""


class Conversion(ABC):
    """Makes .tflite files without metadata from one float model."""

    @abstractmethod
    def convert(self, variant: Variant, calibration: Inputs) -> bytes:
        """The file of ``variant``.

        Args:
            variant: how to make it.
            calibration: the inputs that ranges are measured on, called where the recipe needs them.

        Raises:
            ConversionError: the converter refuses.
            ImageError: a calibration image cannot be decoded.
        """

    @abstractmethod
    def convert_anew(self, variant: Variant, calibration: Inputs) -> bytes:
        """The int8 file of ``variant``, calibrated on other inputs than the files before it.

        Raises:
            ConversionError: the converter refuses.
            ImageError: a calibration image cannot be decoded.
        """

    @abstractmethod
    def float_twin(self, variant: Variant, calibration: Inputs) -> bytes:
        """The float file whose layers the int8 file of ``variant`` has, equalised where that is.

        It takes what the int8 file takes: pixels, where an operator of that normalises.

        Raises:
            ConversionError: the converter refuses.
            NotApplicableError: the architecture does not allow the variant.
            ImageError: a calibration image cannot be decoded.
        """

    @abstractmethod
    def layer_statistics(self, variant: Variant, calibration: Inputs, inputs: Inputs) -> str:
        """What quantizing to int8 costs each layer, as the CSV of TensorFlow's QuantizationDebugger.

        Args:
            variant: an int8 one.
            calibration: the inputs that ranges are measured on.
            inputs: what the layers are compared on.

        Raises:
            ConversionError: the converter refuses.
            ImageError: an image cannot be decoded.
        """
