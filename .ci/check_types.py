"""Check types with pyright against a baseline of errors by folder, which may only shrink.

    python .ci/check_types.py             fail where a folder has more errors than the baseline allows, and name them
    python .ci/check_types.py --update    write today's counts, where they are lower

The baseline (``.ci/types-baseline.json``) is for folders that are not clean yet; a folder that it does not name has no
errors.
"""

import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BASELINE = Path(__file__).with_name("types-baseline.json")


def errors_by_folder() -> dict[str, list[str]]:
    """Errors as ``file:line message (rule)``, by the first two parts of the path."""
    command = [str(Path(sys.executable).with_name("pyright")), "--pythonpath", sys.executable, "--outputjson"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if not done.stdout.lstrip().startswith("{"):
        sys.exit(f"pyright did not run: {done.stderr or done.stdout}")
    found: dict[str, list[str]] = defaultdict(list)
    for one in json.loads(done.stdout)["generalDiagnostics"]:
        if one["severity"] == "error":
            path = Path(one["file"]).relative_to(ROOT)
            line = one["range"]["start"]["line"] + 1
            found["/".join(path.parts[:2])].append(
                f"{path}:{line} {one['message'].splitlines()[0]} ({one.get('rule', 'syntax')})"
            )
    return found


def main() -> int:
    found = errors_by_folder()
    allowed: dict[str, int] = json.loads(BASELINE.read_text("utf-8")) if BASELINE.is_file() else {}
    if "--update" in sys.argv:
        kept = {name: min(len(lines), allowed.get(name, 0)) for name, lines in sorted(found.items()) if name in allowed}
        BASELINE.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")
        return 0
    worse = {name: lines for name, lines in found.items() if len(lines) > allowed.get(name, 0)}
    for name, lines in sorted(worse.items()):
        print(f"{name}: {len(lines)} errors, {allowed.get(name, 0)} allowed", *sorted(lines), sep="\n  ")
    fewer = [name for name, count in allowed.items() if len(found.get(name, ())) < count]
    if fewer:
        print(f"Fewer errors in {', '.join(fewer)}: python .ci/check_types.py --update lowers the baseline.")
    print(f"types: {sum(map(len, found.values()))} errors, {sum(allowed.values())} in the baseline")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
