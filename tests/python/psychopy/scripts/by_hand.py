"""Publishes by itself."""

import lics_publisher
from psychopy import data

exp = data.ExperimentHandler(name="by_hand")
trials = data.TrialHandler2([None], nReps=3, name="trials")
exp.addLoop(trials)
for _trial in trials:
    lics_publisher.save_trial({"trial_number": trials.thisN, "reaction_time": 321.0})
    trials.addData("resp.rt", 0.1)
    exp.nextEntry()
