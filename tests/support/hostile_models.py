"""Writes SavedModels that classify like any other, and would also write a file: each hides it somewhere else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from small_run import SIDE

SHAPE = (None, SIDE, SIDE, 3)


def _write_tf2(path: Path, call: Callable[[Any], Any], **tracked: Any) -> None:
    import tensorflow as tf

    module = tf.Module()
    for name, value in tracked.items():
        setattr(module, name, value)
    function = tf.function(call, input_signature=[tf.TensorSpec(SHAPE, tf.float32)])
    module.call = function
    tf.saved_model.save(module, str(path), signatures={"serving_default": function.get_concrete_function()})


def _scores(images: Any) -> Any:
    import tensorflow as tf

    return tf.nn.softmax(8 * tf.reduce_mean(images, (1, 2)))


def in_the_function(path: Path, mark: Path) -> None:
    import tensorflow as tf

    def call(images: Any) -> Any:
        tf.io.write_file(str(mark), "here")
        return {"scores": _scores(images)}

    _write_tf2(path, call)


def in_a_nested_function(path: Path, mark: Path) -> None:
    import tensorflow as tf

    @tf.function
    def inner(images: Any) -> Any:
        tf.raw_ops.WriteFile(filename=str(mark), contents="here")
        return _scores(images)

    outer = tf.function(lambda images: inner(images) * 1.0)
    _write_tf2(path, lambda images: {"scores": outer(images)})


def in_a_loop(path: Path, mark: Path) -> None:
    import tensorflow as tf

    def body(step: Any, images: Any) -> Any:
        tf.io.write_file(str(mark), "here")
        return step + 1, images

    def call(images: Any) -> Any:
        _, images = tf.while_loop(lambda step, _: step < 2, body, (0, images))
        return {"scores": _scores(images)}

    _write_tf2(path, call)


def in_a_branch(path: Path, mark: Path) -> None:
    import tensorflow as tf

    def yes() -> Any:
        tf.io.write_file(str(mark), "here")
        return 1.0

    def call(images: Any) -> Any:
        return {"scores": _scores(images) * tf.cond(tf.reduce_mean(images) > -9, yes, lambda: 1.0)}

    _write_tf2(path, call)


def printed_to_a_file(path: Path, mark: Path) -> None:
    import tensorflow as tf

    def call(images: Any) -> Any:
        tf.print("here", output_stream=f"file://{mark}")
        return {"scores": _scores(images)}

    _write_tf2(path, call)


def in_python(path: Path, mark: Path) -> None:
    import tensorflow as tf

    def call(images: Any) -> Any:
        return {"scores": tf.ensure_shape(tf.numpy_function(lambda x: x, [_scores(images)], tf.float32), (None, 3))}

    _write_tf2(path, call)


def saved_in_the_function(path: Path, mark: Path) -> None:
    import tensorflow as tf

    def call(images: Any) -> Any:
        scores = _scores(images)
        tf.raw_ops.SaveV2(prefix=str(mark), tensor_names=["x"], shape_and_slices=[""], tensors=[scores])
        return {"scores": scores}

    _write_tf2(path, call, weight=tf.Variable(1.0))


def restored_in_the_function(path: Path, mark: Path) -> None:
    import tensorflow as tf

    def call(images: Any) -> Any:
        (stolen,) = tf.raw_ops.RestoreV2(
            prefix="/etc/shadow", tensor_names=["x"], shape_and_slices=[""], dtypes=[tf.float32]
        )
        return {"scores": _scores(images) + tf.reshape(stolen, ())}

    _write_tf2(path, call, weight=tf.Variable(1.0))


def read_in_the_function(path: Path, mark: Path) -> None:
    import tensorflow as tf

    def call(images: Any) -> Any:
        return {"scores": _scores(images) + tf.cast(tf.strings.length(tf.io.read_file("/etc/passwd")), tf.float32)}

    _write_tf2(path, call)


def in_a_data_set(path: Path, mark: Path) -> None:
    import tensorflow as tf

    def step(count: Any) -> Any:
        tf.io.write_file(str(mark), "here")
        return count

    def call(images: Any) -> Any:
        total = tf.data.Dataset.range(2).map(step).reduce(tf.constant(0, tf.int64), lambda a, b: a + b)
        return {"scores": _scores(images) + tf.cast(total, tf.float32)}

    _write_tf2(path, call)


def in_a_function_that_nothing_calls(path: Path, mark: Path) -> None:
    import tensorflow as tf

    @tf.function(input_signature=[])
    def unused() -> Any:
        tf.io.write_file(str(mark), "here")
        return 1

    unused.get_concrete_function()
    _write_tf2(path, lambda images: {"scores": _scores(images)}, unused=unused)


def in_the_making_of_a_resource(path: Path, mark: Path) -> None:
    import tensorflow as tf

    labels = path.with_name("labels.txt")
    labels.write_text("red 0\ngreen 1\nblue 2\n")
    table = tf.lookup.StaticHashTable(
        tf.lookup.TextFileInitializer(str(labels), tf.string, 0, tf.int64, 1, delimiter=" "), -1
    )

    def call(images: Any) -> Any:
        return {"scores": _scores(images) + tf.cast(table.lookup(tf.constant("red")), tf.float32)}

    _write_tf2(path, call, table=table)


def _tf1(path: Path, add: Callable[[], dict[str, Any]]) -> None:
    """A TF1 SavedModel; ``add`` gives what the builder is told beside the signature."""
    import tensorflow as tf

    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        images = v1.placeholder(tf.float32, SHAPE, "images")
        weight = v1.get_variable("weight", initializer=8.0, use_resource=False)
        scores = tf.nn.softmax(weight * tf.reduce_mean(images, (1, 2)), name="scores")
        session.run(v1.global_variables_initializer())
        builder = v1.saved_model.Builder(str(path))
        signature = v1.saved_model.predict_signature_def({"images": images}, {"scores": scores})
        builder.add_meta_graph_and_variables(session, ["serve"], {"serving_default": signature}, **add())
        builder.save()


def in_main_op(path: Path, mark: Path) -> None:
    import tensorflow as tf

    _tf1(path, lambda: {"main_op": tf.group(tf.io.write_file(str(mark), "here"))})


def in_the_old_main_op(path: Path, mark: Path) -> None:
    import tensorflow as tf

    def add() -> dict[str, Any]:
        with tf.control_dependencies([tf.io.write_file(str(mark), "here")]):
            tf.compat.v1.add_to_collection("legacy_init_op", tf.no_op("old"))
        return {}

    _tf1(path, add)


def in_an_initializer(path: Path, mark: Path) -> None:
    import tensorflow as tf

    def add() -> dict[str, Any]:
        with tf.control_dependencies([tf.io.write_file(str(mark), "here")]):
            value = tf.constant(1.0)
        tf.compat.v1.get_variable("late", initializer=value, collections=["elsewhere"])
        return {}

    _tf1(path, add)


def read_by_a_table(path: Path, mark: Path) -> None:
    import tensorflow as tf

    def add() -> dict[str, Any]:
        initializer = tf.lookup.TextFileInitializer("/etc/passwd", tf.string, 0, tf.int64, 1, delimiter=":")
        tf.lookup.StaticHashTable(initializer, -1)
        return {"main_op": tf.compat.v1.tables_initializer()}

    _tf1(path, add)


def _edit(path: Path, change: Callable[[Any], None]) -> None:
    """Changes the one graph of a SavedModel."""
    from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

    file, model = path / "saved_model.pb", SavedModel()
    model.ParseFromString(file.read_bytes())
    change(model.meta_graphs[0])
    file.write_bytes(model.SerializeToString())


def behind_the_saver(path: Path, mark: Path) -> None:
    """The file says that its own answer is the saver's file name."""
    restored_in_the_function(path, mark)

    def change(meta: Any) -> None:
        meta.saver_def.filename_tensor_name = meta.signature_def["serving_default"].outputs["scores"].name

    _edit(path, change)


