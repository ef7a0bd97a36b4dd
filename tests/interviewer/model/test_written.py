"""Written completions are found again after a prompt was edited, carried over with care, asked for when missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import written
import yaml

from evaluators.prompt import FOLDER, load_prompt
from interviewer.voices.model import PROMPTS

QUESTION = "When would you use L1?"
ANSWER = "L1 makes zeros.\n\nL2 shrinks <b>everything</b>."


def judge_request(answer: str = ANSWER, title: str = "Depth") -> dict[str, Any]:
    """As the judge would send it, by the prompt files that `written` reads."""
    prompt = load_prompt("judge_criterion", written.FOLDER)
    human = [
        prompt.fill("question", level="senior", question=QUESTION),
        prompt.fill("answer", answer=f"<candidate>\n{answer}\n</candidate>"),
        prompt.fill("criterion", title=title, ask="Is it deep?", one="No.", three="Partly.", five="Yes."),
    ]
    return {"messages": [{"role": "system", "content": prompt.system}, {"role": "user", "content": "\n\n".join(human)}]}


def words_request(draft: str, message: str, move: str = "a follow-up") -> dict[str, Any]:
    prompt = load_prompt("words", PROMPTS)
    human = [
        prompt.fill("settings", persona="neutral", level="senior"),
        prompt.fill("question", round="technical", question=QUESTION),
        prompt.fill("move", last="Hm.", message=f"<candidate>\n{message}\n</candidate>", move=move, draft=draft),
    ]
    return {"messages": [{"role": "system", "content": prompt.system}, {"role": "user", "content": "\n\n".join(human)}]}


def author(folder: Path, **data: Any) -> written.Author:
    (folder / "some.yaml").write_text(yaml.dump(data, allow_unicode=True), encoding="utf-8")
    return written.Author(folder)


def judged(*quotes: str, answer: str = ANSWER) -> dict[str, Any]:
    criterion = {"title": "Depth", "quotes": list(quotes), "reason": "So.", "score": 2 if quotes else 0}
    return {"question": QUESTION, "answer": answer, "criteria": [criterion]}


def test_an_edited_prompt_leaves_the_key_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = written.read_back(judge_request())
    text = (FOLDER / "judge_criterion.md").read_text(encoding="utf-8").replace("version: 1", "version: 9")
    edited = text.replace("The answer to be graded:", "What they said, in full:").replace("Anchors:", "The scale:")
    assert edited.count("What they said") == 1
    (tmp_path / "judge_criterion.md").write_text(edited, encoding="utf-8")
    monkeypatch.setattr(written, "FOLDER", tmp_path)
    request = judge_request()
    assert "What they said, in full:" in str(request)
    assert written.read_back(request).exact == before.exact
    assert before.fields["answer"] == ANSWER


def test_a_repair_asks_for_the_same_again() -> None:
    request = judge_request()
    turns = [{"role": "assistant", "content": "Well…"}, {"role": "user", "content": "This does not fit the schema."}]
    again = {"messages": [*request["messages"], *turns]}
    assert written.read_back(again).exact == written.read_back(request).exact


def test_a_missing_one_is_refused_and_asked_for_and_found_when_it_is_filled_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(written, "MISSING", tmp_path / "missing.yaml")
    empty = written.Author(tmp_path)
    for title in ("Depth", "Precision"):
        assert empty.respond("", judge_request(title=title)).status == 500
    written.save_missing(empty.missing)
    blank = yaml.safe_load((tmp_path / "missing.yaml").read_text(encoding="utf-8"))
    assert [c["title"] for one in blank["judged"] for c in one["criteria"]] == ["Depth", "Precision"]
    assert written.Author(tmp_path).respond("", judge_request()).status == 500  # a blank is none
    for criterion in blank["judged"][0]["criteria"]:
        criterion |= {"quotes": ["L1 makes zeros"], "reason": "A half.", "score": 3}
    (tmp_path / "missing.yaml").write_text(yaml.dump(blank), encoding="utf-8")
    filled = written.Author(tmp_path)
    assert '"score": 3' in filled.respond("", judge_request()).text
    written.save_missing(filled.missing)
    assert not (tmp_path / "missing.yaml").exists()


def test_a_judgement_is_carried_over_where_its_quotations_stand(tmp_path: Path) -> None:
    part = judge_request(answer="L1 makes zeros.")
    assert author(tmp_path, judged=[judged("L1 makes zeros")]).respond("", part).status == 200
    assert author(tmp_path, judged=[judged()]).respond("", part).status == 200
    assert author(tmp_path, judged=[judged("L2 shrinks <b>everything</b>")]).respond("", part).status == 500
    shorter = judged(answer="L1 makes zeros.")  # that nothing bears on it says nothing of a longer answer
    assert author(tmp_path, judged=[shorter]).respond("", judge_request()).status == 500
    shorter = judged("L1 makes zeros", answer="L1 makes zeros.")
    assert author(tmp_path, judged=[shorter]).respond("", judge_request()).status == 200


def test_words_are_carried_over_to_another_phrase_around_the_same_question(tmp_path: Path) -> None:
    probe = "What does the other penalty do to a weight that is already small?"
    entry = {"persona": "neutral", "round": "technical", "move": "a follow-up", "message": "L1 makes zeros."}
    one = author(tmp_path, words=[{**entry, "draft": f"Thank you. {probe}", "say": f"I see. {probe}"}])
    assert one.respond("", words_request(f"Hm. {probe}", "L1 makes zeros.")).text == f"I see. {probe}"
    assert one.respond("", words_request("Which priors are these?", "L1 makes zeros.")).status == 500
    quoting = author(tmp_path, words=[{**entry, "draft": f"Thank you. {probe}", "say": f"“L1 makes zeros”? {probe}"}])
    assert quoting.respond("", words_request(f"Hm. {probe}", "L1 makes zeros.")).status == 200
    assert quoting.respond("", words_request(f"Hm. {probe}", "L1 is sparse.")).status == 500


def test_several_for_one_request_come_in_turn(tmp_path: Path) -> None:
    entry = judged("L1 makes zeros")
    entry["criteria"].append(entry["criteria"][0] | {"score": 4})
    one = author(tmp_path, judged=[entry])
    told = [one.respond("", judge_request()).text for _ in range(3)]
    assert told[0] == told[2] != told[1]
    one.begin()
    assert one.respond("", judge_request()).text == told[0]


def test_a_good_judge_quotes_what_was_said() -> None:
    """One quotation is invented and one has another hyphen, both on purpose."""
    wrong = []
    for path in sorted(written.COMPLETIONS.glob("*.yaml")):
        for one in yaml.safe_load(path.read_text(encoding="utf-8")).get("judged", ()):
            quotes = [q for c in one.get("criteria", ()) for q in c.get("quotes", ())]
            quotes += [claim["quote"] for claim in one.get("claims") or ()]
            wrong += [quote for quote in quotes if quote not in one["answer"]]
    assert len(wrong) <= 2
