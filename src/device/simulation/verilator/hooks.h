// Included in front of Verilator's run-time library, which prints with VL_PRINTF.
#pragma once
extern "C" int ferrogrid_printf(const char* format, ...) __attribute__((format(printf, 1, 2)));
#define VL_PRINTF ferrogrid_printf
#define VL_USER_FINISH
#define VL_USER_STOP
#define VL_USER_FATAL
