"""The criteria of a story: each rule returns a level on the rubric's anchors, what it rests on, and why."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from evaluators.story import clauses, cues, figures, scenes
from evaluators.story.clauses import Judgement, Told
from evaluators.story.ownership import is_somebody_elses, ownership
from evaluators.story.strength import answers, counts, does, late, strongest, tells
from evaluators.text.language import content, stem, words

CONCRETE = 14  # content words; a scene of fewer, with no number and no date in it, could be anybody's
OWN = 6  # of these, those that could not be said of any project
SCENE = 150  # words, one minute: the rubric gives the scene five sentences
DETAILED = 20  # content words; by then a scene has named its setting, whatever the words
LONGEST = 470  # words that a listener can hold, by the rubric's anchor for five
ENDING = 40  # words of an ending in our stories; one that is missing costs the result, not the length as well
OPENING = 0.25  # of the words: by then, the rubric asks, a stranger should know what it is about
ASKED = 0.6  # of the words: until there somebody may still say what had to be achieved


def _part(told: Sequence[Told], name: clauses.Part) -> list[Told]:
    return [one for one in told if one.part == name]


def _text(told: Sequence[Told]) -> str:
    return " ".join(one.text for one in told)


def _until(told: Sequence[Told], share: float) -> list[Told]:
    """Return the sentences that begin within the first share of the words of the first telling."""
    first = [one for one in told if not one.reply]
    total, said, begun = _length(first), 0, []
    for one in first:
        if said > share * total:
            break
        begun.append(one)
        said += len(words(one.text))
    return begun


def _length(told: Sequence[Told]) -> int:
    return sum(len(words(one.text)) for one in told)


def _missing(**there: object) -> list[str]:
    return [name.replace("_", " ") for name, found in there.items() if not found]


def but_times(amounts: list[str]) -> list[str]:
    """Return the amounts that can be a measure of success; days and weeks are a deadline."""
    return [amount for amount in amounts if not re.search(r"day|week|month|year", amount)]


def situation(told: list[Told]) -> Judgement:
    """What a stranger knows by the first action, or after the first quarter of the words."""
    first_act = next((one.start for one in told if one.part == "action"), None)
    scene = [
        one
        for one in told
        if one.part == "situation"
        or (one.part == "task" and (first_act is None or one.start < first_act))
        or (one.part != "reflection" and one in _until(told, OPENING))
    ]
    whole = _text(scene)
    setting, trouble = scenes.SETTING.search(whole), scenes.TROUBLE.search(whole)
    stakes = scenes.STAKES.search(whole) or figures.quantities(whole)
    number = figures.quantities(whole) or cues.NAMED_TIME.search(whole)
    if not scene or not (setting or trouble or stakes):
        return 0, [], "No setting is given: neither the system nor the trouble."
    signs = (tells("situation"), scenes.TROUBLE, scenes.STAKES, scenes.SETTING, counts)
    own = {word for word in content(whole) if not scenes.ANYBODYS.fullmatch(word)}
    detailed = bool(number) or (len(set(content(whole))) >= CONCRETE and len(own) >= OWN)
    if not detailed:
        level = 2 if trouble and stakes else 1
        return level, scene, "The setting stays general: it could be anybody's."
    named = len(set(content(whole))) >= (8 if setting else DETAILED)
    level = 2 + named + bool(stakes) + bool(number)
    if not trouble:
        # There are more troubles than words that we know for them, so a scene told at length may have one.
        level = min(level, 3 if len(scene) >= 3 or len(set(content(whole))) >= DETAILED else 2)
    if level == 5 and len(words(whole)) > SCENE:
        rests_on = strongest(scene, *signs)
        return 4, rests_on, f"Everything is told, but it takes {len(words(whole))} words to set the scene."
    missing = _missing(
        which_system_it_was=named,
        what_was_wrong=trouble,
        what_it_cost_or_whom_it_touched=stakes,
        a_number_or_date_that_says_how_big_it_was=number,
    )
    reason = (
        f"Missing: {', '.join(missing)}." if missing else "The setting, the trouble and what was at stake are told."
    )
    return level, strongest(scene, *signs), reason


def task(told: list[Told]) -> Judgement:
    """What this person had to achieve, wherever in the first half or so it is said."""
    first = [one for one in _until(told, ASKED) if one.part != "reflection"]
    goals = [
        one for one in told if (one.part == "task" and not one.vague) or (one in first and cues.TASK.search(one.text))
    ]
    if not goals:
        goals = [one for one in first if one.actor != "I" and cues.FOLLOWS.search(one.text)]
    if not goals:
        return 0, [], "It is not said what had to be achieved."
    if is_somebody_elses(told):
        return 1, goals, "The goal is somebody else's."
    near = [one for one in first if one in goals or one.part in {"situation", "task"}]
    whole = _text(goals)
    measure = figures.MEASURE.search(whole) or but_times(figures.quantities(whole))
    deadline = figures.DEADLINE.search(_text([*goals, *near]))
    constraint = figures.CONSTRAINT.search(whole)
    general = len(content(whole)) < 3 or all(cues.GENERAL_AIM.search(one.text) for one in goals)
    if general and not (measure or constraint or figures.DEADLINE.search(whole)):
        return 1, goals, "The aim is so general that it could be anybody's."
    level = 3 + min(2, bool(measure) + bool(deadline) + bool(constraint))
    if not any(figures.MINE.search(one.text) for one in [*goals, *near]):
        return min(level, 3), goals, "There is a goal, but it is not said which part of it was yours."
    missing = _missing(a_measure_of_success=measure, a_deadline_or_constraint=deadline or constraint)
    if not missing:
        reason = "The goal has its measure and its deadline or constraint."
    elif level == 5:
        reason = "The goal has its deadline and its constraint."
    else:
        reason = f"The goal is stated without {' or '.join(missing)}."
    signs = (cues.TASK, cues.TASK, cues.FOLLOWS, figures.MEASURE, figures.DEADLINE, figures.CONSTRAINT, figures.MINE)
    return level, strongest(goals, *signs), reason


def action(told: list[Told]) -> Judgement:
    """The steps, what each one found, and the alternative that was turned down."""
    acts = _part(told, "action")
    concrete = [one for one in acts if one.steps and not one.hollow]
    steps = sum(one.steps for one in concrete)
    if not acts:
        return 0, [], "Nothing is told that was done."
    if not steps:
        return 1, acts, "What was done stays general: no method, tool or finding is named."
    if is_somebody_elses(told):
        return 1, concrete, "Somebody else took the steps; none is told that you took."
    during = [one for one in told if one.start >= acts[0].start and one.part != "reflection" and not one.hollow]
    reasons = [one for one in during if one.part != "result" and cues.REASON.search(one.text)]
    chosen = [one for one in during if cues.CHOICE.search(one.text)]
    some, more = (2, 3) if steps == 1 else (3, 4)
    level = 5 if chosen and steps >= 3 else more if reasons or chosen or steps >= 5 else some
    team_only = not any(one.actor == "I" or cues.BARE.match(one.text) for one in concrete)
    level = min(level, 4) if team_only else level
    plural = team_only and any(one.actor == "we" for one in concrete)
    counted = f"{steps} concrete step{'s' * (steps != 1)}{' of the team' * plural}"
    why = "with what they showed, but no choice among alternatives" if steps > 1 else "and no choice among alternatives"
    why = "with a choice among alternatives" if chosen else why if reasons else "without a reason for any choice"
    steps_first = strongest([*concrete, *chosen], tells("action"), does, cues.CHOICE, cues.REASON)
    return level, steps_first, f"{counted}, {why}."


def result(told: list[Told]) -> Judgement:
    """How the story ended, for whom, and how that is known."""
    ends = _part(told, "result")
    if not ends:
        return 0, [], "The story has no ending."
    real = [
        one
        for one in ends
        if cues.DECIDED.search(one.text)
        or (not (one.hollow or clauses.is_feeling(one.text)) and len(content(one.text)) >= 2)
    ]
    if not real:
        return 1, ends, "The ending is a feeling; nothing in it can be checked."
    whole = _text(real)
    impact = cues.IMPACT.search(whole) or any(one.actor == "others" for one in real)
    impact = impact or len(figures.PAIR.findall(whole)) >= 2
    known = cues.KNOWN_BY.search(whole) or figures.PAIR.search(whole) or figures.baseline_elsewhere(told, real)
    level = 3 + bool(impact or len(real) >= 3) + bool(known or (impact and len(real) >= 3))
    if level == 5 or (impact and known):
        reason = "The ending is told with what it changed."
    elif impact:
        reason = "The ending is told; how it was before, or without the change, is not said."
    elif known:
        reason = "The ending is told; what it changed for people or the business is not said."
    else:
        reason = "The ending is told; who or what was better off for it, and by how much, is not said."
    return (
        level,
        strongest(real, counts, late(told), answers(told), cues.OUTCOME, cues.IMPACT, cues.KNOWN_BY),
        reason,
    )


def measurement(told: list[Told]) -> Judgement:
    """The outcome as a number beside what it was before."""
    ends, acts = _part(told, "result"), _part(told, "action")
    counted = [one for one in ends if figures.quantities(one.text) or figures.PAIR.search(one.text)]
    # "I spent two days on it" counts the effort.
    amounts = [
        amount for one in ends for amount in (but_times if one.actor == "I" else list)(figures.quantities(one.text))
    ]
    paired = [one for one in counted if figures.PAIR.search(one.text)] or figures.baseline_elsewhere(told, counted)
    paired = paired or [one for one in counted if figures.EARLIER.search(one.text) and _counted_just_before(told, one)]
    paired = strongest(paired, late(told), answers(told), cues.OUTCOME)
    if paired and (len(amounts) >= 2 or len(paired) >= 2):
        rests_on = list(dict.fromkeys([*paired, *counted]))
        return 5, rests_on, "The outcome is a number beside what it was before."
    if paired:
        lacks = "a second one would show what it was worth"
        return 4, paired, f"The outcome is a number beside what it was before; {lacks}."
    steps = [
        one
        for one in acts
        if len(figures.quantities(one.text)) >= 2 and (figures.PAIR.search(one.text) or figures.repeats(told, one))
    ]
    if counted and not steps:
        return 3, counted, "The outcome has a number, but not what it was before."
    if steps:
        return 4, steps, "Single steps are measured before and after; the outcome itself is not."
    if not ends and acts:
        return None, [], "Not judged: the story stops before its ending, so there is no outcome yet to measure."
    found = [one for one in acts if re.search(r"%|percent|point|\d\.\d", " ".join(figures.quantities(one.text)))]
    if len(found) >= 2:
        return 2, found, "There are numbers for single steps, none for the outcome."
    vague = [one for one in ends if figures.DEGREE.search(one.text)]
    if vague:
        return 1, vague, "Only words of degree stand where the number should be."
    anywhere = [one for one in told if figures.quantities(one.text)]
    if anywhere and ends:
        return 1, anywhere, "The only numbers describe the situation or the effort."
    return 0, [], "Nothing is measured."


def _counted_just_before(told: Sequence[Told], one: Told) -> bool:
    at = told.index(one)
    return any(figures.quantities(before.text) for before in told[max(0, at - 2) : at])


def reflection(told: list[Told]) -> Judgement:
    """What was learned, what had not been seen, and what is done differently since."""
    looks = _part(told, "reflection")
    if not looks:
        return 0, [], "It is not said what was learned or what is done differently since."
    story_words = {stem(word) for one in told if one.part != "reflection" for word in content(one.text)}
    own, lesson, since = [], False, False
    for one in looks:
        kind = clauses.lesson_kind(one.text)
        blames = (cues.BLAME.search(one.text) or cues.OTHERS_SHOULD.search(one.text)) is not None
        meant = {stem(word) for word in content(one.text)}
        short = len(meant) < 4 and not (kind[1] or story_words & meant)
        nobodys = not (kind[0] or kind[1] or cues.SPEAKER.search(one.text))
        others = cues.OTHERS.match(one.text) is not None and not cues.SPEAKER.search(one.text)
        if kind[2] or blames or short or nobodys or others or one.hollow == "motto":
            continue
        own.append(one)
        practised = kind[1] or clauses.is_habit(one.text)
        lesson, since = lesson or kind[0] or not practised, since or practised
    if not own:
        return 1, looks, "The lesson would fit any story."
    own = strongest(own, cues.LOOKS_BACK, cues.LESSON, cues.HINDSIGHT, cues.SINCE)
    if since:
        reason = "A lesson of this story, and what is done differently since."
        return (
            (5, own, reason) if lesson else (4, own, "It is said what is done differently since, not what was missed.")
        )
    return (4 if len(own) >= 3 else 3), own, "A lesson of this story; what has changed in practice since is not said."


def concision(told: list[Told]) -> Judgement:
    """Two to three minutes, most of it on what was done; what was asked for makes no story too long."""
    count = _length(told)
    if not count:
        return 0, [], "Nothing was told."
    heard = max(min(count, LONGEST), _length([one for one in told if not one.reply]))
    whole = heard + ENDING * (count < LONGEST and bool(_part(told, "action")) and not _part(told, "result"))
    steps = ((60, 1), (120, 2), (200, 3), (220, 4), (LONGEST + 1, 5), (500, 4), (651, 3), (751, 2))
    level = next((level for limit, level in steps if whole < limit), 1)
    background = _length([one for one in told if one.part in {"situation", None}]) / (whole - heard + count)
    reason = f"{count} words, {count / 150:.1f} minutes"
    if background > 0.5 and count > 200:
        level, reason = 1, f"{reason}, {background:.0%} of them background or asides"
    longest = sorted(told, key=lambda one: one.start - one.end)
    return level, longest[:1], reason + "."


RULES: dict[str, Callable[[list[Told]], Judgement]] = {
    "situation": situation,
    "task": task,
    "action": action,
    "result": result,
    "ownership": ownership,
    "measurement": measurement,
    "reflection": reflection,
    "concision": concision,
}
