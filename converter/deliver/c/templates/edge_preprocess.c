/* From a frame to the input tensor; written by edge-convert.
   All sums are of whole numbers. Only the sizes of a crop or a letterbox, and the weights of antialiased resizing, are
   computed as doubles, once a frame: compile with -ffp-contract=off, and never with -ffast-math. */
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#elif defined(__GNUC__)
#pragma GCC optimize("fp-contract=off")
#endif

#include "edge_preprocess.h"

#include <float.h>
#include <stddef.h>

#if EDGE_RESIZE_CENTER_CROP || EDGE_RESIZE_LETTERBOX || EDGE_ANTIALIAS
#if DBL_MANT_DIG != 53
#error "preprocessing needs doubles of 64 bits; on AVR: -mdouble=64"
#endif
#if defined(FLT_EVAL_METHOD) && FLT_EVAL_METHOD == 2
#error "preprocessing needs doubles without excess precision; on 32-bit x86: -msse2 -mfpmath=sse"
#endif
#endif

#define LONGER(a, b) ((a) > (b) ? (a) : (b))
#define SHORTER(a, b) ((a) < (b) ? (a) : (b))

/* Where in the input tensor an image goes. */
typedef struct {
  int32_t top;
  int32_t left;
  int32_t height;
  int32_t width;
} place_t;

static void put(edge_input_t* input, int32_t y, int32_t x, const int32_t rgb[3]) {
#if EDGE_INPUT_CHANNELS == 1
  const int32_t gray = (rgb[0] * 299 + rgb[1] * 587 + rgb[2] * 114 + 500) / 1000;
  input[y * EDGE_INPUT_WIDTH + x] = edge_pixels[gray];
#else
  int32_t channel;
  for (channel = 0; channel < 3; ++channel) {
    const int32_t value = rgb[EDGE_BGR ? 2 - channel : channel];
    const int32_t index = EDGE_PLANAR ? (channel * EDGE_INPUT_HEIGHT + y) * EDGE_INPUT_WIDTH + x
                                      : (y * EDGE_INPUT_WIDTH + x) * 3 + channel;
    input[index] = edge_pixels[EDGE_PIXELS_COLUMNS == 1 ? value : value * 3 + channel];
  }
#endif
}

#if EDGE_ANTIALIAS

/* A triangle filter as wide as an output pixel is in the frame: first across, then down, each rounded to 8 bits. */
#define ONE_BITS 22
#define MAX_WINDOW (3 * (EDGE_MAX_FRAME_SIDE / SHORTER(EDGE_INPUT_HEIGHT, EDGE_INPUT_WIDTH) + 1) + 3)

typedef struct {
  int32_t first;
  int32_t count;
  int32_t weights[MAX_WINDOW];
} window_t;

static window_t across[EDGE_INPUT_WIDTH];
static window_t down;

static double triangle(double distance) {
  const double side = distance < 0.0 ? -distance : distance;
  return side < 1.0 ? 1.0 - side : 0.0;
}

static void fill_window(window_t* window, int32_t index, int32_t size, int32_t target) {
  const double scale = (double)size / target;
  const double support = LONGER(scale, 1.0);
  const double inverse = 1.0 / support;
  const double center = (index + 0.5) * scale;
  const double start = center - support + 0.5;
  const int32_t first = start < 0.0 ? 0 : (int32_t)start;
  const int32_t end = (int32_t)(center + support + 0.5);
  double sum = 0.0;
  int32_t i;
  window->first = first;
  window->count = SHORTER(SHORTER(end, size) - first, MAX_WINDOW);
  for (i = 0; i < window->count; ++i) {
    sum += triangle((i + first - center + 0.5) * inverse);
  }
  for (i = 0; i < window->count; ++i) {
    double weight = triangle((i + first - center + 0.5) * inverse);
    if (sum != 0.0) {
      weight /= sum;
    }
    window->weights[i] = (int32_t)(0.5 + weight * (1 << ONE_BITS));
  }
}

static int32_t to_byte(int32_t sum) {
  const int32_t value = sum >> ONE_BITS;
  return SHORTER(value, 255);
}

static void row_across(const uint8_t* row, const window_t* window, int32_t rgb[3]) {
  int32_t sums[3] = {1 << (ONE_BITS - 1), 1 << (ONE_BITS - 1), 1 << (ONE_BITS - 1)};
  int32_t i, channel;
  for (i = 0; i < window->count; ++i) {
    for (channel = 0; channel < 3; ++channel) {
      sums[channel] += row[3 * (window->first + i) + channel] * window->weights[i];
    }
  }
  for (channel = 0; channel < 3; ++channel) {
    rgb[channel] = to_byte(sums[channel]);
  }
}

static void resample(const edge_frame_t* frame, edge_input_t* input, place_t place) {
  int32_t y, x, i, channel;
  for (x = 0; x < place.width; ++x) {
    fill_window(&across[x], x, frame->width, place.width);
  }
  for (y = 0; y < place.height; ++y) {
    fill_window(&down, y, frame->height, place.height);
    for (x = 0; x < place.width; ++x) {
      int32_t sums[3] = {1 << (ONE_BITS - 1), 1 << (ONE_BITS - 1), 1 << (ONE_BITS - 1)};
      int32_t rgb[3];
      for (i = 0; i < down.count; ++i) {
        row_across(frame->pixels + (size_t)(down.first + i) * (size_t)frame->stride, &across[x], rgb);
        for (channel = 0; channel < 3; ++channel) {
          sums[channel] += rgb[channel] * down.weights[i];
        }
      }
      for (channel = 0; channel < 3; ++channel) {
        rgb[channel] = to_byte(sums[channel]);
      }
      put(input, place.top + y, place.left + x, rgb);
    }
  }
}

