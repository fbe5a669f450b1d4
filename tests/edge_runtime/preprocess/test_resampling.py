"""The one resampling function: two implementations, one answer."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from shared import SHARED_DATA, needs_shared_data

from edge_runtime.contracts.preprocessing import RESAMPLINGS, PreprocessSpec
from edge_runtime.preprocess import read_image, resize, resize_numpy, resize_opencv

IMPLEMENTATIONS = {
    "opencv": (resize_opencv.resize, resize_opencv.halve),
    "numpy": (resize_numpy.resize, resize_numpy.halve),
}

sides = st.integers(1, 90)
specs = st.builds(
    PreprocessSpec,
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    resize=st.sampled_from(("squash", "center-crop", "letterbox")),
    resampling=st.sampled_from(RESAMPLINGS),
)


def resized(pixels: np.ndarray, spec: PreprocessSpec, implementation: str) -> np.ndarray:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(resize, "load_resizers", lambda: (implementation, *IMPLEMENTATIONS[implementation]))
        out = np.full((spec.height, spec.width, 3), 99, np.uint8)
        resize.resize_frame(pixels, spec, out)
    return out


@settings(max_examples=200)
@given(sides, sides, specs, st.integers(0, 2**32 - 1))
def test_opencv_and_numpy_give_the_same_bytes(height: int, width: int, spec: PreprocessSpec, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    assert (resized(pixels, spec, "opencv") == resized(pixels, spec, "numpy")).all()


@needs_shared_data
@pytest.mark.parametrize("mode", ["squash", "center-crop", "letterbox"])
def test_opencv_and_numpy_give_the_same_bytes_on_photos(mode: str) -> None:
    for path in sorted((SHARED_DATA / "photos").glob("*.[bj]*")):
        pixels = read_image(path)
        for size in (96, 224):
            spec = PreprocessSpec(size, size, resize=mode)
            assert (resized(pixels, spec, "opencv") == resized(pixels, spec, "numpy")).all(), path


@given(sides, sides, specs, st.tuples(*[st.integers(0, 255)] * 3), st.sampled_from(tuple(IMPLEMENTATIONS)))
def test_one_colour_stays_that_colour(
    height: int, width: int, spec: PreprocessSpec, color: tuple[int, int, int], implementation: str
) -> None:
    out = resized(np.full((height, width, 3), color, np.uint8), spec, implementation)
    if spec.resize == "letterbox":
        assert np.logical_or((out == color).all(-1), (out == 0).all(-1)).all()
        assert (out == color).all(-1).any()
    else:
        assert (out == color).all()


@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
class TestEachImplementation:
    def test_same_size_changes_nothing(self, implementation: str) -> None:
        pixels = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
        assert (resized(pixels, PreprocessSpec(30, 40), implementation) == pixels).all()

    def test_half_pixel_centres(self, implementation: str) -> None:
        ramp = np.repeat(np.arange(0, 80, 10, dtype=np.uint8)[None, :, None], 3, axis=2).repeat(4, axis=0)
        out = resized(ramp, PreprocessSpec(4, 4), implementation)
        assert out[0, :, 0].tolist() == [5, 25, 45, 65]  # each the mean of two neighbours

    def test_fine_pattern_becomes_grey_not_moire(self, implementation: str) -> None:
        fine = (np.indices((800, 800)).sum(0) % 2 * 255).astype(np.uint8)[..., None].repeat(3, -1)
        out = resized(fine, PreprocessSpec(100, 100), implementation)
        assert np.abs(out.astype(int) - 128).max() <= 1

    def test_center_crop_takes_the_middle(self, implementation: str) -> None:
        pixels = np.zeros((100, 300, 3), np.uint8)
        pixels[:, 100:200] = 200
        spec = PreprocessSpec(50, 50, resize="center-crop")
        assert (resized(pixels, spec, implementation) == 200).all()

    def test_crop_fraction_leaves_the_rim_out(self, implementation: str) -> None:
        pixels = np.zeros((80, 80, 3), np.uint8)
        pixels[10:70, 10:70] = 200
        spec = PreprocessSpec(30, 30, resize="center-crop", crop_fraction=0.75)
        assert (resized(pixels, spec, implementation) == 200).all()

    def test_letterbox_keeps_the_aspect_and_fills_black(self, implementation: str) -> None:
        out = resized(np.full((20, 60, 3), 200, np.uint8), PreprocessSpec(30, 30, resize="letterbox"), implementation)
        assert (out[:10] == 0).all()
        assert (out[10:20] == 200).all()
        assert (out[20:] == 0).all()


def triangle(size: int, target: int) -> np.ndarray:
    """The weights of an antialiased triangle filter, (target, size): as wide as the target's pixels in the source."""
    step = size / target
    reach = max(step, 1.0)
    centres = (np.arange(target) + 0.5) * step
    weights = np.clip(1 - np.abs(np.arange(size) + 0.5 - centres[:, None]) / reach, 0, None)
    return weights / weights.sum(axis=1, keepdims=True)


