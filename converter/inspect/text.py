"""An inspection as text for people: a summary first, then one line a layer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from converter.inspect.inspection import ModelInspection
from converter.inspect.outside import Outside
from converter.tflite import Graph, Metadata, Operator, Tensor
from edge_runtime.contracts.manifest import GateVerdict, ModelManifest

_COLUMN = 14
_SHOWN_LABELS = 8
_LARGEST = 5


def render_text(found: ModelInspection) -> str:
    """Returns the text, without a newline at its end."""
    graph = found.graphs[0]
    rows = [
        ("file", f"{found.path}: {found.size_bytes:,} bytes"),
        ("weights", f"{found.flatbuffer_bytes:,} bytes, sha256 {found.weights_sha256}"),
        ("made by", _joined(found.description, _prefixed("needs TensorFlow Lite ", found.min_runtime_version))),
        *(("input", _tensor(graph.tensors[index])) for index in graph.inputs),
        *(("output", _tensor(graph.tensors[index])) for index in graph.outputs),
        *_metadata_rows(found.metadata),
        ("labels", _labels(found.labels)),
        ("files inside", ", ".join(f"{name} ({size:,} bytes)" for name, size in found.associated_files.items())),
        *_manifest_rows(found),
        ("operators", _operators(graph)),
        ("delegate", _coverage(found)),
        *(("outside", _outside(each)) for each in found.outside),
        ("numbers", _numbers(graph)),
        ("work", _work(found)),
        ("graphs", f"{len(found.graphs)}; the first is shown" if len(found.graphs) > 1 else ""),
        *(("note", note) for note in found.notes),
    ]
    lines = [f"{name:<{_COLUMN}}{text}" for name, text in rows if text]
    return "\n".join(map(_printable, [*lines, "", *_layer_table(found, graph), "", *_largest(graph)]))


def _printable(line: str) -> str:
    """Names come from strangers: none may steer the terminal."""
    return "".join(character if character.isprintable() else "\ufffd" for character in line)


def _tensor(tensor: Tensor) -> str:
    return f"{tensor.short_name} {list(tensor.shape)} {_type(tensor)}"


def _type(tensor: Tensor) -> str:
    quantization = tensor.quantization
    if quantization is None:
        return tensor.dtype
    if quantization.per_channel:
        return f"{tensor.dtype}, {len(quantization.scales)} scales"
    return f"{tensor.dtype}, scale {quantization.scales[0]:.6g}, zero point {(*quantization.zero_points, 0)[0]}"


def _metadata_rows(metadata: Metadata | None) -> Iterator[tuple[str, str]]:
    if metadata is None:
        yield "metadata", "none: other programs must be told labels and normalisation"
        return
    version, author, license_ = (
        _prefixed(f"{name} ", text)
        for name, text in (("version", metadata.version), ("by", metadata.author), ("licence", metadata.license))
    )
    yield "metadata", _joined(metadata.name, version, author, license_, metadata.description)
    for tensor in metadata.inputs:
        normalised = f"(pixel - {_numbers_of(tensor.mean)}) / {_numbers_of(tensor.std)}" if tensor.mean else ""
        yield "  input", _joined(tensor.name, tensor.content, tensor.color_space, normalised)
    for tensor in metadata.outputs:
        threshold = f"scores count from {tensor.score_threshold:.4g}" if tensor.score_threshold is not None else ""
        files = (f"{kind} in {name}" for name, kind in tensor.files.items())
        yield "  output", _joined(tensor.name, tensor.content, threshold, *files)


def _manifest_rows(found: ModelInspection) -> Iterator[tuple[str, str]]:
    manifest = found.manifest
    if manifest is None:
        yield "manifest", "none: not made by edge-convert"
        return
    intact = "its sha256 fits the weights" if found.manifest_matches else "ITS SHA256 DOES NOT FIT THE WEIGHTS"
    yield "manifest", _joined(manifest.name, manifest.task, f"recipe {manifest.recipe}", intact)
    yield "  pixels", _preprocessing(manifest)
    if manifest.activation != "none":
        yield "  scores", f"{manifest.activation} is left to the runtime"
    if manifest.thresholds:
        yield "  thresholds", _numbers_of(manifest.thresholds)
    gate = manifest.gate
    if gate is not None:
        yield "  gate", _gate(gate)
    provenance = manifest.provenance
    versions = " ".join(f"{name} {version}" for name, version in provenance.versions.items())
    yield "  made", f"{_suffixed(provenance.created_utc, ' ')}with {versions}"
    yield "  data", _prefixed("fingerprint ", provenance.data_fingerprint)
    yield "  training", ", ".join(f"{name} {value}" for name, value in provenance.training.items())


def _gate(gate: GateVerdict) -> str:
    verdict = "passed" if gate.passed else "refused"
    drop = f"drop {gate.drop_pp:.2f} pp of {gate.max_drop_pp:g} allowed"
    return (
        f"{verdict}: {gate.metric} {gate.reference:.4f} before, {gate.candidate:.4f} now, {drop}, {gate.images} images"
    )


def _preprocessing(manifest: ModelManifest) -> str:
    spec = manifest.preprocessing
    crop = f" {spec.crop_fraction:g}" if spec.resize == "center-crop" else ""
    antialias = " antialias" if spec.resampling == "antialias" else ""
    normalised = f"(pixel - {_numbers_of(spec.mean)}) / {_numbers_of(spec.std)}"
    return f"{spec.height}x{spec.width} (height x width), {spec.resize}{crop}{antialias}, {spec.color}, {normalised}"


def _labels(labels: Sequence[str]) -> str:
    if not labels:
        return "none in the file"
    more = f", … ({len(labels)} in all)" if len(labels) > _SHOWN_LABELS else ""
    return ", ".join(labels[:_SHOWN_LABELS]) + more


def _operators(graph: Graph) -> str:
    counts = Counter((operator.name, operator.version) for operator in graph.operators)
    kinds = ", ".join(f"{count} {name} v{version}" for (name, version), count in counts.most_common())
    return f"{len(graph.operators)}: {kinds}"


def _coverage(found: ModelInspection) -> str:
    coverage = found.delegates
    if coverage.covered is None:
        return f"not known: {coverage.problem}"
    operators = found.graphs[0].operators
    left = [operator for operator in operators if operator.index not in coverage.covered]
    missed = Counter(operator.name for operator in left)
    kinds = "; not " + ", ".join(f"{count} {name}" for name, count in missed.most_common()) if left else ""
    covered = len(operators) - len(left)
    parts = f", in {coverage.parts} parts" if coverage.parts > 1 else ""
    return f"{coverage.delegate} takes {covered} of {len(operators)} operators{parts} ({coverage.interpreter}){kinds}"


def _outside(each: Outside) -> str:
    return f"{each.count} {each.operator}: {each.advice}"


def _numbers(graph: Graph) -> str:
    constants = Counter(_storage(tensor) for tensor in graph.tensors if tensor.constant_bytes)
    computed = Counter(_storage(tensor) for tensor in graph.tensors if not tensor.constant_bytes)
    parts = (("constants", constants), ("between layers", computed))
    return "; ".join(f"{name}: {_counted(counts)}" for name, counts in parts if counts)


def _work(found: ModelInspection) -> str:
    costs = found.costs
    return f"{costs.macs:,} MACs for one image, at most {costs.peak_activation_bytes:,} bytes between layers"


def _storage(tensor: Tensor) -> str:
    per_channel = tensor.quantization is not None and tensor.quantization.per_channel
    return f"{tensor.dtype} per channel" if per_channel else tensor.dtype


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.most_common())


def _layer_table(found: ModelInspection, graph: Graph) -> Iterator[str]:
    covered = found.delegates.covered
    yield f"{'layer':>5}  {'operator':<24}{'output':<20}{'type':<10}{'bytes':>10}{'MACs':>14}  {'runs in':<9}name"
    for operator, cost in zip(graph.operators, found.costs.operators, strict=True):
        written = [graph.tensors[index] for index in operator.outputs if index >= 0][:1]
        shape, dtype = (str(list(written[0].shape)), written[0].dtype) if written else ("", "")
        place = "?" if covered is None else found.delegates.delegate if operator.index in covered else "cpu"
        kind = f"{operator.name} v{operator.version}"
        yield (
            f"{operator.index:>5}  {kind:<24}{shape:<20}{dtype:<10}{operator.constant_bytes:>10,}{cost.macs:>14,}  "
            f"{place:<9}{operator.layer}"
        )


def _largest(graph: Graph) -> Iterator[str]:
    total = sum(operator.constant_bytes for operator in graph.operators)
    if not total:
        return
    ranked = sorted(graph.operators, key=lambda operator: -operator.constant_bytes)[:_LARGEST]
    yield f"largest layers, of {total:,} bytes of constants"
    for operator in ranked:
        yield f"{operator.constant_bytes / total:>7.1%}  {_named(operator)}"


def _named(operator: Operator) -> str:
    return f"{operator.index} {operator.name} {operator.layer}"


def _numbers_of(values: Iterable[float]) -> str:
    texts = [f"{value:.6g}" for value in values]
    return texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"


def _prefixed(prefix: str, text: str) -> str:
    return f"{prefix}{text}" if text else ""


def _suffixed(text: str, suffix: str) -> str:
    return f"{text}{suffix}" if text else ""


def _joined(*texts: str) -> str:
    return ", ".join(text for text in texts if text)
