# /// script
# requires-python = ">=3.9"
# dependencies = ["numpy", "nibabel", "scipy"]
# ///
"""Compares `adc`, `tdv`, `compose` and `histogram` with other programs on one simulated whole body, in one run.

    python3 scripts/compare_diffusion.py target/release/myelomri FOLDER [--repeats 5] [--pyradiomics PYTHON]

FOLDER holds wb_dwi.nii (b = 0, 50, 400, 900 s/mm2) with .bval and .bvec, truth_label.nii.gz (2 marrow, 3-8 organs, 9 lesion)
and station-N_dwi.nii.gz with .bval. Peers that are there are run, the others are named as not installed: MRtrix3 (`dwi2adc` on
the path), NumPy and SciPy (scripts below, as laboratories write them), PyRadiomics (`--pyradiomics` is a Python that has it).
Every row is a whole command with its reading and writing of new files: median wall time of the repeats, median CPU time (user
and system), largest memory. Below the table: how far the maps of ADC lie from each other with `--b-min 0` and no noise floor, where all
signals are positive. The data are simulated.
"""

import argparse
import gzip
import importlib.util
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

import nibabel
import numpy
from fat_water_case import measured

NUMPY_ADC = """
import sys, numpy, nibabel
source, bval, target = sys.argv[1:]
image, b = nibabel.load(source), numpy.loadtxt(bval)
signal = numpy.log(numpy.maximum(image.get_fdata(), 1e-6)).reshape(-1, b.size).T
design = numpy.stack([numpy.ones_like(b), -b], 1)
adc = numpy.linalg.lstsq(design, signal, rcond=None)[0][1].reshape(image.shape[:3])
nibabel.save(nibabel.Nifti1Image(adc.astype("float32"), image.affine), target)
"""

SCIPY_TDV = """
import sys, numpy, nibabel
from scipy import ndimage
dwi, adc, bone, organs, target = sys.argv[1:]
image = nibabel.load(dwi)
adc = nibabel.load(adc).get_fdata()
inside = (nibabel.load(bone).get_fdata() > 0) & (nibabel.load(organs).get_fdata() == 0)
found, n = ndimage.label((image.get_fdata() > 100) & inside & (adc > 300) & (adc < 1500), numpy.ones((3, 3, 3)))
for row in zip(ndimage.sum(found > 0, found, range(1, n + 1)), ndimage.median(adc, found, range(1, n + 1))):
    print(*row)
nibabel.save(nibabel.Nifti1Image(found.astype("int16"), image.affine), target)
"""

NUMPY_COMPOSE = """
import sys, numpy, nibabel
*files, target = sys.argv[1:]
images = sorted((nibabel.load(file) for file in files), key=lambda image: image.affine[2, 3])
step = images[0].affine[2, 2]
first = [round((image.affine[2, 3] - images[0].affine[2, 3]) / step) for image in images]
data = [image.get_fdata(dtype="float32") for image in images]
n = first[-1] + data[-1].shape[2]
total, weight = numpy.zeros(data[0].shape[:2] + (n,), "float32"), numpy.zeros(n, "float32")
for k in range(len(data)):
    if k:
        shared = first[k - 1] + data[k - 1].shape[2] - first[k]
        a, b = data[k - 1][..., -shared:], data[k][..., :shared]
        tissue = (a > 30) & (b > 30)
        data[k] *= numpy.median(a[tissue] / b[tissue])
    depth = data[k].shape[2]
    ramp = numpy.minimum(numpy.arange(1, depth + 1), numpy.arange(depth, 0, -1)).clip(max=15).astype("float32")
    total[..., first[k] : first[k] + depth] += data[k] * ramp
    weight[first[k] : first[k] + depth] += ramp
nibabel.save(nibabel.Nifti1Image(total / weight, images[0].affine), target)
"""

