"""experiment -> the program that answers for new rows, as raw as those of the data."""

from netlib.data.features import INPUTS
from netlib.data.loader import Dataset, load
from netlib.data.table import Table
from netlib.experiment import Experiment
from netlib.program.table_section import (
    clean,
    day_columns,
    features_of,
    read_call,
    settings,
    texts_of,
)
from netlib.program.training_section import WEIGHTS_FILE, mode
from netlib.program.writer import Program, arrange, gap
from netlib.source.lines import (
    Body,
    Line,
    assign_dict,
    filled,
    imports,
    listed,
    literal,
    shape_comment,
    text_lines,
    wrap,
)
from netlib.source.styles import STYLES
from netlib.source.tasks import LOSSES

PREDICTION_FILE, PREPARATION_FILE = "predict.py", "preparation.json"

DOCSTRING = f'''
"""{{purpose}}: answers for new rows.

    python {PREDICTION_FILE} rows.csv

Without a file, rows come from standard input. What was learned stands beside this
program: {WEIGHTS_FILE}, and {PREPARATION_FILE} for what goes in and comes out.
"""
'''
CONSTANTS = f"""
torch.set_num_threads(1)  # sums in one order, as in training
folder = Path(__file__).parent
preparation = json.loads((folder / "{PREPARATION_FILE}").read_text())
{{numbers}}
{{categories}}
{{first}}
{{answers}}
"""
NUMBERS = 'numbers = pd.DataFrame(preparation["numbers"])  # a column each'
CATEGORIES = 'categories = preparation["categories"]'
DATES = 'first_dates = pd.Series(preparation["first_dates"]).map(pd.Timestamp)'
LOAD_MODULE = f"""
model.load_state_dict(load_file(folder / "{WEIGHTS_FILE}"))
"""
LOAD_FUNCTION = f"""
weights = load_file(folder / "{WEIGHTS_FILE}")
with torch.no_grad():
    for name, tensor in tensors.items():
        tensor.copy_(weights[name])
"""
READ = '''
def read(source):
    """Reads rows as those that the network has learned from."""
'''
PREPARE = '''
def prepare(table):
    """Makes of raw rows what the network takes, laid out in memory as in training."""
    {copied}
'''
GAPS_FILLED = """
    cells = table[numbers.columns].astype(float).fillna(numbers.loc["median"])
"""
GAPS_REFUSED = """
    cells = table[numbers.columns].astype(float)
    if cells.isna().any(axis=None):
        raise ValueError("a number is missing, and none was in training")
"""
SCALED = """
    X = (cells - numbers.loc["mean"]) / numbers.loc["scale"]
"""
NO_NUMBERS = """
    X = np.empty((len(table), 0))
"""
ONE_HOT = """
    for name, values in categories.items():
        cells = table[name]
        hot = [cells.isna() if each is None else cells == each for each in values]
        X = np.column_stack([X, *hot])
"""
ANSWER = '''
def answer(output):
    """Makes of outputs {what}."""
    return {answer}
'''
UNSCALED = 'output * target["scale"] + target["mean"]'
PREDICT_CLASSES = '''
def predict(table):
    """Returns the class of each row, and the probability of each class."""
    with torch.no_grad():
        shares = answer(model(prepare(table)).double()).numpy()
    found = pd.DataFrame(shares, table.index, [f"p({name})" for name in classes])
    found.insert(0, "prediction", [classes[place] for place in shares.argmax(axis=1)])
    return found
'''
PREDICT_VALUES = '''
def predict(table):
    """Returns the value of each row."""
    with torch.no_grad():
        values = answer(model(prepare(table)).double()).numpy()
    return pd.DataFrame(values, table.index, ["prediction"])
'''
RUN = """
if __name__ == "__main__":
    rows = read(sys.argv[1] if len(sys.argv) > 1 else sys.stdin.buffer)
    print(predict(rows).to_csv(index=False, float_format="%.6g"), end="")
"""


