"""Ten rows, and then it waits for a person."""

import time

from psychopy import data

exp = data.ExperimentHandler(name="endless", dataFileName="data/endless", savePickle=False)
trials = data.TrialHandler2([None], nReps=20, name="trials")
exp.addLoop(trials)
for _trial in trials:
    trials.addData("resp.rt", 0.1)
    if trials.thisN == 10:
        time.sleep(600)
    exp.nextEntry()
