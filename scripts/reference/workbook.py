# /// script
# requires-python = ">=3.9"
# dependencies = ["openpyxl"]
# ///
"""Writes tests/cli/wide.xlsx (the table of tests/cli/statistics.rs) and tests/cli/manifest.xlsx (a list of files as in
tests/cli/bids.rs) as a spreadsheet program would save them."""

import pathlib
import re

import openpyxl

root = pathlib.Path(__file__).resolve().parents[2]
text = re.search(r'const WIDE: &str = "(.*?)";', (root / "tests/cli/statistics.rs").read_text(), re.S).group(1)
book = openpyxl.Workbook()
for line in text.strip().splitlines():
    subject, *cells = line.split(",")
    number = lambda cell: float(cell) if re.fullmatch(r"\d+", cell) else cell or None
    book.active.append([subject, *map(number, cells)])
book.save(root / "tests/cli/wide.xlsx")

book = openpyxl.Workbook()
session = "sub-001/ses-baseline/anat/sub-001_ses-baseline"
labels = f"derivatives/spine/{session}_seg-vertebrae_dseg.nii.gz"
for row in [
    ["subject", "session", "role", "index", "path"],
    ["001", "baseline", "water", None, f"{session}_rec-water_dixon.nii.gz"],
    ["001", "baseline", "fat", None, f"{session}_rec-fat_dixon.nii.gz"],
    ["001", "baseline", "labels", "dixon", labels],
]:
    book.active.append(row)
book.save(root / "tests/cli/manifest.xlsx")
