// A stand-in for TensorFlow Lite Micro: its one model averages each channel of 6x8 pixels.
#ifndef STAND_IN_MICRO_INTERPRETER_H_
#define STAND_IN_MICRO_INTERPRETER_H_

#include <cstddef>
#include <cstdint>

#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"
#include "tensorflow/lite/schema/schema_generated.h"

namespace tflite {

class MicroInterpreter {
 public:
  MicroInterpreter(const Model* model, const MicroOpResolver& resolver, uint8_t* arena, size_t arena_size);
  ~MicroInterpreter();  // asks the operators to free what is theirs, so they must still be there
  TfLiteStatus AllocateTensors();
  TfLiteStatus Invoke();
  template <class T>
  T* typed_input_tensor(int) {
    return reinterpret_cast<T*>(input_);
  }
  template <class T>
  T* typed_output_tensor(int) {
    return reinterpret_cast<T*>(output_);
  }

 private:
  const MicroOpResolver& resolver_;
  bool is_ready_;
  int8_t input_[6 * 8 * 3];
  int8_t output_[3];
};

}  // namespace tflite

#endif  // STAND_IN_MICRO_INTERPRETER_H_
