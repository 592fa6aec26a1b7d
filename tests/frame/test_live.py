"""The live channel, by a real server and a client that speaks as a browser does."""

import json
import socket
import threading
from urllib.error import HTTPError
from urllib.request import urlopen

import experiments
import pytest
import uvicorn
from processes import wait_until
from starlette.applications import Starlette
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from netlib import TrainingPlan
from netlib.jobs.job import ENDINGS
from netlib.jobs.protocol import Play, TimeSteps
from netlib.jobs.registry import Registry
from pages.frame import live, news
from pages.frame.views import Views, find_views

SPIRALS = experiments.SPIRALS.replace(plan=TrainingPlan(epochs=40))


@pytest.fixture(scope="module")
def registry():
    registry = Registry(limit=1)
    yield registry
    registry.close()


@pytest.fixture(scope="module")
def host(registry):
    """A server with the channel alone."""
    application = Starlette(routes=live.live_routes(registry.watch))
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


def open_channel(host, job_id, epochs=0, origin="http://{host}"):
    return open_address(host, f"/live/{job_id}?epochs={epochs}", origin)


def open_address(host, path, origin="http://{host}"):
    address = f"ws://{host}{path}"
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
        assert caught.value.rcvd.code == live.UNKNOWN


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


def test_a_run_gives_way_to_its_page_and_goes_on_once_that_is_drawn(host, paused):
    with open_channel(host, paused.id) as channel:
        channel.send('{"kind": "play"}')
        for _ in range(20):  # of itself it takes half a second
            channel.send("busy")
            assert not paused.job.wait(0.1)
        assert paused.job.wait(60)


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
    monkeypatch.setattr(news, "MOST_EPOCHS", 7)
    run = registry.start(SPIRALS)
    assert run.job.wait(60)
    with open_channel(host, run.id) as channel:
        parts = [drawn(channel) for _ in range(6)]
    assert [len(part["epochs"]) for part in parts] == [7, 7, 7, 7, 7, 5]
    assert [part["since"] for part in parts] == [0, 7, 14, 21, 28, 35]


def parts_of(message):
    """What a message says of each part, and the state it tells."""
    text, rest = read(message)
    told = {}
    for name, size in text["parts"]:
        told[name], _ = read(rest[:size])
        rest = rest[size:]
    return text["state"], told


def next_parts(channel):
    message = channel.recv(timeout=60)
    channel.send("drawn")
    return parts_of(message)


def test_parts_of_a_page_follow_its_job_and_end_with_it(host, paused):
    views, seldom = Views(), 1000

    def count():
        return {"progress": {"text": f"{len(paused.snapshot().history)} epochs"}}

    views.add(paused.id, "progress", count, 0)
    views.add(paused.id, "maps", lambda: {"map": {"figure": paused.state}}, seldom)
    with open_address(host, f"/live/{paused.id}?views={views.token}") as channel:
        assert next_parts(channel)[1] == {"progress": {"text": "0 epochs"}}
        wait_until(lambda: paused.job.listeners)
        paused.tell(Play())
        state, told = next_parts(channel)
        while state != "finished":
            assert told.keys() <= {"progress"}  # it is not time yet for the maps
            state, new = next_parts(channel)
            told |= new
        end = {"progress": {"text": "40 epochs"}, "map": {"figure": "finished"}}
        assert told == end
    views.begin()
    assert not views.follow(paused.id)


def test_a_page_that_is_closed_or_has_wishes_hears_nothing(host, paused):
    views = Views()
    path = f"/live/{paused.id}?views={views.token}"
    with open_address(host, path) as channel:
        channel.send('{"kind": "play"}')
        with pytest.raises(ConnectionClosed) as caught:
            for _ in range(5):
                next_parts(channel)
        assert caught.value.rcvd.code == live.FORBIDDEN
    token = views.token
    del views
    wait_until(lambda: find_views(token) is None)
    with open_address(host, path) as channel:
        with pytest.raises(ConnectionClosed) as caught:
            channel.recv(timeout=60)
        assert caught.value.rcvd.code == live.UNKNOWN
    assert not paused.snapshot().history


def test_an_errand_is_followed_in_the_queue_and_by_a_proxy_that_cuts_websockets(
    host, registry, paused
):
    asked = {"spec": SPIRALS.spec, "styles": ("manual",), "seed": 0}
    errand = registry.ask(TimeSteps(rounds=2, steps=1, **asked))
    views = Views()
    told_at = errand.job.watched_at
    with pytest.raises(HTTPError) as caught:
        urlopen(f"http://{host}/live/{errand.id}")
    assert caught.value.code == live.UPGRADE_REQUIRED
    assert errand.job.watched_at > told_at
    views.add(
        errand.id, "progress", lambda: {"progress": {"at": errand.job.position}}, 0
    )
    with open_address(host, f"/live/{errand.id}?views={views.token}") as channel:
        state, parts = next_parts(channel)
        assert (state, parts) == ("queued", {"progress": {"at": 1}})
        registry.stop(paused.id)
        told = []
        while state not in ENDINGS:
            state, parts = next_parts(channel)
            told += [parts] if parts else []  # without any, it says that it is there
        assert told == [{"progress": {"at": None}}]
    assert state == "finished", errand.snapshot()
    # It has no board.
    with open_channel(host, errand.id) as channel, pytest.raises(ConnectionClosed):
        channel.recv(timeout=60)