def as_the_restoring(path: Path, mark: Path) -> None:
    """The file says that what writes is what restores."""
    in_the_function(path, mark)

    def change(meta: Any) -> None:
        meta.saver_def.restore_op_name = meta.signature_def["serving_default"].outputs["scores"].name.partition(":")[0]

    _edit(path, change)


def under_a_functions_name(path: Path, mark: Path) -> None:
    """A call by the function's name, as TF1 made it, of a function named as an operator."""
    _tf1(path, dict)

    def change(meta: Any) -> None:
        function = meta.graph_def.library.function.add()
        function.signature.name = "Relu"
        node = function.node_def.add(name="w", op="WriteFile")
        node.input.extend(["a", "b"])

    _edit(path, change)


def of_an_operator_nobody_knows(path: Path, mark: Path) -> None:
    _tf1(path, dict)

    def change(meta: Any) -> None:
        meta.graph_def.node.add(name="new", op="TotallyNewOperator")

    _edit(path, change)


def of_a_huge_constant(path: Path, mark: Path) -> None:
    """A constant of a few bytes that says it is 4 TB."""
    import tensorflow as tf

    _tf1(path, dict)

    def change(meta: Any) -> None:
        node = meta.graph_def.node.add(name="huge", op="Const")
        node.attr["dtype"].type = tf.float32.as_datatype_enum
        tensor = node.attr["value"].tensor
        tensor.dtype = tf.float32.as_datatype_enum
        tensor.float_val.append(1.0)
        for _ in range(2):
            tensor.tensor_shape.dim.add(size=1 << 20)

    _edit(path, change)


