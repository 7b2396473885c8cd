"""A marker against the prediction of a saved model on other patients: two tables and what numpy and scipy make of them.

Written from the definitions alone: maximum likelihood by Newton's method, areas by counting pairs (ties count one half),
DeLong's covariance from the structural components (DeLong 1988, doi:10.2307/2531595), the global test as a quadratic form
of the contrasts. The patients are simulated.

Usage: python3 scripts/reference/roc_model.py tests/golden/stats/roc_model
"""

import csv
import json
import sys
from pathlib import Path

import numpy as np
from scipy import stats


def patients(rng, n, missing):
    """Rows of marker a (tied), marker b, site and class; `missing` rows lack a value of b."""
    y = rng.random(n) < 0.35
    a = np.round(rng.normal(0.9 * y, 1.0), 1)
    b = np.round(rng.normal(-0.6 * y, 1.0), 3)
    site = np.where(rng.random(n) < 0.4, "north", "south")
    b = b.astype(object)
    b[rng.choice(n, missing, replace=False)] = ""
    return [[f"{k + 1:03d}", a[k], b[k], site[k], "yes" if y[k] else "no"] for k in range(n)]


def write(path, rows):
    with open(path, "w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["subject", "a", "b", "site", "deep"])
        table.writerows(rows)


def columns(rows):
    kept = [row for row in rows if row[2] != ""]
    x = np.array([[1.0, row[1], float(row[2]), row[3] == "north"] for row in kept], dtype=float)
    return x, np.array([row[4] == "yes" for row in kept])


def maximum_likelihood(x, y):
    beta = np.zeros(x.shape[1])
    for _ in range(100):
        p = 1 / (1 + np.exp(-x @ beta))
        step = np.linalg.solve(x.T @ (x * (p * (1 - p))[:, None]), x.T @ (y - p))
        beta += step
        if np.abs(step).max() < 1e-14:
            break
    return beta


def components(values, y):
    """Area, and the structural components of the positive and the negative patients."""
    wins = values[y][:, None] - values[~y][None, :]
    wins = np.where(np.abs(wins) < 1e-12, 0.5, (wins > 0).astype(float))
    return wins.mean(), wins.mean(axis=1), wins.mean(axis=0)


def delong(markers, y):
    areas, of_positive, of_negative = zip(*(components(marker, y) for marker in markers))
    covariance = np.atleast_2d(np.cov(of_positive)) / y.sum() + np.atleast_2d(np.cov(of_negative)) / (~y).sum()
    return np.array(areas), covariance


def main(folder):
    rng = np.random.default_rng(20200229)
    train, test = patients(rng, 60, 0), patients(rng, 70, 4)
    write(folder / "train.csv", train)
    write(folder / "test.csv", test)
    beta = maximum_likelihood(*columns(train))
    x, y = columns(test)
    # all comparisons are on the patients that have every value
    markers = [x[:, 1], -x[:, 2], x @ beta]
    names = ["a", "b", "multivariable"]
    areas, covariance = delong(markers, y)
    pairs = []
    for i, j in [(0, 1), (0, 2), (1, 2)]:
        difference = areas[i] - areas[j]
        se = float(np.sqrt(covariance[i, i] + covariance[j, j] - 2 * covariance[i, j]))
        z = difference / se
        half = stats.norm.ppf(0.975) * se
        pairs.append({
            "a": names[i], "b": names[j], "n": len(y), "difference": difference, "ci_low": difference - half,
            "ci_high": difference + half, "z": z, "p": float(2 * stats.norm.sf(abs(z))),
        })
    contrast = np.array([[1, -1, 0], [1, 0, -1]], dtype=float)
    d = contrast @ areas
    chi2 = float(d @ np.linalg.solve(contrast @ covariance @ contrast.T, d))
    expected = {
        "coefficients": beta.tolist(),
        "auc_of_model": areas[2],
        "se_of_model": float(np.sqrt(covariance[2, 2])),
        "pairs": pairs,
        "global": {"chi2": chi2, "df": 2, "p": float(stats.chi2.sf(chi2, 2)), "n": len(y)},
    }
    (folder / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
