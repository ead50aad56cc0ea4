"""Shards and their merging: n parts are one run, in whatever order they come."""

import dataclasses
import itertools

import pytest

import equivalence
from equivalence import results
from equivalence.changes import compare
from equivalence.cli import main
from equivalence.lines import environment_line, finding_line
from equivalence.merging import MergeError, merge
from equivalence.shards import Shard, ShardError, parse_shard

WORDS, FRAMEWORKS = ["binary_cross_entropy"], ["textbook", "sklearn"]


@pytest.fixture(scope="module")
def whole():
    return equivalence.run(WORDS, frameworks=FRAMEWORKS)


@pytest.fixture(scope="module")
def parts():
    shards = ("1/3", "2/3", "3/3")
    return [equivalence.run(WORDS, frameworks=FRAMEWORKS, shard=shard) for shard in shards]


def text(run):
    """What is in the file of a run, but for the date."""
    made = dataclasses.replace(run.environment, date="")
    return [environment_line(made), *map(finding_line, run.findings)]


def test_parts_are_one_run_in_any_order(whole, parts):
    merged = [merge(some) for some in itertools.permutations(parts)]
    assert all(text(run) == text(whole) for run in merged)
    assert len({environment_line(run.environment) for run in merged}) == 1
    assert compare(whole, merged[0]).changes == ()
    assert all(part.findings for part in parts)


def test_parts_of_parts_are_merged_too(whole, parts):
    half = merge(parts[1:])
    assert half.environment.asked.shard == "2,3/3"
    assert text(merge([half, parts[0]])) == text(merge([parts[0], half])) == text(whole)


def test_no_cell_is_in_two_parts(parts):
    cells = [{finding.cell for finding in part.findings} for part in parts]
    assert not any(one & other for one, other in itertools.combinations(cells, 2))


def test_what_a_missing_part_holds_is_not_measured(whole, parts):
    found = compare(whole, merge(parts[:2]))
    lost = {finding.cell for finding in parts[2].findings if finding.verdict.asked}
    assert (set(found.unmeasured), found.status) == (lost, 3)
    assert found.changes == ()


def test_one_part_is_compared_with_what_it_holds(whole, parts):
    found = compare(whole, parts[0])
    assert (found.changes, found.unmeasured, found.status) == ((), (), 0)
    assert found.cells + found.not_asked == compare(whole, whole).cells


def test_two_answers_for_one_question_are_refused(parts):
    asked = next(number for number, one in enumerate(parts[0].findings) if one.verdict.asked)
    first = parts[0].findings[asked]
    other = dataclasses.replace(first, bits="other")
    wrong = dataclasses.replace(parts[0], findings=(other,))
    with pytest.raises(MergeError) as raised:
        merge([parts[0], wrong], names=["one.jsonl", "other.jsonl"])
    assert f"two answers for {first.name}, in one.jsonl and other.jsonl" in str(raised.value)


def test_the_words_of_an_exception_are_not_an_answer(parts):
    part, one = next(
        (part, found) for part in parts for found in part.findings if "raises " in found.detail
    )
    other = dataclasses.replace(one, detail=f"{one.detail} and other words")
    both = [dataclasses.replace(part, findings=(each,)) for each in (one, other)]
    assert merge(both).findings == merge(both[::-1]).findings == (one,)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (dict(system="darwin-arm64"), "were made on darwin-arm64 and"),
        (dict(packages={"numpy": "1.0"}), "two versions of numpy: "),
    ],
)
def test_other_platforms_and_versions_are_refused(parts, changes, said):
    environment = dataclasses.replace(parts[1].environment, **changes)
    with pytest.raises(MergeError, match=said):
        merge([parts[0], dataclasses.replace(parts[1], environment=environment)])


def test_another_processor_is_no_other_platform(parts):
    environment = dataclasses.replace(parts[1].environment, platform="another")
    merged = merge([parts[0], dataclasses.replace(parts[1], environment=environment), parts[2]])
    assert merged.environment.complete
    assert "another; " in merged.environment.platform or "; another" in merged.environment.platform


def test_shards_of_two_divisions_are_refused(parts):
    asked = dataclasses.replace(parts[1].environment.asked, shard="2/4")
    environment = dataclasses.replace(parts[1].environment, asked=asked)
    with pytest.raises(MergeError, match=r"the shards 1/3 and 2/4 are not of one division"):
        merge([parts[0], dataclasses.replace(parts[1], environment=environment)])


@pytest.mark.parametrize("wrong", ["0/3", "4/3", "1", "1/", "a/b", "1/0", "-1/3", "1,4/3"])
def test_what_is_no_shard_is_told(wrong, capsys):
    with pytest.raises(ShardError, match="the first of three is 1/3"):
        parse_shard(wrong)
    assert main(["run", "--shard=" + wrong]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_shards_divide_evenly_enough():
    cells = [
        f"loss{loss}:a:b:{dtype}:value:torch.f@eager" for loss in range(50) for dtype in "cdef"
    ]
    sizes = [sum(parse_shard(f"{part}/4").holds(cell) for cell in cells) for part in (1, 2, 3, 4)]
    assert sum(sizes) == len(cells)
    assert min(sizes) > len(cells) / 8


def test_a_whole_run_is_no_shard():
    assert parse_shard("") == Shard()
    assert (str(parse_shard("1/1")), str(parse_shard("2,1/2"))) == ("", "")


def test_merge_on_the_command_line(whole, parts, tmp_path, capsys):
    names = [str(tmp_path / f"{number}.jsonl") for number in range(3)]
    for name, part in zip(names, parts, strict=True):
        results.write(part, tmp_path / name)
    out = str(tmp_path / "out.jsonl")
    assert main(["merge", *names, "-o", out]) == 0
    assert results.read(tmp_path / "out.jsonl").findings == whole.findings
    assert main(["merge", *names[:2], "-o", out]) == 3
    assert "incomplete: it has the shards 1,2/3" in capsys.readouterr().err
    assert main(["compare", names[0], out]) == 3


def test_a_shard_of_nothing_passes(tmp_path, capsys):
    path = tmp_path / "none.jsonl"
    words = ["run", "negative_log_likelihood:one_hot:sum:float64:value", "-n", "0"]
    codes = [
        main([*words, "--frameworks", "textbook", "--shard", f"{part}/3", "-o", str(path)])
        for part in (1, 2, 3)
    ]
    assert codes == [0, 0, 0]
    assert capsys.readouterr().out.count("holds nothing of what is selected") == 2
