"""The candidate's words as data: cleaned, fenced, and searched for attempts to speak to the model instead.

What a person types may be addressed to the model that reads it. Three things are done about it in code: characters that
nobody can see are removed, marks that could end the fence or pass for a chat template are broken, and text that looks
like an order is reported, so that the model is not asked to judge it.
"""

from __future__ import annotations

import re
import unicodedata

from evaluators.text.encoded import encoded
from evaluators.text.gates import addressed_to_the_grader

MOST = 20_000  # characters
_KEPT = frozenset("\n\t")
# Anything that reads like an opening bracket of a tag, in any of the forms that Unicode has for it.
_FENCE = re.compile(r"[<＜﹤‹〈⟨]\s*(/?)\s*(?=candidate)", re.IGNORECASE)
_TEMPLATE_MARKS = re.compile(
    r"<\|[^|\n]{0,40}\|?>|\[/?(?:INST|SYS(?:TEM)?)\]|<</?SYS>>|</?s>|<(?:start|end)_of_turn>", re.IGNORECASE
)
_ORDERS = re.compile(
    # who is meant
    r"\b(?:dear|hey|note (?:to|for)|message (?:to|for)|attention|memo to)\s+(?:the\s+)?(?:\w+\s+){0,2}"
    r"(?:ai|llm|model|grader|evaluator|judge|assistant|assessor|reviewer|interviewer|system|examiner)\b"
    r"|\b(?:you are|act as|pretend (?:to be|you(?:'re| are))|role[- ]?play|you(?:'re| are) now"
    r"|imagine you(?:'re| are))\s+"
    r"(?:now\s+)?(?:an?|the|my)?\s*(?:\w+\s+){0,3}(?:ai|llm|model|grader|evaluator|judge|assistant|dan"
    r"|examiner|grandmother|professor)\b"
    # what is wanted
    r"|\b(?:ignore|disregard|forget|override|bypass|skip|set aside|do not follow|stop following)\b[^.\n]{0,40}"
    r"\b(?:instruct\w*|prompt|rubric|rules?|guidelines?|criteria|above|previous|prior|earlier|everything)\b"
    r"|\b(?:reveal|repeat|print|show|tell me|output|recite|leak|translate|summari[sz]e|paste|dump|disclose"
    r"|what (?:is|are|was|were))\b"
    r"[^.\n]{0,40}\b(?:(?:your|the|system|hidden|secret|initial|original|full) )+"
    r"(?:system |hidden |grading |scoring |marking |initial |original )*"
    r"(?:prompts?|instructions?|rubric|reference answer|key points?|model answer|anchors?|criteria"
    r"|answer key|messages?)\b"
    r"|\b(?:give|award|assign|grant|grade|rate|mark|score|set|assume|treat|consider|record|return|report"
    r"|write|answer with|respond with|put)\b"
    r"[^.\n]{0,60}\b(?:full|max(?:imum)?|perfect|highest|top|five|5|10|100|a\+|excellent|strong hire|passed)\b"
    r"[^.\n]{0,30}\b(?:marks?|scores?|points?|grades?|credit|criteri\w+|rating|everywhere|everything|stars?|all)\b"
    r"|\b(?:scores?|grades?|ratings?|marks?|verdict|criteri\w+|evaluation)\b[^.\n]{0,30}(?:=|:|\bis\b"
    r"|\bof\b|\bto\b|\bwas\b|\bmust\b)\s*[^.\n]{0,20}"
    r"(?:\b5\b|\bfive\b|\b10\b|\b100\b|\bperfect\b|\bmax(?:imum)?\b|\bfull\b|\bstrong hire\b)"
    r"|\bstrong hire\b|\b(?:scoring|grading|judging|evaluation) (?:guide|note|rubric|instruction|override|update)s?\b"
    r"|\b(?:new|updated|revised|official|corrected) (?:rubric|instructions?|scoring|grading|system|policy)\b"
    r"|\b(?:developer|debug|maintenance|admin|root|god|jailbreak|dan|sudo) mode\b|\bsudo\b|\bjailbreak\b"
    r"|\b(?:end|begin|start|close|stop) (?:of )?(?:the )?(?:candidate|answer|transcript|system|user"
    r"|instructions?|prompt)\b"
    r"|^\W{0,6}(?:system|assistant|developer|judge|grader|evaluator|interviewer|human|user)\W{0,4}:"
    r"|\b(?:previous(?:ly)?|prior|earlier|other|second|senior|human) (?:\w+ ){0,2}(?:judge|grader|evaluator"
    r"|reviewer|assessor|examiner)s?\b"
    r"|\"?(?:score|overall|grade|quotes|verdict)\"?\s*[:=]\s*[\"']?(?:5|10|100|\[|max|full|perfect|strong)"
    r"|\b(?:gets?|earns?|worth|receives?|deserves?|gives?|awards?|says?)\b[^.\n]{0,30}"
    r"\b(?:full|max(?:imum)?|top|highest|perfect|five)\b[^.\n]{0,20}\b(?:points?|marks?|scores?|credit|everything|grades?)\b"
    r"|\b(?:evaluator|grader|judge|grading|score) (?:notes?|requests?)\b"
    r"|\b(?:score|grade|mark) (?:this |the |my )?(?:\w+ )?5\b"
    r"|```(?:json|system)|<!--|/\*|\bbegin\s+(?:system|instructions?)\b|\{\{|\{%",
    re.IGNORECASE | re.MULTILINE,
)
# Words of marks and orders in other languages; those that are orders by themselves are known to the gates.
_FOREIGN = re.compile("指示|無視して|スコア|점수|무시|игнорир|оценк|балл|максимальн|الدرجة|अंक|निर्देश", re.IGNORECASE)


