# The clock of a matmul core as a top of its own: 100 MHz, to be set to what the design needs.
create_clock -name aclk -period 10.000 [get_ports aclk]
