"""A story taken apart: which sentence tells the situation, the task, an action, the result, a lesson, and who acted.

People do not label the parts when they speak, and do when they write notes; both are read alike. Every rule looks for
something that stands in the text, so that it can be quoted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from evaluators.text.evidence import sentences
from evaluators.text.language import content, word_list, words

Part = Literal["situation", "task", "action", "result", "reflection"]
Actor = Literal["I", "we", "others", ""]

_LABELS: dict[str, Part] = {
    "situation": "situation", "context": "situation", "background": "situation", "setting": "situation",
    "task": "task", "goal": "task", "objective": "task", "challenge": "task", "my task": "task",
    "action": "action", "actions": "action", "approach": "action", "what i did": "action", "steps": "action",
    "result": "result", "results": "result", "outcome": "result", "outcomes": "result", "impact": "result",
    "reflection": "reflection", "lesson": "reflection", "lessons": "reflection", "lessons learned": "reflection",
    "learning": "reflection", "learnings": "reflection", "takeaway": "reflection", "takeaways": "reflection",
    "interview takeaway": "reflection", "key takeaway": "reflection",
}  # fmt: skip
_LABEL = re.compile(r"[\s#>*_\-•]*([A-Za-z][A-Za-z ]{2,18}?)\s*[*_]*\s*(?::|\n|$|\s[–—-]\s)[*_]*")

_IRREGULAR = sorted(word_list("irregular_pasts"))
_STATE = word_list("verbs_of_state")
_PAST = r"(?:[a-z]+ed|" + "|".join(_IRREGULAR) + r")"
_I_ACTED = re.compile(
    rf"\bI(?:'ve| have| had|’ve)?\s+(?:(?:also|then|first|next|finally|personally|quickly|simply|just|even|immediately|"
    rf"[a-z]+ly)\s+)*({_PAST})\b"
)
_WE_ACTED = re.compile(
    rf"\b(?:[Ww]e|[Tt]he team|[Mm]y team|[Oo]ur team|[Ee]veryone|[Tt]hey|[Ss]he|[Hh]e)(?:'ve| have|’ve)?\s+"
    rf"(?:(?:also|then|first|next|finally|all|[a-z]+ly)\s+)*({_PAST})\b"
)
_I_CONTINUED = re.compile(rf"(?:,|;|\band\b|\bthen\b)\s+(?:also\s+|then\s+)?({_PAST})\b")
_BARE = re.compile(rf"^[\s*_\-•\d.)]*(?:[A-Z][\w /()-]{{2,60}}?[*_]*\s*:[*_]*\s*)?({_PAST})\b", re.IGNORECASE)
_PASSIVE = re.compile(rf"\b(?:was|were|been|got)\s+(?:[a-z]+ly\s+)?(?:{_PAST})\b")
_VAGUE = re.compile(
    r"\b(?:worked (?:on|hard|closely|together)|looked (?:into|at)|tried (?:a|some|many|different|various|things|to)|"
    r"dealt with|handled (?:it|things|everything)|helped (?:out|the team)|communicated|used some|did (?:some|a lot|"
    r"my best)|"
    r"(?:fixed|solved) (?:it|the (?:bug|problem|issue))\W*$)",
    re.IGNORECASE,
)

_TASK = re.compile(
    r"\b(?:(?:had|needed|wanted|was expected|was supposed) to\b(?! (?:be honest|say|admit))|my (?:task|job|goal|role|"
    r"responsibility|objective|mission|target|assignment)|the (?:goal|task|objective|target|requirement|ask|"
    r"challenge) was|"
    r"(?:was|were|been|got) (?:asked|tasked|told|assigned|given|charged)|asked me to|in charge of|responsible for|"
    r"it was (?:up to me|on me)|i owned|success (?:meant|would mean)|deadline|"
    r"i had (?:only |just |about )?\S+ (?:hours?|days?|weeks?|months?) (?:to|before|until|till|left|for))\b",
    re.IGNORECASE,
)
_RESULT_PHRASE = re.compile(
    r"\b(?:as a result|in the end|at the end|the (?:result|outcome|impact|upshot)|ultimately|eventually|finally we|"
    r"it (?:ended|turned out|worked out|paid off)|since (?:launch|then)|after (?:the )?(?:launch|rollout|release|"
    r"that|deploy\w*)|"
    r"by the end|today|to this day|which (?:meant|led|resulted|saved|gave|brought)|resulting in|"
    r"within (?:\w+ ){1,3}(?:hours|days|weeks)|"
    r"led to|meant that|ended up|thanks to (?:this|that))\b",
    re.IGNORECASE,
)
_OUTCOME = re.compile(
    r"\b(?:improved|increased|rose|grew|climbed|jumped|went (?:up|down|from)|doubled|tripled|halved|fell|dropped|"
    r"decreased|"
    r"reduced|cut|saved|recovered|prevented|avoided|secured|signed|won|promoted|hit|reached|exceeded|beat|met|stayed|"
    r"handled|passed|launched|shipped|adopted|became|caught|converted|closed|renewed|accepted|rejected|cancelled|lost|"
    r"stopped|disappeared|vanished|came (?:back|down)|no longer|presented|influenced|retained|delivered|thrived|gained|"
    r"earned|raised|brought (?:\w+ ){1,4}(?:down|up|to)|took over|is (?:now|still) (?:used|running)|are (?:now|"
    r"still) us\w+|"
    r"achieved|finished|succeeded|landed|improvement|reduction|saving|savings)\b",
    re.IGNORECASE,
)
_FEELING = re.compile(
    r"\b(?:worked out(?: (?:well|fine|great))?|went (?:well|great|fine|smoothly)|(?:every(?:body|one)|they|we|all|"
    r"team|boss|"
    r"manager|stakeholders?) (?:was|were|felt) (?:very |really |so |all )?(?:happy|pleased|satisfied|glad|relieved|"
    r"proud|impressed)|"
    r"success(?:ful|fully)?|turned out (?:well|fine|great))\b",
    re.IGNORECASE,
)
_LESSON = re.compile(
    r"\b(?:learn(?:ed|t)|lessons?|taught me|looking back|in hindsight|in retrospect|with hindsight|reali[sz]ed|"
    r"take ?aways?|"
    r"(?:would|should|could) have|would (?:now |also )?(?:do|start|have|ask|begin|handle|"
    r"approach)(?: \w+){0,4} (?:differently|earlier|sooner|first)|"
    r"next time|if i (?:did|could|had to|were to)|my mistake|i underestimated|i had (?:missed|assumed|overlooked)|"
    r"i (?:missed|overlooked) )",
    re.IGNORECASE,
)
_SINCE = re.compile(
    r"\b(?:since then|ever since|from then on|these days|nowadays|now i\b|i now\b|i always\b|i(?:'ve|"
    r" have) (?:since|made it)|"
    r"(?:every|each) (?:project|launch|time) since|after that i (?:always|never)|today i\b|"
    r"i never\b[^.]{0,40}\bwithout|"
    r"has become (?:my|a) habit|i still (?:use|do|apply)|(?:made|makes) it a (?:habit|rule|practice))",
    re.IGNORECASE,
)
_COMMONPLACE = re.compile(
    r"\b(?:communication is|team ?work is|learned a lot|learnt a lot|never give up|hard work|team player|"
    r"(?:is|are) (?:very |really |so |the most )?(?:important|key|crucial|essential)(?: thing)?)\b",
    re.IGNORECASE,
)

HYPOTHETICAL = re.compile(
    r"\b(?:I|we)(?:'d| would|’d| could| might| will|'ll)\b(?! (?:like to (?:tell|share|talk)|say|call|have\b))",
    re.IGNORECASE,
)
GENERAL = re.compile(
    r"\b(?:i (?:always|usually|generally|typically|often|tend to|believe|think|feel)|in general|people should|"
    r"one should|"
    r"you (?:should|have to|need to|must|always)|it(?:'s| is) (?:always |very |really )?(?:important|essential|"
    r"crucial|key)|"
    r"my philosophy|my approach is|in my opinion)\b",
    re.IGNORECASE,
)
BLAME = re.compile(
    r"\b(?:(?:his|her|their|management'?s|the team'?s|my (?:manager|boss|colleague|teammate)'?s) (?:fault|mess|"
    r"incompetence|mistakes?)|"
    r"(?:fault|mistake) of (?:the|my|another)|not my (?:fault|problem|job)|nothing to do with me|incompetent|"
    r"useless|lazy|clueless|stupid|"
    r"(?:they|he|she|management|nobody|my (?:manager|boss|colleagues?|teammates?)) (?:refused|never (?:listened|"
    r"understood|helped)|"
    r"didn'?t (?:listen|care|understand|bother)|messed|screwed|ruined|blew)|blame[sd]? (?:him|her|them|the))\b",
    re.IGNORECASE,
)

TROUBLE = re.compile(
    r"\b(?:problem|issue|trouble|fail\w*|broke\w*|bug|outage|incident|down|slow\w*|drop\w*|declin\w*|fell|spik\w*|"
    r"stuck|"
    r"struggl\w*|only|unusable|complain\w*|wrong|poor\w*|low|worse\w*|degrad\w*|crash\w*|error\w*|block\w*|delay\w*|"
    r"late|"
    r"miss\w*|disagree\w*|conflict\w*|demorali[sz]ed|concern\w*|unhappy|frustrat\w*|expensive|overload\w*|crept|"
    r"time[ds]? out|"
    r"behind|bottleneck|false positives?|churn\w*|confus\w*|argu\w*|against|risk\w*|lost|losing|leak\w*|drift\w*|"
    r"stale|noisy|drown\w*|suffer\w*|nobody could|could(?:n't| not))\b",
    re.IGNORECASE,
)
STAKES = re.compile(
    r"\b(?:users?|customers?|clients?|revenue|money|cost\w*|deadline|quarter\w*|weeks?|days?|months?|tickets?|"
    r"traffic|requests?|"
    r"fundrais\w*|series [a-d]|launch|sales?|stakeholders?|engagement|pilot|million|thousand|orders?|transactions?|"
    r"patients?|team)\b|[$€£]",
    re.IGNORECASE,
)
SETTING = re.compile(
    r"\b(?:system|model|service|pipeline|platform|product|app|application|api|database|cluster|search|engine|"
    r"feature|startup|start-up|"
    r"company|team|project|engineer|intern|colleague|teammate|manager|lab|shop|bank|hospital|marketplace|classifier|"
    r"dashboard|data)\b",
    re.IGNORECASE,
)
REASON = re.compile(
    r"\b(?:because|since|so that|in order to|instead of|rather than|chose|choice|decided|over (?:the|a)\b|trade-?offs?|"
    r"found|discovered|identified|noticed|saw that|turned out|root cause|based on|due to|showed (?:that|me)|"
    r"revealed|traced|"
    r"alternatives?|options?|compared|verified|confirmed|hypothes\w+|therefore|which (?:told|showed|meant)|"
    r"to capture|enabling|causing)\b",
    re.IGNORECASE,
)
KNOWN_BY = re.compile(
    r"\b(?:experiment|a/b|control (?:group|arm)|compared (?:to|with)|before and after|before|vs\.?|versus|baseline|"
    r"against|"
    r"measured|after (?:we|i|the|my)|target|exceeded|sla|within|previously|from)\b|→|->",
    re.IGNORECASE,
)
IMPACT = re.compile(
    r"\b(?:users?|customers?|clients?|revenue|tickets?|saved|savings?|cost\w*|sales|team|company|business|manager|"
    r"promoted|"
    r"onboard\w*|hires?|adopted|template|roadmap|retention|stakeholders?|colleagues?|engineers?|product|"
    r"other (?:teams|products)|"
    r"series [a-d]|money|million|loss|transactions?|complain\w*|support|all-hands|conversion\w*|converted|pages?)\b|"
    r"[$€£]",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Told:
    """One sentence of a story.

    Attributes:
        start, end: where it stands.
        text: its words.
        part: what it tells; None for a heading, code, or an aside.
        labelled: whether a heading says so.
        actor: who acts in it.
        vague: whether it acts without saying what was done.
    """

    start: int
    end: int
    text: str
    part: Part | None
    labelled: bool
    actor: Actor
    vague: bool = False


def tell(text: str) -> list[Told]:
    """Return the story's sentences with what each tells."""
    spans = sentences(text)
    labels: list[tuple[Part | None, bool, int]] = []
    current: Part | None = None
    for span in spans:
        label, rest = _label(text[span.start : span.end])
        current = label or current
        labels.append(
            (current, label is not None and rest >= span.end - span.start, span.start + (rest if label else 0))
        )
    named = len({part for part, _, _ in labels if part}) >= 2
    told: list[Told] = []
    acted = False
    for span, (label, heading, start) in zip(spans, labels, strict=True):
        sentence = text[start : span.end].replace("\n", " ")
        if heading or not content(sentence):
            continue
        actor = _actor(sentence)
        acts = actor != "" or (_BARE.match(sentence) is not None and len(content(sentence)) >= 2)
        early = len(told) < len(spans) / 2
        part = _labelled(label, sentence) if named and label else _unlabelled(sentence, actor, acted=acted, early=early)
        if part == "situation" and actor and any(one.part == "task" for one in told):
            part = "action"
        acted = acted or part == "action"
        vague = acts and (_VAGUE.search(sentence) is not None or len(content(sentence)) < 3)
        told.append(Told(start, span.end, sentence, part, named and label is not None, actor, vague))
    return _first_things_first(told)


