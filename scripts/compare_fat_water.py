# /// script
# requires-python = ">=3.9"
# dependencies = ["numpy", "nibabel"]
# ///
"""Compares `ff` from raw echoes with other programs on one simulated volume in one run.

    python3 scripts/compare_fat_water.py target/release/myelomri PREFIX [--fat-model hernando-6]
        [--mri-fatwater PYTHON] [--mago-sp FOLDER] [--mago-sp-python PYTHON] [--voxels 2000]

PREFIX is a simulated case as `fat_water_case.py` describes it. Peers that are there are run, the others are named as not
installed: mri-fatwater (multi-scale graph cut, doi:10.1002/mrm.26479; `pip install mri-fatwater`, by default looked for in the
Python that runs this script) on the whole complex volume, and the magnitude fit of MAGO-SP (`--mago-sp` is the folder
`papers/vibe_inversion` of its repository) on a sample of marrow and other tissue, because it takes milliseconds a voxel. Each
runs as a process of its own with the spectrum of `--fat-model` and otherwise its defaults; its reading and writing count.
Errors are over the tissue that was fitted; `far` is tissue with more than 300 Hz of field offset. CPU time and memory count
worker processes only where the peer waits for them, so a peer's figures are lower bounds.
"""

import argparse
import importlib.util
import json
import pathlib
import subprocess
import sys
import tempfile

import nibabel
import numpy
from fat_water_case import FAR_HZ, MARROW, Case, bias_rmse, errors, image, measured, swap_percent, without_swaps

MRI_FATWATER = """
import json, sys
import numpy
from mri_fatwater import fatwater
facts = json.load(open(sys.argv[1]))
data = numpy.load(facts["signal"])
result = fatwater.separate(
    data=data,
    data_params={"B0": facts["field_t"], "t": facts["echo_times_s"], "voxelsize": facts["voxel_mm"]},
    algo_params={"algorithm": "QPBO", "magnitudeDiscrimination": True, "output": ["ff"]},
    model_params={"watCS": 0.0, "fatCS": facts["shifts_ppm"], "relAmps": facts["amplitudes"]},
)
numpy.save(facts["out"], numpy.asarray(result["ff"]).reshape(data.shape[1:]))
"""

MAGO = """
import json, sys
import numpy
facts = json.load(open(sys.argv[1]))
sys.path.insert(0, facts["folder"])
from mago_methods import mago
signal = numpy.load(facts["signal"])
water, fat, *_ = mago(
    list(signal),
    MagneticFieldStrength=facts["field_t"],
    ti_ms=numpy.array(facts["echo_times_s"]),
    alpha_p=numpy.array(facts["amplitudes"]),
    freqs_ppm=numpy.array(facts["shifts_ppm"]),
)
numpy.save(facts["out"], 100 * fat / numpy.maximum(water + fat, 1e-9))
"""


def installed(python, module):
    """Whether that Python has the module; without running the module."""
    if python == sys.executable:
        return importlib.util.find_spec(module) is not None
    question = f"import importlib.util, sys; sys.exit(importlib.util.find_spec('{module}') is None)"
    try:
        return subprocess.run([python, "-c", question], capture_output=True).returncode == 0
    except OSError:
        return False


def run_peer(python, code, facts, folder, name):
    """The peer's fat fraction (percent) and the cost of its process."""
    request = pathlib.Path(folder) / f"{name}.json"
    facts = {**facts, "out": str(pathlib.Path(folder) / f"{name}.npy")}
    request.write_text(json.dumps(facts))
    _, cost = measured([python, "-c", code, str(request)])
    return numpy.load(facts["out"]), cost


def report(name, wrong, case, where, cost, voxels):
    """One line: cost, marrow and tissue errors of the fitted voxels `where`."""
    of = lambda region: wrong[region[where]]
    marrow, far = of(case.tissue(MARROW)), of(case.inside & (numpy.abs(case.field_hz) > FAR_HZ))
    bias, rmse = bias_rmse(marrow)
    print(
        f"{name:28} {voxels:9} {cost['wall_s']:8.2f} {cost['cpu_s']:8.2f} {cost['rss_gb']:6.2f} "
        f"{1e6 * cost['cpu_s'] / voxels:10.1f} {bias:8.3f} {rmse:8.3f} {without_swaps(marrow)[1]:8.3f} "
        f"{swap_percent(marrow):8.3f} {swap_percent(wrong):8.4f} {swap_percent(far):8.3f}",
        flush=True,
    )


