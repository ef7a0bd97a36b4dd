"""What the parts of a story sound like: the words by which a sentence is taken for a task, a result, a lesson…

Every pattern names something that stands in the text, so that whatever rests on it can be quoted. Stories are told in
the past, and by some in the present ("so I check the deploys"), in notes without a subject, and by people whose first
language is not English; the patterns take all of these.
"""

from __future__ import annotations

import re

from evaluators.text.language import word_list

PAST = r"(?:(?:[a-z]+-)?[a-z]+ed|" + "|".join(sorted(word_list("irregular_pasts"))) + r")"
STATE = "|".join(sorted(word_list("verbs_of_state")))
ADVERBS = (
    r"(?:(?:also|then|first|next|finally|just|even|all|both|basically|actually|kind of|sort of|still|once|only|"
    r"[a-z]+ly)\s+)*"
)


def any_of(*parts: str, flags: re.RegexFlag = re.IGNORECASE) -> re.Pattern[str]:
    """Return the pattern of any of these from the start of a word; without regard to case, unless `flags` says so."""
    return re.compile(rf"\b(?:{'|'.join(parts)})", flags)


I_ACTED = re.compile(rf"\b[Ii](?:['’]ve| have| had|['’]d)?\s+{ADVERBS}({PAST})\b")
# Not "the packs that we took out": what is only described is no act.
WE_ACTED = re.compile(
    rf"(?<!\bthat )(?<!\bwhich )\b(?:[Ww]e|[Tt]he team|[Mm]y team|[Oo]ur team|[Ee]veryone|[Tt]hey|[Ss]he|[Hh]e)"
    rf"(?:['’]ve| have)?\s+{ADVERBS}({PAST})\b"
)
# "The board went with it", "Radiology went live": a name or a noun with its article, and what became of it.
EVENT = re.compile(
    rf"\b(?:(?:[Tt]he|[Oo]ur|[Mm]y|[Aa]|[Tt]hat one|[Aa]bout \S+)(?: [\w'’-]+){{0,4}}|"
    rf"[A-Z][a-z]+|[Tt]hey|[Ww]e|[Ii]t|all of them) "
    rf"(?:just |even |all |then |now )?(?:{PAST}|fell|gone|(?:has|have) (?:gone|been))\b"
)
I_ACT_NOW = re.compile(rf"\b[Ii]\s+{ADVERBS}([a-z]+)\b")
NAMED_TIME = any_of(
    r"ago\b", r"last (?:night|week|month|year|quarter|spring|summer|autumn|fall|winter)\b", r"(?:19|20)\d\d\b",
    r"(?:that|one) (?:day|night|evening|morning|week)\b", r"in (?:the )?(?:spring|summer|autumn|winter)\b",
    r"(?:black friday|christmas|launch day|release day)\b",
)  # fmt: skip
_SUBJECT = r"(?:[Ii]|we|he|she|they|it|you|nobody|everyone|there)(?=['’ ])"
_FINITE = rf"(?:{PAST}|is|are|was|were|has|had|did|does|do|can|could|would|will|goes|comes|gets|says|(?:\w+n['’]t))"
# "and the mail goes out", "but utilisation fell": a noun and its verb; not "and the variance of every channel".
_NO_NOUN = rf"(?:{PAST}|that|which|who|where|when|of|to|in|on|for|by|with|from|is|are|was|were)\b"
_NOUN = rf"(?:(?!{_NO_NOUN})[\w'’-]+ ){{1,4}}{_FINITE}\b"
NEXT_CLAUSE = re.compile(
    rf"(?:[,;:]\s+|\s+)(?=(?:and|but|so) (?:then |also |after that |now )?(?:{_SUBJECT}|{_NOUN}))|;\s+|"
    r",\s+(?=(?:[Ii]|we|he|she|they|it)(?=['’ ]))|"
    rf",?\s+(?=then (?:{_SUBJECT}|{_NOUN}))"
)
SUBORDINATE = re.compile(
    r"\W*(?:and |but |so )?(?:ever since|before|after|when|whenever|if|since|while|once|as|because|until|although|"
    r"though|now|in|by|at|on|with|for|from|during|looking)\b[^,]*,?\s*$",
    re.IGNORECASE,
)
CONTINUED = re.compile(rf"(?:,|;|\band\b|\bthen\b)\s+(?:also\s+|then\s+)?({PAST})\b(?! (?:on|by|to)\b)")
BARE = re.compile(rf"^[\s*_\-•\d.)]*(?:[A-Z][\w /()-]{{2,60}}?[*_]*\s*:[*_]*\s*)?({PAST})\b", re.IGNORECASE)
PASSIVE = re.compile(rf"\b(?:was|were|been|got)\s+(?:[a-z]+ly\s+)?(?:{PAST})\b")
VAGUE = any_of(
    r"worked (?:on|hard|closely|together)\b", r"look(?:ed)? (?:into|at)\b", r"dealt with\b",
    r"tried (?:a|some|many|different|various|things|to)\b", r"handled (?:it|things|everything)\b",
    r"helped (?:out|the team)\b", r"communicated\b", r"used some\b", r"(?:some|most|parts) of (?:it|their|the)\b",
    r"did (?:some|a lot|my best)\b",
    r"(?:fixed|solved) (?:it|the (?:bug|problem|issue))\W*$",
)  # fmt: skip

