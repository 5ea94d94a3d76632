"""Proof of presence: which seconds count, and when they are told."""

from hypothesis import given
from hypothesis import strategies as st

from sfu.policy.presence import SETTLE_S, PresenceLedger, SecondOfTransport, spans

T = 1_000_000


def received(acknowledged, sent=100):
    return SecondOfTransport(sent=sent, acknowledged=acknowledged, is_heard=True)


HEARD = SecondOfTransport(is_heard=True)


def a_ledger(seconds, transport=1):
    ledger = PresenceLedger(T)
    for second, receipt in seconds.items():
        ledger.note(transport, T + second, receipt)
    return ledger


def test_half_acknowledged_is_proven_and_less_is_not():
    ledger = a_ledger({0: received(50), 1: received(49), 2: received(100)})
    assert ledger.close(T + 3) == [(T, T + 1), (T + 2, T + 3)]


def test_own_media_proves_a_second_even_if_nothing_arrived():
    ledger = a_ledger({0: SecondOfTransport(sent=100, acknowledged=0, received=1)})
    assert ledger.close(T + 1) == [(T, T + 1)]


def test_any_transport_proves_it():
    ledger = a_ledger({0: SecondOfTransport(received=30)}, transport=1)
    ledger.note(2, T, received(0))
    assert ledger.close(T + 1) == [(T, T + 1)]


def test_a_silent_second_needs_a_sign_of_life_before_and_after():
    ledger = a_ledger({0: HEARD, 8: HEARD})
    assert ledger.settle(T + 20) == [(T, T + 1), (T + 3, T + 6), (T + 8, T + 9)]


def test_a_silent_second_in_which_media_was_due_is_not_proven():
    ledger = a_ledger({0: HEARD, 1: HEARD, 2: HEARD})
    ledger.note_due(T + 1)
    assert ledger.close(T + 3) == [(T, T + 1), (T + 2, T + 3)]


def test_a_cut_line_proves_nothing():
    cut = {second: SecondOfTransport(sent=100) for second in range(3, 30)}
    ledger = a_ledger({0: received(90), 1: received(90), 2: received(90)} | cut)
    assert ledger.close(T + 30) == [(T, T + 3)]


def test_across_a_cut_what_is_proven_is_what_arrived_before_and_after():
    for length in (1, 4, 12, 30, 60):
        after = 10 + length
        ledger = PresenceLedger(T)
        told = []
        for second in range(after + 10):
            is_cut = 10 <= second < after
            # the node goes on to send until consent has run out, and hears nothing
            sent = 100 if not is_cut or second < 40 else 0
            receipt = SecondOfTransport(sent=sent) if is_cut else received(90)
            ledger.note(1, T + second, receipt)
            ledger.note_due(T + second)
            told += ledger.settle(T + second + 1)
        told += ledger.close(T + after + 10)
        proven = {second for start, end in told for second in range(start, end)}
        assert proven == {T + second for second in range(after + 10) if not 10 <= second < after}
        assert sum(end - start for start, end in told) == 20, "no second is told twice"


def test_proven_seconds_are_told_at_once_and_only_once():
    ledger = a_ledger({second: received(100) for second in range(10)})
    assert ledger.settle(T + 5) == [(T, T + 4)]
    assert ledger.settle(T + 5) == []
    assert ledger.close(T + 10) == [(T + 4, T + 10)]


def test_what_is_not_proven_yet_may_be_until_it_is_given_up():
    ledger = a_ledger({0: received(10), 1: received(100)})
    assert ledger.settle(T + 3) == [(T + 1, T + 2)]
    ledger.note(1, T, received(60))
    assert ledger.settle(T + 4) == [(T, T + 1)]


def test_a_silent_second_is_told_when_the_next_sign_of_life_comes():
    ledger = a_ledger({0: HEARD})
    assert ledger.settle(T + 5) == [(T, T + 1)]
    ledger.note(1, T + 4, HEARD)
    assert ledger.settle(T + 6) == [(T + 1, T + 5)]


def test_a_later_word_replaces_the_earlier():
    ledger = a_ledger({0: received(0)})
    ledger.note(1, T, received(60))
    assert ledger.close(T + 1) == [(T, T + 1)]


def test_nothing_before_the_stay_counts():
    ledger = PresenceLedger(T)
    ledger.note(1, T - 1, SecondOfTransport(sent=9, acknowledged=9))
    assert ledger.close(T + 1) == []


def test_what_was_judged_stays_judged():
    ledger = a_ledger({0: received(0)})
    ledger.settle(T + SETTLE_S + 1)
    ledger.note(1, T, SecondOfTransport(sent=9, acknowledged=9))
    assert ledger.close(T + 1) == []


SECONDS = st.dictionaries(
    st.integers(0, 40),
    st.builds(
        SecondOfTransport,
        sent=st.integers(0, 3),
        acknowledged=st.integers(0, 3),
        received=st.integers(0, 1),
        is_heard=st.booleans(),
    ),
)


@given(SECONDS, st.lists(st.integers(0, 60)))
def test_no_second_is_told_twice_or_outside_the_stay_and_no_evidence_is_lost(seconds, times):
    batches = a_ledger(seconds)
    told = [span for now in sorted(times) for span in batches.settle(T + now)]
    told += batches.close(T + 41)
    flat = [second for start, end in told for second in range(start, end)]
    assert len(flat) == len(set(flat))
    evident = {T + s for s, each in seconds.items() if each.received or each.acknowledged * 2 >= each.sent > 0}
    assert evident <= set(flat)
    assert all(T <= second < T + max(41, max(times, default=0)) for second in flat)


@given(st.sets(st.integers(0, 100)))
def test_spans_hold_exactly_the_seconds(seconds):
    made = spans(sorted(seconds))
    assert {second for start, end in made for second in range(start, end)} == seconds
    assert all(first[1] < second[0] for first, second in zip(made, made[1:], strict=False))
