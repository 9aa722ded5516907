from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from eval.interactions import Interactions
from eval.protocols.cold_items import cold_items
from eval.protocols.leave_one_out import leave_one_out
from eval.protocols.prequential import prequential
from eval.protocols.split import Split, descending, on_few_users, sampled
from eval.protocols.subset20 import NOTE, subset20
from workspace.errors import UsageError

Made = Callable[..., Interactions]


def items_of(split: Split, stage: str) -> list[tuple[int, list[int], int]]:
    return [(case.user, case.history.tolist(), case.target) for case in getattr(split, stage).cases]


def test_leave_one_out_takes_the_last_and_the_one_before(made: Made) -> None:
    split = leave_one_out(made([(1, 0), (2, 1), (3, 2), (4, 3)], [(5, 0), (6, 9)]))
    assert items_of(split, "validation") == [(0, [1, 2], 3)]
    assert items_of(split, "test") == [(0, [1, 2, 3], 4)]
    assert split.validation.events.items.tolist() == [1, 2, 5, 6]
    assert split.test.events.items.tolist() == [1, 2, 3, 5, 6]
    assert split.cut is None


def test_leave_one_out_drops_repeats(made: Made) -> None:
    split = leave_one_out(made([(1, 0), (2, 1), (3, 2), (1, 3)]))
    assert items_of(split, "test") == [(0, [1, 2], 3)]
    assert split.test.events.left_out == {"repeats": 1}


def test_prequential_predicts_every_event_after_the_cut_from_all_before_it(made: Made) -> None:
    split = prequential(made([(item, float(item)) for item in range(10)], [(0, 8.5)] * 1))
    assert split.cut == pytest.approx(8.5)
    assert items_of(split, "test") == [(0, list(range(9)), 9)]
    assert split.test.events.times.max() < 8.5
    assert items_of(split, "validation") == [(0, list(range(8)), 8)]


def test_prequential_wants_five_earlier_events(made: Made) -> None:
    old = [(item, float(item)) for item in range(10)] * 6
    new = [(item, 100.0 + item) for item in range(7)]
    split = prequential(made(old, new))
    assert [(user, target) for user, _, target in items_of(split, "test")] == [(1, 5), (1, 6)]


def test_prequential_refuses_an_order(made: Made) -> None:
    with pytest.raises(UsageError, match="only their order"):
        prequential(made([(1, 0), (2, 1)], order_only=True))


@pytest.mark.parametrize("protocol", [leave_one_out, prequential, subset20])
def test_no_events_and_short_users_are_no_error(protocol: Callable[[Interactions], Split], made: Made) -> None:
    assert protocol(made()).test.cases == ()
    assert protocol(made([(1, 0)], [(2, 5), (3, 6)])).test.cases == ()


def test_subset20_hides_the_truth_among_nineteen_never_had(walks: Interactions) -> None:
    split = subset20(walks, seed=3)
    assert split.note == NOTE
    for case in split.test.cases:
        assert case.candidates is not None
        assert len(set(case.candidates.tolist())) == len(case.candidates) <= 20
        assert case.target in case.candidates
        had = set(walks.items[walks.users == case.user].tolist())
        assert set(case.candidates.tolist()) & had == {case.target}
    places = [int(np.flatnonzero(case.candidates == case.target)[0]) for case in split.test.cases]
    assert len(set(places)) > 5
    assert subset20(walks, seed=3).split_hash == split.split_hash != subset20(walks, seed=4).split_hash


def test_the_hash_names_users_histories_targets_and_candidates(walks: Interactions) -> None:
    split = prequential(walks)
    assert prequential(walks).split_hash == split.split_hash
    first, *others = split.test.cases
    changed = (
        replace(first, user=first.user + 1),
        replace(first, history=first.history[1:]),
        replace(first, target=first.target + 1),
        replace(first, candidates=np.array([1, 2])),
    )
    hashes = {split.split_hash}
    hashes |= {replace(split, test=replace(split.test, cases=(case, *others))).split_hash for case in changed}
    assert len(hashes) == 5


def test_a_sample_is_fixed_by_its_seed_and_changes_no_fit(walks: Interactions) -> None:
    split = prequential(walks)
    few = sampled(split, 7, seed=1)
    assert len(few.test.cases) == 7
    assert few.split_hash == sampled(split, 7, seed=1).split_hash != sampled(split, 7, seed=2).split_hash
    assert few.fit_hash == split.fit_hash
    assert len(sampled(split, 10**6, seed=1).test.cases) == len(split.test.cases)


def test_thin_data_leaves_the_targets(walks: Interactions) -> None:
    split = leave_one_out(walks)
    thin = on_few_users(split, 5, seed=0)
    assert len(np.unique(thin.test.events.users)) == 5
    assert set(np.unique(thin.validation.events.users)) == set(np.unique(thin.test.events.users))
    assert len(thin.test.cases) == len(split.test.cases)
    assert thin.split_hash != split.split_hash


def test_few_users_give_several_targets_each_and_none_is_fitted_on(walks: Interactions) -> None:
    split = leave_one_out(walks)
    thin = on_few_users(split, 5, seed=0)
    fitted, everything = thin.validation.events, thin.test.events
    for user in np.unique(everything.users):
        cases = [case for case in thin.validation.cases if case.user == user]
        places, known = everything.places[everything.users == user], fitted.places[fitted.users == user]
        assert len(cases) == len(places) // 3
        assert [case.place for case in cases] == places[-len(cases) :].tolist()
        assert known.tolist() == places[: -len(cases)].tolist()
    many = on_few_users(split, 40, seed=0)
    assert sum(len(case.history) for case in many.validation.cases) > 40


def test_cold_items_are_in_no_fit_and_are_all_that_is_predicted(made: Made, walks: Interactions) -> None:
    assert cold_items(made()).test.cases == ()
    split = cold_items(walks, seed=1)
    cold = set(split.added.tolist())
    assert len(cold) == round(0.1 * np.count_nonzero(walks.counts))
    assert split.test.cases
    for events in (split.validation.events, split.test.events):
        assert not cold & set(events.items.tolist())
    assert all(case.target in cold for case in split.test.cases)
    assert all(case.target not in cold for case in split.validation.cases)
    fitted = {user: split.test.events.places[split.test.events.users == user] for user in range(len(walks.user_ids))}
    assert all((fitted[case.user] < case.place).all() for case in split.test.cases)
    assert cold_items(walks, seed=1).split_hash == split.split_hash != cold_items(walks, seed=2).split_hash


def test_descending_keeps_what_an_order_by_id_would_miss(walks: Interactions) -> None:
    whole = leave_one_out(walks)
    kept = descending(whole)
    ids = walks.item_ids
    assert 0 < len(kept.test.cases) < len(whole.test.cases)
    assert all(ids[case.target] < ids[case.history[-1]] for case in (*kept.test.cases, *kept.validation.cases))
    assert np.array_equal(kept.test.events.keys, whole.test.events.keys)
