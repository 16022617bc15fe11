/* Networks on simulated cores, from C. Link with libferrogrid_c; docs/runtimes.md says how. */

#ifndef FERROGRID_RUNTIME_H
#define FERROGRID_RUNTIME_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

// Type of the elements of a tensor.
typedef enum FerrogridType {
  // Two's complement, 8 bits.
  FERROGRID_TYPE_INT8,
  // Unsigned, 8 bits.
  FERROGRID_TYPE_UINT8,
  // Two's complement, 32 bits.
  FERROGRID_TYPE_INT32,
  // IEEE single precision.
  FERROGRID_TYPE_FLOAT32,
} FerrogridType;

// A network on a core.
typedef struct FerrogridModel FerrogridModel;

// How a model is compiled and run. Null, or all zero, is the default.
typedef struct FerrogridOptions {
  // `onnx` or `tflm`, whose integers are computed; null: as the model's format says.
  const char *mode;
  // `native`, `verilator` or `icarus`; null: `native`.
  const char *simulator;
  // `none`, `some` or `much`, how long to look for a faster program; null: `some`.
  const char *effort;
  // Channels that are the same for every input are computed too.
  bool no_fold;
} FerrogridOptions;

// An input or output of a model. What it points to is the model's.
typedef struct FerrogridTensor {
  // Its name.
  const char *name;
  // Type of its elements.
  enum FerrogridType element;
  // Its axes, without that of a batch, in the order of the model's runtime.
  size_t rank;
  // Their sizes.
  const size_t *shape;
  // Bytes of all elements.
  size_t bytes;
} FerrogridTensor;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// What the last function that failed in this thread has to say: what is wrong, where, and what to do. It holds until the
// next one fails in this thread; empty where none has.
const char *ferrogrid_error(void);

// Opens a `.tflite`, `.onnx` or compiled network for a device: the name of a preset, or the path of a `.toml` file. Null
// when it fails. `ferrogrid_close` is for what it gives.
// `path`, `device` and the texts of `options` end with a zero; `options` may be null.
struct FerrogridModel *ferrogrid_open(const char *path,
                                      const char *device,
                                      const struct FerrogridOptions *options);

// Closes a model; null is none.
// `model` is of `ferrogrid_open`, and nobody uses it any more.
void ferrogrid_close(struct FerrogridModel *model);

// How many inputs a model has.
// `model` is open.
size_t ferrogrid_inputs(const struct FerrogridModel *model);

// How many outputs a model has.
// `model` is open.
size_t ferrogrid_outputs(const struct FerrogridModel *model);

// Describes an input; 0 when there is one of this number.
// `model` is open, `tensor` may be written.
int ferrogrid_input(const struct FerrogridModel *model, size_t number, struct FerrogridTensor *tensor);

// Describes an output; 0 when there is one of this number.
// `model` is open, `tensor` may be written.
int ferrogrid_output(const struct FerrogridModel *model, size_t number, struct FerrogridTensor *tensor);

// Runs a model once: an array of each input and one for each output, of as many bytes as the tensor says. 0 when it has
// run.
// `model` is open; `inputs` and `outputs` have a pointer for each tensor, to so many bytes.
int ferrogrid_infer(const struct FerrogridModel *model,
                    const void *const *inputs,
                    void *const *outputs);

// The figures of the run before, at a clock in Hz: as JSON, or as the command prints them. Null when it fails.
// `ferrogrid_free` is for what it gives.
// `model` is open.
char *ferrogrid_report(const struct FerrogridModel *model,
                       double clock_hz,
                       bool as_json);

// Frees a text of `ferrogrid_report`; null is none.
// `text` is of that function, and nobody uses it any more.
void ferrogrid_free(char *text);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* FERROGRID_RUNTIME_H */
