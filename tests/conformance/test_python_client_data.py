"""LiveKit's own Python client judges the node: data, texts, calls, and what people say of themselves."""

from aiohttp.test_utils import TestServer
from livekit import rtc

from tests.conformance.people import Person, a_token, people


async def test_data_reaches_everybody_with_topic_and_sender(node: TestServer) -> None:
    async with people(node, "an", "binh", "chi") as (an, binh, chi):
        await an.room.local_participant.publish_data(b"hello", topic="greeting")
        for other in (binh, chi):
            await other.until(lambda other=other: other.data)
            (packet,) = other.data
            assert (packet.data, packet.topic) == (b"hello", "greeting")
            assert packet.participant is not None and packet.participant.identity == "an"
        assert not an.data


async def test_data_for_one_reaches_only_that_one(node: TestServer) -> None:
    async with people(node, "an", "binh", "chi") as (an, binh, chi):
        await an.room.local_participant.publish_data(b"secret", destination_identities=["chi"])
        await an.room.local_participant.publish_data(b"open")
        await chi.until(lambda: len(chi.data) == 2)
        await binh.until(lambda: binh.data)
        assert [packet.data for packet in binh.data] == [b"open"]
        assert [packet.data for packet in chi.data] == [b"secret", b"open"]


async def test_lossy_data_arrives_on_a_good_line(node: TestServer) -> None:
    async with people(node, "an", "binh") as (an, binh):
        await an.room.local_participant.publish_data(b"warm", reliable=True)
        await binh.until(lambda: binh.data)
        await an.room.local_participant.publish_data(b"quick", reliable=False)
        await binh.until(lambda: len(binh.data) == 2)
        assert binh.data[1].kind == rtc.DataPacketKind.KIND_LOSSY


async def test_who_may_not_send_data_is_not_heard(node: TestServer) -> None:
    mute = Person("an")
    async with people(node, "binh", "chi") as (binh, chi):
        await mute.join(node, a_token("an", can_publish_data=False))
        try:
            await mute.room.local_participant.publish_data(b"unheard")
        except rtc.participant.PublishDataError:
            pass
        await chi.room.local_participant.publish_data(b"heard")
        await binh.until(lambda: binh.data)
        assert [packet.data for packet in binh.data] == [b"heard"]
        await mute.leave()


async def test_a_long_text_arrives_whole(node: TestServer) -> None:
    texts: list[str] = []
    async with people(node, "an", "binh") as (an, binh):

        async def read(reader: rtc.TextStreamReader) -> None:
            texts.append(await reader.read_all())
            binh._news.set()

        tasks = []

        def handler(reader: rtc.TextStreamReader, identity: str) -> None:
            import asyncio

            tasks.append(asyncio.get_running_loop().create_task(read(reader)))

        binh.room.register_text_stream_handler("lk.chat", handler)
        text = "chào cả lớp " * 5000
        await an.room.local_participant.send_text(text, topic="lk.chat")
        await binh.until(lambda: texts)
        assert texts == [text]


async def test_one_client_calls_another(node: TestServer) -> None:
    async with people(node, "an", "binh") as (an, binh):

        @binh.room.local_participant.register_rpc_method("double")
        async def double(call: rtc.RpcInvocationData) -> str:
            return str(2 * int(call.payload))

        answer = await an.room.local_participant.perform_rpc(destination_identity="binh", method="double", payload="21")
        assert answer == "42"


async def test_people_change_what_is_said_of_them(node: TestServer) -> None:
    an = Person("an")
    async with people(node, "binh") as (binh,):
        await an.join(node, a_token("an", can_update_own_metadata=True))
        try:
            await an.room.local_participant.set_name("Ân")
            await an.room.local_participant.set_metadata("hand up")
            await an.room.local_participant.set_attributes({"seat": "7"})
            await binh.until(lambda: binh.names_of("participant_attributes_changed"))
            remote = binh.room.remote_participants["an"]
            await binh.until(lambda: (remote.name, remote.metadata) == ("Ân", "hand up"))
            assert remote.attributes == {"seat": "7"}
        finally:
            await an.leave()
