// An example, written by edge-convert: from an RGB frame to labels with TensorFlow Lite Micro.
//
//     ./classify photo.ppm      a binary PPM (P6), say from: convert photo.jpg -depth 8 photo.ppm
//
// On a device the frame comes from the camera, and main() calls Classify() for each. Copy this file before you change
// it: the next export writes it again.
#include <cstdio>

#include "edge_operators.h"
#include "edge_postprocess.h"
#include "edge_preprocess.h"
#include "model_data.h"
#include "tensorflow/lite/micro/micro_interpreter.h"
#include "tensorflow/lite/schema/schema_generated.h"

namespace {

constexpr int kFrameBytes = 3 * 640 * 480;
uint8_t pixels[kFrameBytes];
alignas(16) uint8_t arena[EDGE_ARENA_BYTES];

// Prints the best labels of a frame; returns whether all went well.
bool Classify(tflite::MicroInterpreter& interpreter, const edge_frame_t& frame) {
  if (edge_preprocess(&frame, interpreter.typed_input_tensor<edge_input_t>(0)) != 0) {
    std::fprintf(stderr, "the frame is empty or too large\n");
    return false;
  }
  if (interpreter.Invoke() != kTfLiteOk) {
    std::fprintf(stderr, "the interpreter failed\n");
    return false;
  }
  edge_category_t categories[EDGE_TOP_K];
  const int count = edge_postprocess(interpreter.typed_output_tensor<edge_output_t>(0), categories, EDGE_TOP_K);
  for (int i = 0; i < count; ++i) {
    std::printf("%d %.6f %s\n", static_cast<int>(categories[i].index), static_cast<double>(categories[i].score),
                categories[i].label);
  }
  return true;
}

// Reads a binary PPM without comments into `pixels`.
bool ReadFrame(const char* path, edge_frame_t& frame) {
  std::FILE* file = std::fopen(path, "rb");
  if (file == nullptr) {
    return false;
  }
  int width = 0, height = 0;
  bool is_read = std::fscanf(file, "P6 %5d %5d 255", &width, &height) == 2 && std::fgetc(file) != EOF && width > 0 &&
                 height > 0 && width <= kFrameBytes / 3 / height;
  const size_t size = is_read ? static_cast<size_t>(3) * width * height : 0;
  is_read = is_read && std::fread(pixels, 1, size, file) == size;
  std::fclose(file);
  frame = {pixels, height, width, 3 * width};
  return is_read;
}

}  // namespace

int main(int argc, char** argv) {
  edge_frame_t frame;
  if (argc != 2 || !ReadFrame(argv[1], frame)) {
    std::fprintf(stderr, "name a binary PPM of at most 640x480 pixels\n");
    return 2;
  }
  edge_operators_t operators;
  if (edge_add_operators(operators) != kTfLiteOk) {
    return 1;
  }
  tflite::MicroInterpreter interpreter(tflite::GetModel(edge_model_data), operators, arena, sizeof arena);
  if (interpreter.AllocateTensors() != kTfLiteOk) {
    std::fprintf(stderr, "an arena of %d bytes is too small\n", static_cast<int>(sizeof arena));
    return 1;
  }
  return Classify(interpreter, frame) ? 0 : 1;
}
