"""A folder from which the Supabase CLI pushes this checkout's migrations."""

import shutil
from pathlib import Path

from db.scratch import ROOT
from lics import release


def workdir_of(folder: Path) -> Path:
    """What the CLI wants, below `folder`: the migrations of the checkout and the code compiled now."""
    for name in ("migrations", "sql", "policies"):
        shutil.copytree(ROOT / name, folder / name)
    (folder / "supabase").mkdir()
    (folder / "home").mkdir()
    (folder / "supabase" / "migrations").symlink_to("../migrations")
    shutil.copy(ROOT / "supabase" / "config.toml", folder / "supabase" / "config.toml")
    release.release(release.Tree(folder))
    return folder
