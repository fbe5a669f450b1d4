// A stand-in for TensorFlow Lite Micro: what the exported example calls, and no more.
#ifndef STAND_IN_MICRO_MUTABLE_OP_RESOLVER_H_
#define STAND_IN_MICRO_MUTABLE_OP_RESOLVER_H_

enum TfLiteStatus { kTfLiteOk = 0, kTfLiteError = 1 };

namespace tflite {

struct MicroOpResolver {
  ~MicroOpResolver() { count = 0; }
  volatile unsigned int count = 0;  // volatile, or the destructor would be left out
};

template <unsigned int tOpCount>
class MicroMutableOpResolver : public MicroOpResolver {
 public:
  TfLiteStatus AddAveragePool2D() { return Add(); }
  TfLiteStatus AddSoftmax() { return Add(); }

 private:
  TfLiteStatus Add() { count = count + 1; return count <= tOpCount ? kTfLiteOk : kTfLiteError; }
};

}  // namespace tflite

#endif  // STAND_IN_MICRO_MUTABLE_OP_RESOLVER_H_
