"""Cameras over the real wire on the real stack."""

import pytest

pytest.register_assert_rewrite("flows.device", "flows.lab")
