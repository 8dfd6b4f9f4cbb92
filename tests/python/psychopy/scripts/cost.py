"""What a row costs in the task's thread."""

import statistics
import time

from psychopy import data

from agent import psychopy_recorder

spent = []
note = psychopy_recorder.Recorder.note


def measured(*arguments):
    before = time.perf_counter()
    note(*arguments)
    spent.append(time.perf_counter() - before)


psychopy_recorder.Recorder.note = measured
exp = data.ExperimentHandler(name="cost")
trials = data.TrialHandler2([{"side": "left"}], nReps=500, name="trials", autoLog=False)
exp.addLoop(trials)
for _trial in trials:
    exp.addData("resp.rt", 0.5)
    exp.nextEntry()
    time.sleep(0.001)
print("microseconds", statistics.median(spent) * 1e6)
