"""A named lock of the database: one holder at a time, whoever waits; names are apart.

The fixture `store_url` marks: SQLite is `pytest.mark.unit`, PostgreSQL `pytest.mark.service`.
"""

import threading
import time

import pytest

from store.engine import Store, open_store


def test_one_holder_at_a_time(store_url: str) -> None:
    stores = [open_store(store_url) for _ in range(4)]
    holders, most, order = 0, 0, list[int]()

    def work(number: int, store: Store) -> None:
        nonlocal holders, most
        for _ in range(3):
            with store.exclusive("index"):
                holders += 1
                most = max(most, holders)
                time.sleep(0.005)  # long enough for another to come in, were it not kept out
                order.append(number)
                holders -= 1

    threads = [threading.Thread(target=work, args=pair) for pair in enumerate(stores)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for store in stores:
        store.close()
    assert most == 1
    assert sorted(order) == sorted(list(range(4)) * 3)


def test_another_name_is_another_lock(store: Store) -> None:
    with store.exclusive("index"), store.exclusive("migration"):
        pass


def test_a_holder_that_fails_lets_go(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.exclusive("index"):
        raise ZeroDivisionError
    taken = threading.Event()

    def take() -> None:
        with store.exclusive("index"):
            taken.set()

    thread = threading.Thread(target=take)
    thread.start()
    thread.join(10)
    assert taken.is_set()
