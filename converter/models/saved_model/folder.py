"""Reads what a SavedModel folder says of itself: its graph. Nothing is loaded."""

from __future__ import annotations

from pathlib import Path

from tensorflow.core.protobuf.meta_graph_pb2 import MetaGraphDef
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

from converter.errors import SourceError
from converter.models.saved_model import MODEL_FILE

_MAX_BYTES = 1 << 30


def read_meta_graph(path: Path) -> MetaGraphDef:
    """The graph for serving of the SavedModel at ``path``.

    Raises:
        SourceError: it is damaged, too large, reaches out of its folder, or has no such graph.
    """
    _check_links(path)
    file = path / MODEL_FILE
    if file.stat().st_size > _MAX_BYTES:
        raise SourceError(f"{file}: larger than {_MAX_BYTES >> 20} MiB; export the model with its weights beside it")
    try:
        content = file.read_bytes()
    except OSError as error:
        raise SourceError(f"{file}: cannot read: {error.strerror}") from error
    model = SavedModel()
    try:
        model.ParseFromString(content)
    except Exception as error:  # the parser's own error is in a package without types
        raise SourceError(f"{file}: damaged or truncated: no SavedModel; export it again") from error
    graphs = [meta for meta in model.meta_graphs if "serve" in meta.meta_info_def.tags] or list(model.meta_graphs)
    if len(graphs) != 1:
        tags = "; ".join(",".join(meta.meta_info_def.tags) or "no tag" for meta in graphs)
        raise SourceError(f"{path}: it has no one graph tagged 'serve' but {tags or 'none'}; export it for serving")
    return graphs[0]


def _check_links(path: Path) -> None:
    """What the model is read from must lie in its folder: a stranger's link may lead anywhere."""
    root = path.resolve()
    for file in (path / MODEL_FILE, path / "variables", *(path / "variables").glob("*")):
        if file.exists() and not file.resolve().is_relative_to(root):
            raise SourceError(f"{file}: refused: it is a link to outside of the folder; copy the model with cp -rL")
