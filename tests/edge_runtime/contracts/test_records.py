"""Every contract survives JSON both ways, and refuses what it does not know."""

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_runtime.contracts.codec import decode, encode, parse_json
from edge_runtime.contracts.errors import ContractError
from edge_runtime.contracts.manifest import GateVerdict, ModelManifest, Provenance
from edge_runtime.contracts.preprocessing import MAX_SIDE, RESAMPLINGS, PreprocessSpec
from edge_runtime.contracts.tensors import TensorSpec

finite = st.floats(-1e6, 1e6, allow_nan=False)
positive = st.floats(1e-6, 1e6)
label = st.text(st.characters(categories=("L", "N", "P")), min_size=1, max_size=20)


@st.composite
def preprocess_specs(draw: st.DrawFn) -> PreprocessSpec:
    color = draw(st.sampled_from(("RGB", "BGR", "GRAY")))
    resize = draw(st.sampled_from(("squash", "center-crop", "letterbox")))
    count = draw(st.sampled_from((1, 1 if color == "GRAY" else 3)))
    return PreprocessSpec(
        height=draw(st.integers(1, MAX_SIDE)),
        width=draw(st.integers(1, MAX_SIDE)),
        resize=resize,
        crop_fraction=draw(st.floats(0.01, 1.0)) if resize == "center-crop" else 1.0,
        resampling=draw(st.sampled_from(RESAMPLINGS)),
        color=color,
        mean=tuple(draw(st.lists(finite, min_size=count, max_size=count))),
        std=tuple(draw(st.lists(positive, min_size=count, max_size=count))),
    )


@st.composite
def tensors(draw: st.DrawFn, shape: tuple[int, ...]) -> TensorSpec:
    dtype = draw(st.sampled_from(("float32", "uint8", "int8")))
    if dtype == "float32":
        return TensorSpec(shape, dtype)
    lowest = 0 if dtype == "uint8" else -128
    return TensorSpec(shape, dtype, draw(positive), draw(st.integers(lowest, lowest + 255)))


@st.composite
def manifests(draw: st.DrawFn) -> ModelManifest:
    spec = draw(preprocess_specs())
    labels = tuple(draw(st.lists(label, min_size=2, max_size=6)))
    task = draw(st.sampled_from(("single-label", "multi-label")))
    share = st.floats(0, 1)
    return ModelManifest(
        name=draw(label),
        task=task,
        labels=labels,
        preprocessing=spec,
        input=draw(tensors((1, spec.height, spec.width, spec.channels))),
        output=draw(tensors((1, len(labels)))),
        recipe="int8",
        weights_sha256="0" * 64,
        provenance=Provenance("2026-01-01T00:00:00Z", {"numpy": "2"}, "f" * 64, {"epochs": 3, "nested": {"a": [1]}}),
        thresholds=tuple(draw(st.lists(share, min_size=len(labels), max_size=len(labels)))) if task[0] == "m" else (),
        gate=draw(
            st.none() | st.builds(GateVerdict, st.just("top-1"), share, share, share, share, st.just(4), st.booleans())
        ),
    )


@given(manifests())
def test_manifest_survives_json_both_ways(manifest: ModelManifest) -> None:
    assert ModelManifest.from_json(manifest.to_json()) == manifest


@given(manifests(), st.data())
def test_any_unknown_key_is_refused_by_name(manifest: ModelManifest, data: st.DataObject) -> None:
    content = json.loads(manifest.to_json())
    place = data.draw(st.sampled_from(("", "preprocessing", "input", "provenance")))
    (content[place] if place else content)["surprise"] = 1
    with pytest.raises(ContractError, match="surprise"):
        ModelManifest.from_json(json.dumps(content))


@given(manifests(), st.data())
def test_any_missing_key_without_default_is_refused_by_name(manifest: ModelManifest, data: st.DataObject) -> None:
    required = [
        field.name
        for field in dataclasses.fields(ModelManifest)
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    ]
    missing = data.draw(st.sampled_from(required))
    content = json.loads(manifest.to_json())
    del content[missing]
    with pytest.raises(ContractError, match=missing):
        ModelManifest.from_json(json.dumps(content))


@given(
    st.recursive(
        st.none() | st.booleans() | finite | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_any_other_json_is_a_contract_error_and_nothing_else(data: object) -> None:
    with pytest.raises(ContractError):
        decode(ModelManifest, data, "file")


@given(preprocess_specs())
def test_spec_survives_json(spec: PreprocessSpec) -> None:
    assert decode(PreprocessSpec, json.loads(json.dumps(encode(spec))), "spec") == spec


@pytest.mark.parametrize("text", ['{"a": 1, "a": 2}', '{"a": NaN}', '{"a": -1e999}', "{", "[" * 100_000, b"\xff"])
def test_json_that_is_ambiguous_or_broken_is_refused(text: str | bytes) -> None:
    with pytest.raises(ContractError, match="file"):
        parse_json(text, "file")


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"schema": 99}, "made by a newer edge-deploy-kit"),
        ({"labels": ["only one"]}, "labels"),
        ({"labels": ["a", "\n"]}, "labels"),
        ({"weights_sha256": "abc"}, "weights_sha256"),
        ({"thresholds": [0.5]}, "thresholds"),
        ({"thresholds": [0.5, 2.0]}, "thresholds"),
        ({"task": "regression"}, "task"),
        ({"activation": "tanh"}, "activation"),
        ({"name": " "}, "name"),
        ({"input": {"shape": [1, 8, 8, 3], "dtype": "float32"}}, "input"),
        ({"input": {"shape": [1, 4, 4, 3], "dtype": "uint8", "scale": 0.1, "zero_point": 256}}, "zero_point"),
    ],
)
def test_contradicting_manifest_names_the_field(changes: dict[str, object], named: str) -> None:
    good = ModelManifest(
        name="colours",
        task="single-label",
        labels=("a", "b"),
        preprocessing=PreprocessSpec(4, 4),
        input=TensorSpec((1, 4, 4, 3), "float32"),
        output=TensorSpec((1, 2), "float32"),
        recipe="float32",
        weights_sha256="0" * 64,
        provenance=Provenance("2026-01-01T00:00:00Z", {}),
    )
    content = json.loads(good.to_json())
    content.update(changes)
    with pytest.raises(ContractError, match=named):
        ModelManifest.from_json(json.dumps(content))