def quantities(text: str) -> list[str]:
    """Return the amounts in a text: numbers with a unit, a currency, a percentage, or a decimal."""
    return [match[0] for match in _AMOUNT.finditer(text)]


_NUMBER_WORD = (
    r"(?:(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[- ](?:one|two|three|four|five|six|seven|eight|"
    r"nine))?|"
    r"one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|half a|a hundred|hundred|several hundred)"
)
_UNIT = (
    r"(?:%|percent(?:age points?)?|points?|ms|milliseconds?|s\b|secs?\b|seconds?|minutes?|hours?|days?|weeks?|"
    r"months?|years?|"
    r"million|billion|thousand|k\b|m\b|x\b|times|fold|gb|tb|mb|qps|requests?|users?|customers?|documents?|queries|"
    r"tickets?|"
    r"dollars?|euros?|pounds?|people|engineers?|hires?|issues?|products?|teams?|incidents?|accuracy|ctr|precision|"
    r"recall)"
)
_AMOUNT = re.compile(
    rf"[$€£]\s?\d[\d,.]*\s?(?:[kKmMbB]\b|million|billion|thousand)?|\b\d[\d,]*(?:\.\d+)?\s?{_UNIT}|\b\d+\.\d+\b|"
    rf"\b\d{{2,}}[\d,]*\b|"
    rf"\b{_NUMBER_WORD}\s+{_UNIT}",
    re.IGNORECASE,
)
_N = rf"(?:[<>≥≤~$€£]*\s?\d[\d,.]*\s?\+?\s?(?:{_UNIT})?|{_NUMBER_WORD}(?:\s+{_UNIT})?)"
PAIR = re.compile(
    rf"\bfrom\s+(?:\w+\s+){{0,3}}?{_N}[^.\n]{{0,60}}?(?:\bto\b|→|->|\bdown to\b|\bup to\b)\s*(?:\w+\s+){{0,3}}?{_N}|"
    rf"{_N}\s*(?:→|->)\s*{_N}|"
    rf"{_N}[^.\n]{{0,60}}\b(?:vs\.?|versus|compared (?:to|with)|against|instead of|up from|down from|"
    rf"before)\b[^.\n]{{0,40}}|"
    rf"\b(?:was|were|had been)\s+{_N}[^.\n]{{0,80}}\b(?:now|is|are|became|after)\b[^.\n]{{0,30}}{_N}|"
    rf"\b(?:by|another)\s+{_N}",
    re.IGNORECASE,
)