def clean(text: str) -> str:
    """Return the text without control, invisible and direction characters, as most readers would see it."""
    kept = (c for c in text[:MOST] if c in _KEPT or unicodedata.category(c) not in {"Cc", "Cf", "Co", "Cs", "Cn"})
    return "".join(kept)


def fence(text: str, *, name: str = "candidate") -> str:
    """Return the candidate's text between two marks that it cannot contain itself; meant for a human message only."""
    inside = _FENCE.sub(r"(\1", clean(text))
    inside = _TEMPLATE_MARKS.sub(lambda m: " ".join(re.findall(r"\w+|[^\w\s]", m[0])), inside)
    return f"<{name}>\n{inside.strip() or '(nothing)'}\n</{name}>"


def suspicion(text: str) -> str:
    """Return why the text may be addressed to the model that reads it; empty for an ordinary answer.

    A false alarm costs little: the offline score then stands, and the reader is told.
    """
    read = text[:MOST]
    if any(_is_hidden(c) for c in read):
        return "characters that nobody can see"
    plain = " ".join(unicodedata.normalize("NFKC", clean(read)).split(" "))
    for told in (plain, _without_marks(plain), _unspaced(plain)):
        if addressed_to_the_grader(told) or _ORDERS.search(told) or _FOREIGN.search(told):
            return "words addressed to whoever grades"
    if encoded(plain):
        return "encoded text"
    rotated = plain.translate(_ROT13)
    if addressed_to_the_grader(rotated) or _ORDERS.search(rotated) or _ORDERS.search(plain[::-1]):
        return "encoded text"
    return ""


def _is_hidden(character: str) -> bool:
    if character in "\ufeff\u200d\u00ad":  # a byte-order mark, the joiner of emoji, a soft hyphen: harmless, pasted
        return False
    return unicodedata.category(character) in {"Cf", "Co"}


def _without_marks(text: str) -> str:
    """Return the text with look-alike letters as Latin ones, digits in words as letters, accents and emphasis gone."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_LOOKALIKES))
    bare = "".join(c for c in decomposed if unicodedata.category(c) != "Mn")
    bare = re.sub(r"[*_`~#>|]+", "", bare)
    return re.sub(r"(?<=[A-Za-z])[013457@$](?=[A-Za-z])|\b[013457@$](?=[A-Za-z]{2})", lambda m: _LEET[m[0]], bare)


def _unspaced(text: str) -> str:
    """Return the text with words that were s p a c e d or d.o.t.t.e.d put together."""
    return re.sub(r"\b(?:\w[ .\-_]){3,}\w\b", lambda match: re.sub(r"[ .\-_]", "", match[0]), text)


_LEET = {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s"}
_LOOKALIKES = str.maketrans(
    "аеорсухіјѕԁгіпкмтвнАЕОРСУХІКМТВНοαερτιυνκΑΒΕΗΙΚΜΝΟΡΤΥΧ", "aeopcyxijsdrinkmtbhAEOPCYXIKMTBHoaeptiuvkABEHIKMNOPTYX"
)
_ROT13 = str.maketrans(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", "NOPQRSTUVWXYZABCDEFGHIJKLMnopqrstuvwxyzabcdefghijklm"
)
