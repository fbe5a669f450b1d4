"""edge-run: frames from a source through a model to sinks."""

from __future__ import annotations

import argparse
import math
import os
import signal
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import NoReturn

from edge_runtime.console.command import UsageError, exit_with, logger, run_command
from edge_runtime.console.lasting import log_sparingly
from edge_runtime.contracts.errors import ContractError
from edge_runtime.decisions import DecisionSettings
from edge_runtime.inference import Classifier
from edge_runtime.model import SAMPLE, UserSays, find_model
from edge_runtime.run.config_file import complete_options
from edge_runtime.run.feed import Feed
from edge_runtime.run.options import make_run_parser
from edge_runtime.run.pipeline import Decide, PipelineSettings, run_feed
from edge_runtime.sinks import RunInfo, needs_events, open_sinks, reopen_on_hangup
from edge_runtime.sources import Patience, open_source, without_password
from edge_runtime.sources.live import LiveSettings

_OF_CLASSIFIER = ("backend", "threads", "top_k", "threshold", "sha256", "verify")
_BEYOND_STALL = 5.0  # seconds: a stalled camera that comes back with the first new connection leaves no gap
_SILENCE = 900.0  # seconds: then a new process may do what new connections did not
_STALLS = 10  # so many in a row, at the least


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code."""

    def body(options: argparse.Namespace) -> int:
        options = complete_options(options, make_run_parser(), arguments)
        return _print_unit(options) if options.systemd_unit else _run(options)

    return run_command(make_run_parser(), body, arguments)


def entry() -> NoReturn:
    """The console script."""
    exit_with(main())


def _print_unit(options: argparse.Namespace) -> int:
    if options.config is None:
        raise UsageError("--systemd-unit needs a --config FILE that the service is to run")
    from edge_runtime.service.unit import make_unit  # here: a run has no need of it

    unit = make_unit(Path(options.config), options.unit_user)
    if not options.sink:
        raise UsageError(
            f"{options.config}: names no sink, so each frame would be a line in the journal; "
            'write sink = ["events:events.jsonl", "preview"], or sink = "jsonl" if you want that'
        )
    print(unit, end="")
    return 0


def _run(options: argparse.Namespace) -> int:
    signal.signal(signal.SIGTERM, _stop)
    reopen_on_hangup()
    options.model = find_model(options.model)
    address = SAMPLE if options.source is None else options.source
    sinks = options.sink or ["jsonl"]
    decisions = _decisions(options, sinks)
    with ExitStack() as stack:
        if options.self_test:
            from edge_runtime.inference.self_test import report_self_test  # here: no run needs it

            return report_self_test(_load(options, stack)[0], options.model)
        feed = Feed.of(open_source(address, LiveSettings(policy=options.policy), dict(options.source_option or ())))
        log_sparingly("edge-run", with_time=feed.is_live and address != "-")  # a pipe ends with what feeds it
        if options.workers is not None and feed.is_live:
            raise UsageError("--workers is for files and videos; give a live source --threads")
        workers = _load(options, stack)
        if options.source is None:
            _tell_of_photos(options.sink)
        settings = PipelineSettings(
            max_fps=options.max_fps,
            read_ahead=options.workers is None,
            crop=options.roi and options.roi.crop,
            decide=_decide(replace(decisions, max_gap=_max_gap(options, feed)), workers[0], feed.frame_rate),
        )
        run = _run_info(options, address, feed, workers[0], decisions)
        with _heartbeat(run):
            counts = run_feed(feed, workers, open_sinks(sinks, run), settings)
    if counts.failed:
        logger.warning("%d of %d frames failed", counts.failed, counts.produced)
    return 1 if counts.failed else 0


def _tell_of_photos(sinks: Sequence[str] | None) -> None:
    hint = "" if sinks else "; --sink console prints short lines"
    logger.info("no SOURCE: classifying the three photos that come with the model %s%s", SAMPLE, hint)


def _run_info(
    options: argparse.Namespace, address: str, feed: Feed, classifier: Classifier, decisions: DecisionSettings
) -> RunInfo:
    return RunInfo(
        model=options.model,
        source=without_password(address),
        labels=classifier.contract.labels,
        counts=feed.counts,
        is_live=feed.is_live,
        frame_rate=feed.frame_rate,
        region=options.roi,
        shows_several=decisions.uses_presence or classifier.contract.task == "multi-label",
        patience=_patience(options, feed),
    )


def _patience(options: argparse.Namespace, feed: Feed) -> Patience:
    """A source that does not come by itself may be silent for ever: a pipe, say, or a folder on the network."""
    usual = Patience()
    pauses = 2 / options.max_fps if options.max_fps else 0.0
    silence = max(_SILENCE, _STALLS * feed.stall_seconds) if feed.is_live else math.inf
    return Patience(usual.result + pauses, silence if options.max_silence is None else float(options.max_silence))


def _heartbeat(run: RunInfo) -> AbstractContextManager[object]:
    if "NOTIFY_SOCKET" not in os.environ:
        return nullcontext()
    from edge_runtime.service.notify import Heartbeat  # here: nobody listens to most runs

    return Heartbeat(run.counts, run.patience)


def _load(options: argparse.Namespace, stack: ExitStack) -> list[Classifier]:
    """The classifier, once a worker; they are closed with ``stack``."""
    said = {name: getattr(options, name) for name in _OF_CLASSIFIER} | UserSays.of(options).as_arguments()
    if options.check:
        from edge_runtime.inference.trial import try_in_child  # here: it costs a start that does without 10 ms

        try_in_child(options.model, **said)
    classifier = stack.enter_context(Classifier(options.model, **said))
    info = classifier.backend_info
    logger.debug("%s %s, threads %d, delegate %s", info.name, info.version, info.threads, info.delegate)
    return [classifier, *(stack.enter_context(classifier.twin()) for _ in range(1, options.workers or 1))]


def _decisions(options: argparse.Namespace, sinks: Sequence[str]) -> DecisionSettings:
    try:
        events = options.events or needs_events(sinks)
        settings = DecisionSettings(tuple(options.smooth or ()), options.min_duration, events)
    except ContractError as error:
        raise UsageError(str(error)) from error
    if options.threshold is not None and settings.make_hysteresis() is not None:
        raise UsageError("--threshold and --smooth hysteresis say the same thing twice; leave one out")
    return settings


def _max_gap(options: argparse.Namespace, feed: Feed) -> float:
    """Images and recordings have no gaps, however slowly they are read."""
    if not feed.is_live:
        return math.inf
    usual = feed.stall_seconds + _BEYOND_STALL + (2 / options.max_fps if options.max_fps else 0.0)
    return usual if options.max_gap is None else float(options.max_gap)


def _decide(settings: DecisionSettings, classifier: Classifier, frame_rate: float | None) -> Decide | None:
    if settings.changes_nothing:
        return None
    from edge_runtime.decisions.decider import Decider  # here: most runs decide nothing over time

    return Decider.of(classifier, settings, frame_rate).decide


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    entry()