def _label(sentence: str) -> tuple[Part | None, int]:
    """Return the part that the sentence's first words name as a heading, and where the rest begins."""
    match = _LABEL.match(sentence)
    if match is None:
        return None, 0
    part = _LABELS.get(match[1].strip().lower())
    return part, match.end() if part else 0


def _actor(sentence: str) -> Actor:
    ours = [match for match in _I_ACTED.finditer(sentence) if match[1].lower() not in _STATE]
    theirs = [match for match in _WE_ACTED.finditer(sentence) if match[1].lower() not in _STATE]
    if ours and (not theirs or ours[0].start() < theirs[0].start()):
        return "I"
    if theirs:
        return (
            "we"
            if re.match(r"\s*(?:we|the team|my team|our team|everyone)\b", theirs[0][0], re.IGNORECASE)
            else "others"
        )
    return ""


def _labelled(label: Part, sentence: str) -> Part:
    if (
        label in {"result", "action"}
        and (_LESSON.search(sentence) or _SINCE.search(sentence))
        and re.search(r"\bI\b", sentence)
    ):
        return "reflection"
    return label


def _unlabelled(sentence: str, actor: Actor, *, acted: bool, early: bool) -> Part | None:
    """Return what a sentence tells, by its words and by whether anything has been done yet."""
    if HYPOTHETICAL.search(sentence) and not _LESSON.search(sentence) and actor != "I":
        return None
    own_habit = _SINCE.search(sentence) is not None and re.search(r"\b(?:I|we)\b", sentence) is not None
    if acted and (own_habit or (_LESSON.search(sentence) and not _RESULT_PHRASE.match(sentence.strip()))):
        return "reflection"
    if _TASK.search(sentence) and (not acted or (early and actor == "")):
        return "task"
    outcome = _OUTCOME.search(sentence) is not None or _FEELING.search(sentence) is not None
    if acted and outcome and (actor != "I" or _RESULT_PHRASE.search(sentence)):
        return (
            "result" if actor in {"", "others"} or _RESULT_PHRASE.search(sentence) or quantities(sentence) else "action"
        )
    if acted and _RESULT_PHRASE.search(sentence) and actor != "I":
        return "result"
    if actor in {"I", "we"} or (_BARE.match(sentence) and len(content(sentence)) >= 2):
        return "action" if acted or not _setting_only(sentence, actor) else "situation"
    if not acted:
        return "situation"
    if _LESSON.search(sentence) or _COMMONPLACE.search(sentence):
        return "reflection"
    return "action" if actor == "others" or _PASSIVE.search(sentence) else None


