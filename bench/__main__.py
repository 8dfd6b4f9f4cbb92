"""``python -m bench``: measure, print the table, keep it.

It needs a running stack's settings in the environment; ``make bench`` sees to that.
"""

from __future__ import annotations

import argparse
import sys

from bench import batch_against_copy, days, export_csv, imports, report, screens, trials_end_to_end, wakes


def main() -> int:
    """Run the chosen benchmarks; exit code 0 whatever the ratios are, since machines are noisy."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=40_000, help="messages a round, end to end (default 40,000)")
    parser.add_argument("--rows", type=int, default=20_000, help="rows a round, batch function (default 20,000)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=["trials", "batch", "wakes", "screens", "days", "imports", "export"])
    parser.add_argument(
        "--devices", type=int, default=1_000, help="devices of the large company (default 1,000; full: 10,000)"
    )
    parser.add_argument(
        "--payloads",
        type=int,
        default=100_000,
        help="payloads of the large company (default 100,000; full: 10,000,000)",
    )
    parser.add_argument("--cameras", type=int, default=400, help="cameras that wake once a round (default 400)")
    parser.add_argument("--sites", type=int, default=10_000, help="sites of one midnight (default 10,000)")
    parser.add_argument(
        "--exported", type=int, default=1_000_000, help="trials of the exported run (default 1,000,000)"
    )
    parser.add_argument("--keep", action="store_true", help="write the table to bench/RESULTS.md")
    options = parser.parse_args()

    rows: list[report.Row] = []
    if options.only in (None, "batch"):
        print("batch function against COPY", file=sys.stderr)
        rows += batch_against_copy.run(options.rows, options.rounds)
    if options.only in (None, "trials"):
        print("trials end to end", file=sys.stderr)
        rows += trials_end_to_end.run(options.trials, options.rounds)
    if options.only in (None, "wakes"):
        print("camera wakes", file=sys.stderr)
        rows += wakes.run(options.cameras, options.rounds)
    if options.only in (None, "screens"):
        print("first queries of the screens", file=sys.stderr)
        rows += screens.run(options.devices, options.payloads)
    if options.only in (None, "days"):
        print("opener and locker", file=sys.stderr)
        rows += days.run(options.sites, options.rounds)
    if options.only in (None, "imports"):
        print("device import", file=sys.stderr)
        rows += imports.run(options.rounds)
    if options.only in (None, "export"):
        print("CSV export against COPY", file=sys.stderr)
        rows += export_csv.run(options.exported, options.rounds)
    section = report.table(rows, options.rounds)
    print(section)
    if options.keep:
        report.keep(section)
    return 0


if __name__ == "__main__":
    sys.exit(main())
