"""Cases of multi-echo Dixon data with known fat fraction: reading, running a separation on them, scoring it.

A case is a PREFIX with `PREFIX.json` (EchoTime in s, MagneticFieldStrength in T), `_part-mag` and `_part-phase` (radians; 4-D, echo
last) and its truth: `_refFF` (percent) inside `_refmask`, the map of another program; or `_PDFF` (percent), `_B0` (Hz),
`_dseg` (20-29 vertebrae, 50 lesions, 60-70 bars) and `_tissue` of a simulation. Numbers are in points of fat fraction.
Used by `score_fat_water.py` and `compare_fat_water.py`.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import nibabel
import numpy

SWAP_POINTS = 30.0  # an error beyond this is an exchange of water and fat
AGREE_POINTS = 10.0  # within this an estimate agrees with a reference
FAR_HZ = 300.0  # field offsets beyond this are hard
MARROW, LESIONS, BARS = (20, 29), (50, 50), (60, 70)  # labels


def image(path):
    return numpy.asarray(nibabel.load(path).dataobj)


class Case:
    """One case: its files, echo times (ms), field strength (T) and truth."""

    def __init__(self, sidecar):
        self.prefix = str(sidecar)[: -len(".json")]
        self.name = pathlib.Path(self.prefix).name
        facts = json.loads(pathlib.Path(sidecar).read_text())
        self.echo_times_ms = [1000 * seconds for seconds in facts["EchoTime"]]
        self.field_t = facts["MagneticFieldStrength"]
        self.magnitude, self.phase = self.file("part-mag"), self.file("part-phase")
        self.simulated = not self.has("refFF")
        if self.simulated:
            self.truth = image(self.file("PDFF")).astype("float64")
            self.inside = image(self.file("tissue")) > 0
            self.labels = image(self.file("dseg"))
            self.field_hz = image(self.file("B0"))
        else:
            self.truth = image(self.file("refFF")).astype("float64")
            self.inside = image(self.file("refmask")) > 0

    def file(self, name):
        plain = f"{self.prefix}_{name}.nii"
        return plain if os.path.exists(plain) else plain + ".gz"

    def has(self, name):
        return os.path.exists(self.file(name))

    def tissue(self, labels):
        """Tissue with a label in `labels` (first, last)."""
        return self.inside & (self.labels >= labels[0]) & (self.labels <= labels[1])

    def command(self, program, out, *options, phase=True):
        """`ff` on this case; everything that is not said is the program's default."""
        times = ",".join(f"{ms:.10g}" for ms in self.echo_times_ms)
        command = [program, "ff", "--magnitude", self.magnitude]
        command += ["--phase", self.phase] if phase else []
        command += ["--echo-times-ms", times, "--field-strength", str(self.field_t)]
        return [*command, "-o", str(out), "--force", "--format", "json", *options]


def cases(folder):
    """Every case in a folder, by name."""
    found = [pathlib.Path(folder) / f for f in sorted(os.listdir(folder)) if f.endswith(".json")]
    known = [f for f in found if re.search('"EchoTime"', f.read_text())]
    complete = [Case(f) for f in known if any(pathlib.Path(folder).glob(f"{f.stem}_part-phase.nii*"))]
    if not complete:
        raise SystemExit(f"{folder} holds no case (PREFIX.json, PREFIX_part-mag.nii.gz, PREFIX_part-phase.nii.gz)")
    return complete


# a process counts the memory of the one that started it until it runs its own program: so a small one starts it
STARTER = """
import json, resource, subprocess, sys, time
start = time.perf_counter()
code = subprocess.run(sys.argv[2:]).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
cost = {"wall_s": time.perf_counter() - start, "cpu_s": used.ru_utime + used.ru_stime, "rss_gb": used.ru_maxrss / 2**20}
with open(sys.argv[1], "w") as file:
    json.dump(cost, file)
sys.exit(code)
"""


def measured(command):
    """Runs a command: (standard output, {"wall_s", "cpu_s", "rss_gb"}); RuntimeError with its messages where it fails."""
    with tempfile.TemporaryDirectory() as folder:
        cost = pathlib.Path(folder) / "cost.json"
        starter = [sys.executable, "-S", "-c", STARTER, str(cost), *map(str, command)]
        child = subprocess.run(starter, capture_output=True, text=True)
        if child.returncode != 0:
            raise RuntimeError(f"{' '.join(map(str, command))}\n{child.stderr}")
        return child.stdout, json.loads(cost.read_text())


def errors(estimate, case, where):
    """Errors in points, `where` the truth is known; NaN where there is no estimate."""
    return estimate[where].astype("float64") - case.truth[where]


def agreement(estimate, case):
    """Voxels out of 10000 within 10 points of the reference; no estimate is no agreement."""
    return 10000 * float((numpy.abs(errors(estimate, case, case.inside)) <= AGREE_POINTS).mean())


def bias_rmse(wrong):
    """Mean and root mean square of the errors that there are."""
    wrong = wrong[numpy.isfinite(wrong)]
    if wrong.size == 0:
        return float("nan"), float("nan")
    return float(wrong.mean()), float(numpy.sqrt((wrong**2).mean()))


def swapped(wrong):
    """True for an error beyond 30 points, and where there is no estimate."""
    return ~(numpy.abs(wrong) <= SWAP_POINTS)


def swap_percent(wrong):
    return 100 * float(swapped(wrong).mean()) if wrong.size else float("nan")


def without_swaps(wrong):
    return bias_rmse(wrong[~swapped(wrong)])
