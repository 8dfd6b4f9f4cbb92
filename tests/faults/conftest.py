"""The lab of the flow tests, and the processes of the running stack."""

from flows.conftest import db, lab, person, stack  # noqa: F401 - fixtures
