/* Reads handwritten digits on a simulated core:
 *
 *     digits digits_cnn.onnx small images.npy
 *
 * prints the digit of each of the first images, and what the last one took. docs/runtimes.md says how to build it. */
#include <ferrogrid.h>
#include <stdio.h>
#include <stdint.h>

enum { IMAGES = 5, PIXELS = 64, DIGITS = 10 };

/* The numbers of an .npy file stand behind a header whose size its bytes 8 and 9 say. */
static int read_images(const char *path, int8_t *images, size_t bytes) {
    FILE *file = fopen(path, "rb");
    uint8_t begin[10];
    int read = file && fread(begin, 1, sizeof begin, file) == sizeof begin
        && fseek(file, begin[8] | begin[9] << 8, SEEK_CUR) == 0 && fread(images, 1, bytes, file) == bytes;
    if (file) fclose(file);
    return read;
}

static int failed(FerrogridModel *model) {
    fprintf(stderr, "%s\n", ferrogrid_error());
    ferrogrid_close(model);
    return 1;
}

int main(int argc, char **argv) {
    static int8_t images[IMAGES][PIXELS];
    int8_t logits[DIGITS];
    FerrogridTensor input, output;

    if (argc != 4 || !read_images(argv[3], images[0], sizeof images)) {
        fprintf(stderr, "usage: digits MODEL DEVICE IMAGES.npy\n");
        return 2;
    }
    FerrogridModel *model = ferrogrid_open(argv[1], argv[2], NULL);
    if (!model || ferrogrid_input(model, 0, &input) || ferrogrid_output(model, 0, &output)) return failed(model);
    if (input.bytes != PIXELS || output.bytes != DIGITS) {
        fprintf(stderr, "`%s` has %zu bytes and `%s` %zu\n", input.name, input.bytes, output.name, output.bytes);
        ferrogrid_close(model);
        return 1;
    }
    for (int image = 0; image < IMAGES; image++) {
        const void *inputs[] = {images[image]};
        void *outputs[] = {logits};
        int best = 0;
        if (ferrogrid_infer(model, inputs, outputs)) return failed(model);
        for (int digit = 1; digit < DIGITS; digit++)
            if (logits[digit] > logits[best]) best = digit;
        printf("image %d: %d\n", image, best);
    }
    char *report = ferrogrid_report(model, 80e6, false);
    printf("\n%s", report ? report : ferrogrid_error());
    ferrogrid_free(report);
    ferrogrid_close(model);
    return 0;
}
