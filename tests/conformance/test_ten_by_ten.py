"""Ten publishers, each seen by the nine others: ninety pictures through one node."""

import asyncio

from aiohttp.test_utils import TestServer

from tests.conformance.people import Person

PEOPLE = 10


def luma_of(number: int) -> int:
    return 30 + 20 * number


async def test_ten_publishers_are_each_seen_by_all_the_others(node: TestServer) -> None:
    everybody = [Person(f"p{number}") for number in range(PEOPLE)]
    try:
        await asyncio.gather(*(person.join(node) for person in everybody))
        await asyncio.gather(*(person.publish_camera(luma_of(n)) for n, person in enumerate(everybody)))
        await asyncio.gather(*(person.until(lambda person=person: sees_all(person)) for person in everybody))
    finally:
        await asyncio.gather(*(person.leave() for person in everybody))


def sees_all(person: Person) -> bool:
    others = {f"p{number}": luma_of(number) for number in range(PEOPLE)}
    del others[person.identity]
    seen = person.seen
    return all(name in seen and abs(seen[name].luma - luma) < 9 for name, luma in others.items())
