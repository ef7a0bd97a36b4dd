"""`interviewer questions`: the list, a page of one question, and the check of a user's own pack."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from interviewer.cli.questions import questions_app
from knowledge.data_files import HOME
from knowledge.errors import ContentError, InputError, NotFoundError

PACK = """\
pack: mine
title: Mine
questions:
  - id: my_adam
    round: coding
    topic: my_topic
    level: junior
    text: Write Adam.
    minutes: 10
    rubric: coding
    exercise: adam
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("INTERVIEWER_HOME", str(tmp_path))
    (tmp_path / "packs").mkdir()
    return tmp_path


def run(*arguments: str) -> str:
    result = CliRunner().invoke(questions_app, arguments)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0
    return result.stdout


def test_the_list_is_json_with_the_five_fields(home: Path) -> None:
    listed = json.loads(run("--json"))
    assert len(listed) > 30
    assert all(list(entry) == ["id", "round", "topic", "level", "text"] for entry in listed)


def test_filters_keep_what_they_name(home: Path) -> None:
    listed = json.loads(run("--round", "technical", "--level", "staff", "--json"))
    assert listed
    assert {(entry["round"], entry["level"]) for entry in listed} == {("technical", "staff")}
    topics = json.loads(run("--topic", "retrieval", "--json"))
    assert {entry["topic"] for entry in topics} == {"retrieval"}


def test_an_unknown_filter_names_the_known_ones(home: Path) -> None:
    with pytest.raises(InputError) as caught:
        run("--round", "tecnical")
    assert "technical" in caught.value.hint


def test_own_packs_are_listed(home: Path) -> None:
    (home / "packs" / "mine.yaml").write_text(PACK, encoding="utf-8")
    assert [entry["id"] for entry in json.loads(run("--topic", "my_topic", "--json"))] == ["my_adam"]
    assert "Write Adam." in run("--topic", "my_topic")


def test_show_prints_the_question_and_its_ladder(home: Path) -> None:
    assert json.loads(run("show", "l1_vs_l2", "--json"))["id"] == "l1_vs_l2"
    page = run("show", "l1_vs_l2")
    assert "By level" in page
    assert max(len(line) for line in page.splitlines()) <= 100


def test_show_of_an_unknown_question_names_near_ones(home: Path) -> None:
    with pytest.raises(NotFoundError) as caught:
        run("show", "l1")
    assert "l1_vs_l2" in caught.value.hint


def test_check_says_what_a_pack_adds(home: Path, tmp_path: Path) -> None:
    pack = tmp_path / "mine.yaml"
    pack.write_text(PACK, encoding="utf-8")
    assert json.loads(run("check", str(pack), "--json"))["added"]["questions"] == ["my_adam"]
    assert run("check", str(pack)) == "OK: 1 question\n"


@pytest.mark.parametrize("name", ["packs/design.yaml", "rubrics/star.yaml", "scenarios/ab_testing.yaml"])
def test_a_file_of_ours_is_checked_where_it_lies(home: Path, name: str) -> None:
    assert run("check", str(HOME / name)) == "OK\n"


def test_check_finds_an_exercise_that_does_not_exist(home: Path, tmp_path: Path) -> None:
    pack = tmp_path / "mine.yaml"
    pack.write_text(PACK.replace("exercise: adam", "exercise: adamm"), encoding="utf-8")
    with pytest.raises(ContentError, match=r"mine\.yaml:11: questions\[0\]\.exercise: there is no exercise 'adamm'"):
        run("check", str(pack))


SIGNED = """\
pack: mine
title: Mine
questions:
  - id: my_plain_question
    round: technical
    topic: my_topic
    level: junior
    text: What is free?
    minutes: 5
    rubric: technical
  - id: my_cost
    round: technical
    topic: my_topic
    level: junior
    text: How does the cost of attention grow?
    minutes: 5
    rubric: technical
    key_points:
      - id: quadratic
        text: The number of scores grows with the square of the length.
        probe: With what does it grow?
        hint: Count the pairs.
    misconceptions:
      - id: linear
        statement: Attention is linear in the length.
        correction: It is quadratic in the length, as each token looks at every other.
        challenge: How many pairs of tokens are there?
        signs: [linear, length]
    ladder:
      junior: It is quadratic.
      senior: The matrix of scores has n times n entries.
      staff: Blocks make the memory smaller, not the work.
"""


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("signs: [linear, length]", "signs: [sublinear]", "the statement of 'linear' does not show them"),
        ("signs: [linear, length]", "signs: [length]", "the key point 'quadratic', which is true, shows"),
        ("square of the length.", "square of the length. Per token it is linear in the length.", "Per token it is"),
        ("It is quadratic in the length,", "It is not cheap but linear in the length,", "the correction of 'linear'"),
        ("not the work.", "not the work. Kernels make it linear in the length.", "the ladder for staff"),
    ],
)
def test_check_finds_signs_that_accuse_who_is_right(home: Path, tmp_path: Path, old: str, new: str, told: str) -> None:
    pack = tmp_path / "mine.yaml"
    pack.write_text(SIGNED, encoding="utf-8")
    assert run("check", str(pack)) == "OK: 2 questions\n"
    pack.write_text(SIGNED.replace(old, new), encoding="utf-8")
    with pytest.raises(ContentError) as caught:
        run("check", str(tmp_path))
    assert re.match(rf"{pack}:28: questions\[1\]\.misconceptions\[0\]\.signs: ", caught.value.message)
    assert told in caught.value.message


def test_check_finds_a_sign_without_a_word(home: Path, tmp_path: Path) -> None:
    pack = tmp_path / "mine.yaml"
    pack.write_text(SIGNED.replace("[linear, length]", "[linear, 'length | ']"), encoding="utf-8")
    with pytest.raises(ContentError, match=r"mine\.yaml:28: .*signs\[1\]: each alternative of a sign needs a word"):
        run("check", str(pack))


def test_check_of_a_missing_file(home: Path) -> None:
    with pytest.raises(NotFoundError):
        run("check", "no-such-pack.yaml")
