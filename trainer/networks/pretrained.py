"""The backbones of Keras Applications, each with its preprocessing in one place: the specification, not the network.

EfficientNet-B0 is the exception: the statistics it subtracts are among its published weights, so they stay inside and
the specification hands it raw pixels.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from trainer.networks.base import Backbone, ImageNetWeights, KerasModel, Shape

_IMAGENET_STD = (0.229, 0.224, 0.225)

# their last blocks are left out where the network's own map is theirs
_EFFICIENTNET_BLOCKS = "2a 2b 3a 3b 4a 4b 4c 5a 5b 5c 6a 6b 6c 6d 7a"
_EFFICIENTNET_V2_BLOCKS = "2a 2b 3a 3b 4a 4b 4c 5a 5b 5c 5d 5e 6a 6b 6c 6d 6e 6f 6g 6h"
_RESNET_BLOCKS = (
    "2_block1 2_block2 2_block3 3_block1 3_block2 3_block3 3_block4 "
    "4_block1 4_block2 4_block3 4_block4 4_block5 4_block6 5_block1 5_block2"
)


def _application(name: str, *, has_alpha: bool = False, **fixed: Any) -> Callable[[Shape, str | None], KerasModel]:
    """A ``Backbone.create`` that calls ``keras.applications.<name>`` with the arguments ``fixed``."""

    def create(shape: Shape, weights: str | None) -> KerasModel:
        import keras

        model = getattr(keras.applications, name)(
            input_shape=(shape.size, shape.size, 3),
            include_top=False,
            weights=weights,
            pooling=None if shape.pooling == "none" else shape.pooling,
            **({"alpha": shape.alpha} if has_alpha else {}),
            **fixed,
        )
        if shape.pooling == "none":
            return keras.Model(model.input, keras.layers.Flatten()(model.output), name=model.name)
        return model

    return create


_create_efficientnet_b0 = _application("EfficientNetB0")


def _create_corrected_efficientnet_b0(shape: Shape, weights: str | None) -> KerasModel:
    """EfficientNet-B0 as Keras builds it for its ImageNet weights, whatever it is to be filled with.

    Keras adds a scaling that these weights need (https://github.com/tensorflow/tensorflow/issues/49930) only where it
    loads them itself; filled from a file, the network would see other numbers than it was trained on.
    """
    import keras

    model = _create_efficientnet_b0(shape, weights)
    if weights == "imagenet":
        return model
    correction = keras.layers.Rescaling([1 / math.sqrt(std) for std in _IMAGENET_STD], name="correction")

    def call(layer: Any, *arguments: Any, **named: Any) -> Any:
        if layer.name == "stem_conv_pad":
            arguments = (correction(arguments[0]), *arguments[1:])
        return layer(*arguments, **named)

    return keras.models.clone_model(model, call_function=call)


def _named(pattern: str, *blocks: int | str) -> tuple[str, ...]:
    return tuple(pattern.format(block) for block in blocks)


def _fixed(file: str) -> ImageNetWeights:
    """Weights of a network that comes in one width."""
    return ImageNetWeights(file, {1.0: "1.0"})


def _mobilenet_v3(size: str, *, minimalistic: bool) -> Backbone:
    kind = f"{size}_minimalistic" if minimalistic else size
    alphas = {1.0: "1.0"} if minimalistic else {0.75: "0.75", 1.0: "1.0"}
    added = {"small": (2, 4, 5, 7, 9, 10), "large": (2, 4, 5, 7, 8, 9, 11, 13, 14)}[size]
    return Backbone(
        name=f"mobilenet-v3-{kind.replace('_', '-')}",
        create=_application(
            f"MobileNetV3{size.capitalize()}", has_alpha=True, minimalistic=minimalistic, include_preprocessing=False
        ),
        normalization="-1..1",
        imagenet=ImageNetWeights(f"weights_mobilenet_v3_{kind}_224_{{alpha}}_float_no_top_v2.h5", alphas),
        inner_levels=_named("expanded_conv_{}_add", *added),
    )


PRETRAINED = (
    Backbone(
        name="mobilenet",
        create=_application("MobileNet", has_alpha=True),
        normalization="-1..1",
        imagenet=ImageNetWeights(
            "mobilenet_{alpha}_{size}_tf_no_top.h5",
            {0.25: "2_5", 0.5: "5_0", 0.75: "7_5", 1.0: "1_0"},
            sizes=(128, 160, 192, 224),
        ),
        inner_levels=_named("conv_pw_{}_relu", *range(1, 13)),
    ),
    Backbone(
        name="mobilenet-v2",
        create=_application("MobileNetV2", has_alpha=True),
        normalization="-1..1",
        default_alpha=0.35,
        imagenet=ImageNetWeights(
            "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_{alpha}_{size}_no_top.h5",
            {alpha: str(alpha) for alpha in (0.35, 0.5, 0.75, 1.0, 1.3, 1.4)},
            sizes=(96, 128, 160, 192, 224),
        ),
        inner_levels=_named("block_{}_expand_relu", *range(1, 17)),
    ),
    _mobilenet_v3("small", minimalistic=False),
    _mobilenet_v3("small", minimalistic=True),
    _mobilenet_v3("large", minimalistic=False),
    _mobilenet_v3("large", minimalistic=True),
    Backbone(
        name="efficientnet-b0",
        create=_create_corrected_efficientnet_b0,
        normalization="0..255",
        alphas=(1.0,),
        imagenet=_fixed("efficientnetb0_notop.h5"),
        inner_levels=_named("block{}_expand_activation", *_EFFICIENTNET_BLOCKS.split()),
    ),
    Backbone(
        name="efficientnet-v2-b0",
        create=_application("EfficientNetV2B0", include_preprocessing=False),
        normalization="imagenet",
        alphas=(1.0,),
        imagenet=_fixed("efficientnetv2-b0_notop.h5"),
        inner_levels=_named("block{}_expand_activation", *_EFFICIENTNET_V2_BLOCKS.split()),
    ),
    Backbone(
        name="resnet50",
        create=_application("ResNet50"),
        normalization="caffe",
        colors=("BGR",),
        alphas=(1.0,),
        imagenet=_fixed("resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5"),
        inner_levels=_named("conv{}_out", *_RESNET_BLOCKS.split()),
    ),
    Backbone(
        name="vgg16",
        create=_application("VGG16"),
        normalization="caffe",
        colors=("BGR",),
        alphas=(1.0,),
        imagenet=_fixed("vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5"),
        inner_levels=_named("block{}_pool", *range(1, 5)),
    ),
    Backbone(
        name="nasnet-mobile",
        create=_application("NASNetMobile"),
        normalization="-1..1",
        alphas=(1.0,),
        imagenet=_fixed("nasnet_mobile_no_top.h5"),
        inner_levels=_named("normal_concat_{}", 0, 1, 2, 3, 5, 6, 7, 8, 10, 11),
    ),
)
