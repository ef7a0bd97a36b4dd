"""How much we add to a turn: time to the first and the last token, over a bare client that makes the same two calls.

Both sides speak to the same local server, which waits a fixed time before it answers and then sends everything at once;
what is measured beyond that wait is our own work: understanding, scoring, deciding, searching, guarding, storing.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from interviewer.bench.endpoint import Completion, address, start
from interviewer.engine import Delta, Engine
from interviewer.events import Setup
from interviewer.scoring.judging import warm_here
from interviewer.settings import Settings
from knowledge.models import Frozen

if TYPE_CHECKING:
    from interviewer.assembly import Parts

FIRST_TOKEN_AIM = 25.0
"""Milliseconds added to the first token, at most, with one interview."""

MANY_AIM = 150.0
"""Milliseconds added to the first token at the 95th percentile, at most, with a thousand interviews at once."""

ANSWER = (
    "L2 adds the sum of squared weights to the loss, so the gradient shrinks every weight by the same fraction, and L1"
    " adds the sum of absolute values, which sets weights with little evidence exactly to zero."
)
_WORDS = "Thank you. What would you look at next, and why there?"


class Times(NamedTuple):
    """Seconds from the message to the first and to the last token."""

    first: float
    last: float


class Side(Frozen):
    """Milliseconds of one side."""

    first_p50: float
    first_p95: float
    last_p50: float
    last_p95: float


class Load(Frozen):
    """One comparison.

    Attributes:
        interviews: how many were under way.
        turns: how many turns were measured.
        turns_per_second: how often a message came in.
        added_first_p50, added_first_p95: milliseconds over the bare client's median to the first token.
        added_last_p50: the same to the last token.
    """

    interviews: int
    turns: int
    turns_per_second: float
    ours: Side
    bare: Side
    added_first_p50: float
    added_first_p95: float
    added_last_p50: float
    aim: float
    met: bool


class TurnReport(Frozen):
    """What `interviewer bench turn` found."""

    latency_ms: float
    cores: int
    loads: tuple[Load, ...]


def run(
    tell: Callable[[str], None],
    *,
    latency_ms: float = 200.0,
    turns: int = 20,
    interviews: int = 1000,
    turn_every_s: float = 90.0,
    seconds: float = 30.0,
) -> TurnReport:
    """Measure with one interview, then with many.

    Args:
        tell: is told what is measured next.
        latency_ms: what the local server waits before it answers.
        turns: turns measured with one interview.
        interviews: how many are under way in the second measurement; 0 leaves it out.
        turn_every_s: seconds between two messages of one candidate: reading, thinking, typing.
        seconds: how long the second measurement runs.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=_serve, args=(theirs, latency_ms / 1000), daemon=True)
    server.start()
    try:
        url = ours.recv()
        with tempfile.TemporaryDirectory() as home:
            settings = Settings(
                home=Path(home),
                base_url=f"{url}/v1",
                model="openai:local",
                model_retries=0,
                json_mode="json_schema",
            )
            loads = asyncio.run(_measure(settings, tell, turns, interviews, turn_every_s, seconds))
    finally:
        server.terminate()
        server.join()
    return TurnReport(latency_ms=latency_ms, cores=len(os.sched_getaffinity(0)), loads=tuple(loads))


def _serve(pipe: Any, latency_s: float) -> None:
    def respond(path: str, request: Mapping[str, Any]) -> Completion:
        if request.get("stream"):
            return Completion(_WORDS, delay_s=latency_s)
        prompt = str(request["messages"][0]["content"])
        if "[prompt judge_criterion" in prompt:
            return Completion('{"quotes": [], "reason": "Nothing.", "score": 0}', delay_s=latency_s)
        if "[prompt judge_claims" in prompt:
            return Completion('{"claims": []}', delay_s=latency_s)
        return Completion('{"kind": "answer"}', delay_s=latency_s)

    async def serve() -> None:
        server = await start(respond)
        pipe.send(address(server))
        await server.serve_forever()

    asyncio.run(serve())


async def _measure(
    settings: Settings, tell: Callable[[str], None], turns: int, interviews: int, every_s: float, seconds: float
) -> list[Load]:
    from interviewer.assembly import Parts, open_engine

    parts = Parts(settings, many=True)  # as the server does
    assert parts.beside is not None
    bare = _Bare(settings)
    tell("warming up")
    for part in (parts.model, parts.encoder, parts.examples, parts.retriever):
        await asyncio.to_thread(part)
    await asyncio.wrap_future(parts.beside.submit(warm_here))
    loads: list[Load] = []
    async with open_engine(settings, parts=parts, warm=False) as engine:
        warm = await _created(engine, 2)
        for interview in warm:
            await _turn(engine, interview)
        await bare.turn()
        tell(f"{turns} turns, one interview at a time")
        ours: list[Times] = []
        theirs: list[Times] = []
        opened = await _created(engine, turns)
        await _settled(parts)
        for interview in opened:
            # In turns, so that whatever else the machine does falls on both sides alike.
            began = time.perf_counter()
            ours.append(await _turn(engine, interview))
            theirs.append(await bare.turn())
            rate = 1 / (time.perf_counter() - began)
        loads.append(_load(1, ours, theirs, rate, FIRST_TOKEN_AIM, at_p95=False))
        if interviews:
            loads.append(await _many(engine, parts, bare, tell, interviews, every_s, seconds))
    await bare.close()
    return loads


