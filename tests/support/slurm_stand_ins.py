"""Slurm on one machine, as much of it as deploy/slurm/mucode.sbatch uses: `srun`, `scancel` and `scontrol`.

srun kills its tasks at SIGTERM, as Slurm's does. Each node is a process group here, with a folder of its own for Ray.
What they were called with is in `calls.jsonl`.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

SBATCH = Path(__file__).resolve().parents[2] / "deploy" / "slurm" / "mucode.sbatch"
SRUN = """
import json, os, signal, subprocess, sys
words = iter(sys.argv[1:])
options = []
for word in words:
    if not word.startswith("-"):
        break
    options.append(word)
command = [word, *words]
note("srun", options)
tasks = int(next(option.partition("=")[2] for option in options if option.startswith("--ntasks=")))
running = [
    subprocess.Popen(
        command,
        start_new_session=True,
        env={**os.environ, "SLURM_PROCID": str(number), "RAY_TMPDIR": f"{os.environ['RAY_TMPDIR']}-{number}"},
    )
    for number in range(tasks)
]
def forward(number, *_):
    for task in running:
        if task.poll() is None:
            os.killpg(task.pid, signal.SIGTERM if number == signal.SIGUSR1 else signal.SIGKILL)
signal.signal(signal.SIGTERM, forward)
signal.signal(signal.SIGUSR1, forward)  # of the stand-in for scancel
open({steps!r}, "w").write(str(os.getpid()))
sys.exit(max(abs(task.wait()) for task in running))
"""
SCANCEL = """
import os, signal, sys
note("scancel", sys.argv[1:])
os.kill(int(open({steps!r}).read()), signal.SIGUSR1)
"""
SCONTROL = """
import sys
note("scontrol", sys.argv[1:])
if sys.argv[1:3] == ["show", "hostnames"]:
    first, last = sys.argv[3].removeprefix("node[").removesuffix("]").split("-")
    print("\\n".join(f"node{number}" for number in range(int(first), int(last) + 1)))
"""
NOTE = """#!{python}
import json
def note(name, words):
    with open({calls!r}, "a") as log:
        print(json.dumps([name, *words]), file=log)
"""


class SlurmStandIn:
    """A folder with the commands; `submit` starts the batch script as sbatch would, with `SLURM_…` set."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._calls = folder, folder / "calls.jsonl"
        (folder / "bin").mkdir(parents=True)
        for name, body in {"srun": SRUN, "scancel": SCANCEL, "scontrol": SCONTROL}.items():
            self.command(name, body.replace("{steps!r}", repr(str(folder / "srun.pid"))))

    def command(self, name: str, body: str) -> None:
        """One more command of Python code; `note(name, words)` writes down a call."""
        path = self.folder / "bin" / name
        path.write_text(NOTE.format(python=sys.executable, calls=str(self._calls)) + body)
        path.chmod(0o755)

    def submit(self, *words: str, job: int, nodes: int, log: Path, **environment: str) -> subprocess.Popen[bytes]:
        slurm = {
            "SLURM_JOB_ID": str(job),
            "SLURM_JOB_NODELIST": f"node[1-{nodes}]",
            "SLURM_SUBMIT_DIR": str(self.folder),
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            "MUCODE_HEAD_ADDRESS": "127.0.0.1",
        }
        return subprocess.Popen(
            ["bash", str(SBATCH), *words],
            stdout=log.open("ab"),
            stderr=subprocess.STDOUT,
            env={**os.environ, **slurm, **environment},
        )

    def calls(self, name: str) -> list[list[str]]:
        """Arguments of each call of a command so far."""
        lines = self._calls.read_text().splitlines() if self._calls.exists() else []
        return [words for found, *words in map(json.loads, lines) if found == name]


def processes_with(mark: str) -> list[int]:
    """Processes whose environment holds `mark`."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and mark.encode() in (entry / "environ").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue  # it has ended
    return found
