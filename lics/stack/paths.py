"""Where things are: the checkout, and the stack's own directory below it."""

import os
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Paths:
    """Every path of one stack. `home` is `.lics/` unless the environment says otherwise (`LICS_HOME`)."""

    root: Path
    home: Path

    @classmethod
    def here(cls) -> "Paths":
        """The stack of this checkout; a relative `LICS_HOME` is meant from the checkout."""
        return cls(CHECKOUT, (CHECKOUT / os.environ.get("LICS_HOME", ".lics")).absolute())

    @property
    def env(self) -> Path:
        return self.home / "env"

    @property
    def keys(self) -> Path:
        return self.home / "keys"

    @property
    def log(self) -> Path:
        return self.home / "log"

    @property
    def run(self) -> Path:
        return self.home / "run"

    @property
    def storage(self) -> Path:
        return self.home / "storage"

    @property
    def broker(self) -> Path:
        return self.home / "mosquitto"

    @property
    def nginx(self) -> Path:
        return self.home / "nginx"

    @property
    def console(self) -> Path:
        return self.home / "console"

    @property
    def postgres(self) -> Path:
        """Holds `data/` (the cluster) and `run/` (its socket); a symlink where PostgreSQL's user may not enter."""
        return self.home / "postgres"

    @property
    def built(self) -> Path:
        """Exists while the database is ready to be used; the other processes wait for it."""
        return self.run / "database.built"

    def log_of(self, name: str) -> Path:
        return self.log / f"{name}.log"

    def make(self) -> None:
        """Create the directories. Others' programs enter `home`; secrets lie in files and folders of their own mode."""
        self.home.mkdir(mode=0o755, parents=True, exist_ok=True)
        for folder in (self.log, self.run, self.storage, self.broker, self.nginx):
            folder.mkdir(exist_ok=True)
        self.keys.mkdir(mode=0o700, exist_ok=True)
