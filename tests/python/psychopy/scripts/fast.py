"""More rows at once than the queue holds."""

from agent import psychopy_recorder

psychopy_recorder.MOST_WAITING = 50
from psychopy import data  # noqa: E402

exp = data.ExperimentHandler(name="fast", dataFileName="data/fast", savePickle=False)
trials = data.TrialHandler2([None], nReps=2000, name="trials", autoLog=False)
exp.addLoop(trials)
for _trial in trials:
    trials.addData("resp.rt", trials.thisN / 1000)
    exp.nextEntry()
