        if ({awready} === 1'bx) $display("@X {#awready} %0d", cycle);
        if ({wready} === 1'bx) $display("@X {#wready} %0d", cycle);
        if ({arready} === 1'bx) $display("@X {#arready} %0d", cycle);
        if ({bvalid} === 1'bx) $display("@X {#bvalid} %0d", cycle);
        if ({rvalid} === 1'bx) $display("@X {#rvalid} %0d", cycle);
        if ({bvalid} === 1'b1 && ^{bresp} === 1'bx) $display("@X {#bresp} %0d", cycle);
        if ({rvalid} === 1'b1 && ^{{rdata}, {rresp}} === 1'bx) $display("@X {#rdata} %0d", cycle);

        b_asked = b_due && !aw_due && !w_due;
        if (b_holding && {bvalid} !== 1'b1) $display("@F 2 0 %0d", cycle);
        if (b_holding && {bvalid} === 1'b1 && b_held !== {bresp}) $display("@F 3 0 %0d", cycle);
        if ({bvalid} === 1'b1 && !b_asked) $display("@F 6 0 %0d", cycle);
        b_holding = {bvalid} === 1'b1 && b_asked && !b_ready;
        b_held = {bresp};
        if ({bvalid} === 1'b1 && b_asked && b_ready) begin
          b_due = 0;
          access_finished = 1; access_data = 0; access_response = {bresp};
        end

        r_asked = r_due && !ar_due;
        if (r_holding && {rvalid} !== 1'b1) $display("@F 4 0 %0d", cycle);
        if (r_holding && {rvalid} === 1'b1 && r_held !== {{rdata}, {rresp}})
          $display("@F 5 0 %0d", cycle);
        if ({rvalid} === 1'b1 && !r_asked) $display("@F 7 0 %0d", cycle);
        r_holding = {rvalid} === 1'b1 && r_asked && !r_ready;
        r_held = {{rdata}, {rresp}};

        if (aw_offered && {awready} === 1'b1) begin aw_due = 0; aw_offered = 0; end
        if (w_offered && {wready} === 1'b1) begin w_due = 0; w_offered = 0; end
        if (ar_offered && {arready} === 1'b1) begin ar_due = 0; ar_offered = 0; end

        if ({rvalid} === 1'b1 && r_asked && r_ready) begin
          r_due = 0;
          if (kind == 2 && ({rdata} & data) !== strobe) begin
            has_polled = 1; polled = {rdata};
            ar_due = 1; r_due = 1;
          end else begin
            access_finished = 1; access_data = {rdata}; access_response = {rresp};
          end
        end
