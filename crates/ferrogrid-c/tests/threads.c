/* What may go wrong says why, in the thread where it did; and threads share a model: argv is the model, then images and
 * logits as bytes without headers. */
#include <ferrogrid.h>
#include <assert.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { THREADS = 4, RUNS = 3, PIXELS = 64, DIGITS = 10 };

static FerrogridModel *model;
static int8_t images[THREADS * RUNS][PIXELS], logits[THREADS * RUNS][DIGITS];

static void *run(void *first) {
    for (int image = *(int *)first; image < THREADS * RUNS; image += THREADS) {
        int8_t found[DIGITS];
        const void *inputs[] = {images[image]};
        void *outputs[] = {found};
        assert(ferrogrid_infer(model, inputs, outputs) == 0);
        assert(memcmp(found, logits[image], DIGITS) == 0);
    }
    assert(*ferrogrid_error() == 0); /* that of another thread is not ours */
    return NULL;
}

static void fails(const char *path, const char *device, const FerrogridOptions *options, const char *text) {
    assert(ferrogrid_open(path, device, options) == NULL);
    if (!strstr(ferrogrid_error(), text)) {
        fprintf(stderr, "`%s` is not in `%s`\n", text, ferrogrid_error());
        assert(0);
    }
}

int main(int argc, char **argv) {
    assert(argc == 4);
    FerrogridOptions options = {0};
    FerrogridTensor tensor;
    FILE *file = fopen(argv[2], "rb");
    assert(file && fread(images, 1, sizeof images, file) == sizeof images && fclose(file) == 0);
    file = fopen(argv[3], "rb");
    assert(file && fread(logits, 1, sizeof logits, file) == sizeof logits && fclose(file) == 0);

    fails("nothing.onnx", "nano", NULL, "cannot read `nothing.onnx`");
    fails(NULL, "nano", NULL, "the path of the model is null");
    fails(argv[1], NULL, NULL, "the device is null");
    fails(argv[1], "nanno", NULL, "did you mean `nano`?");
    fails("\xff", "nano", NULL, "is no UTF-8");
    options.mode = "tf";
    fails(argv[1], "nano", &options, "there is no mode `tf`");
    options = (FerrogridOptions){.effort = "none", .simulator = "native", .no_fold = true};
    model = ferrogrid_open(argv[1], "nano", &options);
    assert(model && ferrogrid_inputs(model) == 1 && ferrogrid_outputs(model) == 1);
    assert(ferrogrid_input(model, 0, &tensor) == 0 && tensor.rank == 1 && tensor.shape[0] == PIXELS);
    assert(tensor.element == FERROGRID_TYPE_INT8 && tensor.bytes == PIXELS && *tensor.name);
    assert(ferrogrid_output(model, 1, &tensor) != 0 && strstr(ferrogrid_error(), "there is no output 1"));
    assert(ferrogrid_report(model, 1e8, true) == NULL && strstr(ferrogrid_error(), "has not run yet"));

    pthread_t threads[THREADS];
    int firsts[THREADS];
    for (int thread = 0; thread < THREADS; thread++) {
        firsts[thread] = thread;
        assert(pthread_create(&threads[thread], NULL, run, &firsts[thread]) == 0);
    }
    for (int thread = 0; thread < THREADS; thread++) assert(pthread_join(threads[thread], NULL) == 0);
    assert(ferrogrid_report(model, -1, true) == NULL && strstr(ferrogrid_error(), "write a frequency"));
    char *report = ferrogrid_report(model, 1e8, true);
    assert(report && strstr(report, "\"cycles\""));
    ferrogrid_free(report);
    ferrogrid_close(model);
    ferrogrid_close(NULL);
    ferrogrid_free(NULL);
    return 0;
}
