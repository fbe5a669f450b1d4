#include "tensorflow/lite/micro/micro_interpreter.h"

#include <cstdlib>

namespace tflite {

MicroInterpreter::MicroInterpreter(const Model* model, const MicroOpResolver& resolver, uint8_t* arena, size_t size)
    : resolver_(resolver),
      is_ready_(model != nullptr && resolver.count == 2 && reinterpret_cast<size_t>(arena) % 16 == 0 && size > 1000) {}

MicroInterpreter::~MicroInterpreter() {
  if (resolver_.count != 2) std::abort();
}

TfLiteStatus MicroInterpreter::AllocateTensors() { return is_ready_ ? kTfLiteOk : kTfLiteError; }

TfLiteStatus MicroInterpreter::Invoke() {
  for (int channel = 0; channel < 3; ++channel) {
    int sum = 0;
    for (int i = 0; i < 48; ++i) sum += input_[3 * i + channel];
    output_[channel] = static_cast<int8_t>(sum / 48);
  }
  return kTfLiteOk;
}

}  // namespace tflite