PYRADIOMICS = """
import sys, logging
from radiomics import featureextractor
logging.getLogger("radiomics").setLevel(logging.ERROR)
extractor = featureextractor.RadiomicsFeatureExtractor(binWidth=25)
extractor.disableAllFeatures()
extractor.enableFeatureClassByName("firstorder")
for item in extractor.execute(sys.argv[1], sys.argv[2]).items():
    print(*item)
"""


def has(python, module):
    if python == sys.executable:
        return importlib.util.find_spec(module) is not None
    return subprocess.run([python, "-c", f"import {module}"], capture_output=True).returncode == 0


class Table:
    def __init__(self, repeats, work):
        self.repeats, self.work = repeats, work
        print(f"{'command':44} {'wall s':>8} {'CPU s':>8} {'MB':>6}")

    def row(self, name, command):
        before, costs = set(self.work.iterdir()), []
        for _ in range(self.repeats):
            # to replace a file the system frees the old one first, which is no part of the command
            for written in set(self.work.iterdir()) - before:
                written.unlink()
            costs.append(measured(command)[1])
        wall, cpu = (statistics.median(cost[key] for cost in costs) for key in ("wall_s", "cpu_s"))
        memory = 1000 * max(cost["rss_gb"] for cost in costs)
        print(f"{name:44} {wall:8.2f} {cpu:8.2f} {memory:6.0f}", flush=True)

    def absent(self, name):
        print(f"{name:44} not installed", flush=True)


def image(path):
    return numpy.asarray(nibabel.load(path).dataobj)


def prepare(folder, work):
    """Packed series, masks, single b-values: what the commands need beside the folder's files."""
    whole = nibabel.load(folder / "wb_dwi.nii")
    with open(folder / "wb_dwi.nii", "rb") as plain, gzip.open(work / "dwi.nii.gz", "wb", 6) as packed:
        shutil.copyfileobj(plain, packed, 1 << 24)
    for name in ("dwi.bval", "plain.bval"):
        shutil.copy(folder / "wb_dwi.bval", work / name)
    shutil.copy(folder / "wb_dwi.nii", work / "plain.nii")
    labels = image(folder / "truth_label.nii.gz")
    masks = {"bone": [2, 9], "organs": [3, 4, 5, 6, 7, 8], "lesion": [9], "body": list(range(1, 10))}
    for name, wanted in masks.items():
        save(work / f"{name}.nii.gz", numpy.isin(labels, wanted).astype("uint8"), whole)
    save(work / "high.nii.gz", image(folder / "wb_dwi.nii")[..., -1], whole)
    (work / "high.bval").write_text("900\n")
    for path in sorted(folder.glob("station-*_dwi.nii.gz")):
        station = nibabel.load(path)
        save(work / path.name, numpy.asarray(station.dataobj)[..., -1], station)
        (work / path.name.replace(".nii.gz", ".bval")).write_text("900\n")


def save(path, data, like):
    nibabel.save(nibabel.Nifti1Image(data, like.affine), path)


def adc_rows(table, program, folder, work):
    ours = [program, "adc", "--force", "-q", "-o"]
    table.row("myelomri adc, gz to gz, int16", [*ours, work / "a", work / "dwi.nii.gz"])
    table.row("myelomri adc, uncompressed", [*ours, work / "u", work / "plain.nii", "--uncompressed"])
    more = ["--standard-error", "--computed-b", "1400"]
    table.row("myelomri adc, S0, SE, flags, b = 1400, gz", [*ours, work / "m", work / "dwi.nii.gz", *more])
    table.row("myelomri adc, iterated weights, gz", [*ours, work / "i", work / "dwi.nii.gz", "--fit", "iterative"])
    if shutil.which("dwi2adc"):
        gradients = ["-fslgrad", folder / "wb_dwi.bvec", folder / "wb_dwi.bval", "-force", "-quiet"]
        table.row("MRtrix3 dwi2adc, gz to gz", ["dwi2adc", work / "dwi.nii.gz", work / "mrtrix.nii.gz", *gradients])
        table.row("MRtrix3 dwi2adc, uncompressed", ["dwi2adc", work / "plain.nii", work / "mrtrix.nii", *gradients])
    else:
        table.absent("MRtrix3 dwi2adc")
    script = [sys.executable, "-c", NUMPY_ADC, work / "dwi.nii.gz", work / "dwi.bval"]
    table.row("NumPy lstsq, gz to gz", [*script, work / "numpy.nii.gz"])


