"""The Export page in Chromium: what is clicked on is downloaded, and then run."""

import csv
import subprocess
import sys
import zipfile
from xml.etree import ElementTree

import pytest
from conftest import PATIENCE, settle, widget
from nbclient import NotebookClient
from nbformat import read
from playwright.sync_api import expect
from safetensors.numpy import load, load_file

from netlib import Experiment, write
from netlib.experiment import TrainingPlan

AT_ONCE = {
    "train": "train.py",
    "snippet": "model.py",
    "weights": "model.safetensors",
    "history": "history.csv",
    "design": "design.json",
}
RUN_FIRST = {"notebook": "train.ipynb", "prediction": "prediction.zip"}
SHORT = Experiment(plan=TrainingPlan(epochs=5))
LINE = "{epoch}  loss {loss:.4f}  val {validation_loss:.4f}  accuracy {score:.3f}"


def train(page):
    page.locator(".st-key-train button").first.click()
    expect(page.get_by_text("Finished after")).to_be_visible()


def at_once(page, format):
    return page.locator(f".st-key-file_{format} button").first


def run_first(page, format):
    return page.locator(f".st-key-export_{format}_ask button")


def download(page, button, folder):
    with page.expect_download(timeout=4 * PATIENCE) as caught:
        button.click()
    path = folder / caught.value.suggested_filename
    caught.value.save_as(path)
    return path


def run(folder, *command):
    result = subprocess.run(
        [sys.executable, "-I", *command],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result


def curve(folder):
    """The lines that a program prints for the epochs of the downloaded history."""
    with (folder / "history.csv").open() as file:
        rows = [
            {name: float(cell) for name, cell in row.items()}
            for row in csv.DictReader(file)
        ]
    return [LINE.format(**row | {"epoch": int(row["epoch"])}) for row in rows]


def width_of(picture):
    """The width of a picture in pixels, as its own bytes say."""
    if picture.suffix == ".svg":
        return float(ElementTree.parse(picture).getroot().get("width"))
    content = picture.read_bytes()
    assert content.startswith(b"\x89PNG")
    return int.from_bytes(content[16:20], "big")


@pytest.fixture(scope="module")
def downloads(app, tab, tmp_path_factory):
    """The folder of all downloads of one short run, and what the page showed."""
    folder = tmp_path_factory.mktemp("downloads")
    with tab() as page:
        page.goto(f"{app.url}/?design={SHORT.to_link()}")
        settle(page)
        train(page)
        page.get_by_role("link", name="Export", exact=True).click()
        expect(page.get_by_text("Exports the run of 5 epochs")).to_be_visible()
        for format, name in AT_ONCE.items():
            assert download(page, at_once(page, format), folder).name == name
        for format, name in RUN_FIRST.items():
            assert download(page, run_first(page, format), folder).name == name
        again = page.locator(".st-key-prepared_notebook button")
        assert download(page, again, folder).name == "train.ipynb"
        page.locator(".st-key-preview button").click()
        expect(page.get_by_role("dialog")).to_contain_text(
            "The cells need nbformat, pandas, "
        )
        expect(page.get_by_role("dialog")).to_contain_text("def train_epoch():")
        page.keyboard.press("Escape")
        page.locator(".st-key-predict_ask button").click()
        expect(page.locator(".st-key-predict_picture .js-plotly-plot")).to_be_visible()
        typed = widget(page, "predict_all").locator("input")
        typed.fill(", ".join(["0"] * 16))
        typed.press("Enter")
        expect(page.get_by_text("The data says even.")).to_have_count(0)
        expect(page.get_by_text("The network says")).to_be_visible()
        shown = page.locator(".stApp").inner_text()
    return folder, shown


def test_what_was_found_stands_beside_each_file(downloads):
    _, shown = downloads
    for text in (
        "epochs 1 to 5 identical to the last bit, its weights too",
        "1,797 rows answered as by the network of the run. It took ",
    ):
        assert text.lower() in shown.lower()


def test_the_downloaded_script_is_the_program_and_repeats_the_curve(downloads):
    folder, _ = downloads
    assert (folder / "train.py").read_text() == write(SHORT).text
    weights = (folder / "model.safetensors").read_bytes()
    result = run(folder, "train.py")
    assert result.stdout.splitlines() == curve(folder)
    again, old = load_file(folder / "model.safetensors"), load(weights)
    assert {name: values.tobytes() for name, values in again.items()} == {
        name: values.tobytes() for name, values in old.items()
    }


def test_the_downloaded_notebook_runs(downloads):
    folder, _ = downloads
    notebook = read(folder / "train.ipynb", as_version=4)
    NotebookClient(notebook, resources={"metadata": {"path": folder}}).execute()
    outputs = [o for cell in notebook.cells for o in cell.get("outputs", [])]
    printed = "".join(o.get("text", "") for o in outputs)
    assert printed.splitlines() == curve(folder)


def test_the_downloaded_design_is_the_experiment(downloads):
    folder, _ = downloads
    text = (folder / "design.json").read_text()
    assert Experiment.model_validate_json(text) == SHORT


@pytest.mark.full
def test_the_downloaded_project_runs_in_a_fresh_environment(visit, tmp_path):
    page = visit(SHORT)
    train(page)
    page.get_by_role("link", name="Export", exact=True).click()
    path = download(page, run_first(page, "project"), tmp_path)
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path / "project")
    readme = (tmp_path / "project/README.md").read_text()
    commands = readme.split("```bash\n")[1].split("```")[0].strip()
    result = subprocess.run(
        ["bash", "-ec", commands],
        cwd=tmp_path / "project",
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.count("accuracy") >= SHORT.plan.epochs


def test_a_function_is_written_as_a_module_in_one_click_and_keeps_its_run(
    visit, tmp_path
):
    page = visit(SHORT.replace(style="manual"))
    train(page)
    page.get_by_role("link", name="Export", exact=True).click()
    button = page.locator(".st-key-as_module button")
    button.click()
    expect(button).to_have_count(0)
    expect(page.get_by_text("Exports the run of 5 epochs")).to_be_visible()
    weights = load_file(download(page, at_once(page, "weights"), tmp_path))
    assert "fc1.weight" in weights


def test_without_a_run_the_page_trains_one(visit, tmp_path):
    page = visit(SHORT)
    page.get_by_role("link", name="Export", exact=True).click()
    expect(page.get_by_text("Needs a training run.").first).to_be_visible()
    assert download(page, at_once(page, "snippet"), tmp_path).name == "model.py"
    page.locator(".st-key-train button").first.click()
    expect(page.get_by_text("Exports the run of 5 epochs")).to_be_visible()


def test_pictures_the_curve_and_the_weights_are_downloaded_where_they_stand(
    visit, tmp_path
):
    page = visit(SHORT)
    train(page)
    button = page.locator(".st-key-download_history button")
    assert "validation_loss" in download(page, button, tmp_path).read_text()
    for key in ("loss_curve", "diagram", "map_weight_0"):
        plot = page.locator(f".st-key-{key} .layerwright-plot")
        for format in ("SVG", "PNG"):
            plot.hover()
            button = plot.locator(f'[data-title="Download as {format}"]')
            picture = download(page, button, tmp_path)
            assert picture.name == f"{key}.{format.lower()}"
            assert width_of(picture) > 100
    page.get_by_role("link", name="Weights", exact=True).click()
    button = page.locator(".st-key-download_weights button").first
    weights = load_file(download(page, button, tmp_path))
    assert list(weights) == [
        f"{n}.{kind}" for n in (0, 2, 4) for kind in ("bias", "weight")
    ]
