"""Debugging: a filter that is good in the notebook and poor in service. Source: Sculley et al., NeurIPS 2015."""

from __future__ import annotations

import re

import numpy as np

from evaluators.coding.exercise import EDGE, NO_BUGS, TERM, UNDONE, Array, Broken, Bugs, Case, Exercise, Wrong

TASK = """
A spam filter, naive Bayes over words, is trained on stored mails and scores new ones. In service it catches far less
than in the notebook. Find the fault and hand in the corrected function.

- `mails` are texts, `labels` says which are spam (1); `new` holds the texts to be scored
- a word is a run of letters `a` to `z` after the text is lowered: `Don't` has the two words `don` and `t`
- the weight of a word that occurred in training is `log((s + 1) / (S + v)) - log((h + 1) / (H + v))`: `s` and `h` are
  its counts in spam and in other mails, `S` and `H` the numbers of all words there, `v` the size of the vocabulary
- a score is the sum of the weights of a text's words, each as often as it occurs; words that training has not seen
  count nothing; there is no prior

Return the scores, shape `(len(new),)`.
"""

CODE = '''
import re

import numpy as np


def debug_spam_scores(mails: list[str], labels: np.ndarray, new: list[str]) -> np.ndarray:
    """Naive Bayes: log-odds that each new mail is spam."""
    # training
    words = [re.findall(r"[a-z]+", mail.lower()) for mail in mails]
    vocabulary = {word: i for i, word in enumerate(sorted({w for each in words for w in each}))}
    counts = np.ones((2, len(vocabulary)))  # add-one smoothing; row 1 is spam
    for each, label in zip(words, labels):
        for word in each:
            counts[label, vocabulary[word]] += 1
    weights = np.log(counts[1] / counts[1].sum()) - np.log(counts[0] / counts[0].sum())

    # service
    scores = []
    for mail in new:
        score = 0.0
        for word in mail.split():
            if word in vocabulary:
                score += weights[vocabulary[word]]
        scores.append(score)
    return np.array(scores)
'''


def reference(mails: list[str], labels: Array, new: list[str], bugs: Bugs = NO_BUGS) -> Array:
    words = [re.findall(r"[a-z]+", mail.lower()) for mail in mails]
    vocabulary = {word: i for i, word in enumerate(sorted({word for each in words for word in each}))}
    counts = np.ones((2, len(vocabulary)))
    for each, label in zip(words, labels, strict=True):
        for word in each:
            counts[int(label), vocabulary[word]] += 1
    weights = np.log(counts[1] / counts[1].sum()) - np.log(counts[0] / counts[0].sum())
    scores = []
    for mail in new:
        known = [word for word in _served(mail, bugs) if word in vocabulary or "unknown_is_the_first" in bugs]
        if "each_word_once" in bugs:
            known = sorted(set(known))
        scores.append(float(sum(weights[vocabulary.get(word, 0)] for word in known)))
    return np.array(scores)


def _served(mail: str, bugs: Bugs) -> list[str]:
    if "split_at_spaces" in bugs:
        return mail.split()
    if "punctuation_kept" in bugs:
        return mail.lower().split()
    if "case_kept" in bugs:
        return re.findall(r"[a-z]+", mail)
    if "case_kept_whole_words" in bugs:
        return re.findall(r"[A-Za-z]+", mail)
    return re.findall(r"[a-z]+", mail.lower())


SPAM = ("free", "money", "winner", "click", "offer", "cash", "prize", "now")
HAM = ("meeting", "report", "lunch", "project", "thanks", "agenda", "friday", "notes")
BOTH = ("the", "your", "is", "for", "today", "please")


def mail(rng: np.random.Generator, spam: bool, length: int) -> str:
    """Words with the capitals and the punctuation that people use."""
    own, other = (SPAM, HAM) if spam else (HAM, SPAM)
    pool, shares = (own, BOTH, other), (0.55, 0.3, 0.15)
    chosen = [str(rng.choice(pool[int(rng.choice(3, p=shares))])) for _ in range(length)]
    styles = (str, str.capitalize, str.upper, str)
    ends = ("", "", "!", ",", ".")
    return " ".join(styles[int(rng.integers(4))](word) + ends[int(rng.integers(5))] for word in chosen)


