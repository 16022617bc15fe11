// The AXI4-Lite master, for runner.cpp: one access at a time, address and data offered together.
#pragma once
#include "ports.h"

namespace {

struct Offer {
    bool due = false, offered = false;
    Stall stall;
    bool drive(bool quiet) {
        if (quiet) offered = false;
        else if (due && !offered) offered = !stall.now();
        return offered;
    }
    void sample(bool is_ready) { if (offered && is_ready) due = offered = false; }
    void restart() { due = offered = false; }
};

struct Answer {
    bool due = false, is_ready = false, holding = false;
    bool fell = false, changed = false, unasked = false;
    uint64_t held = 0;
    Stall stall;
    bool drive(bool quiet) { return is_ready = due && !quiet && !stall.now(); }
    bool sample(bool valid, uint64_t payload, bool asked) {
        asked = asked && due;
        const bool taken = valid && asked && is_ready;
        fell = holding && !valid;
        changed = valid && holding && held != payload;
        unasked = valid && !asked;
        holding = valid && asked && !taken;
        held = payload;
        if (taken) due = false;
        return taken;
    }
    void restart() { due = is_ready = holding = false; }
};

struct Operation {
    uint32_t kind, a, b, c;
};

struct Control {
    Bus awaddr, wdata, wstrb, bresp, araddr, rdata, rresp;
    Pin awvalid, awready, wvalid, wready, bvalid, bready, arvalid, arready, rvalid, rready;
    Offer aw, w, ar;
    Answer b, r;
    Operation operation{IDLE, 0, 0, 0};
    bool has_polled = false, finished = false;
    uint32_t polled = 0, data = 0, response = 0;

    void read(Reader& in, const FerrogridPort* ports) {
        awaddr.connect(ports[in.word()]);
        awvalid.connect(ports[in.word()]);
        awready.connect(ports[in.word()]);
        wdata.connect(ports[in.word()]);
        wstrb.connect(ports[in.word()]);
        wvalid.connect(ports[in.word()]);
        wready.connect(ports[in.word()]);
        bresp.connect(ports[in.word()]);
        bvalid.connect(ports[in.word()]);
        bready.connect(ports[in.word()]);
        araddr.connect(ports[in.word()]);
        arvalid.connect(ports[in.word()]);
        arready.connect(ports[in.word()]);
        rdata.connect(ports[in.word()]);
        rresp.connect(ports[in.word()]);
        rvalid.connect(ports[in.word()]);
        rready.connect(ports[in.word()]);
        aw.stall.read(in);
        w.stall.read(in);
        b.stall.read(in);
        ar.stall.read(in);
        r.stall.read(in);
    }

    void restart() {
        aw.restart();
        w.restart();
        ar.restart();
        b.restart();
        r.restart();
        operation = Operation{IDLE, 0, 0, 0};
        has_polled = finished = false;
    }

    void next() {
        aw.stall.next();
        w.stall.next();
        ar.stall.next();
        b.stall.next();
        r.stall.next();
    }

    void begin(const Operation& next) {
        has_polled = finished = false;
        operation = next;
        if (next.kind == WRITE) aw.due = w.due = b.due = true;
        if (next.kind == READ || next.kind == POLL) ar.due = r.due = true;
        if (next.kind == RESET) b.holding = r.holding = false;
    }

    void drive(bool quiet) {
        bool valid = aw.drive(quiet);
        awvalid.set(valid);
        awaddr.set_word(valid ? operation.a : JUNK);
        valid = w.drive(quiet);
        wvalid.set(valid);
        wdata.set_word(valid ? operation.b : JUNK);
        wstrb.set_word(valid ? operation.c : JUNK);
        bready.set(b.drive(quiet));
        valid = ar.drive(quiet);
        arvalid.set(valid);
        araddr.set_word(valid ? operation.a : JUNK);
        rready.set(r.drive(quiet));
    }

    void sample() {
        const uint32_t write_response = bresp.word();
        if (b.sample(bvalid.get(), write_response, !aw.due && !w.due)) {
            finished = true;
            data = 0;
            response = write_response;
        }
        const uint32_t word = rdata.word(), read_response = rresp.word();
        const bool taken =
            r.sample(rvalid.get(), uint64_t{read_response} << 32 | word, !ar.due);
        aw.sample(awready.get());
        w.sample(wready.get());
        ar.sample(arready.get());
        if (!taken) return;
        if (operation.kind == POLL && (word & operation.b) != operation.c) {
            has_polled = true;
            polled = word;
            ar.due = r.due = true;
        } else {
            finished = true;
            data = word;
            response = read_response;
        }
    }
};

}  // namespace
