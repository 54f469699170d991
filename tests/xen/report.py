# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""What the boots of boots.py are told in: a line each."""


def line(result):
    """One line: name, seconds, result."""
    wrong = result["wrong"]
    return f"{'FAILED' if wrong else 'passed'} {result['seconds']:6.1f} s  {result['name']}{': ' if wrong else ''}{'; '.join(wrong[:4])}"
