"""The web page as nginx serves it: the files of `console/`, the client library, and where the API is."""

import json
import shutil
from pathlib import Path

CLIENT = Path("node_modules/@supabase/supabase-js/dist/umd/supabase.js")


def build_console(root: Path, target: Path, anon_key: str) -> None:
    """Copy the page to the folder `target`. The page finds the API where it was loaded from."""
    # over what is there: nginx may be serving it
    shutil.copytree(root / "console", target, dirs_exist_ok=True)
    shutil.copyfile(root / CLIENT, target / "supabase.js")
    (target / "config.js").write_text(
        f"window.LICS = {{ url: location.origin, anonKey: {json.dumps(anon_key)} }};\n", encoding="utf-8"
    )