def other_rows(table, program, work, pyradiomics):
    masks = [work / "bone.nii.gz", work / "organs.nii.gz"]
    rule = ["--signal-b", "900", "--rule", "absolute", "--threshold", "100", "--adc-low", "300", "--adc-high", "1500"]
    tdv = [program, "tdv", "--dwi", work / "high.nii.gz", "--adc", work / "a_ADC.nii.gz", "--bone", masks[0]]
    tdv += ["--exclude", masks[1], *rule, "-o", work / "t", "--force", "-q"]
    table.row("myelomri tdv with lesion table, gz", tdv)
    script = [sys.executable, "-c", SCIPY_TDV, work / "high.nii.gz", work / "a_ADC.nii.gz", *masks]
    table.row("SciPy, threshold, label, lesion medians, gz", [*script, work / "scipy.nii.gz"])
    stations = sorted(work.glob("station-*_dwi.nii.gz"))
    if stations:
        options = ["--harmonise", "overlap", "-o", work / "c", "--force", "-q"]
        table.row(f"myelomri compose, {len(stations)} stations, one b", [program, "compose", *stations, *options])
        table.row("NumPy, gains and feathering", [sys.executable, "-c", NUMPY_COMPOSE, *stations, work / "n.nii.gz"])
    for name in ("lesion", "body"):
        n = int((image(work / f"{name}.nii.gz") > 0).sum())
        mask = work / f"{name}.nii.gz"
        options = ["--mask", mask, "-o", work / "h", "--force", "-q"]
        table.row(f"myelomri histogram, {n} voxels", [program, "histogram", work / "a_ADC.nii.gz", *options])
        if has(pyradiomics, "radiomics"):
            table.row(f"PyRadiomics first order, {n} voxels", [pyradiomics, "-c", PYRADIOMICS, work / "a_ADC.nii.gz", mask])
        else:
            table.absent("PyRadiomics")


def exactness(program, work):
    """Largest distance of our maps from the peers' and from double precision, um2/s."""
    signal = image(work / "plain.nii")
    b = numpy.loadtxt(work / "plain.bval")
    slope = -(b - b.mean()) / ((b - b.mean()) ** 2).sum()
    with numpy.errstate(divide="ignore", invalid="ignore"):
        exact = 1e6 * numpy.log(signal.astype("float64")) @ slope
    options = ["--b-min", "0", "--noise-floor", "0", "--force", "-q"]
    print("\nlargest distance of ADC, um2/s          from double precision        from MRtrix3")
    theirs = image(work / "mrtrix.nii") if (work / "mrtrix.nii").exists() else None
    for kind in ("f32", "i16"):
        subprocess.run([program, "adc", work / "plain.nii", "-o", work / kind, "--dtype", kind, *options], check=True, capture_output=True)
        ours, flags = image(work / f"{kind}_ADC.nii.gz").astype("float64"), image(work / f"{kind}_flags.nii.gz")
        where = (flags == 0) & (signal > 0).all(-1)
        apart = numpy.abs(ours - exact)[where].max()
        from_mrtrix = f"{numpy.abs(ours - 1e6 * theirs[..., 1].astype('float64'))[where].max():20.6f}" if theirs is not None else ""
        print(f"myelomri {kind:30} {apart:21.6f} {from_mrtrix}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--pyradiomics", default=sys.executable, metavar="PYTHON", help="a Python that has it")
    options = parser.parse_args()
    program = str(pathlib.Path(options.program).resolve())
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        prepare(options.folder, work)
        table = Table(options.repeats, work)
        adc_rows(table, program, options.folder, work)
        other_rows(table, program, work, options.pyradiomics)
        exactness(program, work)


if __name__ == "__main__":
    main()
