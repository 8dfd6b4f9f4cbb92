"""An experiment by hand: two loops, one within the other, late values, a value per repetition, and a row at the end."""

import numpy as np
from psychopy import core, data, gui

info = {"participant": "nobody", "session|req": 1, "group": ["a", "b"], "fixed": "f"}
dialog = gui.DlgFromDict(info, title="Start", fixed=["fixed"])
if not dialog.OK:
    core.quit()
print("answers", info)

exp = data.ExperimentHandler(name="coder", extraInfo=info, dataFileName="data/coder", savePickle=False)
blocks = data.TrialHandler2([{"block": 1}, {"block": 2}], nReps=1, method="sequential", name="blocks")
exp.addLoop(blocks)
for _block in blocks:
    sides = data.createFactorialTrialList({"side": ["left", "right"]})
    trials = data.TrialHandler2(sides, nReps=3, name="trials", seed=1)
    exp.addLoop(trials)
    for trial in trials:
        core.wait(0.01)
        trials.addData("resp.rt", 0.25 + 0.001 * trials.thisN)
        trials.addData("resp.keys", trial["side"])
        trials.addData("resp.corr", int(trials.thisN % 2))
        exp.addData("odd", float("nan") if trials.thisN == 1 else np.float64(trials.thisN))
        exp.nextEntry()
exp.addData("thanks.started", 1.5)
exp.nextEntry()
exp.addData("half", "filled")
