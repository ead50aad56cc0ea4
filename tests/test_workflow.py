"""The workflow and the composite action: valid YAML whose commands are of this program."""

import shlex
import subprocess
from pathlib import Path

import pytest
import yaml

from equivalence.cli import _parsed, main
from equivalence.upgrading.workflow import workflow

ACTION = Path(__file__).parents[1] / "action.yml"


def jobs():
    return yaml.safe_load(workflow())["jobs"]


def scripts():
    for job in jobs().values():
        yield from (step["run"] for step in job["steps"] if "run" in step)


def test_the_workflow_has_a_matrix_shards_a_summary_and_an_artefact():
    found = jobs()
    assert found["upgrade"]["strategy"]["matrix"]["include"][0].keys() == {"before", "after"}
    assert found["suite"]["strategy"]["matrix"] == {"shard": [1, 2]}
    assert any("GITHUB_STEP_SUMMARY" in script for script in scripts())
    uses = [step.get("uses", "") for step in found["report"]["steps"]]
    assert any(name.startswith("actions/upload-artifact@") for name in uses)


def test_every_command_of_the_workflow_is_one_of_this_program():
    told = 0
    for line in "\n".join(scripts()).splitlines():
        words = line.partition(">>")[0].partition("||")[0]
        words = words.replace("${{ matrix.shard }}", "1").strip()
        if words.startswith("equivalence "):
            _parsed(shlex.split(words)[1:])
            told += 1
    assert told >= 6


def test_the_action_is_composite_and_reads_no_input_as_code():
    action = yaml.safe_load(ACTION.read_text(encoding="utf-8"))
    assert action["runs"]["using"] == "composite"
    for step in action["runs"]["steps"]:
        assert "${{" not in step.get("run", "")
        if "run" in step:
            assert step["shell"] == "bash"
            subprocess.run(["bash", "-n", "-c", step["run"]], check=True)
    assert all("description" in entry for entry in action["inputs"].values())


def test_init_writes_it_once(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["init", "github"]) == 0
    file = tmp_path / ".github/workflows/equivalence.yml"
    assert file.read_text(encoding="utf-8") == workflow()
    file.write_text("mine", encoding="utf-8")
    assert main(["init", "github"]) == 2
    assert "--force overwrites it" in capsys.readouterr().err
    assert file.read_text(encoding="utf-8") == "mine"
    assert main(["init", "github", "--force"]) == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [(["gitlab"], "the nearest is github"), (["github", "-o", "/proc/x/y.yml"], "cannot be")],
)
def test_what_cannot_be_written_is_told(words, said, capsys):
    assert main(["init", *words]) == 2
    assert said in capsys.readouterr().err