def ours(program, case, model, folder, phase):
    out = pathlib.Path(folder) / f"ours-{phase}"
    _, cost = measured(case.command(program, out, "--fat-model", model, "--withhold", "none", phase=phase))
    made = json.loads(pathlib.Path(f"{out}_PDFF.json").read_text())["Parameters"]["fat_model"]
    return image(f"{out}_PDFF.nii.gz"), cost, made


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("prefix")
    parser.add_argument("--fat-model", default="hernando-6")
    parser.add_argument("--mri-fatwater", default=sys.executable, metavar="PYTHON", help="a Python that has it")
    parser.add_argument("--mago-sp", metavar="FOLDER", help="its folder papers/vibe_inversion")
    parser.add_argument("--mago-sp-python", default=sys.executable, metavar="PYTHON", help="a Python with its requirements")
    parser.add_argument("--voxels", type=int, default=2000, help="sample for the magnitude fit of MAGO-SP")
    arguments = parser.parse_args()
    case = Case(arguments.prefix + ".json")
    if not case.simulated:
        raise SystemExit(f"{arguments.prefix} has no simulated truth")
    print(f"{case.name}: {'x'.join(map(str, case.truth.shape))}, {len(case.echo_times_ms)} echoes, {case.field_t} T")
    print(
        f"{'program':28} {'voxels':>9} {'wall s':>8} {'CPU s':>8} {'GB':>6} {'us/voxel':>10} {'bias':>8} {'RMSE':>8} "
        f"{'no swaps':>8} {'swaps %':>8} {'tissue %':>8} {'far %':>8}"
    )
    missing = []
    with tempfile.TemporaryDirectory() as folder:
        spectrum = None
        for phase, name in [(True, "myelomri, complex"), (False, "myelomri, magnitude")]:
            try:
                estimate, cost, spectrum = ours(arguments.program, case, arguments.fat_model, folder, phase)
            except RuntimeError as error:
                missing.append(f"{name} failed:\n{error}")
                continue
            report(name, errors(estimate, case, case.inside), case, case.inside, cost, case.truth.size)
        if spectrum is None:
            raise SystemExit("\n".join(missing))
        peers(arguments, case, spectrum, folder, missing)
    for line in missing:
        print(line)


def peers(arguments, case, spectrum, folder, missing):
    magnitude = image(case.magnitude)
    facts = {
        "field_t": case.field_t,
        "echo_times_s": [ms / 1000 for ms in case.echo_times_ms],
        "voxel_mm": [float(side) for side in nibabel.load(case.magnitude).header.get_zooms()[:3]],
        "shifts_ppm": spectrum["shifts_ppm"],
        "amplitudes": spectrum["amplitudes"],
        "signal": str(pathlib.Path(folder) / "signal.npy"),
    }
    if installed(arguments.mri_fatwater, "mri_fatwater"):
        signal = magnitude * numpy.exp(1j * image(case.phase).astype("float32"))
        numpy.save(facts["signal"], numpy.moveaxis(signal.astype("complex64"), -1, 0))
        del signal
        try:
            estimate, cost = run_peer(arguments.mri_fatwater, MRI_FATWATER, facts, folder, "mri-fatwater")
            report("mri-fatwater, complex", errors(estimate, case, case.inside), case, case.inside, cost, case.truth.size)
        except RuntimeError as error:
            missing.append(f"mri-fatwater failed:\n{error}")
    else:
        missing.append(f"mri-fatwater is not installed in {arguments.mri_fatwater}")
    if not arguments.mago_sp or not (pathlib.Path(arguments.mago_sp) / "mago_methods.py").exists():
        missing.append("MAGO-SP is not installed: --mago-sp names no folder with mago_methods.py")
        return
    # half of the sample in marrow, half elsewhere
    rng, marrow = numpy.random.default_rng(1), case.tissue(MARROW).ravel(order="F")
    elsewhere, half = case.inside.ravel(order="F") & ~marrow, arguments.voxels // 2
    draw = lambda region: rng.permutation(numpy.flatnonzero(region))[:half]
    sample = numpy.sort(numpy.concatenate([draw(marrow), draw(elsewhere)]))
    where = numpy.unravel_index(sample, case.truth.shape, order="F")
    # its starting values and bounds are for signals below 1000
    signal = numpy.moveaxis(magnitude[where], -1, 0).astype("float64")
    numpy.save(facts["signal"], 500 * signal / signal.max())
    facts["folder"] = str(pathlib.Path(arguments.mago_sp).resolve())
    try:
        estimate, cost = run_peer(arguments.mago_sp_python, MAGO, facts, folder, "mago-sp")
        report("MAGO-SP mago, magnitude", estimate - case.truth[where], case, where, cost, sample.size)
    except RuntimeError as error:
        missing.append(f"MAGO-SP failed:\n{error}")


if __name__ == "__main__":
    main()