_ASKER = r"(?:manager|boss|lead|director|head of \w+|cto|ceo|vp|team|client|customer|product owner|stakeholders?)"
TASK = any_of(
    r"(?:I|we|it|this|that|they|the \w+|[a-z]+s) (?:just |only |really |also )?"
    r"(?:had|have|needed|need|wanted|was expected|was supposed) "
    r"to\b(?! (?:be honest|say|admit|know|go back|explain|start|begin|mention))",
    r"(?:agreed|promised|committed|told (?:my |the |our )?\w+(?: \w+)?) (?:that )?(?:I|we)(?:['’]d| would)\b",
    r"asked (?:me )?(?:if|whether) (?:I|we) (?:could|would)\b", r"(?:I|we) (?:was|were)(?:n['’]t| not) allowed\b",
    # Somebody wants something of the teller: "wanted us to ship", "they wanted an answer by Monday", "give me this".
    r"(?<!I )(?:wanted|wants|want|expected|needed) (?:me|us|him|her|it|this|the)\b",
    r"(?<!I )(?:wanted|wants|want|expected|needed) an?\b(?=[^.]*\b(?:by|until|within|which|that|in)\b)",
    r"(?:told|g[ai]ves?) me\b",
    r"(?:asked|asks?|expected) (?:me|us) (?:to|for)\b", r"landed on (?:me|us)\b", r"I set myself\b",
    r"success (?:is|was|would be)\b", r"(?:my|our) (?:aim|deadline)\b",
    r"I(?:['’]m| was| am) (?:primary|in charge|on the hook)\b",
    r"my (?:task|job|goal|role|responsibility|objective|mission|target|assignment)\b",
    r"the (?:goal|task|objective|target|requirement|ask|challenge) (?:was|is)\b",
    r"(?:was|were|been|got) (?:asked|tasked|told|assigned|given|charged)\b", r"asked me to\b", r"in charge of\b",
    rf"(?:my|our|the) {_ASKER} (?:wanted|wants|needed|needs|asked|asks|expected|gave me|told me to)\b",
    r"I(?:['’]m| was| am| felt) responsible\b", r"can(?:n?['’]t)? (?:we|you) (?:do|fix|build|make|get|find)\b",
    r"it was (?:up to me|on me)\b", r"i owned\b", r"it was for me to\b", r"set (?:myself|ourselves)\b",
    r"success (?:meant|would mean)\b",
    r"deadline\b",
    r"i(?:['’]ve got| have| had) (?:only |just |about |maybe )?(?:\S+ )?\S+ "
    r"(?:minutes?|hours?|days?|weeks?|months?|quarters?)"
    r"(?: (?:to|before|until|till|left|for)\b|\W*$)",
)  # fmt: skip
# A goal need not be called one: it follows from a term that was set, or from what somebody must and must not do.
FOLLOWS = any_of(
    r"until (?:the )?(?:end|(?-i:[A-Z])\w+|next|\w+day)\b", r"by (?:the )?(?:end|(?:\w+ of )?(?-i:[A-Z])\w+)\b",
    r"must(?:n['’]t)?\b",
    r"(?:mandate|brief|assignment|ultimatum|target|mission|objective)\b", r"the responsible\b", r"in charge\b",
)  # fmt: skip
UNFINISHED = any_of(
    r"ongoing\b", r"can(?:not|['’]t) (?:tell|say)(?: \w+)? yet\b", r"in progress\b", r"not (?:yet )?finished\b"
)
GENERAL_AIM = any_of(r"(?:do|try|find) something\b", r"(?:improve|fix|solve) it\b", r"make it (?:work|better)\b")
FINDING = any_of(r"(?:i|we) (?:then |also |quickly )?(?:saw|see|noticed|found|realised|realized|discovered)\b")
RESULT_PHRASE = any_of(
    r"as a result\b", r"in the end\b", r"at the end\b", r"the (?:result|outcome|impact|upshot)\b", r"ultimately\b",
    r"eventually\b", r"finally we\b", r"it (?:ended|turned out|worked out|paid off)\b", r"since (?:launch|then)\b",
    r"after (?:the )?(?:launch|rollout|release|that|this|deploy\w*)\b", r"by the end\b", r"today\b", r"to this day\b",
    r"which (?:meant|led|resulted|saved|gave|brought)\b", r"resulting in\b", r"led to\b", r"meant that\b",
    r"within (?:\w+ ){1,3}(?:hours|days|weeks)\b", r"ended up\b", r"thanks to (?:this|that)\b",
    r"(?:\w+ ){1,2}(?:minutes|hours|days|weeks|months) (?:later|after)\b", r"half a year later\b",
    r"after a while\b", r"within the (?:week|month|day|hour)\b", r"no \w+(?: \w+)? (?:since|in a year)\b",
)  # fmt: skip
OUTCOME = any_of(
    r"(?:improve|increase|recover|decrease|reduce|exceed|stay|pass|achieve|finish|succeed|convert)(?:d|ed|s|es)?\b",
    r"(?:rose|rises|grew|grows|climb(?:ed|s)|jump(?:ed|s)|doubled|tripled|halved|fell|falls|dropped|drops|cuts?)\b",
    r"(?:went|goes|go|gone|got) (?:up|down|from|out|live|with)\b", r"(?:is|are)\b[^.]{0,30}\bnow\b",
    r"(?:it['’]s|is|are) now\b",
    r"rolled out\b", r"(?:extended|ticked|dropped|moved|walked away|back (?:to|at|under|below))\b",
    r"(?:was|were) gone\b", r"(?:changed|moved|came|comes|is|are|was|were) (?:back|down|from)\b",
    r"(?:we|it|they|everything)(?:['’]re|['’]s) (?:back|down|up)\b", r"in time\b",
    r"(?:saved|prevented|avoided|secured|signed|won|promoted|hit|reached|beat|met|handled|launched|shipped|adopted)\b",
    r"(?:became|caught|closed|renewed|accepted|rejected|cancelled|lost|stopped|disappeared|vanished|no longer)\b",
    r"(?:presented|influenced|retained|delivered|thrived|gained|earned|raised|took over|landed)\b",
    r"brought (?:\w+ ){1,4}(?:down|up|to)\b", r"is (?:now|still) (?:used|running)\b", r"are (?:now|still) us\w+",
    r"(?:improvement|reduction|savings?)\b",
)  # fmt: skip
# Somebody's decision is an ending, however short: "She went with ours", "They took mine".
DECIDED = any_of(
    r"(?:went with|took|chose|picked|kept|dropped|accepted|rejected) (?:ours|mine|theirs|hers|his|it|them)\b"
)
FEELING = any_of(
    r"worked out(?: (?:well|fine|great))?\b", r"went (?:well|great|fine|smoothly)\b",
    r"(?:every(?:body|one)|they|we|all|team|boss|manager|stakeholders?) (?:was|were|felt) (?:very |really |so |all )?"
    r"(?:happy|pleased|satisfied|glad|relieved|proud|impressed)\b",
    r"success(?:ful|fully)?\b", r"turned out (?:well|fine|great)\b",
)  # fmt: skip
LESSON = any_of(
    r"(?:i|we)(?:['’]ve| have)? learn(?:ed|t)\b",
    r"^learn(?:ed|t)\b",
    r"learn(?:ed|t) (?:that|to|how)\b",
    r"lessons?\b",
    r"(?:taught|showed) me\b",
    r"looking back\b",
    r"in (?:hindsight|retrospect)\b",
    r"with hindsight\b",
    r"reali[sz]ed\b",
    r"take ?aways?\b",
    r"should(?:['’]ve| have)\b",
    r"(?:would|['’]d) (?:now |also )?(?:do|start|have|ask|begin|handle|approach|talk|speak)(?: [\w'’]+){0,6} "
    r"(?:differently|earlier|sooner|first|alone)\b",
    r"next time\b",
    r"if i (?:did|could|had to|were to)\b",
    r"my mistake\b",
    r"i underestimated\b",
    r"i regret\b",
    r"i (?:now )?understood (?:that|how|why)\b",
    r"what i (?:took|take)\b",
    r"in the next (?:project|role|job|team)\b",
    r"i(?:['’]d)? (?:took|take) (?:away|from (?:it|that|this))\b",
    r"differently\b",
    r"(?:thing|part|bit) (?:that )?i (?:got|did) wrong\b",
    r"what i(?:['’]d| had)? (?:missed|misjudged|underst[oa]nd|didn['’]t)\b",
)
# Only at the end are these a lesson; before it, "that would have taken months" is an alternative that was turned down.
HINDSIGHT = any_of(
    r"(?:would|could)(?:n['’]t)?(?:['’]ve| have)\b", r"i still (?:don['’]t )?(?:think|wish|regret)\b",
    # The pluperfect is what one had not seen: "I'd been staring at the logs", "I had trusted a mean".
    rf"i(?:['’]d| had)(?:n['’]t)? (?:always |never |only |just )?(?:been|{PAST}|{STATE}|seen)\b",
    r"i (?:missed|overlooked) ", r"(?:my|our) (?:fault|blind spot|error|oversight)\b",
    r"\bi (?:misjudged|misread|got wrong|never \w+ .*\bbefore)\b",
)  # fmt: skip
# How a sentence begins that says itself that it looks back.
LOOKS_BACK = re.compile(
    r"\W*(?:and |but |so |well,? |honestly,? |I (?:think|guess),? )?"
    r"(?:looking back|in (?:hindsight|retrospect)|with hindsight|next time\b|"
    r"my (?:mistake|lesson|takeaway)\b|since then,? (?:I|my|the first thing I|we)\b|"
    r"(?:the|one) (?:part|thing|bit|mistake) (?:that )?(?:I|we)(?:['’]d| had)? (?:misjudged|missed|got wrong|made|"
    r"learn\w+)|"
    r"what (?:I|we)(?:['’]d| had|['’]ve| would)?(?:n['’]t| not)? (?:learn\w+|take away|took (?:away|from)|missed|"
    r"seen\b|misjudged|underestimated|got wrong|do differently|"
    r"did(?:n['’]t| not) (?:see|like))|(?:I|we)(?:['’]ve| have)? learn(?:ed|t) (?:that|to)|"
    r"if I (?:did|could do|made) it again|(?:it|that|this) was an? (?:\w+ )?(?:learning|lesson)\b)",
    re.IGNORECASE,
)
SINCE = any_of(
    r"since then\b", r"ever since\b", r"from then on\b", r"these days\b", r"nowadays\b", r"now i\b", r"i now\b",
    r"i always (?!had|was|did|\w+ed\b)\w+", r"i(?:['’]ve| have) (?:since|made it)\b",
    r"(?:every|each) (?:project|launch|time) since\b",
    r"after that i (?:always|never)\b", r"today i\b", r"i never\b[^.]{0,40}\bwithout\b", r"has become (?:my|a) habit\b",
    r"i still (?:use|do|apply)\b", r"(?:made|makes) it a (?:habit|rule|practice)\b",
    r"i [a-z]+\b[^.]{0,50}\b(?:now|like that now|these days)\s*[.!]?$",
    r"now,? my\b", r"^now\b", r"(?:every|each|any|all)\b[^.]{0,40}\b(?:I|my|mine)\b",
    r"in (?:the|my) next (?:project|role|job|team)\b",
    r"before I [a-z]+ (?:any|an?)\b", r"on (?:the|my) next\b", r"today\b[^.]{0,60}\b(?:my|our|I)\b",
    r"I later (?:did|used|ran|built|started|applied)\b", r"(?:that|this) (?:was|is|became) my rule\b", r"i do that\b",
)  # fmt: skip
NOWADAYS = any_of(r"(?:now|today|nowadays|these days|since|whenever)\b", r"(?:each|every) (?:time|new|project)\b")
SPEAKER = any_of(r"(?:I|we|me|my|our|us|mine)\b")
OTHERS = re.compile(r"\W*(?:and |but |so )?(?:she|he|they)\b", re.IGNORECASE)
PAST_VERB = re.compile(PAST)
COMMONPLACE = any_of(
    r"how (?:important|crucial|valuable)\b", r"how much (?:\w+ )?(?:matters?|helps?|counts?)\b",
    r"personally,? i (?:find|think|believe)\b",
    r"communication is\b", r"team ?work is\b", r"learn(?:ed|t) a lot\b", r"never give up\b", r"hard work\b",
    r"team player\b", r"(?:is|are) (?:very |really |so |the most )?(?:important|key|crucial|essential)(?: thing)?\b",
)  # fmt: skip

