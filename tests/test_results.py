"""Tests of run files: round trip, truncation, merge order, schema."""

import dataclasses
import json
import math
import re
from pathlib import Path

import jsonschema
import pytest

import equivalence
from equivalence import merging, results
from equivalence.exact import Number
from equivalence.finding import Verdict, Where
from equivalence.lines import finding_line, parse_finding


@pytest.fixture(scope="module")
def run():
    return equivalence.run(["cross_entropy:one_hot:mean:float32"], frameworks=["textbook"])


@pytest.fixture
def path(run, tmp_path):
    results.write(run, tmp_path / "run.jsonl")
    return tmp_path / "run.jsonl"


def test_round_trip(run, path):
    assert results.read(path) == run


def test_the_same_run_gives_the_same_bytes(run, path, tmp_path):
    results.write(results.read(path), tmp_path / "again.jsonl")
    assert (tmp_path / "again.jsonl").read_bytes() == path.read_bytes()


@pytest.mark.parametrize("left", [None, -9, 0], ids=["whole", "torn", "empty"])
def test_lines_are_sorted_as_they_stand_and_written_anew_where_they_do_not(run, path, left):
    """The file holds the findings backwards; or its last line is torn, or nothing is left."""
    sorted_bytes = path.read_bytes()
    first, *lines = sorted_bytes.splitlines(keepends=True)
    path.write_bytes((first + b"".join(reversed(lines)))[:left])
    results.arrange(run, list(reversed(run.findings)), path)
    assert path.read_bytes() == sorted_bytes


def test_no_bare_nan_and_no_line_but_ascii(path):
    for line in path.read_bytes().decode("ascii").splitlines():
        json.loads(line, parse_constant=pytest.fail)


def test_numbers_that_are_not_finite_come_back(run, tmp_path):
    odd = {name: Number.of(float(name)) for name in ("nan", "inf", "-inf")}
    where = Where(index=(1, 2), prediction=tuple(odd.values()))
    finding = dataclasses.replace(run.findings[-1], got=odd["nan"], ulps=odd["inf"], where=where)
    back = parse_finding(finding_line(finding))
    assert back == finding
    assert math.isnan(float(back.got))


LATER = {
    "bits",
    "system",
    "settings",
    "asked",
    "findings",
}  # fields that files of the same schema may lack, because they are older


def test_every_line_is_as_the_schema_says(path):
    schema = json.loads((Path(equivalence.__file__).parent / "run.schema.json").read_text())
    check = jsonschema.Draft202012Validator(schema)
    for line in path.read_text().splitlines():
        check.validate(json.loads(line))


def test_the_schema_knows_every_field():
    schema = json.loads((Path(equivalence.__file__).parent / "run.schema.json").read_text())
    for kind, name in ((results.Environment, "environment"), (results.Finding, "finding")):
        fields = {field.name for field in dataclasses.fields(kind)}
        assert fields <= set(schema["$defs"][name]["properties"])
        required = set(schema["$defs"][name]["required"])
        assert required == set(schema["$defs"][name]["properties"]) - LATER
    assert set(schema["$defs"]["finding"]["properties"]["verdict"]["enum"]) == set(
        map(str, Verdict)
    )


@pytest.mark.parametrize("kept", [0.2, 0.5, 0.99])
def test_a_file_that_was_cut_is_read_up_to_its_last_whole_line(run, path, kept):
    whole = path.read_bytes()
    first = whole.index(b"\n") + 1
    path.write_bytes(whole[: first + int((len(whole) - first) * kept)])
    cut = results.read(path)
    assert not cut.environment.complete
    assert cut.findings == run.findings[: len(cut.findings)]
    assert len(cut.findings) == path.read_bytes().count(b"\n") - 1


@pytest.mark.parametrize("lost", [1, 2])
def test_a_file_that_was_cut_between_two_lines_is_not_whole(run, path, lost):
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-lost]))
    cut = results.read(path)
    assert not cut.environment.complete
    assert cut.findings == run.findings[:-lost]


