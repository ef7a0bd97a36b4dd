"""What the scene of a story sounds like: the trouble, what was at stake, where it was, and who the teller was in it."""

from __future__ import annotations

import re

from evaluators.story.cues import any_of

TROUBLE = any_of(
    r"(?:problem|issue|trouble|fail\w*|broke\w*|bug|outage|incident|down|slow\w*|drop\w*|declin\w*|fell|spik\w*)\b",
    r"(?:stuck|struggl\w*|only|unusable|complain\w*|wrong|poor\w*|low|worse\w*|degrad\w*|crash\w*|error\w*)\b",
    r"(?:block\w*|delay\w*|late|miss\w*|disagree\w*|conflict\w*|demorali[sz]ed|concern\w*|unhappy|frustrat\w*)\b",
    r"(?:expensive|overload\w*|crept|time[ds]? out|behind|bottleneck|false positives?|churn\w*|confus\w*|argu\w*)\b",
    r"(?:against|risk\w*|lost|losing|leak\w*|drift\w*|stale|noisy|drown\w*|suffer\w*)\b",
    r"(?:nobody (?:could|knew)|could(?:n['’]t| not)|under \d|goes? from|different|whether it was|zeros?|by hand)\b",
    r"(?:manual\w*|waste\w*|too (?:many|much|long|late)|explod\w*|convinced|disagreement|idle|queue[ds]?)\b",
    r"wait(?:ed|ing)?\b", r"(?:threaten\w*|had left)\b", r"(?:stopp(?:ed|ing)|angr(?:y|ier)|furious|loud)\b",
    r"(?:twice|three times|half) as\b",
    # Most troubles are told by what did not happen or what it took.
    r"(?:not|nobody|no one|never|none)\b", r"(?:\w+n['’]t)\b", r"(?:cost|takes?|took) \S*\s?\d", r"off by\b",
    r"one in \w+", r"(?:cancel|doubl|burn)\w*\b", r"more than (?:planned|expected)\b",
)  # fmt: skip
STAKES = re.compile(
    r"\b(?:users?|customers?|clients?|revenue|money|cost\w*|deadline|quarter\w*|weeks?|days?|months?|tickets?|"
    r"traffic|requests?|fundrais\w*|series [a-d]|launch|sales?|stakeholders?|engagement|pilot|million|thousand|orders?|"
    r"transactions?|patients?|team|conversion|switched off|night|overnight|morning)\b|[$€£]",
    re.IGNORECASE,
)
# What can be said of any project, and so names none.
ANYBODYS = re.compile(
    r"(?:big|huge|large|important|challenging|difficult|hard|complex|great|good|bad|new|old|real|really|very|certain|"
    r"proud|last|previous|current|former|company|job|role|project|initiative|team|people|colleagues?|stakeholders?|"
    r"management|manager|lots?|things?|kind|sort|way|time|years?|work(?:ed|ing)?|problems?|issues?|challenges?|"
    r"trouble|situation|state|visibility|pressure|lost|came|went|got|wanted|needed|model|system|production|business|"
    r"customers?|clients?|performance|performing|quality|better|well|just|quite|many|several|some|different|everybody|"
    r"everyone|nobody|always|sometimes|basically|actually|one|day|i['’]m|wasn['’]t|didn['’]t)",
    re.IGNORECASE,
)
SETTING = any_of(
    r"(?:system|model|service|pipeline|platform|product|app|application|api|database|cluster|search|engine|feature)s?\b",
    r"(?:startup|start-up|company|team|project|engineer|intern|colleague|teammate|manager|lab|shop|bank|hospital)s?\b",
    r"(?:marketplace|classifier|dashboard|data|retailer|schema|loader|software|recommendations?|ranking)s?\b",
)  # fmt: skip
SCENE = re.compile(
    r"^\W*(?:so |well |and |but )?(?:at the time|back then|in my (?:\w+ )?(?:job|company|role|team)|"
    r"when i (?:joined|started|came|took over|inherited|got)\b|i (?:was|am) (?:the|an?|on|one)\b|"
    r"i['’]m (?:the|an?|on|one)\b|it(?:['’]s| was) |there (?:was|were)\b|"
    r"(?:my|the|our) (?:\w+ ){0,3}(?:was|is) (?:an?|the|about)\b|(?:the )?problem was)",
    re.IGNORECASE,
)
ROLE = re.compile(
    r"\bI\s+(?:led|ran|managed|maintained|inherited|took over|was (?:the|an?|on)|joined|owned)\b[^.]{0,60}"
    r"\b(?:work|team|efforts?|project|group|part|side|models?|systems?|pipelines?|service)\b",
    re.IGNORECASE,
)
