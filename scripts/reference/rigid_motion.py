#!/usr/bin/env python3
"""Two visits of a simulated body with a known rigid motion between them: reference for tests/golden/rigid.rs.

Written in numpy alone; the body is a function of space (ellipsoids with soft edges) that is evaluated at the moved place, so
no image is resampled. The follow-up has another grid, another gain, its own Rician noise and a new lesion.
usage: rigid_motion.py OUTDIR
"""

import json
import sys

import nibabel as nib
import numpy as np

# centre (mm, RAS+), half axes (mm), signal
BODY = [
    ((0, 0, 0), (150, 95, 260), 90),
    ((0, -55, 0), (19, 18, 200), 60),
    ((0, -80, 0), (8, 7, 200), 170),
    ((60, 10, 50), (65, 60, 55), 140),
    ((-85, -15, 60), (25, 30, 40), 240),
    ((50, -40, -25), (20, 22, 45), 220),
    ((-52, -42, -15), (20, 22, 45), 220),
    ((5, 35, -90), (35, 30, 30), 300),
]
LESION = ((6, -50, 30), (13, 13, 16), 320)
TURN_DEG = np.array([2.5, -2.0, 4.0])  # about x, then y, then z
CENTRE = np.array([0.0, -55.0, 0.0])
SHIFT = np.array([-9.0, 7.0, -26.0])


def rotation():
    x, y, z = np.deg2rad(TURN_DEG)
    rx = np.array([[1, 0, 0], [0, np.cos(x), -np.sin(x)], [0, np.sin(x), np.cos(x)]])
    ry = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    rz = np.array([[np.cos(z), -np.sin(z), 0], [np.sin(z), np.cos(z), 0], [0, 0, 1]])
    return rz @ ry @ rx


def signal(shapes, points):
    total = np.zeros(points.shape[:-1])
    for centre, axes, value in shapes:
        radius = np.sqrt((((points - centre) / axes) ** 2).sum(-1))
        inside = 1 / (1 + np.exp(np.clip((radius - 1) * min(axes) / 1.5, -40, 40)))
        total += inside * (value - total)
    return total


def points_of(dims, affine):
    index = np.stack(np.meshgrid(*[np.arange(n) for n in dims], indexing="ij"), -1)
    return index @ affine[:3, :3].T + affine[:3, 3]


def write(path, clean, sigma, rng, affine):
    noisy = np.hypot(clean + sigma * rng.standard_normal(clean.shape), sigma * rng.standard_normal(clean.shape))
    image = nib.Nifti1Image(np.rint(noisy).astype(np.int16), affine)
    image.header.set_xyzt_units("mm")
    nib.save(image, path)


def main():
    out, rng = sys.argv[1], np.random.default_rng(20260101)
    turn = rotation()
    fixed = np.array([[-6.0, 0, 0, 159], [0, -6.0, 0, 99], [0, 0, 6.0, -123], [0, 0, 0, 1]])
    moving = np.array([[-5.5, 0, 0, 150], [0, 5.5, 0, -95], [0, 0, 7.0, -155], [0, 0, 0, 1]])
    write(f"{out}/baseline.nii.gz", signal(BODY, points_of((54, 34, 42), fixed)), 3, rng, fixed)
    # to = R (from - centre) + centre + shift, so from = R^T (to - centre - shift) + centre; rows are points
    back = (points_of((56, 36, 38), moving) - CENTRE - SHIFT) @ turn + CENTRE
    write(f"{out}/followup.nii.gz", 1.6 * signal([*BODY, LESION], back), 5, rng, moving)
    truth = np.eye(4)
    truth[:3, :3] = turn
    truth[:3, 3] = CENTRE + SHIFT - turn @ CENTRE
    angle = np.rad2deg(np.arccos((np.trace(turn) - 1) / 2))
    with open(f"{out}/truth.json", "w") as file:
        json.dump({"baseline_to_followup": truth.tolist(), "rotation_deg": angle, "gain": 1.6}, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