def test_a_file_that_others_were_appended_to_is_no_run(run, path):
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines, *lines[1:]]))
    said = f"{2 * len(run.findings)} findings, and line 1 says {len(run.findings)}; delete what was"
    with pytest.raises(results.RunFileError, match=said):
        results.read(path)


def test_a_file_of_an_older_version_does_not_say_how_many_findings_it_holds(run, path):
    count = f'"findings": {len(run.findings)}, '
    first, *lines = path.read_text().splitlines(keepends=True)
    assert count in first
    path.write_text(first.replace(count, "") + "".join(lines))
    assert results.read(path) == run


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty: nothing was written to it; `equivalence run -o .*` does"),
        ("not json\n", "line 1 is not the environment"),
        ('{"kind": "finding"}\n', "line 1 is not the environment"),
        ('{"kind": "environment", "schema": 99}\n', "schema 99, this version reads 1"),
        ("[]\n", "line 1 is not the environment"),
    ],
)
def test_what_is_no_run_gets_one_line(tmp_path, text, said):
    (tmp_path / "run.jsonl").write_text(text)
    with pytest.raises(results.RunFileError, match=said) as raised:
        results.read(tmp_path / "run.jsonl")
    assert "\n" not in str(raised.value)


def test_a_file_that_was_cut_within_its_first_line_is_said_to_be(path):
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(results.RunFileError, match="cut short in line 1; `equivalence run -o"):
        results.read(path)


def test_a_folder_is_no_run(tmp_path):
    with pytest.raises(results.RunFileError, match=r"Is a directory.; name a run file in it"):
        results.read(tmp_path)


def test_a_broken_line_is_named(path):
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:3], "{}\n", *lines[3:]]))
    with pytest.raises(results.RunFileError, match="line 4 is not a finding"):
        results.read(path)


def test_a_number_that_is_none_is_refused_with_its_line(path):
    text = path.read_text()
    number = re.search(r'"error": \["(0x[^"]*)"', text)[1]
    path.write_text(text.replace(f'"error": ["{number}"', '"error": ["many"', 1))
    with pytest.raises(results.RunFileError, match=r"line \d+ is not a finding"):
        results.read(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(results.RunFileError, match=r"nowhere\.jsonl: cannot be read"):
        results.read(tmp_path / "nowhere.jsonl")


def test_keys_of_a_newer_version_are_passed_over(run, path):
    lines = [json.loads(line) | {"newer": 1} for line in path.read_text().splitlines()]
    lines[0]["frameworks"][0]["newer"] = 1
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert results.read(path) == run


def test_parts_merge_to_the_same_run_in_any_order(run):
    halves = [dataclasses.replace(run, findings=run.findings[start::2]) for start in (0, 1)]
    assert merging.merge(halves) == merging.merge(halves[::-1])
    assert merging.merge(halves).findings == run.findings


def test_parts_of_several_frameworks_merge_their_environments(run):
    other = equivalence.run(["binary_cross_entropy:sum:value"], frameworks=["sklearn"])
    merged = merging.merge([other, run])
    assert merged == merging.merge([run, other])
    assert [record.name for record in merged.environment.frameworks] == ["sklearn", "textbook"]
    assert {record.framework for record in merged.environment.implementations} == {
        "sklearn",
        "textbook",
    }


def test_two_answers_to_one_question_do_not_merge(run):
    first = run.findings[0]
    other = dataclasses.replace(run, findings=(dataclasses.replace(first, detail="another"),))
    with pytest.raises(merging.MergeError, match=re.escape(first.name)):
        merging.merge([run, other])


def test_other_versions_do_not_merge(run):
    record = dataclasses.replace(run.environment.frameworks[0], versions={"numpy": "0"})
    environment = dataclasses.replace(run.environment, frameworks=(record,))
    with pytest.raises(merging.MergeError, match="two versions of"):
        merging.merge([run, dataclasses.replace(run, environment=environment)])


def test_nothing_does_not_merge():
    with pytest.raises(merging.MergeError, match="nothing to merge"):
        merging.merge([])
