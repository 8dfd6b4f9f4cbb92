"""Rows that change after they were sent."""

import time

from psychopy import data

exp = data.ExperimentHandler(name="changes", dataFileName="data/changes", savePickle=False)
trials = data.TrialHandler2([{"n": 1}], nReps=4, name="trials")
exp.addLoop(trials)
exp.dataNames.append("word.stopped")
first = None
for _trial in trials:
    entry = exp.thisEntry
    first = first or entry
    exp.addData("resp.rt", 0.5)
    exp.nextEntry()
    # what `timestampOnFlip` does at the next flip
    entry["word.stopped"] = 2.5
    time.sleep(0.2)
exp.addData("rating", "late", row=1)
time.sleep(0.3)
first["word.stopped"] = 9.75
