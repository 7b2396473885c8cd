#!/usr/bin/env python3
"""How well each threshold rule of `myelomri tdv` finds the simulated disease, over many simulated bodies.

usage: tdv_rules.py MYELOMRI SIMULATOR [--seeds 20] [--work FOLDER]
SIMULATOR is a program `SIMULATOR OUT --realistic --seed N` that writes wb_dwi.nii, its .bval and truth_label.nii.gz
(2 marrow, 9 and 10 disease, 1 muscle). Prints, for each rule, the volume error and Dice against the truth, and the Dice as a
share of that of the best threshold possible. All data are simulated."""
import argparse
import os
import subprocess
import sys
import tempfile

import nibabel as nib
import numpy as np

RULES = [
    ("absolute", "185"),
    ("reference-ratio", "4"),
    ("reference-ratio", "5"),
    ("reference-sd", "20"),
    ("healthy-sd", "2"),
    ("robust", "4"),
    ("robust", "5"),
    ("half-way", "0.4"),
    ("half-way", "0.5"),
    ("mixture", "0.5"),
]


def dice(a, b):
    return 2.0 * (a & b).sum() / max(a.sum() + b.sum(), 1)


def best_dice(signal, bone, truth):
    inside = signal[bone]
    hit = truth[bone]
    return max(dice(inside > tau, hit) for tau in np.unique(np.percentile(inside, np.linspace(50, 99.5, 100))))


def one_body(program, folder):
    image = nib.load(f"{folder}/wb_dwi.nii")
    labels = np.asarray(nib.load(f"{folder}/truth_label.nii.gz").dataobj)
    for name, wanted in [("bone", [2, 9, 10]), ("muscle", [1])]:
        nib.save(nib.Nifti1Image(np.isin(labels, wanted).astype(np.uint8), image.affine), f"{folder}/{name}.nii.gz")
    bone, truth = np.isin(labels, [2, 9, 10]), np.isin(labels, [9, 10])
    best = best_dice(np.asarray(image.dataobj[..., -1]).astype(float), bone, truth)
    rows = {}
    for rule, number in RULES:
        command = [program, "tdv", "--dwi", f"{folder}/wb_dwi.nii", "--bone", f"{folder}/bone.nii.gz", "--reference"]
        command += [f"{folder}/muscle.nii.gz", "--rule", rule, "--threshold", number, "--adc-low", "300", "--adc-high", "1500"]
        command += ["-o", f"{folder}/out", "--force"]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode == 4 and "[one-class]" in done.stderr:
            rows[f"{rule} {number}"] = (np.nan, np.nan, np.nan)  # refused, and said so
            continue
        if done.returncode != 0:
            sys.exit(done.stderr)
        found = np.asarray(nib.load(f"{folder}/out_tDV.nii.gz").dataobj) > 0
        rows[f"{rule} {number}"] = (found.sum() / truth.sum() - 1.0, dice(found, truth), dice(found, truth) / best)
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("simulator")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--work", help="folder of bodies named sN that exist already")
    options = parser.parse_args()
    all_rows = {}
    for seed in range(1, options.seeds + 1):
        with tempfile.TemporaryDirectory() as scratch:
            folder = f"{options.work}/s{seed}" if options.work else scratch
            if not os.path.exists(f"{folder}/wb_dwi.nii"):
                command = [sys.executable, options.simulator, folder, "--realistic", "--seed", str(seed)]
                subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            for rule, row in one_body(options.program, folder).items():
                all_rows.setdefault(rule, []).append(row)
    print("rule                 volume error: median |e|   90 %   mean   Dice: mean   min   of best possible")
    for rule, rows in all_rows.items():
        n_refused = np.isnan(np.array(rows)[:, 0]).sum()
        error, overlap, share = np.array([row for row in rows if np.isfinite(row[0])]).T
        size = np.abs(error)
        print(
            f"{rule:20s} {np.median(size):24.3f} {np.percentile(size, 90):6.3f} {error.mean():+6.3f}"
            f" {overlap.mean():12.3f} {overlap.min():5.3f} {share.mean():18.3f}"
            + (f"   refused {n_refused} bodies" if n_refused else "")
        )


if __name__ == "__main__":
    main()
