"""The live channel, by a real server and a client that speaks as a browser does."""

import json
import socket
import threading

import experiments
import pytest
import uvicorn
from processes import wait_until
from starlette.applications import Starlette
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from netlib import TrainingPlan
from netlib.jobs.registry import Registry
from pages.frame import live

SPIRALS = experiments.SPIRALS.replace(plan=TrainingPlan(epochs=40))


@pytest.fixture(scope="module")
def registry():
    registry = Registry(limit=1)
    yield registry
    registry.close()


@pytest.fixture(scope="module")
def host(registry):
    """A server with the channel alone."""
    application = Starlette(routes=[live.live_route(registry.get)])
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(application, log_level="error", ws="websockets-sansio")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    wait_until(lambda: server.started)
    yield "{}:{}".format(*listener.getsockname())
    server.should_exit = True
    thread.join()


@pytest.fixture
def paused(registry):
    run = registry.start(SPIRALS, is_paused=True)
    yield run
    registry.stop(run.id)
    assert run.job.wait(60)


def open_channel(host, run_id, epochs=0, origin="http://{host}"):
    address = f"ws://{host}/live/{run_id}?epochs={epochs}"
    return connect(address, origin=origin.format(host=host) if origin else None)


def read(message):
    """The JSON text of a message, and the bytes after it."""
    size = int.from_bytes(message[:4], "little")
    return json.loads(message[4 : 4 + size]), message[4 + size :]


def drawn(channel):
    """Receives a message and acknowledges it."""
    text, _ = read(channel.recv(timeout=60))
    channel.send("drawn")
    return text


def hear(channel, holds, into):
    """Takes messages in until `holds(into)`; no epoch may be missing or told twice."""
    while not holds(into):
        text = drawn(channel)
        assert text["since"] == len(into["epochs"])
        epochs = into["epochs"] + text["epochs"]
        into |= text | {"epochs": epochs}
    return into


def is_over(heard):
    return heard.get("state") == "finished" and len(heard["epochs"]) == 40


OTHERS = (None, "http://127.0.0.1:1", "http://localhost.evil.example", "null")


def test_a_page_of_another_origin_is_refused(host, paused):
    for origin in OTHERS:
        with (
            pytest.raises(InvalidStatus) as caught,
            open_channel(host, paused.id, 0, origin),
        ):
            pass
        assert caught.value.response.status_code == 403, origin


def test_a_run_is_found_by_its_id_alone(host):
    with open_channel(host, "guessed") as channel:
        with pytest.raises(ConnectionClosed) as caught:
            channel.recv(timeout=60)
        assert caught.value.rcvd.code == live.UNKNOWN_RUN


def test_a_run_is_played_over_the_channel_and_heard_without_a_gap(host, paused):
    with open_channel(host, paused.id) as channel:
        heard = {"epochs": []}
        hear(channel, lambda now: now.get("kept") == [0], heard)
        assert heard["state"] == "running"
        assert heard["place"] == {
            "kind": "position", "epoch": 0, "steps": 0, "is_playing": False,
        }  # fmt: skip
        channel.send(json.dumps({"kind": "step", "until": "epoch"}))
        hear(channel, lambda now: now["place"]["epoch"] == 1, heard)
        assert len(heard["epochs"]) == 1
        channel.send(json.dumps({"kind": "change", "learning_rate": 0.02}))
        hear(channel, lambda now: now["changes"], heard)
        (change,) = heard["changes"]
        assert (change["epoch"], change["change"]["learning_rate"]) == (1, 0.02)
        channel.send(json.dumps({"kind": "play"}))
        hear(channel, lambda now: len(now["epochs"]) > 5, heard)
    # The network is lost; the page asks for what it has not heard.
    with open_channel(host, paused.id, len(heard["epochs"])) as channel:
        first = drawn(channel)
        assert first["since"] == len(heard["epochs"])
        heard |= first | {"epochs": heard["epochs"] + first["epochs"]}
        hear(channel, is_over, heard)
    assert [epoch[0] for epoch in heard["epochs"]] == list(range(1, 41))
    history = paused.snapshot().history
    assert [tuple(epoch) for epoch in heard["epochs"]] == [tuple(e) for e in history]


def test_two_messages_are_on_the_way_at_most_and_the_next_is_the_newest(
    host, paused, monkeypatch
):
    monkeypatch.setattr(live, "SECONDS_OF_SILENCE", 0.01)
    with open_channel(host, paused.id) as channel:
        channel.send(json.dumps({"kind": "play"}))
        first, second = (read(channel.recv(timeout=60))[0] for _ in range(2))
        assert paused.job.wait(60)
        with pytest.raises(TimeoutError):
            channel.recv(timeout=0.2)
        channel.send("drawn")
        third, _ = read(channel.recv(timeout=60))
        assert third["state"] == "finished"
        told = first["epochs"] + second["epochs"] + third["epochs"]
        assert len(told) == 40


def test_a_page_that_draws_nothing_watches_its_run_all_the_same(
    host, paused, monkeypatch
):
    monkeypatch.setattr(live, "SECONDS_BETWEEN_WATCHES", 0.01)
    monkeypatch.setattr(live, "SECONDS_OF_SILENCE", 0.1)
    with open_channel(host, paused.id) as channel:
        for _ in range(live.MOST_ON_THE_WAY):
            channel.recv(timeout=60)
        before = paused.job.watched_at
        wait_until(lambda: paused.job.watched_at > before)
        # But no pictures are made for it until it draws again.
        wait_until(lambda: not paused.job.listeners)
        channel.send("drawn")
        wait_until(lambda: paused.job.listeners)
        channel.recv(timeout=60)


def test_what_no_page_says_ends_the_connection_and_not_the_run(host, paused):
    for words in ("nonsense", '{"kind": "stop"}', '{"kind": "play", "pace": -1}'):
        with open_channel(host, paused.id) as channel:
            channel.send(words)
            with pytest.raises(ConnectionClosed) as caught:
                for _ in range(5):
                    drawn(channel)
            assert caught.value.rcvd.code == live.FORBIDDEN
    with open_channel(host, paused.id) as channel:
        with pytest.raises(ConnectionClosed) as caught:
            for _ in range(50):  # more than were ever sent
                channel.send("drawn")
            for _ in range(50):
                channel.recv(timeout=60)
        assert caught.value.rcvd.code == live.FORBIDDEN
    assert paused.is_active


def test_a_long_history_is_heard_in_parts(host, registry, monkeypatch):
    monkeypatch.setattr(live, "MOST_EPOCHS", 7)
    run = registry.start(SPIRALS)
    assert run.job.wait(60)
    with open_channel(host, run.id) as channel:
        parts = [drawn(channel) for _ in range(6)]
    assert [len(part["epochs"]) for part in parts] == [7, 7, 7, 7, 7, 5]
    assert [part["since"] for part in parts] == [0, 7, 14, 21, 28, 35]
