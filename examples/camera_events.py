"""A camera, decisions over time, and a function that is told what entered and left.

python examples/camera_events.py model.tflite picamera2:
"""

import sys

from edge_runtime import CallbackSink, Classifier, Frame, FrameFailure, FrameResult, open_source, run_pipeline
from edge_runtime.decisions import DecisionSettings
from edge_runtime.decisions.decider import Decider
from edge_runtime.run import PipelineSettings


def react(result: FrameResult | FrameFailure, frame: Frame | None) -> None:
    """Here goes what your device does."""
    if isinstance(result, FrameResult) and frame is not None:
        for event in result.events:
            print(f"frame {frame.index}: {event.category.label} {event.kind}", flush=True)


def main(model: str, source: str) -> None:
    """Runs until the source ends or Ctrl-C."""
    settings = DecisionSettings(smooth=("mean:5", "hysteresis:0.7,0.4"), min_duration=0.5, events=True)
    with Classifier(model) as classifier:
        decide = Decider.of(classifier, settings).decide
        run_pipeline(open_source(source), [classifier], [CallbackSink(react)], PipelineSettings(decide=decide))


if __name__ == "__main__":
    main(*sys.argv[1:])