#else

/* Bilinear, half-pixel centres; a frame at least four times as high and as wide is halved before, 2x2 into one. */
typedef struct {
  int32_t first;
  int32_t second;
  int32_t weight; /* of the second, in 1/256 */
} neighbours_t;

/* Position (index + 0.5) * size / target - 0.5, in parts of 2 * target. */
static neighbours_t neighbours(int32_t index, int32_t size, int32_t target) {
  const int32_t parts = 2 * target;
  const int32_t position = (2 * index + 1) * size - target;
  const int32_t first = position < 0 ? -1 : position / parts;
  const int32_t rest = (position - first * parts) * 256;
  neighbours_t found;
  found.weight = rest / parts;
  if (2 * (rest % parts) + found.weight % 2 > parts) { /* to the nearest, halves to the even one */
    ++found.weight;
  }
  found.first = LONGER(first, 0);
  found.second = SHORTER(first + 1, size - 1);
  return found;
}

/* A value of the frame halved so many times: at most 14 calls deep. */
static int32_t halved(const edge_frame_t* frame, int32_t times, int32_t y, int32_t x, int32_t channel) {
  if (times == 0) {
    return frame->pixels[(size_t)y * (size_t)frame->stride + (size_t)(3 * x + channel)];
  }
  --times;
  y *= 2;
  x *= 2;
  return (halved(frame, times, y, x, channel) + halved(frame, times, y, x + 1, channel) +
          halved(frame, times, y + 1, x, channel) + halved(frame, times, y + 1, x + 1, channel) + 2) / 4;
}

static void resample(const edge_frame_t* frame, edge_input_t* input, place_t place) {
  int32_t height = frame->height, width = frame->width, times = 0, y, x, channel;
  while (height >= 4 * place.height && width >= 4 * place.width) {
    height /= 2;
    width /= 2;
    ++times;
  }
  for (y = 0; y < place.height; ++y) {
    const neighbours_t rows = neighbours(y, height, place.height);
    for (x = 0; x < place.width; ++x) {
      const neighbours_t columns = neighbours(x, width, place.width);
      int32_t rgb[3];
      for (channel = 0; channel < 3; ++channel) {
        const int32_t left = halved(frame, times, rows.first, columns.first, channel) * (256 - rows.weight) +
                             halved(frame, times, rows.second, columns.first, channel) * rows.weight;
        const int32_t right = halved(frame, times, rows.first, columns.second, channel) * (256 - rows.weight) +
                              halved(frame, times, rows.second, columns.second, channel) * rows.weight;
        rgb[channel] = (left * (256 - columns.weight) + right * columns.weight + 32768) >> 16;
      }
      put(input, place.top + y, place.left + x, rgb);
    }
  }
}

#endif

#if EDGE_RESIZE_CENTER_CROP || EDGE_RESIZE_LETTERBOX

/* A side of at least 1, to the nearest, halves to the even one. */
static int32_t to_side(double value, int32_t longest) {
  int32_t whole = (int32_t)value;
  const double rest = value - whole;
  if (rest > 0.5 || (rest == 0.5 && whole % 2 == 1)) {
    ++whole;
  }
  return SHORTER(longest, LONGER(whole, 1));
}

#endif

int edge_preprocess(const edge_frame_t* frame, edge_input_t* input) {
  edge_frame_t part = *frame;
  place_t place = {0, 0, EDGE_INPUT_HEIGHT, EDGE_INPUT_WIDTH};
  if (part.height < 1 || part.width < 1 || LONGER(part.height, part.width) > EDGE_MAX_FRAME_SIDE) {
    return 1;
  }
#if EDGE_RESIZE_CENTER_CROP
  {
    const double high = (double)frame->height / EDGE_INPUT_HEIGHT;
    const double wide = (double)frame->width / EDGE_INPUT_WIDTH;
    const double scale = SHORTER(high, wide) * EDGE_CROP_FRACTION;
    part.height = to_side(EDGE_INPUT_HEIGHT * scale, frame->height);
    part.width = to_side(EDGE_INPUT_WIDTH * scale, frame->width);
    part.pixels += (size_t)((frame->height - part.height) / 2) * (size_t)frame->stride;
    part.pixels += (size_t)((frame->width - part.width) / 2 * 3);
  }
#elif EDGE_RESIZE_LETTERBOX
  {
    const double high = (double)frame->height / EDGE_INPUT_HEIGHT;
    const double wide = (double)frame->width / EDGE_INPUT_WIDTH;
    const double scale = LONGER(high, wide);
    const int32_t black[3] = {0, 0, 0};
    int32_t y, x;
    place.height = to_side(frame->height / scale, EDGE_INPUT_HEIGHT);
    place.width = to_side(frame->width / scale, EDGE_INPUT_WIDTH);
    place.top = (EDGE_INPUT_HEIGHT - place.height) / 2;
    place.left = (EDGE_INPUT_WIDTH - place.width) / 2;
    for (y = 0; y < EDGE_INPUT_HEIGHT; ++y) {
      for (x = 0; x < EDGE_INPUT_WIDTH; ++x) {
        put(input, y, x, black);
      }
    }
  }
#endif
  resample(&part, input, place);
  return 0;
}
