"""The bench says truly whether a goal is met, keeps what others measured, and fails where one is missed."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bench import __main__ as bench
from bench import peer
from bench.rows import Row, keep, table
from tests import services

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize(
    ("goal", "measured", "met"),
    [
        ("<= 0.3", 0.3, True),
        ("<= 0.3", 0.31, False),
        (">= 10", 9.9, False),
        ("== 0", 0, True),
        ("== 0", 1, False),
        ("", 7, True),
    ],
)
def test_a_goal_is_met_or_missed(goal: str, measured: float, met: bool) -> None:
    assert Row("x", goal, measured, "s").met is met
    assert ("✗" in table([Row("x", goal, measured, "s")])) is not met


def test_a_second_bench_adds_to_what_the_first_one_kept(tmp_path: Path) -> None:
    path = tmp_path / "build" / "bench.json"
    keep([Row("a", "<= 1", 2, "s"), Row("b", "", 1, "s")], path)
    keep([Row("a", "<= 1", 0.123456, "s")], path)
    assert json.loads(path.read_text())["rows"] == [
        {"name": "b", "goal": "", "measured": 1.0, "unit": "s", "met": True},
        {"name": "a", "goal": "<= 1", "measured": 0.1235, "unit": "s", "met": True},
    ]


def test_figures_worth_keeping_say_when_and_on_what_they_were_measured(tmp_path: Path) -> None:
    path = tmp_path / "bench.json"
    keep([Row("a", "", 1, "s")], path, about={"date": "2026-11-23", "machine": "2 processors"})
    kept = json.loads(path.read_text())
    assert (kept["date"], kept["machine"], len(kept["rows"])) == ("2026-11-23", "2 processors", 1)


def test_a_missed_goal_is_an_error_and_an_unknown_bench_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "slow.py").write_text("from bench.rows import Row\ndef run(note): return [Row('slow', '<= 1', 2, 's')]\n")
    import bench as package

    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    monkeypatch.setattr(bench, "BENCHES", ("slow",))
    monkeypatch.setattr(bench, "RESULT", tmp_path / "bench.json")
    assert bench.main([]) == 1
    assert "MISSED: slow" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        bench.main(["nothing"])


def test_what_one_bench_measured_is_kept_where_the_next_one_breaks_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "sound.py").write_text("from bench.rows import Row\ndef run(note): return [Row('a', '<= 1', 1, 's')]\n")
    (tmp_path / "broken.py").write_text("def run(note): raise RuntimeError('no server')\n")
    import bench as package

    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    monkeypatch.setattr(bench, "BENCHES", ("broken", "sound"))
    monkeypatch.setattr(bench, "RESULT", tmp_path / "bench.json")
    assert bench.main([]) == 1
    assert "FAILED, without figures: broken" in capsys.readouterr().out
    assert [row["name"] for row in json.loads((tmp_path / "bench.json").read_text())["rows"]] == ["a"]


def test_without_edx_proctoring_the_bench_says_so_and_has_no_rows_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(peer, "HOME", tmp_path / "file" / "peer")
    told: list[str] = []
    assert peer.run(told.append) == []
    assert "NOT BESIDE edx-proctoring" in told[-1]


WAITING = """
import threading
from tests import services
def run(note):
    with services.redis() as url:
        note(url)
        threading.Event().wait()
"""


@pytest.mark.redis
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_bench_that_is_told_to_end_leaves_no_server_behind(tmp_path: Path, number: int) -> None:
    try:
        services.find_program("redis-server", "valkey-server", package="redis-server")
    except services.Missing as missing:
        pytest.skip(str(missing))
    (tmp_path / "waiting.py").write_text(WAITING)
    begin = (
        "import signal, sys, bench; from bench import __main__ as main\n"
        # As a shell starts a job in the background.
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        f"bench.__path__.append({str(tmp_path)!r}); main.BENCHES = ('waiting',)\n"
        "sys.exit(main.main(['waiting']))\n"
    )
    with subprocess.Popen([sys.executable, "-c", begin], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = next((line for line in process.stdout if "redis://" in line), "")
        port = int(told.rsplit(":", 1)[1].split("/")[0])
        with socket.create_connection(("127.0.0.1", port), 5):
            pass
        process.send_signal(number)
        process.send_signal(number)
        assert process.wait(60) == 128 + number
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
