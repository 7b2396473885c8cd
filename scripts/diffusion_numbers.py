# /// script
# requires-python = ">=3.9"
# dependencies = ["numpy", "nibabel", "scipy"]
# ///
"""How right `adc`, `tdv` and `compose` are on a simulated whole body.

    python3 scripts/diffusion_numbers.py target/release/myelomri FOLDER

FOLDER is a plain simulated body: wb_dwi.nii (b = 0, 50, 400, 900 s/mm2) with its .bval, truth_adc_same_b, truth_adc (mm2/s),
truth_s0, truth_f and truth_label (2 marrow, 3-8 organs, 9 lesion), station-N_dwi.nii.gz with their .bval, and stations.json
(gain, shift_voxels_y of each). Prints

- the error of ADC in lesions against the noise-free fit of the same b-values, where the signal at the highest b is at least
  ten times the noise;
- how far perfusion moves ADC from tissue diffusion, without noise, for four fractions;
- total diffusion volume and Dice under a given threshold with bone and organ masks;
- gains of the stations against the truth and the lesions in the composed series, without the shift of the stations (undone
  by whole voxels, as the truth says) and with it.
All data are simulated. Exit code 1 where a number misses its target.
"""

import json
import math
import pathlib
import subprocess
import sys
import tempfile

import nibabel
import numpy
from scipy import ndimage

B = (0.0, 50.0, 400.0, 900.0)
SIGMA_HIGH_B = 6.0 / 1.6
PSEUDO_DIFFUSION = 20e-3
THRESHOLD = 100.0
missed = []


def image(path):
    return numpy.asarray(nibabel.load(path).dataobj)


def save(path, data, like):
    nibabel.save(nibabel.Nifti1Image(data, like.affine), path)


def run(program, *arguments):
    done = subprocess.run([program, *map(str, arguments), "--format", "json", "-q"], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr)
    return json.loads(done.stdout)


def judge(text, value, most):
    met = value <= most
    if not met:
        missed.append(text)
    print(f"{text:78} {value:9.3f}   at most {most:g}{'' if met else '   MISSED'}")


def bias(program, folder, work, labels):
    run(program, "adc", folder / "wb_dwi.nii", "-o", work / "a", "--dtype", "f32")
    adc = image(work / "a_ADC.nii.gz")
    truth = 1e6 * image(folder / "truth_adc_same_b.nii.gz")
    s0, d, f = (image(folder / f"truth_{name}.nii.gz") for name in ("s0", "adc", "f"))
    at_high_b = s0 * ((1 - f) * numpy.exp(-B[-1] * d) + f * numpy.exp(-B[-1] * (d + PSEUDO_DIFFUSION)))
    where = (labels == 9) & (at_high_b >= 10 * SIGMA_HIGH_B) & numpy.isfinite(adc)
    error = adc[where] - truth[where]
    quartiles = numpy.percentile(error, [25, 75])
    print(f"lesion voxels with SNR >= 10: {where.sum()}, error {quartiles[0]:+.1f} ... {quartiles[1]:+.1f} um2/s (quartiles)")
    judge("median error of ADC in lesions, um2/s", abs(float(numpy.median(error))), 5)


def perfusion(program, work):
    """Deviation from tissue diffusion, beside the closed form of least squares."""
    tissue = (400e-6, 800e-6, 1100e-6)
    fractions = (0.0, 0.05, 0.1, 0.2)
    f, d = numpy.meshgrid(fractions, tissue, indexing="ij")
    signal = [1e4 * ((1 - f) * numpy.exp(-b * d) + f * numpy.exp(-b * (d + PSEUDO_DIFFUSION))) for b in B]
    data = numpy.stack(signal, -1)[:, :, None, :].astype("float32")
    nibabel.save(nibabel.Nifti1Image(data, numpy.diag([2.0, 2.0, 4.0, 1.0])), work / "p.nii")
    (work / "p.bval").write_text("0 50 400 900\n")
    print("perfusion fraction             " + "".join(f"{fraction:10.2f}" for fraction in fractions))
    for name, least in (("b >= 50 (default)", 50), ("all b", 0)):
        options = ["--sigma", 0, "--dtype", "f32", "--b-min", least, "--force"]
        run(program, "adc", work / "p.nii", "-o", work / "p", *options)
        adc = image(work / "p_ADC.nii.gz")[..., 0]
        used = [n for n, b in enumerate(B) if b >= least]
        b = numpy.array(B)[used]
        slope = -(b - b.mean()) / ((b - b.mean()) ** 2).sum()
        closed = 1e6 * numpy.log(data[:, :, 0, used].astype("float64")) @ slope
        judge(f"ADC against the closed form, {name}, um2/s", float(numpy.abs(adc - closed).max()), 0.02)
        for column, of_tissue in enumerate(tissue):
            moved = adc[:, column] - 1e6 * of_tissue
            print(f"{name:18} D = {1e6 * of_tissue:5.0f}   " + "".join(f"{value:+10.0f}" for value in moved))


