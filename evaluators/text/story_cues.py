"""What the parts of a story sound like: the words by which a sentence is taken for a task, a result, a lesson…

Every pattern names something that stands in the text, so that whatever rests on it can be quoted. Stories are told in
the past, and by some in the present ("so I check the deploys"), in notes without a subject, and by people whose first
language is not English; the patterns take all of these.
"""

from __future__ import annotations

import re

from evaluators.text.language import word_list

PAST = r"(?:(?:[a-z]+-)?[a-z]+ed|" + "|".join(sorted(word_list("irregular_pasts"))) + r")"
ADVERBS = (
    r"(?:(?:also|then|first|next|finally|personally|quickly|simply|just|even|immediately|all|both|"
    r"[a-z]+ly)\s+)*"
)


def _any(*parts: str, flags: re.RegexFlag = re.IGNORECASE) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(parts)})", flags)


I_ACTED = re.compile(rf"\bI(?:['’]ve| have| had|['’]d)?\s+{ADVERBS}({PAST})\b")
WE_ACTED = re.compile(
    rf"\b(?:[Ww]e|[Tt]he team|[Mm]y team|[Oo]ur team|[Ee]veryone|[Tt]hey|[Ss]he|[Hh]e)(?:['’]ve| have)?\s+"
    rf"{ADVERBS}({PAST})\b"
)
I_ACT_NOW = re.compile(rf"\bI\s+{ADVERBS}([a-z]+)\b")
NAMED_TIME = _any(
    r"ago\b", r"last (?:night|week|month|year|quarter|spring|summer|autumn|fall|winter)\b", r"(?:19|20)\d\d\b",
    r"that (?:day|night|evening|morning|week)\b", r"(?:black friday|christmas|launch day|release day)\b",
)  # fmt: skip
CONTINUED = re.compile(rf"(?:,|;|\band\b|\bthen\b)\s+(?:also\s+|then\s+)?({PAST})\b(?! (?:on|by|to)\b)")
BARE = re.compile(rf"^[\s*_\-•\d.)]*(?:[A-Z][\w /()-]{{2,60}}?[*_]*\s*:[*_]*\s*)?({PAST})\b", re.IGNORECASE)
PASSIVE = re.compile(rf"\b(?:was|were|been|got)\s+(?:[a-z]+ly\s+)?(?:{PAST})\b")
VAGUE = _any(
    r"worked (?:on|hard|closely|together)\b", r"look(?:ed)? (?:into|at)\b", r"dealt with\b",
    r"tried (?:a|some|many|different|various|things|to)\b", r"handled (?:it|things|everything)\b",
    r"helped (?:out|the team)\b", r"communicated\b", r"used some\b", r"did (?:some|a lot|my best)\b",
    r"(?:fixed|solved) (?:it|the (?:bug|problem|issue))\W*$",
)  # fmt: skip

