"""The lock of releases, on the embedded AWS's S3."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from commands.errors import ExitCode
from release.errors import LockedError, LockLostError, ReleaseError
from release.lock import STALE_SECONDS, Lock, LockPlace
from tests.release.conftest import BUCKET

KEY = "prod/lock.json"


@pytest.fixture
def place(s3: Any) -> LockPlace:
    return LockPlace(s3=s3, bucket=BUCKET, key=KEY)


def taken(place: LockPlace, release: str = "r1", *, resumes: bool = False) -> Lock:
    return place.acquire(release=release, who="arn:aws:iam::123456789012:user/ada", host="laptop", resumes=resumes)


class S3:
    """A client whose calls of one kind do something first or afterwards."""

    def __init__(self, s3: Any, **calls: Callable[[Any], Any]) -> None:
        self._s3, self._calls = s3, calls

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._s3, name)
        return (lambda **parameters: self._calls[name](lambda: real(**parameters))) if name in self._calls else real


def silent(place: LockPlace, seconds: float) -> LockPlace:
    """The place as it is seen that long after the last heartbeat."""

    def earlier(read: Callable[[], Any]) -> Any:
        answer = read()
        return {**answer, "LastModified": datetime.now(UTC) - timedelta(seconds=seconds)}

    return LockPlace(s3=S3(place.s3, get_object=earlier), bucket=BUCKET, key=KEY)


def test_of_twelve_who_try_at_once_one_gets_it(place: LockPlace) -> None:
    def tries(number: int) -> Lock | None:
        try:
            return taken(place, f"r{number}")
        except LockedError:
            return None

    with ThreadPoolExecutor(12) as racers:
        won = [lock for lock in racers.map(tries, range(12)) if lock]
    assert len(won) == 1
    found = place.read()
    assert found is not None
    assert found.holder == won[0].holder


def test_of_twelve_who_try_at_once_one_gets_what_was_freed(place: LockPlace) -> None:
    taken(place).free()
    test_of_twelve_who_try_at_once_one_gets_it(place)


def test_another_release_hears_who_has_it(place: LockPlace) -> None:
    taken(place)
    with pytest.raises(LockedError, match="release r1, by arn:aws:iam::123456789012:user/ada on laptop") as refused:
        taken(place, "r2")
    assert refused.value.exit_code is ExitCode.LOCKED
    with pytest.raises(LockedError, match=r"`\./shop release status -s prod` says whether it is at work") as refused:
        taken(replace(place, options="-s prod"), "r2")


def test_the_holder_says_by_which_plan(place: LockPlace) -> None:
    """A lock that an older version of the tool has taken says none."""
    lock = place.acquire(release="r1", who="ada", host="laptop", plan="38c5a2d3ce40")
    found = place.read()
    assert found
    assert found.holder.plan == "38c5a2d3ce40"
    assert str(found.holder).startswith("release r1 by plan 38c5a2d3ce40, by ada on laptop")
    older = {name: value for name, value in asdict(lock.holder).items() if name != "plan"}
    place.s3.put_object(Bucket=BUCKET, Key=KEY, Body=json.dumps(older).encode())
    found = place.read()
    assert found
    assert str(found.holder).startswith("release r1, by ada on laptop")


def test_the_fence_grows_with_each_holder(place: LockPlace) -> None:
    fences = []
    for number in range(3):
        lock = taken(place, f"r{number}")
        fences.append(lock.fence)
        lock.free()
    assert fences == [1, 2, 3]


def test_a_dead_holder_is_followed_by_its_own_release_alone(place: LockPlace) -> None:
    dead = taken(place)
    later = silent(place, STALE_SECONDS + 1)
    with pytest.raises(LockedError):
        taken(later, "r2", resumes=True)
    with pytest.raises(LockedError):
        taken(later, "r1")
    follower = taken(later, "r1", resumes=True)
    assert follower.fence == dead.fence + 1
    for act in (dead.check, dead.beat):
        with pytest.raises(LockLostError):
            act()
    dead.free()
    follower.check()


def test_a_living_holder_is_not_followed(place: LockPlace) -> None:
    taken(place)
    with pytest.raises(LockedError, match="was alive"):
        taken(silent(place, STALE_SECONDS - 1), resumes=True)


def test_a_heartbeat_keeps_it(place: LockPlace) -> None:
    lock = taken(place)
    before = place.s3.get_object(Bucket=BUCKET, Key=KEY)["LastModified"]
    beats: list[None] = []

    def counted(write: Callable[[], Any]) -> Any:
        beats.append(None)
        if len(beats) == 1:
            raise ConnectionClosedError(endpoint_url="s3")
        return write()

    lock._place = LockPlace(s3=S3(place.s3, put_object=counted), bucket=BUCKET, key=KEY)
    with lock.beating(seconds=0.01):
        while len(beats) < 3:
            pass
    assert place.s3.get_object(Bucket=BUCKET, Key=KEY)["LastModified"] >= before
    lock.check()
    lock.free()
    taken(place, "r2")


def test_a_lost_answer_is_not_a_lost_lock(place: LockPlace) -> None:
    """boto3 repeats the call, and S3 refuses the second write because the first one was done."""

    def twice(write: Callable[[], Any]) -> Any:
        write()
        return write()

    deaf = LockPlace(s3=S3(place.s3, put_object=twice), bucket=BUCKET, key=KEY)
    lock = taken(deaf)
    lock.beat()
    lock.check()
    lock.free()
    assert taken(deaf, "r2").fence == 2


def test_a_lock_is_broken_open_by_the_name_of_its_release(place: LockPlace) -> None:
    with pytest.raises(ReleaseError, match="free"):
        place.break_open("r1")
    taken(place)
    with pytest.raises(LockedError, match="was alive"):
        place.break_open("r1")
    later = silent(place, STALE_SECONDS + 1)
    with pytest.raises(LockedError, match="release r1"):
        later.break_open("r2")
    assert later.break_open("r1").release == "r1"
    assert taken(place, "r2").fence == 2


def test_what_is_no_lock_is_named(place: LockPlace) -> None:
    place.s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"{}")
    with pytest.raises(ReleaseError, match=r"s3://client-releases/prod/lock\.json: got .*, expected the lock"):
        taken(place)


def test_what_s3_refuses_otherwise_is_raised(place: LockPlace) -> None:
    place.s3.delete_bucket(Bucket=BUCKET)
    with pytest.raises(ClientError, match="NoSuchBucket"):
        taken(place)
