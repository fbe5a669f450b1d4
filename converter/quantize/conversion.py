"""What makes .tflite files of one float model, whichever converter does the work."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from converter.errors import NotApplicableError
from converter.quantize.recipes import Variant

Inputs = Callable[[], Iterator[NDArray[np.float32]]]
"""Gives the calibration inputs anew at each call: float32 (1, height, width, channels)."""


class Conversion(ABC):
    """Makes .tflite files without metadata from one float model.

    A converter must be able to :meth:`convert`; what else it cannot do, it leaves as it is here.
    """

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

    def convert_anew(self, variant: Variant, calibration: Inputs) -> bytes:  # noqa: ARG002 - for those that can
        """The int8 file of ``variant``, calibrated on other inputs than the files before it.

        Raises:
            NotApplicableError: this converter cannot; the message says which can.
            ConversionError: the converter refuses.
            ImageError: a calibration image cannot be decoded.
        """
        raise NotApplicableError("the sweep over calibration images needs TensorFlow's converter")

    def layer_statistics(self, calibration: Inputs, inputs: Inputs) -> str:  # noqa: ARG002 - likewise
        """What quantizing to int8 costs each layer, as the CSV of TensorFlow's QuantizationDebugger.

        Args:
            calibration: the inputs that ranges are measured on.
            inputs: what the layers are compared on.

        Raises:
            NotApplicableError: this converter cannot; the message says which can.
            ConversionError: the converter refuses.
            ImageError: an image cannot be decoded.
        """
        raise NotApplicableError(
            "layers can be left in float32 where TensorFlow converts, not where MODEL is a .tflite"
        )
