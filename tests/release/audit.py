"""
Asks for the known vulnerabilities of what comes with the library and its extras, by pip-audit.

    python tests/release/audit.py

The exit code is 1 if there are some, and 2 if they cannot be asked for here, which is no good news.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile

from pathlib import Path


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from release.dependencies import brought


def main() -> int:
    """
    Print what is known; return the exit code.
    """
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder, "requirements.txt")
        listed.write_text(
            "".join(f"{name}=={one.version}\n" for name, one in brought().items()), encoding="utf-8"
        )
        command = [
            "--requirement",
            str(listed),
            "--no-deps",
            "--disable-pip",
            "--format",
            "json",
            "--progress-spinner",
            "off",
        ]
        done = subprocess.run(
            [sys.executable, "-m", "pip_audit", *command], capture_output=True, text=True, check=False
        )
    try:
        answers = json.loads(done.stdout)["dependencies"]
    except ValueError:
        print("The service cannot be asked from here:", done.stderr.strip().rpartition("\n")[2])
        return 2
    unknown = [answer["name"] for answer in answers if "skip_reason" in answer]
    known = [(answer, flaw) for answer in answers for flaw in answer.get("vulns", ())]
    for answer, flaw in known:
        print(
            f"{answer['name']} {answer['version']}: {flaw['id']}, mended in {', '.join(flaw['fix_versions']) or 'none'}"
        )
    if unknown:
        print(
            f"The service knows nothing of {len(unknown)} of {len(answers)}, or cannot be asked from here:",
            *unknown,
        )
    print(
        f"{len(answers) - len(unknown)} of {len(answers)} were looked up; {len(known)} vulnerabilities are known."
    )
    return 1 if known else 2 * bool(unknown)


if __name__ == "__main__":
    sys.exit(main())
