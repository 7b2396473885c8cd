# /// script
# requires-python = ">=3.9"
# ///
"""How far the measures of a simulated study lie from its truth.

    myelomri simulate sim --subjects 6 --responders 2 --matrix full --noise-free
    myelomri measure sim out && myelomri collect out -o out/all
    python3 scripts/accuracy.py sim/truth.csv out/all_long.csv out/maps

Truth is computed by the simulation from its continuous anatomy, not from the images. Sessions whose water and fat were
exchanged on purpose are left out. With the folder of maps single lesions are compared too: a lesion of the table belongs to that of the truth
whose centre lies within 3 mm. Standard library only.
"""

import csv
import math
import pathlib
import statistics
import sys


def read(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def by_key(rows):
    return {
        (r["subject"], r["session"], r["measure"], r["region"], r["statistic"]): float(r["value"])
        for r in rows
        if r["value"] != ""
    }


def line(name, errors, unit):
    if not errors:
        print(f"{name:44} no values")
        return
    absolute = [abs(e) for e in errors]
    print(
        f"{name:44} n {len(errors):4}  mean error {statistics.fmean(errors):+8.3f}  "
        f"mean absolute {statistics.fmean(absolute):7.3f}  max {max(absolute):7.3f}  {unit}"
    )


def lesion_errors(truth, maps):
    """Percentage errors of the median ADC of each lesion that was found by itself, by its true volume in mL."""
    lesions = {}
    for (subject, session, measure, region, statistic), value in truth.items():
        if measure == "lesion":
            lesions.setdefault((subject, session), {}).setdefault(region, {})[statistic] = value
    errors = []
    for (subject, session), there in lesions.items():
        table = pathlib.Path(maps) / f"sub-{subject}" / f"ses-{session}" / "lesions.csv"
        if not table.exists():
            continue
        for row in read(table):
            place = [float(row[f"centroid_{axis}_mm"]) for axis in "xyz"]
            for lesion in there.values():
                centre = [lesion.get(f"centre_{axis}", math.inf) for axis in "xyz"]
                # a component of several lesions has a centroid, and a volume, of its own
                one = 0.7 < float(row["volume_ml"]) / lesion["volume"] < 1.4
                if one and math.dist(place, centre) < 3:
                    error = 100 * (float(row["adc_median_um2_s"]) / lesion["adc"] - 1)
                    errors.append((lesion["volume"], error))
    return errors


def main(truth_file, long_file, maps=None):
    truth, measured = by_key(read(truth_file)), by_key(read(long_file))
    swapped = {k[:2] for k, v in truth.items() if k[2] == "swapped" and v == 1}
    pairs = [(k, truth[k], measured[k]) for k in truth if k in measured and k[:2] not in swapped]

    def pick(measure, statistic, levels):
        is_level = lambda region: region[0] == "L" and "-" not in region
        return [(t, m) for k, t, m in pairs if k[2] == measure and k[4] == statistic and is_level(k[3]) == levels]

    for measure in ("sff", "pdff", "dropout", "adc"):
        for statistic in ("mean", "median"):
            values = pick(measure, statistic, True)
            relative = measure == "adc"
            error = lambda t, m: 100 * (m - t) / t if relative else m - t
            for name, some in (("", values), (", truth < 5 %", [v for v in values if v[0] < 5 and "ff" in measure])):
                if some:
                    unit = "%" if relative else "points"
                    line(f"{measure} {statistic} per vertebra{name}", [error(t, m) for t, m in some], unit)
    lesions = [(t, m) for t, m in pick("gadc", "median", False) if t > 0]
    line("lesion-median ADC (gADC)", [100 * (m - t) / t for t, m in lesions], "%")
    if maps:
        single = lesion_errors(truth, maps)
        line("ADC median of single lesions", [e for _, e in single], "%")
        line("ADC median of single lesions, >= 2 mL", [e for v, e in single if v >= 2], "%")
    volumes = [(t, m) for t, m in pick("tdv", "total", False) if t > 0]
    line("tDV per session", [100 * (m - t) / t for t, m in volumes], "%")
    line("tDV per session of at least 20 mL", [100 * (m - t) / t for t, m in volumes if t >= 20], "%")
    if volumes:
        total = 100 * (sum(m for _, m in volumes) / sum(t for t, _ in volumes) - 1)
        print(f"{'tDV of all sessions together':44} {total:+.2f} %")


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    main(*sys.argv[1:])