async def _settled(parts: Parts) -> None:
    """Wait until the questions that were just asked are prepared for: people read before they answer."""
    assert parts.beside is not None
    await asyncio.wrap_future(parts.beside.submit(warm_here))  # the child takes one after the other


async def _many(
    engine: Engine,
    parts: Parts,
    bare: _Bare,
    tell: Callable[[str], None],
    interviews: int,
    every_s: float,
    seconds: float,
) -> Load:
    rate = interviews / every_s
    count = max(1, min(interviews, round(rate * seconds)))
    tell(f"opening {interviews} interviews")
    opened = await _created(engine, interviews)
    await _settled(parts)
    random = Random(7)
    at = sorted(random.uniform(0, count / rate) for _ in range(count))
    tell(f"{count} turns of {interviews} interviews, {rate:.1f} a second")
    ours = await _spread(at, [partial(_turn, engine, one) for one in random.sample(opened, count)])
    tell("the same by the bare client")
    theirs = await _spread(at, [bare.turn] * count)
    return _load(interviews, ours, theirs, rate, MANY_AIM, at_p95=True)


async def _spread(at: Sequence[float], turns: Sequence[Callable[[], Awaitable[Times]]]) -> list[Times]:
    """Begin each turn at its time, whether or not the ones before are done."""

    async def one(delay: float, turn: Callable[[], Awaitable[Times]]) -> Times:
        await asyncio.sleep(delay)
        return await turn()

    return list(await asyncio.gather(*(one(delay, turn) for delay, turn in zip(at, turns, strict=True))))


async def _created(engine: Engine, count: int) -> list[str]:
    """Return interviews that have begun, made a hundred at a time."""
    made: list[str] = []
    for first in range(0, count, 100):
        setups = [
            Setup(round="technical", minutes=20, seed=seed, engine="llm")
            for seed in range(first, min(count, first + 100))
        ]
        made += await asyncio.gather(*(engine.create(setup) for setup in setups))
    return made


async def _turn(engine: Engine, interview: str) -> Times:
    began = time.perf_counter()
    first = last = 0.0
    async for item in engine.reply(interview, ANSWER):
        if isinstance(item, Delta):
            last = time.perf_counter() - began
            first = first or last
    return Times(first, last)


class _Bare:
    """The provider's own client, with the two calls that a turn needs, one after the other."""

    def __init__(self, settings: Settings) -> None:
        from openai import AsyncOpenAI

        self._client = AsyncOpenAI(base_url=settings.base_url, api_key="none", max_retries=0, timeout=60)

    async def turn(self) -> Times:
        """Return the times of one turn."""
        began = time.perf_counter()
        first = last = 0.0
        messages: Any = [{"role": "system", "content": "[prompt bare"}, {"role": "user", "content": ANSWER}]
        answer = await self._client.chat.completions.create(
            model="local", messages=messages, response_format={"type": "json_object"}
        )
        json.loads(answer.choices[0].message.content or "")
        async for chunk in await self._client.chat.completions.create(model="local", messages=messages, stream=True):
            if chunk.choices and chunk.choices[0].delta.content:
                last = time.perf_counter() - began
                first = first or last
        return Times(first, last)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()


def _load(
    interviews: int, ours: Sequence[Times], theirs: Sequence[Times], rate: float, aim: float, *, at_p95: bool
) -> Load:
    mine, bare = _side(ours), _side(theirs)
    p50, p95 = mine.first_p50 - bare.first_p50, mine.first_p95 - bare.first_p50
    return Load(
        interviews=interviews,
        turns=len(ours),
        turns_per_second=round(rate, 2),
        ours=mine,
        bare=bare,
        added_first_p50=round(p50, 1),
        added_first_p95=round(p95, 1),
        added_last_p50=round(mine.last_p50 - bare.last_p50, 1),
        aim=aim,
        met=(p95 if at_p95 else p50) <= aim,
    )


def _side(times: Sequence[Times]) -> Side:
    first, last = sorted(t.first * 1000 for t in times), sorted(t.last * 1000 for t in times)
    return Side(
        first_p50=round(statistics.median(first), 1),
        first_p95=round(_p95(first), 1),
        last_p50=round(statistics.median(last), 1),
        last_p95=round(_p95(last), 1),
    )


def _p95(ordered: Sequence[float]) -> float:
    return ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
