# /// script
# requires-python = ">=3.9"
# dependencies = ["pyreadstat", "pandas"]
# ///
"""Writes tests/cli/clinical.sav and .zsav: a clinical table as SPSS would save it, with value labels, system- and
user-missing values (a single one, a range, a text), dates, times and text beyond ASCII. Simulated; no person is meant."""

import datetime
import pathlib

import pandas
import pyreadstat

root = pathlib.Path(__file__).resolve().parents[2]
day = datetime.date
table = pandas.DataFrame({
    "subject": ["001", "001", "002", "002"],
    "session": ["baseline", "cycle2", "baseline", "cycle2"],
    "m_protein_serum_g_l": [31.25, 12.0, None, 99.0],
    "response": [1.0, 2.0, 9.0, -3.0],
    "beta2_mg_l": [0.1, -7.0, 3.0, -5.5],
    "visit": [day(2020, 1, 31), day(2020, 3, 31), None, day(1899, 12, 31)],
    "sampled": [datetime.datetime(2020, 1, 31, 10, 30), datetime.datetime(2020, 3, 31), None, datetime.datetime(2021, 1, 1, 1, 2, 3)],
    "fasting": [datetime.time(8, 30), datetime.time(0, 0), None, datetime.time(23, 59, 59)],
    "clinic": ["Z\u00fcrich", "", "NK", "\u5e83\u5cf6"],
    "remark": ["x" * 300, "a, b", "n/a", ""],
})
about = dict(
    variable_value_labels={"response": {1.0: "CR", 2.0: "PR", 9.0: "unknown"}},
    missing_ranges={"response": [9.0], "m_protein_serum_g_l": [99.0], "beta2_mg_l": [{"lo": -7, "hi": -5}], "clinic": ["NK"]},
)
pyreadstat.write_sav(table, root / "tests/cli/clinical.sav", row_compress=True, **about)
pyreadstat.write_sav(table, root / "tests/cli/clinical.zsav", compress=True, **about)
