# /// script
# requires-python = ">=3.9"
# dependencies = ["numpy", "nibabel"]
# ///
"""Scores `ff` from raw echoes on cases of known fat fraction.

    python3 scripts/score_fat_water.py target/release/myelomri FOLDER [--fat-model hernando-6] [--other-model ren-marrow-9]
        [--magnitude-only] [--only TEXT] [--json FILE]

FOLDER holds cases as `fat_water_case.py` describes them. The fat model is given; every other option stays at its default.
Scores count the estimate before anything is withheld (`--withhold none`), over all tissue whose truth is known, and a voxel
without an estimate counts as swapped and as no agreement. A second run with the defaults gives the share that the program
withholds. Swaps are errors beyond 30 points; precision and recall of the mask of suspected swaps are over tissue, where
water and fat are really exchanged. `sd/observed` is the root mean square of the reported standard deviation over the bars of
known fat fraction, divided by the observed one (swaps left out). `--other-model` prints the bias that a fat model makes which
does not belong to the data; it is not scored.
"""

import argparse
import json
import pathlib
import tempfile

import numpy
from fat_water_case import (
    BARS,
    FAR_HZ,
    LESIONS,
    MARROW,
    agreement,
    bias_rmse,
    cases,
    errors,
    image,
    measured,
    swap_percent,
    swapped,
    without_swaps,
)


def number(value, digits=2):
    return "-" if value is None or value != value else f"{value:.{digits}f}"


def precision_recall(suspected, really):
    """Share of suspected voxels that are swapped, and of swapped voxels that are suspected; None where there are none."""
    both = int((suspected & really).sum())
    share = lambda n: both / int(n) if n else None
    return share(suspected.sum()), share(really.sum())


def spread_of_bars(case, estimate, sd):
    """Reported over observed standard deviation, for each bar and for all: [(percent, ratio, n)], ratio."""
    rows, reported, observed = [], 0.0, 0.0
    for label in range(BARS[0], BARS[1] + 1):
        here = case.inside & (case.labels == label)
        wrong, stated = errors(estimate, case, here), sd[here].astype("float64")
        usable = ~swapped(wrong) & numpy.isfinite(stated)
        if usable.sum() < 10:
            continue
        wrong, stated = wrong[usable], stated[usable]
        squares, about = float((stated**2).sum()), float(((wrong - wrong.mean()) ** 2).sum())
        rows.append((10 * (label - BARS[0]), (squares / about) ** 0.5, int(usable.sum())))
        reported, observed = reported + squares, observed + about
    return rows, (reported / observed) ** 0.5 if observed else None


def run(program, case, folder, *options, phase=True):
    """PDFF and the prefix of the other maps, the printed JSON, and the cost."""
    out = pathlib.Path(folder) / case.name
    printed, cost = measured(case.command(program, out, *options, phase=phase))
    return image(f"{out}_PDFF.nii.gz"), out, json.loads(printed), cost


def simulated_scores(case, estimate, out):
    tissue = errors(estimate, case, case.inside)
    marrow = errors(estimate, case, case.tissue(MARROW))
    lesions = errors(estimate, case, case.tissue(LESIONS))
    far = errors(estimate, case, case.inside & (numpy.abs(case.field_hz) > FAR_HZ))
    scores = {
        "n_tissue": tissue.size,
        "n_marrow": marrow.size,
        "n_far": far.size,
        "n_without_estimate": int(numpy.isnan(tissue).sum()),
        "marrow_bias": bias_rmse(marrow)[0],
        "marrow_rmse": bias_rmse(marrow)[1],
        "marrow_swap_percent": swap_percent(marrow),
        "marrow_rmse_without_swaps": without_swaps(marrow)[1],
        "lesion_bias": bias_rmse(lesions)[0],
        "tissue_bias": bias_rmse(tissue)[0],
        "tissue_rmse_without_swaps": without_swaps(tissue)[1],
        "tissue_swap_percent": swap_percent(tissue),
        "far_swap_percent": swap_percent(far),
    }
    sd, swap = pathlib.Path(f"{out}_PDFFsd.nii.gz"), pathlib.Path(f"{out}_swap.nii.gz")
    if sd.exists():
        scores["bars"], scores["sd_over_observed"] = spread_of_bars(case, estimate, image(sd))
    if swap.exists():
        suspected = image(swap)[case.inside] > 0
        scores["suspected_percent"] = 100 * float(suspected.mean())
        scores["precision"], scores["recall"] = precision_recall(suspected, swapped(tissue))
    return scores


