"""Overlap and surface distances of two balls, by scipy; the values stand in tests/cli/agreement.rs.

    python3 scripts/reference/mask_overlap.py
"""

import numpy as np
from scipy.ndimage import binary_erosion, distance_transform_edt

DIMS, SPACING = (20, 16, 10), np.array([1.2, 1.2, 3.0])


def ball(centre, radius):
    at = np.stack(np.meshgrid(*(np.arange(n) for n in DIMS), indexing="ij"), axis=-1) * SPACING
    return ((at - centre) ** 2).sum(axis=-1) <= radius**2


def surface(mask):
    # what lies beyond the border of the image is outside
    return mask & ~binary_erosion(mask, border_value=0)


def distances(a, b):
    return distance_transform_edt(~surface(b), sampling=SPACING)[surface(a)]


a, b = ball([11.0, 9.0, 13.0], 7.0), ball([13.0, 10.0, 15.0], 8.0)
both = (a & b).sum()
there, back = distances(a, b), distances(b, a)
print("dice", 2 * both / (a.sum() + b.sum()))
print("jaccard", both / (a | b).sum())
print("hausdorff_mm", max(there.max(), back.max()))
print("hausdorff_95_mm", max(np.percentile(there, 95), np.percentile(back, 95)))
print("mean_surface_mm", np.concatenate([there, back]).mean())
