/* From the output tensor to labels; written by edge-convert. */
#include "edge_postprocess.h"

#include <stddef.h>

static float value_at(const edge_output_t* output, int32_t index) {
#if EDGE_OUTPUT_QUANTIZED
  return (float)(output[index] - EDGE_OUTPUT_ZERO_POINT) * EDGE_OUTPUT_SCALE;
#else
  return output[index];
#endif
}

float edge_score(const edge_output_t* output, int32_t index) {
#if EDGE_OUTPUT_COUNT < EDGE_LABEL_COUNT /* one number: the score of the second of two labels */
  const float score = value_at(output, 0);
  return index == 0 ? 1.0f - score : score;
#else
  return value_at(output, index);
#endif
}

static int reaches_its_threshold(float score, int32_t index) {
#if EDGE_HAS_THRESHOLDS
  return score >= edge_thresholds[index];
#else
  (void)index;
  return score >= 0.0f; /* false where it is not a number */
#endif
}

int32_t edge_postprocess(const edge_output_t* output, edge_category_t* categories, int32_t most) {
  int32_t count;
  for (count = 0; count < most; ++count) {
    const edge_category_t* last = count > 0 ? &categories[count - 1] : NULL;
    edge_category_t best = {-1, NULL, 0.0f};
    int32_t index;
    for (index = 0; index < EDGE_LABEL_COUNT; ++index) {
      const float score = edge_score(output, index);
      /* behind the last one: a lower score, or the same score and a higher index */
      const int is_left = last == NULL || score < last->score || (score == last->score && index > last->index);
      if (is_left && reaches_its_threshold(score, index) && (best.index < 0 || score > best.score)) {
        best.index = index;
        best.score = score;
      }
    }
    if (best.index < 0) {
      break;
    }
    best.label = edge_labels[best.index];
    categories[count] = best;
  }
  return count;
}
