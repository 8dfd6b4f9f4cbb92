"""What the agent raises on purpose."""

from __future__ import annotations


class AgentError(Exception):
    """Root of the tree; the text is for a person."""


class ConfigError(AgentError):
    """The configuration cannot be used, or this rig is not registered."""


class AlreadyRunningError(AgentError):
    """Another agent has this state directory."""


class ServerAwayError(AgentError):
    """The server could not be reached, or had a fault of its own: try again later."""


class ServerRefusedError(AgentError):
    """The server said no; trying again unchanged gives the same answer."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{message} ({code or status})")
        self.status, self.code = status, code
