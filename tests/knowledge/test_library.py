"""The library loads our material, and says file, line and field of whatever is wrong in a pack."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from knowledge.data_files import HOME, KINDS, schema
from knowledge.errors import ContentError, NotFoundError
from knowledge.library import Library
from knowledge.models import LEVELS
from knowledge.yaml_source import DEEPEST, line_of, parse

PACK = """\
# a comment
pack: mine
title: Mine
questions:
  - id: my_first
    round: technical
    topic: fundamentals
    level: junior
    text: What is a gradient?
    minutes: 3
    rubric: technical
    key_points:
      - id: slope
        text: The gradient collects the partial derivatives and points uphill.
        probe: Which direction is it?
        hint: Uphill.
      - id: size
        text: Its length says how steep it is.
        probe: And its length?
        hint: Steepness.
"""


@pytest.fixture(scope="module")
def library() -> Library:
    return Library.load()


def write(folder: Path, text: str, name: str = "mine.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def problem(path: Path, **options: object) -> str:
    with pytest.raises(ContentError) as caught:
        Library.load(extra=[path], **options)
    return caught.value.message.replace(str(path), "mine.yaml")


def test_every_question_names_a_rubric_that_exists(library: Library) -> None:
    assert library.questions
    for question in library.questions.values():
        assert library.rubric_for(question).rubric == question.rubric


def test_question_by_id_and_near_names_for_a_wrong_one(library: Library) -> None:
    assert library.question("l1_vs_l2").topic == "fundamentals"
    with pytest.raises(NotFoundError) as caught:
        library.question("l1_versus_l2")
    assert "l1_vs_l2" in caught.value.hint
    with pytest.raises(NotFoundError, match="dropuot") as caught:
        library.question("dropuot")
    assert "dropout_train_and_inference" in caught.value.hint
    with pytest.raises(NotFoundError) as caught:
        library.question("xyzzy")
    assert "lists them all" in caught.value.hint


def test_a_pack_of_the_users_own_joins_ours(tmp_path: Path) -> None:
    write(tmp_path, PACK)
    assert Library.load(extra=[tmp_path]).question("my_first").key_points[1].id == "size"
    assert "my_first" not in Library.load(extra=[tmp_path / "no-such-folder"]).questions


def test_a_file_that_does_not_exist_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"absent\.yaml"):
        Library.load(extra=[tmp_path / "absent.yaml"])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("        probe: And its length?\n", "", "mine.yaml:17: questions[0].key_points[1].probe: field required"),
        ("minutes: 3", "minutes: three", "mine.yaml:10: questions[0].minutes: input should be a valid number"),
        ("minutes: 3", "minutes: -1", "mine.yaml:10: questions[0].minutes: input should be greater than 0"),
        ("minutes: 3", 'minutes: "3"', "mine.yaml:10: questions[0].minutes: input should be a valid number"),
        ("level: junior", "level: expert", "mine.yaml:8: questions[0].level: input should be 'junior', 'senior'"),
        ("id: slope", "id: The Slope", "mine.yaml:13: questions[0].key_points[0].id: string should match"),
        ("id: size", "id: slope", "mine.yaml:17: questions[0].key_points[1].id: 'slope' is given twice"),
        ("id: my_first", "id: l1_vs_l2", "mine.yaml:5: questions[0].id: 'l1_vs_l2' is already in knowledge/packs/"),
        ("rubric: technical", "rubric: technicol", "mine.yaml:11: questions[0].rubric: there is no rubric 'technicol'"),
        ("title: Mine", "title: Mine\nauthor: Me", "mine.yaml:4: author: extra inputs are not permitted"),
        ("title: Mine", "title: Mine\ntitle: Yours", "mine.yaml:4: `title` is given twice"),
        (
            "round: technical",
            "round: coding",
            "mine.yaml:5: questions[0].exercise: a coding question needs an exercise",
        ),
        (
            "minutes: 3",
            "minutes: 3\n    scenario: nowhere",
            "mine.yaml:11: questions[0].scenario: there is no scenario",
        ),
        ("title: Mine", "title: [Mine", "mine.yaml:4: not YAML"),
        ("pack: mine", "pak: mine", "mine.yaml:1: starts with none of `pack:`, `rubric:`, `scenario:`"),
    ],
)
def test_an_error_names_file_line_and_field(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in PACK
    assert problem(write(tmp_path, PACK.replace(old, new, 1))).startswith(message)


def test_an_unknown_exercise_is_an_error_only_when_the_exercises_are_known(tmp_path: Path) -> None:
    path = write(tmp_path, PACK.replace("minutes: 3", "minutes: 3\n    exercise: adamm"))
    assert "my_first" in Library.load(extra=[path]).questions
    exercises = {q.exercise for q in Library.load().questions.values() if q.exercise}
    message = problem(path, exercises=exercises | {"adam"})
    assert message == "mine.yaml:11: questions[0].exercise: there is no exercise 'adamm', did you mean 'adam'?"


def test_a_key_point_of_a_design_names_its_criterion(tmp_path: Path) -> None:
    design = PACK.replace("minutes: 3", "minutes: 3\n    scenario: feed_ranking").replace(
        ": technical\n    k", ": design\n    k"
    )
    assert "key_points[0]" in problem(write(tmp_path, design))
    named = re.sub(r"( +)- (id: (?:slope|size))", r"\1- \2\n\1  criterion: serving", design)
    assert Library.load(extra=[write(tmp_path, named)]).question("my_first").key_points[0].criterion == "serving"
    wrong = problem(write(tmp_path, named.replace("serving", "servin")))
    assert "there is no criterion 'servin', did you mean 'serving'?" in wrong


def test_the_notes_that_a_question_names_are_there(tmp_path: Path) -> None:
    message = problem(write(tmp_path, PACK.replace("minutes: 3", "minutes: 3\n    notes: [attenton]")))
    assert message.endswith("questions[0].notes[0]: there are no notes 'attenton', did you mean 'attention'?")
    assert all(question.notes is not None for question in Library.load().questions.values())


def test_a_rubrics_references_are_checked(tmp_path: Path) -> None:
    text = (
        (HOME / "rubrics" / "technical.yaml").read_text(encoding="utf-8").replace("rubric: technical", "rubric: mine")
    )
    assert "mine" in Library.load(extra=[write(tmp_path, text)]).rubrics
    unknown_cap = problem(write(tmp_path, text.replace("{criterion: core,", "{criterion: cores,", 1)))
    assert "caps[0].criterion: there is no criterion 'cores', did you mean 'core'?" in unknown_cap
    falling = problem(write(tmp_path, re.sub(r"junior: \[.*\]", "junior: [3, 2, 1]", text)))
    assert "verdicts.junior: the three thresholds must rise" in falling
    missing = problem(write(tmp_path, re.sub(r"  staff: \[.*\]\n", "", text)))
    assert "verdicts: the level staff is missing" in missing
    sample = problem(write(tmp_path, text.replace("question: l1_vs_l2", "question: l1_vs_l3", 1)))
    assert "strong.question: there is no question 'l1_vs_l3', did you mean 'l1_vs_l2'?" in sample


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("pack: &a [x]\ntitle: *a\n", "an alias"),
        ("pack: !!python/object/apply:os.getcwd []\n", "the tag"),
        ("pack: !!binary aGk=\n", "the tag"),
        ("pack: " + "[" * 100_000, f"nested more than {DEEPEST} deep"),
        ("- " * 100_000, f"nested more than {DEEPEST} deep"),
        ("? [a]\n: b\n", "a key must be a plain word"),
        ("pack: a\n---\npack: b\n", "a second document"),
        ("pack: a\x00b\n", "not YAML"),
        ("", "starts with none"),
        ("just words", "starts with none"),
        ("[]", "starts with none"),
    ],
)
def test_hostile_or_odd_yaml_is_refused(tmp_path: Path, text: str, why: str) -> None:
    assert re.search(why, problem(write(tmp_path, text)))


def test_bytes_that_are_not_utf8_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(PACK.encode().replace(b"gradient", b"gr\xe4dient", 1))
    assert "not UTF-8 text" in problem(path)


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + PACK.replace("\n", "\r\n").encode())
    assert "my_first" in Library.load(extra=[path]).questions


def test_scalars_are_those_of_yaml_1_2() -> None:
    data = parse("a: [no, on, true, 2026-11-22, 1:30, 1e-3, 12, -1.5, ~, '3', .inf, 0x10]", "x")
    assert data == {"a": ["no", "on", True, "2026-11-22", "1:30", 0.001, 12, -1.5, None, "3", ".inf", "0x10"]}


def test_our_files_read_the_same_with_a_plain_yaml_reader() -> None:
    for path in sorted(HOME.glob("*/*.yaml")):
        text = path.read_text(encoding="utf-8")
        assert parse(text, path.name) == yaml.safe_load(text), path.name


def test_the_line_of_a_field_that_is_missing_is_its_parents() -> None:
    assert line_of("a:\n  - b: 1\n  - c: 2\n", ("a", 1, "zzz")) == 3


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_schemas_are_current(kind: str) -> None:
    stored = (HOME / "schemas" / f"{kind}.json").read_text(encoding="utf-8")
    assert stored == schema(kind), "run: python -m knowledge.data_files"


def test_every_data_file_names_its_schema_in_the_first_line() -> None:
    for folder, kind in (("packs", "pack"), ("rubrics", "rubric"), ("scenarios", "scenario")):
        for path in sorted((HOME / folder).glob("*.yaml")):
            first = path.read_text(encoding="utf-8").split("\n", 1)[0]
            assert first == f"# yaml-language-server: $schema=../schemas/{kind}.json", path.name


def test_technical_and_coding_questions_are_complete(library: Library) -> None:
    """What the interview needs of each: core points, probes, misconceptions, a hint ladder, deeper questions."""
    for question in library.questions.values():
        if question.round not in ("technical", "coding"):
            continue
        where = question.id
        assert 4 <= len(question.key_points) <= 7, where
        assert any(point.core for point in question.key_points), where
        assert 3 <= len(question.misconceptions) <= 9, where
        assert len(question.hints) == 3, where
        assert 3 <= len(question.follow_ups) <= 4, where
        assert question.ladder is not None, where
        assert 2 <= len(question.references) <= 3, where
        for point in question.key_points:
            if point.core:
                assert LEVELS.index(point.level) <= LEVELS.index(question.level), f"{where}.{point.id}: core, yet above"
            assert 12 <= len(point.text.split()) <= 35, f"{where}.{point.id}"
            assert point.anchors, f"{where}.{point.id}"
            assert re.sub(r"\{quote\}", "", point.probe).count("{") == 0, f"{where}.{point.id}"


def test_a_probe_does_not_give_its_point_away(library: Library) -> None:
    given = [
        f"{question.id}.{point.id}: {anchor}"
        for question in library.questions.values()
        if question.round in ("technical", "coding")
        for point in question.key_points
        for anchor in point.anchors
        if says(point.probe, anchor) and not says(question.text, anchor)
    ]
    assert not given


def says(text: str, term: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(term)}", text, re.IGNORECASE) is not None


def test_the_bank_has_every_level_and_many_topics(library: Library) -> None:
    technical = [q for q in library.questions.values() if q.round == "technical"]
    assert {q.level for q in technical} == set(LEVELS)
    assert len({q.topic for q in technical}) >= 5


def test_every_coding_question_has_an_exercise_that_exists() -> None:
    from evaluators.tasks import task_slugs

    library = Library.load(exercises=set(task_slugs()))
    coding = [q.exercise for q in library.questions.values() if q.round == "coding"]
    first_six = {"two_layer_backprop", "scaled_dot_product_attention", "ridge", "adam", "batch_norm", "k_fold"}
    assert first_six <= set(coding)
    assert len(coding) == len(set(coding))
