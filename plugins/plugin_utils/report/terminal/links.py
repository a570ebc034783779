# Copyright: hostprep.runtime_fabric contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The measurements between the nodes as lines of at most 80 columns for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.hostprep.runtime_fabric.plugins.plugin_utils.report.terminal.layout import (
    WIDTH,
    Line,
    shortened,
)

_LABEL, _COLUMN = 20, 6
_MOST_NODES = (WIDTH - _LABEL - 1) // _COLUMN  # with more, there is only the summary; report.json has all
_Way = Mapping[str, Any]  # a measurement from one node to another


def lines(report: Mapping[str, Any], every: bool = True) -> list[Line]:
    """Return the lines for the links of a report; none where none were measured. every: with a table of all pairs."""
    matrix = report.get("port_matrix") or {}
    out: list[Line] = []
    links = [link for link in matrix.get("links") or () if link["rtt_ms"]]
    if links:
        out += [("", None), *((text, None) for text in _summary(links))]
        if every:
            out += _grid("p95 in ms", matrix["nodes"], {_pair(link): _short(link["rtt_ms"]["p95"]) for link in links})
    streams = [stream for stream in matrix.get("bandwidth") or () if "mean_mbit" in stream]
    if streams:
        rates = sorted(stream["mean_mbit"] for stream in streams)
        slowest = min(streams, key=lambda stream: stream["mean_mbit"])
        out += [("", None), (f"Bandwidth: {_span(rates, 1)} Mbit/s ({_span(rates, 8)} MB/s), slowest:", None)]
        out += _entry(slowest, f"{_short(slowest['mean_mbit'])} Mbit/s")
        if every:
            out += _grid("Mbit/s", matrix["nodes"], {_pair(stream): _short(stream["mean_mbit"]) for stream in streams})
    return out


def _summary(links: Sequence[_Way]) -> Iterator[str]:
    slowest = max(links, key=lambda link: link["rtt_ms"]["p95"])
    loss = max(link["loss_percent"] for link in links)
    apart = max(abs(link["clock"]["offset_ms"]) + link["clock"]["error_ms"] for link in links)
    mtus = [link["path"]["mtu"] for link in links if link["path"]["mtu"]]
    mtu = f", path MTU {min(mtus)}" if mtus else ""
    yield f"Links: loss {loss:g} %{mtu}, clocks within {_short(apart)} ms, slowest p95:"
    yield from (text for text, dummy in _entry(slowest, f"{_short(slowest['rtt_ms']['p95'])} ms"))


def _entry(way: _Way, value: str) -> list[Line]:
    text = shortened(f"  {way['source']} -> {way['destination']}", WIDTH - len(value) - 2)
    return [(f"{text}: {value}", None)]


def _pair(way: _Way) -> tuple[str, str]:
    return way["source"], way["destination"]


def _span(rates: Sequence[float], divisor: int) -> str:
    low, high = (f"{rate / divisor:.0f}" for rate in (rates[0], rates[-1]))
    return low if low == high else f"{low} to {high}"


def _short(value: float) -> str:
    """At most five characters for anything below 100000."""
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def _grid(title: str, names: Sequence[str], texts: Mapping[tuple[str, str], str]) -> list[Line]:
    """Rows are sources, columns destinations; a column is named by the number of its row."""
    if len(names) > _MOST_NODES:
        return []
    head = "".join(f"{number:<{_COLUMN}}" for number in range(1, len(names) + 1))
    out: list[Line] = [(f"{title + ', from / to':<{_LABEL}} {head}".rstrip()[:WIDTH], None)]
    for number, source in enumerate(names, 1):
        label = shortened(f"{number:>2} {source}", _LABEL - 1)
        cells = "".join(f"{texts.get((source, destination), '-'):<{_COLUMN}}" for destination in names)
        out.append((f"{label:<{_LABEL}} {cells}".rstrip(), None))
    return out
