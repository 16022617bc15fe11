// Replaces what Verilator's run-time library would do to the process: print, exit, abort.
#include "hooks.h"
#include "model.h"
#include <cstdarg>
#include <cstdio>
#include <string>

extern "C" int ferrogrid_printf(const char* format, ...) {
    char text[4096];
    va_list arguments;
    va_start(arguments, format);
    const int length = std::vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    ferrogrid_printed(text);
    return length;
}

static void give_up(const char* what, const char* file, int line, const char* message) {
    throw FerrogridStop(std::string(what) + " at " + (file ? file : "?") + ":"
                        + std::to_string(line) + (message ? ": " : "") + (message ? message : ""));
}

void vl_finish(const char* file, int line, const char*) { give_up("$finish", file, line, nullptr); }
void vl_stop(const char* file, int line, const char*) { give_up("$stop", file, line, nullptr); }
void vl_fatal(const char* file, int line, const char*, const char* message) {
    give_up("a fatal error", file, line, message);
}
