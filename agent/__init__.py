"""The agent of LICS: it runs deployed experiments on a rig and loses no trial.

`agent.runner`, `agent.channel`, `agent.hook` and `script_path/` run inside the experiment's interpreter (Python
3.10 and later) and use the standard library alone; the rest is the service.
"""

__version__ = "0.1.0"