def score(program, case, folder, arguments, phase=True):
    model = ["--fat-model", arguments.fat_model]
    before, out, _, cost = run(program, case, folder, *model, "--withhold", "none", phase=phase)
    scores = {"case": case.name, "form": "complex" if phase else "magnitude", **cost}
    if case.simulated:
        scores |= simulated_scores(case, before, out)
    else:
        scores["agreement"] = agreement(before, case)
        scores["swap_percent"] = swap_percent(errors(before, case, case.inside))
    after, _, printed, _ = run(program, case, folder, *model, phase=phase)
    gone = lambda where: 100 * float(numpy.isnan(after[where]).mean())
    scores["withheld_tissue_percent"] = gone(case.inside)
    if case.simulated:
        scores["withheld_marrow_percent"] = gone(case.tissue(MARROW))
    scores["found"] = printed.get("found")
    for other in arguments.other_model if case.simulated else []:
        estimate, *_ = run(program, case, folder, "--fat-model", other, "--withhold", "none", phase=phase)
        scores.setdefault("bias_with_other_model", {})[other] = bias_rmse(errors(estimate, case, case.tissue(MARROW)))[0]
    return scores


def show(s):
    cost = f"{s['wall_s']:.2f} s wall, {s['cpu_s']:.2f} s CPU, {s['rss_gb']:.2f} GB"
    if "agreement" in s:
        print(
            f"{s['case']} ({s['form']}): {s['agreement']:.0f} of 10000 within 10 points, swaps {s['swap_percent']:.2f} %, "
            f"withheld {s['withheld_tissue_percent']:.2f} %; {cost}"
        )
        return
    print(f"{s['case']} ({s['form']}): {cost}")
    print(
        f"  marrow  bias {number(s['marrow_bias'], 3)}  RMSE {number(s['marrow_rmse'], 3)}  swaps "
        f"{number(s['marrow_swap_percent'], 3)} %  RMSE without swaps {number(s['marrow_rmse_without_swaps'], 3)}  "
        f"withheld {number(s['withheld_marrow_percent'])} %  n {s['n_marrow']}"
    )
    print(
        f"  tissue  bias {number(s['tissue_bias'], 3)}  RMSE without swaps {number(s['tissue_rmse_without_swaps'], 3)}  swaps "
        f"{number(s['tissue_swap_percent'], 4)} %  withheld {number(s['withheld_tissue_percent'])} %  n {s['n_tissue']}, "
        f"without estimate {s['n_without_estimate']}"
    )
    print(
        f"  lesions bias {number(s['lesion_bias'], 3)}; field beyond {FAR_HZ:.0f} Hz: swaps "
        f"{number(s['far_swap_percent'], 3)} %  n {s['n_far']}"
    )
    if "precision" in s:
        print(
            f"  suspected swaps {number(s['suspected_percent'])} % of tissue: precision {number(s['precision'], 3)}, "
            f"recall {number(s['recall'], 3)}"
        )
    if s.get("sd_over_observed"):
        bars = "  ".join(f"{percent}: {ratio:.2f}" for percent, ratio, _ in s["bars"])
        print(f"  sd/observed over the bars {s['sd_over_observed']:.3f} ({bars})")
    for model, bias in s.get("bias_with_other_model", {}).items():
        print(f"  not scored: marrow bias with {model} {bias:+.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("folder")
    parser.add_argument("--fat-model", default="hernando-6")
    parser.add_argument("--other-model", action="append", default=[])
    parser.add_argument("--magnitude-only", action="store_true", help="also without the phase")
    parser.add_argument("--only", default="", help="only cases whose name holds this text")
    parser.add_argument("--json", help="write every number to this file")
    arguments = parser.parse_args()
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for case in cases(arguments.folder):
            if arguments.only not in case.name:
                continue
            for phase in [True, False] if arguments.magnitude_only and case.simulated else [True]:
                try:
                    found.append(score(arguments.program, case, folder, arguments, phase))
                    show(found[-1])
                except RuntimeError as error:
                    print(f"{case.name}: failed\n{error}")
                    found.append({"case": case.name, "failed": str(error)})
    agreements = [s["agreement"] for s in found if "agreement" in s]
    if agreements:
        mean = sum(agreements) / len(agreements)
        print(f"mean agreement of {len(agreements)} cases {mean:.0f}, lowest {min(agreements):.0f} of 10000")
    if arguments.json:
        pathlib.Path(arguments.json).write_text(json.dumps(found, indent=1))
    if not found or any("failed" in s for s in found):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
