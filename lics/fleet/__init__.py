"""A simulated fleet: cameras and a rig that speak the real devices' protocol. A client like any other: MQTT only.

`make demo` runs it; tests and benchmarks use the same classes. Everything drawn by chance comes from one seed.
"""
