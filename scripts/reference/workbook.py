# /// script
# requires-python = ">=3.9"
# dependencies = ["openpyxl"]
# ///
"""Writes tests/cli/wide.xlsx: the table of tests/cli/statistics.rs as a spreadsheet program would save it."""

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