_ASKER = r"(?:manager|boss|lead|director|head of \w+|cto|ceo|vp|team|client|customer|product owner|stakeholders?)"
TASK = _any(
    r"(?:had|needed|wanted|was expected|was supposed) to\b(?! (?:be honest|say|admit))",
    r"my (?:task|job|goal|role|responsibility|objective|mission|target|assignment)\b",
    r"the (?:goal|task|objective|target|requirement|ask|challenge) (?:was|is)\b",
    r"(?:was|were|been|got) (?:asked|tasked|told|assigned|given|charged)\b", r"asked me to\b", r"in charge of\b",
    rf"(?:my|our|the) {_ASKER} (?:wanted|wants|needed|needs|asked|asks|expected|gave me|told me to)\b",
    r"responsible (?:for|to)\b", r"it was (?:up to me|on me)\b", r"i owned\b", r"success (?:meant|would mean)\b",
    r"deadline\b",
    r"i(?:['’]ve got| have| had) (?:only |just |about |maybe )?(?:\S+ )?\S+ (?:minutes?|hours?|days?|weeks?|months?) "
    r"(?:to|before|until|till|left|for)\b",
)  # fmt: skip
RESULT_PHRASE = _any(
    r"as a result\b", r"in the end\b", r"at the end\b", r"the (?:result|outcome|impact|upshot)\b", r"ultimately\b",
    r"eventually\b", r"finally we\b", r"it (?:ended|turned out|worked out|paid off)\b", r"since (?:launch|then)\b",
    r"after (?:the )?(?:launch|rollout|release|that|this|deploy\w*)\b", r"by the end\b", r"today\b", r"to this day\b",
    r"which (?:meant|led|resulted|saved|gave|brought)\b", r"resulting in\b", r"led to\b", r"meant that\b",
    r"within (?:\w+ ){1,3}(?:hours|days|weeks)\b", r"ended up\b", r"thanks to (?:this|that)\b",
    r"(?:\w+ ){1,2}(?:minutes|hours|days|weeks|months) (?:later|after)\b", r"half a year later\b",
)  # fmt: skip
OUTCOME = _any(
    r"(?:improve|increase|recover|decrease|reduce|exceed|stay|pass|achieve|finish|succeed|convert)(?:d|ed|s|es)?\b",
    r"(?:rose|rises|grew|grows|climb(?:ed|s)|jump(?:ed|s)|doubled|tripled|halved|fell|falls|dropped|drops|cuts?)\b",
    r"(?:went|goes|gone) (?:up|down|from|out)\b", r"(?:changed|moved|came|comes|is|are|was|were) (?:back|down|from)\b",
    r"(?:we|it|they|everything)(?:['’]re|['’]s) (?:back|down|up)\b", r"in time\b",
    r"(?:saved|prevented|avoided|secured|signed|won|promoted|hit|reached|beat|met|handled|launched|shipped|adopted)\b",
    r"(?:became|caught|closed|renewed|accepted|rejected|cancelled|lost|stopped|disappeared|vanished|no longer)\b",
    r"(?:presented|influenced|retained|delivered|thrived|gained|earned|raised|took over|landed)\b",
    r"brought (?:\w+ ){1,4}(?:down|up|to)\b", r"is (?:now|still) (?:used|running)\b", r"are (?:now|still) us\w+",
    r"(?:improvement|reduction|savings?)\b",
)  # fmt: skip
FEELING = _any(
    r"worked out(?: (?:well|fine|great))?\b", r"went (?:well|great|fine|smoothly)\b",
    r"(?:every(?:body|one)|they|we|all|team|boss|manager|stakeholders?) (?:was|were|felt) (?:very |really |so |all )?"
    r"(?:happy|pleased|satisfied|glad|relieved|proud|impressed)\b",
    r"success(?:ful|fully)?\b", r"turned out (?:well|fine|great)\b",
)  # fmt: skip
LESSON = _any(
    r"(?:i|we)(?:['’]ve| have)? learn(?:ed|t)\b", r"^learn(?:ed|t)\b", r"learn(?:ed|t) (?:that|to|how)\b",
    r"lessons?\b", r"taught me\b", r"looking back\b", r"in (?:hindsight|retrospect)\b",
    r"with hindsight\b", r"reali[sz]ed\b", r"take ?aways?\b", r"(?:would|should|could) have\b",
    r"(?:would|['’]d) (?:now |also )?(?:do|start|have|ask|begin|handle|approach|talk|speak)(?: [\w'’]+){0,6} "
    r"(?:differently|earlier|sooner|first|alone)\b",
    r"next time\b", r"if i (?:did|could|had to|were to)\b", r"my mistake\b", r"i underestimated\b",
    r"i had(?:n['’]t)? (?:missed|assumed|overlooked|seen)\b", r"i (?:missed|overlooked) ",
    r"i (?:now )?understood (?:that|how|why)\b", r"what i (?:took|take)\b",
    r"i (?:took|take) (?:away )?from (?:it|that|this)\b",
)  # fmt: skip
SINCE = _any(
    r"since then\b", r"ever since\b", r"from then on\b", r"these days\b", r"nowadays\b", r"now i\b", r"i now\b",
    r"i always\b", r"i(?:['’]ve| have) (?:since|made it)\b", r"(?:every|each) (?:project|launch|time) since\b",
    r"after that i (?:always|never)\b", r"today i\b", r"i never\b[^.]{0,40}\bwithout\b", r"has become (?:my|a) habit\b",
    r"i still (?:use|do|apply)\b", r"(?:made|makes) it a (?:habit|rule|practice)\b",
    r"i [a-z]+\b[^.]{0,50}\b(?:now|like that now|these days)\s*[.!]?$",
)  # fmt: skip
COMMONPLACE = _any(
    r"communication is\b", r"team ?work is\b", r"learn(?:ed|t) a lot\b", r"never give up\b", r"hard work\b",
    r"team player\b", r"(?:is|are) (?:very |really |so |the most )?(?:important|key|crucial|essential)(?: thing)?\b",
)  # fmt: skip

HYPOTHETICAL = re.compile(
    r"\b(?:I|we)(?:['’]d| would| could| might| will|'ll)\b(?! (?:not\b|like to (?:tell|share|talk)|say|call|have\b))",
    re.IGNORECASE,
)
GENERAL = _any(
    r"i (?:always|usually|generally|typically|often|tend to|believe|think|feel)\b", r"in general\b",
    r"(?:people|one) should\b", r"you (?:should|have to|need to|must|always)\b",
    r"it(?:['’]s| is) (?:always |very |really )?(?:important|essential|crucial|key)\b", r"my philosophy\b",
    r"my approach is\b", r"in my opinion\b",
)  # fmt: skip
BLAME = _any(
    r"(?:his|her|their|management['’]?s|the team['’]?s|my (?:manager|boss|colleague|teammate)['’]?s) "
    r"(?:fault|mess|incompetence|mistakes?)\b",
    r"(?:fault|mistake) of (?:the|my|another)\b", r"not my (?:fault|problem|job)\b", r"nothing to do with me\b",
    r"(?:incompetent|useless|lazy|clueless|stupid)\b",
    r"(?:they|he|she|management|nobody|my (?:manager|boss|colleagues?|teammates?)) (?:refused|never (?:listened|"
    r"understood|helped)|didn['’]?t (?:listen|care|understand|bother)|messed|screwed|ruined|blew)\b",
    r"blame[sd]? (?:him|her|them|the)\b",
)  # fmt: skip