def write_prediction(experiment: Experiment, csv: bytes | None = None) -> str:
    """Returns the program that prepares raw rows and answers; raises NetlibError.

    Beside it stand the weights and the preparation of a run, see `training.preparation`.
    It binds `read` for a CSV file, `prepare` for a table, `model`, `answer` for its
    outputs, and `predict`, which does these three.
    """
    plan = experiment.plan.replace(device="cpu")
    dataset = load(experiment.data, csv)
    program = arrange(experiment.replace(plan=plan), dataset)
    definition = _model(program)
    constants = _constants(dataset)
    sections = [
        [*constants, *gap(constants[-1], definition[0]), *definition],
        _read(dataset.table),
        _prepare(dataset, experiment.spec.input_shape),
        _answer(program),
        text_lines(PREDICT_CLASSES if dataset.n_classes else PREDICT_VALUES),
        text_lines(RUN),
    ]
    body = [line for section in sections for line in [*section, Line(), Line()]][:-2]
    head = text_lines(DOCSTRING.format(purpose=dataset.purpose))
    lines = [*head, Line(), *imports(body), *body]
    return "".join(f"{line.text}\n" for line in lines)


def _constants(dataset: Dataset) -> Body:
    table = dataset.table
    answers = "classes" if dataset.n_classes else "target"
    return [
        *filled(
            CONSTANTS,
            numbers=NUMBERS if table is None or table.numbers else "",
            categories=CATEGORIES if table and table.categories else "",
            first=DATES if table and day_columns(table) else "",
            answers=f'{answers} = preparation["{answers}"]',
        ),
        *(settings(table, texts_of(table)) if table else []),
    ]


def _model(program: Program) -> Body:
    """Returns the definition as it was trained, and what loads its weights."""
    experiment = program.experiment
    first, last = program.sections["model"]
    definition = text_lines("\n".join(program.text.splitlines()[first - 1 : last]))
    tensors = STYLES[experiment.style].tensors
    load = text_lines(LOAD_MODULE)
    if tensors:
        items = [f'"{name}": {name}' for name in tensors(experiment.spec)]
        load = [*assign_dict("tensors", items), *text_lines(LOAD_FUNCTION)]
    load += text_lines(mode(experiment, training=False))
    return [*definition, *gap(definition[-1], load[0]), *load]


def _read(table: Table | None) -> Body:
    if table is None:
        return [*text_lines(READ), Line("    return pd.read_csv(source)")]
    call = read_call(table, "source", texts_of(table))
    if not table.file.is_padded:
        return [*text_lines(READ), *wrap("return ", call, indent=4)]
    renamed = Line("    return table.rename(columns=str.strip)")
    return [*text_lines(READ), *wrap("table = ", call, indent=4), renamed]


def _prepare(dataset: Dataset, shape: tuple[int, ...]) -> Body:
    table = dataset.table
    cleaned = (
        clean(features_of(table), "first_dates[{name}]", indent=4) if table else []
    )
    has_categories = table is not None and bool(table.categories)
    X = "X" if has_categories else "X.to_numpy()"
    return [
        *filled(PREPARE, copied="table = table.copy()" if cleaned else ""),
        *cleaned,
        *_made(dataset),
        *_scaled(table),
        *text_lines(ONE_HOT if has_categories else ""),
        *_returned(f"torch.tensor({X}).float().contiguous()", shape),
    ]


def _made(dataset: Dataset) -> Body:
    """Returns the lines that make the chosen inputs of two features."""
    rows = [INPUTS[name] for name in dataset.inputs]
    if not rows:
        return []
    items = [f"{literal(row.title)}: {row.code}" for row in rows]
    return [
        *listed("given = ", [literal(name) for name in dataset.given], indent=4),
        Line("    x1, x2 = table[given].to_numpy(float).T"),
        *assign_dict("made", items, indent=4),
        Line("    table = pd.DataFrame(made)"),
    ]


def _returned(tensor: str, shape: tuple[int, ...]) -> Body:
    if len(shape) == 1:
        return [Line(f"    return {tensor}{shape_comment(shape)}")]
    sizes = ", ".join(map(str, (-1, *shape)))
    return [Line(f"    X = {tensor}"), Line(f"    return X.reshape({sizes})")]


def _scaled(table: Table | None) -> Body:
    """Returns the lines that bind `X`, the columns of numbers."""
    if table and not table.numbers:
        return text_lines(NO_NUMBERS)
    fills = table is not None and table.has_empty_cells
    return [*text_lines(GAPS_FILLED if fills else GAPS_REFUSED), *text_lines(SCALED)]


def _answer(program: Program) -> Body:
    shares = LOSSES[program.loss].shares
    what = "the probability of each class" if shares else "values of the target"
    return filled(ANSWER, what=what, answer=shares or UNSCALED)
