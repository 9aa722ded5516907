from agent.resources import Resources
from eval.interactions import from_timelines, k_core, read_interactions
from history.catalogue import Catalogue
from history.records import Event, Item
from history.timeline import Timeline

CATALOGUE = Catalogue([Item("a", "A"), Item("b", "B"), Item("c", "C")])


def timeline(user: str, *items: str) -> Timeline:
    return Timeline(user, tuple(Event(user, item, float(place)) for place, item in enumerate(items)))


def test_a_place_leads_back_to_the_timeline() -> None:
    whole = timeline("u", "a", "", "gone", "b")
    found = from_timelines([whole], CATALOGUE)
    assert found.items.tolist() == [0, 1]
    assert found.places.tolist() == [0, 3]
    assert whole.before(int(found.places[1])).item_ids == ("a", "gone")


def test_items_outside_the_catalogue_are_counted_by_name() -> None:
    found = from_timelines([timeline("u", "a", "gone", "gone")], CATALOGUE)
    assert found.left_out == {"not in the catalogue: item 'gone'": 2}


def test_users_come_in_the_order_of_their_ids_whatever_the_store_gives() -> None:
    first = from_timelines([timeline("u2", "a"), timeline("u1", "b")], CATALOGUE)
    assert first.user_ids == ("u1", "u2")
    assert first.items.tolist() == [1, 0]


def test_repeats_are_dropped_and_the_first_kept() -> None:
    found = from_timelines([timeline("u", "a", "b", "a"), timeline("v", "a")], CATALOGUE).without_repeats()
    assert found.items.tolist() == [0, 1, 0]
    assert found.places.tolist() == [0, 1, 0]
    assert found.left_out == {"repeats": 1}


def test_the_core_shrinks_until_all_have_enough() -> None:
    users = [timeline("u", "a", "b", "c"), timeline("v", "a", "b"), timeline("w", "b", "c", "a"), timeline("x", "c")]
    found = k_core(from_timelines(users, CATALOGUE), 2)
    assert sorted(found.item_ids) == ["a", "b", "c"]
    assert {found.user_ids[user] for user in found.users} == {"u", "v", "w"}
    smaller = k_core(from_timelines(users, CATALOGUE), 3)
    assert len(smaller) == 0
    assert len(smaller.catalogue) == 0


def test_the_core_keeps_items_at_their_own_places() -> None:
    found = k_core(from_timelines([timeline("u", "b", "c"), timeline("v", "c", "b", "a")], CATALOGUE), 2)
    assert found.item_ids == ("b", "c")
    assert found.items.tolist() == [0, 1, 1, 0]
    assert found.left_out == {"outside the 2-core": 1}


def test_the_store_is_read_whole(resources: Resources) -> None:
    found = read_interactions(resources.store)
    assert len(found) == resources.store.event_count()
    assert found.matrix.shape == (36, 40)
    assert not found.order_only
