"""Technical answers in words of our own, against the bank and against references."""

from __future__ import annotations

import pytest

from evaluators.reliability import attacks
from evaluators.technical import TechnicalEvaluator
from evaluators.text.target import Point, Target, Wrong, from_question, from_reference, statements

QUESTION = "Why is a validation set kept apart from the training set?"
REFERENCE = (
    "Hyperparameters and the moment of stopping are chosen on the validation set, so its error is no longer an honest "
    "estimate. The training error falls even when the network memorises noise, and only unseen examples show it."
)
GOOD = (
    "You pick hyperparameters and when to stop by looking at validation data. Training error keeps going down even if "
    "the model just memorises noise, so you need examples it has not seen to notice."
)
POOR = "It makes the training faster and needs less memory on the machine, so we can use bigger batches."


@pytest.fixture(scope="module")
def evaluator(encoder, library) -> TechnicalEvaluator:
    return TechnicalEvaluator(encoder, library.rubrics["technical"])


def overall(evaluator: TechnicalEvaluator, answer: str) -> float:
    score = evaluator.score_many([(answer, from_reference(QUESTION, REFERENCE))])[0]
    assert score.overall is not None
    return score.overall


def test_a_good_paraphrase_beats_a_wrong_answer(evaluator):
    assert overall(evaluator, GOOD) > 2.5 > 1.0 > overall(evaluator, POOR)


@pytest.mark.parametrize("family", sorted(set(attacks.FAMILIES) - {"negated", "words shuffled"}))
def test_no_attack_earns_half_the_marks(evaluator, family):
    case = attacks.Case(QUESTION, REFERENCE, ["The kernel trick computes inner products in a space of features."])
    for seed in range(3):
        answer = attacks.make(family, [case], seed)[0]
        assert overall(evaluator, answer) < attacks.PASS, answer


def test_scores_do_not_depend_on_what_is_scored_beside(evaluator):
    target = from_reference(QUESTION, REFERENCE)
    alone = [evaluator.score_many([(text, target)])[0].overall for text in (GOOD, POOR, "No.")]
    together = [score.overall for score in evaluator.score_many([(t, target) for t in (GOOD, POOR, "No.", GOOD * 9)])]
    assert together[:3] == pytest.approx(alone, abs=1e-3)


def test_saying_so_is_worth_more_than_a_bluff(evaluator):
    honest = evaluator.score_many([("Sorry, I don't know that one.", from_reference(QUESTION, REFERENCE))])[0]
    bluff = overall(evaluator, "It is all about synergies in the cloud, which is why everybody likes kubernetes.")
    assert honest.flags == ("dont_know",)
    assert honest.overall > bluff
    assert "bluff" in honest.trace[0]


def test_the_rubric_samples_are_where_the_rubric_says(encoder, library, unpublished):
    rubric = library.rubrics["technical"]
    evaluator = TechnicalEvaluator(encoder, unpublished(rubric))
    for sample in (rubric.strong, rubric.weak):
        score = evaluator.score(sample.answer, library.question(sample.question))
        assert sample.overall[0] <= score.overall <= sample.overall[1]
        for criterion in score.criteria:
            for evidence in criterion.evidence:
                assert sample.answer[evidence.start : evidence.end] == evidence.quote


def test_criteria_are_the_key_points_and_the_weakest_is_named(evaluator, library):
    question = library.question("l1_vs_l2")
    answer = "L2 adds the squared weights, so every weight shrinks by the same fraction and none becomes exactly zero."
    score = evaluator.score(answer, question)
    assert [c.criterion for c in score.criteria] == [point.id for point in question.key_points]
    best = max(score.criteria, key=lambda c: c.score)
    assert best.criterion == "l2_shrinkage"
    assert any(line.startswith("weakest: ") for line in score.trace)


def test_a_point_is_said_in_any_of_its_wordings_and_quoted(evaluator):
    also = "A missed fraud costs 200 and a review 5, so I raise the alarm from two and a half per cent."
    text = "The threshold that minimises expected cost is c_FP / (c_FP + c_FN) for calibrated probabilities."
    answer = "If a fraud we miss costs 200 euros and a review costs 5, I alert above roughly 2.4 per cent."
    plain, worded = (
        evaluator.score_many([(answer, Target("Where do you put the threshold?", (point,)))])[0].criteria[0]
        for point in (Point("threshold", text), Point("threshold", text, also=(also,)))
    )
    assert worded.score >= plain.score + 3
    assert worded.evidence[0].quote == answer
    assert text.rstrip(".") in worded.reason


def test_a_story_about_something_else_earns_next_to_nothing_by_being_a_story(evaluator, library):
    story = (
        "At the hospital we planned beds by hand. I wrote a small script in 2019, which took me three weeks, and the "
        "nurses saved two hours a day. After four months 80 per cent of the wards used it, and we had 12 complaints "
        "instead of 60."
    )
    asked = [q for q in library.questions.values() if q.rubric == "technical" and all(p.also for p in q.key_points)]
    assert len(asked) >= 30
    earned = [score.overall for score in evaluator.score_many([(story, from_question(q)) for q in asked[::3]])]
    assert sum(earned) / len(earned) < 0.5
    assert max(earned) < 1.5


