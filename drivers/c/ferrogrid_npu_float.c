#include "ferrogrid_npu.h"

/* More steps than any element is from its zero point. */
#define FAR 1024

/* The nearest integer; of halves the one away from zero, or the even one. */
static int32_t rounded(float steps, bool halves_away)
{
    int32_t whole;
    float rest;
    if (!(steps > (float)-FAR)) /* no number, too */
        return steps <= (float)-FAR ? -FAR : 0;
    if (steps >= (float)FAR)
        return FAR;
    whole = (int32_t)steps;
    rest = steps - (float)whole;
    if (rest > 0.5f || (rest == 0.5f && (halves_away || whole % 2 != 0)))
        whole++;
    if (rest < -0.5f || (rest == -0.5f && (halves_away || whole % 2 != 0)))
        whole--;
    return whole;
}

void ferrogrid_npu_quantize(const ferrogrid_npu_tensor *tensor, const float *reals, void *elements)
{
    const int32_t low = tensor->is_unsigned ? 0 : -128;
    const int32_t high = low + 255;
    const bool halves_away = tensor->rounding == FERROGRID_NPU_HALVES_AWAY;
    const float reciprocal = 1.0f / tensor->scale;
    uint8_t *bytes = (uint8_t *)elements;
    uint32_t i;
    for (i = 0; i < tensor->bytes; i++) {
        const float steps = tensor->rounding == FERROGRID_NPU_BY_RECIPROCAL ? reals[i] * reciprocal
                                                                            : reals[i] / tensor->scale;
        const int32_t value = rounded(steps, halves_away) + tensor->zero_point;
        bytes[i] = (uint8_t)(value < low ? low : value > high ? high : value);
    }
}

void ferrogrid_npu_dequantize(const ferrogrid_npu_tensor *tensor, const void *elements, float *reals)
{
    const uint8_t *bytes = (const uint8_t *)elements;
    uint32_t i;
    for (i = 0; i < tensor->bytes; i++) {
        const int32_t value = tensor->is_unsigned || bytes[i] < 128 ? bytes[i] : bytes[i] - 256;
        reals[i] = tensor->scale * (float)(value - tensor->zero_point);
    }
}