def antialiased(pixels: np.ndarray, height: int, width: int) -> np.ndarray:
    """What the filter gives in real numbers, down and across at once."""
    across = np.einsum("xw,hwc->hxc", triangle(pixels.shape[1], width), pixels.astype(np.float64))
    return np.einsum("yh,hxc->yxc", triangle(pixels.shape[0], height), across)


class TestAntialias:
    @settings(max_examples=200)
    @given(sides, sides, st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1))
    def test_it_is_the_triangle_filter_within_one_level(
        self, height: int, width: int, target_height: int, target_width: int, seed: int
    ) -> None:
        pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
        out = resized(pixels, PreprocessSpec(target_height, target_width, resampling="antialias"), "numpy")
        assert np.abs(out - antialiased(pixels, target_height, target_width)).max() < 1.01  # two roundings of a half

    @needs_shared_data
    @pytest.mark.parametrize("size", [96, 224])
    def test_it_is_what_pillow_gives(self, size: int) -> None:
        for path in sorted((SHARED_DATA / "photos").glob("*.[bj]*")):
            pixels = read_image(path)
            across = Image.fromarray(pixels).resize((size, pixels.shape[0]), Image.Resampling.BILINEAR)
            expected = np.asarray(across.resize((size, size), Image.Resampling.BILINEAR))
            assert (resized(pixels, PreprocessSpec(size, size, resampling="antialias"), "opencv") == expected).all()

    def test_a_tall_frame_too_goes_across_first_whatever_pillow_does(self) -> None:
        pixels = np.random.default_rng(0).integers(0, 256, (300, 100, 3), np.uint8)
        across = np.floor(np.einsum("xw,hwc->hxc", triangle(100, 24), pixels.astype(np.float64)) + 0.5)
        expected = np.floor(np.einsum("yh,hxc->yxc", triangle(300, 24), across) + 0.5)
        found = resized(pixels, PreprocessSpec(24, 24, resampling="antialias"), "numpy")
        assert (found != expected).mean() < 0.01  # down first a tenth of them would

    def test_a_view_is_read_and_filled(self) -> None:
        pixels = np.random.default_rng(0).integers(0, 256, (90, 120, 3), np.uint8)
        spec = PreprocessSpec(20, 20, "center-crop", 0.5, "antialias")
        middle = np.ascontiguousarray(pixels[22:67, 37:82])
        expected = resized(middle, PreprocessSpec(20, 20, resampling="antialias"), "numpy")
        assert (resized(pixels, spec, "numpy") == expected).all()
        boxed = resized(pixels, PreprocessSpec(20, 20, "letterbox", 1.0, "antialias"), "numpy")
        assert (boxed[:2] == 0).all()
        assert (boxed[2:17] != 0).any(axis=(1, 2)).all()
        assert (boxed[17:] == 0).all()

    def test_it_differs_from_bilinear_where_the_frame_is_larger(self) -> None:
        fine = (np.indices((90, 90)).sum(0) % 2 * 255).astype(np.uint8)[..., None].repeat(3, -1)
        grey = resized(fine, PreprocessSpec(30, 30, resampling="antialias"), "numpy")
        assert np.abs(grey.astype(int) - 128).max() <= 30
        assert np.abs(resized(fine, PreprocessSpec(30, 30), "numpy").astype(int) - 128).max() > 100
