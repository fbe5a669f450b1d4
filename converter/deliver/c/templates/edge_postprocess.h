/* From the output tensor to labels; written by edge-convert. C99 and C++11, no malloc. */
#ifndef EDGE_POSTPROCESS_H_
#define EDGE_POSTPROCESS_H_

#include <stdint.h>

#include "edge_model.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  int32_t index;
  const char* label; /* in UTF-8 */
  float score;
} edge_category_t;

/* The score of the label `index`, 0..EDGE_LABEL_COUNT - 1. */
float edge_score(const edge_output_t* output, int32_t index);

/* Writes the best categories that reach their threshold, at most `most` of them, the highest score first.
   Returns how many; EDGE_TOP_K is what edge-run shows. */
int32_t edge_postprocess(const edge_output_t* output, edge_category_t* categories, int32_t most);

#ifdef __cplusplus
}
#endif

#endif /* EDGE_POSTPROCESS_H_ */
