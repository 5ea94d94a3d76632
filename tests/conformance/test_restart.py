"""The node is killed in the middle of a call and started again: clients come back by themselves and see each other."""

from pathlib import Path

from tests.conformance.people import Person, a_token
from tests.signaling.process import a_config, a_free_udp_port, a_node


async def test_people_come_back_after_the_node_was_killed(tmp_path: Path) -> None:
    config = a_config(tmp_path, udp_port=a_free_udp_port())
    an, binh = Person("an"), Person("binh")
    try:
        async with a_node(config) as (process, url):
            await an.join(url, a_token("an"))
            await binh.join(url, a_token("binh"))
            await an.publish_camera(60)
            await binh.until(lambda: "an" in binh.seen and binh.seen["an"].frames > 3)
            process.kill()
            await process.wait()
        before = binh.seen["an"].frames
        async with a_node(config):
            await binh.until(lambda: len(binh.names_of("track_subscribed")) > 1 and binh.seen["an"].frames > before + 3)
            await an.leave()
            await binh.leave()
    finally:
        an.stop()
        binh.stop()
