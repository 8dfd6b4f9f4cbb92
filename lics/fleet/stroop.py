"""Trials of a Stroop task, as a person would produce them."""

import datetime as dt
import random
from typing import Any

COLOURS = ("red", "green", "blue", "yellow")


def trial(rng: random.Random, number: int, ended_at: dt.datetime) -> dict[str, Any]:
    """One trial that ended now. `reaction_time` in ms; incongruent words take longer and go wrong more often."""
    word, ink = rng.choice(COLOURS), rng.choice(COLOURS)
    congruent = word == ink
    correct = rng.random() > (0.02 if congruent else 0.11)
    reaction_ms = round(max(180.0, rng.lognormvariate(6.38 if congruent else 6.55, 0.22)), 1)
    wrong = rng.choice([colour for colour in COLOURS if colour != ink])
    return {
        "kind": "trial",
        "trial_number": number,
        "started_at": (ended_at - dt.timedelta(milliseconds=reaction_ms + 500)).isoformat(timespec="milliseconds"),
        "ended_at": ended_at.isoformat(timespec="milliseconds"),
        "response": (ink if correct else wrong)[0],
        "reaction_time": reaction_ms,
        "correct": correct,
        "custom_data": {"word": word, "ink": ink, "condition": "congruent" if congruent else "incongruent"},
    }
