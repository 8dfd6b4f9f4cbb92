"""Loops without an ExperimentHandler."""

from psychopy import data

old = data.TrialHandler([{"tone": 200}, {"tone": 400}], nReps=2, method="sequential", name="old")
for trial in old:
    old.addData("rt", 0.3)
    old.addData("key", trial["tone"])
new = data.TrialHandler2([{"tone": 800}], nReps=2, name="new")
for _trial in new:
    new.addData("rt", 0.4)
stairs = data.StairHandler(startVal=10, nTrials=3, nReversals=1, minVal=0, maxVal=20)
for _level in stairs:
    stairs.addResponse((stairs.thisTrialN + 1) % 2)
broken = data.TrialHandler2([{"tone": 900}], nReps=5, name="broken")
for _trial in broken:
    broken.addData("rt", 0.6)
    if broken.thisN == 1:
        break
