"""What went wrong with a language model, as one line for the candidate and one for whoever can mend it."""

from __future__ import annotations

import re

from knowledge.errors import ModelError

_KEY = re.compile(
    r"\bBearer\s+[^\s'\"]+|\b(?:sk|pk|rk|gsk|xai|hf|AIza|key)[-_]?[A-Za-z0-9_\-]{12,}"
    r"|(?<=api_key)['\"]?\s*[=:]\s*['\"]?[^\s'\",)}]+",
    re.IGNORECASE,
)
_BY_STATUS = {
    400: ("The model's server refused the request (400)", "See the server's log; `interviewer doctor --llm` tries it."),
    401: ("The key was refused (401)", "Set the right key: export OPENAI_API_KEY=… (or your provider's variable)."),
    403: ("The key may not use this model (403)", "Ask your provider for access, or name another INTERVIEWER_MODEL."),
    404: ("The server does not know this model (404)", "Check INTERVIEWER_MODEL and INTERVIEWER_BASE_URL."),
    413: ("The request was too long for the model (413)", "Use a model with a longer context."),
    429: ("The provider limits the rate (429), also after waiting", "Wait a minute, or raise your limit."),
}


def fault_of(error: Exception, model: str) -> ModelError:
    """Return `error` as one of ours; provider libraries raise anything, so anything is taken."""
    if isinstance(error, ModelError):
        return error
    status = getattr(error, "status_code", None)
    if isinstance(status, int):
        if status in _BY_STATUS:
            message, hint = _BY_STATUS[status]
            return ModelError(f"{message}: {model}.", hint)
        if status >= 500:
            return ModelError(f"The model's server failed ({status}): {model}.", "Try again in a moment.")
        return ModelError(f"The model's server answered with status {status}: {model}.")
    kind = type(error).__name__
    if isinstance(error, TimeoutError) or "timeout" in kind.lower():
        return ModelError(f"{model} did not answer in time.", "Try again, or raise INTERVIEWER_MODEL_TIMEOUT_S.")
    if "contentfilter" in kind.lower():
        return ModelError("The provider's content filter stopped the answer.")
    if "length" in kind.lower():
        return ModelError(f"{model} stopped in the middle of its answer (length limit).")
    if _is_connection(error):
        return ModelError(f"{model} cannot be reached, or broke off.", "Check INTERVIEWER_BASE_URL and the network.")
    return ModelError(f"{model} failed: {kind}: {without_keys(str(error))[:200]}")


def without_keys(text: str) -> str:
    """Return a library's message without anything that looks like a key: some print what they were given."""
    return _KEY.sub("…", text)


def _is_connection(error: BaseException | None) -> bool:
    """Whether anything in the chain of causes is a broken connection."""
    while error is not None:
        name = type(error).__name__.lower()
        if isinstance(error, OSError) or any(word in name for word in ("connect", "protocol", "network", "readerror")):
            return True
        error = error.__cause__
    return False
