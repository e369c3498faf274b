"""What is found out once in a view of one thread."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count

from pack_connectors.system.thread_view import ThreadView


def asking(view, key="a"):
    numbers = count()
    return lambda: view.once(key, lambda: next(numbers))


def test_outside_of_a_view_each_question_is_new():
    ask = asking(ThreadView())
    assert [ask(), ask()] == [0, 1]


def test_in_a_view_it_is_asked_once_until_it_is_forgotten_or_the_view_ends():
    view = ThreadView()
    ask, other = asking(view), asking(view, "b")
    with view.opened():
        assert [ask(), ask(), other()] == [0, 0, 0]
        with view.opened():
            assert ask() == 0
        assert ask() == 0
        view.forget()
        assert [ask(), ask(), other()] == [1, 1, 1]
    assert [ask(), ask()] == [2, 3]


def test_an_error_is_not_remembered_and_ends_the_view():
    view = ThreadView()
    with suppress(ZeroDivisionError), view.opened():
        with suppress(ZeroDivisionError):
            view.once("a", lambda: 1 // 0)
        assert view.once("a", lambda: 7) == 7
        view.once("b", lambda: 1 // 0)
    assert view.once("a", lambda: 8) == 8


def test_a_view_is_of_its_thread():
    view = ThreadView()
    with view.opened(), ThreadPoolExecutor(1) as pool:
        assert view.once("a", lambda: 1) == 1
        assert pool.submit(view.once, "a", lambda: 2).result(timeout=30) == 2
        pool.submit(view.forget).result(timeout=30)
        assert view.once("a", lambda: 3) == 1