HYPOTHETICAL = re.compile(
    rf"\b(?:I|we)(?:['’]d(?! (?:just |already |only |always |never |not )?(?:{PAST}|{STATE}|been|gone)\b)|"
    r" would| could| might| will|'ll)\b(?! (?:not\b|like to (?:tell|share|talk)|say|call|have|tell you\b))",
    re.IGNORECASE,
)
GENERAL = any_of(
    r"i (?:always|usually|generally|typically|often|tend to|believe|think|feel)\b", r"in general\b",
    r"(?:people|one) should\b", r"you (?:should|have to|need to|must|always|never|don['’]t)\b",
    r"(?:it|feedback|one|everybody) (?:has|have) to be\b", r"what (?:matters|counts) is\b", r"in my experience\b",
    r"(?:people|engineers|managers|teams) (?:usually|often|always|never|mostly)\b", r"when(?:ever)? you \w+\b",
    r"in (?:an?|any|every) (?:good|healthy|great|strong) (?:team|company|culture)\b",
    r"it(?:['’]s| is) (?:always |very |really )?(?:important|essential|crucial|key)\b", r"my philosophy\b",
    r"my approach is\b", r"in my opinion\b",
)  # fmt: skip
BLAME = any_of(
    r"(?:his|her|their|management['’]?s|the team['’]?s|my (?:manager|boss|colleague|teammate)['’]?s) "
    r"(?:fault|mess|incompetence|mistakes?)\b",
    r"(?:fault|mistake) of (?:the|my|another)\b", r"not my (?:fault|problem|job)\b", r"nothing to do with me\b",
    r"(?:incompetent|useless|lazy|clueless|stupid)\b",
    r"(?:they|he|she|management|nobody|my (?:manager|boss|colleagues?|teammates?)) (?:refused|never (?:listened|"
    r"understood|helped)|didn['’]?t (?:listen|care|understand|bother)|messed|screwed|ruined|blew)\b",
    r"blame[sd]? (?:him|her|them|the)\b", r"g[eo]t the blame\b", r"put it on (?:me|you)\b", r"my part (?:was|worked)\b",
    r"(?:ignored|overruled) me\b", r"people like (?:that|him|her|them)\b", r"failed because (?:the|they|he|she)\b",
    r"I said (?:so )?from the (?:beginning|start)\b", r"nobody (?:\w+ )?listen\w*",
    r"hopeless\b", r"dropped the ball\b", r"let (?:me|us) down\b", r"under the bus\b", r"as usual\b",
    r"(?:did|does|do|would)(?:n['’]t| not) (?:back|support|help|warn) (?:me|us)\b",
    r"(?:did|do)(?:n['’]t| not) do (?:his|her|their) (?:job|work|part)\b",
    r"if (?:they|he|she|people|management|\w+ team) had (?:\w+ )?(?:listened|done|told|asked|helped)\b",
    r"busy with (?:his|her|their) own\b", r"was(?:n['’]t| not) my (?:fault|decision|job|problem)\b",
    r"kept changing (?:his|her|their)\b", r"I told (?:them|him|her|you) (?:so|it would)\b",
)  # fmt: skip
# A lesson for somebody else.
OTHERS_SHOULD = any_of(
    r"(?:they|he|she|others|sales|product|marketing|legal|operations|management|managers?|my (?:boss|manager)|"
    r"the (?:client|customer|vendor|other team)s?) (?:just |really |simply )?(?:should|must|need to|ought to)\b"
)