def volume(program, folder, work, labels):
    like = nibabel.load(folder / "wb_dwi.nii")
    save(work / "bone.nii.gz", numpy.isin(labels, [2, 9]).astype("uint8"), like)
    save(work / "organs.nii.gz", numpy.isin(labels, [3, 4, 5, 6, 7, 8]).astype("uint8"), like)
    options = ["--signal-b", 900, "--rule", "absolute", "--threshold", THRESHOLD, "--adc-low", 300, "--adc-high", 1500]
    masks = ["--bone", work / "bone.nii.gz", "--exclude", work / "organs.nii.gz", "--min-volume-ml", 0]
    found = run(program, "tdv", "--dwi", folder / "wb_dwi.nii", *masks, *options, "-o", work / "t")
    truth = labels == 9
    millilitres = truth.sum() * abs(numpy.linalg.det(like.affine[:3, :3])) / 1000
    mask = image(work / "t_tDV.nii.gz") > 0
    dice = 2 * (mask & truth).sum() / (mask.sum() + truth.sum())
    print(f"total diffusion volume {found['total_ml']:.1f} mL of {millilitres:.1f} mL, Dice {dice:.4f}")
    judge("error of the total diffusion volume, percent", abs(100 * (found["total_ml"] / millilitres - 1)), 2)
    judge("1 - Dice", float(1 - dice), 0.02)


def stations(program, folder, work, labels):
    truth = json.loads((folder / "stations.json").read_text())
    cube = numpy.ones((3, 3, 3), bool)
    lesions, n_lesions = ndimage.label(labels == 9, structure=cube)
    for name, undo, most in (("without shift", True, 1), ("with shift", False, 3)):
        files = []
        for one in truth:
            source = nibabel.load(folder / f"station-{one['station']}_dwi.nii.gz")
            shift = -one["shift_voxels_y"] if undo else 0
            files.append(work / f"s{one['station']}.nii")
            save(files[-1], numpy.roll(numpy.asarray(source.dataobj), shift, 1), source)
            bval = folder / f"station-{one['station']}_dwi.bval"
            files[-1].with_suffix(".bval").write_text(bval.read_text())
        made = run(program, "compose", *files, "--harmonise", "overlap", "-o", work / "c", "--force")
        gain = {row["file"]: row["gain"] for row in made["stations"]}
        product = [gain[f"s{one['station']}.nii"] * one["gain"] for one in truth]
        level = product[len(product) // 2]
        worst = max(abs(100 * (value / level - 1)) for value in product)
        judge(f"largest error of a gain, {name}, percent", worst, most)
        composed = image(work / "c_dwi.nii.gz")[..., -1] / level
        # lesions in bone: what is bright near them, and nowhere else
        reach = ndimage.binary_dilation(labels == 9, iterations=1 if undo else 4)
        bright = (composed > THRESHOLD) & reach & ~numpy.isin(labels, [3, 4, 5, 6, 7, 8])
        found, n_found = ndimage.label(bright, structure=cube)
        sizes = numpy.bincount(found.ravel())
        big = [n for n in range(1, n_found + 1) if sizes[n] >= 3]
        near = lesions if undo else ndimage.grey_dilation(lesions, size=(1, 9, 1))
        hit = {int(n) for n in numpy.unique(near[bright])} - {0}
        print(f"{name}: {n_lesions} lesions, {len(hit)} found, in {len(big)} bright regions")
        judge(f"lesions lost, {name}", n_lesions - len(hit), 0)
        judge(f"lesions doubled, {name}", max(len(big) - n_lesions, 0), 0)
        kept = 100 * abs((bright & (labels == 9)).sum() / (labels == 9).sum() - 1) if undo else math.nan
        if undo:
            judge("lesion volume kept, percent off", kept, 2)


def main(program, folder):
    folder = pathlib.Path(folder)
    labels = image(folder / "truth_label.nii.gz")
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        bias(program, folder, work, labels)
        perfusion(program, work)
        volume(program, folder, work, labels)
        stations(program, folder, work, labels)
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
