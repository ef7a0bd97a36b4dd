from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.decoding import decode, repair
from knowledge.errors import InterviewError, UnreadableError

TEXT = "Latency fell 8 s → 450 ms (×18) ✅ at 100 μs a hop 🚀"
FRENCH = (
    "Le modèle a été réentraîné après la dérive observée en décembre. L’équipe préférait régénérer les données, "
    "mais j’ai d’abord vérifié les caractéristiques dérivées, puis corrigé la pondération des catégories. "
    "Résultat : la précision est passée à 89 %, et le délai de réponse a été réduit de moitié, à l’été même."
)


def test_utf_8_is_returned_unchanged() -> None:
    assert decode(TEXT.encode()) == TEXT


@pytest.mark.parametrize("wrong", ["cp1252", "latin-1"])
def test_utf_8_that_was_decoded_wrongly_and_saved_again_is_repaired(wrong: str) -> None:
    text = "Latency fell × 18 – at 100 μs" if wrong == "latin-1" else "8 s → 450 ms, × 18, 100 μs"
    assert decode(text.encode().decode(wrong).encode()) == text


def test_emoji_survive_the_windows_round_trip_in_which_bytes_without_a_character_are_kept() -> None:
    mangled = "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in TEXT.encode())
    assert mangled != TEXT
    assert decode(mangled.encode()) == TEXT


def test_two_rounds_of_wrong_decoding_are_undone() -> None:
    text = "0.4 × 5 ms → fast"
    mangled = text.encode().decode("cp1252").encode().decode("cp1252")
    assert decode(mangled.encode()) == text


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"])
def test_wide_encodings_are_recognised_with_and_without_a_mark(encoding: str) -> None:
    text = "I owned the migration, and p95 fell to 40 ms."
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
def test_western_single_byte_text_is_recognised(encoding: str) -> None:
    text = FRENCH.replace("’", "'")
    assert decode(text.encode(encoding)) == text


def test_a_short_windows_text_keeps_its_accents_and_dashes() -> None:
    assert decode("Zürich – café".encode("cp1252")) == "Zürich – café"


def test_a_few_bad_bytes_do_not_turn_utf_8_into_something_else() -> None:
    raw = (TEXT * 5).encode() + b"\xff"
    assert decode(raw).startswith(TEXT)


def test_line_ends_become_line_feeds_so_that_line_numbers_agree_with_editors() -> None:
    assert decode(b"one\r\ntwo\rthree\n") == "one\ntwo\nthree\n"


@pytest.mark.parametrize("raw", [b"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00", bytes(range(32)) * 10, b"\x00" * 50])
def test_binary_is_refused_by_name(raw: bytes) -> None:
    with pytest.raises(UnreadableError, match=r"core\.bin"):
        decode(raw, "core.bin")


def test_code_and_entities_are_left_as_they_are() -> None:
    code = 'if a &lt; b and name == “x”: print("½")'
    assert repair(code) == code


@given(st.binary(max_size=400))
def test_any_bytes_become_text_or_a_user_error(raw: bytes) -> None:
    try:
        text = decode(raw)
    except InterviewError:
        return
    text.encode("utf-8")
    assert "\r" not in text


@given(st.text(alphabet=st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=200))
def test_plain_ascii_is_never_changed(text: str) -> None:
    assert decode(text.encode()) == text
