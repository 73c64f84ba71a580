"""The checkpoint folder: two generations, damage, one owner."""

import numpy as np
import pytest

from tocsin.ops.errors import StateError
from tocsin.state.folder import Folder


@pytest.fixture
def folder(tmp_path):
    made = Folder(tmp_path / "state")
    yield made
    made.close()


def write(folder, n):
    folder.write({"n": np.array([n])}, {"n": n})


def test_the_newest_is_read(folder):
    for n in range(4):
        write(folder, n)
    arrays, meta = folder.newest()
    assert (int(arrays["n"][0]), meta["n"]) == (3, 3)
    assert len(folder.generations()) == 2


def test_a_damaged_one_gives_way_to_the_one_before(folder):
    write(folder, 1)
    write(folder, 2)
    newest = folder.generations()[0]
    newest.write_bytes(newest.read_bytes()[:-1])
    assert folder.newest()[1]["n"] == 1
    assert newest.name in folder.damaged[0]


def test_without_any_readable_one_it_does_not_start_over_silently(folder):
    write(folder, 1)
    folder.generations()[0].write_bytes(b"x")
    with pytest.raises(StateError, match="move the folder away"):
        folder.newest()


def test_an_empty_folder_is_a_fresh_start(folder):
    assert folder.newest() is None


def test_a_folder_has_one_owner(tmp_path):
    first = Folder(tmp_path)
    with pytest.raises(StateError, match="another process"):
        Folder(tmp_path)
    first.close()
    Folder(tmp_path).close()
