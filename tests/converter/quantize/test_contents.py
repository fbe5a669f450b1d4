"""What is in a file is compared with its recipe: weights, and what flows into the layers that have them."""

from pathlib import Path

import pytest
from ai_edge_litert import schema_py_generated as schema
from wide_model import write_wide_model

from converter.errors import ConversionError
from converter.quantize import DYNAMIC, FLOAT16, FLOAT32, INT8, INT8_WEIGHTS, INT16X8, RECIPES, Recipe, Variant
from converter.quantize.contents import LARGE, check_contents
from converter.quantize.litert import quantize_float_tflite
from converter.tflite.packing import unpack_model, write_model


def as_asked(recipe: Recipe, float_layers: tuple[str, ...] = ()) -> Variant:
    return Variant(recipe, recipe.edges(), float_layers=float_layers)


@pytest.fixture
def content(tmp_path: Path) -> bytes:
    return write_wide_model(tmp_path / "m.tflite").read_bytes()


def with_operator(content: bytes, code: int) -> bytes:
    """The model, its layer called another operator; it would not run."""
    model = unpack_model(content)
    model.operatorCodes[0].builtinCode = model.operatorCodes[0].deprecatedBuiltinCode = code
    return write_model(model)


@pytest.mark.parametrize("recipe", [FLOAT16, DYNAMIC, INT8_WEIGHTS], ids=lambda recipe: recipe.name)
def test_what_a_converter_makes_is_what_was_asked_for_and_nothing_else(recipe: Recipe, content: bytes) -> None:
    made = quantize_float_tflite(content, as_asked(recipe))
    check_contents(made, as_asked(recipe))
    with pytest.raises(ConversionError, match=f"float32: the converter left 1 of 1 .* has {recipe.weights} weights"):
        check_contents(made, as_asked(FLOAT32))


@pytest.mark.parametrize("recipe", [INT8, INT16X8], ids=lambda recipe: recipe.name)
def test_activations_count_as_well(recipe: Recipe, content: bytes) -> None:
    made = quantize_float_tflite(content, as_asked(DYNAMIC))
    with pytest.raises(ConversionError, match="int8 weights and float32 activations instead of int8"):
        check_contents(made, as_asked(recipe))


@pytest.mark.parametrize(
    ("code", "inputs"), [("CONV_2D", (0, 1, 2)), ("DEPTHWISE_CONV_2D", (0, 1, 2)), ("TRANSPOSE_CONV", (2, 1, 0))]
)
def test_each_operator_is_known_by_its_weights_and_its_data(code: str, inputs: tuple[int, ...], content: bytes) -> None:
    made = unpack_model(quantize_float_tflite(content, as_asked(DYNAMIC)))
    layer = made.subgraphs[0].operators[0]
    layer.inputs = [layer.inputs[place] for place in inputs]
    renamed = with_operator(write_model(made), getattr(schema.BuiltinOperator, code))
    check_contents(renamed, as_asked(DYNAMIC))
    with pytest.raises(ConversionError, match=f"{code} 'logits' has int8 weights and float32 activations"):
        check_contents(renamed, as_asked(INT8))


def test_weights_that_are_computed_do_not_count(content: bytes) -> None:
    model = unpack_model(content)
    model.subgraphs[0].tensors[1].buffer = 0
    check_contents(write_model(model), as_asked(INT8))


def test_depthwise_kernels_may_stay_float_where_activations_do(content: bytes) -> None:
    depthwise = with_operator(content, schema.BuiltinOperator.DEPTHWISE_CONV_2D)
    for recipe in (DYNAMIC, INT8_WEIGHTS, FLOAT32):
        check_contents(depthwise, as_asked(recipe))
    for recipe in (INT8, FLOAT16):
        with pytest.raises(ConversionError, match="DEPTHWISE_CONV_2D 'logits' has float32 weights"):
            check_contents(depthwise, as_asked(recipe))


def test_a_large_float_constant_of_any_operator_is_found_where_all_is_calibrated(content: bytes) -> None:
    other = with_operator(content, schema.BuiltinOperator.MUL)
    check_contents(other, as_asked(DYNAMIC))
    with pytest.raises(ConversionError, match="MUL 'logits' has float32 weights"):
        check_contents(other, as_asked(INT8))


@pytest.mark.parametrize(("count", "is_fault"), [(LARGE - 1, False), (LARGE, True)])
def test_small_constants_do_not_count(count: int, is_fault: bool, content: bytes) -> None:
    model = unpack_model(content)
    model.subgraphs[0].tensors[1].shape = [1, count]
    if is_fault:
        with pytest.raises(ConversionError, match="left 1 of 1 layers"):
            check_contents(write_model(model), as_asked(INT8))
    else:
        check_contents(write_model(model), as_asked(INT8))


def test_so_many_layers_as_were_to_stay_float_are_no_fault(content: bytes) -> None:
    mixed = RECIPES["mixed"]
    check_contents(content, as_asked(mixed, ("logits",)))
    with pytest.raises(ConversionError, match="left 1 of 1 layers"):
        check_contents(content, as_asked(mixed))