TROUBLE = _any(
    r"(?:problem|issue|trouble|fail\w*|broke\w*|bug|outage|incident|down|slow\w*|drop\w*|declin\w*|fell|spik\w*)\b",
    r"(?:stuck|struggl\w*|only|unusable|complain\w*|wrong|poor\w*|low|worse\w*|degrad\w*|crash\w*|error\w*)\b",
    r"(?:block\w*|delay\w*|late|miss\w*|disagree\w*|conflict\w*|demorali[sz]ed|concern\w*|unhappy|frustrat\w*)\b",
    r"(?:expensive|overload\w*|crept|time[ds]? out|behind|bottleneck|false positives?|churn\w*|confus\w*|argu\w*)\b",
    r"(?:against|risk\w*|lost|losing|leak\w*|drift\w*|stale|noisy|drown\w*|suffer\w*)\b",
    r"(?:nobody (?:could|knew)|could(?:n['’]t| not)|under \d|goes? from|different|whether it was|zeros?|by hand)\b",
    r"(?:manual\w*|waste\w*|too (?:many|much|long|late)|explod\w*|convinced|disagreement)\b",
)  # fmt: skip
STAKES = re.compile(
    r"\b(?:users?|customers?|clients?|revenue|money|cost\w*|deadline|quarter\w*|weeks?|days?|months?|tickets?|"
    r"traffic|requests?|fundrais\w*|series [a-d]|launch|sales?|stakeholders?|engagement|pilot|million|thousand|orders?|"
    r"transactions?|patients?|team|conversion|switched off)\b|[$€£]",
    re.IGNORECASE,
)
SETTING = _any(
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
CHOICE = _any(
    r"(?:because|since|so that|in order to|instead of|rather than|chose|choice|decided|therefore)\b",
    r"over (?:the|a)\b", r"trade-?offs?\b", r"(?:alternatives?|options?)\b", r"not to \w+", r"without (?:a|any)\b",
)  # fmt: skip
REASON = _any(
    r"(?:found|discovered|identified|noticed|saw|turned out|root cause|based on|due to|showed (?:that|me)|so i)\b",
    r"(?:revealed|traced|compared|verified|confirmed|hypothes\w+|i see that|came from)\b",
    r"which (?:told|showed|meant|gave)\b", r"(?:to capture|enabling|causing)\b",
)  # fmt: skip
KNOWN_BY = re.compile(
    r"\b(?:experiment|a/b|control (?:group|arm)|compared (?:to|with)|before and after|before|vs\.?|versus|baseline|"
    r"against|measured|after (?:we|i|the|my)|target|exceeded|sla|within|previously|from)\b|→|->",
    re.IGNORECASE,
)
IMPACT = re.compile(
    r"\b(?:users?|customers?|clients?|revenue|tickets?|saved|savings?|cost\w*|sales|team|company|business|manager|"
    r"promoted|onboard\w*|hires?|adopted|template|roadmap|retention|stakeholders?|colleagues?|engineers?|product|"
    r"other (?:teams|products)|series [a-d]|money|million|loss|transactions?|complain\w*|support|all-hands|"
    r"conversion\w*|converted|pages?|mail|mentored|interns?|readers?|patients?)\b|[$€£]",
    re.IGNORECASE,
)

_NUMBER_WORD = (
    r"(?:(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[- ](?:one|two|three|four|five|six|seven|eight|"
    r"nine))?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|half a|a hundred|hundred|"
    r"several hundred)"
)
_UNIT = (
    r"(?:%|percent(?:age points?)?|points?|ms|milliseconds?|s\b|secs?\b|seconds?|minutes?|hours?|days?|weeks?|"
    r"months?|years?|million|billion|thousand|k\b|m\b|x\b|times|fold|gb|tb|mb|qps|requests?|users?|customers?|"
    r"documents?|queries|tickets?|dollars?|euros?|pounds?|people|engineers?|hires?|issues?|products?|teams?|incidents?|"
    r"accuracy|ctr|precision|recall)"
)
NUMBER = re.compile(r"\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|twelve|dozens?|hundreds?)\b", re.IGNORECASE)
AMOUNT = re.compile(
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
    rf"\b(?:by|another)\s+(?:[~$€£]*\d|{_NUMBER_WORD}\s+{_UNIT})",
    re.IGNORECASE,
)