def with_a_link(path: Path, mark: Path) -> None:
    """Its variables lie elsewhere."""
    _tf1(path, dict)
    (data,) = (path / "variables").glob("*.data*")
    data.rename(path.with_name("elsewhere"))
    data.symlink_to(path.with_name("elsewhere"))


HOSTILE: dict[str, tuple[Callable[[Path, Path], None], str]] = {
    "in the function": (in_the_function, "WriteFile"),
    "in a nested function": (in_a_nested_function, "WriteFile"),
    "in a loop": (in_a_loop, "WriteFile"),
    "in a branch": (in_a_branch, "WriteFile"),
    "printed to a file": (printed_to_a_file, "PrintV2"),
    "in Python": (in_python, "PyFunc"),
    "saved in the function": (saved_in_the_function, "SaveV2"),
    "restored in the function": (restored_in_the_function, "RestoreV2"),
    "read in the function": (read_in_the_function, "ReadFile"),
    "in a data set": (in_a_data_set, "Dataset"),
    "in a function that nothing calls": (in_a_function_that_nothing_calls, "WriteFile"),
    "in the making of a resource": (in_the_making_of_a_resource, "InitializeTableFromTextFileV2"),
    "in main_op": (in_main_op, "WriteFile"),
    "in legacy_init_op": (in_the_old_main_op, "WriteFile"),
    "in an initializer": (in_an_initializer, "WriteFile"),
    "read by a table": (read_by_a_table, "InitializeTableFromTextFileV2"),
    "behind the saver": (behind_the_saver, "RestoreV2"),
    "as the restoring": (as_the_restoring, "WriteFile"),
    "under an operator's name": (under_a_functions_name, "Relu"),
    "of an operator nobody knows": (of_an_operator_nobody_knows, "TotallyNewOperator"),
    "of a huge constant": (of_a_huge_constant, "Const"),
    "with a link to elsewhere": (with_a_link, "link to outside"),
}
"""What is written where, and what the refusal names."""
