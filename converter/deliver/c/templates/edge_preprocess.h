/* From a frame to the input tensor; written by edge-convert. C99 and C++11, no malloc. */
#ifndef EDGE_PREPROCESS_H_
#define EDGE_PREPROCESS_H_

#include <stdint.h>

#include "edge_model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Neither side of a frame may be longer. Antialiased resizing keeps weights for frames of that size. */
#ifndef EDGE_MAX_FRAME_SIDE
#if EDGE_ANTIALIAS
#define EDGE_MAX_FRAME_SIDE 640
#else
#define EDGE_MAX_FRAME_SIDE 65535
#endif
#endif

typedef struct {
  const uint8_t* pixels; /* three bytes a pixel: red, green, blue; the upper row first */
  int32_t height;
  int32_t width;
  int32_t stride; /* bytes from one row to the next: 3 * width where no bytes lie between them */
} edge_frame_t;

/* Fills EDGE_INPUT_COUNT numbers of the input tensor with the bytes that edge-run computes from the same frame.
   Returns 0; another number where a side of the frame is not within 1..EDGE_MAX_FRAME_SIDE. */
int edge_preprocess(const edge_frame_t* frame, edge_input_t* input);

#ifdef __cplusplus
}
#endif

#endif /* EDGE_PREPROCESS_H_ */
