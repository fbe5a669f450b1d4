// A stand-in for the schema of TensorFlow Lite.
#ifndef STAND_IN_SCHEMA_GENERATED_H_
#define STAND_IN_SCHEMA_GENERATED_H_

#include <cstring>

namespace tflite {

struct Model;

inline const Model* GetModel(const void* bytes) {
  const char* name = static_cast<const char*>(bytes) + 4;
  return std::memcmp(name, "TFL3", 4) == 0 ? static_cast<const Model*>(bytes) : nullptr;
}

}  // namespace tflite

#endif  // STAND_IN_SCHEMA_GENERATED_H_