_ROLE = re.compile(
    r"\bI\s+(?:led|ran|managed|maintained|inherited|took over|was|joined)\b[^.]{0,60}\b(?:work|team|efforts?|"
    r"project|group|part|side|"
    r"models?|systems?|pipelines?|service)\b[^.]{0,40}\b(?:at|for|in|of)\b",
    re.IGNORECASE,
)


def _setting_only(sentence: str, actor: Actor) -> bool:
    """Whether somebody acts in a sentence that only sets the scene ("we built a system that …")."""
    if actor == "I" and _ROLE.search(sentence):
        return True
    return (
        actor == "we"
        and SETTING.search(sentence) is not None
        and (
            TROUBLE.search(sentence) is not None
            or re.search(r"\b(?:at|in|for) (?:a|an|my|our)\b", sentence, re.IGNORECASE) is not None
        )
    )


def _first_things_first(told: list[Told]) -> list[Told]:
    """Return the sentences with a late ending recognised: an outcome without an actor in the last third."""
    if any(one.part == "result" for one in told):
        return told
    last = [i for i, one in enumerate(told) if not one.labelled and i >= 2 * len(told) / 3]
    acted = any(one.part == "action" for one in told)
    return [
        Told(one.start, one.end, one.text, "result", one.labelled, one.actor, one.vague)
        if acted
        and i in last
        and one.part in {None, "situation"}
        and (_OUTCOME.search(one.text) or _FEELING.search(one.text))
        else one
        for i, one in enumerate(told)
    ]


def is_feeling(sentence: str) -> bool:
    """Whether an ending is only a feeling: nothing in it could be checked."""
    return _FEELING.search(sentence) is not None and not quantities(sentence) and not _OUTCOME.search(sentence)


def lesson_kind(sentence: str) -> tuple[bool, bool, bool]:
    """Return whether a sentence holds a lesson, a change of practice since, and whether it is only a commonplace."""
    common = _COMMONPLACE.search(sentence) is not None and len(set(words(sentence))) < 30
    return _LESSON.search(sentence) is not None, _SINCE.search(sentence) is not None, common
