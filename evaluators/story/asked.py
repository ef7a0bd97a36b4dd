"""Whether a story can answer what was asked: the words without which it hardly does.

Nearness of meaning does not tell: of a story and its own question the encoder makes hardly more than of a story and
another's. So for each kind of question stands what somebody who answers it can scarcely avoid saying; a kind is left
out when there is nothing of that sort, as every story has a problem and every improvement a number. The lists are wide,
since to send back an answer costs its teller more than to let one pass.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_PERSON = (
    r"\b(?:he|she|him|her|his|hers|colleague|co-?worker|teammate|junior|intern|student|analyst|mentee|new hire|"
    r"(?-i:[A-Z][a-z]+ (?:and|was|had|is|came|thought|did|said|told|asked|took|spent|joined)))"
)
_OPPOSED = (
    r"disagree|conflict|\bargu|push(?:ed|ing)? back|pushback|different (?:view|opinion|thing)|oppos|convinc|persuad|"
    r"debate|insist|resist|(?:was|were|is|voted|spoke|stood|set) against|"
    r"object(?:ed|ion)|tension|compromise|at odds|disput|refus|sa(?:id|y) no\b|"
    r"\bno point\b|scepti|skepti|reluctan|unhappy|annoyed|angry|furious|upset|grumbl|fought|fight|\bvot(?:e|ed)\b|"
    r"blocked|vetoe?d?|overrul|escalat|stopped (?:speaking|talking)|unpopular|nobody (?:liked|wanted|believed)|"
    r"(?:did|was|were|is|are|would|could|had)(?:n['’]t| not) (?:\w+ )?(?:want|agree|believe|like|budge|accept|let|"
    r"allow|see|convinced|happy|keen|ready|fond|buy)|\bset on\b|met (?:in the middle|halfway)|settled (?:on|for)\b|"
    r"(?:head of \w+|(?<![a-z])[a-z]{2,}) (?:\w+ )?"  # from the start of a word: else a long one takes quadratic time
    r"(?:wants?|wanted|thought|believed|preferred|favou?red|was convinced)"
)


class Kind(NamedTuple):
    """A kind of question, and what a story that answers it says: something of each."""

    asked: re.Pattern[str]
    said: tuple[re.Pattern[str], ...]


def _kind(asked: str, *said: str) -> Kind:
    return Kind(re.compile(asked, re.IGNORECASE), tuple(re.compile(words, re.IGNORECASE) for words in said))


# The first kind that a question is of counts.
_KINDS = (
    _kind(
        r"\b(?:not|never) want to hear|hard (?:feedback|truth)|(?:give|gave|given) (?:\w+ ){0,3}feedback to|"
        r"difficult conversation",
        _PERSON + r"|\b(?:they|them|team|someone|somebody)\b",
        r"feedback|\btold\b|\bsaid\b|\bsay\b|\btalk|\bspoke|convers|\bask(?:ed)?\b|show(?:ed|ing)?\b|\bsat\b|"
        r"\bwalk\b|honest|explain|point(?:ed)? out|raised\b|mention|confront|critici|comment|review|wrote to",
    ),
    _kind(
        r"disagree|conflict|pushback|push back|difficult (?:person|colleague|stakeholder)|"
        r"(?:colleagues|team|others|people|everybody) (?:\w+ )?(?:did|do)(?:n['’]t| not) want\b(?! to hear)|"
        r"unpopular",
        _OPPOSED,
    ),
    _kind(
        r"\bfail|mistake|went wrong|regret",
        r"fail|mistake|wrong|regret|miss(?:ed|ing)\b|broke|\blost\b|\bloss\b|"
        r"should(?:n['’]t)?(?: not)?(?:['’]ve| have)|underestimat|overestimat|did(?:n['’]t| not) work|outage|"
        r"error|hindsight|stuck|drop|too (?:late|early|proud)|"
        r"nobody (?:\w+ )?(?:uses|used|wanted|needed|noticed|asked)|never (?:used|shipped|worked|launched)|"
        r"angry|thr(?:ew|own) (?:\w+ ){0,4}away|in vain|for nothing|wast(?:e|ed)\b|turn(?:ed)? (?:\w+ ){0,3}off|"
        r"shut|cancel|delet|rolled? (?:\w+ ){0,2}back|revert|took (?:it|the \w+) down|complain|rejected|"
        r"apologi[sz]|too (?:much|few)|worse|my (?:fault|mess|call|decision)|overlook|forg[eo]t|ignored|"
        r"burn(?:ed|t)|was (?:off|down|gone)\b|cost (?:us|me|the|them)|late\b|delay|slip|collaps|crash|gave up|"
        r"abandon|blind|naive",
    ),
    _kind(
        r"stay current|keep up|up to date",
        r"read|paper|conference|blog|course|newsletter|arxiv|implement|follow|community|podcast|talk|reproduc",
    ),
    _kind(
        r"mentor|junior|coach|help(?:ed)? (?:a|an|someone|somebody)\b|(?:somebody|someone|a person) whose work|"
        r"time you spent with (?:them|him|her)|helped? \w+ grow",
        _PERSON + r"|\b(?:juniors|interns|colleagues|engineers|analysts|students|newcomers|team)\b",
        r"mentor|junior|taught|teach|\bpair|coach|feedback|onboard|\bgrow|\bgrew|intern\b|\bhelp|\bexplain|"
        r"\bsat\b|\bguid|together|\balone|by (?:him|her|them)sel|on (?:his|her|their) own|encourag|support|"
        r"\bshow(?:ed|n)\b|review|watch|learn|train(?:ed|ing) (?:him|her|them)",
    ),
    _kind(
        r"\bvague|ambigu|unclear|two people would have built",
        r"vague|unclear|ambigu|\bmean|meant|brief|request|interpret|require|clarif|scope|one line|defin|"
        r"\bask(?:ed|ing)?\b|agree|different (?:things?|lists?|ideas?)|what (?:\w+ ){0,3}want|want(?:ed|s)?\b|"
        r"(?:do|make|need) (?:an? |the |some)?(?:something|AI|\w+ (?:better|smarter|faster))|"
        r"nobody (?:\w+ )?(?:knew|said)|goal|success|spec\b|specif|mock|sketch|prototype|example",
    ),
    _kind(
        r"deadline|could not be met|cut scope",
        r"deadline|"
        r"\b(?:weeks?|days?|months?|hours?|minutes?|quarter|sprint|summer|autumn|spring|winter|christmas|"
        r"launch|release|demo|january|february|march|april|may|june|"
        r"july|august|september|october|november|december|(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b",
        r"\bcut|drop|scope|skip|\bleft\b|leave|leaving|later|postpon|mov(?:ed|e|ing)\b|push(?:ed)?|delay|"
        r"instead|\bonly\b|\bjust\b|kept|keep|without|reduc|priorit|first|remov|defer|not (?:build|ship|do)|"
        r"fewer|smaller|simpl|minimum|minimal|must[- ]have|nothing else|renegotiat|late\b|deadline|miss",
    ),
    _kind(
        r"criticism|criticized|criticised|feedback (?:\w+ ){0,5}(?:you (?:have|were|got|received)|been given)|"
        r"(?:receiv|got|given) (?:\w+ ){0,3}feedback",
        r"feedback|critici|\btold me|\bsa(?:id|ys?)\b|review|comment|point(?:ed)? out|complain|notic|mentor|"
        r"remark|manager|boss|\blead\b|colleague|teammate|peer|"
        r"\bmy (?:\w+ )?(?:director|professor|supervisor|advisor|adviser)|retro|1:1|one-on-one|honest|blunt",
    ),
    _kind(
        r"unfair|fairness|\bbias|could do harm|ethic|discriminat",
        r"fair|\bbias|discriminat|gender|\bsex\b|sexes|\bwom[ae]n|\bm[ae]n\b|female|male\b|mother|father|"
        r"\brac(?:e|ial|ist)|black|white\b|ethnic|\bskin|\bage\b|older|elder|young|disab|accent|dialect|minorit|"
        r"national|countr|\bborn\b|immigra|migrant|refugee|harm|danger|hurt|unsafe|safety|vulnerab|\bpoor|"
        r"rich\b|income|religio|muslim|child|kids|minors|suicid|self-harm|privacy|consent|legal|ethic|\bmoral|"
        r"groups?\b|language|speakers?|\bnames?\b|neighbou?rhood|postcode|zip code|patients?|wrongly|refus|"
        r"denied|toxic|abus",
    ),
    _kind(
        r"outage|bad release|incident",
        r"outage|\bdown\b|releas|deploy|roll(?:ed|ing)?[ -]?back|incident|pager|\bpaged?\b|broke|fail|crash|"
        r"revert|restor|alert|on[- ]call|hotfix|wrong|empt(?:y|ied)|nothing at all|took (?:it|\w+) off|shipped|"
        r"launch|\blive\b|bug|complain|error|stopped|lost|zero|switch(?:ed)? (?:\w+ )?off|"
        r"turn(?:ed)? (?:\w+ )?off",
    ),
    _kind(
        r"you stopped|argued? to stop|killed?\b|killing|abandon|sunk",
        r"\bstop|kill|\bshut|cancel|\bend(?:ed|ing)?\b|drop|abandon|sunset|discontinu|plug|delet|scrap|"
        r"(?:turn|switch)(?:ed)? (?:\w+ ){0,3}off|threw|thrown|retire|g[ai]ve (?:it )?up|"
        r"let (?:it|them|this) go|write-?off|written off|clos(?:e|ed) (?:it|the|\w+ )?(?:down|project)|"
        r"pull(?:ed)?\b|\bcut\b|\baxe|decommission|no longer|remov|bur(?:y|ied)|freez|froze|paus|halt|"
        r"call(?:ed)? it off|quit|took (?:it|the \w+) (?:down|off)|not worth",
    ),
    _kind(
        r"invisible|technical debt|persuaded? (?:\w+ ){0,3}to pay",
        r"persua|convinc|budget|\bpay|\bpaid|price|cost|\bg[ao]ve (?:us|me)|got (?:us|me|the|two|three|a|one)\b|"
        r"agree|approv|show(?:ed)?|pitch|\bcase\b|sign(?:ed)?|allow|sprint|roadmap|buy-in|invest|said yes|"
        r"let (?:me|us)|fund|plan\b|priorit|promised|accept",
    ),
    _kind(
        r"AI assistant|coding assistant|language model (?:that )?wrote|copilot|chatgpt|LLM tool",
        r"assistant|copilot|gpt|claude|cursor\b|gemini|\bllms?\b|language model|generat|\bAI\b|codex|prompt|"
        r"chatbot|autocomplet|suggest(?:ed|ion)|agent\b|\bbot\b|codeium|tabnine|whisperer|llama|mistral|deepseek",
    ),
    _kind(
        r"useful quickly|did(?:n['’]t| not) know\b|learn(?:ed|t|ing)? (?:\w+ ){0,3}(?:quickly|fast)|"
        r"new (?:field|domain)",
        r"\bnever\b|\bnew\b|learn|did(?:n['’]t| not) (?:\w+ )?(?:know|underst)|kn[eo]w (?:nothing|little|no)|"
        r"no idea|unfamiliar|first (?:\w+ )?(?:week|month|day|time)|mov(?:ed|e) (?:me|to|from|into)|moved|join|"
        r"came (?:from|to|in)|\bread\b|book|course|inherit|took over|start(?:ed)?|switch|foreign|stranger|"
        r"expert|handed|hired|transfer|no (?:experience|background)|only (?:one|person) left|resigned|had left",
    ),
    _kind(
        r"across (?:\w+ )?teams|without authority|reported to you|influence",
        r"teams?\b|groups?\b|squads?\b|departments?\b|\borg\b|organisation|organization|tribes?\b|colleagues|"
        r"everybody|everyone|company|stakeholders?|leads?\b|managers?\b|others\b|they\b|people|sales|product|"
        r"legal|operations|marketing|finance|platform",
    ),
)


def answered(story: str, question: str) -> bool:
    """Whether the story has what a story that answers the question can scarcely avoid; true where nothing is known."""
    kind = next((kind for kind in _KINDS if kind.asked.search(question)), None)
    return kind is None or all(words.search(story) for words in kind.said)
