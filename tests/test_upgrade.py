"""Real upgrades: two environments of scikit-learn, a known change, its exit status and its page.

They need a package index, and are skipped where none answers.
"""

import json
from pathlib import Path

import pytest
from packaging.version import Version

import equivalence
from equivalence.cli import main
from equivalence.history import read_history, write_history
from equivalence.upgrading import verbs
from equivalence.upgrading.environments import suite
from equivalence.upgrading.errors import INCOMPLETE, UpgradeError
from equivalence.upgrading.versions import released

BEFORE, AFTER = "scikit-learn==1.6.1", "scikit-learn==1.7.2"
ASKED = ["--select", "mean:float32:value:sklearn.log_loss_binary@eager"]


@pytest.fixture(scope="module")
def index():
    """A package index that answers."""
    try:
        return released("scikit-learn")
    except UpgradeError as error:
        pytest.skip(f"no package index answers: {error}")


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """The environments of all tests here, each built once."""
    return str(tmp_path_factory.mktemp("environments"))


@pytest.mark.network
def test_an_upgrade_that_changes_answers(index, cache, tmp_path, capsys):
    assert main(["upgrade", BEFORE, AFTER, *ASKED, "--cache", cache, "-o", str(tmp_path)]) == 1
    told = capsys.readouterr().out
    assert "scikit-learn 1.6.1 → 1.7.2" in told
    assert "other exception or none, 1 cell" in told
    assert "What is new against the baseline" in (tmp_path / "index.html").read_text("utf-8")
    assert "other exception or none" in (tmp_path / "summary.md").read_text("utf-8")


@pytest.mark.network
def test_an_upgrade_to_itself_gives_no_alarm(index, cache, tmp_path, capsys):
    assert main(["upgrade", BEFORE, BEFORE, *ASKED, "--cache", cache, "-o", str(tmp_path)]) == 0
    assert "Nothing new fails, and no answer has changed." in capsys.readouterr().out


@pytest.mark.network
def test_another_numpy_is_asked_the_same_questions(index, cache, tmp_path, capsys):
    sets = [f"{BEFORE} numpy<2", BEFORE]
    words = ["--select", "float64:value", "--cache", cache, "-o", str(tmp_path)]
    assert main(["upgrade", *sets, *words]) == 0
    told = capsys.readouterr().out
    assert "numpy 1.26" in told
    assert "question changed" not in told


@pytest.mark.network
def test_more_than_two_make_a_matrix(index, cache, tmp_path, capsys):
    sets = [BEFORE, AFTER, f"{AFTER} numpy"]
    assert main(["upgrade", *sets, *ASKED, "--cache", cache, "-o", str(tmp_path)]) == 1
    page = (tmp_path / "index.html").read_text("utf-8")
    assert "since scikit-learn==1.7.2" in page
    assert page.count('scope="col"') == 4


@pytest.mark.network
def test_since_finds_the_release(index, cache, capsys):
    words = ["since", ASKED[1], "scikit-learn", "--from", "1.6.1", "--to", "1.7.0"]
    assert main([*words, "--cache", cache]) == 0
    assert "scikit-learn 1.7.0 changed" in capsys.readouterr().out


@pytest.mark.network
def test_a_misspelt_cell_is_told_by_the_first_release_that_is_asked(index, cache, capsys):
    words = ["since", "sklearn.log_loss_binari", "scikit-learn", "--from", "1.6.1", "--to", "1.7.2"]
    assert main([*words, "--cache", cache]) == 2
    told = capsys.readouterr().err
    assert "the nearest" in told.splitlines()[-1]
    assert "passed over" not in told


@pytest.mark.network
def test_a_version_that_there_is_not_is_told_in_one_line(index, cache, tmp_path, capsys):
    wrong = "scikit-learn==1.6.99"
    assert main(["upgrade", BEFORE, wrong, *ASKED, "--cache", cache, "-o", str(tmp_path)]) == 2
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert last.startswith(f"equivalence: {wrong} cannot be installed: ")


@pytest.mark.network
def test_a_framework_that_cannot_be_imported_is_incomplete(index, cache, tmp_path, capsys):
    words = ["upgrade", "scikit-learn==1.2.2", BEFORE, *ASKED, "--with", "numpy==2.1.0"]
    assert main([*words, "--cache", cache, "-o", str(tmp_path)]) == 3
    assert "--with 'numpy<2'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([BEFORE], "one set of requirements is no upgrade"),
        ([BEFORE, AFTER, "--frameworks", "sklern"], "the nearest is sklearn"),
        ([BEFORE, AFTER, "--profile", "quik"], "the nearest is quick"),
        ([BEFORE, AFTER, "--select", "log_loss"], "nothing is called 'log_loss'"),
    ],
)
def test_what_cannot_be_asked_is_told_before_anything_is_built(words, said, capsys):
    assert main(["upgrade", *words]) == 2
    assert said in capsys.readouterr().err


def test_the_suite_in_an_environment_is_this_one():
    assert Path(suite()[-1]).samefile(Path(__file__).parents[1])


def test_a_history_is_read_as_it_was_written(tmp_path):
    files = sorted((Path(__file__).parents[1] / "fixtures/atlas").glob("*.jsonl"))
    assert files
    for file in files:
        made = read_history(file)
        write_history(made, tmp_path / file.name)
        assert (tmp_path / file.name).read_bytes() == file.read_bytes()
        assert all(len(row.states) == len(made.releases) for row in made.rows)
        assert not any(made.failing)


def test_the_page_of_the_atlas_is_made_of_the_committed_data(tmp_path, capsys):
    page = tmp_path / "atlas.html"
    assert main(["atlas", "-o", str(page)]) == 0
    text = page.read_text("utf-8")
    assert "clips_to_<wbr>" in text or "clips_<wbr>to_<wbr>fixed_<wbr>epsilon" in text
    assert "<script" not in text


def test_a_release_that_cannot_be_installed_is_passed_over(tmp_path, monkeypatch, capsys):
    """What fails for another reason is no hole in a history, but an error."""
    said = {"1.0": UpgradeError("own==1.0 cannot be installed: a conflict")}

    def build(made, _builder):
        if error := said.get(str(made).rpartition("==")[2]):
            raise error

    run = equivalence.run(["textbook", "one_hot:sum:float32:value"])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(verbs, "build", build)
    monkeypatch.setattr(verbs, "measure", lambda *_: run)
    monkeypatch.setattr(verbs, "released", lambda *_: [Version("1.0"), Version("1.1")])
    make = ["atlas", "--make", "own", "--frameworks", "textbook"]
    assert main(make) == 0
    assert "1.0 is passed over: own==1.0 cannot be installed" in capsys.readouterr().err
    assert read_history(tmp_path / "fixtures/atlas/own.jsonl").releases == ("1.1",)
    said["1.1"] = UpgradeError("the index does not answer", INCOMPLETE)
    assert main(make) == 3
    said["1.1"] = said["1.0"]
    assert main(make) == 3
    assert "no release of own can be asked here" in capsys.readouterr().err


def test_a_file_that_is_no_history_is_told(tmp_path, capsys):
    file = tmp_path / "x.jsonl"
    file.write_text(json.dumps({"kind": "environment"}) + "\n", encoding="utf-8")
    assert main(["atlas", str(file), "-o", str(tmp_path / "x.html")]) == 2
    assert "it is no history of releases" in capsys.readouterr().err
