"""Identities of the simulated cameras, as the demo's seed knows them."""

SIMULATED_CAMERAS = 8
"""Cameras that the demo's seed knows."""


def simulated_mac(number: int) -> str:
    """MAC of the simulated camera `number`, from 1: locally administered, so that no real device has it."""
    return f"02F1EE0000{number:02X}"
