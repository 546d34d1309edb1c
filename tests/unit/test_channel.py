"""Messages between the kernel and `hermipy run`."""

from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from hermipy import channel
from hermipy.channel import Kind, Message

MESSAGES = st.lists(st.tuples(st.sampled_from(Kind), st.binary(max_size=300)), max_size=20)


@given(MESSAGES, st.lists(st.integers(1, 50), min_size=1))
def test_messages_survive_any_cutting_of_the_stream(
    messages: list[tuple[Kind, bytes]], cuts: list[int]
) -> None:
    stream = b"".join(channel.encode(kind, payload) for kind, payload in messages)
    decoder = channel.Decoder()
    got: list[Message] = []
    for i in range(len(stream)):
        size = cuts[i % len(cuts)]
        got += decoder.feed(stream[:size])
        stream = stream[size:]
    got += decoder.feed(stream)
    assert got == [Message(kind, payload) for kind, payload in messages]


def test_exit_status_and_counts_are_read_as_the_kernel_writes_them() -> None:
    assert channel.number(struct.pack("<i", 137)) == 137
    assert channel.number(struct.pack("<Q", 1 << 40)) == 1 << 40
    rows = struct.pack("<IIQQQ", 64, 0, 10, 2, 1) * 2
    assert channel.counts(rows) == (channel.Count(64, 10, 2, 1),) * 2


def test_host_messages_have_the_layout_of_channel_h() -> None:
    assert channel.signal(2) == bytes([35, 0, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0])
    assert channel.window(24, 80) == bytes([34, 0, 0, 0, 4, 0, 0, 0, 24, 0, 80, 0])