def cases(rng: np.random.Generator) -> list[Case]:
    def mailbox(train: int, served: int, length: int) -> tuple[list[str], Array, list[str]]:
        labels = np.arange(train) % 2
        mails = [mail(rng, bool(label), length) for label in labels]
        mails[1] = f"{mails[1]} free free now now"
        # each of the ways in which the texts differ, in every case
        first = "Free money! Know this: FREE cash, free offers for 2 xylophones. free"
        return mails, labels, [first, *(mail(rng, bool(rng.integers(2)), length) for _ in range(served))]

    return [
        Case("four mails", mailbox(4, 2, 6)),
        Case("ten mails", mailbox(10, 4, 8)),
        Case("thirty mails", mailbox(30, 6, 12)),
    ]


BUGS = frozenset({"split_at_spaces"})


def symptom() -> str:
    rng = np.random.default_rng(6)
    labels = np.arange(200) % 2
    mails, new = ([mail(rng, bool(label), 7) for label in labels] for _ in range(2))
    right = [np.mean((reference(mails, labels, new, bugs) > 0) == labels) for bugs in (BUGS, NO_BUGS)]
    zero = np.mean(reference(mails, labels, new, BUGS) == 0)
    return (
        f"On 200 mails that it has not seen, the filter is right in {right[0]:.1%} of the cases; the team that "
        f"evaluated the same weights on texts from its own preprocessing measured {right[1]:.1%}. {zero:.1%} of the "
        f"mails score exactly 0. There is no error and no warning."
    )


EXERCISE = Exercise(
    slug="debug_spam_scores",
    title="Debugging: a filter that has become deaf",
    topic="debugging",
    level="junior",
    task=TASK,
    reference=reference,
    cases=cases,
    example=(["Free money!", "Lunch on Friday?"], np.array([1, 0]), ["FREE, free lunch", "hello"]),
    wrong=(
        Wrong(
            "split_at_spaces",
            "Served texts are still cut at spaces while training lowered them and kept letters only. `Free!` is "
            "looked up as it stands, is not in the vocabulary, and counts nothing; nobody is told. Training and "
            "service have to share one tokeniser: one function, called in both places.",
            "Which words of `Free money!` does the service find in the vocabulary?",
            UNDONE,
        ),
        Wrong(
            "punctuation_kept",
            "Case is handled now, punctuation is not: `money!` is still another word than `money`. Words at the end "
            "of a sentence are lost, and spam is fond of exclamation marks. Copying half of the preprocessing leaves "
            "the other half different; call the same function.",
            "What does the service look up for the last word of a sentence?",
            TERM,
        ),
        Wrong(
            "case_kept",
            "Runs of small letters are taken, but the text is not lowered first: `Free` becomes `ree`, and `FREE` "
            "vanishes. Fragments can even meet another word: `Know` is read as `now`. Lower first, as training does.",
            "Which words does your service see in `FREE Money`?",
            TERM,
        ),
        Wrong(
            "case_kept_whole_words",
            "Words are cut the same way, but keep their capitals, and the vocabulary is in small letters. Each "
            "sentence loses its first word, and whoever shouts is not heard. Training lowers the text; so must the "
            "service.",
            "Is `Free` in the vocabulary?",
            TERM,
        ),
        Wrong(
            "unknown_is_the_first",
            "Words that training has not seen are given index 0, which belongs to a real word: the first of the "
            "alphabet. Every unknown word then votes with its weight. Unknown words need an index of their own, or "
            "none.",
            "Which word has index 0, and what does it say about `xylophone`?",
            TERM,
        ),
        Wrong(
            "each_word_once",
            "Each distinct word counts once in the service, while the counts of training include repetitions. That is "
            "another model, the Bernoulli one, with weights of the multinomial one. The statement counts each word as "
            "often as it occurs.",
            "How do the scores of `free` and `free free free` differ in your version, and in the statement?",
            EDGE,
        ),
    ),
    hints=(
        "Print what training and service make of the same mail.",
        "How many words of a new mail are found in the vocabulary? Compare with a mail from training.",
        "Write one function from text to words and call it in both places.",
    ),
    follow_ups=(
        "Which metric in service would have shown this within a minute?",
        "How do you ship a tokeniser so that it cannot differ from the one of training?",
        "What is the same mistake with a transformer, and does it raise an error there?",
    ),
    complexity="O(words) time.",
    source="Sculley et al. 2015, Hidden Technical Debt in Machine Learning Systems; Manning et al., IIR, chapter 13",
    broken=Broken(
        code=CODE,
        bugs=BUGS,
        fix=(("in mail.split()", 'in re.findall(r"[a-z]+", mail.lower())'),),
        symptom=symptom,
    ),
    minutes=8,
)
