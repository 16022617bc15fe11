# The clock of a matmul core as a top of its own: 100 MHz, to be set to what the design needs.
# It holds from register to register. There are no pins and no I/O delays: a core is made to
# stand inside a design, and its ports are no pins. Those that are want a place and a standard.
# I/O delays say how much of the period the outside takes (and -min, for hold):
#     set_input_delay -clock aclk -max 3.0 [get_ports s_axis_a_tvalid]
#     set_output_delay -clock aclk -max 3.0 [get_ports s_axis_a_tready]
# Every port is synchronous to aclk, aresetn too.
create_clock -name aclk -period 10.000 [get_ports aclk]
