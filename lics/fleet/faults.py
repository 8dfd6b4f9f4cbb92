"""What goes wrong in the field, by probability, drawn from a seed."""

import dataclasses
import random


@dataclasses.dataclass(frozen=True)
class Faults:
    """Probabilities: of a chunk (lost, doubled), or of a wake (all others)."""

    lost: float = 0.0
    doubled: float = 0.0
    shuffled: float = 0.0
    restart: float = 0.0
    """The camera restarts in the middle of a transfer and says HELLO again."""
    hello_twice: float = 0.0
    metadata_twice: float = 0.0
    camera_broken: float = 0.0
    """No photograph: the wake brings readings alone."""

    @classmethod
    def field(cls, lost: float = 0.01) -> "Faults":
        """What a demo shows: everything happens now and then."""
        return cls(
            lost=lost,
            doubled=0.01,
            shuffled=0.15,
            restart=0.05,
            hello_twice=0.1,
            metadata_twice=0.1,
            camera_broken=0.03,
        )

    def order(self, indexes: list[int], rng: random.Random) -> list[int]:
        """The chunks as they really leave: some lost, some twice, some in another order. At least one leaves."""
        leaving = [index for index in indexes if rng.random() >= self.lost] or indexes[:1]
        leaving += [index for index in leaving if rng.random() < self.doubled]
        if rng.random() < self.shuffled:
            rng.shuffle(leaving)
        return leaving
