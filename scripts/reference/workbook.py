# /// script
# requires-python = ">=3.9"
# dependencies = ["openpyxl"]
# ///
"""Writes tests/cli/wide.xlsx (the table of tests/cli/statistics.rs), tests/cli/manifest.xlsx (a list of files as in
tests/cli/bids.rs) and tests/cli/clinical.xlsx (what clinical tables hold beside numbers) as a spreadsheet program would
save them."""

import datetime
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

# dates, numbers as text, a percentage, a formula that no program has computed, an error, a second sheet
book = openpyxl.Workbook()
day = datetime.date(2020, 1, 31)
rows = [
    ["subject", "session", "m_protein_serum_g_dl", "hb_g_dl", "visit", "share", "computed", "ratio"],
    ["001", "baseline", 3.25, "10.5", day, 0.25, "=C2*2", 1],
    ["001", "cycle2", 1, " 11 ", day + datetime.timedelta(60), 0.07, 2, "=1/0"],
    ["002", "baseline", None, None, datetime.datetime(2020, 3, 1, 10, 30), None, 4, 2],
]
for row in rows:
    book.active.append(row)
for cell in ["F2", "F3"]:
    book.active[cell].number_format = "0.0%"
book.active["H3"].value, book.active["H3"].data_type = "#DIV/0!", "e"
book.create_sheet("notes").append(["not a table"])
book.save(root / "tests/cli/clinical.xlsx")

book = openpyxl.Workbook()
book.active.title = "notes"
book.active.append(["see the next sheet"])
for row in rows[:2]:
    (book["clinical"] if "clinical" in book.sheetnames else book.create_sheet("clinical")).append(row)
book.save(root / "tests/cli/second_sheet.xlsx")