# The opposite of what holds anywhere ("Kindness costs nothing") or tells somebody what to do ("Let it be five").
HAPPENED = re.compile(
    rf"\b(?:{PAST}|{STATE}|was|were|been|gone|had|did|could|now|today|still|since|again|I|we|our|my|us|me|is|are|has|"
    r"have|rose|quit)\b|n['’]t\b|['’](?:s|re|ve|d|ll)\b|\d",
    re.IGNORECASE,
)
# What else could have been done: an alternative by its name, or in the counterfactual ("that would have taken months").
CHOICE = any_of(
    r"(?:instead|rather than|chose|choice|(?<!was )decided (?:to|not|against|that|we|i)|therefore|considered)\b",
    r"(?:went (?:for|with)|against)\b",
    r"over (?:the|a)\b", r"trade-?offs?\b", r"(?:alternatives?|options?)\b", r"not to \w+", r"without (?:a|any)\b",
    r"(?:would|could|might)(?:n['’]t)?(?:['’]ve| have)\b", r"thought (?:about|of)\b",
    r"(?:turned down|skipped|rejected|preferred|otherwise)\b", r"I refused\b",
    r"(?:better|worse|cheaper|faster|safer|simpler) (?:than|for)\b",
    r"(?:kept|picked|took) (?:that|this|the) (?:one|second|first)\b",
    r"i didn['’]t (?:want|write|start|just)\b", r"so i kept\b", r"(?:possibilit(?:y|ies)|the obvious)\b",
    r"(?:take|took|picked|chose) (?:the )?(?:first|second|third|other)\b",
    r"(?:held back|ruled out|dropped|sa(?:y|id) no)\b",
)  # fmt: skip
REASON = any_of(
    r"(?:found|discovered|identified|noticed|saw|turned out|root cause|based on|due to|showed (?:that|me)|so i)\b",
    r"(?:revealed|traced|compared|verified|confirmed|hypothes\w+|i see that|came from)\b",
    r"(?:because|since|so that|in order to)\b",
    r"which (?:told|showed|meant|gave)\b", r"(?:to capture|enabling|causing)\b",
)  # fmt: skip
KNOWN_BY = re.compile(
    r"\b(?:experiment|a/b|control (?:group|arm)|compared (?:to|with)|before and after|before|vs\.?|versus|baseline|"
    r"against|measured|after (?:we|i|the|my)|target|exceeded|sla|within|previously|from)\b|→|->",
    re.IGNORECASE,
)
IMPACT = re.compile(
    r"\b(?:users?|customers?|clients?|revenue|tickets?|incidents?|saved|savings?|cost\w*|sales|teams?|company|business|manager|"
    r"promoted|onboard\w*|hires?|adopted|template|roadmap|retention|stakeholders?|colleagues?|engineers?|product|"
    r"other (?:teams|products)|series [a-d]|money|million|loss|transactions?|complain\w*|support|all-hands|"
    r"conversion\w*|converted|pages?|mail|mentored|interns?|readers?|patients?|people|nobody|no one|everyone|"
    r"everybody|editors?|farmers?|doctors?|teachers?|drivers?|investors?|contract)\b|[$€£]|"
    r"\d \w+(?:ers|ors|ists|ants)\b",
    re.IGNORECASE,
)
