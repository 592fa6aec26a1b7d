"""Whatever pandas writes, in any dialect, is read back as what it was."""

import csv

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from netlib.data.choice import DataChoice
from netlib.data.csv_file import read_csv
from netlib.data.table import choose_columns

N_ROWS = 30
KINDS = {
    "whole": "number",
    "real": "number",
    "gaps": "number",
    "city": "category",
    "true": "category",
    "day": "date",
    "label": "identifier",
    "same": "constant",
    "y": "category",
}
DATES = ["%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d %b %Y", "%Y%m%d"]


def frame(seed):
    rng = np.random.default_rng(seed)
    days = pd.Timestamp("2024-01-13") + pd.to_timedelta(rng.permutation(N_ROWS), "D")
    return pd.DataFrame(
        {
            "whole": rng.permutation(N_ROWS) * 37 + 5,
            "real": rng.normal(0, 1000, N_ROWS).round(2),
            "gaps": np.where(rng.random(N_ROWS) < 0.2, np.nan, rng.normal(size=N_ROWS)),
            "city": rng.choice(["Zürich", "Köln, Rhein", 'the "Hague"'], N_ROWS),
            "true": rng.choice([True, False], N_ROWS),
            "day": days,
            "label": [f"item {i}" for i in rng.permutation(N_ROWS)],
            "same": "x",
            "y": rng.choice(["no", "yes"], N_ROWS),
        }
    )


dialects = st.fixed_dictionaries(
    {
        "sep": st.sampled_from([",", ";", "\t", "|"]),
        "decimal": st.sampled_from([".", ","]),
        "encoding": st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
        "quoting": st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
        "lineterminator": st.sampled_from(["\n", "\r\n"]),
        "na_rep": st.sampled_from(["", "NA", "n/a", "-", "?", ".", "n.a."]),
        "date_format": st.sampled_from(DATES),
    }
)


@given(st.integers(0, 99), dialects, st.booleans())
def test_a_table_of_any_dialect_is_read_back_with_its_kinds(seed, dialect, has_index):
    written = frame(seed)
    text = written.to_csv(index=has_index, **dialect)
    file = read_csv(text.encode(dialect["encoding"]))
    columns = choose_columns(file, DataChoice(name="csv", target="y"))
    kinds = {name: column.kind for name, column in columns.items()}
    expected = {"Unnamed: 0": "row number"} if has_index else {}
    assert kinds == expected | KINDS
    for name in ("whole", "real", "gaps"):
        assert np.allclose(columns[name].values, written[name], equal_nan=True)
    assert columns["day"].values.tolist() == written["day"].tolist()