def test_talking_about_something_else_for_longer_earns_little_more(evaluator, library):
    """Two hundred words of the field hold something near any point, as the best of four answers does."""
    asked = [q for q in library.questions.values() if q.rubric == "technical" and q.ladder][::4]
    talk = [" ".join(asked[at - n].ladder.senior for n in (3, 4, 5, 6)) for at in range(len(asked))]
    assert min(len(text.split()) for text in talk) > 120
    scores = evaluator.score_many([(text, from_question(q)) for text, q in zip(talk, asked, strict=True)])
    earned = [score.overall for score in scores]
    assert sum(earned) / len(earned) < 0.6
    assert max(earned) < 1.5


def test_another_wording_of_a_point_is_no_misconception_that_it_resembles(evaluator):
    also = "L1 sets weak weights exactly to zero."
    point = Point("kink", "The penalty has a kink at zero.", also=(also,))
    target = Target("What does the penalty do?", (point,), (Wrong("ridge", "L2 sets weak weights exactly to zero."),))
    right, wrong = evaluator.score_many([(also, target), (target.wrongs[0].statement, target)])
    assert right.misconceptions == ()
    assert [one.id for one in wrong.misconceptions] == ["ridge"]


def test_another_wording_turned_round_is_a_denial(evaluator):
    also = "We had 99 per cent accuracy by always saying no, because only one case in a hundred was positive."
    point = Point("accuracy", "Accuracy is useless for rare positives.", also=(also,))
    target = Target(
        "Which metric do you report?", (point,), (Wrong("w", "Accuracy is the metric for rare positives."),)
    )
    denied = (
        "We did not have 99 per cent accuracy by always saying no, because only one case in a hundred was positive."
    )
    right, wrong = evaluator.score_many([(also, target), (denied, target)])
    assert right.criteria[0].score == 5
    assert wrong.criteria[0].score == 0
    assert "contradiction" in wrong.flags


PARAPHRASES = {
    "l2_makes_zeros": "With L2 the unimportant weights become exactly zero, so I use it for feature selection.",
    "l1_small_smooth": "L1 gives you small smooth weights over all the features and L2 gives sparse weights.",
}


@pytest.mark.parametrize("name", PARAPHRASES)
def test_a_known_mistake_is_named_with_its_correction(evaluator, library, name):
    score = evaluator.score(PARAPHRASES[name], library.question("l1_vs_l2"))
    assert name in [found.id for found in score.misconceptions]
    found = next(found for found in score.misconceptions if found.id == name)
    assert found.correction
    assert score.overall <= 3.5


@pytest.mark.parametrize(
    "true",
    [
        "L2 never makes weights exactly zero, so it cannot be used for feature selection.",
        "It is a common misconception that L2 sets unimportant weights exactly to zero.",
        "L1 gives sparse weights, and L2 gives small smooth weights spread over all features.",
        "More regularisation does not always help: with a large lambda the model underfits.",
    ],
)
def test_the_truth_is_not_taken_for_the_mistake(evaluator, library, true):
    assert evaluator.score(true, library.question("l1_vs_l2")).misconceptions == ()


def test_no_ladder_of_the_library_states_a_misconception(evaluator, library):
    questions = [q for q in library.questions.values() if q.rubric == "technical" and q.ladder][:6]
    for question in questions:
        for text in (question.ladder.junior, question.ladder.senior, question.ladder.staff):
            assert evaluator.score(text, question).misconceptions == (), question.id


def test_a_reference_turned_round_fails_where_mistakes_are_listed(evaluator):
    reference = (
        "Dropout is switched off at test time. The weights are scaled so that the expected activation is the same."
    )
    wrongs = (Wrong("on_at_test", "Dropout is active at test time."),)
    target = from_reference("What happens to dropout at test time?", reference, wrongs)
    denied = attacks.make("negated", [attacks.Case(target.question, reference, [])])[0]
    assert evaluator.score_many([(denied, target)])[0].overall < attacks.PASS
    assert evaluator.score_many([(reference, target)])[0].overall > attacks.PASS


def test_a_target_without_points_is_not_scored(evaluator):
    score = evaluator.score_many([("Something about weights and biases in a network.", Target("What?", ()))])[0]
    assert score.overall is None
    assert score.reason


def test_statements_cover_the_reference():
    points = statements(
        "First, scale. Then split the data by time, never at random. Last, fit and look at the residuals."
    )
    assert all(len(point.text.split()) >= 4 for point in points)
    assert "scale" in points[0].text
    assert points[-1].text.endswith("residuals.")


def test_only_the_last_targets_are_kept_and_what_is_dropped_is_read_again(encoder, monkeypatch):
    """A batch of ten thousand questions would hold two gigabytes."""
    texts: list[str] = []

    class Counting:
        name = encoder.name

        def token_states(self, wanted):
            texts.extend(wanted)
            return encoder.token_states(wanted)

    monkeypatch.setattr("evaluators.technical.KEPT", 3)
    evaluator = TechnicalEvaluator(Counting())
    items = [(f"{GOOD} {i}", from_reference(QUESTION, f"{REFERENCE} Case number {i} is like it.")) for i in range(5)]
    scores = evaluator.score_many(items)
    assert None not in [score.overall for score in scores]
    texts.clear()
    assert evaluator.score_many(items[4:])[0].overall == pytest.approx(scores[4].overall, abs=1e-3)
    assert texts == [items[4][0]]
    texts.clear()
    assert evaluator.score_many(items[:1])[0].overall == pytest.approx(scores[0].overall, abs=1e-3)
    assert items[0][1].reference in texts
